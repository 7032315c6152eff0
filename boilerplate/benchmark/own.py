"""This package's own texts of pages, from predictions of models that have not seen them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from boilerplate.benchmark.benchmarking import OwnTexts
from boilerplate.blocks import segment
from boilerplate.dataset import DatasetPage
from boilerplate.labelled import assemble
from boilerplate.model.model import Prediction, load_model
from boilerplate.page import parse
from boilerplate.training.corpus import Example, read_corpus
from boilerplate.training.evaluation import predict_out_of_fold
from boilerplate.training.overlap import training_overlap
from boilerplate.training.predictions import load_predictions
from boilerplate.training.trainer import Settings

__all__ = ["from_folds", "from_model", "from_predictions"]


def from_model(path: Path | None, pages: Sequence[DatasetPage]) -> OwnTexts:
    """Texts as a given model, or the default model, writes them; says whether it was trained on the pages.

    Raises
    ------
    ModelError
        If the model cannot be read.
    """
    overlap = training_overlap(load_model(path).info.get("data"), pages)
    return OwnTexts(f"{'the default model' if path is None else path.name}, as it is", (str(overlap["note"]),))


def from_predictions(
    path: Path, pages: Sequence[DatasetPage], *, jobs: int = 1, progress: Callable[[int], None] | None = None
) -> OwnTexts:
    """Texts of the pages by predictions that ``evaluate --save-predictions`` kept.

    Raises
    ------
    DatasetError
        If they are none of these pages.
    """
    examples, _ = read_corpus(pages, jobs=jobs, progress=progress)
    predictions, protocol = load_predictions(path, examples)
    return _own(examples, predictions, protocol)


def from_folds(
    pages: Sequence[DatasetPage],
    measured: Sequence[DatasetPage],
    *,
    folds: int,
    settings: Settings,
    jobs: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> OwnTexts:
    """Texts of pages by models each trained on the pages of other sites.

    Parameters
    ----------
    pages : sequence of DatasetPage
        What is learned from.
    measured : sequence of DatasetPage
        Those of them whose texts are wanted.
    folds : int
    settings : Settings
    jobs : int
    progress : callable, optional
        Called with a text, how much is done, and of how much.

    Raises
    ------
    DatasetError
        If the pages of other folds lack what training needs.
    """
    examples, _ = read_corpus(
        pages, jobs=jobs, progress=(lambda done: progress("pages read", done, len(pages))) if progress else None
    )
    predictions, protocol = predict_out_of_fold(
        examples, n_folds=folds, settings=settings, jobs=jobs, progress=progress
    )
    wanted = {page.id for page in measured}
    chosen = [(e, p) for e, p in zip(examples, predictions, strict=True) if e.page.id in wanted]
    return _own([e for e, _ in chosen], [p for _, p in chosen], protocol)


def _own(examples: Sequence[Example], predictions: Sequence[Prediction], protocol: dict[str, Any]) -> OwnTexts:
    folds = f", {protocol['folds']} folds" if "folds" in protocol else ""
    overlap = protocol.get("overlap", {}).get("note")
    notes = (
        "Texts, and so quality, are of these predictions; CPU time, memory, start and failures are of the model given.",
        *((str(overlap),) if overlap else ()),
    )
    texts = {e.page.id: _text(e.page, p) for e, p in zip(examples, predictions, strict=True)}
    return OwnTexts(f"{protocol['kind']}{folds}", notes, texts)


def _text(page: DatasetPage, prediction: Prediction) -> str:
    """What ``clean`` writes where the model predicts this."""
    return assemble(segment(parse(page.read_html(), url=page.url or None)), prediction).render("txt")
