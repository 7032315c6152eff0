"""Which heading a block stands under: the one whose box also holds the block."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from boilerplate.features.view import FloatArray, IntArray, PageView, only_wanted

__all__ = ["DESCRIPTIONS", "compute", "governing_headings"]

DESCRIPTIONS = {
    "heading_above": "1 if the block stands under a heading",
    "heading_above_level": "level of that heading, 1 to 6, 0 without one",
    "blocks_since_heading": "log(1 + blocks since that heading)",
    "levels_to_heading": "levels from the block up to the box it shares with that heading, at most 30",
    "log_heading_chars": "log(1 + characters of that heading)",
    "blocks_under_heading": "log(1 + blocks under the same heading)",
    "first_in_box_chars": "log(1 + characters of the first block of the box three levels up)",
    "first_in_box_here": "1 if the block is that first block",
}


def governing_headings(view: PageView) -> IntArray:
    """The heading block each block stands under, -1 without one, shape (n_blocks,).

    Notes
    -----
    A heading governs what follows it in its parent box, or in the first box above that holds more than the
    heading; a later heading whose box holds the block as well takes over from there, whatever its rank.
    """
    table = view.table
    result = np.full(len(view), -1, dtype=np.int64)
    first, last = view.element_blocks
    parent, alone = table.parent.tolist(), (last - first <= 1).tolist()
    open_: list[tuple[int, int]] = []
    for block, level in enumerate(view.heading_levels.tolist()):
        while open_ and open_[-1][1] <= block:
            open_.pop()
        if open_:
            result[block] = open_[-1][0]
        if level > 0:
            box = int(table.container[block])
            # Out of wrappers: a box with nothing but the heading says nothing about its neighbours.
            while parent[box] >= 0 and alone[box]:
                box = parent[box]
            open_.append((block, int(last[box])))
    return result


def first_in_box(view: PageView, box: IntArray) -> IntArray:
    """First block of each given element, shape as given."""
    first, _ = view.element_blocks
    return np.minimum(first[box], max(len(view) - 1, 0))


def compute(view: PageView, headings: IntArray, wanted: Collection[str] = DESCRIPTIONS.keys()) -> dict[str, FloatArray]:
    """Features of the heading above each block that are wanted, each of shape (n_blocks,); see `DESCRIPTIONS`."""
    n = len(view)
    order = np.arange(n)
    has = headings >= 0
    at = np.maximum(headings, 0)

    def under() -> FloatArray:
        return np.bincount(headings[has], minlength=n).astype(np.float64)[at] if n else np.zeros(0)

    def leading() -> IntArray:
        return first_in_box(view, view.level[3])

    return only_wanted(
        {
            "heading_above": lambda: has.astype(np.float64),
            "heading_above_level": lambda: np.where(has, view.heading_levels[at], 0.0),
            "blocks_since_heading": lambda: np.where(has, np.log1p(order - at), 0.0),
            "levels_to_heading": lambda: _levels_to(view, headings),
            "log_heading_chars": lambda: np.where(has, np.log1p(view.chars[at]), 0.0),
            "blocks_under_heading": lambda: np.where(has, np.log1p(under()), 0.0),
            "first_in_box_chars": lambda: np.log1p(view.chars[leading()]),
            "first_in_box_here": lambda: (leading() == order).astype(np.float64),
        },
        wanted,
    )


def _levels_to(view: PageView, headings: IntArray) -> FloatArray:
    """Levels from each block up to the box it shares with its heading, at most 30; 0 without one."""
    table = view.table
    climb = np.zeros(len(view))
    element = table.container.astype(np.int64)
    target = table.inner[np.maximum(headings, 0)].astype(np.int64) if len(view) else np.zeros(0, dtype=np.int64)
    open_ = np.flatnonzero(headings >= 0)
    for _ in range(30):
        at_open = element[open_]
        open_ = open_[(at_open > target[open_]) | (table.end[at_open] <= target[open_])]
        if len(open_) == 0:
            break
        climb[open_] += 1
        element[open_] = view.parent[element[open_]]
    return climb
