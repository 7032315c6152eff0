"""Blocks that belong together agree, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boilerplate import features
from boilerplate.blocks import segment
from boilerplate.features.guesses import Surroundings
from boilerplate.model.agreement import BOXES, OWN, SHARED, blend, reconcile
from boilerplate.page import parse


def around_of(html: str) -> Surroundings:
    return features.read(segment(parse(html.encode()))).around


LIST = "<ul>" + "".join(f"<li><a href='/{k}'>Item number {k}</a></li>" for k in range(6)) + "</ul>"
PAGE = f"<body><p>{'Words of the page. ' * 200}</p>{LIST}<div><h3>Apart</h3><p>from them</p></div></body>"


def test_shares_sum_to_one() -> None:
    assert pytest.approx(1.0) == OWN + SHARED * (1 + len(BOXES))


def test_an_item_that_is_unsure_goes_with_the_list() -> None:
    around = around_of(PAGE)
    said = np.tile([0.02, 0.9, 0.05, 0.03], (9, 1))
    said[0] = said[7] = said[8] = [0.9, 0.02, 0.03, 0.05]
    said[3] = [0.02, 0.4, 0.55, 0.03]
    blended = blend(said, around)
    assert blended.argmax(axis=1).tolist() == [0, 1, 1, 1, 1, 1, 1, 0, 0]


def test_a_sure_block_stays_what_it_is() -> None:
    said = np.tile([0.02, 0.6, 0.35, 0.03], (9, 1))
    said[3] = [0.0, 0.01, 0.99, 0.0]
    assert blend(said, around_of(PAGE))[3].argmax() == 2


def test_no_block() -> None:
    assert blend(np.zeros((0, 4)), around_of("<body></body>")).shape == (0, 4)


@given(st.lists(st.tuples(*[st.floats(0.0, 1.0)] * 4).filter(lambda t: sum(t) > 0.01), min_size=9, max_size=9))
def test_probabilities_stay_probabilities(rows: list[tuple[float, ...]]) -> None:
    said = np.array(rows)
    said /= said.sum(axis=1, keepdims=True)
    blended = blend(said, around_of(PAGE))
    assert (blended >= 0.0).all()
    np.testing.assert_allclose(blended.sum(axis=1), 1.0)
    # Means of means lie between what was said.
    assert (blended.max(axis=0) <= said.max(axis=0) + 1e-9).all()
    np.testing.assert_allclose(blend(np.tile(said[0], (9, 1)), around_of(PAGE)), np.tile(said[0], (9, 1)), atol=1e-9)


def test_promotion_is_not_main_text() -> None:
    labels = np.array([[0.2, 0.7, 0.05, 0.05], [0.7, 0.1, 0.1, 0.1], [0.05, 0.05, 0.8, 0.1]])
    assert reconcile(np.array([0.6, 0.85, 0.9]), labels) == pytest.approx([0.3, 0.85, 0.9])
    assert reconcile(np.array([0.1, 0.2, 0.3]), labels).tolist() == [0.1, 0.2, 0.3]
