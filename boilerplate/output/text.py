"""Plain text, Markdown and HTML of the kept blocks.

All three go through the same steps: a repeated headline is left out, blocks that belong together (cells of a row,
paragraphs of a quote, inline items of a box) are gathered to one passage, and each passage is written in its form, the
rows of a table or items of a list standing together.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boilerplate.structure import Kind
from boilerplate.words import collapse_spaces

if TYPE_CHECKING:
    from boilerplate.labelled import Block, LabelledPage
    from boilerplate.structure import BlockForm

__all__ = ["CONTROLS", "to_html", "to_markdown", "to_text"]

#: Bidi overrides and other characters that change how the text around them is shown, and what no XML or UTF-8 may hold;
#: joiners are part of words.
CONTROLS = re.compile(
    "[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]"
)
_MARKDOWN = re.compile(r"[\\`*_\[\]<>~|]|&(?=#?\w+;)")
#: What makes something else than a paragraph of a line that begins with it.
_MARKDOWN_START = re.compile(r"^(?:(#{1,6}(?=\s|$)|[-+](?=\s|$)|=+\s*$|:?-+:?\s*$)|(\d{1,9})([.)])(?=\s|$))", re.M)
_MARKDOWN_HEADING_END = re.compile(r"(#+)$")
_BACKTICKS = re.compile("`+")
_BLANK_LINES_FIRST = re.compile(r"^(?:[ \t]*\n)+")
#: Kinds whose passages follow each other without an empty line, within the same list or table.
_TIGHT = frozenset({Kind.ITEM, Kind.CELL})
#: Ranks at which pages repeat their headline.
_HEADLINES = frozenset({1, 2})


@dataclass(frozen=True, slots=True)
class _Passage:
    """Blocks written down as one.

    Attributes
    ----------
    form : BlockForm
        Of the first block.
    parts : list of str
        Cells of a row, paragraphs of a quote or of an item; of other kinds one.
    """

    form: BlockForm
    parts: list[str]


def _passages(blocks: Sequence[Block]) -> Iterator[_Passage]:
    """Gather blocks that belong together; a heading that repeats the headline is left out."""
    passage: _Passage | None = None
    before: BlockForm | None = None
    headlines: set[str] = set()
    for block in blocks:
        form = block.form
        if form.kind is Kind.HEADING:
            if form.level in _HEADLINES and block.text in headlines:
                continue
            if form.level == 1:
                headlines.add(block.text)
        code = form.kind is Kind.CODE
        text = CONTROLS.sub("", block.raw or f"\n{block.text}") if code else _visible(block.text)
        if passage is not None and before is not None and _together(before, form):
            _add(passage, before, form, text)
        else:
            if passage is not None:
                yield passage
            passage = _Passage(form, [text])
        before = form
    if passage is not None:
        yield passage


def _visible(text: str) -> str:
    """A block's text without control characters, nor the gaps they leave."""
    if not CONTROLS.search(text):
        return text
    lines = (collapse_spaces(line) for line in CONTROLS.sub("", text).split("\n"))
    return "\n".join(line for line in lines if line)


def _together(before: BlockForm, form: BlockForm) -> bool:
    if before.kind is not form.kind:
        return False
    if form.kind is Kind.CELL and form.row >= 0 and form.row == before.row:
        return True
    if form.kind in (Kind.ITEM, Kind.QUOTE, Kind.CODE, Kind.CELL) and form.box >= 0 and form.box == before.box:
        return True
    return form.kind is Kind.PARAGRAPH and _side_by_side(before, form)


def _side_by_side(before: BlockForm, form: BlockForm) -> bool:
    return form.line >= 0 and form.line == before.line


def _add(passage: _Passage, before: BlockForm, form: BlockForm, text: str) -> None:
    if form.kind is Kind.CODE:
        passage.parts[-1] += text
    elif _side_by_side(before, form) or (form.kind is Kind.CELL and form.box == before.box):
        passage.parts[-1] += " " + text
    else:
        passage.parts.append(text)


def _code(passage: _Passage) -> str:
    """Lines of a code block, without empty ones around them."""
    return _BLANK_LINES_FIRST.sub("", passage.parts[0]).rstrip()


def _stack(pieces: Iterator[tuple[BlockForm, str]]) -> str:
    """Pieces one below the other: those of one list or table stand together, others an empty line apart."""
    result: list[str] = []
    before: BlockForm | None = None
    for form, piece in pieces:
        if before is not None:
            tight = form.kind is before.kind and form.kind in _TIGHT and form.whole == before.whole
            result.append("\n" if tight else "\n\n")
        result.append(piece)
        before = form
    return "".join(result) + ("\n" if result else "")


def to_text(page: LabelledPage, blocks: Sequence[Block]) -> str:
    """Plain text: a block a paragraph, items and rows a line each, cells divided by tabs; code keeps its lines."""

    def pieces() -> Iterator[tuple[BlockForm, str]]:
        for passage in _passages(blocks):
            kind = passage.form.kind
            if kind is Kind.CODE:
                yield passage.form, _code(passage)
            elif kind is Kind.CELL:
                yield passage.form, "\t".join(map(collapse_spaces, passage.parts))
            else:
                yield passage.form, ("\n\n" if kind is Kind.QUOTE else "\n").join(passage.parts)

    return _stack(pieces())


