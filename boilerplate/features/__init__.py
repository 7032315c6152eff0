"""From blocks to a feature matrix: arrays over the whole page, a row a block, a documented column a feature.

Groups of features, each in a module with a table of descriptions: `text`, `links`, `layout` (with `style`),
`containers`, `headings`, `document`, `scores`, `neighbours`, `pooled`; `guesses` and `topic` build on a first guess.
`read` does what needs the page only, `first_matrix` adds what needs learned weights, `full_matrix` what needs the first
guess. Every step is linear in the page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate.blocks import BlockTable
from boilerplate.features import (
    containers,
    document,
    guesses,
    headings,
    layout,
    links,
    neighbours,
    pooled,
    scores,
    text,
    topic,
)
from boilerplate.features.guesses import Surroundings
from boilerplate.features.scores import Scores, Weights
from boilerplate.features.view import FloatArray, PageView

__all__ = ["DESCRIPTIONS", "FIRST_NAMES", "NAMES", "PageReading", "first_matrix", "full_matrix", "read"]

_OF_PAGE = (
    text.DESCRIPTIONS,
    links.DESCRIPTIONS,
    layout.DESCRIPTIONS,
    containers.DESCRIPTIONS,
    headings.DESCRIPTIONS,
    document.DESCRIPTIONS,
    neighbours.STRUCTURE,
    pooled.DESCRIPTIONS,
)
_LEARNED = (scores.DESCRIPTIONS, neighbours.DESCRIPTIONS)
_GUESSED = (guesses.DESCRIPTIONS, topic.DESCRIPTIONS)
#: What each feature is, by name, in the order of the matrix's columns.
DESCRIPTIONS: dict[str, str] = {
    name: what for group in (*_OF_PAGE, *_LEARNED, *_GUESSED) for name, what in group.items()
}
#: Columns of the matrix.
NAMES: tuple[str, ...] = tuple(DESCRIPTIONS)
_PAGE_NAMES = tuple(name for group in _OF_PAGE for name in group)
_LEARNED_NAMES = tuple(name for group in _LEARNED for name in group)
_GUESSED_NAMES = tuple(name for group in _GUESSED for name in group)
#: Columns of the matrix before there is a first guess.
FIRST_NAMES = _PAGE_NAMES + _LEARNED_NAMES


@dataclass(frozen=True, slots=True)
class PageReading:
    """All that features need of a page before any weight is known: plain arrays, fit for another process.

    Attributes
    ----------
    columns : ndarray of float32, shape (n_blocks, n)
        Features that need no weights, the first columns of the matrix.
    scores : Scores
        What the scorers read.
    around : Surroundings
        Where each block's first guess is compared.
    """

    columns: NDArray[np.float32]
    scores: Scores
    around: Surroundings

    def __len__(self) -> int:
        return len(self.columns)


def read(table: BlockTable) -> PageReading:
    """Read a page's blocks once, for any number of models."""
    view = PageView(table)
    boxes = containers.containers(view)
    above = headings.governing_headings(view)
    nearest = links.nearest_link(view)
    columns: dict[str, FloatArray] = {
        **text.compute(view),
        **links.compute(view, nearest),
        **layout.compute(view),
        **containers.compute(view, boxes),
        **headings.compute(view, above),
        **document.compute(view),
        **neighbours.structure(view),
    }
    columns |= pooled.compute(view, columns, boxes)
    return PageReading(
        columns=_stack(columns, _PAGE_NAMES),
        scores=scores.read_scores(view, boxes, above, nearest),
        around=guesses.surroundings(view, boxes),
    )


def first_matrix(reading: PageReading, weights: Weights) -> NDArray[np.float32]:
    """Feature matrix of a page before there is a first guess.

    Parameters
    ----------
    reading : PageReading
    weights : mapping of str to HashedWeights
        Weights of the scorers.

    Returns
    -------
    ndarray of float32, shape (n_blocks, len(FIRST_NAMES))
    """
    learned = scores.compute(reading.scores, weights)
    own = {name: reading.columns[:, k] for k, name in enumerate(_PAGE_NAMES)}
    around = neighbours.compute({**own, **learned})
    return np.hstack([reading.columns, _stack({**learned, **around}, _LEARNED_NAMES)])


def full_matrix(first: NDArray[np.float32], reading: PageReading, guess: NDArray[np.float64]) -> NDArray[np.float32]:
    """Feature matrix of a page with what the first guess adds.

    Parameters
    ----------
    first : ndarray of float32, shape (n_blocks, len(FIRST_NAMES))
        As `first_matrix` gives it.
    reading : PageReading
    guess : ndarray of float64, shape (n_blocks, len(guesses.GUESSED))
        Probabilities by the small ensembles.

    Returns
    -------
    ndarray of float32, shape (n_blocks, len(NAMES))
    """
    around = reading.around
    by_name = dict(zip(guesses.GUESSED, guess.T, strict=True))
    columns = guesses.compute(around, guess)
    columns |= topic.compute(reading.scores.inputs["words"], around.spans, around.weight, by_name)
    return np.hstack([first, _stack(columns, _GUESSED_NAMES)])


def _stack(columns: dict[str, FloatArray], names: tuple[str, ...]) -> NDArray[np.float32]:
    return np.stack([columns[name] for name in names], axis=1, dtype=np.float32, casting="same_kind")
