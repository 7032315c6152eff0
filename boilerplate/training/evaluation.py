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
from boilerplate.training.folds import site_folds
from boilerplate.training.metrics import bootstrap_interval, f1_scores, snippet_counts, word_f1
from boilerplate.training.trainer import Settings, describe_data, fit_model, with_label_content

__all__ = ["Evaluation", "evaluate_model", "out_of_fold"]


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
        ``words`` and ``blocks``: by label precision, recall, F1 with interval; macro F1; confusion matrix.
    main_text : list of dict
        Mean word precision, recall and F1 of pages with a gold main text, by source and page type.
    snippets : dict
        Precision, recall and F1 of snippets that must, and must not, be in the output, by source.
    calibration : dict
        Expected calibration error of the probabilities of ``article`` and ``main``, by blocks and by words, with the
        bins; rank correlation of a page's confidence with the F1 of its main text, by source.
    pages : list of dict
        A row a page.
    """

    data: dict[str, Any]
    protocol: dict[str, Any]
    ceiling: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, Any] = field(default_factory=dict)
    main_text: list[dict[str, Any]] = field(default_factory=list)
    snippets: dict[str, Any] = field(default_factory=dict)
    calibration: dict[str, Any] = field(default_factory=dict)
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
    _check(examples)
    predictions = [model.predict(example.reading) for example in examples]
    return _summarise(examples, predictions, {"kind": "given model", "trained_on": model.info.get("data", {})})


def out_of_fold(
    examples: Sequence[Example],
    *,
    n_folds: int = 5,
    settings: Settings | None = None,
    jobs: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Evaluation:
    """Figures of models each trained on the pages of other sites.

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
    Evaluation

    Raises
    ------
    DatasetError
        If no page has gold, or the pages of other folds lack what training needs.
    """
    _check(examples)
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
    if progress:
        progress("figures", n, n)
    protocol = {"kind": "out of fold by site", "folds": n, "settings": asdict(settings)}
    return _summarise(examples, [predictions[i] for i in range(len(examples))], protocol)


def _predict_fold(
    examples: Sequence[Example], held_out: NDArray[np.bool_], settings: Settings
) -> dict[int, Prediction]:
    model = fit_model(examples, settings=settings, use=~held_out)
    return {i: model.predict(examples[i].reading) for i in np.flatnonzero(held_out).tolist()}


def _check(examples: Sequence[Example]) -> None:
    """Raise DatasetError where there is nothing to measure against."""
    if not any((e.label >= 0).any() or (e.content >= 0).any() for e in examples):
        raise DatasetError(
            "No page has gold: neither labels/ nor main_text/ holds a file for one of them. Add the files, named by "
            "the ids of pages.jsonl."
        )


def _summarise(examples: Sequence[Example], predictions: Sequence[Prediction], protocol: dict[str, Any]) -> Evaluation:
    rows = [_page_row(e, p) for e, p in zip(examples, predictions, strict=True)]
    evaluation = Evaluation(data=describe_data(examples), protocol=protocol, ceiling=_ceiling(examples))
    labelled = [(e, p) for e, p in zip(examples, predictions, strict=True) if e.has_labels]
    if labelled:
        for unit in ("words", "blocks"):
            evaluation.labels[unit] = _label_figures(labelled, unit)
    frame = pd.DataFrame(rows)
    if "f1" in frame:
        evaluation.main_text.extend(_main_text_figures(frame[frame["f1"].notna()]))
    if "wanted_found" in frame:
        evaluation.snippets.update(_snippet_figures(frame[frame["wanted_found"].notna()]))
    evaluation.calibration.update(_calibration_figures(examples, predictions, frame))
    evaluation.pages.extend(rows)
    return evaluation


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


def _page_row(example: Example, prediction: Prediction) -> dict[str, Any]:
    page = example.page
    row: dict[str, Any] = {
        "id": page.id,
        "source": page.source,
        "site": page.site,
        "page_type": page.page_type,
        "lang": page.lang,
        "blocks": len(example),
    }
    words = example.words.astype(np.float64)
    cut = main_text_cut(prediction.main, words)
    row["confidence"] = expected_f1(prediction.main, words)[1]
    text = "\n".join(t for t, p in zip(example.texts, prediction.main, strict=True) if p >= cut)
    if example.has_main_text and page.main_text:
        row["precision"], row["recall"], row["f1"] = word_f1(text, page.main_text)
    if page.main_text is None and (page.wanted or page.unwanted):
        counts = snippet_counts(text, page.wanted, page.unwanted)
        names = ("wanted_found", "wanted_lost", "unwanted_found", "unwanted_kept_out")
        row.update(zip(names, counts, strict=True))
    if example.has_labels and len(example):
        predicted = prediction.probabilities.argmax(axis=1)
        right = int(example.label_words[np.arange(len(example)), predicted].sum())
        row["label_accuracy"] = right / max(int(example.label_words.sum()), 1)
    return row


def _confusion(example: Example, prediction: Prediction, unit: str) -> NDArray[np.int64]:
    confusion = np.zeros((len(LABELS), len(LABELS)), dtype=np.int64)
    if len(example) == 0:
        return confusion
    predicted = prediction.probabilities.argmax(axis=1)
    if unit == "words":
        np.add.at(confusion.T, predicted, example.label_words)
    else:
        known = example.label >= 0
        np.add.at(confusion, (example.label[known], predicted[known]), 1)
    return confusion


def _label_figures(labelled: Sequence[tuple[Example, Prediction]], unit: str) -> dict[str, Any]:
    tables = np.stack([_confusion(e, p, unit) for e, p in labelled])
    sites = [e.page.site for e, _ in labelled]
    total = tables.sum(axis=0)
    scores = f1_scores(total)

    def drawn_f1(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return f1_scores(np.tensordot(weights, tables, axes=1)).f1

    figures: dict[str, Any] = {"pages": len(labelled), "confusion": total.tolist(), "by_label": {}}
    for k, label in enumerate(LABELS):
        interval = bootstrap_interval(sites, lambda w, k=k: float(drawn_f1(w)[k]))  # type: ignore[misc]
        figures["by_label"][label] = {
            "precision": float(scores.precision[k]),
            "recall": float(scores.recall[k]),
            "f1": float(scores.f1[k]),
            "f1_interval": interval,
            "count": int(total[k].sum()),
        }
    figures["macro_f1"] = scores.macro_f1
    figures["macro_f1_interval"] = bootstrap_interval(sites, lambda w: float(drawn_f1(w).mean()))
    return figures


def _main_text_figures(frame: pd.DataFrame) -> list[dict[str, Any]]:
    figures = []
    for source, pages in frame.groupby("source"):
        groups = [("all", pages), *pages.groupby("page_type", dropna=True)]
        for kind, group in groups:
            f1 = group["f1"].to_numpy(dtype=np.float64)
            interval = bootstrap_interval(
                group["site"].tolist(),
                lambda w, f1=f1: float((w * f1).sum() / max(w.sum(), 1.0)),  # type: ignore[misc]
            )
            figures.append(
                {
                    "source": str(source),
                    "page_type": str(kind),
                    "pages": len(group),
                    "precision": float(group["precision"].mean()),
                    "recall": float(group["recall"].mean()),
                    "f1": float(f1.mean()),
                    "f1_interval": interval,
                }
            )
    return figures


def _snippet_figures(frame: pd.DataFrame) -> dict[str, Any]:
    result = {}
    for source, pages in frame.groupby("source"):
        found, lost = int(pages["wanted_found"].sum()), int(pages["wanted_lost"].sum())
        leaked = int(pages["unwanted_found"].sum())
        result[str(source)] = {
            "pages": len(pages),
            "precision": found / max(found + leaked, 1),
            "recall": found / max(found + lost, 1),
            "f1": 2 * found / max(2 * found + leaked + lost, 1),
        }
    return result
