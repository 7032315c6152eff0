"""Fit the linear scorers: logistic regressions on hashed n-grams, stored in eight bits a weight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import SGDClassifier

from boilerplate.features.scores import NAME_DECAY, OUTPUTS, SCORERS, Scores
from boilerplate.labels import LABELS, UNKNOWN
from boilerplate.training.corpus import Example

__all__ = ["ScorerDesign", "dequantise", "fit_scorers", "quantise"]

#: Boxes further out than this add less than 2% to a name's sum.
_MAX_LEVELS = 11
_EPOCHS = 4
#: Strength of the L2 penalty by scorer.
_PENALTY = {"words": 1e-5, "names": 1e-5, "target": 1e-5, "above": 2e-5}


class ScorerDesign:
    """Sparse inputs of all scorers for a set of pages, rows being blocks; built once, cut by page for each fold.

    Attributes
    ----------
    inputs : dict of str to csr_matrix, shape (n_rows, 2 ** bits)
        By scorer.
    targets : ndarray of int8, shape (n_rows, len(OUTPUTS))
        1, 0, or `UNKNOWN` where the gold does not say.
    weight : ndarray of float64, shape (n_rows,)
        Weight of each row.
    page : ndarray of int64, shape (n_rows,)
        Index of the page each row comes from.
    """

    def __init__(self, examples: Sequence[Example]) -> None:
        parts: dict[str, list[sparse.csr_matrix]] = {name: [] for name in SCORERS}
        targets, weights, pages = [], [], []
        for number, example in enumerate(examples):
            known = (example.label >= 0) | (example.content >= 0)
            rows = np.flatnonzero(known)
            if len(rows) == 0:
                continue
            scores = example.reading.scores
            for name in SCORERS:
                parts[name].append(_design(name, scores, rows))
            target = np.full((len(rows), len(OUTPUTS)), UNKNOWN, dtype=np.int8)
            label = example.label[rows]
            for k in range(len(LABELS)):
                target[:, k] = np.where(label >= 0, label == k, UNKNOWN)
            target[:, len(LABELS)] = example.content[rows]
            targets.append(target)
            # Long blocks count for more, but no block and no page for much more than another.
            weight = np.log1p(example.words[rows].astype(np.float64))
            weights.append(weight * min(1.0, 400.0 / len(rows)))
            pages.append(np.full(len(rows), number))
        self.inputs = {name: sparse.vstack(p, format="csr") if p else None for name, p in parts.items()}
        self.targets = np.vstack(targets) if targets else np.zeros((0, len(OUTPUTS)), dtype=np.int8)
        self.weight = np.concatenate(weights) if weights else np.zeros(0)
        self.page = np.concatenate(pages) if pages else np.zeros(0, dtype=np.int64)


def _design(name: str, scores: Scores, rows: NDArray[np.int64]) -> sparse.csr_matrix:
    source = scores.inputs[name]
    hashed = source.texts
    grams = sparse.csr_matrix(
        (hashed.scale[hashed.row], (hashed.row, hashed.index)), shape=(len(hashed.scale), 1 << SCORERS[name])
    )
    if name != "names":
        which = source.which[rows]
        if len(hashed.scale) == 0:  # a page without a link, or without a heading
            return sparse.csr_matrix((len(rows), 1 << SCORERS[name]), dtype=np.float32)
        pick = sparse.csr_matrix(
            ((which >= 0).astype(np.float32), (np.arange(len(rows)), np.maximum(which, 0))),
            shape=(len(rows), len(hashed.scale)),
        )
        return (pick @ grams).tocsr()
    element = scores.inner[rows].astype(np.int64)
    at, column, value = [], [], []
    live = np.arange(len(rows))
    for level in range(_MAX_LEVELS):
        at.append(live)
        column.append(source.which[element[live]])
        value.append(np.full(len(live), NAME_DECAY**level, dtype=np.float32))
        live = live[element[live] > 0]
        element[live] = scores.parent[element[live]]
    path = sparse.csr_matrix(
        (np.concatenate(value), (np.concatenate(at), np.concatenate(column))), shape=(len(rows), len(hashed.scale))
    )
    return (path @ grams).tocsr()


def fit_scorers(design: ScorerDesign, use: NDArray[np.bool_], *, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Fit every output of every scorer on the rows of some pages.

    Parameters
    ----------
    design : ScorerDesign
    use : ndarray of bool, shape (n_pages,)
        Which pages to learn from.
    seed : int

    Returns
    -------
    dict of str to ndarray of float32, shape (2 ** bits, len(OUTPUTS))
        Weights, already rounded to what eight bits hold.
    """
    result = {}
    chosen = use[design.page] if len(design.page) else np.zeros(0, dtype=np.bool_)
    for name, bits in SCORERS.items():
        weights = np.zeros((1 << bits, len(OUTPUTS)), dtype=np.float32)
        for k in range(len(OUTPUTS)):
            rows = np.flatnonzero(chosen & (design.targets[:, k] >= 0))
            target = design.targets[rows, k]
            if len(np.unique(target)) < 2:
                continue
            model = SGDClassifier(
                loss="log_loss",
                alpha=_PENALTY[name],
                max_iter=_EPOCHS,
                tol=None,
                average=True,
                random_state=seed,
            )
            weight = design.weight[rows]
            model.fit(design.inputs[name][rows], target, sample_weight=weight / weight.mean())
            weights[:, k] = model.coef_[0]
        result[name] = dequantise(*quantise(weights))
    return result


def quantise(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round weights to eight bits, a scale an output; the few beyond the 99.99th percentile are clipped."""
    scale = np.maximum(np.quantile(np.abs(weights), 0.9999, axis=0), 1e-9).astype(np.float32) / np.float32(127)
    return np.clip(np.rint(weights / scale), -127, 127).astype(np.int8), scale


def dequantise(values: NDArray[np.int8], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """Inverse of `quantise`."""
    return values.astype(np.float32) * scale
