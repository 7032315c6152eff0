"""Markup mended before it is parsed: what libxml2 stumbles over is taken out."""

from __future__ import annotations

import re

from boilerplate.errors import LimitError

__all__ = ["check_nodes", "mended"]

#: Tags below this length cannot have enough attributes to take long.
LONG_TAG_BYTES = 8 * 1024
#: How many attributes of a long tag are read.
MAX_ATTRIBUTES = 1000
_XML_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]*>")
#: Spelt out, as this is searched for in every page and IGNORECASE is slow.
_END_OF_PAGE = re.compile(rb"</(?:[bB][oO][dD][yY]|[hH][tT][mM][lL])(?:[\s/][^<>]*)?>")
#: As HTML has it, where quotes mean something only after "="; what follows an attribute's name is taken for
#: good, so that each byte is looked at once.
_ATTRIBUTE_SOURCE = rb"""=?[^\s/>=]+(?:\s*=\s*(?:"[^"]*+"?|'[^']*+'?|[^\s>"'][^\s>]*+)?)?+"""
_TAG_SOURCE = rb"<([A-Za-z][^\s/>]*+)(?:[\s/=]|" + _ATTRIBUTE_SOURCE + rb")*+"
_TAG = re.compile(_TAG_SOURCE)
_TAG_ATTRIBUTE = re.compile(_ATTRIBUTE_SOURCE)
_TAG_OR_COMMENT = re.compile(rb"<!--(?:.*?-->|.*+)|" + _TAG_SOURCE, re.DOTALL)
#: What makes a node of UTF-8 markup: an element, a comment, or a declaration or odd end tag, which become comments.
_OPENING = re.compile(rb"<(?:[A-Za-z!?]|/[^A-Za-z>])")
_RAW_TEXT = frozenset((b"script", b"style", b"textarea", b"title", b"xmp", b"iframe", b"noembed", b"noframes"))


def mended(markup: bytes, notes: list[str]) -> bytes:
    """UTF-8 markup without what libxml2 stumbles over; what is lost by that is added to the notes."""
    if b"\x00" in markup:
        markup = markup.replace(b"\x00", b"")
        notes.append("NUL characters were removed.")
    declaration = _XML_DECLARATION.match(markup)
    if declaration:
        markup = markup[declaration.end() :]
    # libxml2 drops what follows the first of these, and pages have them in the middle.
    return _cut_attributes(_END_OF_PAGE.sub(b"", markup), notes)


def check_nodes(markup: bytes, max_nodes: int) -> None:
    """Refuse markup with too many tags, as libxml2 will see it: what was taken out may have hidden some.

    Raises
    ------
    LimitError
        If there are more than `max_nodes`.
    """
    # Seldom counted one by one, as most pages have fewer "<" than the limit, end tags and all.
    if markup.count(b"<") > max_nodes and sum(1 for _ in _OPENING.finditer(markup)) > max_nodes:
        raise LimitError(f"The page has more tags than the limit of {max_nodes:,}. Leave it out, or raise max-nodes.")


def _cut_attributes(markup: bytes, notes: list[str]) -> bytes:
    """Shorten tags with thousands of attributes, for which libxml2 takes quadratic time."""
    if not _may_have_too_many_attributes(markup):
        return markup
    lower = markup.lower()
    pieces: list[bytes] = []
    done = position = 0
    while (tag := _TAG_OR_COMMENT.search(markup, position)) is not None:
        position = tag.end()
        if tag.group(1) is None:
            continue
        if tag.end() - tag.start() >= LONG_TAG_BYTES:
            for count, attribute in enumerate(_TAG_ATTRIBUTE.finditer(markup, tag.end(1), tag.end())):
                if count == MAX_ATTRIBUTES:
                    pieces.append(markup[done : attribute.start()])
                    done = tag.end()
                    notes.append(f"Only the first {MAX_ATTRIBUTES} attributes of an element were read.")
                    break
        name = tag.group(1).lower()
        if name in _RAW_TEXT:
            end = lower.find(b"</" + name, position)
            position = end if end >= 0 else len(markup)
    return b"".join((*pieces, markup[done:]))


def _may_have_too_many_attributes(markup: bytes) -> bool:
    """Whether there could be a tag with more than `MAX_ATTRIBUTES`; quick to say no."""
    step = LONG_TAG_BYTES // 2
    start = 0
    while start < len(markup):
        # Such a tag is long, and a page without a long stretch free of "<" has none.
        if markup.find(b"<", start, start + step) >= 0:
            start += step
            continue
        opening = max(markup.rfind(b"<", 0, start), 0)
        following = markup.find(b"<", start)
        tag = _TAG.match(markup, opening)
        if tag is not None and tag.end() - opening >= LONG_TAG_BYTES:
            attributes = _TAG_ATTRIBUTE.finditer(markup, tag.end(1), tag.end())
            if any(count == MAX_ATTRIBUTES for count, _ in enumerate(attributes)):
                return True
            start = tag.end()
        start = max(start, following) if following >= 0 else len(markup)
    return False
