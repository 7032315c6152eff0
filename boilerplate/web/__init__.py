"""Pages from the web, fetched with care: public addresses only, bounded in size and time, as robots.txt allows.

`address` says what may be connected to, `network` connects to nothing else and keeps to a deadline, `robots` reads the
rules of sites, and `fetch` puts them together.
"""

from __future__ import annotations

import re

from boilerplate.web.options import FetchOptions, WebPage

__all__ = ["FetchOptions", "WebPage", "is_address"]

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_address(name: str) -> bool:
    """Whether a name is an address of any scheme, rather than a path."""
    return _ADDRESS.match(name) is not None
