"""Which text a page does not show, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate.blocks import BlockTable
from boilerplate.features.view import BoolArray, FloatArray, PageView
from boilerplate.hidden.colours import Colour, alike, parse_colour
from boilerplate.hidden.stylesheets import Declarations, declarations, loads_stylesheets

__all__ = ["REASONS", "HiddenText", "find_hidden", "nothing_hidden"]

#: Why text is not seen.
REASONS = (
    "noscript",  # shown only where scripts are off
    "template",  # never shown by itself: <template>, <noframes>, <datalist>
    "closed",  # shown when opened: <details>, <dialog>, popover
    "hidden attribute",
    "display:none",
    "visibility:hidden",
    "transparent",
    "zero size",
    "off-screen",
    "same colour",
    "aria-hidden",  # seen, but not read out by screen readers
)
_NUMBER = {reason: k for k, reason in enumerate(REASONS)}

_TAGS = {
    "noscript": ("noscript",),
    "template": ("template", "noframes", "datalist"),
}
_LENGTH = re.compile(r"(-?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))(px|r?em|ex|ch|vw|vh|pt|in|cm|mm|%)?")
_PIXELS = {"px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "in": 96.0, "cm": 38.0, "mm": 3.8}
#: So far outside the page nothing is seen, in CSS pixels; margins are also used to centre boxes.
_FAR = -500.0
_FAR_MARGIN = -2000.0
#: Text up to this size is not seen, in CSS pixels.
_TINY_FONT = 1.0
_INVISIBLE = 0.05
_NO_CLIP = re.compile(r"rect\(\s*(?:0|1px|0px)[\s,]+(?:0|1px|0px)[\s,]+(?:0|1px|0px)[\s,]+(?:0|1px|0px)\s*\)")
_NO_CLIP_PATH = re.compile(
    r"inset\(\s*(?:[5-9]\d|100)%|circle\(\s*0|polygon\(\s*0(?:px)?\s+0(?:px)?\s*(?:,\s*0(?:px)?\s+0(?:px)?\s*)*\)"
)
_NO_SCALE = re.compile(r"scale(?:3d|x|y)?\(\s*0(?:\.0+)?\s*[,)]")
_FAR_TRANSLATION = re.compile(r"translate(?:3d|x|y)?\([^)]{0,40}?-\s*(?:[1-9]\d{3,}px|[1-9]\d{2,}(?:%|vw|vh|em|rem))")
_WHITE: Colour = (255.0, 255.0, 255.0, 1.0)


@dataclass(frozen=True, slots=True)
class HiddenText:
    """The text of a page that is not seen.

    Attributes
    ----------
    nodes : ndarray of bool, shape (n_nodes,)
        Which text nodes are not seen.
    share : ndarray of float64, shape (n_blocks,)
        Share of each block's characters that is not seen, 0 to 1.
    reason : tuple of str, length n_blocks
        One of `REASONS`, for most of what is not seen in the block; empty if all of it is seen.
    """

    nodes: BoolArray
    share: FloatArray
    reason: tuple[str, ...]


def nothing_hidden(table: BlockTable) -> HiddenText:
    """What a page hides, where nobody asks for it."""
    n = len(table)
    return HiddenText(np.zeros(len(table.node_text), dtype=np.bool_), np.zeros(n), ("",) * n)


def find_hidden(view: PageView) -> HiddenText:
    """Find the text of a page that a reader does not see, as far as the page itself says so.

    Parameters
    ----------
    view : PageView

    Returns
    -------
    HiddenText

    Notes
    -----
    Style sheets that the page loads, and what its scripts do, are not known: text that they hide is not found, and
    what they show again is. The time is linear in the page.
    """
    table = view.table
    codes = _codes(view)[table.node_owner]
    # Text directly in a closed <details>, of which the summary is seen.
    codes = np.where((codes < 0) & _closed_details(view)[table.node_owner], _NUMBER["closed"], codes)
    nodes = codes >= 0
    n = len(view)
    if not nodes.any():
        return HiddenText(nodes, np.zeros(n), ("",) * n)
    share = np.minimum(view.chars_of_nodes(nodes) / np.maximum(view.chars, 1.0), 1.0)
    # The reason that holds for most characters.
    reason = [""] * n
    most = np.zeros(n)
    for code in np.unique(codes[nodes]).tolist():
        chars = view.chars_of_nodes(codes == code)
        for block in np.flatnonzero(chars > most).tolist():
            reason[block] = REASONS[code]
        most = np.maximum(most, chars)
    return HiddenText(nodes, share, tuple(reason))


def _codes(view: PageView) -> NDArray[np.int64]:
    """Why each element is not seen, as an index into `REASONS`, -1 if it is seen; shape (n_elements,)."""
    n = view.table.n_elements
    declared = declarations(view.table)
    own = np.full(n, -1, dtype=np.int64)
    for element, code in _from_markup(view):
        own[element] = code
    for element, given in declared.items():
        reason = _reason_of(given)
        if reason:
            own[element] = _NUMBER[reason]
        elif own[element] == _NUMBER["hidden attribute"] and given.get("display", "none") != "none":
            own[element] = -1  # a style that shows it wins over the attribute
    nearest = view.innermost(np.flatnonzero(own >= 0))
    codes = np.where(nearest >= 0, own[nearest], -1)
    # What an element inside can take back: the nearest that declares it decides.
    for reason, told in (
        ("visibility:hidden", _inherited(view, declared, _visibility)),
        ("zero size", _inherited(view, declared, _tiny_font)),
    ):
        codes = np.where((codes < 0) & told, _NUMBER[reason], codes)
    codes = np.where((codes < 0) & _same_colour(view, declared), _NUMBER["same colour"], codes)
    silent = [element for element, value in view.having("aria-hidden") if value.strip().lower() == "true"]
    return np.where((codes < 0) & (view.innermost(silent) >= 0), _NUMBER["aria-hidden"], codes)


def _from_markup(view: PageView) -> list[tuple[int, int]]:
    """Elements that are not seen for what they are, later ones overruling earlier ones."""
    table = view.table
    # "until-found" too: browsers open such text only for a search.
    found = [(e, _NUMBER["hidden attribute"]) for e, _ in view.having("hidden")]
    found += [(e, _NUMBER["closed"]) for e, _ in view.having("popover")]
    dialogs = view.has_tag("dialog") & ~view.has_attribute("open")
    found += [(e, _NUMBER["closed"]) for e in np.flatnonzero(dialogs).tolist()]
    closed = _closed_details(view)
    if closed.any():
        # All of a closed <details> but its summary.
        for child in np.flatnonzero(closed[view.parent] & (table.parent >= 0)).tolist():
            if table.tags[child] != "summary":
                found.append((child, _NUMBER["closed"]))
    for reason, tags in _TAGS.items():
        found += [(e, _NUMBER[reason]) for e in np.flatnonzero(view.has_tag(*tags)).tolist()]
    return found


def _closed_details(view: PageView) -> BoolArray:
    return view.has_tag("details") & ~view.has_attribute("open")


def _reason_of(given: Declarations) -> str:  # noqa: PLR0911 - one return a reason
    """Why an element of these declarations, and all inside it, is not seen; empty if it is."""
    if given.get("display") == "none" or given.get("content-visibility") == "hidden":
        return "display:none"
    if (opacity := _pixels(given.get("opacity", ""), plain=True)) is not None and opacity < _INVISIBLE:
        return "transparent"
    if _is_far(given):
        return "off-screen"
    if _NO_CLIP.search(given.get("clip", "")) or _NO_CLIP_PATH.search(given.get("clip-path", "")):
        return "zero size"
    if _NO_SCALE.search(given.get("transform", "")) or given.get("scale", "1").strip() in ("0", "0 0"):
        return "zero size"
    overflow = " ".join(given.get(name, "") for name in ("overflow", "overflow-x", "overflow-y"))
    if "hidden" in overflow or "clip" in overflow:
        for name in ("width", "height", "max-width", "max-height"):
            size = _pixels(given.get(name, ""))
            if size is not None and size <= 1.0:
                return "zero size"
    return ""


def _is_far(given: Declarations) -> bool:
    for name in ("text-indent", "margin-left", "margin-top"):
        value = _pixels(given.get(name, ""))
        if value is not None and value <= (_FAR if name == "text-indent" else _FAR_MARGIN):
            return True
    if given.get("position") in ("absolute", "fixed"):
        if _FAR_TRANSLATION.search(given.get("transform", "")):
            return True
        for name in ("left", "right", "top", "bottom"):
            text = given.get(name, "")
            value = _pixels(text)
            if value is not None and (value <= _FAR or (text.endswith(("%", "vw", "vh")) and value <= -100.0)):
                return True
    return False


def _pixels(text: str, *, plain: bool = False) -> float | None:
    """A length in CSS pixels, percentages and shares of the window as they are; None if it is none.

    With `plain`, a number without a unit; else such a number must be 0.
    """
    found = _LENGTH.fullmatch(text.strip()) if text else None
    if found is None:
        return None
    value = float(found[1])
    if plain:
        return value / 100.0 if found[2] == "%" else value if found[2] is None else None
    if found[2] is None and value != 0.0:
        return None
    return value * _PIXELS.get(found[2] or "px", 1.0)


def _visibility(given: Declarations) -> bool | None:
    value = given.get("visibility")
    return None if value is None or value == "inherit" else value in ("hidden", "collapse")


def _tiny_font(given: Declarations) -> bool | None:
    text = given.get("font-size") or given.get("font")
    if text is None or text == "inherit":
        return None
    if "font-size" in given:
        if text.endswith(("%", "em")):  # relative: what is tiny stays tiny
            size = _pixels(text)
            return True if size is not None and size <= 0.0 else None
        size = _pixels(text)
        return size is not None and size <= _TINY_FONT
    size = next((s for part in text.split() if (s := _pixels(part.partition("/")[0])) is not None), None)
    return size is not None and size <= _TINY_FONT


def _inherited(
    view: PageView, declared: dict[int, Declarations], of: Callable[[Declarations], bool | None]
) -> BoolArray:
    """Which elements have a property that is handed down until an element inside declares it anew."""
    told = {element: value for element, given in declared.items() if (value := of(given)) is not None}
    n = view.table.n_elements
    if not any(told.values()):
        return np.zeros(n, dtype=np.bool_)
    values = np.zeros(n + 1, dtype=np.bool_)  # the last place is what -1 refers to
    values[list(told)] = list(told.values())
    return values[view.innermost(sorted(told))]


def _same_colour(view: PageView, declared: dict[int, Declarations]) -> BoolArray:
    """Which elements have text in the colour of what is behind it, where the page itself declares both."""
    n = view.table.n_elements
    hidden = np.zeros(n, dtype=np.bool_)
    texts: dict[int, Colour] = {}
    behind: dict[int, Colour | None] = {}
    for element, given in declared.items():
        text = given.get("-webkit-text-fill-color") or given.get("color")
        if text is not None and (colour := parse_colour(text)) is not None:
            texts[element] = colour
        back = given.get("background-color") or given.get("background")
        if back is not None:
            colour = parse_colour(back)
            # An image or a gradient is a background that is not known; one that is transparent is none.
            if colour is None or colour[3] > _INVISIBLE:
                behind[element] = colour if colour is not None and colour[3] > 0.95 else None
    for element, value in view.having("bgcolor"):
        behind.setdefault(element, parse_colour(value.lower()))
    for element, value in view.having("background"):
        behind.setdefault(element, None if value else _WHITE)
    for element, value in view.having("color"):
        if view.table.tags[element] == "font" and (colour := parse_colour(value.lower())) is not None:
            texts.setdefault(element, colour)
    if not texts:
        return hidden
    default = None if loads_stylesheets(view.table) else _WHITE
    colour_at = view.innermost(sorted(texts)).tolist()
    behind_at = view.innermost(sorted(behind)).tolist()
    known: dict[tuple[int, int], bool] = {}
    for element, pair in enumerate(zip(colour_at, behind_at, strict=True)):
        if pair[0] < 0:
            continue
        if pair not in known:
            text_colour = texts[pair[0]]
            back_colour = behind.get(pair[1], default) if pair[1] >= 0 else default
            known[pair] = text_colour[3] < _INVISIBLE or (back_colour is not None and alike(text_colour, back_colour))
        hidden[element] = known[pair]
    return hidden
