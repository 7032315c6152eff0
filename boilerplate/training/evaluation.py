"""Evaluate a model on labelled pages: a given model as it is, or models trained out of fold by site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

from boilerplate.decision import expected_f1, main_text_cut
from boilerplate.errors import DatasetError
from boilerplate.labels import ARTICLE, LABELS, UNKNOWN
from boilerplate.model.model import Model, Prediction
from boilerplate.training.calibration import calibration_error, rank_correlation, reliability
from boilerplate.training.corpus import Example
from boilerplate.training.curves import precision_recall
from boilerplate.training.figures import (
    SNIPPET_COUNTS,
    group_figures,
    label_figures,
    main_text_figures,
    snippet_figures,
)
from boilerplate.training.folds import site_folds
from boilerplate.training.groups import declared_language
from boilerplate.training.metrics import f1_scores, ngram_f1, snippet_counts, word_f1
from boilerplate.training.overlap import training_overlap
from boilerplate.training.trainer import Settings, describe_data, fit_model, with_label_content

__all__ = [
    "Evaluation",
    "check_gold",
    "confusion",
    "evaluate_model",
    "evaluate_predictions",
    "kept_blocks",
    "out_of_fold",
    "predict_given",
    "predict_out_of_fold",
]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of a model on a dataset, all of them plain numbers.

    Attributes
    ----------
    data : dict
        As `describe_data` gives it.
    protocol : dict
        How it was measured: out of fold or with a given model, number of folds, seed.
    ceiling : dict
        What perfect decisions on the blocks would reach: ``labels_macro_f1`` by words, and ``main_text_f1`` by source.
    labels : dict
        ``words`` and ``blocks``: by label precision, recall, F1 with intervals; macro F1; confusion matrix.
    main_text : list of dict
        Mean word and 4-gram precision, recall and F1 of pages with a gold main text, by source and page type.
    snippets : dict
        Precision, recall and F1 of snippets that must, and must not, be in the output, by source.
    groups : list of dict
        Figures by page type, language and source, as `boilerplate.training.figures.group_figures` gives them.
    curves : dict
        Precision over recall of each label and of ``main``, by words.
    calibration : dict
        Expected calibration error of the probabilities of ``article`` and ``main``, by blocks and by words, with the
        bins; rank correlation of a page's confidence with the F1 of its main text, by source.
    learning_curve : list of dict
        Figures by share of the training pages, where it was asked for.
    comparison : dict
        Paired differences to another model, where it was asked for.
    pages : list of dict
        A row a page.
    """

    data: dict[str, Any]
    protocol: dict[str, Any]
    ceiling: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, Any] = field(default_factory=dict)
    main_text: list[dict[str, Any]] = field(default_factory=list)
    snippets: dict[str, Any] = field(default_factory=dict)
    groups: list[dict[str, Any]] = field(default_factory=list)
    curves: dict[str, Any] = field(default_factory=dict)
    calibration: dict[str, Any] = field(default_factory=dict)
    learning_curve: list[dict[str, Any]] = field(default_factory=list)
    comparison: dict[str, Any] = field(default_factory=dict)
    pages: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        return asdict(self)


def evaluate_model(model: Model, examples: Sequence[Example]) -> Evaluation:
    """Figures of a given model; they flatter it where it was trained on these pages or their sites.

    Raises
    ------
    DatasetError
        If no page has gold.
    """
    check_gold(examples)
    predictions, protocol = predict_given(model, examples)
    return evaluate_predictions(examples, predictions, protocol)


