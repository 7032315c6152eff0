"""What kind of text each block is on its page: heading, list item, table cell, quote, code or paragraph."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from lxml import etree

from boilerplate.blocks import BlockTable
from boilerplate.tags import INLINE_TAGS, PREFORMATTED_TAGS, SKIPPED_TAGS

__all__ = ["BlockForm", "Kind", "block_forms", "raw_texts"]

#: A list item or table cell of several blocks with more characters than this holds passages of text: such lists and
#: tables only lay the page out.
MAX_BOX_CHARS = 300


class Kind(StrEnum):
    """What a block is, as far as writing it down is concerned."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    ITEM = "item"
    CELL = "cell"
    QUOTE = "quote"
    CODE = "code"
    CAPTION = "caption"


_KINDS = {
    "li": Kind.ITEM,
    "dt": Kind.ITEM,
    "dd": Kind.ITEM,
    "td": Kind.CELL,
    "th": Kind.CELL,
    "blockquote": Kind.QUOTE,
    "figcaption": Kind.CAPTION,
    "caption": Kind.CAPTION,
    **dict.fromkeys(PREFORMATTED_TAGS, Kind.CODE),
    **{f"h{level}": Kind.HEADING for level in range(1, 7)},
}
_LISTS = frozenset({"ul", "ol", "menu", "dl"})
#: What makes blocks inside it what they are.
_SHAPING = frozenset(_KINDS) | _LISTS | {"table"}
#: Code within code within code: what is nested deeper is written with its spaces collapsed.
_MAX_PREFORMATTED = 4
_MAX_NUMBER = 999_999_999
_LINE_ENDS = re.compile("\r\n?")


@dataclass(frozen=True, slots=True)
class BlockForm:
    """How a block is written down. Elements are numbers in the page's element table; -1 for none.

    Attributes
    ----------
    kind : Kind
    level : int
        Rank of a heading, 1 to 6; depth of a list item, from 1; 0 for other kinds.
    number : int
        Number of an item in a numbered list, 0 in other lists and for other kinds.
    box : int
        The list item, cell, quote, preformatted or other element that makes the block what it is; several blocks may
        share it.
    row : int
        The row a cell is in.
    whole : int
        The outermost list, or the table, of an item or a cell.
    line : int
        The element whose inline children stand side by side as blocks, this being one of them and no link.
    """

    kind: Kind
    level: int = 0
    number: int = 0
    box: int = -1
    row: int = -1
    whole: int = -1
    line: int = -1


_PLAIN = BlockForm(Kind.PARAGRAPH)


def block_forms(table: BlockTable) -> list[BlockForm]:
    """The form of every block, in order; linear in the page."""
    shaping = table.having_tags(_SHAPING)
    around = table.innermost(shaping)
    # Top down: what an element passes on to all inside it. A table starts anew.
    inherited: dict[int, BlockForm] = {-1: _PLAIN}
    # Depth of lists and the outermost list or table.
    within: dict[int, tuple[int, int]] = {-1: (0, -1)}
    parents = table.parent[shaping]
    holders = np.where(parents >= 0, around[parents], -1)
    for element, parent, holder in zip(shaping.tolist(), parents.tolist(), holders.tolist(), strict=True):
        tag = table.tags[element]
        above = inherited[holder]
        depth, whole = within[holder]
        if tag == "table":
            above, depth, whole = _PLAIN, 0, element
        elif tag in _LISTS:
            whole = whole if depth else element
            depth += 1
        within[element] = (depth, whole)
        kind = _KINDS.get(tag)
        if kind is None:
            inherited[element] = above
        elif kind is Kind.HEADING:
            inherited[element] = BlockForm(kind, int(tag[1]), box=element)
        elif kind is Kind.ITEM:
            number = _number(table, element, parent)
            # Without a list around them, items side by side make one.
            inherited[element] = BlockForm(kind, max(depth, 1), number, element, whole=whole if depth else parent)
        elif kind is Kind.CELL:
            inherited[element] = BlockForm(kind, box=element, row=parent, whole=whole)
        else:
            inherited[element] = BlockForm(kind, box=element)
    forms = [inherited[element] for element in around[table.container].tolist()]
    for block in table.inline_item.nonzero()[0].tolist():
        item = int(table.container[block])
        # Links side by side are entries of a list, other elements parts of a line.
        if table.tags[item] != "a":
            forms[block] = replace(forms[block], line=int(table.parent[item]))
    return _without_layout(table, forms)


