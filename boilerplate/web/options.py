"""What fetching may do, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass

from boilerplate.errors import UsageError

__all__ = ["FetchOptions", "WebPage"]


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """What fetching a page may do.

    Attributes
    ----------
    allow_private : bool
        Whether addresses may be connected to that are not of the public internet: this machine, the local network.
    ignore_robots : bool
        Whether pages are fetched that the site's robots.txt disallows.
    max_bytes : int, optional
        Length of a page, unpacked; None for no limit.
    max_seconds : float
        Time for all of a page: names looked up, robots.txt, redirects, the page itself.
    max_redirects : int
        How often one address may lead to another.

    Raises
    ------
    UsageError
        If a limit is not positive.
    """

    allow_private: bool = False
    ignore_robots: bool = False
    max_bytes: int | None = 20_000_000
    max_seconds: float = 30.0
    max_redirects: int = 10

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_seconds", "max_redirects"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{name} is {value!r}. Give a positive number.")


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page as it came.

    Attributes
    ----------
    html : bytes
        Its body, unpacked.
    url : str
        Where it came from in the end.
    charset : str or None
        The encoding as the server named it.
    """

    html: bytes
    url: str
    charset: str | None
