"""Plain text of a document."""

from __future__ import annotations

import re
from collections.abc import Sequence

from boilerplate.output.document import NOT_TEXT, Node, plain_text

__all__ = ["document_text", "to_text"]

_LAYOUT_SPACE = re.compile(r"[ \t\n]+")
_LISTS = frozenset({"ul", "ol", "dl"})


class _Writer:
    """Text as it grows, and where in it each block stands."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.length = 0
        self.spans: dict[int, tuple[int, int]] = {}

    def add(self, text: str, block: int = -1) -> None:
        if not text:
            return
        self.pieces.append(text)
        end = self.length + len(text)
        if block >= 0:
            start = self.spans[block][0] if block in self.spans else self.length
            self.spans[block] = (start, end)
        self.length = end

    def nodes(self, nodes: Sequence[Node], gap: str) -> None:
        """Nodes one below the other, with something between them."""
        first = True
        for node in nodes:
            if not _has_text(node):
                continue
            if not first:
                self.add(gap)
            first = False
            self.node(node, gap)

    def node(self, node: Node, gap: str) -> None:
        if node.tag in _LISTS or node.tag == "table":
            self.nodes(node.children, "\n")
        elif node.tag == "tr":
            self.row(node)
        elif node.children:
            self.nodes(node.children, gap)
        elif node.tag == "pre":
            for run in node.runs:
                self.add(run.text, run.block)
        else:
            for text, run in plain_text(node.runs):
                self.add(text, run.block)

    def row(self, row: Node) -> None:
        cells = list(row.children)
        while cells and not _has_text(cells[-1]):
            cells.pop()
        if sum(map(_has_text, cells)) == 1:
            cells = [cells[-1]]
        for i, cell in enumerate(cells):
            self.add("\t" if i else "")
            self.cell(cell)

    def cell(self, cell: Node) -> None:
        """A cell on one line."""
        first = True
        for leaf in _leaves(cell):
            if not _has_text(leaf):
                continue
            self.add("" if first else " ")
            first = False
            for text, run in plain_text(leaf.runs):
                self.add(_LAYOUT_SPACE.sub(" ", text), run.block)


def _leaves(node: Node) -> list[Node]:
    return [leaf for child in node.children for leaf in _leaves(child)] if node.children else [node]


def _has_text(node: Node) -> bool:
    if node.children:
        return any(map(_has_text, node.children))
    return any(run.kind not in NOT_TEXT for run in node.runs)


def document_text(nodes: Sequence[Node]) -> tuple[str, dict[int, tuple[int, int]]]:
    """Plain text, and where in it each block stands.

    Returns
    -------
    text : str
        A block a paragraph, items and rows a line each, cells divided by tabs; code keeps its lines.
    spans : dict
        By number of the block: the first character and the one after the last.
    """
    writer = _Writer()
    writer.nodes(nodes, "\n\n")
    if writer.length:
        writer.add("\n")
    return "".join(writer.pieces), writer.spans


def to_text(nodes: Sequence[Node]) -> str:
    """Plain text of a document."""
    return document_text(nodes)[0]
