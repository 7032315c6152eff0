"""Pages and blocks as records: JSON, JSON Lines and CSV.

The columns of each kind of record are fixed, whatever a page holds; `boilerplate/schemas` describes them.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from boilerplate.labels import LABELS
from boilerplate.output.build import build
from boilerplate.output.characters import CONTROLS, escape_controls, without
from boilerplate.output.document import Options
from boilerplate.output.text import document_text
from boilerplate.words import count_words

if TYPE_CHECKING:
    from boilerplate.labelled import Block, LabelledPage
    from boilerplate.metadata import Metadata

__all__ = [
    "BLOCK_COLUMNS",
    "EXPLAINED_COLUMNS",
    "METADATA_COLUMNS",
    "PAGE_COLUMNS",
    "TEXT_COLUMNS",
    "block_record",
    "block_records",
    "csv_header",
    "csv_rows",
    "front_matter",
    "json_lines",
    "json_text",
    "meta_names",
    "page_columns",
    "page_object",
    "page_record",
    "reasons_cell",
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
    "hidden_share",
    "hidden_reason",
    "start",
    "end",
    "text",
)
#: What an explained block has besides.
EXPLAINED_COLUMNS = ("reasons", "main_reasons")
#: What a block of a text without markup has besides.
TEXT_COLUMNS = ("first_line", "last_line")
PAGE_COLUMNS = ("url", "title", "confidence", *(f"share_{label}" for label in LABELS), "text")
#: What ``--with-metadata`` adds to a page's record.
METADATA_COLUMNS = (
    "authors",
    "published",
    "modified",
    "language",
    "site_name",
    "description",
    "canonical_url",
    "image",
    "page_type",
)

_DEFAULT = Options()
_DIGITS = 4
_NESTED = frozenset({dict, list, tuple})
#: Entries of an object in a list, and values of a list in such an object, as `json.dumps` indents them.
_WRITE_ENTRIES = json.JSONEncoder(ensure_ascii=False, separators=(",\n      ", ": ")).encode
_WRITE_VALUES = json.JSONEncoder(ensure_ascii=False, separators=(",\n        ", ": ")).encode
#: Characters of a tag: a page may have one of a megabyte, and tens of thousands of blocks in it.
_MAX_TAG = 100
#: Spreadsheets take a cell that begins with one of these for a formula; some of them fold the wide forms.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: Columns that are no text of the page and are written as they are.
_NAMES_OF_PLACES = frozenset({"source", "reason", "tag", "xpath"})
_SURROGATES = re.compile("[\ud800-\udfff]")
#: Line ends for some readers of lines, though not for JSON.
_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def block_record(
    number: int, block: Block, span: tuple[int, int] | None = None, options: Options = _DEFAULT
) -> dict[str, Any]:
    """A block as plain values, by `BLOCK_COLUMNS`; span says where it stands in the page's text, if it does."""
    start, end = span if span is not None else (None, None)
    return {
        "block": number,
        "label": block.label,
        **{f"p_{label}": round(block.probabilities[label], _DIGITS) for label in LABELS},
        "main": round(block.main, _DIGITS),
        "is_main": block.is_main,
        "kind": block.form.kind.value,
        "tag": block.tag[:_MAX_TAG],
        "xpath": block.xpath,
        "link_share": round(block.link_share, _DIGITS),
        "hidden": block.hidden,
        "hidden_share": round(block.hidden_share, _DIGITS),
        "hidden_reason": block.hidden_reason,
        "start": start,
        "end": end,
        "text": options.unwanted.sub("", block.text),
        **(dict(zip(TEXT_COLUMNS, block.lines, strict=True)) if block.lines is not None else {}),
        **without(options.unwanted, _explained(block)),
    }


def _explained(block: Block) -> dict[str, Any]:
    given = {"reasons": block.reasons, "main_reasons": block.main_reasons}
    return {
        name: [
            {"text": r.text, "contribution": round(r.contribution, _DIGITS), "features": list(r.features)}
            for r in reasons
        ]
        for name, reasons in given.items()
        if reasons is not None
    }


