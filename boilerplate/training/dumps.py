"""Texts as converters, crawlers and people leave them of a web page, made of pages whose text nodes are labelled.

A `Style` says how a page's text is written down: one line a block or empty lines between, bullets or not, links or not,
hidden text or not, wrapped or not. Labels go along by construction: every line knows how many of its words have which.
"""

from __future__ import annotations

import re
import textwrap
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from boilerplate.blocks import BlockTable
from boilerplate.labels import LABELS
from boilerplate.plaintext.wrapping import columns
from boilerplate.tags import INLINE_TAGS, PREFORMATTED_TAGS, SKIPPED_TAGS
from boilerplate.words import UNSPACED_RANGES, collapse_spaces, count_words

__all__ = ["STYLES", "Dump", "Style", "dump_page", "styles_of"]

_CHROME = LABELS.index("chrome")


@dataclass(frozen=True, slots=True)
class Style:
    """How the text of a page is written down.

    Attributes
    ----------
    name : str
    gap : {"none", "paragraphs", "all"}
        Where empty lines stand: nowhere, around paragraphs, headings, lists and the like as browsers have it
        (the algorithm of ``innerText`` in the HTML standard), or around every block.
    bullets : str
        What stands before an item of a list.
    headings : bool
        Whether headings have marks as in Markdown.
    links : bool
        Whether links are written as in Markdown.
    hidden : bool
        Whether text that the page does not show is among it.
    title : bool
        Whether the page's title is the first line.
    width : int
        Columns that lines are wrapped at; 0 for none.
    apart : bool
        Whether links and boxes that stand side by side have a line each, as style sheets often make them.
    cells : str
        What stands between the cells of a row; a line end for a line each.
    """

    name: str
    gap: str = "none"
    bullets: str = ""
    headings: bool = False
    links: bool = False
    hidden: bool = True
    title: bool = False
    width: int = 0
    apart: bool = True
    cells: str = "\n"


#: After what is in use: Common Crawl's WET files; `innerText` of browsers; a page copied from a browser; html2text and
#: its like; the text browsers lynx and w3m; extractors that write a line a block or an empty line between any two.
STYLES = {
    style.name: style
    for style in (
        Style("wet", title=True, apart=False),
        Style("lines", hidden=False),
        Style("inner-text", gap="paragraphs", hidden=False, apart=False, cells="\t"),
        Style("copied", gap="paragraphs", hidden=False),
        Style("spaced", gap="all"),
        Style("markdown", gap="paragraphs", bullets="* ", headings=True, links=True, apart=False, cells=" | "),
        Style("listed", gap="paragraphs", bullets="- ", hidden=False),
        Style("wrapped", gap="paragraphs", bullets="• ", hidden=False, width=76, apart=False, cells="  "),
        Style("dense", width=72, title=True, apart=False, cells=" "),
    )
}

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
#: Blocks that browsers set apart by an empty line.
_SPACED_TAGS = frozenset(
    ("p", "ul", "ol", "dl", "menu", "blockquote", "pre", "figure", "table", "hr", "fieldset", "form", *_HEADINGS)
)
_CELLS = frozenset(("td", "th"))
_LISTS = frozenset(("ul", "ol", "menu", "dl"))
#: Stands between two cells until the line is written.
_CELL = "\x00"
_UNSPACED_CHARACTERS = "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSPACED_RANGES)
_UNSPACED = re.compile(f"[{_UNSPACED_CHARACTERS}]")
_UNITS = re.compile(rf"[{_UNSPACED_CHARACTERS}][\u3001-\u301b\uff01-\uff65]*|[^\s{_UNSPACED_CHARACTERS}]+\s*|\s+")


