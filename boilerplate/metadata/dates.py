"""Dates as they are declared and as addresses have them, as ``YYYY-MM-DD``."""

from __future__ import annotations

import re
from datetime import date

__all__ = ["day_in", "day_of_address"]

_ISO_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)-?([01]\d)-?([0-3]\d)(?!\d)")
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/-]([01]?\d)[/-]([0-3]?\d)(?=[/-])")
#: Pages of earlier years are mistakes.
_EARLIEST = 1990


def day_in(text: str) -> str:
    """The day that a declared date names, whatever its time; empty if it names none."""
    found = _ISO_DATE.search(text[:100])
    if found:
        return _iso(*map(int, found.groups()))
    if not any(map(str.isdigit, text)) or len(text) > 60:
        return ""
    from email.utils import parsedate_tz

    parsed = parsedate_tz(text)
    return _iso(*parsed[:3]) if parsed else ""


def day_of_address(url: str) -> str:
    """The day in the path of an address, as ``/2024/05/06/``; empty if there is none."""
    found = _URL_DATE.search(url)
    return _iso(*map(int, found.groups())) if found else ""


def _iso(year: int, month: int, day: int) -> str:
    """``YYYY-MM-DD``; empty for what is no day of the calendar, or none that a page can be from."""
    try:
        found = date(year, month, day)
    except ValueError:
        return ""
    return found.isoformat() if _EARLIEST <= year <= date.today().year + 1 else ""