def reasons_cell(reasons: Sequence[Mapping[str, Any]]) -> str:
    """The reasons of a record as one text: each with what it adds, divided by semicolons."""
    return "; ".join(f"{reason['text']} ({reason['contribution']:+.2f})" for reason in reasons)


def block_records(page: LabelledPage, blocks: Sequence[Block], options: Options = _DEFAULT) -> list[dict[str, Any]]:
    """The given blocks as plain values, each with its number on the page and its place in their text."""
    return _block_records(page, blocks, document_text(build(page, blocks, options))[1], options)


def _block_records(
    page: LabelledPage, blocks: Sequence[Block], spans: Mapping[int, tuple[int, int]], options: Options
) -> list[dict[str, Any]]:
    numbers = {id(block): i for i, block in enumerate(page.blocks)}
    return [block_record(numbers[id(block)], block, spans.get(numbers[id(block)]), options) for block in blocks]


def page_record(page: LabelledPage, blocks: Sequence[Block], options: Options = _DEFAULT) -> dict[str, Any]:
    """A page as plain values by `PAGE_COLUMNS`, with the text of the given blocks.

    With metadata, `METADATA_COLUMNS` stand before the text; several authors are divided by semicolons.
    """
    return _page_record(page, document_text(build(page, blocks, options))[0], options)


def _page_record(page: LabelledPage, text: str, options: Options) -> dict[str, Any]:
    words = dict.fromkeys(LABELS, 0)
    for block in page.blocks:
        words[block.label] += count_words(block.text)
    total = max(sum(words.values()), 1)
    record = {
        "url": page.url,
        "title": page.title,
        "confidence": round(page.confidence, _DIGITS),
        **{f"share_{label}": round(n / total, _DIGITS) for label, n in words.items()},
        **(_flat_metadata(page.metadata) if options.metadata else {}),
        "text": text,
    }
    return {name: without(options.unwanted, value) for name, value in record.items()}


def _flat_metadata(metadata: Metadata) -> dict[str, Any]:
    values = metadata.to_dict()
    return {name: "; ".join(values[name]) if name == "authors" else values[name] for name in METADATA_COLUMNS}


def page_columns(options: Options = _DEFAULT) -> tuple[str, ...]:
    """Names of what `page_record` gives, in order."""
    return (*PAGE_COLUMNS[:-1], *(METADATA_COLUMNS if options.metadata else ()), PAGE_COLUMNS[-1])


def page_object(page: LabelledPage, blocks: Sequence[Block], options: Options = _DEFAULT) -> dict[str, Any]:
    """The page's record, what was mended to read it, the items of its feeds, and the given blocks.

    Metadata are an object of their own, which says of each value where it comes from.
    """
    from boilerplate.output.feed import feed_items

    text, spans = document_text(build(page, blocks, options))
    record = _page_record(page, text, replace(options, metadata=False))
    return {
        **record,
        **({"metadata": without(options.unwanted, page.metadata.to_dict())} if options.metadata else {}),
        "notes": without(options.unwanted, page.notes),
        "items": without(options.unwanted, feed_items(page, blocks)),
        "blocks": _block_records(page, blocks, spans, options),
    }


def front_matter(metadata: Metadata) -> str:
    """Metadata as YAML between two lines of ``---``; only what is known."""
    lines = []
    for name, value in metadata.to_dict().items():
        if value and name != "sources":
            # What JSON writes is YAML too, but for line ends that JSON lets stand.
            written = without_surrogates(json.dumps(value, ensure_ascii=False)).translate(_LINE_ENDS)
            lines.append(f"{name}: {CONTROLS.sub('', written)}")
    return "\n".join(["---", *lines, "---", "", ""])


def meta_names(metadata: Metadata) -> dict[str, str]:
    """Metadata by the names that HTML and Dublin Core have for them."""
    names = {
        "author": "; ".join(metadata.authors),
        "description": metadata.description,
        "dcterms.issued": metadata.published,
        "dcterms.modified": metadata.modified,
        "application-name": metadata.site_name,
        "dcterms.source": metadata.canonical_url,
        "dcterms.type": metadata.page_type,
    }
    return {name: value for name, value in names.items() if value}


