"""Times that a feed shows: clocks, dates in figures, and dates and ages in the words of any language."""

from __future__ import annotations

import re

__all__ = ["FeedTimes"]

_CLOCK = re.compile(r"\d{1,2}[:.]\d{2}(?!\d)|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\d{1,2}\s*月\s*\d{1,2}\s*日")
#: An entry of a ticker: a time of day, and after it a headline of at least three words.
_TICKER = re.compile(r"(\d{1,2}:\d{2})(?![\d:])[\s–—|·]++(\S+\s+\S+\s+\S.*)", re.DOTALL)
#: Of so many words with figures, what follows a time may be the date.
_FEW_WORDS = 5
_DIVIDER = re.compile(r"\s*[,|·•،、]\s*")
_AROUND = " ,|·•،、-–—"
_MAX_TIME = 40
#: What may be a date in words: it has a number of at most four digits, and letters.
_NUMBER, _LETTER = re.compile(r"(?<!\d)\d{1,4}(?!\d)"), re.compile(r"[^\W\d_]")
#: What a parser of dates takes for one: an archive's number of articles in parentheses, and "1 of 4".
_COUNT = re.compile(r"\(\d+\)$|^\d{1,2}\s+\S{1,3}\s+\d{1,2}$")
_DIGIT = re.compile(r"\d")
#: So many different texts are parsed: the parser looks at two hundred languages where the page names none.
_MAX_PARSED, _MAX_PARSED_ANY_LANGUAGE = 60, 12


class FeedTimes:
    """Tells times from other text on one page.

    Parameters
    ----------
    language : str
        Of the page (BCP 47); empty if it does not say.
    """

    def __init__(self, language: str) -> None:
        primary = language.lower().partition("-")[0]
        self._languages = [primary] if primary else None
        self._room = _MAX_PARSED if primary else _MAX_PARSED_ANY_LANGUAGE
        # What texts are, by their form: "3 hours ago" is a time if "5 hours ago" is one.
        self._known: dict[str, bool] = {}

    def split(self, text: str) -> tuple[str, str]:
        """The time in a short text or before a headline, and what else it says.

        Parameters
        ----------
        text : str
            A part of an item.

        Returns
        -------
        time, rest : str
            Empty for what it does not have.
        """
        before = _TICKER.match(text)
        if before and (len(before[2].split()) > _FEW_WORDS or not any(map(str.isdigit, before[2]))):
            return before[1], before[2]
        if len(text) > _MAX_TIME:
            return "", text
        parts = [part for part in _DIVIDER.split(text) if part]
        if _CLOCK.search(text):
            times = [part for part in parts if any(map(str.isdigit, part))]
        elif self._is_written(text):  # with its comma, as in "May 5, 2024"
            return text.strip(_AROUND), ""
        else:
            times = [part for part in parts if self._is_written(part)] if len(parts) > 1 else []
        if not times:
            return "", text
        return ", ".join(times), ", ".join(part for part in parts if part not in times)

    def _is_written(self, text: str) -> bool:
        if len(text.split()) > _FEW_WORDS or _COUNT.search(text):
            return False
        if not _NUMBER.search(text) or not _LETTER.search(text):
            return False
        form = _DIGIT.sub("0", text)
        if form not in self._known:
            if self._room <= 0:
                return False
            self._room -= 1
            self._known[form] = self._parses(text)
        return self._known[form]

    def _parses(self, text: str) -> bool:
        import dateparser

        try:
            # A day must be named, or follow from how long ago it was: "March 2024" is the name of an archive.
            found = dateparser.parse(text, languages=self._languages, settings={"REQUIRE_PARTS": ["day"]})
        except Exception:  # what a library stumbles over, an unknown language among it, is no time
            return False
        return found is not None
