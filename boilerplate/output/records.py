"""Pages and blocks as records: JSON, JSON Lines and CSV.

The columns of each kind of record are fixed, whatever a page holds.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from boilerplate.labels import LABELS
from boilerplate.output.text import to_text
from boilerplate.words import count_words

if TYPE_CHECKING:
    from boilerplate.labelled import Block, LabelledPage

__all__ = [
    "BLOCK_COLUMNS",
    "PAGE_COLUMNS",
    "block_record",
    "block_records",
    "csv_header",
    "csv_rows",
    "json_lines",
    "json_text",
    "page_object",
    "page_record",
    "to_csv",
    "to_json",
    "to_jsonl",
    "without_surrogates",
]

BLOCK_COLUMNS = (
    "block",
    "label",
    *(f"p_{label}" for label in LABELS),
    "main",
    "is_main",
    "kind",
    "tag",
    "xpath",
    "link_share",
    "hidden",
    "text",
)
PAGE_COLUMNS = ("url", "title", "confidence", *(f"share_{label}" for label in LABELS), "text")

_DIGITS = 4
#: Spreadsheets take a cell that begins with one of these for a formula; some of them fold the wide forms.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SURROGATES = re.compile("[\ud800-\udfff]")
#: Line ends for some readers of lines, though not for JSON.
_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def block_record(number: int, block: Block) -> dict[str, Any]:
    """A block as plain values, by `BLOCK_COLUMNS`."""
    return {
        "block": number,
        "label": block.label,
        **{f"p_{label}": round(block.probabilities[label], _DIGITS) for label in LABELS},
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
    """A page as plain values by `PAGE_COLUMNS`, with the text of the given blocks."""
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


def page_object(page: LabelledPage, blocks: Sequence[Block]) -> dict[str, Any]:
    """The page's record, what was mended to read it, and the given blocks."""
    return {**page_record(page, blocks), "notes": list(page.notes), "blocks": block_records(page, blocks)}


def to_json(page: LabelledPage, blocks: Sequence[Block]) -> str:
    """One JSON object: the page's record, what was mended to read it, and the given blocks."""
    return json_text(page_object(page, blocks))


def to_jsonl(page: LabelledPage, blocks: Sequence[Block]) -> str:
    """The page's record on one line."""
    return json_lines([page_record(page, blocks)])


def to_csv(page: LabelledPage, blocks: Sequence[Block]) -> str:
    """The page's record as a table of one row."""
    return csv_header(PAGE_COLUMNS) + csv_rows([page_record(page, blocks)], PAGE_COLUMNS)


def json_text(record: Mapping[str, Any]) -> str:
    """One JSON object over several lines."""
    return without_surrogates(json.dumps(record, ensure_ascii=False, indent=2)) + "\n"


def json_lines(records: Iterable[Mapping[str, Any]]) -> str:
    """A JSON object a line; no reader of lines finds an end of line within one."""
    lines = (json.dumps(record, ensure_ascii=False).translate(_LINE_ENDS) for record in records)
    return "".join(f"{without_surrogates(line)}\n" for line in lines)


def csv_header(columns: Sequence[str]) -> str:
    """The first line of a table."""
    return ",".join(columns) + "\n"


def csv_rows(records: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """A row a record; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    stream = io.StringIO()
    # Where a field holds a carriage return, csv would leave it without the quotes that readers need.
    usual = csv.writer(stream, lineterminator="\n")
    quoted = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for record in records:
        row = [_harmless(record[column]) for column in columns]
        writer = quoted if any(isinstance(value, str) and "\r" in value for value in row) else usual
        writer.writerow(row)
    return stream.getvalue()


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # A sign alone is no formula, and - is the name of standard input.
    return without_surrogates("'" + value if len(value) > 1 and value.startswith(_FORMULA_STARTS) else value)


def without_surrogates(text: str) -> str:
    """A text without halves of characters, as names of files may have them."""
    return _SURROGATES.sub("\ufffd", text)
