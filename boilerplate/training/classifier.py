"""The estimator: gradient-boosted trees on the feature matrix, with settings that suit blocks of pages."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from boilerplate.model.convert import from_sklearn
from boilerplate.model.trees import TreeEnsemble

__all__ = ["BlockClassifier"]


class _UnweightedBins(HistGradientBoostingClassifier):  # type: ignore[misc]
    """scikit-learn's classifier, except that weights have no say in where a feature's bins begin.

    Weighted percentiles, one call for each of 254 bins of each feature, took nine tenths of the time of training. Bins
    that hold equal numbers of blocks serve as well as bins of equal weight. The method is scikit-learn's own business:
    should it go away, training is slow again and no less right, and a test says so.
    """

    def _bin_data(self, X: NDArray[Any], sample_weight: Any, is_training_data: bool) -> Any:
        return super()._bin_data(X, None, is_training_data)


class BlockClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Label blocks by their features.

    A scikit-learn classifier around `sklearn.ensemble.HistGradientBoostingClassifier` (after Ke et al. 2017,
    "LightGBM"), to be used in pipelines, searches and cross-validation like any other.

    Parameters
    ----------
    learning_rate : float, default=0.1
        Shrinkage of each tree.
    max_iter : int, default=150
        Rounds of boosting; a round grows one tree a class, one in all for two classes.
    max_leaf_nodes : int, default=31
    min_samples_leaf : int, default=40
        Blocks a leaf holds at least. Pages repeat themselves, so small leaves learn single pages by heart.
    l2_regularization : float, default=1.0
    max_features : float, default=0.3
        Share of the features that each split may choose from.
    random_state : int, RandomState instance or None, default=0

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
    n_features_in_ : int

    Examples
    --------
    >>> import numpy as np
    >>> from boilerplate import BlockClassifier
    >>> X = np.tile([[0.0], [1.0]], (100, 1))
    >>> y = np.tile(["chrome", "article"], 100)
    >>> BlockClassifier(max_iter=5).fit(X, y).predict([[1.0]])
    array(['article'], dtype='<U7')
    """

    def __init__(
        self,
        *,
        learning_rate: float = 0.1,
        max_iter: int = 150,
        max_leaf_nodes: int = 31,
        min_samples_leaf: int = 40,
        l2_regularization: float = 1.0,
        max_features: float = 0.3,
        random_state: Any = 0,
    ) -> None:
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.max_leaf_nodes = max_leaf_nodes
        self.min_samples_leaf = min_samples_leaf
        self.l2_regularization = l2_regularization
        self.max_features = max_features
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> BlockClassifier:
        """Grow the trees.

        Parameters
        ----------
        X : array-like, shape (n_blocks, n_features)
            NaN means missing.
        y : array-like, shape (n_blocks,)
        sample_weight : array-like, shape (n_blocks,), optional

        Returns
        -------
        BlockClassifier
            Itself.

        Raises
        ------
        ValueError
            If shapes do not fit or there are fewer than two classes.
        """
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32], ensure_all_finite="allow-nan")
        check_classification_targets(y)
        self.trees_ = _UnweightedBins(
            learning_rate=self.learning_rate,
            max_iter=self.max_iter,
            max_leaf_nodes=self.max_leaf_nodes,
            min_samples_leaf=self.min_samples_leaf,
            l2_regularization=self.l2_regularization,
            max_features=self.max_features,
            early_stopping=False,
            random_state=self.random_state,
        ).fit(X, y, sample_weight=sample_weight)
        self.classes_ = self.trees_.classes_
        self.n_iter_ = self.trees_.n_iter_
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probability of each class, shape (n_blocks, n_classes), columns as in ``classes_``."""
        check_is_fitted(self)
        X = self._checked(X)
        return np.asarray(self.trees_.predict_proba(X), dtype=np.float64)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most probable class of each block, shape (n_blocks,)."""
        check_is_fitted(self)
        X = self._checked(X)
        return np.asarray(self.trees_.predict(X))

    def _checked(self, X: ArrayLike) -> NDArray[Any]:
        checked: NDArray[Any] = validate_data(
            self, X, reset=False, dtype=[np.float64, np.float32], ensure_all_finite="allow-nan"
        )
        return checked

    def to_trees(self) -> TreeEnsemble:
        """The fitted trees as arrays that need no scikit-learn to be applied."""
        check_is_fitted(self)
        return from_sklearn(self.trees_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