def _escape(text: str) -> str:
    escaped = _MARKDOWN.sub(r"\\\g<0>", text)
    # The mark itself is escaped; of a number, the dot after it.
    return _MARKDOWN_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", escaped)


def _broken(text: str, indent: str = "") -> str:
    """Escaped text whose line breaks are hard ones, with something before each line but the first."""
    return _escape(text).replace("\n", f"  \n{indent}")


def to_markdown(page: LabelledPage, blocks: Sequence[Block]) -> str:
    """CommonMark: headings by rank, nested lists, quotes, code; rows of tables as lines of cells."""

    def pieces() -> Iterator[tuple[BlockForm, str]]:
        # Items the present one may be nested in: depth on the page, and the column their text begins in.
        around: list[tuple[int, int]] = []
        whole = -1
        for passage in _passages(blocks):
            form = passage.form
            if form.kind is not Kind.ITEM or form.whole != whole:
                around.clear()
                whole = form.whole
            if form.kind is Kind.ITEM:
                first = True
                while around and around[-1][0] >= form.level:
                    around.pop()
                    first = False
                column = around[-1][1] if around else 0
                mark = f"{form.number}." if form.number else "-"
                around.append((form.level, column + len(mark) + 1))
                body = _broken("\n".join(passage.parts), " " * around[-1][1])
                # A numbered list that does not begin with 1 cannot follow a line of text.
                gap = "\n" if first and column and form.number > 1 else ""
                yield form, f"{gap}{' ' * column}{mark} {body}"
            elif form.kind is Kind.CODE:
                text = _code(passage)
                fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))
                yield form, f"{fence}\n{text}\n{fence}"
            elif form.kind is Kind.CELL:
                yield form, " | ".join(_escape(collapse_spaces(part)) for part in passage.parts) + "  "
            elif form.kind is Kind.HEADING:
                heading = _MARKDOWN_HEADING_END.sub(r"\\\1", _escape(collapse_spaces(" ".join(passage.parts))))
                yield form, f"{'#' * form.level} {heading}"
            elif form.kind is Kind.QUOTE:
                yield form, "\n>\n".join("> " + _broken(part, "> ") for part in passage.parts)
            else:
                yield form, _broken("\n".join(passage.parts))

    return _stack(pieces())


def to_html(page: LabelledPage, blocks: Sequence[Block]) -> str:
    """A plain HTML document built anew from the blocks' text: no attribute, script or address of the page is in it."""
    body: list[str] = []
    # Lists and tables that are open: end tags, and depth on the page.
    opened: list[tuple[str, int]] = []
    around: tuple[Kind, int] | None = None

    def close(level: int = 0) -> None:
        while opened and opened[-1][1] > level:
            body.append(opened.pop()[0])

    for passage in _passages(blocks):
        form = passage.form
        if (form.kind, form.whole) != around:
            close()
            around = (form.kind, form.whole)
        parts = [html.escape(part).replace("\n", "<br>") for part in passage.parts]
        if form.kind is Kind.CELL:
            if not opened:
                body.append("<table>")
                opened.append(("</table>", 1))
            body.append("<tr>" + "".join(f"<td>{part}</td>" for part in parts) + "</tr>")
        elif form.kind is Kind.ITEM:
            close(form.level)
            if opened and opened[-1][1] == form.level:
                body.append("</li>")
            else:
                tag = "ol" if form.number else "ul"
                body.append(f'<ol start="{form.number}">' if form.number > 1 else f"<{tag}>")
                opened.append((f"</li>\n</{tag}>", form.level))
            body.append(f"<li>{'<br>'.join(parts)}")
        elif form.kind is Kind.CODE:
            body.append(f"<pre>{html.escape(_code(passage))}</pre>")
        elif form.kind is Kind.QUOTE:
            body.append("<blockquote>" + "".join(f"<p>{part}</p>" for part in parts) + "</blockquote>")
        else:
            tag = f"h{form.level}" if form.kind is Kind.HEADING else "p"
            body.append(f"<{tag}>{'<br>'.join(parts)}</{tag}>")
    close()
    title = html.escape(CONTROLS.sub("", page.title))
    direction = ' dir="rtl"' if _right_to_left(blocks) else ""
    return (
        f'<!DOCTYPE html>\n<html{direction}>\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n</head>\n<body>\n'
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _right_to_left(blocks: Sequence[Block]) -> bool:
    """Whether most letters are of a script written from right to left."""
    counts = {"L": 0, "R": 0}
    for block in blocks:
        for character in block.text[:200]:
            kind = unicodedata.bidirectional(character)
            counts["R" if kind in {"R", "AL"} else "L"] += kind in {"R", "AL", "L"}
    return counts["R"] > counts["L"]
