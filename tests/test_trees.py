"""Trees without scikit-learn give what scikit-learn gives, and no arrays make them go astray."""

from __future__ import annotations

import pickle
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from boilerplate.errors import ModelError, UsageError
from boilerplate.model import trees, walk
from boilerplate.model.convert import floor_float32, from_sklearn
from boilerplate.model.trees import TreeEnsemble

SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 1e-45, -3.4e38, 3.4e38], dtype=np.float32)


def random_matrix(rng: np.random.Generator, n_rows: int, n_features: int = 6) -> np.ndarray:
    """Continuous, rounded, constant and mostly missing columns, with special values here and there."""
    X = rng.normal(size=(n_rows, n_features)).astype(np.float32)
    X[:, 1] = np.round(X[:, 1])
    X[:, 2] = 7
    X[rng.random(n_rows) < 0.6, 3] = np.nan
    special = rng.random(X.shape) < 0.05
    X[special] = rng.choice(SPECIAL, size=int(special.sum()))
    return X


def fitted(rng: np.random.Generator, n_classes: int, **options: Any) -> HistGradientBoostingClassifier:
    X = random_matrix(rng, 150)
    X[np.isinf(X)] = 3e38  # binning infinities, scikit-learn may average them to NaN
    filled = np.nan_to_num(X, nan=2.0).clip(-3, 3)
    score = filled[:, 0] + filled[:, 1] * filled[:, 4] + np.isnan(X[:, 3]) + rng.normal(size=len(X)) / 2
    y = np.searchsorted(np.quantile(score, np.arange(1, n_classes) / n_classes), score)
    defaults = {"max_iter": 8, "min_samples_leaf": 2, "early_stopping": False, "random_state": 0}
    return HistGradientBoostingClassifier(**{**defaults, **options}).fit(X, y)


@pytest.fixture(scope="module")
def classifier() -> HistGradientBoostingClassifier:
    return fitted(np.random.default_rng(0), 4, max_iter=20)


@pytest.fixture(scope="module")
def ensemble(classifier: HistGradientBoostingClassifier) -> TreeEnsemble:
    return from_sklearn(classifier)


@pytest.fixture(scope="module", name="X")
def matrix() -> np.ndarray:
    return random_matrix(np.random.default_rng(1), 300)


def stump(**changes: Any) -> TreeEnsemble:
    """One test of feature 1 at 0.5, -1 to the left and 2 to the right."""
    arrays: dict[str, Any] = {
        "feature": np.array([1, 0, 0], np.int32),
        "threshold": np.array([0.5, 0, 0], np.float32),
        "left": np.array([1, 1, 2], np.int32),
        "right": np.array([2, 1, 2], np.int32),
        "missing_left": np.array([False, False, False]),
        "value": np.array([0.5, -1, 2], np.float32),
        "root": np.array([0], np.int32),
        "output": np.array([0], np.int32),
        "baseline": np.array([0.25]),
        "n_features": 2,
    }
    return TreeEnsemble(**{**arrays, **changes})


def neighbour(values: Any, towards: float) -> Any:
    """Next float32 of each value; infinity comes after the last."""
    with np.errstate(over="ignore"):
        return np.nextafter(values, np.float32(towards))


def reference_leaf(nodes: np.ndarray, x: np.ndarray) -> int:
    """Leaf that scikit-learn's rule leads to, with its own thresholds."""
    at = 0
    while not nodes["is_leaf"][at]:
        value = np.float64(x[nodes["feature_idx"][at]])
        left = bool(nodes["missing_go_to_left"][at]) if np.isnan(value) else bool(value <= nodes["num_threshold"][at])
        at = int(nodes["left" if left else "right"][at])
    return at


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_classes=st.sampled_from([2, 3, 4]),
    leaves=st.sampled_from([2, 5, 31, None]),
    max_bins=st.sampled_from([3, 16, 255]),
)
def test_probabilities_are_those_of_sklearn(seed: int, n_classes: int, leaves: int | None, max_bins: int) -> None:
    rng = np.random.default_rng(seed)
    classifier = fitted(rng, n_classes, max_leaf_nodes=leaves, max_bins=max_bins)
    ensemble = from_sklearn(classifier)
    X = random_matrix(rng, 60)
    probabilities = ensemble.probabilities(X)
    np.testing.assert_allclose(probabilities, classifier.predict_proba(X), rtol=0, atol=1e-6)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    total = ensemble.path_contributions(X).sum(axis=1) + ensemble.expected
    np.testing.assert_allclose(total, ensemble.margins(X), rtol=0, atol=1e-9)


