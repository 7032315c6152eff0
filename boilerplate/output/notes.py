"""Footnotes: what the marks in a text lead to, and by which names both are known."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from urllib.parse import unquote

from boilerplate.output.layout import Layout
from boilerplate.output.pieces import Pieces

__all__ = ["name_notes"]

#: Elements that makers of pages put a footnote's text in.
_NOTE_BOXES = ("div", "aside", "section")


def name_notes(
    layout: Layout, pieces: Pieces, kept: Iterable[int], paths: dict[int, tuple[int, ...]]
) -> dict[int, str]:
    """Find the footnotes that kept marks lead to, and name them by their marks.

    Parameters
    ----------
    layout : Layout
    pieces : Pieces
        Whose runs of all kept blocks have been asked for.
    kept : iterable of int
        Numbers of the kept blocks.
    paths : dict
        What `Layout.structure` knows already, and is told.

    Returns
    -------
    dict of int to str
        Names by element: of the links that are marks, and of the items and paragraphs that they lead to.
    """
    if not pieces.notes:
        return {}
    marks: dict[int, str] = {}
    places: dict[str, int] = {}
    for element, attributes in enumerate(layout.attributes):
        for name in (attributes.get("id"), attributes.get("name") if layout.tags[element] == "a" else None):
            if name:
                places.setdefault(name, element)
    containers = sorted({int(layout.container[number]) for number in kept})
    # Lists and items are known by their element, paragraphs by the element their block stands in.
    names: dict[int, str] = {}
    taken: set[str] = set()
    for mark, text in pieces.notes.items():
        fragment = pieces.addresses.fragment(layout.attributes[mark].get("href", ""))
        target = places.get(fragment, places.get(unquote(fragment), -1))
        place = _place_of_note(layout, target, mark, containers, paths)
        if place < 0:
            continue
        if place not in names:
            name = base = "-".join(re.findall(r"\w+", text)) or f"n{len(names) + 1}"
            number = len(taken)
            while name in taken:
                number += 1
                name = f"{base}-{number}"
            taken.add(name)
            names[place] = name
        marks[mark] = names[place]
    return marks | names


def _place_of_note(
    layout: Layout, target: int, mark: int, containers: list[int], paths: dict[int, tuple[int, ...]]
) -> int:
    """The list item or paragraph that a footnote is, -1 if it is not kept or stands inside something else."""
    for depth, element in enumerate(layout.ancestors(target)):
        if depth > 8 or layout.tags[element] in ("body", "html") or element <= mark < layout.end[element]:
            return -1
        path = layout.structure(element, paths)
        if layout.tags[element] == "li" and element in layout.structural:
            inside = bisect_left(containers, element) < bisect_left(containers, int(layout.end[element]))
            return element if inside and len(path) == 2 and layout.tags[path[0]] in ("ul", "ol") else -1
        first = bisect_left(containers, element)
        if depth == 0 and layout.tags[element] in _NOTE_BOXES and containers[first:]:
            # A box around the footnote's text.
            inner = containers[first]
            bare = not layout.structure(inner, paths) and layout.tags[inner] in ("p", *_NOTE_BOXES)
            if inner < layout.end[element] and bare:
                return inner
        if first < bisect_left(containers, element + 1):
            return element if not path and layout.tags[element] in ("p", *_NOTE_BOXES) else -1
    return -1
