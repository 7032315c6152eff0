"""Rows that trees learn from: blocks of training pages with one kind of gold, weighted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boilerplate.labels import UNKNOWN
from boilerplate.training.corpus import Example

__all__ = ["ChosenRows", "TreeRows", "choose_rows", "filled_rows"]


@dataclass(frozen=True, slots=True)
class TreeRows:
    """Blocks of training pages with one kind of gold.

    Attributes
    ----------
    X : ndarray of float32, shape (n_rows, n_features)
    y : ndarray of int8, shape (n_rows,)
        Known gold only.
    weight : ndarray of float64, shape (n_rows,)
        Mean 1.
    page : ndarray of int64, shape (n_rows,)
        Number of the example that each row comes from.
    """

    X: NDArray[np.float32]
    y: NDArray[np.int8]
    weight: NDArray[np.float64]
    page: NDArray[np.int64]

    def cut(self, columns: NDArray[np.int64]) -> TreeRows:
        return TreeRows(self.X[:, columns], self.y, self.weight, self.page)

    def pick(self, rows: NDArray[Any]) -> TreeRows:
        return TreeRows(self.X[rows], self.y[rows], self.weight[rows], self.page[rows])

    def sample(self, size: int, seed: int) -> TreeRows:
        return self.pick(np.random.default_rng(seed).permutation(len(self.y))[:size])

    def without(self, fold: int, fold_of: dict[int, int]) -> TreeRows:
        return self.pick(np.fromiter((fold_of[p] != fold for p in self.page.tolist()), np.bool_, len(self.page)))


@dataclass(frozen=True, slots=True)
class ChosenRows:
    """Blocks that trees are to learn from, chosen before their features are at hand.

    So no more of a page's features needs to be kept than those of its chosen blocks.

    Attributes
    ----------
    rows : dict of int to ndarray of int64
        Chosen blocks of each page, by the number of the example, ascending.
    y, weight, page :
        As of `TreeRows`.
    """

    rows: dict[int, NDArray[np.int64]]
    y: NDArray[np.int8]
    weight: NDArray[np.float64]
    page: NDArray[np.int64]


def filled_rows(
    chosen: Sequence[ChosenRows], matrices: Iterable[tuple[int, NDArray[np.float32]]]
) -> tuple[TreeRows, ...]:
    """Several choices of rows with the features of the pages' blocks, each page of which comes by once.

    Parameters
    ----------
    chosen : sequence of ChosenRows
    matrices : iterable of (int, ndarray of float32, shape (n_blocks, n_features))
        Each page of which blocks are chosen, by the number of the example, in any order; others do no harm.
    """
    starts = [dict(zip(c.rows, np.cumsum([0, *map(len, c.rows.values())]).tolist(), strict=False)) for c in chosen]
    spaces: list[NDArray[np.float32]] = []
    for i, matrix in matrices:
        spaces = spaces or [np.empty((len(c.y), matrix.shape[1]), dtype=np.float32) for c in chosen]
        for c, start, space in zip(chosen, starts, spaces, strict=True):
            if i in c.rows:
                space[start[i] : start[i] + len(c.rows[i])] = matrix[c.rows[i]]
    return tuple(TreeRows(space, c.y, c.weight, c.page) for c, space in zip(chosen, spaces, strict=True))


def choose_rows(
    examples: Sequence[Example],
    numbers: Iterable[int],
    gold: Sequence[NDArray[np.int8]],
    *,
    max_page_blocks: int,
    word_power: float,
    page_power: float,
    label_power: float,
    seed: int,
) -> ChosenRows:
    """Choose blocks whose gold is known.

    Parameters
    ----------
    examples : sequence of Example
    numbers : iterable of int
        Which of the examples are learned from.
    gold : sequence of ndarray of int8, shape (n_blocks,)
        One an example; `UNKNOWN` where nothing is known.
    max_page_blocks : int
        A page gives at most this many blocks, chosen at random.
    word_power : float
        A block weighs as much as its words to this power: 0 counts blocks, 1 words.
    page_power : float
        A page's weight is divided by itself to this power: 0 counts blocks or words, 1 pages.
    label_power : float
        Gold is weighed by its share to minus this power: 0 leaves it as it is, with 1 every label weighs the same.
        Promotion is 3 % of the words: with its own share it loses to whatever stands around it, with an equal one it
        takes what is not its own.
    seed : int
    """
    rng = np.random.default_rng(seed)
    chosen: dict[int, NDArray[np.int64]] = {}
    ys, weights, pages = [], [], []
    for i in sorted(numbers):
        rows = np.flatnonzero(gold[i] != UNKNOWN)
        if len(rows) == 0:
            continue
        if len(rows) > max_page_blocks:
            rows = np.sort(rng.choice(rows, max_page_blocks, replace=False))
        weight = (1.0 + examples[i].words[rows]) ** word_power
        chosen[i] = rows
        ys.append(gold[i][rows])
        weights.append(weight / weight.sum() ** page_power)
        pages.append(np.full(len(rows), i))
    y, weight = np.concatenate(ys), np.concatenate(weights)
    _, label = np.unique(y, return_inverse=True)
    weight = weight / (np.bincount(label, weights=weight) / weight.sum())[label] ** label_power
    return ChosenRows(chosen, y, weight / weight.mean(), np.concatenate(pages))
