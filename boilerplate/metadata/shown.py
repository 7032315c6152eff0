"""The date that a page shows beside its headline, found in the labelled blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boilerplate.labelled import Block

__all__ = ["shown_date"]

#: Blocks after the headline, and before it, among which bylines stand.
_AFTER, _BEFORE = 8, 4
#: A byline is no longer than this.
_MAX_CHARS = 200
#: Texts that look like dates are parsed up to this many, as the parser tries two hundred languages on what is none.
_MAX_PARSED = 12
_DAY = r"(?<!\d)\d{1,2}(?:st|nd|rd|th|er|º|\.)?"
_YEAR = r"\d{4}(?!\d)"
#: Not letters alone: vowel signs are none.
_NAME = r"[^\s\d.,:;/()\-]{2,12}\.?"
_WRITTEN = re.compile(
    rf"{_DAY}[\s\-/.]{{1,3}}(?:(?:de|of)\s)?{_NAME},?[\s\-/.]{{1,2}}(?:(?:de|del)\s)?{_YEAR}"
    rf"|{_NAME}\s{{1,2}}{_DAY},?\s{{1,2}}{_YEAR}"
    rf"|(?<!\d)\d{{4}}\s?[年년]\s?\d{{1,2}}\s?[月월]\s?\d{{1,2}}\s?[日일]"
    rf"|(?<!\d)\d{{4}}[-./]\s?\d{{1,2}}[-./]\s?\d{{1,2}}(?!\d)"
    rf"|(?<![\d./-])\d{{1,2}}[-./]\d{{1,2}}[-./]{_YEAR}",
    re.IGNORECASE,
)
_DAY_OR_MONTH_FIRST = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./]\d{4}")
_EARLIEST = 1990
#: Years that the calendar of Thailand is ahead.
_BUDDHIST_ERA = 543


def shown_date(blocks: Sequence[Block], headline: int, language: str) -> str:
    """The date in a short block beside the headline.

    Parameters
    ----------
    blocks : sequence of Block
        Of a page.
    headline : int
        Number of the headline's block.
    language : str
        Of the page (BCP 47), empty if it does not say.

    Returns
    -------
    str
        ``YYYY-MM-DD``, the earliest of the dates in the nearest block that has one; empty if none has. A date of
        which nobody can tell day and month, as 05/03/2024 on a page in English, is none.
    """
    room = _MAX_PARSED
    for number in _nearest(len(blocks), headline):
        block = blocks[number]
        if block.hidden or block.label in ("feed", "promo") or len(block.text) > _MAX_CHARS:
            continue
        texts = _WRITTEN.findall(block.text)[:room]
        room -= len(texts)
        found = [parsed for text in texts if (parsed := _parse(text, language))]
        if found:
            return min(found)
    return ""


def _nearest(count: int, headline: int) -> Iterator[int]:
    yield from range(headline, min(headline + _AFTER + 1, count))
    yield from range(headline - 1, max(headline - _BEFORE, 0) - 1, -1)


def _parse(text: str, language: str) -> str:
    import dateparser

    language = language.lower()
    primary = language.partition("-")[0]
    two_numbers = _DAY_OR_MONTH_FIRST.fullmatch(text)
    settings: dict[str, bool | str] = {"STRICT_PARSING": True}
    if two_numbers and max(map(int, two_numbers.groups())) <= 12:
        if not primary or language in ("en", "en-us", "en-ca"):
            return ""
        settings["DATE_ORDER"] = "DMY"
    try:
        parsed = dateparser.parse(text, languages=[primary] if primary else None, settings=settings)
        if parsed is None and primary:
            parsed = dateparser.parse(text, settings=settings)
    except Exception:  # what a library stumbles over is no date
        return ""
    if parsed is not None and primary == "th" and parsed.year > _BUDDHIST_ERA:
        with suppress(ValueError):  # the 29th of February may be none in the other year
            parsed = parsed.replace(year=parsed.year - _BUDDHIST_ERA)
    if parsed is None or not _EARLIEST <= parsed.year <= date.today().year + 1:
        return ""
    return str(parsed.date().isoformat())
