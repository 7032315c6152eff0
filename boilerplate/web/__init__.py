"""Pages from the web, fetched with care: public addresses only, bounded in size and time, as robots.txt allows.

`address` says what may be connected to, `network` connects to nothing else and keeps to a deadline, `robots` reads the
rules of sites, and `fetch` puts them together.
"""

from __future__ import annotations

from boilerplate.web.address import is_address
from boilerplate.web.options import FetchOptions, WebPage

__all__ = ["FetchOptions", "WebPage", "is_address"]
