"""This package: ``boilerplate.clean`` with a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boilerplate.benchmark.child.runner import Page

DISTRIBUTIONS = ("boilerplate", "lxml", "numpy")


def load(options: dict[str, Any]) -> Callable[[Page], Any]:
    from boilerplate import clean, load_model

    model = load_model(options.get("model"))
    return lambda page: clean(page.html, url=page.url or None, model=model)
