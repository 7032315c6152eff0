"""BoilerPy3: its extractor for articles."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boilerplate.benchmark.child.runner import Page

DISTRIBUTIONS = ("boilerpy3",)


def load(options: dict[str, Any]) -> Callable[[Page], Any]:
    from boilerpy3.extractors import ArticleExtractor

    extractor = ArticleExtractor()
    return lambda page: extractor.get_content(page.text)
