"""A tree read once, into flat tables of its elements and of its text nodes, both in document order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from boilerplate.arrays import BoolArray, Int32Array
from boilerplate.tags import CODE_TAGS, INLINE_TAGS, PARAGRAPH_TAGS, SKIPPED_TAGS

__all__ = ["Elements", "Texts", "read_tree"]

#: Spaces that are characters of the text rather than layout of the source.
_KEPT_SPACE = re.compile(r"[^\S\x00-\x9f\u2028\u2029]")
_NO_ATTRIBUTES: dict[str, str] = {}
#: Names and values of an element's attributes; of parsed pages they are text.
_attribute_items = cast("Callable[[etree._Element], list[tuple[str, str]]]", etree._Element.items)
_HAS_WORD = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Texts:
    """The text nodes of a page that are more than white space, in order.

    Attributes
    ----------
    text : list of str
    owner : ndarray of int32, shape (n_nodes,)
        Element each stands in.
    run : ndarray of int64, shape (n_nodes,)
        Nodes with the same number flow together: no block boundary and no empty line is between them.
    breaks : ndarray of int64, shape (n_nodes,)
        ``<br>`` since the node before.
    gap : list of str
        White space since the node before: "", a space, or another space that is a character of the text.
    has_word : ndarray of bool, shape (n_nodes,)
        Whether there is a letter or digit of any script.
    """

    text: list[str]
    owner: Int32Array
    run: NDArray[np.int64]
    breaks: NDArray[np.int64]
    gap: list[str]
    has_word: BoolArray


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of a page; see `boilerplate.blocks.BlockTable`.

    Attributes
    ----------
    box : ndarray of int32, shape (n_elements,)
        The element itself, or the nearest ancestor at block level.
    code : ndarray of bool, shape (n_elements,)
        Whether code stands in the element, or around it up to its box.
    """

    tags: list[str]
    tag_names: list[str]
    tag_codes: NDArray[np.int64]
    attributes: list[dict[str, str]]
    parent: Int32Array
    end: Int32Array
    depth: Int32Array
    inline: BoolArray
    first_node: Int32Array
    last_node: Int32Array
    box: Int32Array
    code: BoolArray


