"""Rows that trees learn from: chosen before their features are known, and filled as pages come by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from boilerplate.labels import UNKNOWN
from boilerplate.training.rows import ChosenRows, choose_rows, filled_rows


@dataclass(frozen=True)
class Words:
    """What choosing rows looks at of an example."""

    words: NDArray[np.int64]


PAGES = st.lists(st.lists(st.sampled_from((UNKNOWN, 0, 1)), max_size=9), min_size=1, max_size=5).filter(
    lambda pages: any(gold != UNKNOWN for page in pages for gold in page)
)


def chosen_of(gold: list[NDArray[np.int8]], max_page_blocks: int, numbers: list[int]) -> ChosenRows:
    examples = [Words(np.arange(len(page))) for page in gold]
    powers = {"word_power": 0.5, "page_power": 0.5, "label_power": 0.5}
    return choose_rows(examples, numbers, gold, max_page_blocks=max_page_blocks, seed=0, **powers)  # type: ignore[arg-type]


@given(PAGES, st.integers(1, 9), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_rows_have_the_features_of_their_blocks_in_whatever_order_pages_come(
    pages: list[list[int]], max_page_blocks: int, chance: object
) -> None:
    gold = [np.array(page, dtype=np.int8) for page in pages]
    numbers = list(range(len(gold)))
    chosen = chosen_of(gold, max_page_blocks, numbers)
    # A feature that says which page and block this is.
    matrices = [
        (i, np.column_stack([np.full(len(page), i), np.arange(len(page))]).astype(np.float32))
        for i, page in enumerate(gold)
    ]
    chance.shuffle(matrices)  # type: ignore[attr-defined]
    (rows, again) = filled_rows([chosen, chosen], iter(matrices))
    np.testing.assert_array_equal(rows.X, again.X)
    np.testing.assert_array_equal(rows.X[:, 0], rows.page)
    np.testing.assert_array_equal([gold[int(i)][int(block)] for i, block in rows.X], rows.y)
    known = [int((page != UNKNOWN).sum()) for page in gold]
    assert len(rows.y) == sum(min(n, max_page_blocks) for n in known)
    assert np.isclose(rows.weight.mean(), 1.0)


def test_pages_that_are_not_learned_from_do_no_harm() -> None:
    gold = [np.array([0, 1], dtype=np.int8), np.array([1, 1], dtype=np.int8)]
    chosen = chosen_of(gold, 9, [1])
    (rows,) = filled_rows([chosen], [(0, np.zeros((2, 1), np.float32)), (1, np.ones((2, 1), np.float32))])
    assert rows.X.tolist() == [[1.0], [1.0]]
    assert rows.page.tolist() == [1, 1]
