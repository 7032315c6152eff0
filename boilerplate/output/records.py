"""Pages and blocks as records: JSON, JSON Lines and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from boilerplate.labels import LABELS
from boilerplate.output.text import to_text
from boilerplate.words import count_words

if TYPE_CHECKING:
    from boilerplate.labelled import Block, LabelledPage

__all__ = [
    "block_record",
    "block_records",
    "csv_table",
    "json_lines",
    "page_record",
    "to_csv",
    "to_json",
    "to_jsonl",
]

_DIGITS = 4
#: Spreadsheets take a cell that begins with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def block_record(number: int, block: Block) -> dict[str, Any]:
    """A block as plain values."""
    return {
        "block": number,
        "label": block.label,
        **{f"p_{label}": round(p, _DIGITS) for label, p in block.probabilities.items()},
        "main": round(block.main, _DIGITS),
        "is_main": block.is_main,
        "kind": block.form.kind.value,
        "tag": block.tag,
        "xpath": block.xpath,
        "link_share": round(block.link_share, _DIGITS),
        "hidden": block.hidden,
        "text": block.text,
    }


def block_records(page: LabelledPage, blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """The given blocks as plain values, each with its number on the page."""
    numbers = {id(block): i for i, block in enumerate(page.blocks)}
    return [block_record(numbers[id(block)], block) for block in blocks]


def page_record(page: LabelledPage, blocks: Sequence[Block]) -> dict[str, Any]:
    """A page as plain values, with the text of the given blocks."""
    words = dict.fromkeys(LABELS, 0)
    for block in page.blocks:
        words[block.label] += count_words(block.text)
    total = max(sum(words.values()), 1)
    return {
        "url": page.url,
        "title": page.title,
        "confidence": round(page.confidence, _DIGITS),
        **{f"share_{label}": round(n / total, _DIGITS) for label, n in words.items()},
        "text": to_text(page, blocks),
    }


def to_json(page: LabelledPage, blocks: Sequence[Block]) -> str:
    """One JSON object: the page's record, what was mended to read it, and the given blocks."""
    record = {**page_record(page, blocks), "notes": list(page.notes), "blocks": block_records(page, blocks)}
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


def to_jsonl(page: LabelledPage, blocks: Sequence[Block]) -> str:
    """The page's record on one line."""
    return json_lines([page_record(page, blocks)])


def to_csv(page: LabelledPage, blocks: Sequence[Block]) -> str:
    """The page's record as a table of one row."""
    return csv_table([page_record(page, blocks)])


def json_lines(records: Iterable[dict[str, Any]]) -> str:
    """A JSON object a line."""
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)


def csv_table(records: Sequence[dict[str, Any]], *, header: bool = True) -> str:
    """A row a record; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    if not records:
        return ""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(records[0]), lineterminator="\n")
    if header:
        writer.writeheader()
    for record in records:
        writer.writerow({k: _harmless(v) for k, v in record.items()})
    return stream.getvalue()


def _harmless(value: Any) -> Any:
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