def test_rows_at_and_next_to_thresholds_take_the_same_paths(
    classifier: HistGradientBoostingClassifier, ensemble: TreeEnsemble
) -> None:
    tests = ensemble.left != np.arange(len(ensemble.left))
    thresholds = ensemble.threshold[tests]
    near = [neighbour(thresholds, -np.inf), thresholds, neighbour(thresholds, np.inf), SPECIAL]
    X = np.random.default_rng(2).choice(np.concatenate(near), size=(40, ensemble.n_features))
    nodes = [(k, tree.nodes) for step in classifier._predictors for k, tree in enumerate(step)]
    expected = np.tile(ensemble.baseline, (len(X), 1))
    for i, x in enumerate(X):
        for k, tree in nodes:
            expected[i, k] += np.float32(tree["value"][reference_leaf(tree, x)])
    np.testing.assert_allclose(ensemble.margins(X), expected, rtol=0, atol=1e-12)


def test_a_threshold_between_neighbouring_floats_separates_them() -> None:
    # Rounded to nearest, every other of these thresholds would rise onto the upper neighbour.
    for start in (1.0, 1.0 + 2**-23, -1.0, 1e-40, 3e38):
        low = np.float32(start)
        rows = np.repeat([low, neighbour(low, np.inf)], 30).astype(np.float32)[:, np.newaxis]
        classifier = HistGradientBoostingClassifier(max_iter=2, early_stopping=False)
        classifier.fit(rows, np.repeat([0, 1], 30))
        probabilities = from_sklearn(classifier).probabilities(rows)
        np.testing.assert_allclose(probabilities, classifier.predict_proba(rows), rtol=0, atol=1e-6)
        assert probabilities[0, 1] < 0.5 < probabilities[-1, 1]


@given(st.floats(allow_nan=False), st.floats(allow_nan=False, width=32))
def test_floor_float32_keeps_comparisons(threshold: float, x: float) -> None:
    floor = floor_float32(np.array([threshold]))
    assert floor.dtype == np.float32
    for value in (np.float32(x), floor[0], neighbour(floor[0], np.inf)):
        assert (np.float64(value) <= threshold) == (value <= floor[0])


def test_a_split_on_missing_values_alone() -> None:
    X = np.repeat([[1.0], [np.nan]], 40, axis=0).astype(np.float32)
    classifier = HistGradientBoostingClassifier(max_iter=3, early_stopping=False)
    ensemble = from_sklearn(classifier.fit(X, np.repeat([0, 1], 40)))
    assert np.isposinf(ensemble.threshold).any()
    rows = np.array([[1.0], [np.nan], [np.inf], [-np.inf], [1e30]], dtype=np.float32)
    np.testing.assert_allclose(ensemble.probabilities(rows), classifier.predict_proba(rows), rtol=0, atol=1e-6)


def test_trees_of_a_single_leaf() -> None:
    X = np.zeros((60, 3), dtype=np.float32)
    classifier = HistGradientBoostingClassifier(max_iter=2, early_stopping=False)
    ensemble = from_sklearn(classifier.fit(X, np.arange(60) % 3))
    assert len(ensemble.value) == ensemble.n_trees == 6
    np.testing.assert_allclose(ensemble.probabilities(X), classifier.predict_proba(X), rtol=0, atol=1e-6)
    assert not ensemble.path_contributions(X).any()


def test_missing_goes_where_the_node_says() -> None:
    rows = np.array([[0, np.nan]], dtype=np.float32)
    assert stump().margins(rows) == 2.25
    assert stump(missing_left=np.array([True, False, False])).margins(rows) == -0.75
    low = np.array([-np.inf, 0, 0], dtype=np.float32)
    assert stump(missing_left=np.array([True, False, False]), threshold=low).margins(rows) == -0.75
    assert stump(threshold=low).margins([[0, -np.inf], [0, -3e38]]).tolist() == [[-0.75], [2.25]]


def test_contributions_of_a_stump() -> None:
    ensemble = stump()
    assert ensemble.expected.tolist() == [0.75]
    assert ensemble.path_contributions([[9, 0.5], [9, 0.6]]).tolist() == [[[0], [-1.5]], [[0], [1.5]]]


