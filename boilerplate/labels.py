"""The four labels, and how a block gets one from gold: from labelled regions or from a gold text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from boilerplate.alignment import align_words
from boilerplate.blocks import BlockTable
from boilerplate.errors import LabelMismatchError
from boilerplate.words import count_words, split_words

__all__ = [
    "ARTICLE",
    "LABELS",
    "PROMO",
    "UNKNOWN",
    "PathIndex",
    "Region",
    "content_from_snippets",
    "content_from_text",
    "labels_from_regions",
    "text_fingerprint",
    "word_labels",
]

#: The labels in the order that every matrix and file uses.
LABELS = ("article", "promo", "feed", "chrome")
ARTICLE = 0
PROMO = 1
#: Index that stands for "the gold does not say".
UNKNOWN = -1
#: A block is content when at least this share of its words is in the gold text.
CONTENT_SHARE = 0.5

_SPACE = re.compile(r"\s+")
#: One step of a path as `BlockTable.xpath` or lxml's ``getpath`` writes it: a tag, plain or asked for by
#: name, and an index. Label files come from anywhere, and a full XPath may call functions or take minutes.
_STEP = re.compile(
    r"""/(?:(?P<plain>[^\s/\[\]()*@|"'=<>,$]+)|\*\[name\(\)=(?:"""
    r"""'(?P<single>[^']*)'|"(?P<double>[^"]*)"|concat\((?P<parts>'[^']*'(?:, "'", '[^']*')*)\))\])"""
    r"""(?:\[(?P<index>[1-9][0-9]{0,8})\])?"""
)
#: What `BlockTable.xpath` writes of an element that is too deep for a path.
_PLACE = re.compile(r"\(//\*\)\[([1-9][0-9]{0,8})\]")
#: How much of a path from a file is quoted in a message.
_QUOTED_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Region:
    """An element with a label; it holds for everything inside that has no label of its own.

    Attributes
    ----------
    xpath : str
        Absolute path as `BlockTable.xpath` or lxml's ``getpath`` writes it; other XPaths find nothing.
    label : str
        One of `LABELS`.
    text_sha1 : str
        `text_fingerprint` of the element when it was labelled; empty if not recorded.
    """

    xpath: str
    label: str
    text_sha1: str = ""


def text_fingerprint(element: etree._Element) -> str:
    """First ten hex digits of the SHA-1 of an element's whole text with all white space removed."""
    return _digest(_text_of(element, with_tail=True))


def _fits(element: etree._Element, text_sha1: str) -> bool:
    # The label files of the public pages were written without the text that follows a child element.
    return text_sha1 in ("", text_fingerprint(element)) or text_sha1 == _digest(_text_of(element, with_tail=False))


def _text_of(element: etree._Element, *, with_tail: bool) -> str:
    return "".join(map(str, element.itertext(with_tail=with_tail)))


def _digest(text: str) -> str:
    data = _SPACE.sub("", text).encode("utf-8", "surrogatepass")
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()[:10]


def labels_from_regions(table: BlockTable, regions: Iterable[Region]) -> tuple[NDArray[np.int8], list[str]]:
    """Label every text node by its nearest labelled ancestor.

    Parameters
    ----------
    table : BlockTable
    regions : iterable of Region

    Returns
    -------
    node_label : ndarray of int8, shape (n_nodes,)
        Index into `LABELS`, or `UNKNOWN` outside every region.
    mismatches : list of str
        A sentence for each region that does not fit the tree; a region whose element is gone is left out, one
        whose text has changed is still used.

    Raises
    ------
    LabelMismatchError
        If fewer than half of the regions below ``<body>`` fit, as when labels belong to another page.
    """
    elements = list(table.page.root.iter(etree.Element))
    find = PathIndex(table).find
    fits: dict[tuple[int, str], bool] = {}
    label_of = np.full(table.n_elements, UNKNOWN, dtype=np.int8)
    found: list[tuple[int, int]] = []
    mismatches: list[str] = []
    fitting = total = 0
    for region in regions:
        # Any change anywhere changes the text of <body>; it says nothing about whether the labels belong here.
        counts = region.xpath.count("/") > 2 or region.xpath.startswith("(")
        total += counts
        quoted = _quote(region.xpath)
        element = find(region.xpath)
        if element is None:
            mismatches.append(f"no element at {quoted}")
            continue
        key = (element, region.text_sha1)
        if key not in fits:
            fits[key] = _fits(elements[element], region.text_sha1)
        if fits[key]:
            fitting += counts
        else:
            mismatches.append(f"the text at {quoted} is not the text that was labelled")
        found.append((element, LABELS.index(region.label)))
    if 2 * fitting < total:
        raise LabelMismatchError(
            f"Only {fitting} of {total} labelled regions fit the page ({mismatches[0]}). "
            "Check that the labels and the HTML belong together."
        )
    for element_index, label in sorted(found):  # document order: an inner region comes later and overwrites
        label_of[element_index : table.end[element_index]] = label
    return label_of[table.node_owner], mismatches


def _quote(path: str) -> str:
    start = path[:_QUOTED_CHARACTERS]
    return start if start.isprintable() else repr(start)


class PathIndex:
    """Finds elements of a page by their paths, in time linear in the path."""

    def __init__(self, table: BlockTable) -> None:
        keys = zip(table.parent.tolist(), table.tags, table.step.tolist(), strict=True)
        self._children = {key: element for element, key in enumerate(keys)}
        self._n_elements = table.n_elements

    def find(self, path: str) -> int | None:
        """The element a path leads to; a step without an index means the first such child."""
        place = _PLACE.fullmatch(path)
        if place is not None:
            return int(place[1]) - 1 if int(place[1]) <= self._n_elements else None
        element, position = -1, 0
        while position < len(path):
            step = _STEP.match(path, position)
            if step is None:
                return None
            tag = step["plain"] or step["single"] or step["double"] or ""
            if step["parts"]:  # a tag with both kinds of quotes
                tag = step["parts"][1:-1].replace("', \"'\", '", "'")
            child = self._children.get((element, tag, int(step["index"] or 1)))
            if child is None:
                return None
            element, position = child, step.end()
        return element if element >= 0 else None


def word_labels(
    table: BlockTable, node_label: NDArray[np.int8], n_labels: int = len(LABELS)
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Block labels by majority of words.

    Parameters
    ----------
    table : BlockTable
    node_label : ndarray of int8, shape (n_nodes,)
        As `labels_from_regions` gives it.

    Returns
    -------
    block_label : ndarray of int8, shape (n_blocks,)
        The label most of the block's words have, `UNKNOWN` if none has one.
    words : ndarray of int64, shape (n_blocks, n_labels)
        Number of words of each label in each block.
    """
    weights = np.fromiter((count_words(t) for t in table.node_text), dtype=np.int64, count=len(table.node_text))
    counts = np.zeros((len(table), n_labels), dtype=np.int64)
    use = (table.node_block >= 0) & (node_label >= 0)
    np.add.at(counts, (table.node_block[use], node_label[use]), weights[use])
    label = np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), UNKNOWN).astype(np.int8)
    return label, counts


def content_from_text(block_texts: Sequence[str], gold_text: str) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which blocks a gold main text consists of.

    Parameters
    ----------
    block_texts : sequence of str, length n_blocks
    gold_text : str

    Returns
    -------
    content : ndarray of bool, shape (n_blocks,)
        Whether at least `CONTENT_SHARE` of the block's words are matched.
    share : ndarray of float64, shape (n_blocks,)
        Share of the block's words that are matched, 0 to 1.
    """
    words: list[str] = []
    bounds = [0]
    for text in block_texts:
        words.extend(split_words(text))
        bounds.append(len(words))
    matched = np.concatenate([[0], np.cumsum(align_words(words, split_words(gold_text)))])
    sizes = np.diff(bounds)
    hits = matched[bounds[1:]] - matched[bounds[:-1]] if len(sizes) else np.zeros(0)
    share = hits / np.maximum(sizes, 1)
    return share >= CONTENT_SHARE, share


def content_from_snippets(
    block_texts: Sequence[str], wanted: Iterable[str], unwanted: Iterable[str]
) -> NDArray[np.int8]:
    """What snippets that must or must not be in the output say of each block.

    Parameters
    ----------
    block_texts : sequence of str, length n_blocks
    wanted, unwanted : iterable of str
        Pieces of text that belong to the main text, and that do not.

    Returns
    -------
    ndarray of int8, shape (n_blocks,)
        1 content, 0 not content, `UNKNOWN` where no snippet speaks or two contradict each other. A snippet
        that several blocks hold speaks for none of them; it may begin or end within a word.
    """
    normal = [" ".join(split_words(t)) for t in block_texts]
    verdict = np.full(len(normal), UNKNOWN, dtype=np.int8)
    contradicted: set[int] = set()
    for value, snippets in ((1, wanted), (0, unwanted)):
        for snippet in snippets:
            needle = " ".join(split_words(snippet))
            if not needle:
                continue
            holders = [i for i, text in enumerate(normal) if needle in text]
            if len(holders) != 1:
                continue
            block = holders[0]
            if verdict[block] not in (UNKNOWN, value):
                contradicted.add(block)
            verdict[block] = value
    for block in contradicted:
        verdict[block] = UNKNOWN
    return verdict
