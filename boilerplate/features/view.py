"""What several groups of features need of a page, computed once: flags of elements, sums over subtrees."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from boilerplate.arrays import mixed
from boilerplate.blocks import BlockTable
from boilerplate.features.characters import CharacterCounts, count_characters

__all__ = ["FloatArray", "PageView", "only_wanted"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Levels of ancestors above a block's container that features look at.
LEVELS = (1, 2, 3, 4, 6)
#: Odd, so that no power of it is zero.
_PATH_BASE = np.uint64(0x9E3779B97F4A7C15)


def only_wanted(features: Mapping[str, Callable[[], FloatArray]], wanted: Collection[str]) -> dict[str, FloatArray]:
    """Make the features that are wanted, of functions that make one each; the others take no time."""
    return {name: make() for name, make in features.items() if name in wanted}


@dataclass(frozen=True)
class PageView:
    """A block table with the derived arrays that features share; each is computed when first needed."""

    table: BlockTable

    def __len__(self) -> int:
        return len(self.table)

    # --- blocks

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
        return np.array([len("".join(text.split())) for text in self.table.node_text], dtype=np.float64)

    def chars_of_nodes(self, nodes: BoolArray) -> FloatArray:
        """Characters per block that stand in the given text nodes, shape (n_blocks,)."""
        use = nodes & (self.table.node_block >= 0)
        chars: FloatArray = np.bincount(
            self.table.node_block[use], weights=self.node_chars[use], minlength=len(self)
        ).astype(np.float64)  # without a text node the weights are empty, and the counts whole numbers
        return chars

    @cached_property
    def link_chars(self) -> FloatArray:
        """Characters of each block that stand in a link, shape (n_blocks,)."""
        return self.chars_of_nodes(self.in_link[self.table.node_owner])

    @cached_property
    def sentence_marks(self) -> FloatArray:
        """Marks that end a sentence, per block, shape (n_blocks,)."""
        return self.characters.count("sentence")

    # --- elements

    @property
    def tag_codes(self) -> IntArray:
        """A number for each element's tag, equal for equal tags of this page, shape (n_elements,)."""
        return self.table.tag_codes

    def where_tag(self, matches: Callable[[str], bool]) -> BoolArray:
        """Which elements have a tag that the predicate accepts, shape (n_elements,)."""
        accepted = np.array([matches(name) for name in self.table.tag_names], dtype=np.bool_)
        return accepted[self.tag_codes]

    def has_tags(self, groups: Sequence[Collection[str]]) -> BoolArray:
        """Which elements have one of the tags, for several groups of tags, shape (n_groups, n_elements)."""
        names = self.table.tag_names
        wanted = np.array([[name in tags for name in names] for tags in groups], dtype=np.bool_)
        return wanted.reshape(len(groups), len(names))[:, self.tag_codes]

    @cached_property
    def heading_levels(self) -> FloatArray:
        """Level 1 to 6 of blocks that are or stand in a heading, else 0, shape (n_blocks,)."""
        ranks = {f"h{level}": float(level) for level in range(1, 7)}
        levels = np.array([ranks.get(name, 0.0) for name in self.table.tag_names])[self.tag_codes]
        # Of headings in each other the lowest rank counts.
        return self.inherited(levels, max, missing=0.0)[self.table.inner]

    def has_tag(self, *tags: str) -> BoolArray:
        """Which elements have one of the tags, shape (n_elements,)."""
        wanted = np.array([name in tags for name in self.table.tag_names], dtype=np.bool_)
        return wanted[self.tag_codes]

    def within(self, elements: BoolArray) -> BoolArray:
        """Which elements are, or lie in, one of the given elements, shape (n_elements,).

        Several sets of elements may be given at once, shape (n_sets, n_elements); so has the result.
        """
        # An element begins after those it lies in, so it lies in one if an earlier one has not ended yet.
        furthest: IntArray = np.maximum.accumulate(np.where(elements, self.table.end, 0), axis=-1)
        return furthest > np.arange(furthest.shape[-1])

    def enclosing(self, elements: BoolArray) -> FloatArray:
        """How many of the given elements hold each element, itself included, shape (n_elements,)."""
        ends = np.bincount(self.table.end[elements], minlength=len(elements) + 1)[:-1]
        return np.cumsum(elements.astype(np.int64) - ends).astype(np.float64)

    def innermost(self, elements: Sequence[int] | IntArray) -> IntArray:
        """The innermost of the given elements that each element is or lies in; see `BlockTable.innermost`."""
        return self.table.innermost(elements)

    def inherited(self, values: FloatArray, combine: Callable[[float, float], float], *, missing: float) -> FloatArray:
        """Values of elements handed down to what lies in them.

        Parameters
        ----------
        values : ndarray of float64, shape (n_elements,)
            Only positive values are handed down.
        combine : callable
            Makes one value of two where elements with a value lie in each other, such as `min`.
        missing : float
            The value of elements that nothing is handed down to.

        Returns
        -------
        ndarray of float64, shape (n_elements,)
        """
        given = np.flatnonzero(values > 0)
        nearest = self.innermost(given)
        combined = dict(zip(given.tolist(), values[given].tolist(), strict=True))
        for element, above in zip(given.tolist(), nearest[self.parent[given]].tolist(), strict=True):
            if above >= 0 and above != element:
                combined[element] = combine(combined[element], combined[above])
        result = np.full(len(values) + 1, missing)  # the last place is what -1 refers to
        result[given] = list(combined.values())
        return result[nearest]

    @cached_property
    def in_link(self) -> BoolArray:
        """Which elements are links or lie in one, shape (n_elements,)."""
        return self.within(self.is_link)

    @cached_property
    def is_link(self) -> BoolArray:
        """Which elements are links, shape (n_elements,)."""
        return self.has_tag("a") & self.has_attribute("href")

    @cached_property
    def attribute_names(self) -> tuple[dict[str, int], IntArray, IntArray]:
        """A number for each name of an attribute; of all attributes of all elements, the number and the element."""
        attributes = self.table.attributes
        names = list(chain.from_iterable(attributes))
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        counts = np.fromiter(map(len, attributes), dtype=np.int64, count=len(attributes))
        owners = np.repeat(np.arange(len(attributes)), counts)
        return numbers, np.fromiter(map(numbers.__getitem__, names), dtype=np.int64, count=len(names)), owners

    @cached_property
    def attribute_values(self) -> list[str]:
        """Values of all attributes of all elements, as `attribute_names` has them."""
        return list(chain.from_iterable(map(dict.values, self.table.attributes)))

    def _places(self, name: str) -> IntArray:
        """Which of all attributes of all elements are called so, ascending."""
        numbers, of_attribute, _ = self.attribute_names
        number = numbers.get(name)
        return np.zeros(0, dtype=np.int64) if number is None else np.flatnonzero(of_attribute == number)

    def having(self, attribute: str) -> list[tuple[int, str]]:
        """Elements that have the attribute, ascending, and its value."""
        places = self._places(attribute)
        owners = self.attribute_names[2][places].tolist()
        return list(zip(owners, map(self.attribute_values.__getitem__, places.tolist()), strict=True))

    def has_attribute(self, *names: str) -> BoolArray:
        """Which elements have one of the attributes, shape (n_elements,)."""
        result = np.zeros(self.table.n_elements, dtype=np.bool_)
        for name in names:
            result[self.attribute_names[2][self._places(name)]] = True
        return result

    @cached_property
    def element_blocks(self) -> tuple[IntArray, IntArray]:
        """Blocks of each element's subtree as intervals ``[first, last)``, each of shape (n_elements,)."""
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

    @cached_property
    def subtree_chars(self) -> FloatArray:
        """Characters of the blocks of each element's subtree, shape (n_elements,)."""
        return self.subtree_sum(self.chars)

    def subtree_count(self, elements: BoolArray) -> FloatArray:
        """Number of the given elements in each element's subtree, itself included, shape (n_elements,)."""
        total = self.running(elements)
        return total[self.table.end] - total[:-1]

    @cached_property
    def signature(self) -> IntArray:
        """A number for each element's tag and class, equal for equal ones, shape (n_elements,)."""
        owner = self.attribute_names[2]
        places = self._places("class")
        values = list(map(self.attribute_values.__getitem__, places.tolist()))
        numbers = {value: number for number, value in enumerate(dict.fromkeys(["", *values]))}
        of_class = np.zeros(self.table.n_elements, dtype=np.int64)
        of_class[owner[places]] = np.fromiter(map(numbers.__getitem__, values), dtype=np.int64, count=len(values))
        return self.tag_codes * len(numbers) + of_class

    @cached_property
    def path_group(self) -> IntArray:
        """A number for each block's path of tags and classes from the root, from 0 on, shape (n_blocks,)."""
        return self._grouped(self._paths[1])

    @cached_property
    def tag_group(self) -> IntArray:
        """A number for each block's path of tags from the root, from 0 on, shape (n_blocks,)."""
        return self._grouped(self._paths[0])

    def _grouped(self, of_element: NDArray[np.uint64]) -> IntArray:
        _, group = np.unique(of_element[self.table.inner], return_inverse=True)
        return group.astype(np.int64)

    @cached_property
    def _paths(self) -> NDArray[np.uint64]:
        """Hashes of each element's path from the root, of tags, and of tags and classes, shape (2, n_elements).

        As the hash of a text is made of its characters', these are sums of the hashes of steps times powers of a base.
        Each time around, the steps known of an element are joined with as many above them.
        """
        n = self.table.n_elements
        total = np.zeros((2, n + 1), dtype=np.uint64)  # above the root there is nothing
        total[:, :n] = mixed(np.stack([self.tag_codes, self.signature]))
        above = np.append(np.where(self.table.parent >= 0, self.table.parent, n), n).astype(np.int64)
        power = _PATH_BASE
        with np.errstate(over="ignore"):
            while (above < n).any():
                total += power * total[:, above]
                above, power = above[above], power * power
        return total[:, :n]

    # --- a block's ancestors

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
        """The outermost box around each block with less than a share of the page's text, shape (n_blocks,).

        A container that holds more than that itself stands for itself.
        """
        small = self.subtree_chars < share * max(float(self.chars.sum()), 1.0)
        # What lies in a small element is small: the outermost ones do not overlap and hold all the others.
        outermost = small & ~small[self.parent]
        outermost[0] = small[0]
        order = np.arange(len(small), dtype=np.int64)
        around: IntArray = np.maximum.accumulate(np.where(outermost, order, 0))
        return np.where(small, around, order)[self.table.container]