def test_inner_nodes_hold_the_mean_over_training_rows(
    classifier: HistGradientBoostingClassifier, ensemble: TreeEnsemble
) -> None:
    for number, root in enumerate(ensemble.root):
        nodes = classifier._predictors[number // 4][number % 4].nodes
        leaves = nodes[nodes["is_leaf"] == 1]
        mean = np.average(leaves["value"], weights=leaves["count"])
        np.testing.assert_allclose(ensemble.value[root], mean, rtol=1e-5, atol=1e-8)


def test_rows_do_not_depend_on_their_company(ensemble: TreeEnsemble, X: np.ndarray) -> None:
    together = ensemble.margins(X)
    contributions = ensemble.path_contributions(X)
    for size in (1, 7):
        parts = [X[start : start + size] for start in range(0, len(X), size)]
        np.testing.assert_array_equal(np.concatenate([ensemble.margins(part) for part in parts]), together)
        apart = np.concatenate([ensemble.path_contributions(part) for part in parts])
        np.testing.assert_array_equal(apart, contributions)


@pytest.mark.parametrize("lanes", [1, 100, 1000])
def test_blocks_of_any_size(ensemble: TreeEnsemble, X: np.ndarray, monkeypatch: pytest.MonkeyPatch, lanes: int) -> None:
    expected = ensemble.margins(X)
    monkeypatch.setattr(walk, "_LANES", lanes)
    np.testing.assert_array_equal(ensemble.margins(X), expected)


def test_no_rows(ensemble: TreeEnsemble) -> None:
    nothing = np.empty((0, 6), dtype=np.float32)
    assert ensemble.margins(nothing).shape == (0, 4)
    assert ensemble.probabilities(nothing).shape == (0, 4)
    assert ensemble.path_contributions(nothing).shape == (0, 6, 4)
    assert stump().probabilities(np.empty((0, 2))).shape == (0, 2)


def test_layouts_and_types_of_features(ensemble: TreeEnsemble, X: np.ndarray) -> None:
    expected = ensemble.margins(X)
    for matrix in (np.asfortranarray(X), X.astype(np.float64), X[::-1][::-1], X.tolist()):
        np.testing.assert_array_equal(ensemble.margins(matrix), expected)
    # Beyond float32 is infinite, without a warning.
    assert stump().margins([[0, 1e300], [0, -1e300]]).tolist() == [[2.25], [-0.75]]


@pytest.mark.parametrize("rows", [[1, 2], [[1, 2, 3]], [["a", "b"]], [[1], [1, 2]], None])
def test_features_of_another_shape_are_refused(rows: Any) -> None:
    with pytest.raises(UsageError, match="features"):
        stump().margins(rows)


def test_margins_far_apart() -> None:
    ensemble = stump(baseline=np.array([1e308, -1e308]))
    assert ensemble.probabilities([[0, 0]]).tolist() == [[1, 0]]
    assert stump(baseline=np.array([-1e308])).probabilities([[0, 0]]).tolist() == [[1, 0]]


def test_arrays_and_pickles_round_trip(ensemble: TreeEnsemble, X: np.ndarray) -> None:
    expected = ensemble.margins(X)
    arrays = ensemble.to_arrays("a.")
    assert all(name.startswith("a.") for name in arrays)
    for array in arrays.values():
        array.setflags(write=False)
    again = TreeEnsemble.from_arrays({**arrays, **stump().to_arrays("b.")}, "a.")
    assert again.n_features == ensemble.n_features
    np.testing.assert_array_equal(again.margins(X), expected)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(again)).margins(X), expected)


@pytest.mark.parametrize("name", [*stump().to_arrays("")])
def test_an_absent_or_odd_array_is_refused(name: str) -> None:
    arrays = stump().to_arrays("x.")
    with pytest.raises(ModelError, match=rf"x\.{name} is absent"):
        TreeEnsemble.from_arrays({key: array for key, array in arrays.items() if key != f"x.{name}"}, "x.")
    odd: list[Any] = [arrays[f"x.{name}"].astype(np.int64), arrays[f"x.{name}"][np.newaxis], None, 3]
    for array in odd:
        with pytest.raises(ModelError, match=name):
            TreeEnsemble.from_arrays({**arrays, f"x.{name}": array}, "x.")


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int32)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"n_features": 0}, "number of features"),
        ({"n_features": 2**31 - 1}, "number of features"),
        ({"n_features": 1}, "feature that does not exist"),
        ({"feature": ints(-1, 0, 0)}, "feature that does not exist"),
        ({"feature": ints(1, 0)}, "differ in length"),
        ({"baseline": np.empty(0)}, "number of outputs"),
        ({"baseline": np.zeros(1001)}, "number of outputs"),
        ({"baseline": np.array([np.inf])}, "baseline is not finite"),
        ({"output": ints(1)}, "output that does not exist"),
        ({"output": ints(-1)}, "output that does not exist"),
        ({"output": ints(0, 0)}, "differ in length"),
        ({"root": ints(), "output": ints()}, "no tree"),
        ({"root": ints(1)}, "roots"),
        ({"root": ints(-1)}, "roots"),
        ({"root": ints(0, 3), "output": ints(0, 0)}, "roots"),
        ({"root": ints(0, 0), "output": ints(0, 0)}, "roots"),
        ({"root": ints(0, 2**31 - 1, -(2**31), -1, 1), "output": ints(0, 0, 0, 0, 0)}, "roots"),
        ({"root": ints(0, 1), "output": ints(0, 0)}, "outside its tree"),
        ({"value": np.array([0, np.nan, 0], np.float32)}, "value of a node"),
        ({"threshold": np.array([np.nan, 0, 0], np.float32)}, "not a number"),
        ({"left": ints(0, 1, 2)}, "one child only"),
        ({"left": ints(1, 0, 2), "right": ints(2, 0, 2)}, "come after"),
        ({"left": ints(-1, 1, 2)}, "come after"),
        ({"right": ints(3, 1, 2)}, "outside its tree"),
        ({"left": ints(2, 1, 2)}, "exactly one parent"),
    ],
)
def test_arrays_that_are_no_trees_are_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        stump(**changes)


