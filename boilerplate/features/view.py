"""What several groups of features need of a page, computed once: flags of elements, statistics of blocks and subtrees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from boilerplate.blocks import BlockTable
from boilerplate.features.characters import CharacterCounts, count_characters

__all__ = ["FloatArray", "PageView"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Levels of ancestors above a block's container that features look at.
LEVELS = (1, 2, 3, 4, 6)


@dataclass(frozen=True)
class PageView:
    """A block table with the derived arrays that features share; each is computed when first asked for."""

    table: BlockTable

    def __len__(self) -> int:
        return len(self.table)

    # --- blocks -------------------------------------------------------------------------------------------------

    @cached_property
    def characters(self) -> CharacterCounts:
        """Counts of characters by class, a row a block."""
        return count_characters(self.table.text)

    @cached_property
    def chars(self) -> FloatArray:
        """Characters of each block without white space, shape (n_blocks,)."""
        return self.characters.visible.astype(np.float64)

    @cached_property
    def words(self) -> FloatArray:
        """Words of each block, shape (n_blocks,)."""
        return self.characters.words.astype(np.float64)

    @cached_property
    def node_chars(self) -> FloatArray:
        """Characters of each text node without white space, shape (n_nodes,)."""
        texts = self.table.node_text
        return np.fromiter((len("".join(t.split())) for t in texts), dtype=np.float64, count=len(texts))

    def chars_of_nodes(self, nodes: BoolArray) -> FloatArray:
        """Characters per block that stand in the given text nodes, shape (n_blocks,)."""
        use = nodes & (self.table.node_block >= 0)
        return np.bincount(self.table.node_block[use], weights=self.node_chars[use], minlength=len(self))

    @cached_property
    def link_chars(self) -> FloatArray:
        """Characters of each block that stand in a link, shape (n_blocks,)."""
        return self.chars_of_nodes(self.in_link[self.table.node_owner])

    @cached_property
    def sentence_marks(self) -> FloatArray:
        """Marks that end a sentence, per block, shape (n_blocks,)."""
        return self.characters.count("sentence")

    # --- elements -----------------------------------------------------------------------------------------------

    @cached_property
    def _tag_codes(self) -> tuple[dict[str, int], IntArray]:
        names: dict[str, int] = {}
        tags = self.table.tags
        codes = np.fromiter((names.setdefault(t, len(names)) for t in tags), dtype=np.int64, count=len(tags))
        return names, codes

    @property
    def tag_codes(self) -> IntArray:
        """A number for each element's tag, equal for equal tags of this page, shape (n_elements,)."""
        return self._tag_codes[1]

    def where_tag(self, matches: Callable[[str], bool]) -> BoolArray:
        """Which elements have a tag that the predicate accepts, shape (n_elements,)."""
        names, codes = self._tag_codes
        accepted = np.fromiter((matches(n) for n in names), dtype=np.bool_, count=len(names))
        return accepted[codes] if len(names) else np.zeros(0, dtype=np.bool_)

    def has_tag(self, *tags: str) -> BoolArray:
        """Which elements have one of the tags, shape (n_elements,)."""
        wanted = frozenset(tags)
        return self.where_tag(wanted.__contains__)

    def within(self, elements: BoolArray) -> BoolArray:
        """Which elements are, or lie in, one of the given elements, shape (n_elements,)."""
        return self.table.flag_within(np.flatnonzero(elements))

    @cached_property
    def in_link(self) -> BoolArray:
        """Which elements are links or lie in one, shape (n_elements,)."""
        return self.within(self.has_tag("a") & self.has_attribute("href"))

    def has_attribute(self, name: str) -> BoolArray:
        """Which elements have the attribute, shape (n_elements,)."""
        attributes = self.table.attributes
        return np.fromiter((name in a for a in attributes), dtype=np.bool_, count=len(attributes))

    @cached_property
    def element_blocks(self) -> tuple[IntArray, IntArray]:
        """Blocks of each element's subtree as intervals ``[first, last)`` of the block table, each (n_elements,)."""
        table = self.table
        n = len(self)
        block = table.node_block.astype(np.int64)
        at_or_after = np.append(np.where(block >= 0, block, n), n)
        at_or_after = np.minimum.accumulate(at_or_after[::-1])[::-1]
        before = np.concatenate([[0], np.maximum.accumulate(block + 1)]) if len(block) else np.zeros(1, np.int64)
        first = at_or_after[table.first_node]
        return first, np.maximum(before[table.last_node], first)

    def running(self, values: NDArray[np.generic]) -> FloatArray:
        """Prefix sums with a leading zero, so that an interval's sum is a difference."""
        return np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])

    def subtree_sum(self, block_values: NDArray[np.generic]) -> FloatArray:
        """Sum over the blocks of each element's subtree, shape (n_elements,)."""
        first, last = self.element_blocks
        total = self.running(block_values)
        return total[last] - total[first]

    def subtree_count(self, elements: BoolArray) -> FloatArray:
        """Number of the given elements in each element's subtree, itself included, shape (n_elements,)."""
        total = self.running(elements)
        return total[self.table.end] - total[:-1]

    @cached_property
    def signature(self) -> IntArray:
        """A number for each element's tag and class, equal for equal ones, shape (n_elements,)."""
        seen: dict[tuple[str, str], int] = {}
        return np.fromiter(
            (
                seen.setdefault((tag, a.get("class", "")), len(seen))
                for tag, a in zip(self.table.tags, self.table.attributes, strict=True)
            ),
            dtype=np.int64,
            count=self.table.n_elements,
        )

    @cached_property
    def path_signature(self) -> IntArray:
        """A number for each element's path of tags and classes from the root, shape (n_elements,)."""
        return self._paths(self.signature)

    @cached_property
    def tag_path(self) -> IntArray:
        """A number for each element's path of tags from the root, shape (n_elements,)."""
        return self._paths(self.tag_codes)

    def _paths(self, own: IntArray) -> IntArray:
        seen: dict[tuple[int, int], int] = {}
        paths: list[int] = []
        for parent, code in zip(self.table.parent.tolist(), own.tolist(), strict=True):
            above = paths[parent] if parent >= 0 else -1
            paths.append(seen.setdefault((above, code), len(seen)))
        return np.array(paths, dtype=np.int64)

    # --- a block's ancestors ------------------------------------------------------------------------------------

    @cached_property
    def parent(self) -> IntArray:
        """Parent of each element; the root is its own, shape (n_elements,)."""
        return np.maximum(self.table.parent, 0).astype(np.int64)

    @cached_property
    def level(self) -> dict[int, IntArray]:
        """Ancestors of each block's container by how many levels above it they are, each (n_blocks,)."""
        current = self.table.container.astype(np.int64)
        result = {0: current}
        for step in range(1, max(LEVELS) + 1):
            current = self.parent[current]
            if step in LEVELS:
                result[step] = current
        return result

    def outermost_below(self, share: float) -> IntArray:
        """The outermost ancestor of each block that holds less than a share of the page's text, shape (n_blocks,).

        A block that holds more than that itself stands for itself.
        """
        text = self.subtree_sum(self.chars)
        limit = share * max(float(self.chars.sum()), 1.0)
        # Where each element's chain of small ancestors ends: parents come before children in the table.
        small = text < limit
        top = np.arange(self.table.n_elements, dtype=np.int64)
        parent = self.parent.tolist()
        flags = small.tolist()
        chain = top.tolist()
        for element in range(1, len(chain)):
            above = parent[element]
            if flags[above] and flags[element]:
                chain[element] = chain[above]
        return np.array(chain, dtype=np.int64)[self.table.container]
