"""The structure that a text shows by itself: which lines make a paragraph, what is an item or a heading, what belongs
together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from boilerplate.plaintext.wrapping import Lines, find_width, full_lines

__all__ = ["Paragraph", "paragraphs", "split_lines"]

_LINE_END = re.compile(r"\r\n|[\n\r]")
#: Bullets of lists. A dash of full width opens direct speech in many languages and is none of them.
_BULLET = re.compile(r"[*\-•‣⁃◦▪▫●○■□]\s+(?=\S)")
#: Headings of Markdown: marks before them, or a line of marks below.
_HEADING_MARKS = re.compile(r"#{1,6}\s+")
_CLOSING_MARKS = re.compile(r"\s+#+\s*\Z")
_UNDERLINE = re.compile(r"(={3,}|-{3,})\Z")
#: A line below this width does not go on in the next one unless the text is wrapped.
_MIN_JOINED = 40
#: What a line may end in that goes on.
_MAY_GO_ON = re.compile(r"[^\W_]|[,\-\u00ad)\]»”’\"']")
_HYPHENATED = re.compile(r"[^\W\d_][-\u00ad\u2010]\Z")


@dataclass(slots=True)
class Paragraph:
    """A block of a text.

    Attributes
    ----------
    tag : str
        ``p``, ``li``, or ``h1`` to ``h6``.
    text : str
        Without bullet and marks of a heading; a line end of the source is one here.
    first, last : int
        Its lines, from 0, both included.
    gap : int
        Empty lines before it.
    """

    tag: str
    text: str
    first: int
    last: int
    gap: int


def split_lines(text: str) -> list[str]:
    """Lines of a text, whatever ends them, as editors count them."""
    return _LINE_END.split(text)


def paragraphs(lines: Sequence[str]) -> list[Paragraph]:
    """Blocks of a text: its lines, those joined that were one before the text was wrapped.

    Parameters
    ----------
    lines : sequence of str

    Returns
    -------
    list of Paragraph
        In order; empty lines are in none.

    Notes
    -----
    Linear in the text. A line goes on in the next one if the text is wrapped and the line is full
    (`boilerplate.plaintext.wrapping`), or if it is long and ends within a sentence, and the next begins with a small
    letter.
    """
    stripped = [line.strip() for line in lines]
    begins = [bool(_BULLET.match(line) or _HEADING_MARKS.match(line)) for line in stripped]
    measured = Lines.of(lines, begins)
    width = find_width(measured)
    goes_on = (full_lines(measured, width) if width is not None else measured.goes_on & False).tolist()
    columns = measured.width.tolist()
    result: list[Paragraph] = []
    gap, joined = 0, False
    for number, line in enumerate(stripped):
        if not line:
            gap, joined = gap + 1, False
            continue
        if joined:
            _add(result[-1], line, number)
        elif number and result and gap == 0 and (level := _underlined(line, result[-1])):
            result[-1].tag, result[-1].last = f"h{level}", number
            continue
        else:
            result.append(_begin(line, number, gap))
        gap = 0
        following = stripped[number + 1] if number + 1 < len(stripped) else ""
        joined = goes_on[number] or (
            bool(following)
            and columns[number] >= _MIN_JOINED
            and following[0].islower()
            and not begins[number + 1]
            and bool(_MAY_GO_ON.match(line[-1]))
        )
    return result


def _begin(line: str, number: int, gap: int) -> Paragraph:
    bullet = _BULLET.match(line)
    if bullet:
        return Paragraph("li", line[bullet.end() :], number, number, gap)
    marks = _HEADING_MARKS.match(line)
    if marks:
        text = _CLOSING_MARKS.sub("", line[marks.end() :])
        return Paragraph(f"h{marks[0].count('#')}", text, number, number, gap)
    return Paragraph("p", line, number, number, gap)


def _add(paragraph: Paragraph, line: str, number: int) -> None:
    # At a hyphen lines are broken without a space.
    glue = "" if _HYPHENATED.search(paragraph.text) and line[:1].islower() else "\n"
    paragraph.text += glue + line
    paragraph.last = number


def _underlined(line: str, above: Paragraph) -> int:
    """Level of the heading that a line of marks makes of the line above, 0 if it makes none."""
    marks = _UNDERLINE.match(line)
    if marks is None or above.tag != "p" or above.last != above.first:
        return 0
    return 1 if line[0] == "=" else 2
