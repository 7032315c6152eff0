"""Features of where a block stands: its element, landmarks around it, its position, its declared looks."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from boilerplate.features.style import StyleRules, declared, pixels
from boilerplate.features.view import BoolArray, FloatArray, IntArray, PageView, only_wanted

__all__ = ["DESCRIPTIONS", "compute", "hidden_elements"]

#: Landmarks: what counts as one, by tag or by ARIA role.
_LANDMARKS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "main": (frozenset({"main"}), frozenset({"main"})),
    "article": (frozenset({"article"}), frozenset({"article"})),
    "section": (frozenset({"section"}), frozenset({"region"})),
    "nav": (frozenset({"nav", "menu"}), frozenset({"navigation", "menu", "menubar", "tablist"})),
    "header": (frozenset({"header"}), frozenset({"banner"})),
    "footer": (frozenset({"footer"}), frozenset({"contentinfo"})),
    "aside": (frozenset({"aside"}), frozenset({"complementary"})),
    "form": (frozenset({"form", "fieldset"}), frozenset({"form", "search"})),
    "dialog": (frozenset({"dialog"}), frozenset({"dialog", "alertdialog", "alert"})),
    "list": (frozenset({"ul", "ol", "dl"}), frozenset({"list", "listbox", "feed"})),
    "table": (frozenset({"table"}), frozenset({"table", "grid"})),
    "figure": (frozenset({"figure"}), frozenset({"figure"})),
    "button": (frozenset({"button"}), frozenset({"button"})),
    "label": (frozenset({"label", "select", "option", "legend"}), frozenset({"option", "combobox"})),
    "quote": (frozenset({"blockquote", "q"}), frozenset()),
    "code": (frozenset({"pre", "code"}), frozenset()),
    "details": (frozenset({"details", "summary"}), frozenset()),
    "noscript": (frozenset({"noscript"}), frozenset()),
    "template": (frozenset({"template"}), frozenset()),
    "ins": (frozenset({"ins", "iframe"}), frozenset()),
}
_OF_ROLE = {
    role: [name for name, (_, roles) in _LANDMARKS.items() if role in roles]
    for _, accepted in _LANDMARKS.values()
    for role in accepted
}
#: Features that need to know which elements are a landmark.
_USES_OF_LANDMARK = {
    name: (f"in_{name}", f"{name}_depth", *(("text_before_in_main",) if name in ("main", "article") else ()))
    for name in _LANDMARKS
}
#: Features that an attribute around a block makes, and which.
_FLAGGING = {"itemprop": ("itemprop",), "editable": ("contenteditable", "tabindex", "onclick")}
_LOOKS = frozenset(("hidden", "hidden_aria", "floats", "fixed", "declared_width", "declared_height"))
#: Tags of the block itself (its container, or what wraps all of its text).
_TAGS: dict[str, frozenset[str]] = {
    "p": frozenset({"p"}),
    "div": frozenset({"div"}),
    "li": frozenset({"li"}),
    "cell": frozenset({"td", "th"}),
    "span": frozenset({"span", "font"}),
    "a": frozenset({"a"}),
    "term": frozenset({"dt", "dd"}),
    "caption": frozenset({"figcaption", "caption"}),
    "time": frozenset({"time"}),
    "strong": frozenset({"b", "strong", "em", "i"}),
    "small": frozenset({"small"}),
    "body": frozenset({"body", "html", "center"}),
}

DESCRIPTIONS = {
    **{f"in_{name}": f"1 if the block lies in a {name} (by tag or ARIA role)" for name in _LANDMARKS},
    **{f"tag_{name}": f"1 if the block's element or what wraps all of its text is {name}" for name in _TAGS},
    "heading_level": "1 to 6 if the block is a heading, else 0",
    "custom_elements": "log(1 + custom elements around the block)",
    "depth": "elements above the block's, at most 60",
    "inline_item": "1 if the block is an inline element beside its like",
    "list_depth": "lists around the block, at most 6",
    "table_depth": "tables around the block, at most 6",
    "position": "share of the page's blocks before the block, 0 to 1",
    "text_position": "share of the page's characters before the block, 0 to 1",
    "log_blocks_before": "log(1 + blocks before)",
    "log_blocks_after": "log(1 + blocks after)",
    "blocks_from_h1": "blocks since the page's first h1, signed log; 0 without one",
    "blocks_from_long": "blocks to the nearest block of 200 characters or more, signed log",
    "text_before_in_main": "share of the text of the main, article or body around the block before it",
    "hidden": "1 if the block is hidden by an attribute, a style or the page's own style rules",
    "hidden_aria": "1 if the block is hidden from screen readers only",
    "floats": "1 if the block or a box around it floats",
    "fixed": "1 if the block or a box around it is fixed or sticky",
    "declared_width": "log of the narrowest width in pixels declared around the block, 0 if none",
    "declared_height": "log of the lowest height in pixels declared around the block, 0 if none",
    "images_in_container": "log(1 + images in the block's container)",
    "images_near": "log(1 + images in the box two levels up)",
    "inputs_near": "log(1 + form controls in the box two levels up)",
    "frames_near": "log(1 + frames and empty ins elements in the box two levels up)",
    "empty_boxes_before": "elements without text since the block before, at most 50, log",
    "itemprop": "1 if the block or a box around it has itemprop",
    "editable": "1 if the block lies in an element with a contenteditable, tabindex or onclick attribute",
}


def compute(view: PageView, wanted: Collection[str] = DESCRIPTIONS.keys()) -> dict[str, FloatArray]:
    """Features of each block's place that are wanted, each of shape (n_blocks,); see `DESCRIPTIONS`."""
    table = view.table
    inner, up = table.inner, view.level[2]
    result: dict[str, FloatArray] = {}
    around: dict[str, BoolArray] = {}
    needed = [name for name in _LANDMARKS if any(feature in wanted for feature in _USES_OF_LANDMARK[name])]
    landmarks = _landmarks(view, needed)
    around |= {f"in_{name}": here for name, here in landmarks.items() if f"in_{name}" in wanted}
    for name, attributes in _FLAGGING.items():
        if name in wanted:
            around[name] = view.has_attribute(*attributes)
    if any(name in wanted for name in _LOOKS):
        looks, sizes = _looks(view)
        around |= looks
        result |= sizes
    if around:
        within = view.within(np.stack(list(around.values())))[:, inner].astype(np.float64)
        result |= zip(around, within, strict=True)
    tags = {f"tag_{name}": tags for name, tags in _TAGS.items() if f"tag_{name}" in wanted}
    if tags:
        own = view.has_tags(list(tags.values()))
        result |= zip(tags, (own[:, inner] | own[:, table.container]).astype(np.float64), strict=True)

    def held(box: NDArray[np.integer], *tags: str) -> FloatArray:
        return np.asarray(np.log1p(view.subtree_count(view.has_tag(*tags))[box]))

    return (
        result
        | only_wanted(
            {
                "heading_level": lambda: view.heading_levels,
                "custom_elements": lambda: np.log1p(view.enclosing(view.where_tag(lambda t: "-" in t))[inner]),
                "depth": lambda: np.minimum(table.depth[inner], 60).astype(np.float64),
                "inline_item": lambda: table.inline_item.astype(np.float64),
                "list_depth": lambda: np.minimum(view.enclosing(landmarks["list"])[inner], 6),
                "table_depth": lambda: np.minimum(view.enclosing(landmarks["table"])[inner], 6),
                "images_in_container": lambda: held(table.container, "img", "picture", "video"),
                "images_near": lambda: held(up, "img", "picture", "video"),
                "inputs_near": lambda: held(up, "input", "select", "textarea", "button"),
                "frames_near": lambda: held(up, "iframe", "ins", "amp-ad", "object", "embed"),
                "empty_boxes_before": lambda: _empty_boxes_before(view),
            },
            wanted,
        )
        | _positions(view, landmarks, wanted)
    )


