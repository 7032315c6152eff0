"""Words in any language: the unit that texts are aligned, weighed and scored by."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["UNSPACED_RANGES", "collapse_spaces", "count_words", "split_words", "word_spans"]

#: What HTML takes for white space, and the other characters that break lines. Spaces that are characters of the text,
#: as the no-break and the ideographic space, are not among them.
_BREAKS = "\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029"
_WHITE_SPACE = re.compile(f"[{_BREAKS}][ {_BREAKS}]*| [ {_BREAKS}]+")


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """First and last of each run of ascending numbers: a pattern of ranges is compiled faster than characters."""
    starts = [n for n, before in zip(numbers, [-1, *numbers], strict=False) if n != before + 1]
    ends = [n for n, after in zip(numbers, [*numbers[1:], -1], strict=False) if n != after - 1]
    return list(zip(starts, ends, strict=True))


#: Scripts written without spaces between words, as ranges of code points, ends included.
UNSPACED_RANGES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # ideographic iteration mark, closing mark, zero
    (0x3040, 0x30FF),  # kana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9D),  # half-width kana
    (0x20000, 0x3FFFF),
)
_UNSPACED = "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSPACED_RANGES)
#: Vowel signs, accents and points, which are no letters to `re` but part of the word they stand in. The range
#: holds those of the scripts written with spaces that the web is written in.
_MARKS = "".join(
    f"{chr(first)}-{chr(last)}"
    for first, last in _runs([c for c in range(0x300, 0xE00) if unicodedata.category(chr(c)) in {"Mn", "Mc", "Me"}])
)
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+(?:[{_MARKS}]+[^\W{_UNSPACED}]*)*")
#: The same for texts of ASCII alone, in a third of the time.
_ASCII_WORD = re.compile(r"\w+", re.ASCII)


def split_words(text: str) -> list[str]:
    """Words of a text, lower case, in order.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        Runs of letters, digits and underscores; in scripts without spaces between words each character is a word.
    """
    # Found before they are lowered: "İ" becomes two characters, the second of which is no letter.
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return [word.lower() for word in _WORD.findall(text)]


def count_words(text: str) -> int:
    """Number of words that `split_words` finds."""
    return len((_ASCII_WORD if text.isascii() else _WORD).findall(text))


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words that `split_words` finds begin and end in the text."""
    return [found.span() for found in _WORD.finditer(text)]


def collapse_spaces(text: str) -> str:
    """A text with each run of white space made one space, and none of any kind at its ends.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        No-break, ideographic and other spaces that a page shows as they are stay what they are.
    """
    if text.isascii():
        return " ".join(text.split())
    return _WHITE_SPACE.sub(" ", text).strip()
