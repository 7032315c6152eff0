"""Pages to look at: their blocks in reading order, coloured by label, with what is wrong about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from lxml import etree

from boilerplate.labels import LABELS, UNKNOWN
from boilerplate.model.model import Prediction
from boilerplate.reports.markup import el
from boilerplate.training.corpus import Example
from boilerplate.training.evaluation import kept_blocks

__all__ = ["overlays", "worst_pages"]

#: Characters of a block that are shown, and blocks of a page.
_CHARACTERS = 400
_BLOCKS = 1500
#: Right blocks in a row that are folded away.
_FOLD = 4


@dataclass(frozen=True, slots=True)
class _Shown:
    """A block with what the gold says and what was predicted; a label is empty where nobody says."""

    text: str
    gold: str
    predicted: str
    probability: float
    main_gold: int
    main_kept: bool

    @property
    def wrong_label(self) -> bool:
        return bool(self.gold) and self.gold != self.predicted

    @property
    def wrong_main(self) -> bool:
        return self.main_gold != UNKNOWN and bool(self.main_gold) != self.main_kept

    @property
    def wrong(self) -> bool:
        return self.wrong_label or self.wrong_main


def worst_pages(rows: Sequence[dict[str, Any]], number: int) -> list[int]:
    """The pages with the lowest figures, as indices into `rows`, worst first.

    Parameters
    ----------
    rows : sequence of dict
        As `Evaluation.pages`. A page counts with the lower of its label accuracy and main-text F1.
    number : int
        At most this many; pages without any error are left out.
    """
    scores = {
        i: min(given)
        for i, row in enumerate(rows)
        if (given := [row[k] for k in ("label_accuracy", "f1") if row.get(k) is not None]) and min(given) < 1.0
    }
    return sorted(scores, key=lambda i: (scores[i], i))[:number]


def overlays(
    chosen: Sequence[int],
    examples: Sequence[Example],
    predictions: Sequence[Prediction],
    rows: Sequence[dict[str, Any]],
    links: Mapping[str, str],
) -> list[etree._Element]:
    """A folded part of the report for each of the pages; `links` leads to where a page is shown as it looks, by id."""
    return [_page(examples[i], predictions[i], rows[i], links.get(examples[i].page.id)) for i in chosen]


def _page(example: Example, prediction: Prediction, row: dict[str, Any], link: str | None) -> etree._Element:
    blocks = _blocks(example, prediction)
    figures = []
    if row.get("label_accuracy") is not None:
        figures.append(f"{row['label_accuracy']:.1%} of words with the right label")
    if row.get("f1") is not None:
        figures.append(f"main text F1 {row['f1']:.3f}")
    kinds = ", ".join(str(row[k]) for k in ("source", "page_type", "lang") if row.get(k))
    return el(
        "details",
        el("summary", el("strong", example.page.id), f" · {kinds} · {'; '.join(figures)}"),
        el("p", example.page.url, class_="note") if example.page.url else None,
        el("p", el("a", "The page as it looks, coloured by what is predicted", href=link)) if link else None,
        el("ol", [*_items(blocks[:_BLOCKS])], class_="blocks"),
        el("p", f"{len(blocks) - _BLOCKS:,} more blocks are not shown.", class_="note")
        if len(blocks) > _BLOCKS
        else None,
    )


def _blocks(example: Example, prediction: Prediction) -> list[_Shown]:
    if len(example) == 0:
        return []
    best = prediction.probabilities.argmax(axis=1)
    kept = kept_blocks(example, prediction)
    return [
        _Shown(
            text=text if len(text) <= _CHARACTERS else text[:_CHARACTERS] + "…",
            gold=LABELS[example.label[i]] if example.label[i] != UNKNOWN else "",
            predicted=LABELS[best[i]],
            probability=float(np.max(prediction.probabilities[i])),
            # Snippets are measured in the text, not block by block.
            main_gold=int(example.content[i]) if example.has_main_text else UNKNOWN,
            main_kept=bool(kept[i]),
        )
        for i, text in enumerate(example.texts)
    ]


def _items(blocks: Sequence[_Shown]) -> Iterator[etree._Element]:
    run: list[_Shown] = []
    for block in [*blocks, None]:
        if block is not None and not block.wrong:
            run.append(block)
            continue
        if len(run) > _FOLD:
            words = f"{len(run)} blocks that are right"
            inner = el("ol", [_item(b) for b in run], class_="blocks")
            yield el("li", el("details", el("summary", words), inner, class_="fold"))
        else:
            yield from (_item(b) for b in run)
        run = []
        if block is not None:
            yield _item(block)


def _item(block: _Shown) -> etree._Element:
    shown = block.gold or block.predicted
    notes: list[etree._Element] = []
    if block.wrong_label:
        notes.append(el("span", f"gold {block.gold}", class_=f"tag {block.gold}"))
        notes.append(
            el("span", f"predicted {block.predicted} {block.probability:.2f}", class_=f"tag {block.predicted}")
        )
    else:
        notes.append(el("span", f"{block.predicted} {block.probability:.2f}", class_=f"tag {block.predicted}"))
    if block.wrong_main:
        said = "kept, not in the gold text" if block.main_kept else "lost, in the gold text"
        notes.append(el("span", said, class_="tag wrong"))
    return el(
        "li", notes, el("span", block.text, dir="auto"), class_=f"block {shown}{' differs' if block.wrong else ''}"
    )