def _empty_boxes_before(view: PageView) -> FloatArray:
    empty = view.table.last_node == view.table.first_node
    gaps = np.diff(view.running(empty)[view.table.inner], prepend=0.0) if len(view) else np.zeros(0)
    return np.asarray(np.log1p(np.clip(gaps, 0, 50)))


def _landmarks(view: PageView, names: Sequence[str]) -> dict[str, BoolArray]:
    """Which elements are landmarks of some kinds, by kind, each of shape (n_elements,)."""
    here = view.has_tags([_LANDMARKS[name][0] for name in names])
    landmarks = dict(zip(names, here, strict=True))
    for element, role in view.having("role"):
        for name in _OF_ROLE.get(role.lower(), ()):
            if name in landmarks:
                landmarks[name][element] = True
    return landmarks


def _positions(view: PageView, landmarks: dict[str, BoolArray], wanted: Collection[str]) -> dict[str, FloatArray]:
    n = len(view)
    order = np.arange(n, dtype=np.float64)
    before = view.running(view.chars)

    def from_title() -> FloatArray:
        titles = np.flatnonzero(view.heading_levels == 1)
        distance = order - titles[0] if len(titles) else np.zeros(n)
        return np.sign(distance) * np.log1p(np.abs(distance))

    def before_in_main() -> FloatArray:
        scopes = np.flatnonzero(landmarks["main"] | landmarks["article"] | view.has_tag("body"))
        own = np.maximum(view.innermost(scopes), 0)[view.table.inner]
        first, last = view.element_blocks
        start, stop = before[first[own]], before[last[own]]
        return (before[:-1] - start) / np.maximum(stop - start, 1.0)

    return only_wanted(
        {
            "position": lambda: order / max(n - 1, 1),
            "text_position": lambda: before[:-1] / max(before[-1], 1.0),
            "log_blocks_before": lambda: np.log1p(order),
            "log_blocks_after": lambda: np.log1p(n - 1 - order),
            "blocks_from_h1": from_title,
            "blocks_from_long": lambda: _distance_to(np.flatnonzero(view.chars >= 200), n),
            "text_before_in_main": before_in_main,
        },
        wanted,
    )


