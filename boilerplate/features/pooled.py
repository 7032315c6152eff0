"""Features of a box's blocks together: where its links go, how many of its texts are prices, times or sentences.

A slide of a carousel or an item of a list is often text beside its link; what the links of the box have in common says
more of it than its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from boilerplate.features.view import FloatArray, IntArray, PageView

__all__ = ["DESCRIPTIONS", "compute", "sources"]

_BOXES = ("box1", "box2", "box3", "part05", "part20")
#: Averaged over the blocks of a box that have a link.
_OF_LINKS = (
    "link_other_site",
    "link_repeats",
    "link_nofollow",
    "link_sponsored",
    "link_new_window",
    "link_tracking",
    "link_image",
    "link_slug_words",
    "link_path_chars",
)
#: Averaged over all blocks of a box.
_OF_BLOCKS = ("link_here", "clock_times", "years", "prices", "ends_sentence", "share_capitalised")

DESCRIPTIONS = {
    f"{box}_{name}": f"mean {name} over the {kind} of {box}"
    for box in _BOXES
    for names, kind in ((_OF_LINKS, "blocks with a link"), (_OF_BLOCKS, "blocks"))
    for name in names
}


def sources(names: Collection[str]) -> frozenset[str]:
    """The blocks' own features that some of `DESCRIPTIONS` are made of."""
    used = [name for name in (*_OF_LINKS, *_OF_BLOCKS) if any(f"{box}_{name}" in names for box in _BOXES)]
    return frozenset([*used, "link_here"] if used else used)


def compute(
    view: PageView, columns: Mapping[str, FloatArray], boxes: Mapping[str, IntArray], wanted: Collection[str]
) -> dict[str, FloatArray]:
    """Means over the boxes around each block, each of shape (n_blocks,); see `DESCRIPTIONS`.

    Parameters
    ----------
    view : PageView
    columns : mapping of str to ndarray, shape (n_blocks,)
        The blocks' own features.
    boxes : mapping of str to ndarray of int64, shape (n_blocks,)
        As `boilerplate.features.containers.containers` gives it.
    wanted : collection of str
        Features that are needed.
    """
    first, last = view.element_blocks
    result: dict[str, FloatArray] = {}
    for names in (_OF_LINKS, _OF_BLOCKS):
        used = {box: [name for name in names if f"{box}_{name}" in wanted] for box in _BOXES}
        needed = [name for name in names if any(name in group for group in used.values())]
        if not needed:
            continue
        weight = columns["link_here"] if names is _OF_LINKS else np.ones(len(view))
        sums = np.zeros((len(needed), len(view) + 1))
        np.cumsum(np.stack([columns[name] for name in needed]) * weight, axis=1, out=sums[:, 1:])
        count = view.running(weight)
        for box, group in used.items():
            if group:
                lo, hi = first[boxes[box]], last[boxes[box]]
                rows = sums[[needed.index(name) for name in group]]
                means = (rows[:, hi] - rows[:, lo]) / np.maximum(count[hi] - count[lo], 1.0)
                result |= {f"{box}_{name}": mean for name, mean in zip(group, means, strict=True)}
    return result
