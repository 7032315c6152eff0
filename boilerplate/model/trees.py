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
from boilerplate.model.walk import WalkTable

__all__ = ["MAX_DEPTH", "MAX_FEATURES", "MAX_NODES", "MAX_OUTPUTS", "TreeEnsemble", "softmax"]

MAX_NODES = 5_000_000
MAX_DEPTH = 64
MAX_FEATURES = 1_000_000
MAX_OUTPUTS = 1_000

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
        return {name: value for name, value in self.__dict__.items() if name not in ("_walk_table", "_bit_vectors")}

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
        return self._walk_table.contributions(self._matrix(X))

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
    def _walk_table(self) -> WalkTable:
        return WalkTable.build(self)

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
