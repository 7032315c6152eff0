"""Compare two sets of predictions on the same pages: is the difference more than noise?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boilerplate.labels import LABELS
from boilerplate.model.model import Prediction
from boilerplate.training.corpus import Example
from boilerplate.training.evaluation import Evaluation, confusion
from boilerplate.training.figures import SNIPPET_COUNTS
from boilerplate.training.metrics import Difference, f1_scores, paired_difference

#: A figure as a function of how often each page is drawn, shape (n_pages,).
_Figure = Callable[[NDArray[np.float64]], float]

__all__ = ["compare", "difference_record", "verdict"]


def compare(
    examples: Sequence[Example],
    ours: tuple[Sequence[Prediction], Evaluation],
    theirs: tuple[Sequence[Prediction], Evaluation],
) -> list[dict[str, Any]]:
    """Differences of two models' figures, each with a paired bootstrap by site.

    Parameters
    ----------
    examples : sequence of Example
    ours, theirs : tuple of predictions and their Evaluation
        On these examples, in this order.

    Returns
    -------
    list of dict
        For each figure that can be measured: ``figure`` and the fields of `difference_record`.
    """
    rows = []
    labelled = [i for i, e in enumerate(examples) if e.has_labels]
    if labelled:
        a, b = (np.stack([confusion(examples[i], p[i], "words") for i in labelled]) for p, _ in (ours, theirs))
        sites = [examples[i].page.site for i in labelled]
        rows.append(_row("labels, macro F1 by words", sites, _macro(a), _macro(b)))
        for k, label in enumerate(LABELS):
            rows.append(_row(f"{label}, F1 by words", sites, _label_f1(a, k), _label_f1(b, k)))
    pages_a, pages_b = ours[1].pages, theirs[1].pages
    for name, column in (("main text, mean word F1", "f1"), ("main text, mean 4-gram F1", "ngram_f1")):
        at = [i for i, row in enumerate(pages_a) if column in row]
        if at:
            sites = [pages_a[i]["site"] for i in at]
            rows.append(_row(name, sites, *(_mean(np.array([p[i][column] for i in at])) for p in (pages_a, pages_b))))
    at = [i for i, row in enumerate(pages_a) if SNIPPET_COUNTS[0] in row]
    if at:
        counts = [
            np.array([[p[i][c] for c in SNIPPET_COUNTS] for i in at], dtype=np.float64) for p in (pages_a, pages_b)
        ]
        rows.append(_row("snippets, F1", [pages_a[i]["site"] for i in at], *map(_snippet_f1, counts)))
    return rows


def difference_record(difference: Difference) -> dict[str, Any]:
    """A difference as plain values, with ``beyond_noise`` and ``verdict``."""
    record = asdict(difference)
    return {**record, "beyond_noise": difference.beyond_noise, "verdict": verdict(difference)}


def verdict(difference: Difference) -> str:
    """What a difference says: better, worse, or within noise."""
    if difference.sites < 2:
        return "one site only: nothing can be said"
    if not difference.beyond_noise:
        return "within noise"
    return "better" if difference.difference > 0 else "worse"


def _row(figure: str, sites: Sequence[str], ours: _Figure, theirs: _Figure) -> dict[str, Any]:
    return {"figure": figure, **difference_record(paired_difference(sites, ours, theirs))}


def _macro(tables: NDArray[np.int64]) -> _Figure:
    return lambda weights: f1_scores(np.tensordot(weights, tables, axes=1)).macro_f1


def _label_f1(tables: NDArray[np.int64], label: int) -> _Figure:
    return lambda weights: float(f1_scores(np.tensordot(weights, tables, axes=1)).f1[label])


def _mean(values: NDArray[np.float64]) -> _Figure:
    return lambda weights: float(weights @ values / max(weights.sum(), 1.0))


def _snippet_f1(counts: NDArray[np.float64]) -> _Figure:
    def figure(weights: NDArray[np.float64]) -> float:
        found, lost, leaked, _ = weights @ counts
        return float(2 * found / max(2 * found + leaked + lost, 1.0))

    return figure
