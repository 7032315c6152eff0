"""What is written of pages labelled by hand is what was looked at and found right."""

from __future__ import annotations

import csv
import difflib
import json
from importlib.resources import files
from pathlib import Path

import pytest
from golden_pages import FORMATS, GOLDEN, GoldPage, gold_pages, golden_path, written
from jsonschema import Draft202012Validator

from boilerplate import LabelledPage

PAGES = list(gold_pages())


@pytest.fixture(scope="module")
def read() -> dict[str, LabelledPage]:
    return {page.name: page.read() for page in PAGES}


def test_there_are_enough() -> None:
    assert len(PAGES) >= 40
    for output_format in FORMATS:
        assert set((GOLDEN / output_format).iterdir()) == {golden_path(p, output_format) for p in PAGES}


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_golden(page: GoldPage, output_format: str, read: dict[str, LabelledPage]) -> None:
    expected = golden_path(page, output_format).read_text(encoding="utf-8")
    found = written(read[page.name], output_format)
    if found != expected:
        lines = difflib.unified_diff(expected.splitlines(), found.splitlines(), "golden", "written", lineterm="", n=1)
        pytest.fail(
            "\n".join([*lines, "", "If this is better, write the golden files anew: python tests/golden_pages.py"])
        )


def test_rows_say_the_same_in_every_format(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    import pyarrow as pa

    from boilerplate.output import Options
    from boilerplate.output.records import page_columns
    from boilerplate.writing.shards import arrow_schema

    schema = json.loads((files("boilerplate") / "schemas" / "row.schema.json").read_text(encoding="utf-8"))
    rows = [json.loads(golden_path(page, "jsonl").read_text(encoding="utf-8")) for page in PAGES]
    for page, row in zip(PAGES, rows, strict=True):
        Draft202012Validator(schema).validate({"source": page.name, "status": "ok", "reason": "", **row})
        (cells,) = csv.DictReader(golden_path(page, "csv").open(encoding="utf-8", newline=""))
        # A cell that a spreadsheet would take for a formula has an apostrophe before it.
        assert {name: value.removeprefix("'") for name, value in cells.items()} == {
            name: "" if value is None else str(value).removeprefix("'") for name, value in row.items()
        }
        assert row["text"] == golden_path(page, "txt").read_text(encoding="utf-8")
    table = pa.Table.from_pylist(rows, schema=arrow_schema(page_columns(Options(metadata=True))))
    parquet.write_table(table, tmp_path / "rows.parquet")
    assert parquet.read_table(tmp_path / "rows.parquet").to_pylist() == rows


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_json_follows_its_schema(page: GoldPage) -> None:
    schema = json.loads((files("boilerplate") / "schemas" / "page.schema.json").read_text(encoding="utf-8"))
    record = json.loads(golden_path(page, "json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(record)
    assert record["text"]
    # Where a block's text stands; what is put in or left out there (marks of footnotes, quotes, TeX) has no letters
    # that the block does not have, or is TeX.
    for block in record["blocks"]:
        there = record["text"][block["start"] : block["end"]] if block["start"] is not None else ""
        if there and "$" not in there and "↩" not in block["text"]:
            assert "".join(filter(str.isalnum, there)) == "".join(filter(str.isalnum, block["text"]))
