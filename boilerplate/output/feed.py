"""Feeds as items: what people who follow news pages want of related and most-read lists and tickers.

An item is found by repetition: the innermost element around a block that has brothers of the same tag and class which
hold feed blocks too, with a link in or around it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from boilerplate.output.document import NOT_TEXT, Options, Run
from boilerplate.output.feed_times import FeedTimes
from boilerplate.output.pieces import Pieces
from boilerplate.structure import Kind

if TYPE_CHECKING:
    from boilerplate.labelled import Block, LabelledPage
    from boilerplate.output.layout import Layout

__all__ = ["ITEM_COLUMNS", "MAX_FEED_BLOCKS", "feed_items"]

ITEM_COLUMNS = ("feed", "title", "link", "time", "datetime", "teaser", "blocks")

#: Only so many blocks of a page are looked at for items: the largest public pages have an eighth of that in all.
MAX_FEED_BLOCKS = 20_000
#: Elements after the beginning of an item among which its link is looked for, and around it for its time.
_MAX_LOOK, _MAX_TIME_LEVELS = 500, 10


def feed_items(page: LabelledPage, blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Items of a page's feeds.

    Parameters
    ----------
    page : LabelledPage
    blocks : sequence of Block
        Those to be written; the ones labelled ``feed`` among them are read, up to `MAX_FEED_BLOCKS`.

    Returns
    -------
    list of dict
        By `ITEM_COLUMNS`: the heading above the item, its title, absolute link, time as it is shown and as it is
        declared, teaser, and the numbers of its blocks. Empty text for what an item does not have.
    """
    numbers = {id(block): i for i, block in enumerate(page.blocks)}
    feed = list(islice(((numbers[id(b)], b) for b in blocks if b.label == "feed"), MAX_FEED_BLOCKS))
    layout = page.layout
    if layout is None or not feed:
        return []
    pieces = Pieces(layout, page.url, Options())
    runs = {number: pieces.runs(number, block) for number, block in feed}
    roots = _roots(layout, [number for number, _ in feed])
    said = FeedTimes(page.language)
    items: list[dict[str, Any]] = []
    heading, open_root = "", -1
    gathered: list[tuple[int, Block]] = []
    last = -1

    def close() -> None:
        if gathered:
            items.append(_item(layout, heading, pieces, gathered, runs, said))
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
    """The element that each block's item is, for blocks that are in one. Linear in the page."""
    # Elements with feed blocks in them.
    holding: set[int] = set()
    for number in numbers:
        for element in layout.ancestors(int(layout.container[number])):
            if element in holding:
                break
            holding.add(element)
    kinds = {
        e: (int(layout.parent[e]), layout.tags[e], layout.attributes[e].get("class", "").split()[:1]) for e in holding
    }
    brothers = Counter((parent, tag, *names) for parent, tag, names in kinds.values())
    links = [
        i for i, tag in enumerate(layout.tags) if tag == "a" and layout.attributes[i].get("href")
    ]  # in ascending order
    # Top down, as parents stand before their children: whether there is a link around, and the innermost item.
    in_link: dict[int, bool] = {-1: False}
    item: dict[int, int] = {-1: -1}
    for element in sorted(holding):
        parent, tag, names = kinds[element]
        in_link[element] = in_link[parent] or tag == "a"
        end = min(int(layout.end[element]), element + _MAX_LOOK)
        has_link = in_link[element] or bisect_left(links, element) < bisect_left(links, end)
        is_item = parent >= 0 and brothers[(parent, tag, *names)] > 1 and has_link
        item[element] = element if is_item else item[parent]
    found = {number: item[int(layout.container[number])] for number in numbers}
    return {number: element for number, element in found.items() if element >= 0}


def _item(
    layout: Layout,
    heading: str,
    pieces: Pieces,
    gathered: Sequence[tuple[int, Block]],
    runs: dict[int, list[Run]],
    said: FeedTimes,
) -> dict[str, Any]:
    """Title, link, time and teaser among the blocks of an item."""
    parts: list[tuple[str, str, bool]] = []
    times: list[str] = []
    for number, block in gathered:
        for text, link in _parts(layout, pieces.nodes_of(number), number, block, runs[number]):
            time, rest = said.split(text)
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


def _parts(layout: Layout, nodes: range, number: int, block: Block, runs: Sequence[Run]) -> list[tuple[str, str]]:
    """A block's text by the elements directly inside the one it stands in, each part with its link."""
    link = next((run.link for run in runs if run.link), "")
    whole = " ".join("".join(run.text for run in runs if run.kind not in NOT_TEXT).split())
    container = int(layout.container[number])
    parts: list[tuple[int, int, int]] = []  # the element, and where its text begins and ends
    position = 0
    children: dict[int, int] = {}
    for node in nodes:
        if layout.node_block[node] != number:
            continue
        child = _child_around(layout, container, int(layout.node_owner[node]), children)
        start = position
        for word in layout.node_text[node].split():
            found = block.text.find(word, position)
            if found < 0:
                return [(whole, link)]
            position = found + len(word)
        if parts and parts[-1][0] == child:
            parts[-1] = (child, parts[-1][1], position)
        elif block.text[start:position].strip():
            parts.append((child, start, position))
    # Text directly beside elements is one sentence with them.
    if any(child == container for child, _, _ in parts) or len(parts) < 2:
        return [(whole, link)]
    return [(block.text[start:end].strip().replace("\n", " "), link) for _, start, end in parts]


def _child_around(layout: Layout, container: int, element: int, known: dict[int, int]) -> int:
    """The child of a container that an element is in; the element itself if it is none that is in it."""
    chain = []
    while element > container and layout.parent[element] != container and element not in known:
        chain.append(element)
        element = int(layout.parent[element])
    child = known.get(element, element)
    known.update(dict.fromkeys(chain, child))
    return child


def _declared_time(layout: Layout, numbers: Sequence[int]) -> str:
    for number in numbers:
        container = int(layout.container[number])
        for element in (
            *range(container, min(int(layout.end[container]), container + 50)),
            *islice(layout.ancestors(container), _MAX_TIME_LEVELS),
        ):
            value = layout.attributes[element].get("datetime", "") if layout.tags[element] == "time" else ""
            if value:
                return " ".join(value.split())[:40]
    return ""
