"""Labelled regions of one page while they are edited: set, clear, accept the model's suggestion, undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate.blocks import BlockTable
from boilerplate.errors import UsageError
from boilerplate.labels import LABELS, UNKNOWN
from boilerplate.words import count_words

__all__ = ["Editor", "History", "block_elements", "fewest_regions", "labels_within"]

#: Steps that can be undone; each keeps the regions of the page as they were.
MAX_UNDO = 1000
#: How much more a word of the text that a step is about counts than a region.
_WORD = 1_000
#: How much more it counts than a word of the text around it.
_MEANT = 100_000

_IntArray = NDArray[np.int8]


def labels_within(table: BlockTable, regions: Mapping[int, int]) -> _IntArray:
    """Label of every element by its nearest labelled ancestor, itself included.

    Parameters
    ----------
    table : BlockTable
    regions : mapping of int to int
        Index into `LABELS` by element.

    Returns
    -------
    ndarray of int8, shape (n_elements,)
        `UNKNOWN` outside every region.
    """
    label = np.full(table.n_elements, UNKNOWN, dtype=np.int8)
    for element in sorted(regions):  # document order: an inner region comes later and overwrites
        label[element : table.end[element]] = regions[element]
    return label


def block_elements(table: BlockTable) -> NDArray[np.int32]:
    """The element to label for each block: the innermost that holds all of the block, if it holds no other.

    Returns
    -------
    ndarray of int32, shape (n_blocks,)
        The block's container where other blocks stand in the same element.
    """
    with_block = table.node_block >= 0
    blocks = table.node_block[with_block]
    starts = np.zeros(len(blocks), dtype=np.int64)
    starts[:1] = 1
    starts[1:] = blocks[1:] != blocks[:-1]
    # Before each text node: how many nodes belong to a block, how many of these begin one.
    position = np.concatenate([[0], np.cumsum(with_block)])
    begun = np.concatenate([[0], np.cumsum(starts)])
    first, last = position[table.first_node[table.inner]], position[table.last_node[table.inner]]
    alone = (begun[last] - begun[first] == 1) & (blocks[first] == np.arange(len(table)))
    return np.where(alone, table.inner, table.container).astype(np.int32)


def fewest_regions(
    table: BlockTable,
    top: int,
    wanted: _IntArray,
    words: NDArray[np.int64],
    *,
    inherited: int = UNKNOWN,
    meant: frozenset[int] = frozenset(),
) -> dict[int, int]:
    """The fewest regions within an element that give each of its text nodes the label wanted for it.

    Parameters
    ----------
    table : BlockTable
    top : int
        The element.
    wanted : ndarray of int8, shape (n_nodes,)
        Index into `LABELS` for each text node of the page; those outside `top`, and nodes that belong to no block, are
        not looked at.
    words : ndarray of int64, shape (n_nodes,)
        How much each text node counts.
    inherited : int
        The label that `top` has from an ancestor. If it has none it gets a region, so that everything within is
        labelled.
    meant : frozenset of int
        Blocks whose words come first where text directly in one element would need two labels, which the format
        cannot say.

    Returns
    -------
    dict of int to int
        Label by element, `top` among them unless it inherits what it needs.

    Notes
    -----
    Dynamic programming over the tree: for each element and each label it may inherit, the least cost of everything
    inside, bottom up; then the choices top down. Linear in the number of elements.
    """
    size = len(LABELS)
    start, stop = top, int(table.end[top])
    cost = [[0] * size for _ in range(stop - start)]
    nodes = slice(int(table.first_node[top]), int(table.last_node[top]))
    columns = (table.node_block[nodes], wanted[nodes], words[nodes], table.node_owner[nodes])
    for block, label, count, owner in zip(*(column.tolist() for column in columns), strict=True):
        if block < 0 or label < 0:
            continue
        weight = _WORD * count * (_MEANT if block in meant else 1)
        own = cost[owner - start]
        for k in range(size):
            if k != label:
                own[k] += weight
    parents = table.parent[start:stop].tolist()
    for index in range(stop - start - 1, 0, -1):  # children before their parents
        below = cost[index]
        best = min(below) + 1
        above = cost[parents[index] - start]
        for k in range(size):
            above[k] += below[k] if below[k] < best else best
    regions: dict[int, int] = {}
    has: list[int] = [UNKNOWN] * (stop - start)
    for index in range(stop - start):
        costs = cost[index]
        label = inherited if index == 0 else has[parents[index] - start]
        best = min(costs)
        if label == UNKNOWN or costs[label] > best + 1:
            label = costs.index(best)
            regions[start + index] = label
        has[index] = label
    return regions


@dataclass(frozen=True, slots=True)
class _Step:
    regions: dict[int, int]
    checked: frozenset[int]


@dataclass(frozen=True, slots=True)
class History:
    """Where an editor stands, with all steps before and after."""

    now: _Step
    before: tuple[_Step, ...]
    after: tuple[_Step, ...]


class Editor:
    """The regions of one page, changed step by step.

    Parameters
    ----------
    table : BlockTable
    regions : mapping of int to int
        Index into `LABELS` by element, as saved before.
    suggestion : ndarray of int8, shape (n_blocks,)
        The model's label for each block.
    checked : iterable of int
        Elements whose labels were found right although the model disagrees.

    Notes
    -----
    A block is *decided* if a region covers it. Whatever is labelled is labelled as a whole: regions inside are
    dropped, so that everything in the selection has the label afterwards. `undo` brings them back.
    """

    def __init__(
        self,
        table: BlockTable,
        regions: Mapping[int, int],
        suggestion: _IntArray,
        checked: frozenset[int] = frozenset(),
    ) -> None:
        self.table = table
        self.suggestion = suggestion
        # As `word_labels` counts, but a block without a word to count can be decided too.
        self._words = np.fromiter((max(count_words(t), 1) for t in table.node_text), np.int64, len(table.node_text))
        self._elements: list[int] = block_elements(table).tolist()
        nodes = np.flatnonzero(table.node_block >= 0)
        self._last_node = np.zeros(len(table), dtype=np.int64)
        self._last_node[table.node_block[nodes]] = nodes  # of several, the last one stays
        self._now = _Step(dict(regions), checked)
        self._before: list[_Step] = []
        self._after: list[_Step] = []

    @property
    def regions(self) -> dict[int, int]:
        """Index into `LABELS` by element, in document order."""
        return dict(sorted(self._now.regions.items()))

    @property
    def checked(self) -> frozenset[int]:
        """Elements whose labels were found right although the model disagrees."""
        return self._now.checked

    @property
    def can_undo(self) -> bool:
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        return bool(self._after)

    def node_labels(self) -> _IntArray:
        """Label of every text node, `UNKNOWN` where none is decided, shape (n_nodes,)."""
        labels: _IntArray = labels_within(self.table, self._now.regions)[self.table.node_owner]
        return labels

    def block_labels(self) -> _IntArray:
        """Label of every block by majority of words, `UNKNOWN` where none is decided, shape (n_blocks,)."""
        return self._majority(self.node_labels())

    def _majority(self, node_labels: _IntArray) -> _IntArray:
        use = (self.table.node_block >= 0) & (node_labels >= 0)
        cells = self.table.node_block[use].astype(np.int64) * len(LABELS) + node_labels[use]
        counts = np.bincount(cells, weights=self._words[use], minlength=len(self.table) * len(LABELS))
        counts = counts.reshape(-1, len(LABELS))
        return np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), UNKNOWN).astype(np.int8)

    def label(self, element: int, label: int) -> str:
        """Give everything in an element one label; the result is a sentence to show, or empty."""
        regions = self._outside(element)
        if self._inherited(regions, element) != label:
            regions[element] = label
        self._do(regions)
        return ""

    def label_block(self, block: int, label: int) -> str:
        """Label one block alone, though other text stands in the same element.

        What else is in the element keeps its label. The format can leave none of it open, so what was undecided there
        is decided as the model suggests.
        """
        top = int(self.table.inner[block])
        wanted, opened = self._wanted()
        wanted[self.table.node_block == block] = label
        regions = self._outside(top)
        inherited = self._inherited(regions, top)
        regions |= fewest_regions(self.table, top, wanted, self._words, inherited=inherited, meant=frozenset([block]))
        beside = self._blocks_of(top) & opened - {block}
        self._do(regions)
        if self.block_labels()[block] != label:
            return "Other text in the same element outweighs it; the format gives both one label."
        if beside:
            return f"{len(beside)} undecided around it took the model's suggestion: they cannot stay open beside it."
        return ""

    def label_blocks(self, first: int, last: int, label: int) -> str:
        """Give all blocks from `first` to `last` one label, in one step; others keep theirs."""
        return self._each(
            first, last, lambda element: self.label(element, label), lambda block: self.label_block(block, label)
        )

    def clear_blocks(self, first: int, last: int) -> str:
        """Drop the labels of all blocks from `first` to `last`, in one step."""
        return self._each(first, last, self.clear, lambda block: self.clear(self.element_of(block)))

    def accept_blocks(self, first: int, last: int) -> str:
        """Decide what is undecided from block `first` to `last` as the model suggests, in one step."""
        opened = self._wanted()[1]
        return self._each(
            first,
            last,
            lambda element: self.accept(element) if self._blocks_of(element) & opened else "",
            lambda block: self.label_block(block, int(self.suggestion[block])) if block in opened else "",
        )

    def _each(self, first: int, last: int, on_element: Callable[[int], str], on_block: Callable[[int], str]) -> str:
        """Deal with a run of blocks by the largest elements that hold nothing else, and take it as one step."""
        start, before = self._now, list(self._before)
        messages = []
        block = first
        while block <= last:
            element, end = self._widest(block, last)
            messages.append(on_block(block) if element is None else on_element(element))
            block = end + 1
        if self._now != start:
            self._before = [*before, start][-MAX_UNDO:]
        return " ".join(dict.fromkeys(m for m in messages if m))

    def _widest(self, block: int, last: int) -> tuple[int | None, int]:
        """The largest element that holds `block` and those that follow, none before it and none after `last`."""
        found: tuple[int | None, int] = (None, block)
        for element in self.table.ancestors(self.element_of(block)):
            blocks = self._blocks_of(element)
            if min(blocks) < block or max(blocks) > last:
                break
            if self._last_node[max(blocks)] >= self.table.last_node[element]:
                continue  # its last block goes on behind it, and would have two labels
            found = (element, max(blocks))
        return found

    def clear(self, element: int) -> str:
        """Drop the labels of an element and of all inside it."""
        regions = self._outside(element)
        self._do(regions)
        inherited = self._inherited(regions, element)
        if inherited != UNKNOWN:
            return f"It now has the label of what it stands in, {LABELS[inherited]}."
        return ""

    def accept(self, element: int) -> str:
        """Decide what is undecided in an element as the model suggests; what is decided stays."""
        wanted, opened = self._wanted()
        if not self._blocks_of(element) & opened:
            return "Nothing in it is undecided."
        regions = self._outside(element)
        self._do(regions | fewest_regions(self.table, element, wanted, self._words))
        return ""

    def accept_all(self) -> str:
        """Decide all that is still undecided on the page as the model suggests."""
        wanted, opened = self._wanted()
        if not opened:
            return "Nothing is undecided."
        # Labels start at <body>, as in other label files, unless there is text outside it.
        tags, parent = self.table.tags, self.table.parent
        bodies = (i for i in range(self.table.n_elements) if tags[i] == "body" and parent[i] == 0)
        top = next((i for i in bodies if opened <= self._blocks_of(i)), 0)
        regions = self._outside(top)
        self._do(regions | fewest_regions(self.table, top, wanted, self._words))
        return ""

    def check(self, element: int) -> str:
        """Note that the label of an element is right although the model disagrees."""
        self._commit(_Step(self._now.regions, self._now.checked | {element}))
        return ""

    def undo(self) -> str:
        """Take the last step back."""
        if not self._before:
            return "There is nothing to undo."
        self._after.append(self._now)
        self._now = self._before.pop()
        return ""

    def redo(self) -> str:
        """Take the last step again that was undone."""
        if not self._after:
            return "There is nothing to redo."
        self._before.append(self._now)
        self._now = self._after.pop()
        return ""

    def history(self) -> History:
        """Everything there is to go back to."""
        return History(self._now, tuple(self._before), tuple(self._after))

    def revert(self, to: History) -> None:
        """Go back to what `history` gave, as when a step could not be saved."""
        self._now, self._before, self._after = to.now, list(to.before), list(to.after)

    def element_of(self, block: int) -> int:
        """The element to label for a block, as `block_elements` gives it."""
        return self._elements[block]

    def _do(self, regions: dict[int, int]) -> None:
        if regions != self._now.regions:
            self._commit(_Step(regions, self._now.checked))

    def _commit(self, step: _Step) -> None:
        self._before.append(self._now)
        del self._before[:-MAX_UNDO]
        self._after.clear()
        self._now = step

    def _outside(self, element: int) -> dict[int, int]:
        """The regions less those at and inside an element."""
        if not 0 <= element < self.table.n_elements:
            raise UsageError("There is no such element on this page. Reload the page.")
        end = int(self.table.end[element])
        return {at: label for at, label in self._now.regions.items() if not element <= at < end}

    def _inherited(self, regions: Mapping[int, int], element: int) -> int:
        above = self.table.ancestors(element)[1:]
        return next((regions[at] for at in above if at in regions), UNKNOWN)

    def _blocks_of(self, element: int) -> set[int]:
        blocks = self.table.node_block[self.table.first_node[element] : self.table.last_node[element]]
        return set(blocks[blocks >= 0].tolist())

    def _wanted(self) -> tuple[_IntArray, set[int]]:
        """A label for each text node, decided or suggested, and the blocks that are undecided."""
        labels = self.node_labels()
        blocks = self.table.node_block
        decided = self._majority(labels)
        fill = (labels == UNKNOWN) & (blocks >= 0)
        if len(self.suggestion):
            labels[fill] = self.suggestion[blocks[fill]]
        return labels, set(np.flatnonzero(decided == UNKNOWN).tolist())
