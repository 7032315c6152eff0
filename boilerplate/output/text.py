"""Plain text, Markdown and HTML of the kept blocks.

All three go through the same steps: blocks that share a line (cells of a row, inline items of a box) are joined, then
each line is written in its form, and lines of one list or table stand together.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boilerplate.structure import Kind

if TYPE_CHECKING:
    from boilerplate.labelled import Block, LabelledPage
    from boilerplate.structure import BlockForm

__all__ = ["to_html", "to_markdown", "to_text"]

#: Bidi overrides and other characters that change how the text around them is shown; joiners are part of words.
_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>])")
_MARKDOWN_START = re.compile(r"^(\s*)(#{1,6}(?=\s)|[-+*>](?=\s|$)|\d{1,9}[.)](?=\s)|=+\s*$|-{3,}\s*$|~{3,}|\|)", re.M)
#: Kinds whose lines follow each other without an empty line.
_TIGHT = frozenset({Kind.ITEM, Kind.CELL})


@dataclass(frozen=True, slots=True)
class _Line:
    form: BlockForm
    parts: list[str]


def _lines(blocks: Sequence[Block]) -> Iterator[_Line]:
    """Blocks that belong on one line together: cells of a row, inline items of a box."""
    line: _Line | None = None
    for block in blocks:
        text = _CONTROLS.sub("", block.text)
        form = block.form
        joins = (
            line is not None
            and form.group >= 0
            and form.group == line.form.group
            and form.kind is line.form.kind
            and form.kind in (Kind.CELL, Kind.PARAGRAPH)
        )
        if line is not None and joins:
            line.parts.append(text)
            continue
        if line is not None:
            yield line
        line = _Line(form, [text])
    if line is not None:
        yield line


def _stack(pieces: Iterator[tuple[BlockForm, str]]) -> str:
    """Pieces one below the other: lines of one list or table stand together, others an empty line apart."""
    result: list[str] = []
    before: BlockForm | None = None
    for form, piece in pieces:
        if before is not None:
            tight = form.kind is before.kind and form.kind in _TIGHT
            result.append("\n" if tight else "\n\n")
        result.append(piece)
        before = form
    return "".join(result) + ("\n" if result else "")


def to_text(page: LabelledPage, blocks: Sequence[Block]) -> str:
    """Plain text: a block a paragraph, items and rows a line each, cells divided by tabs."""

    def pieces() -> Iterator[tuple[BlockForm, str]]:
        for line in _lines(blocks):
            cells = line.form.kind is Kind.CELL
            parts = [" ".join(p.split()) for p in line.parts] if cells else line.parts
            yield line.form, ("\t" if cells else " ").join(parts)

    return _stack(pieces())


def _escape(text: str) -> str:
    escaped = _MARKDOWN.sub(r"\\\1", text)
    # The mark itself is escaped; of a number, the dot after it.
    return _MARKDOWN_START.sub(
        lambda m: f"{m[1]}{m[2][:-1]}\\{m[2][-1]}" if m[2][0].isdigit() else f"{m[1]}\\{m[2]}", escaped
    )


def to_markdown(page: LabelledPage, blocks: Sequence[Block]) -> str:
    """CommonMark: headings by rank, list items by depth, quotes, code; rows of tables as lines of cells."""

    def pieces() -> Iterator[tuple[BlockForm, str]]:
        for line in _lines(blocks):
            form = line.form
            text = " ".join(line.parts)
            if form.kind is Kind.CODE:
                longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
                fence = "`" * max(3, longest + 1)
                yield form, f"{fence}\n{text}\n{fence}"
                continue
            if form.kind is Kind.CELL:
                yield (
                    form,
                    " | ".join(_escape(" ".join(p.split())).replace("|", "\\|") for p in line.parts) + "  ",
                )
                continue
            flat = _escape(text).replace("\n", "  \n")
            if form.kind is Kind.HEADING:
                yield form, f"{'#' * form.level} {flat.replace('  ' + chr(10), ' ')}"
            elif form.kind is Kind.ITEM:
                indent = "  " * (form.level - 1)
                mark = "1." if form.ordered else "-"
                body = flat.replace("\n", f"\n{indent}{' ' * (len(mark) + 1)}")
                yield form, f"{indent}{mark} {body}"
            elif form.kind is Kind.QUOTE:
                yield form, "> " + flat.replace("\n", "\n> ")
            else:
                yield form, flat

    return _stack(pieces())


def to_html(page: LabelledPage, blocks: Sequence[Block]) -> str:
    """A plain HTML document built anew from the blocks' text: no attribute, script or address of the page is in it."""
    body: list[str] = []
    opened = ""
    wrappers = {Kind.ITEM: "ul", Kind.CELL: "table"}
    for line in _lines(blocks):
        form = line.form
        wrapper = wrappers.get(form.kind, "")
        if wrapper != opened:
            if opened:
                body.append(f"</{opened}>")
            if wrapper:
                body.append(f"<{wrapper}>")
            opened = wrapper
        parts = [html.escape(p).replace("\n", "<br>") for p in line.parts]
        text = " ".join(parts)
        if form.kind is Kind.CELL:
            body.append("<tr>" + "".join(f"<td>{p}</td>" for p in parts) + "</tr>")
        elif form.kind is Kind.HEADING:
            body.append(f"<h{form.level}>{text}</h{form.level}>")
        else:
            tags = {Kind.ITEM: "li", Kind.QUOTE: "blockquote", Kind.CODE: "pre", Kind.CAPTION: "figcaption"}
            tag = tags.get(form.kind, "p")
            body.append(f"<{tag}>{text}</{tag}>")
    if opened:
        body.append(f"</{opened}>")
    title = html.escape(_CONTROLS.sub("", page.title))
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
