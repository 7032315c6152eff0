"""Helpers of arrays give what numpy gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from boilerplate.arrays import distinct


@given(st.lists(st.integers(-3, 3)))
def test_distinct_values_are_those_numpy_finds(values: list[int]) -> None:
    array = np.array(values, dtype=np.int64)
    assert distinct(array).tolist() == np.unique(array).tolist()
