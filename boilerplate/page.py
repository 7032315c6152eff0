"""From the bytes of a web page to its tree: find the encoding, mend the text, parse.

Pages come as they were crawled: with a wrong charset or none, cut off in the middle of a character, with
``</html>`` halfway down, or without a single tag. :func:`parse` makes a tree of all of them and writes
down in :attr:`Page.notes` what had to be mended. Only two things are refused: a page with nothing in it
(:class:`~boilerplate.errors.EmptyPageError`) and bytes that are no page at all
(:class:`~boilerplate.errors.NotHTMLError`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from boilerplate.encoding import choose_encoding, decode, decode_as, is_wide, to_utf8
from boilerplate.errors import EmptyPageError
from boilerplate.file_kinds import SNIFF_BYTES, refuse_other_files
from boilerplate.markup import check_nodes, mended

__all__ = ["Page", "decode", "parse", "read_text"]

#: Elements that a head may hold.
HEAD_TAGS = frozenset(
    ("title", "meta", "link", "base", "script", "style", "noscript", "template", "basefont", "bgsound")
)
#: Nesting depth at which libxml2 stops reading a page.
MAX_DEPTH = 2048
_FRAMES_TAG = re.compile(rb"(</?)(?:frameset|noframes)(?=[\s/>])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page.

    Attributes
    ----------
    root : lxml.etree._Element
        The ``<html>`` element. It always has a ``<body>``.
    url : str or None
        The address of the page, as given.
    encoding : str
        The Encoding Standard's name of the encoding the bytes were decoded with, such as ``"windows-1251"``;
        ``"str"`` if the page was given as text.
    notes : tuple of str
        One sentence for each thing that had to be mended.
    """

    root: etree._Element
    url: str | None
    encoding: str
    notes: tuple[str, ...]


def parse(
    html: bytes | str, *, url: str | None = None, charset: str | None = None, max_nodes: int | None = None
) -> Page:
    """Parse a page, whatever state it is in.

    Parameters
    ----------
    html : bytes or str
        The page. Bytes are decoded as :func:`decode` does it.
    url : str, optional
        The address of the page; it is only passed on.
    charset : str, optional
        The encoding as the server named it; without meaning for text.
    max_nodes : int, optional
        Tags that open an element, comments and declarations that the page may have: an upper bound of what its
        tree has, known before memory is taken for it.

    Returns
    -------
    Page
        The tree, and notes on what had to be mended.

    Raises
    ------
    EmptyPageError
        If there is nothing but white space.
    NotHTMLError
        If these are the bytes of another kind of file, such as an image.
    LimitError
        If the page has more tags than it may.

    Examples
    --------
    >>> page = parse("<h1>News</h1><p>It rained.")
    >>> [element.tag for element in page.root.iter()]
    ['html', 'body', 'h1', 'p']
    """
    notes: list[str] = []
    if isinstance(html, str):
        encoding = "str"
        refuse_other_files(html[:SNIFF_BYTES].encode("latin-1", "replace"), wide=False)
        markup = to_utf8(html.removeprefix("\ufeff"), notes)
    else:
        refuse_other_files(html, wide=is_wide(html, charset))
        skip, encoding, valid = choose_encoding(html, charset, notes)
        markup = html[skip:] if valid else to_utf8(decode_as(html[skip:], encoding, notes), notes)
    if _blank(markup):
        raise EmptyPageError("The page is empty, without a single character; fetch it again or leave it out.")
    markup = mended(markup, notes)
    if max_nodes is not None:
        check_nodes(markup, max_nodes)
    root = _tree(markup, notes)
    if root is not None and root.find("frameset") is not None and root.find("body") is None:
        # The text for browsers without frames is all the text there is; libxml2 does not parse it.
        root = _tree(_FRAMES_TAG.sub(rb"\1div", markup), notes)
        notes.append("The page is a frameset; its frames were read as ordinary blocks.")
    if root is None:
        notes.append("The page has neither elements nor text.")
        root = etree.Element("html")
    elif root.tag != "html":
        inner, root = root, etree.Element("html")
        etree.SubElement(root, "body").append(inner)
    if root.find("body") is None:
        etree.SubElement(root, "body")
    _empty_head(root)
    return Page(root=root, url=url, encoding=encoding, notes=tuple(dict.fromkeys(notes)))


def read_text(source: bytes | str, *, charset: str | None = None) -> tuple[str, str, tuple[str, ...]]:
    """Text of a file that is not markup; parameters and errors as of :func:`parse`.

    Returns
    -------
    text : str
        Without byte order mark, NULs and halves of characters.
    encoding : str
        As `Page.encoding`.
    notes : tuple of str
        Sentences on what had to be mended.
    """
    notes: list[str] = []
    if isinstance(source, str):
        refuse_other_files(source[:SNIFF_BYTES].encode("latin-1", "replace"), wide=False)
        text, encoding = to_utf8(source.removeprefix("\ufeff"), notes).decode("utf-8"), "str"
    else:
        refuse_other_files(source, wide=is_wide(source, charset))
        text, encoding, decoding = decode(source, charset=charset)
        notes.extend(decoding)
    if "\x00" in text:
        text = text.replace("\x00", "")
        notes.append("NUL characters were removed.")
    if not text or text.isspace():
        raise EmptyPageError("The page is empty, without a single character; fetch it again or leave it out.")
    return text, encoding, tuple(notes)


def _blank(markup: bytes) -> bool:
    """Whether UTF-8 markup has nothing but white space and NULs."""
    start = markup[:SNIFF_BYTES].lstrip(b"\x00 \t\n\v\f\r")
    if start and start[0] < 0x80:
        return False
    text = markup.decode("utf-8", "replace").replace("\x00", "")
    return not text or text.isspace()


def _tree(data: bytes, notes: list[str]) -> etree._Element | None:
    """Parse UTF-8 bytes; None if there is no element and no text in them."""
    parser = etree.HTMLParser(huge_tree=True, encoding="utf-8")
    try:
        root: etree._Element | None = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        root = None
    last = parser.error_log.last_error
    if last is not None and last.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT and "depth" in last.message:
        notes.append(f"Elements are nested more than {MAX_DEPTH} deep; what is deeper and what follows it was lost.")
    return root


def _empty_head(root: etree._Element) -> None:
    """Move what belongs to the body out of the head, in place.

    A page need not say where its head ends. Browsers end it where something begins that no head holds; libxml2 does so
    only for elements that it knows, and not for ``<main>``, ``<section>`` or ``<details>``.
    """
    head, body = root.find("head"), root.find("body")
    if head is None or body is None:
        return
    in_heads = HEAD_TAGS if len(body) or (body.text or "").strip() else HEAD_TAGS - {"noscript", "template"}
    misplaced = [child for child in head if isinstance(child.tag, str) and child.tag not in in_heads]
    if misplaced:
        before, body.text = body.text, None
        for place, child in enumerate(misplaced):
            body.insert(place, child)
        misplaced[-1].tail = (misplaced[-1].tail or "") + (before or "") or None
