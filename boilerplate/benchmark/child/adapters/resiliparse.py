"""resiliparse: its main-content extraction, with its own detection of the encoding."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boilerplate.benchmark.child.runner import Page

DISTRIBUTIONS = ("resiliparse",)


def load(options: dict[str, Any]) -> Callable[[Page], Any]:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import detect_encoding
    from resiliparse.parse.html import HTMLTree

    def extract(page: Page) -> Any:
        tree = HTMLTree.parse_from_bytes(page.html, detect_encoding(page.html, from_html_meta=True) or "utf-8")
        return extract_plain_text(tree, main_content=True)

    return extract
