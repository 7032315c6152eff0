"""Boosted trees applied to many rows at once, a bit a row.

Every test of a node is made once for all rows, and its outcome is packed into bits. Which rows reach a node is then a
conjunction of bit vectors, 64 rows an instruction, and the number of the leaf that a row reaches is found bit by bit as
a disjunction. The idea to run trees by bit operations is that of QuickScorer (Lucchese et al. 2015, "QuickScorer: a
fast algorithm to rank documents with additive ensembles of regression trees"), whose bits are the leaves of a tree and
not the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from boilerplate.arrays import distinct

if TYPE_CHECKING:
    from boilerplate.model.trees import TreeEnsemble

__all__ = ["BitVectorTrees"]

#: Rows in a word of bits.
_WORD = 64
#: Rows that are worked on together, and tests: what is known of them then fits the second cache.
_ROWS = 512
_TESTS = 1024


@dataclass(frozen=True, eq=False)
class _Level:
    """Nodes equally far below their roots.

    Attributes
    ----------
    inner : ndarray of intp, shape (n_inner,)
        Which nodes, as places among all nodes level by level, have children.
    test : ndarray of intp, shape (n_inner,)
        What they test. Their left children, then their right ones, are the next level.
    """

    inner: NDArray[np.intp]
    test: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class _Alike:
    """Trees whose leaves are numbered with equally many bits.

    Attributes
    ----------
    leaf : ndarray of intp, shape (2 ** n_bits, n_trees)
        Place of each leaf among all nodes level by level; one past the nodes where a tree has no such leaf.
    value : ndarray of float64, shape (n_trees * 2 ** n_bits,)
        Values of the leaves, tree by tree.
    bounds : ndarray of intp, shape (n_outputs + 1,)
        Where the trees of each output begin.
    """

    leaf: NDArray[np.intp]
    value: NDArray[np.float64]
    bounds: NDArray[np.intp]

    @property
    def n_bits(self) -> int:
        return int(len(self.leaf) - 1).bit_length()


@dataclass(frozen=True, eq=False)
class BitVectorTrees:
    """An ensemble rearranged: distinct tests by feature, nodes by level, trees by their number of leaves.

    Attributes
    ----------
    pieces : list of list of (int, int, int)
        Features, each with tests of it, ``[first, last)``; not many tests together in a piece.
    feature : ndarray of intp, shape (n_tests,)
    threshold : ndarray of float32, shape (n_tests, 1)
    missing_left : ndarray of bool, shape (n_tests, 1)
        Whether NaN passes.
    n_nodes, n_trees : int
    levels : list of _Level
    groups : list of _Alike
    baseline : ndarray of float64, shape (n_outputs,)
    """

    pieces: list[list[tuple[int, int, int]]]
    feature: NDArray[np.intp]
    threshold: NDArray[np.float32]
    missing_left: NDArray[np.bool_]
    n_nodes: int
    n_trees: int
    levels: list[_Level]
    groups: list[_Alike]
    baseline: NDArray[np.float64]

    @classmethod
    def build(cls, trees: TreeEnsemble) -> BitVectorTrees:
        """Rearrange an ensemble, which is valid since it exists."""
        n_nodes = len(trees.value)
        inner = np.flatnonzero(trees.left != np.arange(n_nodes))
        keys = (trees.missing_left[inner], trees.threshold[inner], trees.feature[inner])
        order = np.lexsort(keys)
        new = np.ones(len(inner), dtype=np.bool_)
        for key in keys if len(inner) else ():
            ordered = key[order]
            new[1:] &= ordered[1:] == ordered[:-1]
        new[1:] = ~new[1:]
        test = np.zeros(n_nodes, dtype=np.intp)
        test[inner[order]] = np.cumsum(new) - 1
        tests = inner[order[new]]  # of the nodes with the same test, the first
        feature = trees.feature[tests].astype(np.intp)

        has_children = np.zeros(n_nodes, dtype=np.bool_)
        has_children[inner] = True
        tree = np.searchsorted(trees.root, np.arange(n_nodes), side="right") - 1
        place = np.empty(n_nodes, dtype=np.intp)
        levels: list[_Level] = []
        nodes, offset = trees.root.astype(np.intp), 0
        while len(nodes):
            place[nodes] = offset + np.arange(len(nodes))
            parents = nodes[has_children[nodes]]
            levels.append(_Level(place[parents], test[parents]))
            offset += len(nodes)
            nodes = np.concatenate([trees.left[parents], trees.right[parents]]).astype(np.intp)
        leaves = np.flatnonzero(~has_children)
        return cls(
            pieces=_pieces(feature),
            feature=feature,
            threshold=trees.threshold[tests][:, None],
            missing_left=trees.missing_left[tests][:, None],
            n_nodes=n_nodes,
            n_trees=trees.n_trees,
            levels=levels,
            groups=_group(trees, leaves, tree[leaves], place),
            baseline=trees.baseline,
        )

    def margins(self, columns: NDArray[np.float32]) -> NDArray[np.float64]:
        """Sum of the leaves that each row reaches.

        Parameters
        ----------
        columns : ndarray of float32, shape (n_features, n_rows)
            The features; NaN means missing.

        Returns
        -------
        ndarray of float64, shape (n_outputs, n_rows)
        """
        n_features, n_rows = columns.shape
        result = np.empty((len(self.baseline), n_rows))
        for start in range(0, n_rows, _ROWS):
            block = columns[:, start : start + _ROWS]
            width = block.shape[1]
            # Whole words: so every sum runs over equally shaped arrays, and a row's last bit depends on no other row.
            padded = np.zeros((n_features, -(-width // _WORD) * _WORD), dtype=np.float32)
            padded[:, :width] = block
            result[:, start : start + width] = self._sum_leaves(self._reached(padded))[:, :width]
        return result

    def _reached(self, columns: NDArray[np.float32]) -> NDArray[np.uint64]:
        """Bits of the rows that reach each node, level by level, and none at last; (n_nodes + 1, n_words)."""
        n_rows = columns.shape[1]
        missing = np.isnan(columns)
        some_missing = bool(missing.any())
        bits = np.empty((len(self.feature), n_rows // _WORD), dtype=np.uint64)
        # Memory that stays in the cache from one piece to the next: new memory would cost more than the tests.
        space = np.empty((min(_TESTS, len(self.feature)), n_rows), dtype=np.bool_)
        for spans in self.pieces:
            start, end = spans[0][1], spans[-1][2]
            passes = space[: end - start]
            for feature, first, last in spans:
                np.less_equal(columns[feature], self.threshold[first:last], out=passes[first - start : last - start])
            if some_missing:
                passes |= missing[self.feature[start:end]] & self.missing_left[start:end]
            bits[start:end] = np.packbits(passes.ravel()).view(np.uint64).reshape(end - start, -1)

        reached = np.empty((self.n_nodes + 1, n_rows // _WORD), dtype=np.uint64)
        reached[self.n_nodes] = 0
        reached[: self.n_trees] = np.iinfo(np.uint64).max
        end = self.n_trees
        for level in self.levels:
            width = len(level.inner)
            here, passed = reached.take(level.inner, axis=0), bits.take(level.test, axis=0)
            left, right = reached[end : end + width], reached[end + width : end + 2 * width]
            np.bitwise_and(here, passed, out=left)
            np.bitwise_xor(here, left, out=right)
            end += 2 * width
        return reached

    def _sum_leaves(self, reached: NDArray[np.uint64]) -> NDArray[np.float64]:
        n_rows = reached.shape[1] * _WORD
        sums = np.repeat(self.baseline[:, None], n_rows, axis=1)
        for group in self.groups:
            n_trees = group.leaf.shape[1]
            number = np.zeros((n_trees, n_rows), dtype=np.uint8 if group.n_bits <= 8 else np.uint32)
            rows = reached.take(group.leaf, axis=0)  # (2 ** n_bits, n_trees, n_words)
            for bit in reversed(range(group.n_bits)):
                low, high = rows[: 1 << bit], rows[1 << bit :]
                is_set = np.unpackbits(np.bitwise_or.reduce(high, axis=0).view(np.uint8), axis=-1)
                number |= is_set.astype(number.dtype, copy=False) << number.dtype.type(bit)
                rows = low | high  # the lower bits of a number are those of its rest
            values = group.value.take(number + (np.arange(n_trees)[:, None] << group.n_bits))
            for output, (first, last) in enumerate(zip(group.bounds[:-1], group.bounds[1:], strict=True)):
                if last > first:
                    sums[output] += values[first:last].sum(axis=0)
        return sums


def _pieces(feature: NDArray[np.intp]) -> list[list[tuple[int, int, int]]]:
    """Tests that are sorted by feature, in pieces of at most `_TESTS`."""
    cuts = np.flatnonzero(np.diff(feature, prepend=-1))
    bounds = distinct(np.concatenate([cuts, [len(feature)], np.arange(0, len(feature), _TESTS)]))
    pieces: list[list[tuple[int, int, int]]] = []
    room = 0
    for first, last in pairwise(bounds.tolist()):
        if room < last - first:
            pieces.append([])
            room = _TESTS
        pieces[-1].append((int(feature[first]), first, last))
        room -= last - first
    return pieces


def _group(
    trees: TreeEnsemble, leaves: NDArray[np.intp], tree: NDArray[np.intp], place: NDArray[np.intp]
) -> list[_Alike]:
    """Trees by the bits that their leaves' numbers take, so that no table is much larger than the trees in it."""
    sizes = np.bincount(tree, minlength=trees.n_trees)
    number = np.arange(len(leaves)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    bits = np.ceil(np.log2(sizes)).astype(np.intp)
    groups = []
    for width in distinct(bits).tolist():
        members = np.flatnonzero(bits == width)
        members = members[np.argsort(trees.output[members], kind="stable")]
        column = np.full(trees.n_trees, -1, dtype=np.intp)
        column[members] = np.arange(len(members))
        own = np.flatnonzero(column[tree] >= 0)
        leaf = np.full((1 << width, len(members)), len(place), dtype=np.intp)
        leaf[number[own], column[tree[own]]] = place[leaves[own]]
        value = np.zeros((len(members), 1 << width))
        value[column[tree[own]], number[own]] = trees.value[leaves[own]]
        bounds = np.searchsorted(trees.output[members], np.arange(trees.n_outputs + 1))
        groups.append(_Alike(leaf, value.ravel(), bounds))
    return groups
