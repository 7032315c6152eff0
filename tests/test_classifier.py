"""The estimator keeps scikit-learn's contract, and its trees leave scikit-learn without a change."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import check_estimator

import boilerplate
from boilerplate import BlockClassifier


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_scikit_learns_own_checks() -> None:
    results = check_estimator(BlockClassifier())
    assert len(results) > 30
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []


@pytest.mark.parametrize("n_classes", [2, 4])
def test_trees_equal_scikit_learn(n_classes: int) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 6)).astype(np.float32)
    X[rng.random(X.shape) < 0.1] = np.nan
    y = rng.integers(0, n_classes, 600)
    model = BlockClassifier(max_iter=20, min_samples_leaf=5).fit(X, y, sample_weight=rng.random(600) + 0.1)
    difference = np.abs(model.to_trees().probabilities(X) - model.predict_proba(X)).max()
    assert difference <= 1e-6


def test_it_learns_and_is_deterministic() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(400, 3))
    y = np.where(X[:, 0] > 0, "article", "chrome")
    model = BlockClassifier(max_iter=20)
    assert cross_val_score(model, X, y, cv=3).min() > 0.9
    first, second = clone(model).fit(X, y), clone(model).fit(X, y)
    assert np.array_equal(first.predict_proba(X), second.predict_proba(X))
    assert set(first.predict(X)) == {"article", "chrome"}


def test_it_is_a_name_of_the_package() -> None:
    assert boilerplate.BlockClassifier is BlockClassifier


def test_weights_have_no_say_in_the_bins() -> None:
    # With weights in them, bins take most of the time of training; scikit-learn's own trees show the difference.
    rng = np.random.default_rng(2)
    X, y, weight = rng.normal(size=(3000, 2)), rng.integers(0, 2, 3000), rng.random(3000) ** 8
    weighted = BlockClassifier(max_iter=1).fit(X, y, sample_weight=weight).trees_._bin_mapper.bin_thresholds_
    plain = BlockClassifier(max_iter=1).fit(X, y).trees_._bin_mapper.bin_thresholds_
    assert all(np.array_equal(a, b) for a, b in zip(weighted, plain, strict=True))
    assert len(plain[0]) == 254
