"""trafilatura, without comments, as its own evaluation runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boilerplate.benchmark.child.runner import Page

DISTRIBUTIONS = ("trafilatura", "lxml")


def load(options: dict[str, Any]) -> Callable[[Page], Any]:
    from trafilatura import extract

    return lambda page: extract(page.html, url=page.url or None, include_comments=False)
