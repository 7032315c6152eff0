"""From scikit-learn's boosted trees to the arrays this package applies; only training imports this module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boilerplate.errors import ModelError
from boilerplate.model.trees import TreeEnsemble

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

__all__ = ["floor_float32", "from_sklearn"]

# What is read from the nodes, which scikit-learn keeps private and may rename.
_FIELDS = (
    "feature_idx",
    "num_threshold",
    "missing_go_to_left",
    "left",
    "right",
    "is_leaf",
    "is_categorical",
    "value",
    "count",
    "depth",
)


def from_sklearn(classifier: HistGradientBoostingClassifier) -> TreeEnsemble:
    """Copy the trees of a fitted classifier.

    Rows of float32 take the same paths as in scikit-learn.  Leaf values are rounded to float32, which leaves
    probabilities within 1e-6.  Columns of the probabilities follow ``classifier.classes_``.

    Parameters
    ----------
    classifier : HistGradientBoostingClassifier
        Fitted on numeric features.

    Returns
    -------
    TreeEnsemble
        Trees in the order of the boosting iterations, within one by output.

    Raises
    ------
    ModelError
        If the classifier is of another kind, not fitted, fitted on categorical or infinite features, or
        keeps its trees in a way this release does not know.
    """
    # Here and not above: the import is slow, and importing this module should not be.
    from sklearn.ensemble import HistGradientBoostingClassifier as Expected

    if not isinstance(classifier, Expected):
        raise ModelError(f"A {type(classifier).__name__} has no trees that can be kept: pass a boosted classifier.")
    if not hasattr(classifier, "_predictors"):
        raise ModelError("The classifier is not fitted, so it has no trees to keep: fit it first.")
    # Declared but unused categories matter too: scikit-learn then reorders the columns.
    if getattr(classifier, "is_categorical_", None) is not None:
        raise ModelError("The classifier has categorical features: encode them as numbers before fitting.")

    predictors = [(k, tree) for step in classifier._predictors for k, tree in enumerate(step)]
    tables = [_checked(tree.nodes) for _, tree in predictors]
    sizes = np.array([len(table) for table in tables])
    root = np.cumsum(sizes) - sizes
    nodes = np.concatenate(tables)
    leaf = nodes["is_leaf"].astype(np.bool_)
    offset = np.repeat(root, sizes)
    own = np.arange(len(nodes))
    left = np.where(leaf, own, nodes["left"] + offset)
    right = np.where(leaf, own, nodes["right"] + offset)
    with np.errstate(over="ignore"):  # the constructor refuses values that are not finite
        value = _expected_values(nodes, left, right, leaf).astype(np.float32)
    # scikit-learn numbers nodes depth first, so children follow their parents; the constructor makes sure.
    return TreeEnsemble(
        feature=np.where(leaf, 0, nodes["feature_idx"]).astype(np.int32),
        threshold=floor_float32(np.where(leaf, 0.0, nodes["num_threshold"])),
        left=left.astype(np.int32),
        right=right.astype(np.int32),
        missing_left=nodes["missing_go_to_left"].astype(np.bool_) & ~leaf,
        value=value,
        root=root.astype(np.int32),
        output=np.array([k for k, _ in predictors], dtype=np.int32),
        baseline=np.asarray(classifier._baseline_prediction, dtype=np.float64).reshape(-1),
        n_features=int(classifier.n_features_in_),
    )


def floor_float32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Largest float32 that is not above each value.

    ``x <= value`` and ``x <= floor_float32(value)`` agree for every float32 `x`; rounding to nearest may
    lift the threshold onto the next `x`.

    Parameters
    ----------
    values : ndarray of float64, any shape

    Returns
    -------
    ndarray of float32, same shape
        NaN stays NaN.
    """
    with np.errstate(over="ignore"):  # infinities are as they should be at either end
        nearest = values.astype(np.float32)
        below = np.nextafter(nearest, np.float32(-np.inf))
    return np.where(nearest.astype(np.float64) > values, below, nearest)


def _checked(nodes: NDArray[Any]) -> NDArray[Any]:
    """Nodes of one tree, shape (n_nodes,), if they are as this module expects."""
    absent = [name for name in _FIELDS if name not in (nodes.dtype.names or ())]
    if absent:
        raise ModelError(
            f"The trees of this scikit-learn release have no field {absent[0]}: "
            "install a release that boilerplate supports."
        )
    if nodes["is_categorical"].any():
        raise ModelError("The classifier splits on categories: encode them as numbers before fitting.")
    if np.isnan(nodes["num_threshold"]).any():
        # Binning a column with both infinities, scikit-learn averages them. No float32 threshold does the
        # same.
        raise ModelError("The classifier has a threshold that is not a number: fit it on finite features.")
    return nodes


def _expected_values(
    nodes: NDArray[Any], left: NDArray[np.intp], right: NDArray[np.intp], leaf: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Leaf values, and for inner nodes the mean of the leaves below weighted by training rows: (n_nodes,).

    What scikit-learn keeps in inner nodes is not scaled by the learning rate as the leaves are, so it would
    not do.
    """
    weight = nodes["count"].astype(np.float64)
    total = np.where(leaf, nodes["value"] * weight, 0.0)
    depth = np.where(leaf, -1, nodes["depth"].astype(np.intp))
    for level in range(int(depth.max(initial=-1)), -1, -1):
        at = np.flatnonzero(depth == level)
        total[at] = total[left[at]] + total[right[at]]
    # A leaf is kept as it is: dividing would cost it a bit.
    return np.where(leaf, nodes["value"], total / weight)
