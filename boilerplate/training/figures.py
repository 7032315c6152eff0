"""Figures of a dataset from what is known of each page: by label, of main texts, of snippets, by group of pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boilerplate.labels import LABELS
from boilerplate.training.groups import GROUPINGS, NOT_DECLARED
from boilerplate.training.metrics import bootstrap_samples, f1_scores, percentile_interval

__all__ = ["SNIPPET_COUNTS", "group_figures", "label_figures", "main_text_figures", "mean_figures", "snippet_figures"]

#: Columns of a page's row with the counts of `boilerplate.training.metrics.snippet_counts`, in its order.
SNIPPET_COUNTS = ("wanted_found", "wanted_lost", "unwanted_found", "unwanted_kept_out")
#: Columns of a page's row that are averaged over pages, with the names of the figures.
_MEANS = ("precision", "recall", "f1", "ngram_precision", "ngram_recall", "ngram_f1")


def label_figures(tables: NDArray[np.int64], sites: Sequence[str]) -> dict[str, Any]:
    """Precision, recall and F1 by label with 95 % intervals, macro F1, confusion matrix.

    Parameters
    ----------
    tables : ndarray of int64, shape (n_pages, len(LABELS), len(LABELS))
        Confusion matrix of each page: gold in rows, predicted in columns.
    sites : sequence of str, length n_pages
    """
    total = tables.sum(axis=0)
    scores = f1_scores(total)
    n = len(LABELS)

    def drawn(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        s = f1_scores(np.tensordot(weights, tables, axes=1))
        return np.concatenate([s.precision, s.recall, s.f1, [s.macro_f1]])

    samples = bootstrap_samples(sites, drawn)
    figures: dict[str, Any] = {"pages": len(tables), "confusion": total.tolist(), "by_label": {}}
    for k, label in enumerate(LABELS):
        figures["by_label"][label] = {
            "precision": float(scores.precision[k]),
            "precision_interval": percentile_interval(samples[:, k]),
            "recall": float(scores.recall[k]),
            "recall_interval": percentile_interval(samples[:, n + k]),
            "f1": float(scores.f1[k]),
            "f1_interval": percentile_interval(samples[:, 2 * n + k]),
            "count": int(total[k].sum()),
        }
    figures["macro_f1"] = scores.macro_f1
    figures["macro_f1_interval"] = percentile_interval(samples[:, -1])
    return figures


def mean_figures(pages: pd.DataFrame) -> dict[str, Any]:
    """Means over pages of word and 4-gram precision, recall and F1, the F1 with 95 % intervals."""
    values = pages[list(_MEANS)].to_numpy(dtype=np.float64)
    samples = bootstrap_samples(pages["site"].tolist(), lambda w: (w @ values) / max(float(w.sum()), 1.0))
    figures: dict[str, Any] = {"pages": len(pages)}
    for k, name in enumerate(_MEANS):
        figures[name] = float(values[:, k].mean())
        if name.endswith("f1"):
            figures[f"{name}_interval"] = percentile_interval(samples[:, k])
    return figures


def main_text_figures(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Means of main-text figures by source, and by page type within it; pages without a gold text do not count."""
    figures = []
    for source, pages in _measured(frame, "f1").groupby("source"):
        for kind, group in [("all", pages), *pages.groupby("page_type", dropna=True)]:
            figures.append({"source": str(source), "page_type": str(kind), **mean_figures(group)})
    return figures


def _snippets(pages: pd.DataFrame) -> dict[str, Any]:
    counts = pages[list(SNIPPET_COUNTS)].to_numpy(dtype=np.float64)

    def figures(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        found, lost, leaked, kept_out = weights @ counts
        return np.array(
            [
                found / max(found + leaked, 1.0),
                found / max(found + lost, 1.0),
                2 * found / max(2 * found + leaked + lost, 1.0),
                kept_out / max(leaked + kept_out, 1.0),
            ]
        )

    whole = figures(np.ones(len(pages)))
    samples = bootstrap_samples(pages["site"].tolist(), figures)
    found, lost, leaked, kept_out = counts.sum(axis=0).astype(int).tolist()
    return {
        "pages": len(pages),
        "precision": float(whole[0]),
        "recall": float(whole[1]),
        "f1": float(whole[2]),
        "f1_interval": percentile_interval(samples[:, 2]),
        "kept_out": float(whole[3]),
        "with": found + lost,
        "without": leaked + kept_out,
    }


def snippet_figures(frame: pd.DataFrame) -> dict[str, Any]:
    """Figures of snippets that must (with) and must not (without) be in the main text, by source.

    ``precision``, ``recall`` and ``f1`` as trafilatura's evaluation counts them; ``kept_out`` is the share of unwanted
    snippets that are not in the text.
    """
    measured = _measured(frame, SNIPPET_COUNTS[0])
    return {str(source): _snippets(pages) for source, pages in measured.groupby("source")}


def group_figures(frame: pd.DataFrame, tables: dict[int, NDArray[np.int64]]) -> list[dict[str, Any]]:
    """Figures by page type, language, source, and of texts the style they are written in.

    Parameters
    ----------
    frame : DataFrame
        A row a page.
    tables : dict of int to ndarray, shape (len(LABELS), len(LABELS))
        Confusion matrix by words of each page with labels, by its row.

    Returns
    -------
    list of dict
        For each group ``by``, ``value``, ``pages``, ``sites``, and where there is gold ``labels``, ``main_text`` and
        ``snippets``. The F1 of a label that does not occur in a group is None there, and the macro F1 is over the
        labels that do occur.
    """
    figures = []
    # Web pages have no style.
    for by in (name for name in GROUPINGS if name in frame):
        for value, pages in frame.assign(value=frame[by].fillna(NOT_DECLARED)).groupby("value"):
            group: dict[str, Any] = {
                "by": by,
                "value": str(value),
                "pages": len(pages),
                "sites": int(pages["site"].nunique()),
            }
            labelled = [i for i in pages.index.tolist() if i in tables]
            if labelled:
                group["labels"] = _group_labels(
                    np.stack([tables[i] for i in labelled]), frame.loc[labelled, "site"].tolist()
                )
            measured = _measured(pages, "f1")
            if len(measured):
                group["main_text"] = mean_figures(measured)
            measured = _measured(pages, SNIPPET_COUNTS[0])
            if len(measured):
                group["snippets"] = _snippets(measured)
            figures.append(group)
    return figures


def _group_labels(tables: NDArray[np.int64], sites: Sequence[str]) -> dict[str, Any]:
    total = tables.sum(axis=0)
    present = total.sum(axis=1) > 0
    f1 = f1_scores(total).f1

    def macro(weights: NDArray[np.float64]) -> float:
        return float(f1_scores(np.tensordot(weights, tables, axes=1)).f1[present].mean()) if present.any() else 0.0

    return {
        "pages": len(tables),
        "macro_f1": float(f1[present].mean()) if present.any() else None,
        "macro_f1_interval": percentile_interval(bootstrap_samples(sites, macro)) if present.any() else None,
        "f1": {label: float(f1[k]) if present[k] else None for k, label in enumerate(LABELS)},
    }


def _measured(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame[frame[column].notna()] if column in frame else frame.iloc[:0]
