"""What others' CPU time is measured in: lxml reads the page, and nothing else is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boilerplate.benchmark.child.runner import Page

DISTRIBUTIONS = ("lxml",)


def load(options: dict[str, Any]) -> Callable[[Page], Any]:
    from lxml import etree

    def parse(page: Page) -> str:
        root = etree.fromstring(page.html, etree.HTMLParser(huge_tree=True))
        return "" if root is None else str(root.tag)

    return parse
