"""What kind of text each block is on its page: heading, list item, table cell, quote, code or paragraph."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from boilerplate.blocks import PREFORMATTED_TAGS, BlockTable

__all__ = ["BlockForm", "Kind", "block_forms"]


class Kind(Enum):
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


@dataclass(frozen=True, slots=True)
class BlockForm:
    """How a block is written down.

    Attributes
    ----------
    kind : Kind
    level : int
        Rank of a heading, 1 to 6; depth of a list item, from 1; 0 for other kinds.
    group : int
        The element that ties the block to its neighbours on the same line or in the same item: the row of a cell, the
        list item, the box of inline items; -1 for none.
    ordered : bool
        Whether a list item is of a numbered list.
    """

    kind: Kind
    level: int = 0
    group: int = -1
    ordered: bool = False


def block_forms(table: BlockTable) -> list[BlockForm]:
    """The form of every block, in order; linear in the page."""
    # Top down: what an element passes on to all inside it. A table or list inside an item starts anew.
    inherited: list[BlockForm] = []
    list_depth: list[int] = []
    plain = BlockForm(Kind.PARAGRAPH)
    for element, tag in enumerate(table.tags):
        parent = int(table.parent[element])
        above = inherited[parent] if parent >= 0 else plain
        depth = list_depth[parent] if parent >= 0 else 0
        if tag in _LISTS:
            depth += 1
        list_depth.append(depth)
        kind = _KINDS.get(tag)
        if kind is None:
            inherited.append(above)
        elif kind is Kind.HEADING:
            inherited.append(BlockForm(kind, int(tag[1])))
        elif kind is Kind.ITEM:
            ordered = parent >= 0 and table.tags[parent] == "ol"
            inherited.append(BlockForm(kind, max(depth, 1), element, ordered))
        elif kind is Kind.CELL:
            inherited.append(BlockForm(kind, 0, parent))
        else:
            inherited.append(BlockForm(kind, 0, element))
    forms = []
    for block, container in enumerate(table.container.tolist()):
        form = inherited[container]
        if form.kind is Kind.PARAGRAPH and table.inline_item[block]:
            form = BlockForm(Kind.PARAGRAPH, 0, int(table.parent[container]))
        forms.append(form)
    return forms
