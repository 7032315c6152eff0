"""Learned scores of whole boxes: what everything in a box says together, and what the box is made of.

A newsletter form is promotion because of what stands in it as a whole: an invitation, a field for an address, a
button. Its parts alone ("First name") say little. So two further scorers are trained with boxes as their examples: one
reads all words of a box, the other its markup, empty elements such as input fields, frames and advertising slots too.

Boxes are the outermost ones with less than a share of the page's text. Those of one share do not overlap, so that
reading all of them is linear in the page.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate.blocks import BlockTable
from boilerplate.features.hashing import HashedTexts, HashedWeights
from boilerplate.features.scores import OUTPUTS, ScorerInput
from boilerplate.features.view import FloatArray, IntArray, PageView

__all__ = [
    "BOX_SCORERS",
    "DESCRIPTIONS",
    "FAMILIES",
    "BoxInput",
    "compute",
    "element_tokens",
    "intervals",
    "read_boxes",
]

#: Buckets of each scorer of boxes, as a power of two.
BOX_SCORERS = {"box_words": 18, "box_markup": 16}
#: Boxes that are scored, by their names in `boilerplate.features.containers`.
FAMILIES = ("part05", "part20")

#: A container that holds more than the share stands for itself. Such boxes may lie in each other, so of these no more
#: than the first elements are looked at.
_MAX_ELEMENTS_OF_LARGE = 50
#: Attributes whose words are tokens, and how much of a value is read.
_READ_ATTRIBUTES = ("class", "id", "role", "itemprop", "itemtype", "name", "type", "aria-label", "rel", "placeholder")
_READ_CHARS = 160
#: A class or id by its whole name is a token too, up to this length.
_WHOLE_CHARS = 30
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: What divides words: everything in ASCII but letters, so that numbers in names do not count.
_NO_LETTERS = re.compile(r"[\x00-`{-\u00bf]+")
_HOST = re.compile(r"(?:https?:)?//([^/?#\s]+)", re.IGNORECASE)
#: Where an element loads from or leads to.
_ADDRESSES = ("src", "href", "data-src", "action")
#: What an address with a host begins with, which is quicker to see than by an expression.
_BEGINS_HOST = ("http", "//", "HTTP", "Http")
#: Of these the whole names are tokens too.
_WHOLE_ATTRIBUTES = ("class", "id")
_READ_SET, _ADDRESS_SET = frozenset(_READ_ATTRIBUTES), frozenset(_ADDRESSES)

_BOX_NAMES = {
    "part05": "the outermost box with less than 5% of the text",
    "part20": "the outermost box with less than 20% of the text",
}
_SCORED = {
    **{
        f"box_words_{box}": f"everything that {what} says, read as the text of a box"
        for box, what in _BOX_NAMES.items()
    },
    "box_words_own": "what the block says, read as the text of a box",
    **{f"box_markup_{box}": f"the elements in {what}" for box, what in _BOX_NAMES.items()},
}
DESCRIPTIONS = {
    f"{name}_{output}": f"{output} score of {what} (log-odds scale)"
    for name, what in _SCORED.items()
    for output in OUTPUTS
}


@dataclass(frozen=True, slots=True)
class BoxInput:
    """The boxes of a page as the scorers of boxes read them: plain arrays.

    Attributes
    ----------
    first, last : ndarray of int32, shape (n_boxes,)
        Blocks ``[first, last)`` of each distinct box.
    markup : HashedTexts
        Tokens of the elements of each box, every token once a box.
    which : dict of str to ndarray of int32, shape (n_blocks,)
        The box of each block, by family.
    """

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    markup: HashedTexts
    which: dict[str, NDArray[np.int32]]


def element_tokens(tag: str, attributes: Mapping[str, str]) -> set[str]:
    """What an element is: its tag, the words of its names, the names of its data attributes, where it loads from."""
    tokens = {f"<{tag}"}
    for key in _READ_ATTRIBUTES:
        value = attributes.get(key)
        if value:
            tokens |= _name_tokens(value, whole=key in _WHOLE_ATTRIBUTES)
    return tokens | _other_tokens(tag, attributes)


def _name_tokens(value: str, *, whole: bool) -> set[str]:
    value = value[:_READ_CHARS]
    words = value.lower() if value.islower() else _CAMEL.sub(" ", value).lower()
    tokens = {word for word in _NO_LETTERS.split(words) if len(word) > 1}
    if whole:
        tokens.update(f"={_NO_LETTERS.sub('-', name)[:_WHOLE_CHARS]}" for name in value.lower().split())
    return tokens


def _other_tokens(tag: str, attributes: Mapping[str, str]) -> set[str]:
    tokens = {key[:_WHOLE_CHARS] for key in attributes if key.startswith("data-")}
    host = _host(attributes)
    if host is not None:
        tokens.add(f"@{tag}{host}")
    return tokens


def _host(attributes: Mapping[str, str]) -> str | None:
    """Of the first address that an element has, what `_host_of` gives; None without one."""
    for key in _ADDRESSES:
        value = attributes.get(key)
        if value:
            return _host_of(value)
    return None


def _host_of(address: str) -> str:
    """The last two labels of the host that an address names; "" for this site."""
    if not address.startswith(_BEGINS_HOST):
        return ""
    found = _HOST.match(address[:_READ_CHARS])
    return "." + ".".join(found[1].lower().split(".")[-2:]) if found else ""


def read_boxes(view: PageView, boxes: Mapping[str, IntArray]) -> BoxInput:
    """Read and hash what the scorers of boxes need; linear in the page.

    Parameters
    ----------
    view : PageView
    boxes : mapping of str to ndarray of int64, shape (n_blocks,)
        As `boilerplate.features.containers.containers` gives it.
    """
    elements, which = np.unique(np.concatenate([boxes[family] for family in FAMILIES]), return_inverse=True)
    n = len(view)
    first, last = view.element_blocks
    return BoxInput(
        first=first[elements].astype(np.int32),
        last=last[elements].astype(np.int32),
        markup=_markup(view, elements),
        which={family: which.reshape(-1)[k * n : (k + 1) * n].astype(np.int32) for k, family in enumerate(FAMILIES)},
    )


def _markup(view: PageView, elements: IntArray) -> HashedTexts:
    index, start, kind = _hashed_elements(view.table)
    largest = 0.2 * max(float(view.chars.sum()), 1.0)
    end = view.table.end[elements].astype(np.int64)
    end = np.where(view.subtree_chars[elements] < largest, end, np.minimum(end, elements + _MAX_ELEMENTS_OF_LARGE))
    box, element = intervals(elements, end)
    # An element kind is looked at once a box.
    pairs = np.unique(box * len(start) + kind[element])
    box, of_kind = pairs // len(start), pairs % len(start)
    row, place = intervals(start[of_kind], start[of_kind] + np.diff(start, append=len(index))[of_kind])
    buckets = 1 << BOX_SCORERS["box_markup"]
    found = np.unique(box[row] * buckets + index[place])
    return HashedTexts.from_rows((found % buckets).astype(np.uint16), found // buckets, len(elements))


def intervals(start: IntArray, end: IntArray) -> tuple[IntArray, IntArray]:
    """All numbers of the intervals ``[start, end)`` one after the other, and the interval each comes from."""
    length = end - start
    row = np.repeat(np.arange(len(start)), length)
    before = np.cumsum(length) - length
    return row, np.arange(len(row)) - before[row] + start[row]


def _kind(tag: str, attributes: Mapping[str, str]) -> tuple[str, ...]:
    """What `element_tokens` depends on: elements alike in it are read once a page."""
    key = [tag]
    for name, value in attributes.items():
        if name in _READ_SET:
            key.append(name)
            key.append(value)
        elif name in _ADDRESS_SET:
            key.append(name)
            key.append(_host_of(value))
        elif name.startswith("data-"):
            key.append(name)
    return tuple(key)


def _hashed_elements(table: BlockTable) -> tuple[IntArray, IntArray, IntArray]:
    """Hashed tokens of all kinds of elements, where those of each kind begin, and the kind of each element."""
    mask = (1 << BOX_SCORERS["box_markup"]) - 1

    def hashed(tokens: Iterable[str]) -> list[int]:
        return [zlib.crc32(t.encode("utf-8", "surrogatepass")) & mask for t in tokens]

    index: list[int] = []
    start: list[int] = []
    kinds: dict[str | tuple[str, ...], int] = {}
    # Few names are written only once a page.
    names: dict[tuple[str, bool], list[int]] = {}
    kind = np.zeros(table.n_elements, dtype=np.int64)
    for element, (tag, attributes) in enumerate(zip(table.tags, table.attributes, strict=True)):
        key = _kind(tag, attributes) if attributes else tag
        number = kinds.get(key)
        if number is None:
            number = kinds[key] = len(start)
            start.append(len(index))
            index.extend(hashed((f"<{tag}", *_other_tokens(tag, attributes))))
            for attribute in attributes.keys() & _READ_SET:
                name = (attributes[attribute], attribute in _WHOLE_ATTRIBUTES)
                if name not in names:
                    names[name] = hashed(_name_tokens(name[0], whole=name[1]))
                index.extend(names[name])
        kind[element] = number
    return np.array(index, dtype=np.int64), np.array(start, dtype=np.int64), kind


def compute(boxes: BoxInput, words: ScorerInput, weights: Mapping[str, HashedWeights]) -> dict[str, FloatArray]:
    """Scores of the boxes around each block, each of shape (n_blocks,); see `DESCRIPTIONS`.

    Parameters
    ----------
    boxes : BoxInput
    words : ScorerInput
        Hashed texts of the blocks.
    weights : mapping of str to HashedWeights
        Weights of each scorer of `BOX_SCORERS`.
    """
    own = words.rows(weights["box_words"])
    sums = np.vstack([np.zeros((1, len(OUTPUTS))), np.cumsum(own, axis=0)])
    # As long texts and short ones have comparable lengths, so have boxes of many blocks and of few.
    count = np.sqrt(np.maximum(boxes.last - boxes.first, 1))[:, None]
    said = (sums[boxes.last] - sums[boxes.first]) / count
    made = boxes.markup.scores(weights["box_markup"]).astype(np.float64)
    blocks = {"box_words_own": own}
    for family in FAMILIES:
        blocks[f"box_words_{family}"] = said[boxes.which[family]]
        blocks[f"box_markup_{family}"] = made[boxes.which[family]]
    return {f"{name}_{output}": blocks[name][:, k] for name in _SCORED for k, output in enumerate(OUTPUTS)}