def out_of_fold(
    examples: Sequence[Example],
    *,
    n_folds: int = 5,
    settings: Settings | None = None,
    jobs: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Evaluation:
    """Figures of models each trained on the pages of other sites; parameters as for `predict_out_of_fold`.

    Raises
    ------
    DatasetError
        If no page has gold, or the pages of other folds lack what training needs.
    """
    check_gold(examples)
    predictions, protocol = predict_out_of_fold(
        examples, n_folds=n_folds, settings=settings, jobs=jobs, progress=progress
    )
    if progress:
        progress("figures", protocol["folds"], protocol["folds"])
    return evaluate_predictions(examples, predictions, protocol)


def predict_given(model: Model, examples: Sequence[Example]) -> tuple[list[Prediction], dict[str, Any]]:
    """What a given model says of the examples, and the protocol: what it was trained on, and whether on these."""
    told = model.info.get("data")
    trained_on = told if isinstance(told, dict) else {}
    protocol = {
        "kind": "given model",
        "trained_on": {k: v for k, v in trained_on.items() if not k.endswith("_prefixes")},
        "overlap": training_overlap(trained_on, [e.page for e in examples]),
    }
    return [model.predict(example.reading) for example in examples], protocol


def predict_out_of_fold(
    examples: Sequence[Example],
    *,
    n_folds: int = 5,
    settings: Settings | None = None,
    jobs: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[list[Prediction], dict[str, Any]]:
    """What models say of the examples that were each trained on the pages of other sites.

    Parameters
    ----------
    examples : sequence of Example
    n_folds : int
        Folds by site; everything a model learns, scorers and choice of features too, is learned anew in each.
    settings : Settings, optional
    jobs : int
        Folds trained at a time, each in a process of its own that holds all examples.
    progress : callable, optional
        Called with a text, how many folds are done, and of how many.

    Returns
    -------
    predictions : list of Prediction, length n_examples
    protocol : dict
        ``kind``, ``folds`` and ``settings``.

    Raises
    ------
    DatasetError
        If the pages of other folds lack what training needs.
    """
    settings = settings or Settings()
    folds = site_folds(examples, n_folds, seed=settings.seed)
    n = int(folds.max()) + 1
    predictions: dict[int, Prediction] = {}
    if progress:
        progress("folds", 0, n)
    fold_results = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_predict_fold)(examples, folds == fold, settings) for fold in range(n)
    )
    for number, result in enumerate(fold_results, start=1):
        predictions |= result
        if progress:
            progress("folds", number, n)
    protocol = {"kind": "out of fold by site", "folds": n, "settings": asdict(settings)}
    return [predictions[i] for i in range(len(examples))], protocol


def _predict_fold(
    examples: Sequence[Example], held_out: NDArray[np.bool_], settings: Settings
) -> dict[int, Prediction]:
    model = fit_model(examples, settings=settings, use=~held_out)
    return {i: model.predict(examples[i].reading) for i in np.flatnonzero(held_out).tolist()}


def check_gold(examples: Sequence[Example]) -> None:
    """Raise DatasetError where there is nothing to measure against."""
    if not any((e.label >= 0).any() or (e.content >= 0).any() for e in examples):
        raise DatasetError(
            "No page has gold: neither labels/ nor main_text/ holds a file for one of them. Add the files, named by "
            "the ids of pages.jsonl."
        )


def evaluate_predictions(
    examples: Sequence[Example], predictions: Sequence[Prediction], protocol: dict[str, Any]
) -> Evaluation:
    """Figures of predictions, however they came about.

    Parameters
    ----------
    examples : sequence of Example
    predictions : sequence of Prediction, length n_examples
    protocol : dict
        How they were made; ``kind`` at least.
    """
    pairs = list(zip(examples, predictions, strict=True))
    rows = [_page_row(e, p) for e, p in pairs]
    evaluation = Evaluation(data=describe_data(examples), protocol=protocol, ceiling=_ceiling(examples))
    labelled = [i for i, e in enumerate(examples) if e.has_labels]
    if labelled:
        for unit in ("words", "blocks"):
            tables = np.stack([confusion(*pairs[i], unit) for i in labelled])
            evaluation.labels[unit] = label_figures(tables, [examples[i].page.site for i in labelled])
    frame = pd.DataFrame(rows)
    evaluation.main_text.extend(main_text_figures(frame))
    evaluation.snippets.update(snippet_figures(frame))
    evaluation.groups.extend(group_figures(frame, {i: confusion(*pairs[i], "words") for i in labelled}))
    evaluation.curves.update(_curves(pairs))
    evaluation.calibration.update(_calibration_figures(examples, predictions, frame))
    evaluation.pages.extend(rows)
    return evaluation


def _curves(pairs: Sequence[tuple[Example, Prediction]]) -> dict[str, Any]:
    labelled = [(e, p) for e, p in pairs if e.has_labels]
    curves: dict[str, Any] = {}
    if labelled:
        words = np.concatenate([e.label_words for e, _ in labelled]).astype(np.float64)
        said = np.concatenate([p.probabilities for _, p in labelled])
        for k, label in enumerate(LABELS):
            curves[label] = precision_recall(said[:, k], words[:, k], words.sum(axis=1) - words[:, k])
    gold = np.concatenate([with_label_content(e) for e, _ in pairs])
    weight = np.concatenate([e.words for e, _ in pairs]).astype(np.float64)
    main = np.concatenate([p.main for _, p in pairs])
    curves["main"] = precision_recall(main, weight * (gold == 1), weight * (gold == 0))
    return {name: curve for name, curve in curves.items() if curve is not None}


