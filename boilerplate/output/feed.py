"""Feeds as items: what people who follow news pages want of related and most-read lists and tickers.

An item is found by repetition: the innermost element around a block that has brothers of the same tag and class which
hold feed blocks too, with a link in or around it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from boilerplate.output.document import NOT_TEXT, Options, Run
from boilerplate.output.pieces import Pieces
from boilerplate.structure import Kind

if TYPE_CHECKING:
    from boilerplate.labelled import Block, LabelledPage
    from boilerplate.output.layout import Layout

__all__ = ["ITEM_COLUMNS", "feed_items"]

ITEM_COLUMNS = ("feed", "title", "link", "time", "datetime", "teaser", "blocks")

_CLOCK = re.compile(r"\d{1,2}[:.]\d{2}(?!\d)|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\d{1,2}\s*月\s*\d{1,2}\s*日")
#: An entry of a ticker: a time of day, and after it a headline of at least three words.
_TICKER = re.compile(r"(\d{1,2}:\d{2})(?![\d:])[\s–—|·]+(\S+\s+\S+\s+\S.*)", re.DOTALL)
#: Of so many words with figures, what follows a time may be the date.
_FEW_WORDS = 5
_DIVIDER = re.compile(r"\s*[,|·•،、]\s*")
_MAX_TIME = 40


def feed_items(page: LabelledPage, blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Items of a page's feeds.

    Parameters
    ----------
    page : LabelledPage
    blocks : sequence of Block
        Those to be written; the ones labelled ``feed`` among them are read.

    Returns
    -------
    list of dict
        By `ITEM_COLUMNS`: the heading above the item, its title, absolute link, time as it is shown and as it is
        declared, teaser, and the numbers of its blocks. Empty text for what an item does not have.
    """
    numbers = {id(block): i for i, block in enumerate(page.blocks)}
    feed = [(numbers[id(block)], block) for block in blocks if block.label == "feed"]
    layout = page.layout
    if layout is None or not feed:
        return []
    pieces = Pieces(layout, page.url, Options())
    runs = {number: pieces.runs(number, block) for number, block in feed}
    roots = _roots(layout, [number for number, _ in feed])
    items: list[dict[str, Any]] = []
    heading, open_root = "", -1
    gathered: list[tuple[int, Block]] = []
    last = -1

    def close() -> None:
        if gathered:
            items.append(_item(page, layout, heading, gathered, runs))
            gathered.clear()

    for number, block in feed:
        root = roots.get(number, -1)
        linked = any(run.link for run in runs[number])
        if (root < 0 and gathered and number == last + 1 and not linked and block.form.kind is not Kind.HEADING) or (
            root >= 0 and root == open_root and gathered
        ):
            gathered.append((number, block))
        else:
            close()
            open_root = root
            if root < 0 and not linked:
                heading = block.text.replace("\n", " ")
            else:
                gathered.append((number, block))
        last = number
    close()
    return items


def _roots(layout: Layout, numbers: Sequence[int]) -> dict[int, int]:
    """The element that each block's item is, for blocks that are in one."""
    # How many blocks each element around a feed block holds, and whether there is a link in it.
    holds: Counter[int] = Counter()
    for number in numbers:
        holds.update(layout.ancestors(int(layout.container[number])))
    kinds = {
        e: (int(layout.parent[e]), layout.tags[e], layout.attributes[e].get("class", "").split()[:1]) for e in holds
    }
    brothers = Counter((parent, tag, *names) for parent, tag, names in kinds.values())
    roots: dict[int, int] = {}
    for number in numbers:
        chain = list(layout.ancestors(int(layout.container[number])))
        for element in chain:
            parent, tag, names = kinds[element]
            if parent >= 0 and brothers[(parent, tag, *names)] > 1 and _has_link(layout, element):
                roots[number] = element
                break
    return roots


def _has_link(layout: Layout, element: int) -> bool:
    if any(layout.tags[above] == "a" for above in layout.ancestors(element)):
        return True
    end = min(int(layout.end[element]), element + 500)
    return any(layout.tags[i] == "a" and layout.attributes[i].get("href") for i in range(element, end))


def _item(
    page: LabelledPage,
    layout: Layout,
    heading: str,
    gathered: Sequence[tuple[int, Block]],
    runs: dict[int, list[Run]],
) -> dict[str, Any]:
    """Title, link, time and teaser among the blocks of an item."""
    parts: list[tuple[str, str, bool]] = []
    times: list[str] = []
    for number, block in gathered:
        for text, link in _parts(layout, number, block, runs[number]):
            time, rest = _split_time(text)
            if time:
                times.append(time)
            if rest:
                parts.append((rest, link, block.form.kind is Kind.HEADING))
    # The title is the heading, else the longest linked part, else the first.
    best = max(
        parts, key=lambda part: (part[2], bool(part[1]), len(part[0]) if part[1] else 0), default=("", "", False)
    )
    link = best[1] or next((part[1] for part in parts if part[1]), "")
    teaser = " ".join(part[0] for part in parts if part is not best)
    return {
        "feed": heading,
        "title": best[0],
        "link": link,
        "time": " ".join(times),
        "datetime": _declared_time(layout, [number for number, _ in gathered]),
        "teaser": teaser,
        "blocks": [number for number, _ in gathered],
    }


def _parts(layout: Layout, number: int, block: Block, runs: Sequence[Run]) -> list[tuple[str, str]]:
    """A block's text by the elements directly inside the one it stands in, each part with its link."""
    link = next((run.link for run in runs if run.link), "")
    whole = " ".join("".join(run.text for run in runs if run.kind not in NOT_TEXT).split())
    container = int(layout.container[number])
    parts: list[tuple[int, str]] = []
    position = 0
    for node in range(int(layout.first_node[container]), int(layout.last_node[container])):
        if layout.node_block[node] != number:
            continue
        child = int(layout.node_owner[node])
        while child > container and layout.parent[child] != container:
            child = int(layout.parent[child])
        words = layout.node_text[node].split()
        start = position
        for word in words:
            found = block.text.find(word, position)
            if found < 0:
                return [(whole, link)]
            position = found + len(word)
        text = block.text[start:position].strip().replace("\n", " ")
        if parts and parts[-1][0] == child:
            parts[-1] = (child, block.text[block.text.find(parts[-1][1]) : position].replace("\n", " "))
        elif text:
            parts.append((child, text))
    # Text directly beside elements is one sentence with them.
    if any(child == container for child, _ in parts) or len(parts) < 2:
        return [(whole, link)]
    return [(text, link) for _, text in parts]


def _split_time(text: str) -> tuple[str, str]:
    """The time in a short text or before a headline, and what else it says."""
    before = _TICKER.match(text)
    if before and (len(before[2].split()) > _FEW_WORDS or not any(map(str.isdigit, before[2]))):
        return before[1], before[2]
    if len(text) > _MAX_TIME or not _CLOCK.search(text):
        return "", text
    parts = [part for part in _DIVIDER.split(text) if part]
    times = [part for part in parts if any(map(str.isdigit, part))]
    return ", ".join(times), ", ".join(part for part in parts if part not in times)


def _declared_time(layout: Layout, numbers: Sequence[int]) -> str:
    for number in numbers:
        container = int(layout.container[number])
        for element in (
            *range(container, min(int(layout.end[container]), container + 50)),
            *layout.ancestors(container),
        ):
            value = layout.attributes[element].get("datetime", "") if layout.tags[element] == "time" else ""
            if value:
                return " ".join(value.split())[:40]
    return ""
