"""Options of commands that fetch pages, and the function that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from boilerplate.errors import UsageError
from boilerplate.limits import Limits
from boilerplate.web import FetchOptions, WebPage

if TYPE_CHECKING:
    from boilerplate.web.fetch import Fetcher

__all__ = ["FETCH_SECONDS", "AllowPrivate", "FetchSeconds", "IgnoreRobots", "page_fetcher"]

FETCH_SECONDS = FetchOptions().max_seconds
AllowPrivate = Annotated[
    bool,
    typer.Option(
        "--allow-private", help="Fetch from addresses that are not public too: this machine, the local network."
    ),
]
IgnoreRobots = Annotated[
    bool,
    typer.Option("--ignore-robots", help="Fetch pages that the robots.txt of their site disallows too."),
]
FetchSeconds = Annotated[
    float,
    typer.Option("--fetch-seconds", metavar="SECONDS", min=0.1, help="Seconds that fetching a page may take."),
]


def page_fetcher(
    allow_private: bool, ignore_robots: bool, max_seconds: float, limits: Limits
) -> Callable[[str], WebPage]:
    """A function that fetches the page of an address; what it needs is imported with the first page."""
    options = FetchOptions(allow_private, ignore_robots, limits.max_bytes, max_seconds)
    fetchers: list[Fetcher] = []

    def fetch(url: str) -> WebPage:
        if not fetchers:
            fetchers.append(_fetcher(options))
        return fetchers[0].fetch(url)

    return fetch


def _fetcher(options: FetchOptions) -> Fetcher:
    try:
        from boilerplate.web.fetch import Fetcher
    except ImportError as error:
        raise UsageError(
            "Fetching pages needs httpx and protego. Install them with: pip install 'boilerplate[web]'"
        ) from error
    return Fetcher(options)
