"""The baseline: all visible text of the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boilerplate.benchmark.child.runner import Page

DISTRIBUTIONS = ("lxml",)
OUTPUT = "html"


def load(options: dict[str, Any]) -> Callable[[Page], Any]:
    return lambda page: page.text