def _distance_to(marks: IntArray, n: int) -> FloatArray:
    """Signed log distance of each of n places to the nearest mark; beyond all distances if there is none."""
    if len(marks) == 0 or n == 0:
        return np.full(n, np.log1p(max(n, 1)))
    order = np.arange(n)
    at = np.searchsorted(marks, order)
    left = order - marks[np.maximum(at - 1, 0)]
    left = np.where(at > 0, left, n)
    right = np.where(at < len(marks), marks[np.minimum(at, len(marks) - 1)] - order, n)
    nearest = np.where(right <= left, right, -left)
    return np.sign(nearest) * np.log1p(np.abs(nearest))


def hidden_elements(view: PageView, rules: StyleRules | None = None) -> BoolArray:
    """Which elements are hidden themselves (not by what is around them), shape (n_elements,)."""
    rules = rules or StyleRules.of(view)
    hidden = view.has_attribute("hidden") | view.has_tag("noscript", "template", "noframes")
    for element, style in declared(view):
        if _HIDING.search(style):
            hidden[element] = True
    return hidden | rules.matching("hidden")


_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)", re.I)
_FIXED = re.compile(r"position\s*:\s*(?:fixed|sticky)", re.I)
_FLOATING = re.compile(r"float\s*:\s*(?:left|right)", re.I)
_SIZES = {
    dimension: re.compile(rf"(?:^|;)\s*(?:max-)?{dimension}\s*:\s*(\d{{1,5}})px", re.I)
    for dimension in ("width", "height")
}


def _looks(view: PageView) -> tuple[dict[str, BoolArray], dict[str, FloatArray]]:
    """Flags of elements that count for what lies in them too, and features of declared sizes."""
    table = view.table
    rules = StyleRules.of(view)
    fixed, floats = rules.matching("fixed"), rules.matching("floats")
    size = {dimension: rules.pixels(dimension) for dimension in _SIZES}
    for dimension, values in size.items():
        for element, value in view.having(dimension):
            values[element] = pixels(value)
    for element, style in declared(view):
        fixed[element] |= bool(_FIXED.search(style))
        floats[element] |= bool(_FLOATING.search(style))
        for dimension, pattern in _SIZES.items():
            found = pattern.search(style)
            if found:
                size[dimension][element] = float(found.group(1))
    aria = np.zeros(table.n_elements, dtype=np.bool_)
    aria[[element for element, value in view.having("aria-hidden") if value == "true"]] = True
    sizes: dict[str, FloatArray] = {}
    for dimension, values in size.items():
        smallest = view.inherited(values, min, missing=np.inf)[table.inner]
        sizes[f"declared_{dimension}"] = np.where(np.isfinite(smallest), np.log1p(np.minimum(smallest, 5000)), 0.0)
    flags = {"hidden": hidden_elements(view, rules), "hidden_aria": aria, "floats": floats, "fixed": fixed}
    return flags, sizes