def read_tree(root: etree._Element) -> tuple[Elements, Texts]:
    """Both tables of a tree.

    Notes
    -----
    Every node begins and ends once. Of the ``2 n`` such events, ``2 i - depth`` come before node ``i`` begins, and
    ``2 end - depth - 1`` before it ends; its text follows its beginning, its tail its end. So texts, block boundaries
    and line breaks are put in order without following the tree.
    """
    # A comment or processing instruction is a node with a tail, and a function for a tag.
    nodes = list(root.iter())
    all_tags = [node.tag for node in nodes]
    number: dict[etree._Element | None, int] = dict(zip(nodes, range(len(nodes)), strict=True))
    parents = [-1, *map(number.__getitem__, map(etree._Element.getparent, nodes[1:]))]
    end, depth = _intervals(parents)
    parent = np.array(parents, dtype=np.int32)
    is_element = np.fromiter((tag.__class__ is str for tag in all_tags), dtype=np.bool_, count=len(nodes))

    codes_of = {tag: code for code, tag in enumerate(dict.fromkeys(all_tags))}
    codes = np.fromiter(map(codes_of.__getitem__, all_tags), dtype=np.int64, count=len(nodes))

    def having(tags: frozenset[str]) -> BoolArray:
        return np.array([tag in tags for tag in codes_of], dtype=np.bool_)[codes]

    skipped = having(SKIPPED_TAGS)
    out_of_sight = _strictly_within(skipped, end)
    shown = ~(skipped | out_of_sight)
    custom = np.array([tag.__class__ is str and "-" in tag for tag in codes_of], dtype=np.bool_)[codes]
    inline = having(INLINE_TAGS) | (custom & _strictly_within(having(PARAGRAPH_TAGS) & shown, end))
    is_break = having(frozenset(("br",)))
    borders = shown & is_element & ~inline & ~is_break

    order = np.arange(len(nodes))
    begins, closes = 2 * order - depth, 2 * end - depth - 1
    # The texts of scripts and styles are long and not wanted.
    heads = [(i, text) for i in np.flatnonzero(shown & is_element).tolist() if (text := nodes[i].text)]
    tails = [(i, text) for i in np.flatnonzero(~out_of_sight[1:]).tolist() if (text := nodes[i + 1].tail)]
    with_text = np.array([i for i, _ in heads], dtype=np.int64)
    with_tail = np.array([i for i, _ in tails], dtype=np.int64) + 1
    events = np.concatenate([begins[with_text], closes[with_tail]])
    owners = np.concatenate([with_text, parent[with_tail]])
    pieces = [text for _, text in heads] + [text for _, text in tails]
    in_order = np.argsort(events)
    texts = [pieces[k] for k in in_order.tolist()]
    is_space = np.fromiter(map(str.isspace, texts), dtype=np.bool_, count=len(texts))
    kept = np.flatnonzero(~is_space)
    at = events[in_order][kept]

    passed = np.zeros(2 * len(nodes) + 1, dtype=np.int64)
    passed[begins[borders]] = 1
    passed[closes[borders]] = 1
    lines = np.zeros(2 * len(nodes) + 1, dtype=np.int64)
    lines[begins[is_break & shown]] = 1
    breaks = np.diff(np.cumsum(lines)[at], prepend=0)
    standing = np.zeros(2 * len(nodes) + 1, dtype=np.int64)
    standing[at + 1] = 1
    before = np.cumsum(standing)

    # Comments and the like have no children: taking them out changes the numbers only.
    renumbered = np.append(np.cumsum(is_element) - is_element, int(is_element.sum())).astype(np.int32)
    elements = [node for node, tag in zip(nodes, all_tags, strict=True) if tag.__class__ is str]
    parent = np.where(parent >= 0, renumbered[parent], -1)[is_element].astype(np.int32)
    inline = inline[is_element]
    box, code = _boxes(parent, inline, having(CODE_TAGS)[is_element])
    names = [tag for tag in codes_of if tag.__class__ is str]
    name_codes = np.cumsum([tag.__class__ is str for tag in codes_of]) - 1
    return Elements(
        tags=[tag for tag in all_tags if tag.__class__ is str],
        tag_names=names,
        tag_codes=name_codes[codes[is_element]],
        attributes=[dict(items) if items else _NO_ATTRIBUTES for items in map(_attribute_items, elements)],
        parent=parent,
        end=renumbered[end[is_element]],
        depth=depth[is_element],
        inline=inline,
        first_node=before[begins[is_element]].astype(np.int32),
        last_node=before[closes[is_element]].astype(np.int32),
        box=box,
        code=code,
    ), Texts(
        text=(kept_texts := [texts[k] for k in kept.tolist()]),
        owner=renumbered[owners[in_order][kept]],
        # An empty line: makers of pages use it as the end of a paragraph.
        run=np.cumsum(passed)[at] + np.cumsum(breaks >= 2),
        breaks=breaks,
        gap=_gaps(texts, kept),
        has_word=np.array([found is not None for found in map(_HAS_WORD.search, kept_texts)], dtype=np.bool_),
    )


def _gaps(texts: list[str], kept: NDArray[np.int64]) -> list[str]:
    """What white space stands between each of the kept texts and the one before."""
    between = np.diff(kept, prepend=-1) > 1
    gaps = [" " if some else "" for some in between.tolist()]
    for k in np.flatnonzero(between).tolist():
        for text in texts[(int(kept[k - 1]) + 1 if k else 0) : int(kept[k])]:
            # A no-break space between two elements stays one.
            wider = None if text.isascii() else _KEPT_SPACE.search(text)
            if wider:
                gaps[k] = wider[0]
    return gaps


def _boxes(parent: Int32Array, inline: BoolArray, holds_code: BoolArray) -> tuple[Int32Array, BoolArray]:
    """The element itself or the nearest ancestor at block level, and whether code stands anywhere up to there.

    The steps double: an element looks two levels up, then four, as far as inline elements lie in each other.
    """
    order = np.arange(len(parent), dtype=np.int32)
    box = np.where(inline & (parent >= 0), parent, order)
    code = holds_code
    while True:
        code = code | code[box]
        further = box[box]
        if np.array_equal(further, box):
            return box, code
        box = further


def _intervals(parents: list[int]) -> tuple[Int32Array, Int32Array]:
    """End of each node's descendants and its depth, from the parents of nodes in document order."""
    ends = [len(parents)] * len(parents)
    depths = [0] * len(parents)
    open_: list[int] = []
    for node, parent in enumerate(parents):
        while open_ and open_[-1] != parent:
            ends[open_.pop()] = node
        depths[node] = len(open_)
        open_.append(node)
    return np.array(ends, dtype=np.int32), np.array(depths, dtype=np.int32)


def _strictly_within(flags: BoolArray, end: Int32Array) -> BoolArray:
    """Which nodes lie in one of the flagged nodes, themselves not counted."""
    furthest = np.zeros(len(flags), dtype=np.int32)
    np.maximum.accumulate(np.where(flags, end, 0)[:-1], out=furthest[1:])
    return furthest > np.arange(len(flags))
