"""Features of the whole page, the same for each block, and of how a block relates to its title and h1."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import partial

import numpy as np

from boilerplate.features.view import BoolArray, FloatArray, PageView
from boilerplate.words import split_words

__all__ = ["DESCRIPTIONS", "compute"]

_TYPES = {
    "article": re.compile(r"article|blogpost|report|posting", re.I),
    "product": re.compile(r"product|offer", re.I),
    "list": re.compile(r"itemlist|collectionpage|searchresults|website", re.I),
    "discussion": re.compile(r"discussion|qapage|question|forum", re.I),
}
_TYPE_FIELD = re.compile(r'"@type"\s*+:\s*+(?:\[\s*+)?"([^"]{1,60})"')
#: JSON-LD is searched up to this many characters a script.
_MAX_SCRIPT_CHARS = 50_000

_OVERLAPS = ("title_in_block", "block_in_title", "block_in_description", "block_in_h1")

DESCRIPTIONS = {
    "page_log_blocks": "log(1 + blocks of the page)",
    "page_log_chars": "log(1 + characters of the page)",
    "page_link_share": "share of link text of the page, 0 to 1",
    "page_chars_per_block": "log(1 + characters per block)",
    "page_long_text_share": "share of the text in blocks of 100 characters or more without links",
    "page_paragraph_share": "share of the text in p, 0 to 1",
    "page_uncased_share": "share of letters of scripts without case, 0 to 1",
    "page_sentence_density": "sentence marks per 100 characters, at most 10",
    "page_h1": "h1 elements, at most 5",
    "page_articles": "article elements, log",
    "page_forms": "forms, log",
    "page_lists": "share of the text in list items, 0 to 1",
    "page_cells": "share of the text in table cells, 0 to 1",
    "page_path_depth": "steps in the path of the page's address, -1 if unknown",
    "page_declares_article": "1 if JSON-LD or og:type declares an article",
    "page_declares_product": "1 if JSON-LD or og:type declares a product",
    "page_declares_list": "1 if JSON-LD declares a list",
    "page_declares_discussion": "1 if JSON-LD declares a discussion or question",
    "title_in_block": "share of the words of the page's title that the block holds, 0 to 1",
    "block_in_title": "share of the block's words that the page's title holds, 0 to 1",
    "block_in_description": "share of the block's words that the page's meta description holds, 0 to 1",
    "block_in_h1": "share of the block's words that the first h1 holds, 0 to 1",
}


def compute(view: PageView, wanted: Collection[str] = DESCRIPTIONS.keys()) -> dict[str, FloatArray]:
    """Features of the page and of each block against it, each of shape (n_blocks,); see `DESCRIPTIONS`."""
    n = len(view)
    chars = view.chars
    total = max(float(chars.sum()), 1.0)
    container = view.table.container
    count = view.characters.count
    title, description, declared, address = _head(view)

    def share(mask: BoolArray) -> float:
        return float(chars[mask].sum()) / total

    def long_text() -> BoolArray:
        return (chars >= 100) & (view.link_chars / np.maximum(chars, 1.0) < 0.3)

    def letters() -> float:
        return max(float(count("upper", "lower", "uncased", "unspaced").sum()), 1.0)

    def elements(tag: str) -> float:
        return float(view.has_tag(tag).sum())

    def steps() -> float:
        return -1.0 if address is None else float(len([s for s in address.split("/")[3:] if s]))

    page: dict[str, Callable[[], float]] = {
        "page_log_blocks": lambda: np.log1p(n),
        "page_log_chars": lambda: np.log1p(total),
        "page_link_share": lambda: float(view.link_chars.sum()) / total,
        "page_chars_per_block": lambda: np.log1p(total / max(n, 1)),
        "page_long_text_share": lambda: share(long_text()),
        "page_paragraph_share": lambda: share(view.has_tag("p")[container]),
        "page_uncased_share": lambda: float(count("uncased", "unspaced").sum()) / letters(),
        "page_sentence_density": lambda: min(100.0 * float(view.sentence_marks.sum()) / total, 10.0),
        "page_h1": lambda: min(elements("h1"), 5.0),
        "page_articles": lambda: np.log1p(elements("article")),
        "page_forms": lambda: np.log1p(elements("form")),
        "page_lists": lambda: share(view.has_tag("li")[container]),
        "page_cells": lambda: share(view.has_tag("td", "th")[container]),
        "page_path_depth": steps,
        **{f"page_declares_{kind}": partial(_matches, pattern, declared) for kind, pattern in _TYPES.items()},
    }
    chosen = [name for name in page if name in wanted]
    # A view of one value a page, without a copy a block.
    result = {name: np.broadcast_to(np.float64(page[name]()), n) for name in chosen}
    overlaps = [name for name in _OVERLAPS if name in wanted]
    if overlaps:
        titles = np.flatnonzero(view.heading_levels == 1)
        h1 = view.table.text[int(titles[0])] if len(titles) else ""
        result |= _overlaps(view.table.text, title, description, h1, overlaps)
    return result


def _matches(pattern: re.Pattern[str], text: str) -> float:
    return float(pattern.search(text) is not None)


def _overlaps(texts: list[str], title: str, description: str, h1: str, wanted: Sequence[str]) -> dict[str, FloatArray]:
    title_words, about, headline = set(split_words(title)), set(split_words(description)), set(split_words(h1))
    shares: dict[str, Callable[[set[str]], float]] = {
        "title_in_block": lambda words: len(words & title_words) / max(len(title_words), 1),
        "block_in_title": lambda words: len(words & title_words) / len(words),
        "block_in_description": lambda words: len(words & about) / len(words),
        "block_in_h1": lambda words: len(words & headline) / len(words),
    }
    compared = {"title_in_block": title_words, "block_in_title": title_words, "block_in_description": about}
    known = frozenset[str]().union(*(compared.get(name, headline) for name in wanted))
    result = {name: np.zeros(len(texts)) for name in wanted}
    if not known:
        return result
    told: dict[str, list[float] | None] = {}
    for i, text in enumerate(texts):
        if len(text) > 600:  # no title is this long, and a long text holds every word
            continue
        if text not in told:
            words = set(split_words(text))
            told[text] = None if known.isdisjoint(words) else [shares[name](words) for name in wanted]
        values = told[text]
        if values is not None:
            for name, value in zip(wanted, values, strict=True):
                result[name][i] = value
    return result


def _head(view: PageView) -> tuple[str, str, str, str | None]:
    """Title, description, declared types and address of the page, as its head has them."""
    table = view.table
    title, description, declared, address = "", "", [], table.page.url or None
    for element in table.page.root.iter("title", "meta", "script", "link"):
        tag = element.tag
        if tag == "title":
            title = title or (element.text or "")[:500]
        elif tag == "meta":
            name = (element.get("property") or element.get("name") or "").lower()
            content = (element.get("content") or "")[:2000]
            if name == "og:title" and content:
                title = content
            elif name in {"description", "og:description"}:
                description = description or content
            elif name == "og:type":
                declared.append(content)
            elif name == "og:url":
                address = address or content
        elif tag == "link":
            if "canonical" in (element.get("rel") or "").lower():
                address = address or element.get("href")
        elif "ld+json" in (element.get("type") or ""):
            declared.extend(_TYPE_FIELD.findall((element.text or "")[:_MAX_SCRIPT_CHARS]))
    return title, description, " ".join(declared), address
