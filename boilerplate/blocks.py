"""Cut a page into blocks: one linear walk over the tree, the rest on flat tables.

A block is a run of text at block level: what a reader sees as one paragraph, heading, list item, table cell,
menu entry or ticker item. The walk writes two tables, elements and text nodes, both in document order. Since
an element's descendants follow it directly, a subtree is an interval ``[i, end[i])`` of the element table,
and everything later stages need (what lies in a link, how much text a container holds) is a difference of
prefix sums rather than a walk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from boilerplate.page import Page
from boilerplate.words import UNSPACED_RANGES, collapse_spaces

__all__ = ["BlockTable", "segment"]


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


IntArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]

#: Elements whose content is never text of the page.
SKIPPED_TAGS = _tags(
    "script style head title meta link base svg iframe noembed object applet canvas map area audio video param textarea"
)
#: Elements without content that libxml2 does not know as such: what follows one stands inside it in the tree.
UNCLOSED_TAGS = _tags("embed source track")
#: Phrasing elements: they neither start nor end a block. Unknown elements outside a paragraph do.
INLINE_TAGS = (
    _tags(
        "a abbr acronym b bdi bdo big blink cite code data del dfn em font i img ins kbd mark math nobr o:p "
        "output picture q rb rp rt rtc ruby s samp small span strike strong sub sup time tt u var wbr "
        "maction mfenced mfrac mi mn mo mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr "
        "munder munderover semantics annotation"
    )
    | UNCLOSED_TAGS
)
#: Within these a custom element is part of the sentence, and inline children are never items of a list.
PARAGRAPH_TAGS = _tags("p h1 h2 h3 h4 h5 h6 pre blockquote dt figcaption caption summary legend address")
#: Inline elements that makers of pages use as boxes when several of them stand side by side.
ITEM_TAGS = _tags("a span b strong font time small em i")
#: White space is kept in these.
PREFORMATTED_TAGS = _tags("pre listing xmp plaintext")
CODE_TAGS = _tags("pre code kbd samp tt math")
_CURRENCIES = frozenset("$€£¥₩₹₽₺₴₫฿₪")
_CLOSING = frozenset(".!?…»”\"')]。！？」』")

#: Between two text nodes of a block: a line break, which no run of white space in a page is taken for.
_LINE_BREAK = "<br>"

#: Spaces that are characters of the text rather than layout of the source.
_KEPT_SPACE = re.compile(r"[^\S\x00-\x9f\u2028\u2029]")

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
    repeated : set of (int, str)
        Parents with a tag that several of their children have: these children need an index in an XPath.
    """

    page: Page
    tags: list[str]
    attributes: list[dict[str, str]]
    parent: IntArray
    end: IntArray
    depth: IntArray
    step: IntArray
    inline: BoolArray
    first_node: IntArray
    last_node: IntArray
    node_text: list[str]
    node_owner: IntArray
    node_block: IntArray
    text: list[str]
    container: IntArray
    inner: IntArray
    inline_item: BoolArray
    line_breaks: IntArray
    repeated: set[tuple[int, str]]

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
            finds nothing.
        """
        steps: list[str] = []
        while element >= 0:
            parent = int(self.parent[element])
            tag = self.tags[element]
            name = _step_name(tag)
            if (parent, tag) in self.repeated:
                name += f"[{int(self.step[element])}]"
            steps.append(name)
            element = parent
        return "/" + "/".join(reversed(steps))

    def ancestors(self, element: int) -> list[int]:
        """Indices of the element and its ancestors, innermost first."""
        chain = []
        while element >= 0:
            chain.append(element)
            element = int(self.parent[element])
        return chain

    def flag_within(self, elements: Sequence[int] | IntArray) -> BoolArray:
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


_NO_ATTRIBUTES: dict[str, str] = {}


class _Walk:
    """The tables while they grow; one instance a page."""

    def __init__(self) -> None:
        self.tags: list[str] = []
        self.attributes: list[dict[str, str]] = []
        self.parent: list[int] = []
        self.end: list[int] = []
        self.depth: list[int] = []
        self.step: list[int] = []
        self.inline: list[bool] = []
        # The element itself, or the nearest ancestor at block level.
        self.box: list[int] = []
        # Whether the element or an ancestor up to its box holds code.
        self.code: list[bool] = []
        self.repeated: set[tuple[int, str]] = set()
        self.first_node: list[int] = []
        self.last_node: list[int] = []
        self.node_text: list[str] = []
        self.node_owner: list[int] = []
        # Number of block boundaries passed before the node: nodes with the same number flow together.
        self.node_run: list[int] = []
        # What stood between a node and the one before it: "", " " or line breaks.
        self.node_gap: list[str] = []

    def run(self, root: etree._Element) -> None:  # noqa: PLR0912, PLR0915 - one loop, kept flat for speed
        tags, attributes, parents, ends = self.tags, self.attributes, self.parent, self.end
        depths, steps, inlines, boxes, codes = self.depth, self.step, self.inline, self.box, self.code
        runs, gap, breaks, depth, current, skipped = 0, "", 0, -1, -1, 0
        paragraph = 0
        counts: list[dict[str, int]] = [{}]
        inline_tags, skipped_tags, paragraph_tags, code_tags = (
            INLINE_TAGS,
            SKIPPED_TAGS,
            PARAGRAPH_TAGS,
            CODE_TAGS,
        )

        def add_text(text: str) -> None:
            nonlocal gap, breaks, runs
            if text.isspace():
                # A no-break space between two elements stays one.
                wider = None if text.isascii() else _KEPT_SPACE.search(text)
                gap = wider[0] if wider else gap or " "
                return
            if breaks >= 2:  # an empty line: makers of pages use it as the end of a paragraph
                runs += 1
            self.node_text.append(text)
            self.node_owner.append(current)
            self.node_run.append(runs)
            self.node_gap.append(_LINE_BREAK if breaks == 1 else gap)
            gap, breaks = "", 0

        for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "start":
                if skipped:
                    skipped += 1
                tag = element.tag
                index = len(tags)
                names = counts[-1]
                step = names.get(tag, 0) + 1
                names[tag] = step
                if step == 2:
                    self.repeated.add((current, tag))
                counts.append({})
                is_inline = tag in inline_tags or (paragraph > 0 and "-" in tag)
                tags.append(tag)
                items = element.items()
                attributes.append(dict(items) if items else _NO_ATTRIBUTES)
                parents.append(current)
                depth += 1
                depths.append(depth)
                steps.append(step)
                inlines.append(is_inline)
                within = is_inline and current >= 0
                boxes.append(boxes[current] if within else index)
                codes.append(tag in code_tags or (within and codes[current]))
                ends.append(0)
                self.first_node.append(len(self.node_text))
                self.last_node.append(0)
                current = index
                if skipped:
                    continue
                if tag == "br":
                    breaks += 1
                elif tag in skipped_tags:
                    skipped = 1
                    continue
                elif not is_inline:
                    runs += 1
                    gap, breaks = "", 0
                    if tag in paragraph_tags:
                        paragraph += 1
                text = element.text
                if text:
                    add_text(text)
            elif event == "end":
                tag = tags[current]
                ends[current] = len(tags)
                self.last_node[current] = len(self.node_text)
                if not skipped:
                    if not inlines[current] and tag != "br":
                        runs += 1
                        gap, breaks = "", 0
                        if tag in paragraph_tags:
                            paragraph -= 1
                else:
                    skipped -= 1
                current = parents[current]
                depth -= 1
                counts.pop()
                tail = element.tail
                if tail and not skipped and current >= 0:
                    add_text(tail)
            elif not skipped and current >= 0:  # a comment or processing instruction: only what follows it is text
                tail = element.tail
                if tail:
                    add_text(tail)


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
    walk = _Walk()
    walk.run(page.root)
    n_elements = len(walk.tags)
    parent = np.array(walk.parent, dtype=np.int32)
    end = np.array(walk.end, dtype=np.int32)
    depth = np.array(walk.depth, dtype=np.int32)
    inline = np.array(walk.inline, dtype=np.bool_)
    owner = np.array(walk.node_owner, dtype=np.int32)
    runs = np.array(walk.node_run, dtype=np.int32)
    has_word = np.fromiter((_holds_word(t) for t in walk.node_text), dtype=np.bool_, count=len(walk.node_text))

    items = _find_items(walk, parent, end, inline, owner[has_word])
    item_of = np.full(n_elements + 1, -1, dtype=np.int32)
    for item in items:  # outer items come first, so inner ones win
        item_of[item : end[item]] = item
    node_item = item_of[owner] if len(owner) else owner

    starts = np.ones(len(owner), dtype=np.bool_)
    starts[1:] = (runs[1:] != runs[:-1]) | (node_item[1:] != node_item[:-1])
    run_of_node = np.cumsum(starts) - 1
    n_runs = int(run_of_node[-1]) + 1 if len(owner) else 0
    keep = np.zeros(n_runs, dtype=np.bool_)
    keep[run_of_node[has_word]] = True
    new_index = np.where(keep, np.cumsum(keep) - 1, -1).astype(np.int32)
    node_block = new_index[run_of_node] if n_runs else np.zeros(0, dtype=np.int32)

    first = np.flatnonzero(starts)
    last = np.append(first[1:], len(owner))[: len(first)]
    texts: list[str] = []
    container = np.zeros(int(keep.sum()), dtype=np.int32)
    inner = np.zeros_like(container)
    breaks = np.zeros_like(container)
    for lo, hi in zip(first[keep].tolist(), last[keep].tolist(), strict=True):
        block = len(texts)
        texts.append(_join(walk, lo, hi))
        breaks[block] = sum(walk.node_gap[i] == _LINE_BREAK for i in range(lo + 1, hi))
        inner[block] = around = _innermost(walk, lo, hi)
        container[block] = node_item[lo] if node_item[lo] >= 0 else walk.box[around]
    return BlockTable(
        page=page,
        tags=walk.tags,
        attributes=walk.attributes,
        parent=parent,
        end=end,
        depth=depth,
        step=np.array(walk.step, dtype=np.int32),
        inline=inline,
        first_node=np.array(walk.first_node, dtype=np.int32),
        last_node=np.array(walk.last_node, dtype=np.int32),
        node_text=walk.node_text,
        node_owner=owner,
        node_block=node_block,
        text=texts,
        container=container,
        inner=inner,
        inline_item=(node_item[first] >= 0)[keep] if n_runs else np.zeros(0, dtype=np.bool_),
        line_breaks=breaks,
        repeated=walk.repeated,
    )


def _holds_word(text: str) -> bool:
    return text.isalnum() or any(map(str.isalnum, text))


def _find_items(walk: _Walk, parent: IntArray, end: IntArray, inline: BoolArray, word_owners: IntArray) -> list[int]:
    """Inline elements that act as blocks: at least two links, or three elements, side by side in one box."""
    n = len(walk.tags)
    own_words = np.bincount(word_owners, minlength=n)
    running = np.concatenate([[0], np.cumsum(own_words)])
    words_within = running[end] - running[:n]
    is_candidate = np.fromiter((t in ITEM_TAGS for t in walk.tags), dtype=np.bool_, count=n)
    is_candidate &= (words_within > 0) & (parent >= 0)
    no_list = np.fromiter((t in PARAGRAPH_TAGS for t in walk.tags), dtype=np.bool_, count=n)
    candidates = np.flatnonzero(is_candidate)
    boxes = parent[candidates]
    good = (own_words[boxes] == 0) & ~no_list[boxes] & ~inline[boxes]
    candidates, boxes = candidates[good], boxes[good]
    is_link = np.fromiter((walk.tags[c] == "a" for c in candidates), dtype=np.bool_, count=len(candidates))
    links = np.bincount(boxes[is_link], minlength=n)
    all_items = np.bincount(boxes, minlength=n)
    return [int(c) for c in candidates[(links[boxes] >= 2) | (all_items[boxes] >= 3)]]


def _innermost(walk: _Walk, lo: int, hi: int) -> int:
    """The innermost element that holds all of these text nodes."""
    element = walk.node_owner[lo]
    if hi - lo == 1:
        return element
    owners = walk.node_owner[lo:hi]
    first, last = min(owners), max(owners)
    # Each step leaves an element that closes within the run, so all runs together take linear time.
    while element > first or walk.end[element] <= last:
        element = walk.parent[element]
    return element


def _join(walk: _Walk, lo: int, hi: int) -> str:
    texts = walk.node_text
    if hi - lo == 1:
        return _collapse(texts[lo])
    lines = [[texts[lo]]]
    for i in range(lo + 1, hi):
        gap = walk.node_gap[i]
        if gap == _LINE_BREAK:
            lines.append([texts[i]])
            continue
        if not gap and _glued(walk, walk.node_owner[i - 1], walk.node_owner[i], texts[i - 1], texts[i]):
            gap = " "
        lines[-1] += (gap, texts[i])
    cleaned = (_collapse("".join(line)) for line in lines)
    return "\n".join(line for line in cleaned if line)


def _collapse(text: str) -> str:
    if "\n" in text and not text.isascii():
        text = _BREAK_WITHIN.sub("", text)
    return collapse_spaces(text)


def _glued(walk: _Walk, before: int, after: int, left: str, right: str) -> bool:
    """Whether two inline boxes touch only because their maker left the gap to the style sheet.

    Both must be elements with a class, the first ending in a letter or a mark that closes a sentence or quotation, the
    second beginning with a letter or a currency; neither inside the other nor inside code. Scripts without spaces need
    no gap.
    """
    begins = right[0].isalpha() or right[0] in _CURRENCIES
    if not ((left[-1].isalpha() or left[-1] in _CLOSING) and begins) or before == after:
        return False
    if walk.end[before] > after or walk.end[after] > before > after:
        return False
    if _UNSPACED.match(left[-1]) and _UNSPACED.match(right[0]):
        return False
    if "class" not in walk.attributes[before] or "class" not in walk.attributes[after]:
        return False
    return not walk.code[after]
