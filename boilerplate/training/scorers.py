"""Fit the linear scorers: logistic regressions on hashed n-grams."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import SGDClassifier

from boilerplate import features
from boilerplate.features.box_scores import BOX_SCORERS, intervals
from boilerplate.features.hashing import HashedTexts, HashedWeights
from boilerplate.features.scores import NAME_DECAY, OUTPUTS, SCORERS, Scores
from boilerplate.labels import LABELS, UNKNOWN
from boilerplate.training.corpus import Example

__all__ = ["Rows", "ScorerDesign", "fit_scorers"]

#: Boxes further out than this add less than 12% to a name's sum.
_MAX_LEVELS = 7
_EPOCHS = 4
#: Strength of the L2 penalty by scorer.
_PENALTY = {"words": 1e-5, "names": 1e-5, "target": 1e-5, "above": 2e-5, "box_words": 1e-5, "box_markup": 1e-5}
#: A page weighs as much as this many blocks, or boxes, at most.
_MAX_PAGE_ROWS = 400.0


@dataclass(frozen=True, slots=True)
class Rows:
    """What scorers learn from: blocks, or boxes.

    Attributes
    ----------
    targets : ndarray of int8, shape (n_rows, len(OUTPUTS))
        1, 0, or `UNKNOWN` where the gold does not say.
    weight : ndarray of float64, shape (n_rows,)
        Weight of each row.
    page : ndarray of int64, shape (n_rows,)
        Index of the page each row comes from.
    """

    targets: NDArray[np.int8]
    weight: NDArray[np.float64]
    page: NDArray[np.int64]


class ScorerDesign:
    """Sparse inputs of all scorers for a set of pages; built once, cut by page for each fold.

    Attributes
    ----------
    inputs : dict of str to csr_matrix, shape (n_rows, 2 ** bits)
        By scorer.
    rows : dict of str to Rows
        By scorer: rows of `SCORERS` are blocks, those of `BOX_SCORERS` boxes.

    Parameters
    ----------
    examples : sequence of Example
    scorers : collection of str
        Scorers that there is something to read for; the others will say nothing.
    """

    def __init__(self, examples: Sequence[Example], scorers: Collection[str] = tuple(features.SCORERS)) -> None:
        parts: dict[str, list[sparse.csr_matrix]] = {name: [] for name in features.SCORERS if name in scorers}
        blocks, boxes = _RowsInParts(), _RowsInParts()
        for number, example in enumerate(examples):
            rows = np.flatnonzero((example.label >= 0) | (example.content >= 0))
            if len(rows) == 0:
                continue
            for name in parts.keys() & SCORERS.keys():
                parts[name].append(_design(name, example.reading.scores, rows))
            # Long blocks count for more, but no block and no page for much more than another.
            blocks.add(number, _block_targets(example, rows), np.log1p(example.words[rows].astype(np.float64)))
            targets, words = _box_targets(example)
            known = np.flatnonzero((targets >= 0).any(axis=1))
            for name in parts.keys() & BOX_SCORERS.keys():
                parts[name].append(_box_design(name, example, known))
            boxes.add(number, targets[known], np.log1p(words[known]))
        self.inputs: dict[str, Any] = {
            name: sparse.vstack(part, format="csr") if part else sparse.csr_matrix((0, 1 << features.SCORERS[name]))
            for name, part in parts.items()
        }
        self.rows = dict.fromkeys(SCORERS, blocks.joined()) | dict.fromkeys(BOX_SCORERS, boxes.joined())


class _RowsInParts:
    """`Rows` while they grow page by page."""

    def __init__(self) -> None:
        self._targets = [np.zeros((0, len(OUTPUTS)), dtype=np.int8)]
        self._weights, self._pages = [np.zeros(0)], [np.zeros(0, dtype=np.int64)]

    def add(self, page: int, targets: NDArray[np.int8], weight: NDArray[np.float64]) -> None:
        self._targets.append(targets)
        self._weights.append(weight * min(1.0, _MAX_PAGE_ROWS / max(len(weight), 1)))
        self._pages.append(np.full(len(weight), page))

    def joined(self) -> Rows:
        return Rows(np.vstack(self._targets), np.concatenate(self._weights), np.concatenate(self._pages))


def _block_targets(example: Example, rows: NDArray[np.int64]) -> NDArray[np.int8]:
    targets = np.full((len(rows), len(OUTPUTS)), UNKNOWN, dtype=np.int8)
    label = example.label[rows]
    for k in range(len(LABELS)):
        targets[:, k] = np.where(label >= 0, label == k, UNKNOWN)
    targets[:, len(LABELS)] = example.content[rows]
    return targets


def _box_targets(example: Example) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """What most of the words of each box are, and how many words it has; a box without gold is `UNKNOWN`."""
    boxes = example.reading.boxes
    words = example.words.astype(np.float64)
    counts = np.column_stack([example.label_words, words * (example.content == 1), words * (example.content == 0)])
    sums = np.vstack([np.zeros((1, counts.shape[1])), np.cumsum(counts, axis=0)])
    of_box = sums[boxes.last] - sums[boxes.first]
    n = len(LABELS)
    labelled, told = of_box[:, :n].sum(axis=1), of_box[:, n:].sum(axis=1)
    targets = np.full((len(of_box), len(OUTPUTS)), UNKNOWN, dtype=np.int8)
    targets[labelled > 0, :n] = (of_box[:, :n] > 0.5 * labelled[:, None])[labelled > 0]
    targets[told > 0, n] = (of_box[:, n] > 0.5 * told)[told > 0]
    return targets, np.maximum(labelled, told)


def _box_design(name: str, example: Example, rows: NDArray[np.int64]) -> sparse.csr_matrix:
    boxes = example.reading.boxes
    if name == "box_markup":
        return _grams(boxes.markup, BOX_SCORERS[name])[rows]
    words = example.reading.scores.inputs["words"]
    count = (boxes.last - boxes.first)[rows].astype(np.int64)
    row, block = intervals(boxes.first[rows].astype(np.int64), boxes.last[rows].astype(np.int64))
    pick = sparse.csr_matrix(
        ((1.0 / np.sqrt(np.maximum(count, 1))).astype(np.float32)[row], (row, words.which[block])),
        shape=(len(rows), len(words.texts)),
    )
    return (pick @ _grams(words.texts, BOX_SCORERS[name])).tocsr()


def _grams(hashed: HashedTexts, bits: int) -> sparse.csr_matrix:
    return sparse.csr_matrix((hashed.scale[hashed.row], (hashed.row, hashed.index)), shape=(len(hashed), 1 << bits))


def _design(name: str, scores: Scores, rows: NDArray[np.int64]) -> sparse.csr_matrix:
    source = scores.inputs[name]
    hashed = source.texts
    if len(hashed) == 0:  # a page without a link, or without a heading
        return sparse.csr_matrix((len(rows), 1 << SCORERS[name]), dtype=np.float32)
    grams = _grams(hashed, SCORERS[name])
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
    result = {}
    for name, bits in features.SCORERS.items():
        weights = np.zeros((1 << bits, len(OUTPUTS)), dtype=np.float32)
        # The outputs of the labels share their rows, which are costly to cut out of the whole.
        for outputs in (tuple(range(len(LABELS))), (len(LABELS),)) if name in design.inputs else ():
            weights[:, outputs] = _fit_outputs(design, use, name, outputs, seed)
        result[name] = HashedWeights.rounded(weights)
    return result


def _fit_outputs(
    design: ScorerDesign, use: NDArray[np.bool_], name: str, outputs: tuple[int, ...], seed: int
) -> NDArray[np.float32]:
    of = design.rows[name]
    rows = np.flatnonzero(use[of.page] & (of.targets[:, outputs[0]] >= 0))
    weights = np.zeros((1 << features.SCORERS[name], len(outputs)), dtype=np.float32)
    if len(rows) == 0:
        return weights
    matrix = design.inputs[name][rows]
    importance = of.weight[rows] / of.weight[rows].mean()
    for k, output in enumerate(outputs):
        target = of.targets[rows, output]
        if target.min() == target.max():  # gold of one kind only: this output has nothing to say
            continue
        model = SGDClassifier(
            loss="log_loss", alpha=_PENALTY[name], max_iter=_EPOCHS, tol=None, average=True, random_state=seed
        )
        weights[:, k] = model.fit(matrix, target, sample_weight=importance).coef_[0]
    return weights
