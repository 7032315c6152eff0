"""Whether a text was wrapped at some width, and at which: its lines tell by how full they are.

Whoever wraps lines breaks one where the next word would not fit. So in a wrapped text nearly every long line that goes
on is *full*: with the first word of the next line it would be wider than the widest line. In a text of a paragraph or
an item a line, hardly any is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate.words import UNSPACED_RANGES

__all__ = ["WIDTHS", "Lines", "columns", "find_width", "full_lines"]

#: Widths that texts are wrapped at, in columns.
WIDTHS = (30, 200)
#: A line is long from this share of the width on.
_LONG = 0.6
#: Of the long lines that go on, this share at least are full in a wrapped text; fewer lines must be surer.
_FULL_SHARE, _FEW_FULL_SHARE = 0.55, 0.8
_MIN_FULL, _MIN_FEW_FULL = 6, 3
#: Share of the lines after full ones that may begin with a capital; in German prose half of the words do.
_MAX_CAPITALS = 0.75
#: Share of lines that may be wider than the width, such as addresses, which are not broken.
_WIDER = 0.03
#: Widths tried, from the widest line down.
_MAX_TRIES = 24
#: Characters that may not begin or end a line move up to this many columns to the next one (kinsoku).
_HANGING = 4

_UNSPACED = "".join(f"{chr(lo)}-{chr(hi)}" for lo, hi in UNSPACED_RANGES)
#: Characters that take two columns (East Asian Width W and F of Unicode Standard Annex 11, by blocks).
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd]"
)
#: What stands or falls together at a line end: a word, up to a hyphen in it; a character of a script without spaces.
_FIRST_UNIT = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}-]*-?")
_BEGINS_UNSPACED = re.compile(f"[{_UNSPACED}\u3001-\u301b\uff01-\uff65]")


@dataclass(frozen=True, slots=True)
class Lines:
    """How wide the lines of a text are, in columns.

    Attributes
    ----------
    width : ndarray of int64, shape (n_lines,)
        With the white space before the text, without that after it.
    need : ndarray of int64, shape (n_lines,)
        What the first unit of the line would take at the end of the line before, the space between them included.
    goes_on : ndarray of bool, shape (n_lines,)
        Whether the next line may be the same paragraph: it is not empty and begins no item or heading.
    capital : ndarray of bool, shape (n_lines,)
        Whether the line begins with a capital letter.
    """

    width: NDArray[np.int64]
    need: NDArray[np.int64]
    goes_on: NDArray[np.bool_]
    capital: NDArray[np.bool_]

    @classmethod
    def of(cls, lines: Sequence[str], begins: Sequence[bool]) -> Lines:
        """Measure lines.

        Parameters
        ----------
        lines : sequence of str, length n_lines
        begins : sequence of bool, length n_lines
            Whether a line begins something new by its own mark, as an item does.
        """
        stripped = [line.strip() for line in lines]
        width = [columns(line.rstrip()) for line in lines]
        need = [_need(line) for line in stripped]
        filled = np.array([bool(line) for line in stripped], dtype=np.bool_)
        goes_on = np.zeros(len(lines), dtype=np.bool_)
        goes_on[:-1] = filled[:-1] & filled[1:] & ~np.array(begins, dtype=np.bool_)[1:]
        capital = np.array([line[:1].isupper() for line in stripped], dtype=np.bool_)
        return cls(np.array(width, dtype=np.int64), np.array(need, dtype=np.int64), goes_on, capital)


def columns(text: str) -> int:
    """Columns that a text takes on a terminal: two for wide characters."""
    return len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))


def _need(line: str) -> int:
    unit = _FIRST_UNIT.match(line)
    first = unit[0] if unit is not None and unit[0] else line[:1]
    if _BEGINS_UNSPACED.match(first):
        return columns(first) + _HANGING
    return columns(first) + 1


def full_lines(lines: Lines, width: int) -> NDArray[np.bool_]:
    """Which lines go on in the next one if the text is wrapped at a width, shape (n_lines,)."""
    full = np.zeros(len(lines.width), dtype=np.bool_)
    full[:-1] = lines.goes_on[:-1] & (lines.width[:-1] + lines.need[1:] > width)
    # A line that is wider than a wrapped one can be says nothing of the next.
    return full & (lines.width <= width)


def find_width(lines: Lines) -> int | None:
    """The width that a text is wrapped at, None if it is not.

    Parameters
    ----------
    lines : Lines

    Returns
    -------
    int or None
        In columns, within `WIDTHS`.
    """
    filled = lines.width[lines.width > 0]
    if len(filled) < _MIN_FEW_FULL:
        return None
    at_least = max(int(np.sort(filled)[int((1.0 - _WIDER) * (len(filled) - 1))]), WIDTHS[0])
    candidates = np.unique(filled[(filled >= at_least) & (filled <= WIDTHS[1])])[::-1][:_MAX_TRIES]
    for width in candidates.tolist():
        full = full_lines(lines, width)
        long = lines.goes_on & (lines.width > _LONG * width) & (lines.width <= width)
        n_full = int((full & long).sum())
        share = n_full / max(int(long.sum()), 1)
        # Headlines of like length may be full by chance, but each of them begins anew.
        if int(lines.capital[1:][full[:-1]].sum()) > _MAX_CAPITALS * n_full:
            continue
        if (n_full >= _MIN_FULL and share >= _FULL_SHARE) or (n_full >= _MIN_FEW_FULL and share >= _FEW_FULL_SHARE):
            return int(width)
    return None
