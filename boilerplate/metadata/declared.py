"""What the markup declares: JSON-LD, meta tags (Open Graph among them) and microdata.

extruct reads the same and RDFa too, but brings an RDF database along; what is wanted here is a few properties.
"""

from __future__ import annotations

import html
import json
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lxml import etree

from boilerplate.words import collapse_spaces

__all__ = ["CONTENT_TYPES", "MAX_TEXT", "first_texts", "json_ld", "meta_tags", "microdata", "text_of", "types_of"]

#: Characters of a value that is taken.
MAX_TEXT = 2000

#: A page's scripts may hold this many characters of JSON-LD; what is beyond is not read.
_MAX_JSON = 2_000_000
_MAX_NODES = 5000
_MAX_VALUES = 20
#: Characters that are read of a meta tag; nodes and characters of an element with ``itemprop``.
_MAX_CONTENT = 5000
_MAX_VALUE_NODES, _MAX_VALUE_CHARS = 200, 1000
_COMMENT = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)\s*$"
)
_TRAILING_COMMA = re.compile(r",(\s*[\]}])")
#: Types of schema.org that are the content of a page rather than things around it, best first.
CONTENT_TYPES = (
    "NewsArticle",
    "ReportageNewsArticle",
    "AnalysisNewsArticle",
    "OpinionNewsArticle",
    "BlogPosting",
    "LiveBlogPosting",
    "ScholarlyArticle",
    "TechArticle",
    "MedicalScholarlyArticle",
    "Report",
    "Article",
    "SocialMediaPosting",
    "DiscussionForumPosting",
    "QAPage",
    "Recipe",
    "HowTo",
    "Review",
    "Product",
    "Book",
    "Movie",
    "Event",
    "JobPosting",
    "Course",
    "SoftwareApplication",
    "VideoObject",
    "MedicalWebPage",
    "AboutPage",
    "FAQPage",
    "ItemPage",
    "CollectionPage",
    "ProfilePage",
    "WebPage",
)


def json_ld(root: etree._Element) -> list[dict[str, Any]]:
    """Objects with a type in a page's JSON-LD, in order, those inside ``@graph`` and main entities among them."""
    found: list[dict[str, Any]] = []
    room = _MAX_JSON
    for script in root.iter("script"):
        if (script.get("type") or "").split(";")[0].strip().lower() != "application/ld+json":
            continue
        text = script.text or ""
        room -= len(text)
        if room < 0:
            break
        value = _loads(text)
        found += _objects(value, _MAX_NODES - len(found))
    return found


def _loads(text: str) -> Any:
    text = _COMMENT.sub("", text).strip().rstrip(";")
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            # Line breaks within strings are wrong and common.
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _objects(value: Any, room: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    waiting = deque([value])
    while waiting and len(found) < room:
        item = waiting.popleft()
        if isinstance(item, list):
            waiting += item[:_MAX_NODES]
        elif isinstance(item, dict):
            if "@type" in item:
                found.append(item)
            waiting += [item[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in item]
    return found


def types_of(item: dict[str, Any]) -> list[str]:
    """Types of an object, without the address of their vocabulary."""
    given = item.get("@type")
    return [str(t).rsplit("/", 1)[-1] for t in (given if isinstance(given, list) else [given]) if isinstance(t, str)]


def meta_tags(root: etree._Element) -> dict[str, list[str]]:
    """Contents of ``<meta>`` by lower-case property or name, in order."""
    found: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        content = " ".join((element.get("content") or "")[:_MAX_CONTENT].split())
        if not content:
            continue
        for attribute in ("property", "name", "itemprop"):
            for name in (element.get(attribute) or "").lower().split():
                values = found.setdefault(name, [])
                if len(values) < _MAX_VALUES and content not in values:
                    values.append(content)
    return found


def microdata(root: etree._Element) -> dict[str, list[str]]:
    """Values of ``itemprop`` by name, those of comments and of related things left out."""
    found: dict[str, list[str]] = {}
    for element in root.iter():
        names = element.get("itemprop") if isinstance(element.tag, str) else None
        if not names or element.tag == "meta":
            continue
        for name in names.split()[:5]:
            values = found.setdefault(name, [])
            if len(values) < _MAX_VALUES:
                values += [value for value in _values(element, name) if value and value not in values]
    return found


def _values(element: etree._Element, name: str) -> Iterator[str]:
    if name == "author":
        # The person's name rather than all that is said of them.
        around = islice(element.iter(etree.Element), _MAX_VALUE_NODES)
        inner = next((e for e in around if "name" in (e.get("itemprop") or "").split()), None)
        element = inner if inner is not None else element
    value = element.get("content") or element.get("datetime") or ""
    if not value and element.get("itemscope") is None:
        value = "".join(first_texts(element, _MAX_VALUE_NODES, 2 * _MAX_VALUE_CHARS) or ())
    value = " ".join(value[: 2 * _MAX_VALUE_CHARS].split())
    if len(value) <= _MAX_VALUE_CHARS:
        yield value


def first_texts(element: etree._Element, max_nodes: int, max_chars: int) -> list[str] | None:
    """Texts inside an element in order; None if it has more nodes or characters than these.

    Where elements within elements are each looked at, reading all of each would take the square of the page's length.
    """
    texts: list[str] = []
    room = max_chars
    steps = etree.iterwalk(element, events=("start", "end", "comment", "pi"))
    for number, (event, node) in enumerate(steps):
        text = node.text if event == "start" else node.tail if node is not element else None
        if text:
            texts.append(text)
            room -= len(text)
        if room < 0 or number > 2 * max_nodes:
            return None
    return texts


def text_of(value: Any) -> str:
    """A value of JSON-LD as text; some pages escape it as HTML once more."""
    value = value[0] if isinstance(value, list) and value else value
    return collapse_spaces(html.unescape(value[: 2 * MAX_TEXT]))[:MAX_TEXT] if isinstance(value, str) else ""