def to_json(page: LabelledPage, blocks: Sequence[Block], options: Options = _DEFAULT) -> str:
    """One JSON object, as `page_object` has it."""
    return json_text(page_object(page, blocks, options))


def to_jsonl(page: LabelledPage, blocks: Sequence[Block], options: Options = _DEFAULT) -> str:
    """The page's record on one line."""
    return json_lines([page_record(page, blocks, options)])


def to_csv(page: LabelledPage, blocks: Sequence[Block], options: Options = _DEFAULT) -> str:
    """The page's record as a table of one row."""
    columns = page_columns(options)
    return csv_header(columns) + csv_rows([page_record(page, blocks, options)], columns)


def json_text(record: Mapping[str, Any]) -> str:
    """One JSON object over several lines, as `json.dumps` writes it with an indentation of two.

    With an indentation, the standard library writes every value in Python; tens of thousands of blocks take seconds.
    """
    if not record:
        return "{}\n"
    entries = [f"  {json.dumps(str(name), ensure_ascii=False)}: {_indented(value)}" for name, value in record.items()]
    return _written("{\n" + ",\n".join(entries) + "\n}") + "\n"


def _indented(value: Any) -> str:
    """A value of the outermost object."""
    if not isinstance(value, list) or not value or not all(map(_is_simple, value)):
        return json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\n  ")
    return "[\n" + ",\n".join([f"    {{\n      {_entries(item)}\n    }}" for item in value]) + "\n  ]"


def _is_simple(value: Any) -> bool:
    """Whether this is an object with entries that are values or lists of values, and no empty lists."""
    if type(value) is not dict or not value:
        return False
    nested = _NESTED.intersection(map(type, value.values()))
    return not nested or (
        nested == {list}
        and all(inner and _NESTED.isdisjoint(map(type, inner)) for inner in value.values() if type(inner) is list)
    )


def _entries(record: dict[str, Any]) -> str:
    """The entries of a simple object, a line each, but for lists, which have a line a value."""
    if list not in map(type, record.values()):
        return _WRITE_ENTRIES(record)[1:-1]
    pieces: list[str] = []
    plain: dict[str, Any] = {}
    for name, value in record.items():
        if type(value) is not list:
            plain[name] = value
            continue
        if plain:
            pieces.append(_WRITE_ENTRIES(plain)[1:-1])
            plain = {}
        pieces.append(f"{_WRITE_ENTRIES(name)}: [\n        {_WRITE_VALUES(value)[1:-1]}\n      ]")
    if plain:
        pieces.append(_WRITE_ENTRIES(plain)[1:-1])
    return ",\n      ".join(pieces)


def json_lines(records: Iterable[Mapping[str, Any]]) -> str:
    """A JSON object a line; no reader of lines finds an end of line within one."""
    lines = (json.dumps(record, ensure_ascii=False).translate(_LINE_ENDS) for record in records)
    return "".join(f"{_written(line)}\n" for line in lines)


def _written(json_of_record: str) -> str:
    # Paths and names of files are written as they are, so control characters may be left in them.
    # Of ASCII, JSON itself escapes all that is to be escaped but one.
    if json_of_record.isascii() and "\x7f" not in json_of_record:
        return json_of_record
    return escape_controls(without_surrogates(json_of_record))


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
        row = [_harmless(column, record[column]) for column in columns]
        writer = quoted if any(isinstance(value, str) and "\r" in value for value in row) else usual
        writer.writerow(row)
    return stream.getvalue()


def _harmless(column: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if column in _NAMES_OF_PLACES:
        value = escape_controls(value)
    # A sign alone is no formula, and - is the name of standard input.
    return without_surrogates("'" + value if len(value) > 1 and value.startswith(_FORMULA_STARTS) else value)


def without_surrogates(text: str) -> str:
    """A text without halves of characters, as names of files may have them."""
    return _SURROGATES.sub("\ufffd", text)
