"""Titles as pages declare them, with and without the name of the site."""

from __future__ import annotations

import re

from boilerplate.words import split_words

__all__ = ["is_site", "parts_after_first", "without_site"]

_TITLE_DIVIDER = re.compile(r"\s+[|\-–—•·»«:/>]+\s+|\s*[|｜]\s*|\s*[»«]\s*")
#: What is left of a title where one of its parts is empty, as in ``| Site``.
_EDGE_DIVIDER = re.compile(r"^\s*[|｜\-–—•·»«:>]+\s+|\s+[|｜\-–—•·»«>]+\s*$")


def without_site(title: str, site: str) -> str:
    """A title without the site's name before or after it."""
    title = _EDGE_DIVIDER.sub("", title)
    parts = [(m.start(), m.end()) for m in _TITLE_DIVIDER.finditer(title)]
    if not parts:
        return title
    head, tail = title[: parts[-1][0]].strip(), title[parts[-1][1] :].strip()
    first, rest = title[: parts[0][0]].strip(), title[parts[0][1] :].strip()
    if site and head and _same(tail, site):
        return head
    if site and rest and _same(first, site):
        return rest
    # Names of sites are short; the longer part is the title.
    return head if len(tail.split()) <= 3 < len(split_words(head)) and len(tail) < len(head) else title


def parts_after_first(title: str) -> list[str]:
    """What stands after the dividers of a title, such as the name of the site."""
    return [part for part in _TITLE_DIVIDER.split(title)[1:] if part]


def is_site(name: str, site: str) -> bool:
    """Whether a name is that of the site, but for case and punctuation."""
    return bool(site) and split_words(name) == split_words(site)


def _same(one: str, other: str) -> bool:
    """Whether one text holds the other, but for case, spaces and punctuation."""
    a, b = "".join(split_words(one)), "".join(split_words(other))
    return bool(a) and (a in b or b in a)
