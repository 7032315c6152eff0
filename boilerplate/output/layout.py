"""What the writers need to know of a page beyond its blocks: where each piece of a block's text stands in the tree.

A block's text is what the model has judged, so it is never taken from the tree a second time: the pieces found here are
cut from it, and joined they are the block's text again, character by character.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from boilerplate.arrays import BoolArray, Int32Array
from boilerplate.blocks import BlockTable
from boilerplate.structure import MAX_BOX_CHARS

__all__ = ["Layout", "layout_of"]

#: Boxes whose own text says whether a list or a table holds data or lays the page out.
_BOXES = frozenset({"li", "dt", "dd", "td", "th"})
_LISTS = frozenset({"ul", "ol", "menu", "dl"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_STRUCTURE = _BOXES | _LISTS | {"table", "tr", "caption", "blockquote", "figure", "figcaption"}
#: A list item of more blocks and more characters than these is a post or an article of its own.
_MAX_ITEM_BLOCKS = 2
_MAX_ITEM_CHARS = 1000
#: Lists within quotes within lists: what is nested deeper is written as if it were not.
MAX_NESTING = 16
_TEX_SCRIPT = re.compile(r"math/tex\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """Flat tables of a page, as `boilerplate.blocks.BlockTable` has them, without the tree.

    Attributes
    ----------
    tags, attributes, parent, end, step
        Of elements.
    first_node, last_node : ndarray of int32, shape (n_elements,)
        The text nodes of the element and its descendants are ``[first_node, last_node)``.
    node_text, node_owner, node_block
        Of text nodes.
    node_hidden : ndarray of bool, shape (n_nodes,)
        Which text nodes the page does not show.
    container : ndarray of int32, shape (n_blocks,)
        The block-level element each block stands in.
    structural : frozenset of int
        Lists, items, tables, cells, quotes and figures, less those that only lay the page out.
    tex : dict of int to str
        TeX of formulas that stand in scripts, by element.
    """

    tags: list[str]
    attributes: list[dict[str, str]]
    parent: Int32Array
    end: Int32Array
    step: Int32Array
    first_node: Int32Array
    last_node: Int32Array
    node_text: list[str]
    node_owner: Int32Array
    node_block: Int32Array
    node_hidden: BoolArray
    container: Int32Array
    structural: frozenset[int] = frozenset()
    tex: dict[int, str] = field(default_factory=dict)

    def ancestors(self, element: int) -> Iterator[int]:
        """The element and its ancestors, innermost first."""
        while element >= 0:
            yield element
            element = int(self.parent[element])

    def structure(self, element: int, known: dict[int, tuple[int, ...]]) -> tuple[int, ...]:
        """Lists, items, cells, quotes and so on around an element, itself among them, outermost first.

        Parameters
        ----------
        element : int
        known : dict
            Results so far; kept by the caller for all elements of a page.
        """
        chain = []
        while element >= 0 and element not in known:
            chain.append(element)
            element = int(self.parent[element])
        path = known[element] if element >= 0 else ()
        for inner in reversed(chain):
            if inner in self.structural and len(path) < MAX_NESTING:
                path = (*path, inner)
            known[inner] = path
        return path


def layout_of(table: BlockTable, node_hidden: BoolArray) -> Layout:
    """What is left of a page's tables when its tree is put away; only references are copied."""
    return Layout(
        tags=table.tags,
        attributes=table.attributes,
        parent=table.parent,
        end=table.end,
        step=table.step,
        first_node=table.first_node,
        last_node=table.last_node,
        node_text=table.node_text,
        node_owner=table.node_owner,
        node_block=table.node_block,
        node_hidden=node_hidden,
        container=table.container,
        structural=_structural(table),
        tex=_tex_of_scripts(table),
    )


