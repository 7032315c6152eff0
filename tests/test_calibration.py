"""Calibration of probabilities and of confidence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boilerplate.training.calibration import calibration_error, rank_correlation, reliability


def test_bins_say_what_was_said_and_what_was_so() -> None:
    probability = np.array([0.0, 0.1, 0.4, 0.45, 1.0])
    outcome = np.array([False, True, False, True, True])
    bins = reliability(probability, outcome, n_bins=2)
    assert [b["weight"] for b in bins] == [4, 1]
    assert bins[0]["said"] == pytest.approx(0.2375)
    assert bins[0]["so"] == pytest.approx(0.5)
    assert calibration_error(bins) == pytest.approx(0.8 * 0.2625)
    # A block of many words counts for more.
    heavy = reliability(probability, outcome, np.array([0.0, 0, 0, 0, 7]), n_bins=2)
    assert calibration_error(heavy) == 0


def test_nothing_is_calibrated() -> None:
    assert calibration_error(reliability(np.zeros(0), np.zeros(0, dtype=bool))) == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), st.integers(1, 30))
def test_error_is_a_share(pairs: list[tuple[float, bool]], n_bins: int) -> None:
    probability, outcome = np.array([p for p, _ in pairs]), np.array([o for _, o in pairs])
    bins = reliability(probability, outcome, n_bins=n_bins)
    assert sum(b["weight"] for b in bins) == len(pairs)
    assert all(b["low"] - 1e-9 <= b["said"] <= b["high"] + 1e-9 for b in bins)
    assert 0 <= calibration_error(bins) <= 1
    assert calibration_error(reliability(outcome.astype(float), outcome, n_bins=n_bins)) == 0


def test_rank_correlation() -> None:
    up = np.array([0.1, 0.2, 0.7])
    assert rank_correlation(up, up**3) == pytest.approx(1)
    assert rank_correlation(up, -up) == pytest.approx(-1)
    assert rank_correlation(up, np.ones(3)) is None
    assert rank_correlation(up[:1], up[:1]) is None
