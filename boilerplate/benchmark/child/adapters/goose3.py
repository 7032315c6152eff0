"""goose3 with its defaults: the language is the one the page declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boilerplate.benchmark.child.runner import Page

DISTRIBUTIONS = ("goose3", "lxml")


def load(options: dict[str, Any]) -> Callable[[Page], Any]:
    from goose3 import Goose

    goose = Goose({"enable_image_fetching": False})
    return lambda page: goose.extract(raw_html=page.text).cleaned_text
