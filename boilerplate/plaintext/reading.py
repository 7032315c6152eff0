"""From a text without markup to a page: the structure that the text shows by itself becomes the tree.

Sections are divided by more than one empty line, groups by one. In a group, lines of prose that follow each other are a
run, and so are short lines, and items of a list: in a text without empty lines that is all the structure there is. So
everything that reads pages reads texts too, and what a text does not tell is missing from the tree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from boilerplate.blocks import BlockTable, segment
from boilerplate.errors import LimitError
from boilerplate.limits import DEFAULT_LIMITS, Limits
from boilerplate.page import Page, parse, read_text
from boilerplate.plaintext.lines import Paragraph, paragraphs, split_lines
from boilerplate.plaintext.wrapping import columns
from boilerplate.words import collapse_spaces

__all__ = ["TextPage", "read_text_page"]

#: A link as Markdown has it, and an image. Every repetition is bounded, so that time is linear in the text.
_IMAGE = re.compile(r"!\[[^\[\]]{0,300}\]\([^()\s]{1,2000}(?:\s+\"[^\"\n]{0,300}\")?\)")
_LINK = re.compile(
    r"\[([^\[\]]{0,500})\]\(<?((?:[A-Za-z][A-Za-z0-9+.-]{0,20}:|[/#?.])[^\s<>()]{0,2000}(?:\([^\s<>()]{0,200}\)[^\s<>()]{0,200})?)>?"
    r"(?:\s+\"[^\"\n]{0,300}\")?\)"
)
#: What no language tag has.
_NO_TAG = re.compile(r"[^A-Za-z0-9-]")
#: Elements that paragraphs become; none of them lies in another.
_BLOCK_TAGS = ("p", "h1", "h2", "h3", "h4", "h5", "h6")
#: Runs of blocks of one kind.
_OPENING = {"item": "<ul>", "prose": "<div>", "short": "<div>"}
_CLOSING = {"item": "</ul>", "prose": "</div>", "short": "</div>"}
#: Prose has this many columns, or half of them and the end of a sentence.
_LONG = 80
_SENTENCE_ENDS = tuple(".!?…。！？؟।॥։።｡")
#: How long a title is, in characters.
MIN_TITLE, MAX_TITLE = 10, 300
#: Where more than this share of the blocks have an empty line before them, one empty line divides nothing.
_MOSTLY = 0.7


@dataclass(frozen=True, slots=True)
class TextPage:
    """A text as a page.

    Attributes
    ----------
    table : BlockTable
        Its blocks.
    lines : ndarray of int64, shape (n_blocks, 2)
        First and last line of each block in the text, from 1, both included.
    """

    table: BlockTable
    lines: NDArray[np.int64]


def read_text_page(
    source: bytes | str,
    *,
    url: str | None = None,
    charset: str | None = None,
    language: str = "",
    limits: Limits = DEFAULT_LIMITS,
) -> TextPage:
    """Read a text without markup, and cut it into blocks.

    Parameters
    ----------
    source : bytes or str
    url : str, optional
        Address of the page that the text is of.
    charset : str, optional
        Encoding of the bytes, if it is known.
    language : str
        Language of the text, if it is known, as a tag of BCP 47.
    limits : Limits
        Bytes of the text, and elements that its lines, lists and links become.

    Returns
    -------
    TextPage

    Raises
    ------
    EmptyPageError
        If there is nothing but white space.
    NotHTMLError
        If these are the bytes of another kind of file, such as an image.
    LimitError
        If it is past a limit.
    """
    limits.check_size(len(source))
    text, encoding, notes = read_text(source, charset=charset)
    lines = split_lines(text)
    # Every line takes an element at least; what is longer need not be looked at.
    _check_elements(sum(map(bool, lines)), limits)
    blocks = paragraphs(lines)
    markup = _markup(blocks)
    _check_elements(markup.count("<") - markup.count("</"), limits)
    page = parse(markup, url=url)
    if language:
        page.root.set("lang", _NO_TAG.sub("", language))
    table = segment(Page(page.root, page.url, encoding, (*notes, *page.notes)))
    return TextPage(table, _lines_of(table, blocks))


def _check_elements(number: int, limits: Limits) -> None:
    if limits.max_nodes is not None and number > limits.max_nodes:
        raise LimitError(
            f"The text has lines and links for more than the {limits.max_nodes:,} elements that are the limit. "
            "Leave it out, or raise max-nodes."
        )


def _markup(blocks: Sequence[Paragraph]) -> str:
    title = _title(blocks)
    head = f"<head><title>{escape(title, quote=False)}</title></head>" if title else ""
    pieces = [f"<!DOCTYPE html><html>{head}<body><section><div>"]
    before = ""
    for block, gap in zip(blocks, _gaps(blocks), strict=True):
        kind = _kind(block)
        if gap or kind != before:
            pieces.append(_CLOSING.get(before, ""))
            # Nothing is open yet before the first block.
            if before and gap:
                pieces.append("</div></section><section><div>" if gap > 1 else "</div><div>")
            pieces.append(_OPENING[kind])
        text = _inline(block.text)
        # In a paragraph links side by side are part of the line.
        pieces.append(f"<li><p>{text}</p></li>" if kind == "item" else f"<{block.tag}>{text}</{block.tag}>")
        before = kind
    pieces.append(_CLOSING.get(before, "") + "</div></section></body></html>")
    return "".join(pieces)


def _title(blocks: Sequence[Paragraph]) -> str:
    """The page's title, if the text begins with it: the first line, if a later one says the same or most of it.

    Common Crawl's texts and those of many converters begin with the title, which is the headline and the site's name.
    """
    first = collapse_spaces(blocks[0].text) if blocks else ""
    if not MIN_TITLE <= len(first) <= MAX_TITLE:
        return ""
    for block in blocks[1:]:
        if MIN_TITLE <= len(block.text) <= len(first) and 2 * len(block.text) >= len(first):
            text = collapse_spaces(block.text)
            if first.startswith(text) or first.endswith(text):
                return first
    return ""


def _gaps(blocks: Sequence[Paragraph]) -> list[int]:
    """Empty lines before each block, one less where nearly all blocks have one before them: there it says nothing."""
    gaps = [block.gap for block in blocks]
    spaced = sum(gap > 0 for gap in gaps[1:]) > _MOSTLY * (len(gaps) - 1)
    return [max(gap - 1, 0) for gap in gaps] if spaced else gaps


def _kind(block: Paragraph) -> str:
    """Whether a block is an item, a passage of prose, or something short, as the entries of menus and lists."""
    if block.tag == "li":
        return "item"
    size = columns(block.text)
    prose = size >= _LONG or (size >= _LONG // 2 and block.text.endswith(_SENTENCE_ENDS))
    return "prose" if prose else "short"


def _inline(text: str) -> str:
    """Text as markup, links as links."""
    if "](" not in text:
        return escape(text, quote=False)
    text = _IMAGE.sub("", text)
    pieces: list[str] = []
    at = 0
    for link in _LINK.finditer(text):
        pieces.append(escape(text[at : link.start()], quote=False))
        pieces.append(f'<a href="{escape(link[2])}">{escape(link[1], quote=False)}</a>')
        at = link.end()
    pieces.append(escape(text[at:], quote=False))
    return "".join(pieces)


def _lines_of(table: BlockTable, blocks: Sequence[Paragraph]) -> NDArray[np.int64]:
    is_block = np.array([name in _BLOCK_TAGS for name in table.tag_names], dtype=np.bool_)[table.tag_codes]
    elements = np.flatnonzero(is_block)
    spans = np.array([(block.first + 1, block.last + 1) for block in blocks], dtype=np.int64).reshape(-1, 2)
    # They stand one after the other, so a block lies in the last that begins before it.
    return spans[np.searchsorted(elements, table.container, side="right") - 1]
