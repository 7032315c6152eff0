"""Names of people in bylines, as pages show them, and in what pages declare."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from typing import Any

from boilerplate.metadata.declared import text_of
from boilerplate.words import collapse_spaces

__all__ = ["declared_names", "family_name_last", "names_in", "names_of_byline"]

_MAX_NAME = 80
#: Characters of an element that is a byline rather than a box about an author.
_MAX_BYLINE = 120
#: Characters of a text that is taken for names.
_MAX_NAMES = 1000
_ADDRESS = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_NAME_DIVIDER = re.compile(r"\s*(?:[;,|&/、，；]|\s[•·»–—]\s|\s(?:and|und|et|y|e|og|och|en|и|та|ve)\s)\s*")
#: What stands between the names of a byline, as a text of its own.
_BETWEEN_NAMES = re.compile(r"[\s,;&/|]+|\s*,?\s*(?:and|und|et|y|e|og|och|en|и|та|ve)\s*")
#: What bylines begin with.
_BY = re.compile(
    r"^(?:(?:(?:written|posted|published|created|submitted|recipe|story|words|article|text)\s+)?by|text|words|authors?"
    r"|von|par|por|di|da|door|av|af|od|από|автор|מאת|بقلم|作者|文|記者|记者)(?:\s*[:：]\s*|\s+|(?<=文)[/／])",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"https?:|www\.|@|\d{3,}|[<>{}]", re.IGNORECASE)
#: Bylines often go on with a date, and credits of pictures look like some.
_NUMBER = re.compile(r"(?<!\w)\d{1,2}(?!\w)")
_NO_BYLINE = re.compile(r"[:：(（]")
#: Helpers and agencies beside a name: a comma among them is none between names.
_ASIDE = re.compile(r"\s*[(（][^()（）]*[,;&、，；][^()（）]*[)）]")
_FAMILY_NAME_FIRST = re.compile(r"([^,;]+),\s*([^,;]+)")
_GENERIC = frozenset(
    {"admin", "administrator", "editor", "staff", "unknown", "author", "authors", "by", "user", "guest", "none", "null"}
)


def names_of_byline(texts: list[str]) -> list[str]:
    """Names in the pieces of a byline: the first one with a name, and what follows it after a comma or an ``and``."""
    if sum(map(len, texts)) > _MAX_BYLINE:
        return []
    found: list[str] = []
    goes_on = True
    for text in filter(None, texts):
        if _NO_BYLINE.search(_BY.sub("", text)):
            break
        if _BETWEEN_NAMES.fullmatch(text) or _BY.fullmatch(f"{text} "):
            goes_on = True
            continue
        names = [name for name in names_in([text]) if not _NUMBER.search(name)]
        if found and not (goes_on and names):
            break
        found += names
        goes_on = not found or text.endswith((",", "&"))
    return found


def names_in(texts: Iterable[str]) -> list[str]:
    """Names of people in texts such as bylines, each once; twenty at most."""
    found: list[str] = []
    for text in texts:
        if _ADDRESS.match(text):
            continue
        capital = False
        for part in _NAME_DIVIDER.split(_BY.sub("", _ASIDE.sub("", collapse_spaces(text[:_MAX_NAMES])))):
            name = _BY.sub("", part).strip(" .:–—-•·")
            if name.count("(") != name.count(")") or name.startswith("("):
                name = name.strip(" .:–—-•·()")
            plain = name.casefold()
            # After a name what begins with a small letter says what the person does.
            if capital and name[:1].islower():
                continue
            capital = capital or name[:1].isupper()
            if not name or len(name) > _MAX_NAME or len(name.split()) > 6 or _NO_NAME.search(name):
                continue
            if plain in _GENERIC or plain in (n.casefold() for n in found) or not any(map(str.isalpha, name)):
                continue
            found.append(name)
    return found[:20]


def declared_names(value: Any, items: list[dict[str, Any]]) -> list[str]:
    """Names in a value of JSON-LD, which may be a text, an object, a list, or refer to another of the page's items."""
    found: list[str] = []
    waiting = deque([value])
    while waiting and len(found) < 20:
        item = waiting.popleft()
        if isinstance(item, list):
            waiting += item[:20]
        elif isinstance(item, str):
            found.append(text_of(item))
        elif isinstance(item, dict):
            if not item.get("name") and "@id" in item:
                item = next((i for i in items if i.get("@id") == item["@id"] and i.get("name")), item)
            name = item.get("name")
            found += [text_of(n) for n in name] if isinstance(name, list) else [text_of(name)]
    return found


def family_name_last(name: str) -> str:
    """A name that a library writes as ``Family, Given``, the way it is spoken."""
    return _FAMILY_NAME_FIRST.sub(r"\2 \1", name[:_MAX_NAMES])