@dataclass(frozen=True, slots=True)
class Dump:
    """The text of a page.

    Attributes
    ----------
    lines : list of str
    words : ndarray of int64, shape (n_lines, len(LABELS))
        Words of each line by label; words without a label are not counted.
    """

    lines: list[str]
    words: NDArray[np.int64]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def styles_of(page_id: str, n: int) -> list[Style]:
    """Some of `STYLES` for a page, always the same for the same id."""
    rng = np.random.default_rng(zlib.crc32(page_id.encode("utf-8", "surrogatepass")))
    names = list(STYLES)
    return [STYLES[names[k]] for k in rng.permutation(len(names))[:n].tolist()]


def dump_page(table: BlockTable, node_label: NDArray[np.int8], hidden: NDArray[np.bool_], style: Style) -> Dump:
    """Write the text of a page down.

    Parameters
    ----------
    table : BlockTable
    node_label : ndarray of int8, shape (n_nodes,)
        Label of each text node, `boilerplate.labels.UNKNOWN` without one.
    hidden : ndarray of bool, shape (n_nodes,)
        Which text nodes the page does not show.
    style : Style

    Returns
    -------
    Dump
    """
    writer = _Writer(style)
    if style.title:
        # What a page is called in lists of pages is furniture: where it is the headline, that stands in the page too.
        writer.add(table.page.root.findtext(".//title") or "", _CHROME)
        writer.end_line(0)
    _Walk(table, node_label, hidden, style, writer).run()
    return writer.dump()


