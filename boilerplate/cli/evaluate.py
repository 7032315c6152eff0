"""``boilerplate evaluate``: figures of a model on labelled pages."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boilerplate.cli.options import Datasets, Jobs, Labels, Output, TableJsonHtmlFormat, check_choice, check_predictions
from boilerplate.cli.output import report_failures, to_path, write_output, write_text
from boilerplate.cli.places import check_place, choose_format
from boilerplate.cli.progress import progress_bar
from boilerplate.errors import UsageError
from boilerplate.files import make_directory, printable
from boilerplate.input_format import HTML, INPUT_FORMATS, TEXT
from boilerplate.output.records import json_text

if TYPE_CHECKING:
    from rich.progress import Progress

    from boilerplate.model.model import Model, Prediction
    from boilerplate.training.corpus import Example
    from boilerplate.training.evaluation import Evaluation
    from boilerplate.training.trainer import Settings

__all__ = ["evaluate"]

_CHOICES = ("table", "json", "html")


def evaluate(
    datasets: Datasets,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="Evaluate this model as it is; the default model without --folds.",
        ),
    ] = None,
    labels: Labels = None,
    input_format: Annotated[
        str,
        typer.Option(
            "--input-format",
            metavar="FORMAT",
            help="html for web pages, or txt for the texts without markup that are left of them.",
        ),
    ] = HTML,
    folds: Annotated[
        int,
        typer.Option("--folds", metavar="N", min=0, help="Train and evaluate out of fold by site, in this many folds."),
    ] = 0,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            metavar="MODEL",
            help="Another model, or predictions that --save-predictions wrote: is the difference more than noise?",
        ),
    ] = None,
    learning_curve: Annotated[
        bool,
        typer.Option(
            "--learning-curve",
            help="With --folds, or --predictions that folds made: also train on 1/8, 1/4 and 1/2 of the sites; takes "
            "as long again.",
        ),
    ] = False,
    predictions: Annotated[
        Path | None,
        typer.Option("--predictions", metavar="FILE", help="Report on these predictions; neither train nor predict."),
    ] = None,
    save_predictions: Annotated[
        Path | None,
        typer.Option(
            "--save-predictions",
            metavar="FILE",
            help="Write what was predicted, for --predictions and --against.",
        ),
    ] = None,
    worst: Annotated[
        int, typer.Option("--worst", metavar="N", min=0, help="Pages that the HTML report shows block by block.")
    ] = 20,
    overlays: Annotated[
        Path | None,
        typer.Option(
            "--overlays",
            metavar="DIR",
            help="With -f html: also write these pages as they look, coloured by what is predicted, a file a page.",
        ),
    ] = None,
    output: Output = None,
    output_format: TableJsonHtmlFormat = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Decides folds and training.")] = 0,
    jobs: Jobs = 0,
) -> None:
    """Measure how good labels and main texts are.

    With --folds, models are trained on the pages of other sites than those they are measured on: what a model will do
    on sites it has never seen. Without, a model is measured as it is, which flatters one trained on these pages.

    With --input-format txt each page is written down as text, in two of the ways that converters and crawlers do it.

    Examples:

      boilerplate evaluate my-pages/ --folds 5

      boilerplate evaluate my-pages/ --folds 5 --learning-curve -f html -o report.html --overlays worst-pages/

      boilerplate evaluate my-pages/ --model my-model.safetensors --against other-model.safetensors
    """
    from boilerplate.dataset import read_datasets
    from boilerplate.model.choice import check_fits
    from boilerplate.model.model import load_model
    from boilerplate.training.evaluation import check_gold, evaluate_predictions
    from boilerplate.training.kinds import read_examples, settings_for
    from boilerplate.training.predictions import save_predictions as write_predictions

    output_format = choose_format(output_format, output, _CHOICES, "table")
    check_choice(input_format, INPUT_FORMATS, "--input-format")
    if overlays and input_format == TEXT:
        raise UsageError("--overlays shows web pages as they look, and these are texts. Leave one of them out.")
    if overlays and output_format != "html":
        raise UsageError("--overlays is for pages that the HTML report leads to. Give -f html too.")
    _check_options(model, folds, predictions, learning_curve)
    check_place(output)
    check_place(save_predictions, "--save-predictions")
    loaded = None if folds or predictions else load_model(model, input_format=input_format)
    other = None if against is None else _Other.read(against)
    for known in (loaded, other.model if other is not None else None):
        if known is not None:
            check_fits(known, input_format)
    settings = settings_for(input_format, seed)
    pages = read_datasets(datasets, labels)
    with progress_bar() as bar:
        reading = bar.add_task("pages read", total=len(pages))
        examples, failed = read_examples(
            pages, input_format, jobs=jobs or -1, progress=lambda done: bar.update(reading, completed=done)
        )
        check_gold(examples)
        said, protocol = _predict(examples, loaded, predictions, folds, settings, jobs, bar)
        if save_predictions:
            write_predictions(save_predictions, examples, said, protocol)
        result = evaluate_predictions(examples, said, protocol)
        if learning_curve:
            result.learning_curve.extend(_learning(result, examples, settings, jobs, bar))
        if other is not None:
            name = "these folds" if folds else str(predictions or model or "the default model")
            result.comparison.update(other.compare(name, examples, said, result))
    if output_format == "json":
        text = json_text(result.to_dict())
    elif output_format == "html":
        from boilerplate.reports.evaluation import evaluation_html

        title = f"Evaluation: {', '.join(printable(d.resolve().name) for d in datasets)}"
        links = _write_overlays(overlays, output, result, examples, said, worst) if overlays else {}
        text = evaluation_html(result, examples, said, title=title, worst=worst, overlay_links=links)
    else:
        from boilerplate.training.report import evaluation_table

        text = evaluation_table(result)
    write_output(output, text)
    report_failures([(f.page_id, f"left out: {f.reason}") for f in failed])


def _write_overlays(
    directory: Path,
    output: Path | None,
    result: Evaluation,
    examples: list[Example],
    said: list[Prediction],
    worst: int,
) -> dict[str, str]:
    """Write the worst pages as they look; gives where each is, as seen from the report, by page id."""
    from urllib.parse import quote

    from boilerplate.blocks import segment
    from boilerplate.labelled import assemble
    from boilerplate.page import parse
    from boilerplate.reports.overlay import worst_pages

    report = to_path(output)
    make_directory(directory)
    links = {}
    for i in worst_pages(result.pages, worst):
        page = examples[i].page
        labelled = assemble(segment(parse(page.read_html(), url=page.url or None)), said[i])
        path = directory / f"{page.id}.html"
        write_text(path, labelled.overlay())
        links[page.id] = quote(os.path.relpath(path, Path() if report is None else report.parent).replace(os.sep, "/"))
    return links


def _check_options(model: Path | None, folds: int, predictions: Path | None, learning_curve: bool) -> None:
    if folds == 1:
        raise UsageError("One fold leaves nothing to train on. Give --folds 2 or more.")
    if folds and model:
        raise UsageError("--folds trains models of its own, so --model cannot be given too. Leave one out.")
    if predictions and (folds or model):
        raise UsageError("--predictions says what was predicted, so neither --folds nor --model can be given too.")
    check_predictions(predictions)
    if learning_curve and not folds and not predictions:
        raise UsageError("--learning-curve trains models, so it needs folds to measure them on. Give --folds 5 too.")


def _predict(
    examples: list[Example],
    model: Model | None,
    predictions: Path | None,
    folds: int,
    settings: Settings,
    jobs: int,
    bar: Progress,
) -> tuple[list[Prediction], dict[str, Any]]:
    from boilerplate.training.evaluation import predict_given, predict_out_of_fold
    from boilerplate.training.predictions import load_predictions

    if predictions is not None:
        return load_predictions(predictions, examples)
    if model is not None:
        return predict_given(model, examples)
    task = bar.add_task("folds", total=folds)
    return predict_out_of_fold(
        examples,
        n_folds=folds,
        settings=settings,
        jobs=jobs or -1,
        progress=lambda text, done, total: bar.update(task, description=text, completed=done, total=total),
    )


def _learning(
    result: Evaluation, examples: list[Example], settings: Settings, jobs: int, bar: Progress
) -> list[dict[str, Any]]:
    from boilerplate.training.learning import check_same_models, learning_curve, learning_point

    # The last point of the curve is the evaluation itself.
    folds = check_same_models(result.protocol, settings)
    task = bar.add_task("learning curve", total=None)
    curve = learning_curve(
        examples,
        n_folds=folds,
        settings=settings,
        jobs=jobs or -1,
        progress=lambda text, done, total: bar.update(task, description=text, completed=done, total=total),
    )
    return [*curve, learning_point(1.0, len(examples) * (folds - 1) / folds, result)]


@dataclass(frozen=True)
class _Other:
    """What is compared with: a model, or a file of predictions."""

    path: Path
    model: Model | None

    @classmethod
    def read(cls, path: Path) -> _Other:
        """Tell which of both it is, before the time for training is spent."""
        from boilerplate.model.file import read_model_file
        from boilerplate.model.model import load_model

        _, header = read_model_file(path)
        return cls(path, None if header.get("kind") == "predictions" else load_model(path))

    def compare(self, name: str, examples: list[Example], said: list[Prediction], result: Evaluation) -> dict[str, Any]:
        from boilerplate.training.comparison import compare
        from boilerplate.training.evaluation import evaluate_predictions, predict_given
        from boilerplate.training.predictions import load_predictions

        if self.model is None:
            theirs, protocol = load_predictions(self.path, examples)
        else:
            theirs, protocol = predict_given(self.model, examples)
        figures = compare(examples, (said, result), (theirs, evaluate_predictions(examples, theirs, protocol)))
        from boilerplate.training.report import notes

        kinds = [
            f"{who}: {p['kind']}. {' '.join(notes(p))}" for who, p in (("First", result.protocol), ("Second", protocol))
        ]
        return {"first": name, "second": str(self.path), "notes": [k.strip() for k in kinds], "figures": figures}
