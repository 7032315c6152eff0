"""A labelled page without what it hides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from boilerplate.words import collapse_spaces

if TYPE_CHECKING:
    from boilerplate.labelled import Block, LabelledPage
    from boilerplate.output.layout import Layout

__all__ = ["shown_page"]


def shown_page(page: LabelledPage) -> LabelledPage:
    """The page with hidden text cut out of its blocks; blocks that are hidden as a whole stay, and are not kept."""
    layout = page.layout
    if layout is None or not any(0.0 < block.hidden_share < 1.0 for block in page.blocks):
        return replace(page, keeps_hidden=False)
    # The nodes of a block are next to each other, but for those in no block.
    order = np.flatnonzero(layout.node_block >= 0)
    bounds = np.searchsorted(layout.node_block[order], np.arange(len(page.blocks) + 1))
    blocks = [
        _shown(block, layout, order[bounds[i] : bounds[i + 1]].tolist()) if 0.0 < block.hidden_share < 1.0 else block
        for i, block in enumerate(page.blocks)
    ]
    left = np.where(layout.node_hidden, -1, layout.node_block).astype(layout.node_block.dtype)
    return replace(page, blocks=tuple(blocks), layout=replace(layout, node_block=left), keeps_hidden=False)


def _shown(block: Block, layout: Layout, nodes: list[int]) -> Block:
    """The block with the words of its shown nodes; their spaces and line breaks stay as they are."""
    pieces: list[str] = []
    position = 0
    pending = ""
    for node in nodes:
        start = end = position
        for word in layout.node_text[node].split():
            at = block.text.find(word, end)
            if at < 0:  # where nodes cannot be told apart, nothing is written that may be hidden
                return replace(block, text="", raw="", hidden=True)
            start = at if end == position else start
            end = at + len(word)
        # What stood before a piece that is cut out divides the pieces around it.
        gap = pending if "\n" in pending else block.text[position:start] or pending
        if layout.node_hidden[node]:
            pending = gap
        else:
            pieces += [gap, block.text[start:end]]
            pending = ""
        position = end
    lines = [collapse_spaces(line) for line in "".join(pieces).split("\n")]
    text = "\n".join([line for line in lines if line])
    return replace(block, text=text, raw="", hidden=not any(map(str.isalnum, text)))