class _Writer:
    """Lines as they grow: pieces of text with their labels, -1 for what is none of the page's own."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self.pieces: list[tuple[str, int]] = []
        self._mark = ""
        self._gap = 0
        self._lines: list[str] = []
        self._words: list[NDArray[np.int64]] = []

    def add(self, text: str, label: int) -> None:
        if text:
            self.pieces.append((text, label))

    def mark(self, mark: str) -> None:
        """What the line is to begin with."""
        if not self.has_text():
            self._mark = mark

    def has_text(self) -> bool:
        return any(not text.isspace() for text, _ in self.pieces)

    def end_line(self, gap: int) -> None:
        """End the line, if there is something on it; at least so many empty lines are to stand before the next."""
        if self.has_text():
            self._write()
            self._gap = 0
            self._mark = ""
        self.pieces = []
        self._gap = max(self._gap, gap)

    def _write(self) -> None:
        style = self._style
        words = np.zeros(len(LABELS), dtype=np.int64)
        for text, label in self.pieces:
            if label >= 0:
                words[label] += count_words(text)
        # Cells may be divided by a tab or several spaces, which are not to be collapsed.
        cells = "".join(text for text, _ in self.pieces).split(_CELL)
        line = (style.cells if style.cells != "\n" else " ").join(collapse_spaces(cell) for cell in cells)
        if self._lines:
            self._put([""] * self._gap, np.zeros((self._gap, len(LABELS)), dtype=np.int64))
        parts = _wrapped(self._mark + line, style.width) if style.width else [self._mark + line]
        sizes = np.array([count_words(part) for part in parts], dtype=np.float64)
        # Of a wrapped block every line has the labels of the whole, as far as its words go.
        shares = sizes / max(sizes.sum(), 1.0)
        self._put(parts, words[None] if len(parts) == 1 else np.rint(words * shares[:, None]).astype(np.int64))

    def _put(self, lines: Sequence[str], words: NDArray[np.int64]) -> None:
        self._lines.extend(lines)
        self._words.extend(words)

    def dump(self) -> Dump:
        self.end_line(0)
        return Dump(self._lines, np.array(self._words, dtype=np.int64).reshape(-1, len(LABELS)))


class _Walk:
    """Goes through a page's tree once, and has its text written."""

    def __init__(
        self,
        table: BlockTable,
        node_label: NDArray[np.int8],
        hidden: NDArray[np.bool_],
        style: Style,
        writer: _Writer,
    ) -> None:
        self._root = table.page.root
        self._labels = node_label.tolist()
        self._out = (hidden & (not style.hidden)).tolist()
        self._blocks = table.node_block.tolist()
        self._style = style
        self._writer = writer
        self._node = 0
        self._block = -1
        self._preformatted = 0
        #: Links that are open: the address, and the pieces of the line before it.
        self._links: list[tuple[str, list[tuple[str, int]], int]] = []
        self._numbers: list[int] = []

    def run(self) -> None:
        skipped = 0
        for event, element in etree.iterwalk(self._root, events=("start", "end", "comment", "pi")):
            if event == "start":
                if skipped or element.tag in SKIPPED_TAGS:
                    skipped += 1
                    continue
                self._open(element)
                self._text(element.text)
                continue
            if event == "end":
                if skipped:
                    skipped -= 1
                else:
                    self._close(element)
            if not skipped and element is not self._root:
                self._text(element.tail)

    def _text(self, text: str | None) -> None:
        if not text:
            return
        if text.isspace():
            self._writer.add(" ", -1)
            return
        node, self._node = self._node, self._node + 1
        if self._out[node]:
            return
        block = self._blocks[node]
        if self._style.apart and block >= 0:
            if self._block not in (-1, block):
                self._end_line("")
            self._block = block
        if self._preformatted and "\n" in text:
            for number, line in enumerate(text.split("\n")):
                if number:
                    self._writer.end_line(0)
                self._writer.add(line, self._labels[node])
            return
        self._writer.add(text, self._labels[node])

    def _open(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "br":
            self._writer.end_line(0)
        elif tag == "a" and self._style.links:
            self._links.append((element.get("href", "").strip(), self._writer.pieces, len(self._writer.pieces)))
        elif tag in _CELLS and self._style.cells != "\n":
            if self._writer.has_text():
                self._writer.add(_CELL, -1)
        elif _ends_line(tag):
            self._end_line(tag)
        if tag in PREFORMATTED_TAGS:
            self._preformatted += 1
        if tag in _LISTS:
            self._numbers.append(0)
        elif tag == "li" and self._style.bullets:
            self._writer.mark(self._bullet(element))
        elif tag in _HEADINGS and self._style.headings:
            self._writer.mark("#" * _HEADINGS[tag] + " ")

    def _close(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "a" and self._style.links:
            self._link(*self._links.pop())
        elif _ends_line(tag) and not (tag in _CELLS and self._style.cells != "\n"):
            self._end_line(tag)
        if tag in PREFORMATTED_TAGS:
            self._preformatted -= 1
        if tag in _LISTS:
            self._numbers.pop()

    def _end_line(self, tag: str) -> None:
        gap = self._style.gap
        self._writer.end_line(int(gap == "all" or (gap == "paragraphs" and tag in _SPACED_TAGS)))

    def _bullet(self, item: etree._Element) -> str:
        parent = item.getparent()
        if parent is None or parent.tag != "ol" or not self._numbers:
            return self._style.bullets
        self._numbers[-1] += 1
        return f"{self._numbers[-1]}. "

    def _link(self, address: str, pieces: list[tuple[str, int]], start: int) -> None:
        # A link around several blocks is left out.
        within = pieces is self._writer.pieces and any(not text.isspace() for text, _ in pieces[start:])
        if within and address and not any(c.isspace() or c in "()<>" for c in address):
            pieces.insert(start, ("[", -1))
            pieces.append((f"]({address})", -1))


def _ends_line(tag: str) -> bool:
    return tag != "br" and tag not in INLINE_TAGS and "-" not in tag


def _wrapped(text: str, width: int) -> list[str]:
    """A text in lines of so many columns; scripts without spaces are cut between any two characters."""
    if not _UNSPACED.search(text):
        return textwrap.wrap(text, width, break_long_words=False) or [text]
    lines: list[str] = []
    line, size = "", 0
    for unit in _UNITS.findall(text):
        if size + columns(unit.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line, size = "", 0
        if line or not unit.isspace():
            line += unit
            size += columns(unit)
    return [*lines, line.rstrip()] if line.strip() else lines
