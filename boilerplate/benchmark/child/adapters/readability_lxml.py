"""readability-lxml: the summary that it writes as HTML, as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boilerplate.benchmark.child.runner import Page

DISTRIBUTIONS = ("readability-lxml", "lxml")
OUTPUT = "html"


def load(options: dict[str, Any]) -> Callable[[Page], Any]:
    from readability import Document

    return lambda page: Document(page.html, url=page.url or None).summary(html_partial=True)
