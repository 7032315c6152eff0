"""Boosted decision trees as flat arrays, applied with numpy alone.

Labelling pages needs neither scikit-learn nor anything that can run code from a model file: an ensemble is
ten arrays, checked when it is made, so that no array a file may hold can send the walk out of bounds or
around a cycle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boilerplate.errors import ModelError, UsageError
from boilerplate.model.bitvectors import BitVectorTrees

__all__ = ["MAX_DEPTH", "MAX_FEATURES", "MAX_NODES", "MAX_OUTPUTS", "TreeEnsemble", "softmax"]

MAX_NODES = 5_000_000
MAX_DEPTH = 64
MAX_FEATURES = 1_000_000
MAX_OUTPUTS = 1_000

# A lane is one row in one tree; this many walk together.  Fewer pay for more calls of numpy (8,192 lanes:
# half as long again), more only for memory: 2 MB as it is.
_LANES = 32_768

_NODE_DTYPES: dict[str, type[np.generic]] = {
    "feature": np.int32,
    "threshold": np.float32,
    "left": np.int32,
    "right": np.int32,
    "missing_left": np.bool_,
    "value": np.float32,
}
_TREE_DTYPES: dict[str, type[np.generic]] = {"root": np.int32, "output": np.int32}
_DTYPES: dict[str, type[np.generic]] = {**_NODE_DTYPES, **_TREE_DTYPES, "baseline": np.float64}


@dataclass(frozen=True, eq=False)
class TreeEnsemble:
    """Trees whose leaves add up to one margin per output.

    The nodes of a tree are contiguous, its root comes first and every child after its parent.  The
    constructor calls `validate`, so an ensemble that exists can be applied.  The arrays are kept, not
    copied: do not change them.

    Parameters
    ----------
    feature : ndarray of int32, shape (n_nodes,)
        Feature tested by an inner node; 0 in a leaf.
    threshold : ndarray of float32, shape (n_nodes,)
        A row goes left when its feature is at most this; 0 in a leaf.  Infinite thresholds are allowed:
        with +inf only missing values can go right.
    left, right : ndarray of int32, shape (n_nodes,)
        Index of the children; a leaf points to itself.
    missing_left : ndarray of bool, shape (n_nodes,)
        Whether NaN goes left.
    value : ndarray of float32, shape (n_nodes,)
        What a leaf adds to the margin; for an inner node the value expected below it, which only
        attribution uses.
    root : ndarray of int32, shape (n_trees,)
        Index of the first node of each tree, increasing.
    output : ndarray of int32, shape (n_trees,)
        The output that each tree adds to.
    baseline : ndarray of float64, shape (n_outputs,)
        Margin before the first tree.
    n_features : int
        Number of columns of a feature matrix.

    Raises
    ------
    ModelError
        If the arrays do not describe such trees.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float32]
    root: NDArray[np.int32]
    output: NDArray[np.int32]
    baseline: NDArray[np.float64]
    n_features: int

    def __post_init__(self) -> None:
        self.validate()

    def __getstate__(self) -> dict[str, Any]:
        # What is derived is quickly made again; worker processes need not be sent it.
        return {name: value for name, value in self.__dict__.items() if name not in ("_table", "_bit_vectors")}

    @property
    def n_outputs(self) -> int:
        """Number of margins per row; 1 for two classes."""
        return len(self.baseline)

    @property
    def n_trees(self) -> int:
        """Number of trees, over all outputs."""
        return len(self.root)

    @property
    def expected(self) -> NDArray[np.float64]:
        """Margins before any feature is looked at: the baseline plus the expected values of the roots.

        Returns
        -------
        ndarray of float64, shape (n_outputs,)
        """
        roots = self.value[self.root].astype(np.float64)
        return self.baseline + np.bincount(self.output, weights=roots, minlength=self.n_outputs)

    def margins(self, X: ArrayLike) -> NDArray[np.float64]:
        """Sum of the leaves that each row reaches.

        The margins of a row do not depend, not even in their last bit, on the rows it comes with.

        Parameters
        ----------
        X : array-like, shape (n_rows, n_features)
            Features, read as float32; NaN means missing.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_outputs)

        Raises
        ------
        UsageError
            If `X` is not a numeric matrix with `n_features` columns.
        """
        return np.ascontiguousarray(self._bit_vectors.margins(self._matrix(X).T).T)

    def probabilities(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probability of each class: the logistic function of one margin, the softmax of several.

        Parameters
        ----------
        X : array-like, shape (n_rows, n_features)
            Features, read as float32; NaN means missing.

        Returns
        -------
        ndarray of float64, shape (n_rows, max(2, n_outputs))
            Rows sum to 1.

        Raises
        ------
        UsageError
            If `X` is not a numeric matrix with `n_features` columns.
        """
        return softmax(self.margins(X))

    def path_contributions(self, X: ArrayLike) -> NDArray[np.float64]:
        """What each feature adds to the margins, by Saabas' path attribution.

        Along the path of a row every test moves the expected value from a node to its child; the difference
        counts for the feature tested.  Summed over the features and added to `expected`, the contributions
        are the margins.

        Parameters
        ----------
        X : array-like, shape (n_rows, n_features)
            Features, read as float32; NaN means missing.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_features, n_outputs)
            Dense: pass only the rows to be explained.

        Raises
        ------
        UsageError
            If `X` is not a numeric matrix with `n_features` columns.
        """
        matrix = self._matrix(X)
        contributions = np.zeros((len(matrix), self.n_features, self.n_outputs))
        lanes = _Lanes(self._table, self._block_rows(matrix))
        for start in range(0, len(matrix), lanes.n_rows):
            block = matrix[start : start + lanes.n_rows]
            lanes.contribute(block, contributions[start : start + len(block)])
        return contributions

    @classmethod
    def joined(cls, ensembles: Sequence[TreeEnsemble]) -> TreeEnsemble:
        """Ensembles that look at the same features as one, whose outputs are theirs one after the other.

        What they have in common is then looked at once.
        """
        parts: dict[str, list[NDArray[Any]]] = {name: [] for name in _DTYPES}
        nodes = outputs = 0
        for trees in ensembles:
            shifts = {"left": nodes, "right": nodes, "root": nodes, "output": outputs}
            for name in _DTYPES:
                parts[name].append(getattr(trees, name) + shifts[name] if name in shifts else getattr(trees, name))
            nodes += len(trees.value)
            outputs += trees.n_outputs
        arrays = {name: np.concatenate(part).astype(_DTYPES[name]) for name, part in parts.items()}
        return cls(**arrays, n_features=ensembles[0].n_features)

    def to_arrays(self, prefix: str) -> dict[str, NDArray[Any]]:
        """Arrays for a model file, their names starting with `prefix`.

        Parameters
        ----------
        prefix : str
            Tells this ensemble from others in the same file, such as ``"blocks."``.

        Returns
        -------
        dict of str to ndarray
            The array fields, and ``n_features`` as an int32 array of shape (1,).
        """
        arrays: dict[str, NDArray[Any]] = {prefix + name: getattr(self, name) for name in _DTYPES}
        arrays[prefix + "n_features"] = np.array([self.n_features], dtype=np.int32)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], prefix: str) -> TreeEnsemble:
        """Undo `to_arrays`.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            May hold other arrays too.
        prefix : str
            As given to `to_arrays`.

        Returns
        -------
        TreeEnsemble

        Raises
        ------
        ModelError
            If an array is absent, or they do not describe an ensemble.
        """
        absent = [name for name in (*_DTYPES, "n_features") if prefix + name not in arrays]
        _require(not absent, f"the array {prefix}{absent[0] if absent else ''} is absent")
        width = arrays[prefix + "n_features"]
        _require(
            isinstance(width, np.ndarray) and width.dtype == np.int32 and width.shape == (1,),
            f"{prefix}n_features is not a single 32-bit integer",
        )
        return cls(**{name: arrays[prefix + name] for name in _DTYPES}, n_features=int(width[0]))

    def validate(self) -> None:
        """Check everything that applying the trees relies on; the constructor does so already.

        Raises
        ------
        ModelError
            Naming what is wrong: a type, a shape, an index out of range, a child shared or before its
            parent, a value that is not finite, or a limit exceeded.
        """
        self._check_arrays()
        _require(0 < self.n_features <= MAX_FEATURES, f"the number of features is not in 1..{MAX_FEATURES}")
        _require(0 < self.n_outputs <= MAX_OUTPUTS, f"the number of outputs is not in 1..{MAX_OUTPUTS}")
        _require(len(self.value) <= MAX_NODES, f"there are more than {MAX_NODES} nodes")
        _require(self.n_trees > 0, "there is no tree")
        _require(
            # Compared, not subtracted: differences of 32-bit integers can wrap.
            self.root[0] == 0 and self.root[-1] < len(self.value) and bool(np.all(self.root[1:] > self.root[:-1])),
            "the roots do not increase from 0 within the nodes",
        )
        _require(_within(self.output, self.n_outputs), "a tree adds to an output that does not exist")
        _require(_within(self.feature, self.n_features), "a node tests a feature that does not exist")
        _require(bool(np.isfinite(self.value).all()), "the value of a node is not finite")
        _require(bool(np.isfinite(self.baseline).all()), "the baseline is not finite")
        _require(not np.isnan(self.threshold).any(), "a threshold is not a number")
        self._check_shape_of_trees()

    def _check_arrays(self) -> None:
        for name, dtype in _DTYPES.items():
            array = getattr(self, name)
            _require(
                isinstance(array, np.ndarray) and array.dtype == dtype and array.ndim == 1,
                f"{name} is not a row of {np.dtype(dtype).name}",
            )
        for names in (_NODE_DTYPES, _TREE_DTYPES):
            lengths = {len(getattr(self, name)) for name in names}
            _require(len(lengths) == 1, f"{', '.join(names)} differ in length")

    def _check_shape_of_trees(self) -> None:
        n_nodes = len(self.value)
        own = np.arange(n_nodes, dtype=np.int32)
        end = np.repeat(np.append(self.root[1:], n_nodes), np.diff(self.root, append=n_nodes))
        inner = self.left != own
        _require(bool(np.all(inner == (self.right != own))), "a node has one child only")
        children = np.concatenate([self.left[inner], self.right[inner]])
        _require(bool(np.all(children > np.tile(own[inner], 2))), "a child does not come after its parent")
        _require(bool(np.all(children < np.tile(end[inner], 2))), "a child lies outside its tree")
        parents = np.bincount(children, minlength=n_nodes)
        parents[self.root] += 1
        _require(bool(np.all(parents == 1)), "a node other than a root does not have exactly one parent")
        level = self.root[inner[self.root]]
        for _ in range(MAX_DEPTH):
            level = np.concatenate([self.left[level], self.right[level]])
            level = level[inner[level]]
        _require(not level.size, f"a tree is deeper than {MAX_DEPTH}")

    @cached_property
    def _bit_vectors(self) -> BitVectorTrees:
        return BitVectorTrees.build(self)

    @cached_property
    def _table(self) -> _WalkTable:
        return _WalkTable.build(self)

    def _matrix(self, X: ArrayLike) -> NDArray[np.float32]:
        try:
            with np.errstate(over="ignore"):  # a float64 beyond float32 is as good as infinite
                matrix = np.asarray(X, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise UsageError(f"The features cannot be read as a matrix of numbers: {error}.") from error
        if matrix.ndim != 2 or matrix.shape[1] != self.n_features:
            raise UsageError(
                f"The features have shape {matrix.shape}, but the model takes a matrix with {self.n_features} columns."
            )
        return matrix

    def _block_rows(self, matrix: NDArray[np.float32]) -> int:
        # Counting features too bounds the copies of rows that few trees look at.
        return max(1, min(len(matrix), _LANES // max(self.n_trees, self.n_features)))


@dataclass(frozen=True, eq=False)
class _WalkTable:
    """The nodes rearranged so that one step of all lanes is four gathers and a comparison, without branches.

    - Siblings are neighbours, the right one first: the next node is ``child + (x <= threshold)``, one gather.
    - A leaf has itself as child and NaN as threshold, so that a lane which arrived stays without being
      masked.
    - Rows are widened to ``[X, X with -inf for NaN]`` and nodes that send NaN left test the second half: a
      NaN in the first half fails every comparison and goes right by itself.
    - Indices are stored as intp, the type that `take` converts others to.

    With a node packed into one integer the walk was 3 % faster, which did not seem worth its limits.
    Deciding all nodes first and then walking took several times as long; a bit vector of the reachable
    leaves per tree (QuickScorer) a quarter longer, and it is limited to 64 leaves.
    """

    column: NDArray[np.intp]  # (n_nodes,) column of the widened row
    threshold: NDArray[np.float32]  # (n_nodes,)
    child: NDArray[np.intp]  # (n_nodes,) the right child
    inner: NDArray[np.bool_]  # (n_nodes,)
    value: NDArray[np.float64]  # (n_nodes,)
    root: NDArray[np.intp]  # (n_trees,) sorted by output
    output: NDArray[np.intp]  # (n_trees,) increasing
    bounds: NDArray[np.intp]  # (n_outputs + 1,) where the trees of each output begin
    n_features: int

    @classmethod
    def build(cls, trees: TreeEnsemble) -> _WalkTable:
        n_nodes = len(trees.value)
        inner = trees.left != np.arange(n_nodes)
        parent = np.flatnonzero(inner)
        tree = np.searchsorted(trees.root, parent, side="right") - 1
        # A tree of i inner nodes has 2i + 1 nodes. So the n-th inner node of all, in tree t, has its
        # children at 2n + t + 1 when each tree keeps its place and fills it with its root followed by
        # pairs.
        pair = 2 * np.arange(len(parent)) + tree + 1
        slot = np.arange(n_nodes)
        slot[trees.right[parent]] = pair
        slot[trees.left[parent]] = pair + 1

        column = np.zeros(n_nodes, dtype=np.intp)
        column[slot[parent]] = trees.feature[parent] + trees.n_features * trees.missing_left[parent]
        threshold = np.full(n_nodes, np.nan, dtype=np.float32)
        threshold[slot[parent]] = trees.threshold[parent]
        child = np.arange(n_nodes)
        child[slot[parent]] = pair
        value = np.empty(n_nodes)
        value[slot] = trees.value
        is_inner = np.empty(n_nodes, dtype=np.bool_)
        is_inner[slot] = inner
        order = np.argsort(trees.output, kind="stable")
        output = trees.output[order].astype(np.intp)
        return cls(
            column=column,
            threshold=threshold,
            child=child,
            inner=is_inner,
            value=value,
            root=trees.root[order].astype(np.intp),
            output=output,
            bounds=np.searchsorted(output, np.arange(trees.n_outputs + 1)),
            n_features=trees.n_features,
        )


class _Lanes:
    """Rows on their way through trees, and the memory for it.

    Lanes run row by row, so that the features of a row stay in the fastest cache; tree by tree was no
    faster and needs a transpose.  All memory is allocated once: 200 rows through 300 trees of 31 leaves
    take 2.0 ms so, and from 2.6 to 3.6 ms, depending on the state of the heap, when every level allocates
    its own.

    Parameters
    ----------
    table : _WalkTable
    n_rows : int
        Most rows of a block.
    """

    def __init__(self, table: _WalkTable, n_rows: int) -> None:
        size = n_rows * len(table.root)
        self.n_rows = n_rows
        self._table = table
        self._count = 0  # lanes that have not been dropped: the used part of the arrays
        self._cells = np.empty(0, dtype=np.float32)  # of the widened rows
        self._lane, self._first, self._node, self._index, self._spare = np.empty((5, size), dtype=np.intp)
        self._x, self._threshold = np.empty((2, size), dtype=np.float32)
        self._flag = np.empty(size, dtype=np.bool_)

    def contribute(self, block: NDArray[np.float32], totals: NDArray[np.float64]) -> None:
        """Add the path contributions of a block to `totals`, contiguous, (n_rows, n_features, n_outputs)."""
        table = self._table
        flat = totals.reshape(-1)
        _, n_features, n_outputs = totals.shape
        rows = np.arange(len(block))[:, np.newaxis] * (n_features * n_outputs)
        base = (rows + table.output).ravel()  # by lane: where in `flat` its row and output begin
        self._start(block)
        self._drop_leaves()
        while self._count:
            node = self._node[: self._count]
            tested = table.column.take(node) % n_features
            before = table.value.take(node)
            self._advance()
            place = base.take(self._lane[: self._count]) + tested * n_outputs
            np.add.at(flat, place, table.value.take(node) - before)
            self._drop_leaves()

    def _start(self, block: NDArray[np.float32]) -> None:
        n_rows, n_features = block.shape
        low = np.where(np.isnan(block), np.float32(-np.inf), block)
        self._cells = np.concatenate([block, low], axis=1).ravel()
        n_trees = len(self._table.root)
        self._count = n_rows * n_trees
        self._lane[: self._count] = np.arange(self._count)
        self._node[: self._count].reshape(n_rows, n_trees)[:] = self._table.root
        first = np.arange(n_rows)[:, np.newaxis] * (2 * n_features)
        self._first[: self._count].reshape(n_rows, n_trees)[:] = first

    def _advance(self) -> None:
        """Move every lane down one level, in place."""
        count, table = self._count, self._table
        node, index, left = self._node[:count], self._index[:count], self._flag[:count]
        x, threshold = self._x[:count], self._threshold[:count]
        # All indices are in range: "clip" only makes `take` write to `out` directly.
        table.column.take(node, out=index, mode="clip")
        index += self._first[:count]
        self._cells.take(index, out=x, mode="clip")
        table.threshold.take(node, out=threshold, mode="clip")
        np.less_equal(x, threshold, out=left)
        table.child.take(node, out=index, mode="clip")
        np.add(index, left, out=node)

    def _drop_leaves(self) -> None:
        inner = self._flag[: self._count]
        self._table.inner.take(self._node[: self._count], out=inner, mode="clip")
        moving = np.flatnonzero(inner)
        self._count = len(moving)
        self._lane = self._gather(self._lane, moving)
        self._first = self._gather(self._first, moving)
        self._node = self._gather(self._node, moving)

    def _gather(self, array: NDArray[np.intp], where: NDArray[np.intp]) -> NDArray[np.intp]:
        """Entries of `array` in memory of the same size; `array` becomes the spare memory."""
        kept, self._spare = self._spare, array
        array.take(where, out=kept[: len(where)], mode="clip")
        return kept


def softmax(margins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of classes from their margins; of two classes from the margin of the second.

    Parameters
    ----------
    margins : ndarray of float64, shape (n_rows, n_outputs)

    Returns
    -------
    ndarray of float64, shape (n_rows, max(2, n_outputs))
        Rows sum to 1.
    """
    if margins.shape[1] == 1:
        # Two classes are a softmax in which the first class has margin 0.
        margins = np.concatenate([np.zeros_like(margins), margins], axis=1)
    with np.errstate(over="ignore", under="ignore"):  # margins may lie further apart than floats reach
        weights = np.exp(margins - margins.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _within(array: NDArray[np.int32], end: int) -> bool:
    return bool(np.all((array >= 0) & (array < end)))


def _require(condition: bool | np.bool_, otherwise: str) -> None:
    if not condition:
        raise ModelError(f"The trees of the model cannot be used: {otherwise}. Download the model or train it again.")
