"""newspaper4k, told the page's language where it knows it; nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boilerplate.benchmark.child.runner import Page

DISTRIBUTIONS = ("newspaper4k", "lxml")


def load(options: dict[str, Any]) -> Callable[[Page], Any]:
    from newspaper import Article
    from newspaper.languages import valid_languages

    known = {code for code, _ in valid_languages()}

    def extract(page: Page) -> Any:
        language = page.language if page.language in known else "en"
        article = Article(page.url or "https://page.example/", language=language, fetch_images=False)
        article.download(input_html=page.text)
        article.parse()
        return article.text

    return extract
