"""Fit the linear scorers: logistic regressions on hashed n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import SGDClassifier

from boilerplate.features.hashing import HashedWeights
from boilerplate.features.scores import NAME_DECAY, OUTPUTS, SCORERS, Scores
from boilerplate.labels import LABELS, UNKNOWN
from boilerplate.training.corpus import Example

__all__ = ["ScorerDesign", "fit_scorers"]

#: Boxes further out than this add less than 12% to a name's sum.
_MAX_LEVELS = 7
_EPOCHS = 4
#: Strength of the L2 penalty by scorer.
_PENALTY = {"words": 1e-5, "names": 1e-5, "target": 1e-5, "above": 2e-5}
#: A page weighs as much as this many blocks at most.
_MAX_PAGE_BLOCKS = 400.0


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
        targets = [np.zeros((0, len(OUTPUTS)), dtype=np.int8)]
        weights, pages = [np.zeros(0)], [np.zeros(0, dtype=np.int64)]
        for number, example in enumerate(examples):
            rows = np.flatnonzero((example.label >= 0) | (example.content >= 0))
            if len(rows) == 0:
                continue
            for name in SCORERS:
                parts[name].append(_design(name, example.reading.scores, rows))
            target = np.full((len(rows), len(OUTPUTS)), UNKNOWN, dtype=np.int8)
            label = example.label[rows]
            for k in range(len(LABELS)):
                target[:, k] = np.where(label >= 0, label == k, UNKNOWN)
            target[:, len(LABELS)] = example.content[rows]
            targets.append(target)
            # Long blocks count for more, but no block and no page for much more than another.
            weight = np.log1p(example.words[rows].astype(np.float64))
            weights.append(weight * min(1.0, _MAX_PAGE_BLOCKS / len(rows)))
            pages.append(np.full(len(rows), number))
        self.inputs: dict[str, Any] = {
            name: sparse.vstack(part, format="csr") if part else sparse.csr_matrix((0, 1 << SCORERS[name]))
            for name, part in parts.items()
        }
        self.targets = np.vstack(targets)
        self.weight = np.concatenate(weights)
        self.page = np.concatenate(pages)


def _design(name: str, scores: Scores, rows: NDArray[np.int64]) -> sparse.csr_matrix:
    source = scores.inputs[name]
    hashed = source.texts
    if len(hashed) == 0:  # a page without a link, or without a heading
        return sparse.csr_matrix((len(rows), 1 << SCORERS[name]), dtype=np.float32)
    grams = sparse.csr_matrix(
        (hashed.scale[hashed.row], (hashed.row, hashed.index)), shape=(len(hashed), 1 << SCORERS[name])
    )
    if name != "names":
        which = source.which[rows]
        pick = sparse.csr_matrix(
            ((which >= 0).astype(np.float32), (np.arange(len(rows)), np.maximum(which, 0))),
            shape=(len(rows), len(hashed)),
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
        (np.concatenate(value), (np.concatenate(at), np.concatenate(column))),
        shape=(len(rows), len(hashed)),
    )
    return (path @ grams).tocsr()


def fit_scorers(design: ScorerDesign, use: NDArray[np.bool_], *, seed: int = 0) -> dict[str, HashedWeights]:
    """Fit every output of every scorer on the rows of some pages.

    Parameters
    ----------
    design : ScorerDesign
    use : ndarray of bool, shape (n_pages,)
        Which pages to learn from.
    seed : int

    Returns
    -------
    dict of str to HashedWeights
    """
    chosen = use[design.page]
    result = {}
    for name, bits in SCORERS.items():
        weights = np.zeros((1 << bits, len(OUTPUTS)), dtype=np.float32)
        # The outputs of the labels share their rows, which are costly to cut out of the whole.
        for outputs in (tuple(range(len(LABELS))), (len(LABELS),)):
            weights[:, outputs] = _fit_outputs(design, chosen, name, outputs, seed)
        result[name] = HashedWeights.rounded(weights)
    return result


def _fit_outputs(
    design: ScorerDesign, chosen: NDArray[np.bool_], name: str, outputs: tuple[int, ...], seed: int
) -> NDArray[np.float32]:
    rows = np.flatnonzero(chosen & (design.targets[:, outputs[0]] >= 0))
    weights = np.zeros((1 << SCORERS[name], len(outputs)), dtype=np.float32)
    if len(rows) == 0:
        return weights
    matrix = design.inputs[name][rows]
    importance = design.weight[rows] / design.weight[rows].mean()
    for k, output in enumerate(outputs):
        target = design.targets[rows, output]
        if target.min() == target.max():  # gold of one kind only: this output has nothing to say
            continue
        model = SGDClassifier(
            loss="log_loss", alpha=_PENALTY[name], max_iter=_EPOCHS, tol=None, average=True, random_state=seed
        )
        weights[:, k] = model.fit(matrix, target, sample_weight=importance).coef_[0]
    return weights
