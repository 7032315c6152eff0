"""rs-trafilatura with its defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boilerplate.benchmark.child.runner import Page

DISTRIBUTIONS = ("rs-trafilatura",)


def load(options: dict[str, Any]) -> Callable[[Page], Any]:
    from rs_trafilatura import extract_bytes

    return lambda page: extract_bytes(page.html, url=page.url or None).main_content
