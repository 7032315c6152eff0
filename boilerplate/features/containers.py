"""Features of the boxes around a block: what else they hold, and how often the page repeats them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boilerplate.features.view import LEVELS, FloatArray, IntArray, PageView, only_wanted

__all__ = ["DESCRIPTIONS", "compute", "containers"]

#: Outermost boxes with less than this share of the page's text.
SHARES = (0.05, 0.2, 0.5, 0.9)

_STATISTICS = {
    "log_chars": "log(1 + characters in {box})",
    "text_share": "share of the page's characters in {box}, 0 to 1",
    "link_share": "share of link text in {box}, 0 to 1",
    "log_blocks": "log(1 + blocks in {box})",
    "chars_per_block": "log(1 + characters per block in {box})",
    "sentences_per_block": "log(1 + sentence marks per block in {box})",
    "long_text_share": "share of the text of {box} in blocks of 100 characters or more without links",
    "paragraph_share": "share of blocks of {box} that are p, 0 to 1",
    "place": "share of the blocks of {box} before this one, 0 to 1",
}
_REPETITION = {
    "alike_siblings": "log(1 + siblings with the same tag and class as {box})",
    "place_among_alike": "share of those siblings before it, 0 to 1",
}


def _boxes() -> dict[str, str]:
    names = {"box0": "the block's container"}
    names |= {f"box{k}": f"the box {k} levels above the block's container" for k in LEVELS}
    names |= {f"part{round(s * 100):02d}": f"the outermost box with less than {s:.0%} of the text" for s in SHARES}
    return names


_REPEATED_BOXES = ("box0", "box1", "box2", "box3", "part05", "part20")

DESCRIPTIONS = {
    **{f"{box}_{name}": text.format(box=what) for box, what in _boxes().items() for name, text in _STATISTICS.items()},
    **{
        f"{box}_{name}": text.format(box=_boxes()[box]) for box in _REPEATED_BOXES for name, text in _REPETITION.items()
    },
    **{
        f"{group}_{name}": text.format(what=what)
        for group, what in (("path", "of tags and classes"), ("tags", "of tags"))
        for name, text in {
            "log_count": "log(1 + blocks with the same path {what})",
            "text_share": "share of the page's characters in blocks with the same path {what}",
            "chars_per_block": "log(1 + characters per block with the same path {what})",
            "link_share": "share of link text in blocks with the same path {what}",
            "deviation": "standard deviation of log characters over blocks with the same path {what}",
        }.items()
    },
    "levels_to_part20": "levels from the container up to the outermost box with less than 20% of the text",
    "levels_to_part50": "levels from the container up to the outermost box with less than 50% of the text",
}


def containers(view: PageView) -> dict[str, IntArray]:
    """The boxes around each block by name, each (n_blocks,) indices of elements."""
    boxes = {f"box{k}": elements for k, elements in view.level.items()}
    return boxes | {f"part{round(s * 100):02d}": view.outermost_below(s) for s in SHARES}


def compute(view: PageView, boxes: dict[str, IntArray], wanted: Collection[str]) -> dict[str, FloatArray]:
    """Features of the boxes around each block that are wanted, each of shape (n_blocks,); see `DESCRIPTIONS`."""
    chars = view.chars
    total = max(float(chars.sum()), 1.0)
    link_share = view.link_chars / np.maximum(chars, 1.0)
    first, last = view.element_blocks
    order = np.arange(len(view), dtype=np.float64)
    sums = {
        "chars": view.subtree_chars,
        "links": view.subtree_sum(view.link_chars),
        "sentences": view.subtree_sum(view.sentence_marks),
        "long": view.subtree_sum(np.where((chars >= 100) & (link_share < 0.3), chars, 0.0)),
        "paragraphs": view.subtree_sum(view.has_tag("p")[view.table.container]),
        "first": first,
        "blocks": (last - first).astype(np.float64),
    }
    # Shapes below are (n_boxes, n_blocks): one statistic for all boxes that it is wanted of.
    statistics: dict[str, Callable[[dict[str, NDArray[Any]]], FloatArray]] = {
        "log_chars": lambda at: np.log1p(at["chars"]),
        "text_share": lambda at: at["chars"] / total,
        "link_share": lambda at: np.minimum(at["links"] / np.maximum(at["chars"], 1.0), 1.0),
        "log_blocks": lambda at: np.log1p(at["blocks"]),
        "chars_per_block": lambda at: np.log1p(at["chars"] / np.maximum(at["blocks"], 1.0)),
        "sentences_per_block": lambda at: np.log1p(at["sentences"] / np.maximum(at["blocks"], 1.0)),
        "long_text_share": lambda at: at["long"] / np.maximum(at["chars"], 1.0),
        "paragraph_share": lambda at: at["paragraphs"] / np.maximum(at["blocks"], 1.0),
        "place": lambda at: (order - at["first"]) / np.maximum(at["blocks"], 1.0),
    }
    result: dict[str, FloatArray] = {}
    for statistic, compute_it in statistics.items():
        names = {f"{box}_{statistic}": box for box in boxes if f"{box}_{statistic}" in wanted}
        if names:
            at = _At(sums, np.stack([boxes[box] for box in names.values()]))
            result |= zip(names, compute_it(at), strict=True)
    repeated = [box for box in _REPEATED_BOXES if any(f"{box}_{name}" in wanted for name in _REPETITION)]
    if repeated:
        alike, place = _siblings(view)
        for name in repeated:
            result[f"{name}_alike_siblings"] = np.log1p(alike[boxes[name]])
            result[f"{name}_place_among_alike"] = place[boxes[name]]
    for name, group in (("path", view.path_group), ("tags", view.tag_group)):
        result |= _same_path(view, name, group, wanted)
    depth = view.table.depth
    for share in ("20", "50"):
        if f"levels_to_part{share}" in wanted:
            levels = depth[view.table.container] - depth[boxes[f"part{share}"]]
            result[f"levels_to_part{share}"] = np.clip(levels, 0, 30).astype(np.float64)
    return result


class _At(dict[str, NDArray[Any]]):
    """Sums over elements, looked up at the given boxes when they are asked for."""

    def __init__(self, sums: dict[str, NDArray[Any]], boxes: IntArray) -> None:
        super().__init__()
        self._sums, self._boxes = sums, boxes

    def __missing__(self, name: str) -> NDArray[Any]:
        self[name] = self._sums[name][self._boxes]
        return self[name]


def _siblings(view: PageView) -> tuple[FloatArray, FloatArray]:
    """Siblings with the same tag and class, and the share of them before each element, each (n_elements,)."""
    n = view.table.n_elements
    key = (view.table.parent.astype(np.int64) + 1) * (int(view.signature.max(initial=0)) + 1) + view.signature
    order = np.argsort(key, kind="stable")
    sorted_key = key[order]
    begins = np.ones(n, dtype=np.bool_)
    begins[1:] = sorted_key[1:] != sorted_key[:-1]
    group = np.cumsum(begins) - 1
    starts = np.flatnonzero(begins)
    sizes = np.diff(np.append(starts, n))
    count, place = np.empty(n), np.empty(n)
    count[order] = sizes[group] - 1
    place[order] = (np.arange(n) - starts[group]) / sizes[group]
    return count, place


def _same_path(view: PageView, name: str, group: IntArray, wanted: Collection[str]) -> dict[str, FloatArray]:
    """Features of the blocks with the same path, of which each block has the number."""
    total = max(float(view.chars.sum()), 1.0)
    count = np.bincount(group, minlength=1).astype(np.float64)
    size = np.maximum(count, 1.0)

    def per_group(values: FloatArray) -> FloatArray:
        return np.bincount(group, weights=values, minlength=1).astype(np.float64)

    def spread() -> FloatArray:
        logs = np.log1p(view.chars)
        mean = per_group(logs) / size
        return np.sqrt(np.maximum(per_group(logs**2) / size - mean**2, 0.0))

    chars = per_group(view.chars)
    of_group: dict[str, Callable[[], FloatArray]] = {
        f"{name}_log_count": lambda: np.log1p(count),
        f"{name}_text_share": lambda: chars / total,
        f"{name}_chars_per_block": lambda: np.log1p(chars / size),
        f"{name}_link_share": lambda: per_group(view.link_chars) / np.maximum(chars, 1.0),
        f"{name}_deviation": spread,
    }
    return {name: values[group] for name, values in only_wanted(of_group, wanted).items()}