def _number(table: BlockTable, element: int, parent: int) -> int:
    if parent < 0 or table.tags[parent] != "ol":
        return 0
    start = table.attributes[parent].get("start", "").strip()
    first = int(start) if start.isascii() and start.isdecimal() and len(start) < 9 else 1
    return min(first + int(table.step[element]) - 1, _MAX_NUMBER)


def _without_layout(table: BlockTable, forms: list[BlockForm]) -> list[BlockForm]:
    """Forms with items and cells that hold passages of text, as forums and old pages have them, made paragraphs."""
    blocks: Counter[int] = Counter()
    chars: Counter[int] = Counter()
    for form, text in zip(forms, table.text, strict=True):
        if form.kind in (Kind.ITEM, Kind.CELL):
            blocks[form.box] += 1
            chars[form.box] += len(text)
    return [
        BlockForm(Kind.PARAGRAPH, line=form.line)
        if blocks[form.box] > 1 and chars[form.box] > MAX_BOX_CHARS and form.kind in (Kind.ITEM, Kind.CELL)
        else form
        for form in forms
    ]


def raw_texts(table: BlockTable, forms: Sequence[BlockForm]) -> dict[int, str]:
    """Text of code blocks with the white space it has on the page, by block.

    What stands between two blocks of the same preformatted element, as a line of nothing but brackets, is part of the
    later one: joined, the blocks of an element are all of its text.
    """
    wanted = {form.box for form in forms if form.kind is Kind.CODE}
    if not wanted:
        return {}
    raw: dict[int, list[str]] = {}
    numbers = [i for i, tag in enumerate(table.tags) if tag in PREFORMATTED_TAGS]
    wanted -= _too_deep(table, numbers)
    for number, element in zip(numbers, table.page.root.iter(*PREFORMATTED_TAGS), strict=True):
        if number not in wanted:
            continue
        node = int(table.first_node[number])
        pending: list[str] = []
        last = -1
        for text in _texts(element):
            pending.append(text)
            if text.isspace():
                continue
            block = int(table.node_block[node])
            node += 1
            if block >= 0 and forms[block].box == number:
                raw.setdefault(block, []).extend(pending)
                pending, last = [], block
            elif block >= 0:  # of a list or table inside, which is written down by itself
                pending = []
        if last >= 0:
            raw[last].extend(pending)
    return {block: _LINE_ENDS.sub("\n", "".join(texts)) for block, texts in raw.items()}


def _too_deep(table: BlockTable, preformatted: Sequence[int]) -> set[int]:
    """Preformatted elements within several others: reading each of them would read the same text again and again."""
    open_: list[int] = []
    found: set[int] = set()
    for element in preformatted:
        while open_ and element >= int(table.end[open_[-1]]):
            open_.pop()
        open_.append(element)
        if len(open_) > _MAX_PREFORMATTED:
            found.add(element)
    return found


def _texts(root: etree._Element) -> list[str]:
    """Texts inside an element in order, those of white space too; a line break for each ``<br>`` and block boundary.

    The walk of `boilerplate.blocks` keeps only texts with more than white space; those come here in the same order.
    """
    texts: list[str] = []
    skipped = 0

    def edge(tag: str) -> None:
        # The edge of a block ends a line only if there is something on it. Custom elements are part of the line.
        if tag not in INLINE_TAGS and "-" not in tag and texts and not texts[-1].endswith("\n"):
            texts.append("\n")

    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event == "start":
            if skipped or element.tag in SKIPPED_TAGS:
                skipped += 1
                continue
            if element.tag == "br":
                texts.append("\n")
            elif element is not root:
                edge(element.tag)
            if element.text:
                texts.append(element.text)
            continue
        if event == "end":
            if element is root:
                break
            if skipped:
                skipped -= 1
            elif element.tag != "br":
                edge(element.tag)
        if not skipped and element.tail:
            texts.append(element.tail)
    return texts
