"""Features of a box's blocks together: where its links go, how many of its texts are prices, times or sentences.

A slide of a carousel or an item of a list is often text beside its link; what the links of the box have in common says
more of it than its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from boilerplate.features.view import FloatArray, IntArray, PageView

__all__ = ["DESCRIPTIONS", "compute"]

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


def compute(view: PageView, columns: Mapping[str, FloatArray], boxes: Mapping[str, IntArray]) -> dict[str, FloatArray]:
    """Means over the boxes around each block, each of shape (n_blocks,); see `DESCRIPTIONS`.

    Parameters
    ----------
    view : PageView
    columns : mapping of str to ndarray, shape (n_blocks,)
        The blocks' own features.
    boxes : mapping of str to ndarray of int64, shape (n_blocks,)
        As `boilerplate.features.containers.containers` gives it.
    """
    first, last = view.element_blocks
    linked = columns["link_here"]
    result: dict[str, FloatArray] = {}
    for names, weight in ((_OF_LINKS, linked), (_OF_BLOCKS, np.ones(len(view)))):
        count = view.running(weight)
        sums = {name: view.running(columns[name] * weight) for name in names}
        for box in _BOXES:
            lo, hi = first[boxes[box]], last[boxes[box]]
            n = np.maximum(count[hi] - count[lo], 1.0)
            for name in names:
                result[f"{box}_{name}"] = (sums[name][hi] - sums[name][lo]) / n
    return result
