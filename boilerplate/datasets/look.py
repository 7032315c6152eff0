"""Look at one labelled page: what it is, what its gold says, and what is wrong with either."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from boilerplate.alignment import align_words
from boilerplate.blocks import BlockTable, segment
from boilerplate.dataset import DatasetPage
from boilerplate.datasets.duplicates import canonical_url
from boilerplate.errors import BoilerplateError, LabelMismatchError
from boilerplate.labels import LABELS, labels_from_regions, word_labels
from boilerplate.page import parse
from boilerplate.words import count_words, split_words

__all__ = ["PageLook", "look_at"]

#: Pages with fewer words than this are alike without being the same: error pages, pages that a script fills.
MIN_TEXT_WORDS = 30
#: A gold text of which less is on the page belongs to another page or to another version of it.
MIN_GOLD_SHARE = 0.5
_SHOWN = 3
_SHOWN_CHARACTERS = 60


@dataclass(slots=True)
class PageLook:
    """A page as a check sees it.

    Attributes
    ----------
    id : str
    bytes_sha256, text_sha256, url : str
        What duplicates are known by: the bytes, the words of the page (empty for pages of few words), the address in
        one form.
    blocks, words : dict of str to int
        Of the labelled text, by label.
    problems : list of (str, bool, str)
        Kind, whether the page is of no use as it is, and a sentence.
    """

    id: str
    bytes_sha256: str = ""
    text_sha256: str = ""
    url: str = ""
    blocks: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    problems: list[tuple[str, bool, str]] = field(default_factory=list)

    def say(self, kind: str, sentence: str, *, fatal: bool = False) -> None:
        """Note a problem."""
        self.problems.append((kind, fatal, sentence))


def look_at(page: DatasetPage) -> PageLook:
    """Read a page and compare its gold with it.

    Parameters
    ----------
    page : DatasetPage

    Returns
    -------
    PageLook
        Of a page that cannot be read, with that problem alone.
    """
    look = PageLook(page.id, url=canonical_url(page.url))
    try:
        html = page.read_html()
        look.bytes_sha256 = hashlib.sha256(html).hexdigest()
        if page.sha256 and page.sha256.lower() != look.bytes_sha256:
            look.say("checksum", "The HTML has another checksum than pages.jsonl says. Restore it.", fatal=True)
        table = segment(parse(html, url=page.url or None))
    except BoilerplateError as error:
        look.say("unreadable", str(error), fatal=True)
        return look
    words = [word for text in table.text for word in split_words(text)]
    if len(words) >= MIN_TEXT_WORDS:
        look.text_sha256 = hashlib.sha256(" ".join(words).encode("utf-8", "replace")).hexdigest()
    _compare_labels(look, page, table)
    _compare_text(look, page, words)
    if page.regions is None and page.main_text is None and not page.wanted and not page.unwanted:
        look.say("no gold", "Neither labels/ nor main_text/ has anything for it.")
    return look


def _compare_labels(look: PageLook, page: DatasetPage, table: BlockTable) -> None:
    if page.regions is None:
        return
    if not page.regions:
        look.say("empty gold", "Its label file holds no region. Label it, or remove the file.")
        return
    try:
        node_label, mismatches = labels_from_regions(table, page.regions)
    except LabelMismatchError as error:
        look.say("labels of another page", str(error), fatal=True)
        return
    if mismatches:
        look.say("labels do not fit", f"{len(mismatches)} of {len(page.regions)} regions: {_first(mismatches)}.")
    label, words = word_labels(table, node_label)
    look.blocks = {name: int((label == i).sum()) for i, name in enumerate(LABELS)}
    look.words = {name: int(words[:, i].sum()) for i, name in enumerate(LABELS)}
    sizes = np.fromiter(map(count_words, table.text), dtype=np.int64, count=len(table))
    open_blocks = np.flatnonzero((words.sum(axis=1) == 0) & (sizes > 0))
    if len(open_blocks):
        texts = [_quote(table.text[i]) for i in open_blocks.tolist()]
        look.say("unlabelled text", f"{len(open_blocks)} blocks lie in no region: {_first(texts)}.")
    xpaths = [r.xpath for r in page.regions]
    if len(set(xpaths)) < len(xpaths):
        twice = sorted({x for x in xpaths if xpaths.count(x) > 1})
        look.say("labels do not fit", f"Elements labelled more than once, of which the last counts: {_first(twice)}.")


def _compare_text(look: PageLook, page: DatasetPage, words: list[str]) -> None:
    if page.main_text is not None:
        gold = split_words(page.main_text)
        if not gold:
            look.say("empty gold", "Its main text is empty. Add the text, or remove the file.")
        else:
            share = float(align_words(words, gold).sum()) / len(gold)
            if share < MIN_GOLD_SHARE:
                look.say("gold not on the page", f"{share:.0%} of the words of its main text are on the page.")
    if (page.wanted or page.unwanted) and not any(split_words(s) for s in (*page.wanted, *page.unwanted)):
        look.say("empty gold", "None of its snippets holds a word.")
    text = f" {' '.join(words)} "
    for what, kind, snippets in (
        ("with", "gold not on the page", page.wanted),
        # Whatever is kept, it is not among it.
        ("without", "snippet tests nothing", page.unwanted),
    ):
        absent = [_quote(s) for s in snippets if " ".join(split_words(s)) not in text]
        if absent:
            look.say(kind, f"Of {len(snippets)} snippets {what!r}, {len(absent)} not on the page: {_first(absent)}.")
    both = {" ".join(split_words(s)) for s in page.wanted} & {" ".join(split_words(s)) for s in page.unwanted}
    if both - {""}:
        look.say("contradiction", f"Snippets both wanted and not: {_first(map(_quote, sorted(both - {''})))}.")


def _quote(text: str) -> str:
    short = " ".join(text.split())
    short = short if len(short) <= _SHOWN_CHARACTERS else short[: _SHOWN_CHARACTERS - 1] + "…"
    return "“" + "".join(c if c.isprintable() else "�" for c in short) + "”"


def _first(items: Iterable[str]) -> str:
    found = list(items)
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more