def _calibration_figures(
    examples: Sequence[Example], predictions: Sequence[Prediction], frame: pd.DataFrame
) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    pairs = list(zip(examples, predictions, strict=True))
    for name, gold, said in (
        ("article", [e.label for e in examples], [p.probabilities[:, ARTICLE] for p in predictions]),
        ("main", [with_label_content(e) for e in examples], [p.main for p in predictions]),
    ):
        right = ARTICLE if name == "article" else 1
        known = np.concatenate(gold) != UNKNOWN
        probability, outcome = np.concatenate(said)[known], np.concatenate(gold)[known] == right
        words = np.concatenate([e.words for e, _ in pairs])[known].astype(np.float64)
        for unit, weight in (("blocks", None), ("words", words)):
            bins = reliability(probability, outcome, weight)
            figures.setdefault(name, {})[unit] = {"error": calibration_error(bins), "bins": bins}
    if "f1" in frame:
        measured = frame[frame["f1"].notna()]
        figures["confidence"] = {
            str(source): rank_correlation(group["confidence"].to_numpy(), group["f1"].to_numpy(dtype=np.float64))
            for source, group in measured.groupby("source")
        }
    return figures


def _ceiling(examples: Sequence[Example]) -> dict[str, Any]:
    """Figures with every block's own gold as its label: what the cutting into blocks costs."""
    confusion = np.zeros((len(LABELS), len(LABELS)), dtype=np.int64)
    by_source: dict[str, list[float]] = {}
    for example in examples:
        known = example.label >= 0
        np.add.at(confusion.T, example.label[known], example.label_words[known])
        if example.has_main_text and example.page.main_text:
            text = "\n".join(t for t, c in zip(example.texts, example.content, strict=True) if c == 1)
            by_source.setdefault(example.page.source, []).append(word_f1(text, example.page.main_text)[2])
    ceiling: dict[str, Any] = {"main_text_f1": {s: float(np.mean(v)) for s, v in sorted(by_source.items())}}
    if confusion.any():
        ceiling["labels_macro_f1"] = f1_scores(confusion).macro_f1
    return ceiling


def kept_blocks(example: Example, prediction: Prediction) -> NDArray[np.bool_]:
    """Which blocks ``clean`` would keep as the main text, shape (n_blocks,)."""
    return np.asarray(prediction.main >= main_text_cut(prediction.main, example.words.astype(np.float64)))


def _page_row(example: Example, prediction: Prediction) -> dict[str, Any]:
    page = example.page
    row: dict[str, Any] = {
        "id": page.id,
        "source": page.source,
        "site": page.site,
        "page_type": page.page_type,
        "lang": declared_language(page),
        "blocks": len(example),
        "confidence": expected_f1(prediction.main, example.words.astype(np.float64))[1],
    }
    if example.style:
        row["style"] = example.style
    text = "\n".join(t for t, kept in zip(example.texts, kept_blocks(example, prediction), strict=True) if kept)
    if example.has_main_text and page.main_text:
        row["precision"], row["recall"], row["f1"] = word_f1(text, page.main_text)
        row["ngram_precision"], row["ngram_recall"], row["ngram_f1"] = ngram_f1(text, page.main_text)
    if page.wanted or page.unwanted:
        row.update(zip(SNIPPET_COUNTS, snippet_counts(text, page.wanted, page.unwanted), strict=True))
    if example.has_labels and len(example):
        predicted = prediction.probabilities.argmax(axis=1)
        right = int(example.label_words[np.arange(len(example)), predicted].sum())
        row["label_accuracy"] = right / max(int(example.label_words.sum()), 1)
    return row


def confusion(example: Example, prediction: Prediction, unit: str) -> NDArray[np.int64]:
    """Confusion matrix of a page, shape (len(LABELS), len(LABELS)): gold in rows, in ``words`` or ``blocks``."""
    table = np.zeros((len(LABELS), len(LABELS)), dtype=np.int64)
    if len(example) == 0:
        return table
    predicted = prediction.probabilities.argmax(axis=1)
    if unit == "words":
        np.add.at(table.T, predicted, example.label_words)
    else:
        known = example.label >= 0
        np.add.at(table, (example.label[known], predicted[known]), 1)
    return table
