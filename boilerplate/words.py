"""Words in any language: the unit that texts are aligned, weighed and scored by."""

from __future__ import annotations

import re

__all__ = ["UNSPACED_RANGES", "count_words", "split_words"]

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
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")


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
    return _WORD.findall(text.lower())


def count_words(text: str) -> int:
    """Number of words that `split_words` finds."""
    return len(_WORD.findall(text))
