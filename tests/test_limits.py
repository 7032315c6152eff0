"""Limits on what one page may cost."""

from __future__ import annotations

import pytest

import boilerplate
from boilerplate import Limits, Model
from boilerplate.errors import LimitError, UsageError
from boilerplate.limits import NO_LIMITS


@pytest.mark.parametrize(
    ("html", "limits", "message"),
    [
        (b"<p>" + b"x" * 98, Limits(max_bytes=100), "larger than the limit of 100 bytes"),
        ("<p>" + "é" * 98, Limits(max_bytes=100), "larger than the limit of 100 bytes"),
        ("<b>x</b>" * 11, Limits(max_nodes=10), "more tags than the limit of 10"),
        (b"<!-- x -->" * 11, Limits(max_nodes=10), "more tags than the limit of 10"),
        (("<b>x" * 11).encode("utf-16"), Limits(max_nodes=10), "more tags than the limit of 10"),
        (("<b>x" * 11).encode("utf-16-be"), Limits(max_nodes=10), "more tags than the limit of 10"),
        ("<div>" * 9 + "x", Limits(max_depth=10), "deeper than the limit of 10 levels"),
        ("<div>" * 3000 + "x", Limits(), "deeper than the limit of 2,000 levels"),
    ],
)
def test_page_past_a_limit(html: bytes | str, limits: Limits, message: str, model: Model) -> None:
    with pytest.raises(LimitError, match=message):
        boilerplate.label(html, model=model, limits=limits)


@pytest.mark.parametrize(
    ("html", "limits"),
    [
        (b"<p>" + b"x" * 97, Limits(max_bytes=100)),
        ("<b>x</b>" * 10, Limits(max_nodes=10)),
        ("<p>" + "1 < 2 " * 50, Limits(max_nodes=10)),
        # html and body are levels too.
        ("<div>" * 8 + "x", Limits(max_depth=10)),
        ("<div>" * 3000 + "x", Limits(max_depth=None)),
        ("<p>x", NO_LIMITS),
    ],
)
def test_page_within_the_limits(html: bytes | str, limits: Limits, model: Model) -> None:
    assert boilerplate.clean(html, model=model, limits=limits) is not None


@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_limit_that_cannot_be(value: float) -> None:
    with pytest.raises(UsageError, match="max_seconds is"):
        Limits(max_seconds=value)
