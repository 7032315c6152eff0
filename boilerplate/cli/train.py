"""``boilerplate train``: learn a model from labelled pages."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from boilerplate.cli.options import Datasets, Jobs, Labels, check_choice
from boilerplate.cli.output import report_failures, say, to_path, write_text
from boilerplate.cli.progress import progress_bar
from boilerplate.errors import UsageError
from boilerplate.files import make_directory, system_reason
from boilerplate.input_format import HTML, INPUT_FORMATS

__all__ = ["train"]


def train(
    datasets: Datasets,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="MODEL", help="The model file to write; its card goes beside it."),
    ],
    labels: Labels = None,
    input_format: Annotated[
        str,
        typer.Option(
            "--input-format",
            metavar="FORMAT",
            help="What the model is for: html for web pages, txt for the texts without markup that are left of them.",
        ),
    ] = HTML,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Same data and seed: same file.")] = 0,
    jobs: Jobs = 0,
    figures: Annotated[
        Path | None,
        typer.Option(
            "--figures",
            metavar="FILE",
            help="What `boilerplate evaluate --output-format json` wrote for this data, for the card.",
        ),
    ] = None,
) -> None:
    """Train a model on every kind of gold the datasets hold.

    With --input-format txt each page is written down as text, in two of the ways that converters and crawlers do it,
    and the model learns to label such texts.

    Examples:

      boilerplate train my-pages/ -o my-model.safetensors

      boilerplate train my-pages/ --input-format txt -o my-text-model.safetensors
    """
    check_choice(input_format, INPUT_FORMATS, "--input-format")
    _check_place(output)
    # scikit-learn takes a second to import, which other commands need not pay for.
    from boilerplate.dataset import read_datasets
    from boilerplate.training.card import model_card
    from boilerplate.training.kinds import read_examples, settings_for
    from boilerplate.training.overlap import hash_prefixes
    from boilerplate.training.trainer import STEPS, describe_data, fit_model

    measured = _read_figures(figures) if figures else None
    pages = read_datasets(datasets, labels)
    with progress_bar() as bar:
        reading = bar.add_task("pages read", total=len(pages))
        examples, failed = read_examples(
            pages, input_format, jobs=jobs or -1, progress=lambda done: bar.update(reading, completed=done)
        )
        for example in examples:
            for mismatch in example.mismatches:
                say(f"{example.page.id}: {mismatch} (a warning; the other labels are used)")
        data: dict[str, Any] = describe_data(examples) | hash_prefixes([e.page for e in examples])
        measured_on = measured["data"].get("sha256") if measured is not None else data["sha256"]
        if measured_on != data["sha256"]:
            raise UsageError(
                f"{figures} was measured on other data than this model is trained on. Evaluate these datasets."
            )
        tasks = {step: bar.add_task(step, total=None) for step in STEPS}
        model = fit_model(
            examples,
            settings=settings_for(input_format, seed),
            jobs=jobs or -1,
            progress=lambda step, done, total: bar.update(tasks[step], completed=done, total=total),
        )
    model.info["data"] = data
    if measured is not None:
        model.info["figures"] = measured
    model.save(output)
    write_text(output.with_suffix(".md"), model_card(model, output.name))
    say(
        f"{output}: trained on {data['pages']} pages of {data['sites']} sites; its card is {output.with_suffix('.md')}."
    )
    report_failures([(f.page_id, f"left out: {f.reason}") for f in failed])


def _check_place(output: Path) -> None:
    """Refuse a place that cannot take the model, before the time for training is spent."""
    if to_path(output) is None:
        raise UsageError("A model is binary and comes with a card. Give a file with -o.")
    if output.suffix == ".md":
        raise UsageError(f"{output} is where the model's card is to go. Give another suffix, such as .safetensors.")
    make_directory(output.parent)
    if output.is_dir() or not os.access(output.parent, os.W_OK):
        raise UsageError(f"The model cannot be written to {output}. Give another file with -o.")


def _read_figures(path: Path) -> dict[str, Any]:
    """Figures as they go into a model's header.

    Raises
    ------
    UsageError
        If the file cannot be read, or the card could not be written from it: that is said before time is spent.
    """
    from boilerplate.training.card import figures_text

    try:
        figures = json.loads(path.read_text(encoding="utf-8"))
        figures["styles"] = [g for g in figures.get("groups", []) if g["by"] == "style"]
        # Rows a page and points of plots have no place in a model's header.
        for part in ("pages", "curves", "groups", "learning_curve", "comparison"):
            figures.pop(part, None)
        figures["data"].get("sha256")
        figures_text(figures).encode("utf-8")
        json.dumps(figures, allow_nan=False)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {system_reason(error)}. Name a file with figures.") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise UsageError(
            f"{path} holds no figures. Make it with: boilerplate evaluate … --output-format json"
        ) from error
    measured: dict[str, Any] = figures
    return measured
