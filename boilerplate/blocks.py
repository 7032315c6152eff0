"""Cut a page into blocks: the tree is read once, the rest is arithmetic on flat tables.

A block is a run of text at block level: what a reader sees as one paragraph, heading, list item, table cell,
menu entry or ticker item. There are two tables, elements and text nodes, both in document order. Since an
element's descendants follow it directly, a subtree is an interval ``[i, end[i])`` of the element table, and
everything later stages need (what lies in a link, how much text a container holds) is a difference of prefix
sums rather than a walk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from boilerplate.arrays import BoolArray, Int32Array
from boilerplate.nodes import Elements, Texts, read_tree
from boilerplate.page import Page
from boilerplate.tags import ITEM_TAGS, PARAGRAPH_TAGS
from boilerplate.words import UNSPACED_RANGES, collapse_spaces

__all__ = ["BlockTable", "segment"]


#: Longest path that is written step by step, in characters. Those of real pages have a few hundred; without an end, the
#: paths of a page that nests 2,000 levels would take a gigabyte.
MAX_XPATH_CHARS = 1000
#: Tags above a block that it is told, innermost first.
MAX_TAGS_ABOVE = 100
_CURRENCIES = frozenset("$€£¥₩₹₽₺₴₫฿₪")
_CLOSING = frozenset(".!?…»”\"')]。！？」』")

#: Scripts in which a line of the source ends anywhere within a sentence: there a line break is no space (CSS Text 3,
#: segment break transformation). What the pattern finds has such a character, or punctuation as wide as one, on both
#: sides; Hangul, which is written with spaces, is not among them.
_WIDE = "".join(f"{chr(lo)}-{chr(hi)}" for lo, hi in UNSPACED_RANGES if lo >= 0x3000) + "\u3001-\u301b\uff01-\uff65"
_BREAK_WITHIN = re.compile(rf"(?<=[{_WIDE}])[ \t\r\f]*\n[ \t\r\n\f]*(?=[{_WIDE}])")
_UNSPACED = re.compile("[" + "".join(f"{chr(lo)}-{chr(hi)}" for lo, hi in UNSPACED_RANGES) + "]")

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class BlockTable:
    """A page as three flat tables: elements, text nodes and blocks, each in document order.

    Attributes
    ----------
    page : Page
        The page the tables were made from.
    tags : list of str
        Tag of each element, lower case.
    attributes : list of dict
        Attributes of each element; elements without any share one empty dict.
    parent, end, depth, step : ndarray of int32, shape (n_elements,)
        Index of the parent (-1 for the root), end of the interval of descendants, depth (root 0), and the
        position among siblings of the same tag (1-based).
    has_twins : ndarray of bool, shape (n_elements,)
        Whether there are siblings of the same tag: then the element needs an index in an XPath.
    inline : ndarray of bool, shape (n_elements,)
        Whether the element leaves the flow of text as it is.
    first_node, last_node : ndarray of int32, shape (n_elements,)
        The text nodes of the element and its descendants are ``[first_node, last_node)``.
    node_text : list of str
        The text nodes that are more than white space, as they stand in the tree.
    node_owner, node_block : ndarray of int32, shape (n_nodes,)
        The element that a text node stands in, and the block it belongs to (-1: in none, as it holds no word).
    text : list of str
        Text of each block: white space runs are one space, ``<br>`` is a line break.
    container, inner : ndarray of int32, shape (n_blocks,)
        The block-level element (or list-like inline item) a block stands in; and the innermost element that
        holds all of its text, which differs where inline markup wraps the whole block.
    inline_item : ndarray of bool, shape (n_blocks,)
        Whether the block is an inline element standing beside its like.
    line_breaks : ndarray of int32, shape (n_blocks,)
        How many ``<br>`` the block holds.
    tag_names : list of str
        The distinct tags.
    tag_codes : ndarray of int64, shape (n_elements,)
        Each element's tag as an index into `tag_names`.
    """

    page: Page
    tags: list[str]
    attributes: list[dict[str, str]]
    parent: Int32Array
    end: Int32Array
    depth: Int32Array
    step: Int32Array
    has_twins: BoolArray
    inline: BoolArray
    first_node: Int32Array
    last_node: Int32Array
    node_text: list[str]
    node_owner: Int32Array
    node_block: Int32Array
    text: list[str]
    container: Int32Array
    inner: Int32Array
    inline_item: BoolArray
    line_breaks: Int32Array
    tag_names: list[str]
    tag_codes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.text)

    @property
    def n_elements(self) -> int:
        return len(self.tags)

    def xpath(self, element: int) -> str:
        """XPath of an element, written as lxml's ``getpath`` writes it.

        Parameters
        ----------
        element : int
            Index into the element table.

        Returns
        -------
        str
            Absolute path; a step has an index when the element has siblings of the same tag. Tags that XPath
            cannot name, such as ``o:p``, are asked for by ``*[name()='o:p']``, as what ``getpath`` writes
            finds nothing. Where this would be longer than `MAX_XPATH_CHARS`, ``(//*)[n]``: the page's n-th element.
        """
        steps: list[str] = []
        length, above = 0, element
        while above >= 0:
            name = _step_name(self.tags[above])
            steps.append(f"{name}[{int(self.step[above])}]" if self.has_twins[above] else name)
            length += 1 + len(steps[-1])
            if length > MAX_XPATH_CHARS:
                return f"(//*)[{element + 1}]"
            above = int(self.parent[above])
        return "/" + "/".join(reversed(steps))

    def xpaths(self, elements: Sequence[int]) -> list[str]:
        """XPaths of many elements, as `xpath` writes them; common parts are written once."""
        parents, steps, has_twins, tags = self.parent.tolist(), self.step.tolist(), self.has_twins.tolist(), self.tags
        names = {tag: _step_name(tag) for tag in self.tag_names}
        known: dict[int, str | None] = {-1: ""}  # None for one that is too long
        for element in elements:
            chain = []
            above = element
            while above not in known:
                chain.append(above)
                above = parents[above]
            path = known[above]
            for inner in reversed(chain):
                if path is not None:
                    name = names[tags[inner]]
                    path = f"{path}/{name}[{steps[inner]}]" if has_twins[inner] else f"{path}/{name}"
                    path = path if len(path) <= MAX_XPATH_CHARS else None
                known[inner] = path
        return [known[element] or f"(//*)[{element + 1}]" for element in elements]

    def tags_above(self, elements: Sequence[int]) -> list[tuple[str, ...]]:
        """Tags above many elements, innermost first, without the element's own; `MAX_TAGS_ABOVE` at most."""
        parents, tags = self.parent.tolist(), self.tags
        known: dict[int, tuple[str, ...]] = {}
        for element in elements:
            parent = at = parents[element]
            if parent not in known:
                chain: list[str] = []
                while at >= 0 and len(chain) < MAX_TAGS_ABOVE:
                    chain.append(tags[at])
                    at = parents[at]
                known[parent] = tuple(chain)
        return [known[parents[element]] for element in elements]

    def ancestors(self, element: int) -> list[int]:
        """Indices of the element and its ancestors, innermost first."""
        chain = []
        while element >= 0:
            chain.append(element)
            element = int(self.parent[element])
        return chain

    def having_tags(self, tags: frozenset[str]) -> NDArray[np.int64]:
        """Elements that have one of the tags, ascending."""
        wanted = np.array([tag in tags for tag in self.tag_names], dtype=np.bool_)
        return np.flatnonzero(wanted[self.tag_codes])

    def innermost(self, elements: Sequence[int] | NDArray[np.integer]) -> NDArray[np.int64]:
        """The innermost of the given elements that each element is or lies in, -1 without one.

        Parameters
        ----------
        elements : sequence of int
            Indices of elements, ascending.

        Returns
        -------
        ndarray of int64, shape (n_elements,)

        Notes
        -----
        The answer changes only where one of the given elements begins or ends, so it is written as runs: the
        time is linear in the page however deep the elements are nested.
        """
        given = np.asarray(elements, dtype=np.int64)
        starts, values, open_ = [0], [-1], [(self.n_elements, -1)]
        for element, end in zip(given.tolist(), self.end[given].tolist(), strict=True):
            while open_[-1][0] <= element:
                starts.append(open_.pop()[0])
                values.append(open_[-1][1])
            starts.append(element)
            values.append(element)
            open_.append((end, element))
        while len(open_) > 1:
            starts.append(open_.pop()[0])
            values.append(open_[-1][1])
        return np.repeat(np.array(values, dtype=np.int64), np.diff(starts, append=self.n_elements))

    def flag_within(self, elements: Sequence[int] | Int32Array) -> BoolArray:
        """Whether each element is one of the given elements or lies inside one.

        Returns
        -------
        ndarray of bool, shape (n_elements,)
        """
        steps = np.zeros(self.n_elements + 1, dtype=np.int32)
        index = np.asarray(elements, dtype=np.int64)
        np.add.at(steps, index, 1)
        np.add.at(steps, self.end[index], -1)
        return np.cumsum(steps[:-1]) > 0


def _step_name(tag: str) -> str:
    """What finds elements of a tag in an XPath."""
    if _PLAIN_NAME.fullmatch(tag):
        return tag
    try:
        if etree.QName(tag).text == tag and "{" not in tag:
            etree.XPath(tag)  # knows fewer letters than names may have
            return tag
    except (ValueError, etree.XPathSyntaxError):
        pass
    if "'" not in tag:
        return f"*[name()='{tag}']"
    if '"' not in tag:
        return f'*[name()="{tag}"]'
    parts = ', "\'", '.join(f"'{part}'" for part in tag.split("'"))
    return f"*[name()=concat({parts})]"


def _places_among_twins(parent: Int32Array, codes: NDArray[np.int64], n_tags: int) -> tuple[Int32Array, BoolArray]:
    """Place of each element among its parent's children of the same tag, from 1, and whether there are others."""
    key = (parent.astype(np.int64) + 1) * n_tags + codes
    order = np.argsort(key, kind="stable")
    begins = np.flatnonzero(np.diff(key[order], prepend=-1))
    sizes = np.diff(begins, append=len(key))
    place, several = np.empty(len(key), dtype=np.int32), np.empty(len(key), dtype=np.bool_)
    place[order] = np.arange(1, len(key) + 1) - np.repeat(begins, sizes)
    several[order] = np.repeat(sizes > 1, sizes)
    return place, several


def segment(page: Page) -> BlockTable:
    """Cut a page into blocks.

    Parameters
    ----------
    page : Page
        A parsed page.

    Returns
    -------
    BlockTable
        Hidden and ``<noscript>`` text included: whether it is kept is for the model and its user to say.

    Notes
    -----
    A block ends at the start and end of every block-level element, at an empty line made of ``<br><br>``, and
    around each of several inline elements that stand side by side without text of their own between them (a
    ticker of bare ``<a>``, a row of ``<span>``). Text without a letter or digit in any script makes no block.
    Time is linear in the size of the page.
    """
    elements, texts = read_tree(page.root)
    owner = texts.owner
    item_of = _items(elements, owner[texts.has_word])
    node_item = item_of[owner]

    starts = np.ones(len(owner), dtype=np.bool_)
    starts[1:] = (texts.run[1:] != texts.run[:-1]) | (node_item[1:] != node_item[:-1])
    run_of_node = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    last = np.append(first[1:], len(owner))[: len(first)]
    keep = np.zeros(len(first), dtype=np.bool_)
    keep[run_of_node[texts.has_word]] = True
    number = np.where(keep, np.cumsum(keep) - 1, -1).astype(np.int32)
    line_breaks = np.bincount(run_of_node[~starts & (texts.breaks == 1)], minlength=len(first))
    first, last = first[keep], last[keep]
    inner = _innermost(elements, owner, first, last)
    item = node_item[first]
    step, has_twins = _places_among_twins(elements.parent, elements.tag_codes, len(elements.tag_names))
    return BlockTable(
        page=page,
        tags=elements.tags,
        attributes=elements.attributes,
        parent=elements.parent,
        end=elements.end,
        depth=elements.depth,
        step=step,
        has_twins=has_twins,
        inline=elements.inline,
        first_node=elements.first_node,
        last_node=elements.last_node,
        node_text=texts.text,
        node_owner=owner,
        node_block=number[run_of_node],
        text=_join_all(elements, texts, first.tolist(), last.tolist()),
        container=np.where(item >= 0, item, elements.box[inner]),
        inner=inner,
        inline_item=item >= 0,
        line_breaks=line_breaks[keep].astype(np.int32),
        tag_names=elements.tag_names,
        tag_codes=elements.tag_codes,
    )


def _items(elements: Elements, word_owners: Int32Array) -> Int32Array:
    """The innermost inline element that acts as a block around each element, -1 without one, shape (n_elements,).

    Inline elements do so if at least two links, or three elements, stand side by side in one box.
    """
    n = len(elements.tags)
    parent = elements.parent

    def having(tags: frozenset[str]) -> BoolArray:
        return np.array([tag in tags for tag in elements.tag_names], dtype=np.bool_)[elements.tag_codes]

    own_words = np.bincount(word_owners, minlength=n)
    running = np.concatenate([[0], np.cumsum(own_words)])
    words_within = running[elements.end] - running[:n]
    candidates = np.flatnonzero(having(ITEM_TAGS) & (words_within > 0) & (parent >= 0))
    good_box = (own_words == 0) & ~having(PARAGRAPH_TAGS) & ~elements.inline
    candidates = candidates[good_box[parent[candidates]]]
    boxes = parent[candidates]
    links = np.bincount(boxes[having(frozenset(("a",)))[candidates]], minlength=n)
    all_items = np.bincount(boxes, minlength=n)
    items = candidates[(links[boxes] >= 2) | (all_items[boxes] >= 3)]
    item_of = np.full(n, -1, dtype=np.int32)
    for item, end in zip(items.tolist(), elements.end[items].tolist(), strict=True):
        item_of[item:end] = item  # outer items come first, so inner ones win
    return item_of


def _innermost(elements: Elements, owner: Int32Array, first: NDArray[np.int64], last: NDArray[np.int64]) -> Int32Array:
    """The innermost element that holds all text nodes ``[first, last)`` of each block."""
    inner = owner[first]
    several = np.flatnonzero(last - first > 1)
    if len(several) == 0:
        return inner
    bounds = np.stack([first[several], last[several]], axis=1).ravel()
    padded = np.append(owner, 0)  # the end of the last interval may be the end of the nodes
    lowest = np.minimum.reduceat(padded, bounds)[::2]
    highest = np.maximum.reduceat(padded, bounds)[::2]
    at = inner[several]
    # Each step leaves an element that closes within the block, so all blocks together take linear time.
    open_ = np.arange(len(several))
    while len(open_):
        open_ = open_[(at[open_] > lowest[open_]) | (elements.end[at[open_]] <= highest[open_])]
        at[open_] = elements.parent[at[open_]]
    inner[several] = at
    return inner


def _join_all(elements: Elements, texts: Texts, first: list[int], last: list[int]) -> list[str]:
    nodes = texts.text
    return [
        _collapse(nodes[lo]) if hi - lo == 1 else _join(elements, texts, lo, hi)
        for lo, hi in zip(first, last, strict=True)
    ]


def _join(elements: Elements, texts: Texts, lo: int, hi: int) -> str:
    nodes, gaps = texts.text, texts.gap
    owners, breaks = texts.owner[lo:hi].tolist(), texts.breaks[lo:hi].tolist()
    lines = [[nodes[lo]]]
    for k in range(1, hi - lo):
        left, right = nodes[lo + k - 1], nodes[lo + k]
        if breaks[k] == 1:
            lines.append([right])
            continue
        gap = gaps[lo + k]
        if not gap and _glued(elements, owners[k - 1], owners[k], left, right):
            gap = " "
        lines[-1] += (gap, right)
    cleaned = (_collapse("".join(line)) for line in lines)
    return "\n".join(line for line in cleaned if line)


def _collapse(text: str) -> str:
    if "\n" in text and not text.isascii():
        text = _BREAK_WITHIN.sub("", text)
    return collapse_spaces(text)


def _glued(elements: Elements, before: int, after: int, left: str, right: str) -> bool:
    """Whether two inline boxes touch only because their maker left the gap to the style sheet.

    Both must be elements with a class, the first ending in a letter or a mark that closes a sentence or quotation, the
    second beginning with a letter or a currency; neither inside the other nor inside code. Scripts without spaces need
    no gap.
    """
    begins = right[0].isalpha() or right[0] in _CURRENCIES
    if not ((left[-1].isalpha() or left[-1] in _CLOSING) and begins) or before == after:
        return False
    if "class" not in elements.attributes[before] or "class" not in elements.attributes[after]:
        return False
    if elements.end[before] > after or elements.end[after] > before > after:
        return False
    if _UNSPACED.match(left[-1]) and _UNSPACED.match(right[0]):
        return False
    return not elements.code[after]
