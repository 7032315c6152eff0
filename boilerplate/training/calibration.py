"""Whether probabilities mean what they say: calibration of blocks, and of a page's confidence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

__all__ = ["calibration_error", "rank_correlation", "reliability"]


def reliability(
    probability: NDArray[np.float64],
    outcome: NDArray[np.bool_],
    weight: NDArray[np.float64] | None = None,
    *,
    n_bins: int = 15,
) -> list[dict[str, Any]]:
    """What is said and what is so, by bins of equal width.

    Parameters
    ----------
    probability : ndarray of float64, shape (n,)
        0 to 1.
    outcome : ndarray of bool, shape (n,)
        Whether it was so.
    weight : ndarray of float64, shape (n,), optional
        What each counts, as the words of a block; 1 if left out.
    n_bins : int

    Returns
    -------
    list of dict
        For each bin that is not empty: ``low``, ``high``, ``weight``, ``said`` (mean probability) and ``so`` (share).
    """
    weight = np.ones(len(probability)) if weight is None else weight
    at = np.minimum((probability * n_bins).astype(np.int64), n_bins - 1)
    total, said, so = (
        np.bincount(at, weights=w, minlength=n_bins) for w in (weight, weight * probability, weight * outcome)
    )
    return [
        {
            "low": k / n_bins,
            "high": (k + 1) / n_bins,
            "weight": float(total[k]),
            "said": float(said[k] / total[k]),
            "so": float(so[k] / total[k]),
        }
        for k in np.flatnonzero(total > 0).tolist()
    ]


def calibration_error(bins: list[dict[str, Any]]) -> float:
    """Expected calibration error: the mean distance of what is said from what is so, over bins by weight.

    Notes
    -----
    Naeini, Cooper and Hauskrecht 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning".
    """
    total = sum(b["weight"] for b in bins)
    return sum(b["weight"] * abs(b["said"] - b["so"]) for b in bins) / total if total else 0.0


def rank_correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """Spearman's rank correlation, -1 to 1; None where one of both does not vary."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(spearmanr(a, b).statistic)
