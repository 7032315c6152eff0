"""Features of the blocks before and after a block."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from boilerplate.features.view import FloatArray, PageView

__all__ = ["DESCRIPTIONS", "SOURCES", "STRUCTURE", "compute", "sources", "structure"]

OFFSETS = (-3, -2, -1, 1, 2, 3)
WINDOWS = (3, 8, 20)
#: Features of neighbours by offset, and where there is no neighbour.
_AT_OFFSET = {
    "log_chars": -1.0,
    "link_share": -1.0,
    "sentence_marks": -1.0,
    "heading_level": -1.0,
    "words_article": 0.0,
    "words_promo": 0.0,
    "words_feed": 0.0,
    "words_chrome": 0.0,
    "name_promo": 0.0,
    "name_feed": 0.0,
    "name_main": 0.0,
}
#: Features averaged over windows, weighted by blocks.
_IN_WINDOW = (
    "log_chars", "link_share", "sentence_marks", "words_article", "words_promo", "words_feed", "words_main",
    "name_promo", "name_feed", "name_main", "tag_p",
)  # fmt: skip

DESCRIPTIONS = {
    **{
        f"{name}_{'next' if k > 0 else 'previous'}{abs(k)}": f"{name} of the block {abs(k)} "
        f"{'after' if k > 0 else 'before'}"
        for name in _AT_OFFSET
        for k in OFFSETS
    },
    **{f"{name}_around{w}": f"mean {name} of the {w} blocks before and after" for name in _IN_WINDOW for w in WINDOWS},
}
#: The blocks' own features that these are made of.
SOURCES = frozenset(_AT_OFFSET) | frozenset(_IN_WINDOW)
STRUCTURE = {
    "levels_to_previous": "levels from the block up to the box it shares with the block before, at most 20",
    "levels_to_next": "levels from the block up to the box it shares with the block after, at most 20",
    "same_path_previous": "1 if the block before has the same path of tags and classes",
    "same_path_next": "1 if the block after has the same path of tags and classes",
}


def structure(view: PageView, wanted: Collection[str] = STRUCTURE.keys()) -> dict[str, FloatArray]:
    """How each block hangs together with its neighbours, each of shape (n_blocks,); see `STRUCTURE`.

    All of it, or nothing if none of it is wanted.
    """
    if not any(name in wanted for name in STRUCTURE):
        return {}
    n = len(view)
    up, down = _shared_boxes(view)
    path = view.path_group
    same = np.zeros(n + 1)
    same[1:n] = path[1:] == path[:-1]
    return {
        "levels_to_previous": up,
        "levels_to_next": down,
        "same_path_previous": same[:n],
        "same_path_next": same[1:],
    }


def sources(names: Collection[str]) -> frozenset[str]:
    """The blocks' own features that some of `DESCRIPTIONS` are made of."""
    return frozenset(
        name
        for name in SOURCES
        if any(_offset_name(name, k) in names for k in OFFSETS) or any(_window_name(name, w) in names for w in WINDOWS)
    )


def _offset_name(name: str, offset: int) -> str:
    return f"{name}_{'next' if offset > 0 else 'previous'}{abs(offset)}"


def _window_name(name: str, window: int) -> str:
    return f"{name}_around{window}"


def compute(
    columns: Mapping[str, NDArray[np.floating]], wanted: Collection[str] = DESCRIPTIONS.keys()
) -> dict[str, FloatArray]:
    """Features of each block's neighbours, each of shape (n_blocks,); see `DESCRIPTIONS`.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n_blocks,)
        The blocks' own features.
    wanted : collection of str
        Features that are needed.
    """
    n = len(next(iter(columns.values())))
    result: dict[str, FloatArray] = {}
    for name, missing in _AT_OFFSET.items():
        for k in OFFSETS:
            place = _offset_name(name, k)
            if place not in wanted:
                continue
            shifted = np.full(n, missing)
            if k > 0:
                shifted[: max(n - k, 0)] = columns[name][k:]
            else:
                shifted[-k:] = columns[name][: max(n + k, 0)]
            result[place] = shifted
    order = np.arange(n)
    spans = {w: (np.maximum(order - w, 0), np.minimum(order + w + 1, n)) for w in WINDOWS}
    sizes = {w: np.maximum(hi - lo, 1) for w, (lo, hi) in spans.items()}
    for name in _IN_WINDOW:
        widths = [w for w in WINDOWS if _window_name(name, w) in wanted]
        if widths:
            total = np.concatenate([[0.0], np.cumsum(columns[name], dtype=np.float64)])
        for w in widths:
            lo, hi = spans[w]
            result[_window_name(name, w)] = (total[hi] - total[lo]) / sizes[w]
    return result


def _shared_boxes(view: PageView) -> tuple[FloatArray, FloatArray]:
    """Levels from each block up to the box it shares with the block before, and with the block after."""
    n = len(view)
    before, after = np.full(n, 20.0), np.full(n, 20.0)
    if n < 2:
        return before, after
    table = view.table
    here = table.inner[1:].astype(np.int64)
    other = table.inner[:-1].astype(np.int64)
    shared = here.copy()
    # The chain is as long as the tree is deep, but after a few steps few pairs are left.
    open_ = np.flatnonzero((shared > other) | (table.end[shared] <= other))
    while len(open_):
        shared[open_] = view.parent[shared[open_]]
        at = shared[open_]
        open_ = open_[(at > other[open_]) | (table.end[at] <= other[open_])]
    depth = table.depth
    before[1:] = np.minimum(depth[here] - depth[shared], 20)
    after[:-1] = np.minimum(depth[other] - depth[shared], 20)
    return before, after