def _structural(table: BlockTable) -> frozenset[int]:
    """Elements that shape what is written. Linear in the page.

    A list or a table whose items are posts, cards or columns of the page, with headings or passages of text, does not.
    """
    wanted = [i for i, tag in enumerate(table.tags) if tag in _STRUCTURE]
    if not wanted:
        return frozenset()
    # Top down: each element's nearest box, nearest list or table, and the same without looking beyond a box.
    box_of: list[int] = []
    whole_of: list[int] = []
    direct: list[int] = []
    parents = table.parent.tolist()
    for element, (tag, parent) in enumerate(zip(table.tags, parents, strict=True)):
        box_of.append(element if tag in _BOXES else -1 if parent < 0 else box_of[parent])
        whole = tag in _LISTS or tag == "table"
        whole_of.append(element if whole else -1 if parent < 0 else whole_of[parent])
        direct.append(element if whole else -1 if parent < 0 or tag in _BOXES else direct[parent])
    arranging = _arranging(table, box_of, whole_of)
    found: set[int] = set()
    for element in wanted:
        tag = table.tags[element]
        around = direct[parents[element]] if parents[element] >= 0 else -1
        if tag in _LISTS or tag == "table":
            drop = element in arranging
        elif tag in ("li", "dt", "dd"):
            drop = around in arranging or (around >= 0 and table.tags[around] == "table")
        elif tag in ("td", "th", "tr", "caption"):
            drop = around < 0 or around in arranging or table.tags[around] != "table"
        else:
            drop = False
        if not drop:
            found.add(element)
    return frozenset(found)


def _arranging(table: BlockTable, box_of: list[int], whole_of: list[int]) -> set[int]:
    """Lists and tables that only lay the page out."""
    blocks: dict[int, int] = {}
    chars: dict[int, int] = {}
    found: set[int] = set()
    code_tables: set[int] = set()
    for container, text in zip(table.container.tolist(), table.text, strict=True):
        box = box_of[container]
        if box >= 0:
            blocks[box] = blocks.get(box, 0) + 1
            chars[box] = chars.get(box, 0) + len(text)
        # A heading within an item makes a card of it.
        if table.tags[container] in _HEADINGS and whole_of[container] >= 0:
            found.add(whole_of[container])
        # Code beside its line numbers.
        if table.tags[container] == "pre" and box >= 0 and table.tags[box] in ("td", "th"):
            code_tables.add(whole_of[container])
    cells: dict[int, int] = {}
    for box, count in blocks.items():
        around = whole_of[box]
        if around < 0:
            continue
        if table.tags[around] == "table":
            cells[around] = cells.get(around, 0) + 1
            if count > 1 and chars[box] > MAX_BOX_CHARS:
                found.add(around)
        elif count > _MAX_ITEM_BLOCKS and chars[box] > _MAX_ITEM_CHARS:
            found.add(around)
    found |= code_tables - _with_several_rows(table, code_tables)
    for element in (i for i, tag in enumerate(table.tags) if tag == "table"):
        if cells.get(element, 0) < 2 or table.attributes[element].get("role") in ("presentation", "none"):
            found.add(element)
        # A table around another one arranges it.
        around = whole_of[int(table.parent[element])] if table.parent[element] >= 0 else -1
        if around >= 0 and table.tags[around] == "table":
            found.add(around)
    return found


def _with_several_rows(table: BlockTable, tables: set[int]) -> set[int]:
    if not tables:
        return set()
    rows: Counter[int] = Counter()
    for row, tag in enumerate(table.tags):
        if tag == "tr":
            parent = int(table.parent[row])
            rows[parent if table.tags[parent] == "table" else int(table.parent[parent])] += 1
    return {element for element in tables if rows[element] > 1}


def _tex_of_scripts(table: BlockTable) -> dict[int, str]:
    wanted = {
        i
        for i, tag in enumerate(table.tags)
        if tag == "script" and _TEX_SCRIPT.match(table.attributes[i].get("type", ""))
    }
    if not wanted:
        return {}
    scripts = (i for i, tag in enumerate(table.tags) if tag == "script")
    elements = table.page.root.iter("script")
    return {i: e.text or "" for i, e in zip(scripts, elements, strict=True) if i in wanted}
