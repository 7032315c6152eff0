"""Precision and recall at every threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve

__all__ = ["precision_recall"]

#: Points of a curve that are kept; a plot shows no more.
N_POINTS = 101


def precision_recall(
    probability: NDArray[np.float64], positive: NDArray[np.float64], negative: NDArray[np.float64]
) -> dict[str, Any] | None:
    """The curve of precision over recall, and the average precision.

    Parameters
    ----------
    probability : ndarray of float64, shape (n_blocks,)
        Of the label, 0 to 1.
    positive, negative : ndarray of float64, shape (n_blocks,)
        Words of each block that have the label, and that have not.

    Returns
    -------
    dict or None
        ``average_precision`` and ``points``, each with ``threshold``, ``precision`` and ``recall``, at most `N_POINTS`
        evenly spread over recall; None where no word, or every word, has the label.

    Notes
    -----
    Average precision as scikit-learn computes it, without interpolation (Davis and Goadrich 2006, "The Relationship
    Between Precision-Recall and ROC Curves").
    """
    if positive.sum() <= 0 or negative.sum() <= 0:
        return None
    # A block may be partly of the label: it counts as two, weighed by their words.
    truth = np.concatenate([np.ones(len(probability)), np.zeros(len(probability))])
    score = np.concatenate([probability, probability])
    weight = np.concatenate([positive, negative])
    used = weight > 0
    truth, score, weight = truth[used], score[used], weight[used]
    precision, recall, threshold = precision_recall_curve(truth, score, sample_weight=weight)
    # The last point, recall 0, belongs to no threshold.
    precision, recall = precision[:-1][::-1], recall[:-1][::-1]
    at = np.unique(np.searchsorted(recall, np.linspace(0.0, 1.0, N_POINTS)).clip(max=len(recall) - 1))
    return {
        "average_precision": float(average_precision_score(truth, score, sample_weight=weight)),
        "points": [
            {"threshold": float(t), "precision": float(p), "recall": float(r)}
            for t, p, r in zip(threshold[::-1][at], precision[at], recall[at], strict=True)
        ],
    }
