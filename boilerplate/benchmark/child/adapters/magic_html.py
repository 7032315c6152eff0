"""magic-html: the HTML of its extractor for articles, as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boilerplate.benchmark.child.runner import Page

DISTRIBUTIONS = ("magic-html", "lxml")
OUTPUT = "html"


def load(options: dict[str, Any]) -> Callable[[Page], Any]:
    from magic_html import GeneralExtractor

    extractor = GeneralExtractor()
    return lambda page: extractor.extract(page.text, base_url=page.url)["html"]
