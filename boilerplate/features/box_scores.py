"""Learned scores of whole boxes: what everything in a box says together, and what the box is made of.

A newsletter form is promotion because of what stands in it as a whole: an invitation, a field for an address, a
button. Its parts alone ("First name") say little. So two further scorers are trained with boxes as their examples: one
reads all words of a box, the other its markup, empty elements such as input fields, frames and advertising slots too.

Boxes are the outermost ones with less than a share of the page's text. Those of one share do not overlap, so that
reading all of them is linear in the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from boilerplate.arrays import distinct
from boilerplate.features.hashing import (
    HashedTexts,
    HashedWeights,
    buckets,
    code_points,
    hash_runs,
    hash_tokens,
)
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
#: Names in a list of them are divided as HTML divides them.
_NAME = re.compile(r"[^\x00-\x20]+")
_HOST = re.compile(r"(?:https?:)?//([^/?#\s]+)", re.IGNORECASE)
#: Where an element loads from or leads to.
_ADDRESSES = ("src", "href", "data-src", "action")
#: What an address with a host begins with, which is quicker to see than by an expression.
_BEGINS_HOST = ("http", "//", "HTTP", "Http")
#: Of these the whole names are tokens too.
_WHOLE_ATTRIBUTES = frozenset(("class", "id"))
_READ_SET = frozenset(_READ_ATTRIBUTES)

#: The one character that is two in lower case, and what is read in its place.
_TWO_IN_LOWER = ("\u0130", "i")

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
    tokens = {f"<{tag}"} | {key[:_WHOLE_CHARS] for key in attributes if key.startswith("data-")}
    for key in _READ_ATTRIBUTES:
        value = attributes.get(key, "")[:_READ_CHARS].replace(*_TWO_IN_LOWER)
        tokens.update(word for word in _NO_LETTERS.split(_CAMEL.sub(" ", value).lower()) if len(word) > 1)
        if key in _WHOLE_ATTRIBUTES:
            tokens.update(f"={_NO_LETTERS.sub('-', name)[:_WHOLE_CHARS]}" for name in _NAME.findall(value.lower()))
    address = next((attributes[key] for key in _ADDRESSES if attributes.get(key)), None)
    return tokens if address is None else tokens | {f"@{tag}{_host_of(address)}"}


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
    made = _read_items(view)
    largest = 0.2 * max(float(view.chars.sum()), 1.0)
    end = view.table.end[elements].astype(np.int64)
    end = np.where(view.subtree_chars[elements] < largest, end, np.minimum(end, elements + _MAX_ELEMENTS_OF_LARGE))
    # An item is looked at once a box.
    box, place = intervals(made.first_item[elements], made.first_item[end])
    n_items = len(made.first_token) - 1
    pairs = distinct(box * n_items + made.item[place])
    box, item = pairs // n_items, pairs % n_items
    row, place = intervals(made.first_token[item], made.first_token[item + 1])
    n_buckets = 1 << BOX_SCORERS["box_markup"]
    found = distinct(box[row] * n_buckets + made.token[place])
    return HashedTexts.from_rows((found % n_buckets).astype(np.uint16), found // n_buckets, len(elements))


def intervals(start: IntArray, end: IntArray) -> tuple[IntArray, IntArray]:
    """All numbers of the intervals ``[start, end)`` one after the other, and the interval each comes from."""
    length = end - start
    row = np.repeat(np.arange(len(start)), length)
    before = np.cumsum(length) - length
    return row, np.arange(len(row)) - before[row] + start[row]


@dataclass(frozen=True, slots=True)
class _Items:
    """What elements are made of: their tags, what attributes say, and so on, each with its tokens.

    Attributes
    ----------
    item : ndarray of int64
        The items of all elements, element by element.
    first_item : ndarray of int64, shape (n_elements + 1,)
        Where those of each element begin.
    token : ndarray of int64
        Hashed tokens of all items, item by item.
    first_token : ndarray of int64, shape (n_items + 1,)
        Where those of each item begin.
    """

    item: IntArray
    first_item: IntArray
    token: IntArray
    first_token: IntArray


def _read_items(view: PageView) -> _Items:
    """The hashed `element_tokens` of all elements, shared by elements that have something in common."""
    table = view.table
    names, of_attribute, owner = view.attribute_names
    is_read, is_whole, is_data = (
        np.array([matches(name) for name in names], dtype=np.bool_)[of_attribute]
        for matches in (_READ_SET.__contains__, _WHOLE_ATTRIBUTES.__contains__, lambda name: name.startswith("data-"))
    )
    read = np.flatnonzero(is_read)
    texts = list(map(view.attribute_values.__getitem__, read.tolist()))
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    of_read = np.fromiter(map(numbers.__getitem__, texts), dtype=np.int64, count=len(texts))
    words, of_word, wholes, of_whole = _hashed_names(list(numbers))
    addresses = _addresses(view)
    hosts, of_address = _hosts(table.tags, addresses)
    single = [f"<{tag}" for tag in table.tag_names] + [name[:_WHOLE_CHARS] for name in names] + hosts

    # Items: the words of each value, its names as a whole; then each tag, name of an attribute and host.
    n, n_tags = len(numbers), len(table.tag_names)
    whole = is_whole[read]
    item = np.concatenate(
        [
            2 * n + table.tag_codes,
            of_read,
            n + of_read[whole],
            2 * n + n_tags + of_attribute[is_data],
            2 * n + n_tags + len(names) + of_address,
        ]
    )
    element = np.concatenate(
        [
            np.arange(table.n_elements),
            owner[read],
            owner[read[whole]],
            owner[is_data],
            np.array(list(addresses), dtype=np.int64),
        ]
    )
    of_token = np.concatenate([of_word, n + of_whole, 2 * n + np.arange(len(single))])
    token = buckets(np.concatenate([words, wholes, hash_tokens(single)]), BOX_SCORERS["box_markup"])
    return _Items(
        item=item[np.argsort(element, kind="stable")],
        first_item=_begins(element, table.n_elements),
        token=token.astype(np.int64),
        first_token=_begins(of_token, 2 * n + len(single)),
    )


def _begins(number: IntArray, size: int) -> IntArray:
    """Where each of ``size`` numbers begins once they are sorted, and at last their end, shape (size + 1,)."""
    result = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(number, minlength=size), out=result[1:])
    return result


def _addresses(view: PageView) -> dict[int, str]:
    """The first address of each element that has one."""
    found: dict[int, str] = {}
    for name in reversed(_ADDRESSES):
        found.update(filter(itemgetter(1), view.having(name)))
    return found


def _hosts(tags: list[str], addresses: Mapping[int, str]) -> tuple[list[str], IntArray]:
    """Tokens of the hosts that elements have addresses of, and the number of the token of each address."""
    tokens: dict[str, int] = {}
    # By tag and what comes before the path, of which a page has few.
    known: dict[tuple[str, str], int] = {}
    numbers = []
    for element, address in addresses.items():
        origin = ""
        if address.startswith(_BEGINS_HOST):
            path = address.find("/", len("https://"))
            origin = address if path < 0 else address[:path]
        key = (tags[element], origin)
        number = known.get(key)
        if number is None:
            number = known[key] = tokens.setdefault(f"@{key[0]}{_host_of(origin)}", len(tokens))
        numbers.append(number)
    return list(tokens), np.array(numbers, dtype=np.int64)


def _hashed_names(values: list[str]) -> tuple[NDArray[np.uint32], IntArray, NDArray[np.uint32], IntArray]:
    """Hashes of the words in each value and the value each is of; the same of its names as a whole."""
    joined = "".join([f"{value[:_READ_CHARS]}\x00" for value in values]).replace(*_TWO_IN_LOWER)
    code = code_points(joined)
    upper = (code >= 0x41) & (code <= 0x5A)
    small_or_digit = ((code >= 0x61) & (code <= 0x7A)) | ((code >= 0x30) & (code <= 0x39))
    code = code + np.uint32(32) * upper if joined.isascii() else code_points(joined.lower())
    value = np.cumsum(code == 0) - (code == 0)
    letter = ((code >= 0x61) & (code <= 0x7A)) | (code >= 0xC0)
    inside = code > 0x20
    begins, name_begins, kept = letter.copy(), inside.copy(), inside.copy()
    begins[1:] &= ~letter[:-1] | (upper[1:] & small_or_digit[:-1])
    name_begins[1:] &= ~inside[:-1]
    # Of characters that are no letters one stays, which stands for a dash.
    kept[1:] &= letter[1:] | letter[:-1] | ~inside[:-1]

    starts = np.flatnonzero(begins[letter])
    words, of_word = hash_runs(code[letter], starts), value[begins]
    long = np.diff(starts, append=np.count_nonzero(letter)) > 1
    signs = np.where(letter, code, np.uint32(ord("-")))[kept]
    wholes = hash_runs(signs, np.flatnonzero(name_begins[kept]), prefix="=", limit=_WHOLE_CHARS)
    return words[long], of_word[long], wholes, value[name_begins]


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
