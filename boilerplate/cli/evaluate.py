"""``boilerplate evaluate``: figures of a model on labelled pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from boilerplate.cli.common import check_choice, progress_bar, report_failures, write_output
from boilerplate.errors import UsageError

__all__ = ["evaluate"]

_CHOICES = ("table", "json")


def evaluate(
    datasets: Annotated[
        list[Path], typer.Argument(metavar="DATASET...", help="Directories with pages.jsonl, html/ and gold.")
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="Evaluate this model as it is; the default model without --folds.",
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="DIR",
            help="Further label files, <id>.json: they add to the datasets' own and replace them.",
        ),
    ] = None,
    folds: Annotated[
        int,
        typer.Option("--folds", min=0, help="Train and evaluate out of fold by site, in this many folds."),
    ] = 0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; - or left out for standard output.")
    ] = None,
    output_format: Annotated[str, typer.Option("--output-format", "-f", help="table or json.")] = "table",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Decides folds and training.")] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Processes for reading pages; 0 for all cores.")] = 0,
) -> None:
    """Measure how good labels and main texts are.

    With --folds, models are trained on the pages of other sites than those they are measured on: what a model will do
    on sites it has never seen. Without, a model is measured as it is, which flatters one trained on these pages.

    Examples:

      boilerplate evaluate my-pages/ --folds 5

      boilerplate evaluate my-pages/ --model my-model.safetensors
    """
    from boilerplate.dataset import read_datasets
    from boilerplate.model.model import load_model
    from boilerplate.training.corpus import read_corpus
    from boilerplate.training.evaluation import evaluate_model, out_of_fold
    from boilerplate.training.report import evaluation_table
    from boilerplate.training.trainer import Settings

    check_choice(output_format, _CHOICES, "--output-format")
    if folds == 1:
        raise UsageError("One fold leaves nothing to train on. Give --folds 2 or more.")
    if folds and model:
        raise UsageError("--folds trains models of its own, so --model cannot be given too. Leave one out.")
    loaded = None if folds else load_model(model)
    pages = read_datasets(datasets, labels)
    with progress_bar() as bar:
        reading = bar.add_task("pages read", total=len(pages))
        examples, failed = read_corpus(
            pages, jobs=jobs or -1, progress=lambda done: bar.update(reading, completed=done)
        )
        if loaded is not None:
            result = evaluate_model(loaded, examples)
        else:
            task = bar.add_task("folds", total=folds)
            result = out_of_fold(
                examples,
                n_folds=folds,
                settings=Settings(seed=seed),
                jobs=jobs or -1,
                progress=lambda text, done, total: bar.update(task, description=text, completed=done, total=total),
            )
    if output_format == "json":
        text = json.dumps(result.to_dict(), ensure_ascii=False, indent=1) + "\n"
    else:
        text = evaluation_table(result)
    write_output(output, text)
    report_failures([(f.page_id, f"left out: {f.reason}") for f in failed])
