"""From blocks to a feature matrix: arrays over the whole page, a row a block, a documented column a feature.

Groups of features, each in a module with a table of descriptions: `text`, `links`, `layout` (with `style`),
`containers`, `headings`, `document`, `scores`, `box_scores`, `neighbours`, `pooled`; `guesses` and `topic` build on a
first guess. `read` does what needs the page only, `first_matrix` adds what needs learned weights, `full_matrix` what
needs the first guess. Every step is linear in the page. A `Plan` names the columns that are wanted: training computes
all of them, a trained model those its trees look at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate.blocks import BlockTable
from boilerplate.features import (
    box_scores,
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
from boilerplate.features.box_scores import BoxInput
from boilerplate.features.guesses import Surroundings
from boilerplate.features.scores import Scores, Weights
from boilerplate.features.view import FloatArray, PageView

__all__ = [
    "ALL",
    "DESCRIPTIONS",
    "FIRST_NAMES",
    "NAMES",
    "SCORERS",
    "PageReading",
    "Plan",
    "first_matrix",
    "full_matrix",
    "read",
]

#: Buckets of every scorer, as a power of two.
SCORERS = scores.SCORERS | box_scores.BOX_SCORERS

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
_LEARNED = (scores.DESCRIPTIONS, box_scores.DESCRIPTIONS, neighbours.DESCRIPTIONS)
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
class Plan:
    """Columns of a matrix, and what has to be computed for them.

    Attributes
    ----------
    of_page, learned, guessed : tuple of str
        The columns in the order of the matrix: those that `read` computes, those that `first_matrix` and those that
        `full_matrix` adds.
    wanted : frozenset of str
        These columns, and those that they are made of.
    """

    of_page: tuple[str, ...]
    learned: tuple[str, ...]
    guessed: tuple[str, ...]
    wanted: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str]) -> Plan:
        """The plan for some of `NAMES`, in whatever order they are given."""
        chosen = frozenset(names)
        wanted = chosen | neighbours.sources(chosen)
        wanted |= pooled.sources(wanted)
        return cls(
            # What the scorers' outputs around a block are made of must be at hand when they are.
            of_page=tuple(name for name in _PAGE_NAMES if name in chosen or name in neighbours.SOURCES & wanted),
            learned=tuple(name for name in _LEARNED_NAMES if name in chosen),
            guessed=tuple(name for name in _GUESSED_NAMES if name in chosen),
            wanted=wanted,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """All columns."""
        return self.of_page + self.learned + self.guessed


#: Every column.
ALL = Plan(_PAGE_NAMES, _LEARNED_NAMES, _GUESSED_NAMES, frozenset(NAMES))


@dataclass(frozen=True, slots=True)
class PageReading:
    """All that features need of a page before any weight is known: plain arrays, fit for another process.

    Attributes
    ----------
    columns : ndarray of float32, shape (n_blocks, n)
        Features that need no weights, the first columns of the matrix.
    scores : Scores
        What the scorers of blocks read.
    boxes : BoxInput
        What the scorers of boxes read.
    around : Surroundings
        Where each block's first guess is compared.
    """

    columns: NDArray[np.float32]
    scores: Scores
    boxes: BoxInput
    around: Surroundings

    def __len__(self) -> int:
        return len(self.columns)


def read(table: BlockTable, plan: Plan = ALL) -> PageReading:
    """Read a page's blocks once, for any number of models that the plan serves."""
    return read_view(PageView(table), plan)


def read_view(view: PageView, plan: Plan = ALL) -> PageReading:
    """As `read`, of a page whose derived arrays others look at too."""
    wanted = plan.wanted
    boxes = containers.containers(view)
    above = headings.governing_headings(view)
    nearest = links.nearest_link(view)
    columns: dict[str, FloatArray] = {
        **text.compute(view, wanted),
        **links.compute(view, nearest, wanted),
        **layout.compute(view, wanted),
        **containers.compute(view, boxes, wanted),
        **headings.compute(view, above, wanted),
        **document.compute(view, wanted),
        **neighbours.structure(view, wanted),
    }
    columns |= pooled.compute(view, columns, boxes, wanted)
    return PageReading(
        columns=_stack(columns, plan.of_page, len(view)),
        scores=scores.read_scores(view, boxes, above, nearest),
        boxes=box_scores.read_boxes(view, boxes),
        around=guesses.surroundings(view, boxes),
    )


def first_matrix(reading: PageReading, weights: Weights, plan: Plan = ALL) -> NDArray[np.float32]:
    """Feature matrix of a page before there is a first guess.

    Parameters
    ----------
    reading : PageReading
    weights : mapping of str to HashedWeights
        Weights of the scorers.
    plan : Plan
        That of the reading.

    Returns
    -------
    ndarray of float32, shape (n_blocks, n)
        The columns of the plan but for the guessed ones; for `ALL`, those of `FIRST_NAMES`. A column is contiguous.
    """
    learned = scores.compute(reading.scores, weights)
    learned |= box_scores.compute(reading.boxes, reading.scores.inputs["words"], weights)
    own = dict(zip(plan.of_page, reading.columns.T, strict=True))
    around = neighbours.compute({**own, **learned}, plan.wanted)
    return _stack({**learned, **around}, plan.learned, len(reading), before=reading.columns)


def full_matrix(
    first: NDArray[np.float32], reading: PageReading, guess: NDArray[np.float64], plan: Plan = ALL
) -> NDArray[np.float32]:
    """Feature matrix of a page with what the first guess adds.

    Parameters
    ----------
    first : ndarray of float32, shape (n_blocks, n)
        As `first_matrix` gives it.
    reading : PageReading
    guess : ndarray of float64, shape (n_blocks, len(guesses.GUESSED))
        Probabilities by the small ensembles.
    plan : Plan
        That of the reading.

    Returns
    -------
    ndarray of float32, shape (n_blocks, len(plan.names))
        A column is contiguous.
    """
    around = reading.around
    by_name = dict(zip(guesses.GUESSED, guess.T, strict=True))
    columns = guesses.compute(around, guess)
    columns |= topic.compute(reading.scores.inputs["words"], around.spans, around.weight, by_name, plan.wanted)
    return _stack(columns, plan.guessed, len(reading), before=first)


def _stack(
    columns: dict[str, FloatArray], names: tuple[str, ...], n_rows: int, *, before: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Columns side by side, after those that there are already."""
    width = 0 if before is None else before.shape[1]
    stacked = np.empty((width + len(names), n_rows), dtype=np.float32)
    if before is not None:
        stacked[:width] = before.T
    for k, name in enumerate(names, start=width):
        stacked[k] = columns[name]
    return stacked.T
