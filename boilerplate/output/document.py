"""What is written in any format: the kept blocks as a small tree of paragraphs, lists, tables and marked-up text.

Every writer walks this tree, so that all formats hold the same words in the same order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

from boilerplate.output.characters import BROKEN, CONTROLS

__all__ = ["CONTAINERS", "NOT_TEXT", "Node", "Options", "Run", "plain_text", "walk_runs", "with_quotes"]

#: Nodes that hold other nodes; all others hold runs of text.
CONTAINERS = frozenset(
    ("ul", "ol", "dl", "li", "dt", "dd", "table", "tr", "td", "th", "caption", "blockquote", "figure", "figcaption")
)
#: Kinds of runs that are nothing in plain text.
NOT_TEXT = frozenset(("image", "gap"))
#: Marks that pages set around words said by others, besides those of Unicode's categories Pi and Pf.
_QUOTES = frozenset("\"'„‚「」『』《》〈〉〝〞〟＂＇`")


@dataclass(frozen=True, slots=True)
class Options:
    """What is written of the kept blocks.

    Attributes
    ----------
    links : bool
        Whether Markdown and HTML have the links that the text stands in.
    images : bool
        Whether Markdown and HTML have the images among the kept blocks.
    tables : bool
        Whether tables of data are written at all.
    metadata : bool
        Whether the page's metadata goes before the text, or into fields of their own.
    hidden : bool
        Whether text that the page does not show is written too.
    controls : bool
        Whether texts keep the characters of `boilerplate.output.characters.CONTROLS`. HTML never does.
    """

    links: bool = True
    images: bool = False
    tables: bool = True
    metadata: bool = False
    hidden: bool = True
    controls: bool = False

    @property
    def unwanted(self) -> re.Pattern[str]:
        """Characters that are not written."""
        return BROKEN if self.controls else CONTROLS


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text that is marked up alike throughout.

    Attributes
    ----------
    text : str
        What plain text shows of it; ``\\n`` is a line break.
    kind : str
        ``text``; ``math``, with TeX as value; ``note``, the mark of a footnote, with its name as value if the footnote
        itself is there; ``image``, with its address as value and its alternative text as text; ``gap``, the space
        between an image and the text beside it.
    value : str
    link : str
        Address of the link it stands in; empty for none.
    link_id : int
        Tells that link from others to the same address.
    marks : frozenset of str
        Names of HTML elements such as ``strong`` and ``code``.
    ruby : tuple of (int, str)
        Which annotated passage it is part of (-1: none), and as what: ``rb``, ``rt`` or ``rp``.
    display : bool
        Whether a formula stands on a line of its own.
    block : int
        Number of its block on the page; -1 for what is no block's text.
    """

    text: str
    kind: str = "text"
    value: str = ""
    link: str = ""
    link_id: int = -1
    marks: frozenset[str] = frozenset()
    ruby: tuple[int, str] = (-1, "")
    display: bool = False
    block: int = -1

    def with_text(self, text: str) -> Run:
        """The same with another text."""
        return self if text is self.text else replace(self, text=text)


@dataclass(slots=True)
class Node:
    """An element of the document.

    Attributes
    ----------
    tag : str
        ``p``, ``h1`` to ``h6``, ``pre``, ``img``, or one of `CONTAINERS`.
    children : list of Node
        Of containers.
    runs : list of Run
        Of other nodes.
    attributes : dict of str to str
        ``start`` and ``value`` of numbered lists and items, ``colspan`` and ``rowspan``, ``language`` of code,
        ``note``: the name of the footnote that this is.
    """

    tag: str
    children: list[Node] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)


def walk_runs(nodes: list[Node]) -> Iterator[Run]:
    """All runs in reading order."""
    for node in nodes:
        yield from node.runs
        yield from walk_runs(node.children)


def with_quotes(runs: list[Run]) -> list[Run]:
    """Runs with quotation marks around what ``<q>`` encloses, as browsers show it, unless the page sets some itself."""
    if not any("q" in run.marks for run in runs):
        return runs
    found: list[Run] = []
    for quoted, group in groupby(runs, lambda run: "q" in run.marks):
        inside = list(group)
        text = "".join(run.text for run in inside).strip()
        if quoted and text and not (_is_quote(text[0]) and _is_quote(text[-1])):
            first, last = inside[0], inside[-1]
            if first.kind == last.kind == "text":
                inside[0] = first.with_text(f'"{first.text}')
                inside[-1] = inside[-1].with_text(f'{inside[-1].text}"')
        found += inside
    return found


def _is_quote(character: str) -> bool:
    return character in _QUOTES or unicodedata.category(character) in ("Pi", "Pf")


def plain_text(runs: list[Run]) -> Iterator[tuple[str, Run]]:
    """Pieces of plain text of a passage, each with the run it comes from.

    Images are left out; readings of annotated characters stand in parentheses, where the page does not set them so
    itself; marks of footnotes stand in brackets, what ``<q>`` encloses in quotation marks.
    """
    runs = with_quotes(runs)
    with_parentheses = {run.ruby[0] for run in runs if run.ruby[1] == "rp"}
    before = (-1, "")
    last: Run | None = None
    for run in runs:
        opened = before[1] == "rt" and before[0] not in with_parentheses
        if run.ruby != before:
            if opened and last is not None:
                yield ")", last
            if run.ruby[1] == "rt" and run.ruby[0] not in with_parentheses:
                yield "(", run
            before = run.ruby
        last = run
        if run.kind not in NOT_TEXT:
            yield run.text, run
    if last is not None and before[1] == "rt" and before[0] not in with_parentheses:
        yield ")", last