def chain(depth: int) -> TreeEnsemble:
    """A tree that goes on to the right only: inner nodes 0, 2, 4, and so on."""
    n_nodes = 2 * depth + 1
    own = np.arange(n_nodes, dtype=np.int32)
    inner = (own % 2 == 0) & (own < n_nodes - 1)
    return stump(
        feature=np.zeros(n_nodes, np.int32),
        threshold=np.where(inner, own, 0).astype(np.float32),
        left=np.where(inner, own + 1, own).astype(np.int32),
        right=np.where(inner, own + 2, own).astype(np.int32),
        missing_left=np.zeros(n_nodes, np.bool_),
        value=own.astype(np.float32),
    )


def test_depth_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    deepest = chain(64)
    assert deepest.margins([[np.inf, 0], [-1, 0], [63, 0]]).ravel().tolist() == [128.25, 1.25, 65.25]
    with pytest.raises(ModelError, match="deeper than 64"):
        chain(65)
    monkeypatch.setattr(trees, "MAX_NODES", 128)
    with pytest.raises(ModelError, match="more than 128 nodes"):
        deepest.validate()


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_change_of_an_integer_leads_astray(data: st.DataObject) -> None:
    arrays = {name: array.copy() for name, array in chain(6).to_arrays("").items()}
    for _ in range(data.draw(st.integers(1, 3))):
        array = arrays[data.draw(st.sampled_from(["feature", "left", "right", "root", "output"]))]
        place = data.draw(st.integers(0, len(array) - 1))
        array[place] = data.draw(st.integers(-2, 14) | st.integers(-(2**31), 2**31 - 1))
    try:
        ensemble = TreeEnsemble.from_arrays(arrays, "")
    except ModelError:
        return
    assert np.isfinite(ensemble.margins([[3, 3], [np.nan, np.nan]])).all()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-1, 6), min_size=18, max_size=18))
def test_random_children_are_trees_or_refused(numbers: list[int]) -> None:
    base = chain(4)
    own = np.arange(9, dtype=np.int32)
    offsets = np.array(numbers, dtype=np.int32).reshape(2, 9)
    try:
        ensemble = replace(base, left=own + offsets[0], right=own + offsets[1])
    except ModelError:
        return
    assert np.isfinite(ensemble.margins([[3, 3]])).all()


def test_what_cannot_be_converted_is_refused(classifier: HistGradientBoostingClassifier) -> None:
    with pytest.raises(ModelError, match="not fitted"):
        from_sklearn(HistGradientBoostingClassifier())
    with pytest.raises(ModelError, match="HistGradientBoostingRegressor"):
        from_sklearn(HistGradientBoostingRegressor())
    X = np.arange(120.0).reshape(60, 2) % 7
    categorical = HistGradientBoostingClassifier(categorical_features=[0], max_iter=2)
    with pytest.raises(ModelError, match="categorical"):
        from_sklearn(categorical.fit(X, X[:, 0] > 3))
    nodes = classifier._predictors[0][0].nodes.copy()
    strange = pickle.loads(pickle.dumps(classifier))
    nodes["is_categorical"][0] = 1
    strange._predictors = [[SimpleNamespace(nodes=nodes)]]
    with pytest.raises(ModelError, match="splits on categories"):
        from_sklearn(strange)
    nodes["is_categorical"][0] = 0
    nodes["num_threshold"][0] = np.nan
    with pytest.raises(ModelError, match="fit it on finite features"):
        from_sklearn(strange)
    strange._predictors = [[SimpleNamespace(nodes=nodes[["value", "left"]])]]
    with pytest.raises(ModelError, match="feature_idx"):
        from_sklearn(strange)
