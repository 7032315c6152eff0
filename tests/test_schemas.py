"""What is written as JSON follows the published schemas."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from conftest import PAGE, ROOT, Run
from jsonschema import Draft202012Validator

from boilerplate import Model, label
from boilerplate.batch import OUTCOME_COLUMNS, STATUSES, Task
from boilerplate.batch.alone import clean_alone
from boilerplate.inputs import Source
from boilerplate.labels import LABELS
from boilerplate.model.choice import Models

SEED = (ROOT / "datasets" / "seed" / "page.html").read_bytes()


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((ROOT / "boilerplate" / "schemas" / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("with_metadata", [False, True])
@pytest.mark.parametrize("html", [PAGE, SEED, "<p>", "<img src=x>"])
@pytest.mark.parametrize("keep", [("article",), LABELS])
def test_page(html: str | bytes, keep: tuple[str, ...], with_metadata: bool, model: Model) -> None:
    page = label(html, model=model)
    record = json.loads(page.render("json", keep, with_metadata=with_metadata))
    validator("page.schema.json").validate(record)
    assert ("metadata" in record) == with_metadata
    check_offsets(record)


def test_text_without_markup() -> None:
    record = json.loads(label("Tea\n\n* milk\n* sugar", input_format="txt").render("json", LABELS))
    validator("page.schema.json").validate(record)
    assert [block["first_line"] for block in record["blocks"]] == [1, 3, 4]


def check_offsets(record: dict[str, Any]) -> None:
    """Every block's text stands where its record says, white space aside."""
    for block in record["blocks"]:
        if block["start"] is not None:
            there = record["text"][block["start"] : block["end"]]
            assert "".join(there.split()) == "".join(block["text"].split())


@pytest.mark.parametrize("with_metadata", [False, True])
def test_rows(with_metadata: bool, model: Model) -> None:
    page = label(PAGE, model=model)
    row = {"source": "page.html", "status": "ok", "reason": ""}
    row |= json.loads(page.render("jsonl", with_metadata=with_metadata))
    validator("row.schema.json").validate(row)
    (table,) = csv.DictReader(io.StringIO(page.render("csv", with_metadata=with_metadata), newline=""))
    assert set(table) == set(row) - {"source", "status", "reason"}


@pytest.mark.parametrize("html", [PAGE, "", "\x89PNG\r\n\x1a\n"])
def test_rows_of_a_batch(html: str, model: Model) -> None:
    for output_format in ("jsonl", "parquet"):
        source = Source("a#1", "a.html", url="https://example.org/", html=html.encode("latin-1", "replace"))
        row = clean_alone(source, Models(model), Task(("article",), output_format)).row()
        validator("row.schema.json").validate(row)
        assert row["url"] == "https://example.org/"
        assert set(row) == set(OUTCOME_COLUMNS)
    schema = json.loads((ROOT / "boilerplate" / "schemas" / "row.schema.json").read_text(encoding="utf-8"))
    assert schema["properties"]["status"]["enum"] == list(STATUSES)


@pytest.mark.parametrize("explain", [[], ["--explain"]])
def test_rows_of_blocks(explain: list[str], run: Run) -> None:
    pages = [ROOT / "tests" / "golden" / "pages" / name for name in ("ruby-ja.html", "code-en.html")]
    done = run("label", *pages, "-f", "jsonl", *explain)
    assert done.returncode == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["source"] for row in rows} == set(map(str, pages))
    for row in rows:
        validator("block.schema.json").validate(row)
    # What a block says does not depend on where it is written.
    page = json.loads((ROOT / "boilerplate" / "schemas" / "page.schema.json").read_text(encoding="utf-8"))["$defs"]
    block = json.loads((ROOT / "boilerplate" / "schemas" / "block.schema.json").read_text(encoding="utf-8"))
    del block["properties"]["source"]
    assert block["properties"] == page["block"]["properties"]
    assert block["required"] == ["source", *page["block"]["required"]]
    assert block["$defs"]["reason"] == page["reason"]


def test_feed_of_the_seed_page(model: Model) -> None:
    record = json.loads(label(SEED, model=model).render("json", ["feed"]))
    items = {item["title"]: item for item in record["items"]}
    item = items["КХЛ назвала символическую сборную сезона"]
    assert item["time"] == "22:18"
    assert item["teaser"] == "Спорт"
    assert item["feed"] == "Лента новостей"
    assert item["link"].startswith("https://www.rbc.ru/rbcfreenews/")
    # Every block of the feed is an item or a heading of one.
    used = {number for item in record["items"] for number in item["blocks"]}
    rest = {block["text"] for block in record["blocks"] if block["block"] not in used}
    assert rest <= {item["feed"] for item in record["items"]}


@pytest.mark.parametrize(
    ("entry", "time", "title"),
    [
        ("10:42 Harbour wall closed after swell", "10:42", "Harbour wall closed after swell"),
        ("09:48 – School bus route changes from Monday on", "09:48", "School bus route changes from Monday on"),
        ("18:05 Six of the 20 boats are back", "18:05", "Six of the 20 boats are back"),
        ("10:42 Thursday 6 June 2024", "10:42 Thursday 6 June 2024", ""),
        ("10:42 Uhr", "10:42 Uhr", ""),
        ("22:18, Sport", "22:18", "Sport"),
        (
            "Score of 3:2 after extra time in the cup of the year",
            "",
            "Score of 3:2 after extra time in the cup of the year",
        ),
        ("<b>Read more</b><i>The baker of the island</i>", "", "Read more The baker of the island"),
    ],
)
def test_entries_of_a_ticker(entry: str, time: str, title: str, model: Model) -> None:
    from dataclasses import replace

    page = label("".join(f"<li><a href='/{n}'>{entry}</a></li>" for n in (1, 2, 3)), model=model)
    page = replace(page, blocks=tuple(replace(block, label="feed") for block in page.blocks))
    items = json.loads(page.render("json", ["feed"]))["items"]
    assert [(item["time"], item["title"]) for item in items] == [(time, title)] * 3


def test_cards_of_several_blocks(model: Model) -> None:
    cards = "".join(
        f"<li class=card><h3><a href='/{n}'>Headline number {n}</a></h3><time datetime='2024-05-0{n}'>5 May</time>"
        f"<p>Teaser of story {n}</p></li>"
        for n in (1, 2, 3)
    )
    page = label(f"<h2>Most read</h2><ul>{cards}</ul>", url="https://example.org/", model=model)
    from dataclasses import replace

    page = replace(page, blocks=tuple(replace(block, label="feed") for block in page.blocks))
    items = json.loads(page.render("json", ["feed"]))["items"]
    assert [item["title"] for item in items] == [f"Headline number {n}" for n in (1, 2, 3)]
    assert [item["link"] for item in items] == [f"https://example.org/{n}" for n in (1, 2, 3)]
    assert [item["datetime"] for item in items] == [f"2024-05-0{n}" for n in (1, 2, 3)]
    assert all("Teaser of story" in item["teaser"] for item in items)
    assert {item["feed"] for item in items} == {"Most read"}
