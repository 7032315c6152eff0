"""Texts without markup as users clean and label them: from Python, from the command line, in batches of WET files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from archives import PACKINGS, record
from conftest import ROOT, Run

import boilerplate
from boilerplate import Limits, Model, load_model
from boilerplate.errors import InputError, LimitError, UsageError
from boilerplate.inputs import Inputs
from boilerplate.model.choice import Models

SEED = ROOT / "datasets" / "seed" / "page.txt"
TEXT = """Tea and milk, an old habit — The Daily Cup
Skip to content
Home
News
Sport
Tea and milk, an old habit
Tea is brewed from leaves, and some people drink it with milk, which others find hard to understand at all.
The habit is old: in the seventeenth century, cups of thin china were said to crack unless milk went in first.
Whether that was so nobody has measured, and the order in which the two are poured is still argued about.
Related stories
How coffee came to Europe
Why sugar was once a medicine
Privacy policy
© 2026 The Daily Cup. All rights reserved.
"""
PROSE = [line for line in TEXT.splitlines() if line.endswith((".", "all."))][:3]


@pytest.fixture(scope="session")
def text_model() -> Model:
    """The default model for texts."""
    return load_model(input_format="txt")


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "page.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


# --- the text that came with the seed page, which the model was not trained on


def test_the_seeds_text_gives_its_article_whole() -> None:
    kept = boilerplate.clean(SEED.read_bytes(), input_format="txt").splitlines()
    article = [
        line
        for line in (ROOT / "datasets" / "seed" / "article.txt").read_text(encoding="utf-8").splitlines()
        if len(line) > 60
    ]
    assert len(article) >= 6
    assert [line for line in article if line not in kept] == []


def test_of_the_seeds_text_no_ticker_item_and_no_promotion_is_kept() -> None:
    page = boilerplate.label(SEED.read_bytes(), input_format="txt")
    # By the lines of the file: the carousel, the ticker with the banner between its items.
    unwanted = [b.text for b in page.kept() if b.lines is not None and b.lines[0] >= 25]
    assert unwanted == []


# --- Python


def test_blocks_say_on_which_lines_they_stand(text_model: Model) -> None:
    page = boilerplate.label(TEXT, input_format="txt", model=text_model)
    lines = TEXT.splitlines()
    assert [b.text for b in page.blocks] == lines
    assert [b.lines for b in page.blocks] == [(n, n) for n in range(1, len(lines) + 1)]
    assert {b.xpath for b in page.blocks} == {""}
    assert page.title == lines[0]
    assert not any(b.hidden for b in page.blocks)
    assert all(sum(b.probabilities.values()) == pytest.approx(1) for b in page.blocks)


def test_any_format_and_label_can_be_had_of_a_text(text_model: Model) -> None:
    def kept(**options: object) -> str:
        return boilerplate.clean(TEXT, input_format="txt", model=text_model, **options)  # type: ignore[arg-type]

    for output_format in ("txt", "markdown", "html", "jsonl", "csv"):
        assert PROSE[0] in kept(output_format=output_format)
    blocks = json.loads(kept(output_format="json"))["blocks"]
    assert [b["first_line"] for b in blocks if b["text"] == PROSE[0]] == [7]
    assert PROSE[0] not in kept(keep=("chrome",))


def test_a_text_can_be_explained_and_shown(text_model: Model) -> None:
    page = boilerplate.label(TEXT, input_format="txt", model=text_model, explain=True)
    assert all(b.reasons for b in page.blocks)
    assert PROSE[0] in page.overlay()


def test_the_title_of_a_page_is_no_paragraph_of_a_web_page(model: Model) -> None:
    assert all(b.lines is None for b in boilerplate.label("<p>Tea</p>", model=model).blocks)


def test_a_model_for_the_other_kind_is_refused(model: Model, text_model: Model) -> None:
    with pytest.raises(UsageError, match="trained on web pages, and this is one of texts without markup"):
        boilerplate.clean(TEXT, input_format="txt", model=model)
    with pytest.raises(UsageError, match="trained on texts without markup, and this is one of web pages"):
        boilerplate.clean("<p>Tea", model=text_model)
    with pytest.raises(UsageError, match="'text' is not known"):
        boilerplate.clean(TEXT, input_format="text")
    with pytest.raises(UsageError, match="'text' is not known"):
        load_model(input_format="text")


def test_limits_hold_for_texts(text_model: Model) -> None:
    with pytest.raises(LimitError):
        boilerplate.label(TEXT, input_format="txt", model=text_model, limits=Limits(max_bytes=10))
    with pytest.raises(InputError):
        boilerplate.label(" \n ", input_format="txt", model=text_model)


def test_each_default_model_is_loaded_once() -> None:
    models = Models()
    assert models.of("txt") is models.of("txt")
    assert models.of("txt").input_format == "txt"
    assert models.of("html").input_format == "html"


def test_a_text_model_is_read_back_as_it_was_written(text_model: Model, tmp_path: Path) -> None:
    text_model.save(tmp_path / "again.safetensors")
    again = Model.load(tmp_path / "again.safetensors")
    assert again.input_format == "txt"
    assert boilerplate.label(TEXT, input_format="txt", model=again) == boilerplate.label(
        TEXT, input_format="txt", model=text_model
    )


# --- command line


def test_clean_and_label_of_a_text_file(run: Run, dump: Path) -> None:
    done = run("clean", dump)
    assert done.returncode == 0, done.stderr
    assert all(line in done.stdout.decode() for line in PROSE)
    assert "Privacy policy" not in done.stdout.decode()
    done = run("label", dump, "-f", "jsonl")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["first_line"] for row in rows] == list(range(1, 15))
    assert {row["xpath"] for row in rows} == {""}
    done = run("label", dump)
    assert "14 blocks" in done.stdout.decode()


def test_standard_input_and_other_names_are_texts_if_said_so(run: Run, tmp_path: Path) -> None:
    done = run("clean", "-", "--input-format", "txt", stdin=TEXT.encode())
    assert done.returncode == 0, done.stderr
    assert PROSE[0] in done.stdout.decode()
    other = tmp_path / "page.dump"
    other.write_text(TEXT, encoding="utf-8")
    done = run("label", other, "--input-format", "txt", "-f", "csv")
    assert done.stdout.decode().splitlines()[0].endswith("text,first_line,last_line")
    assert len(done.stdout.decode().splitlines()) == 15
    done = run("label", other, "--input-format", "pdf")
    assert done.returncode == 2
    assert "--input-format" in done.stderr.decode()


def test_packed_texts_and_directories_of_texts(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    (tmp_path / "in" / "b.txt").write_text(TEXT, encoding="utf-8")
    done = run("clean", tmp_path / "in")
    assert done.returncode == 1
    assert "--input-format" in done.stderr.decode()
    done = run("clean", tmp_path / "in", "--input-format", "txt", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    written = sorted((tmp_path / "out").iterdir())
    assert len(written) == 2
    assert all(PROSE[0] in path.read_text(encoding="utf-8") for path in written)


def test_an_html_file_is_read_as_html_whatever_it_holds(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(TEXT, encoding="utf-8")
    rows = [json.loads(line) for line in run("label", path, "-f", "jsonl").stdout.splitlines()]
    assert all("first_line" not in row for row in rows)


def test_a_model_for_web_pages_is_refused_with_a_sentence(run: Run, dump: Path) -> None:
    done = run("clean", dump, "--model", ROOT / "models" / "default.safetensors")
    assert done.returncode == 1
    assert "trained on web pages" in done.stderr.decode()


# --- WET files


def wet(text: str, url: str = "https://example.org/", language: str = "eng") -> bytes:
    found = record(text.encode(), url=url, kind="conversion", headers=[("Content-Type", "text/plain")])
    return found.replace(
        b"\r\nContent-Type", f"\r\nWARC-Identified-Content-Language: {language}\r\nContent-Type".encode(), 1
    )


INFO = record(b"software: x\r\n", kind="warcinfo", headers=[("Content-Type", "application/warc-fields")])


@pytest.mark.parametrize("suffix", [".wet", ".warc.wet.gz", ".wet.zst"])
def test_conversions_are_pages(tmp_path: Path, suffix: str) -> None:
    pack = PACKINGS[".warc" + {".wet": "", ".warc.wet.gz": ".gz", ".wet.zst": ".zst"}[suffix]]
    path = tmp_path / f"crawl{suffix}"
    other = record(b"{}", kind="conversion", headers=[("Content-Type", "application/json")])
    path.write_bytes(
        b"".join(map(pack, [INFO, wet(TEXT, "https://a.example/"), other, wet("Чай", language="rus,eng")]))
    )
    inputs = Inputs([str(path)])
    sources = list(inputs)
    assert [(s.input_format, s.url, s.language) for s in sources] == [
        ("txt", "https://a.example/", "eng"),
        ("txt", "https://example.org/", "rus"),
    ]
    assert sources[0].html == TEXT.encode()
    assert sources[0].relative.endswith("-000001.txt")
    assert inputs.skipped == {"records that are not HTML": 1}


def test_a_batch_of_wet_files_has_a_row_a_record(run: Run, tmp_path: Path) -> None:
    records = [
        INFO,
        wet(TEXT, "https://a.example/"),
        wet(" \n", "https://b.example/"),
        wet("\x89PNG\r\n\x1a\n" + "\x00\x01" * 50, "https://c.example/"),
        wet("tea\n" * 500, "https://d.example/"),
        wet(TEXT, "https://e.example/"),
    ]
    (tmp_path / "a.warc.wet.gz").write_bytes(b"".join(map(gzip.compress, records)))
    (tmp_path / "b.warc.wet.gz").write_bytes(gzip.compress(wet(TEXT)) + gzip.compress(wet(TEXT))[:-60])
    (tmp_path / "c.html").write_text("<h1>Tea</h1><p>" + PROSE[0], encoding="utf-8")
    out = tmp_path / "rows.jsonl"
    done = run("clean", tmp_path, "-f", "jsonl", "-o", out, "--max-nodes", "100", "--jobs", "2", "--with-metadata")
    assert done.returncode == 1
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["status"] for row in rows] == ["ok", "empty", "not_html", "limit", "ok", "ok", "unreadable", "ok"]
    assert all(row["reason"] for row in rows if row["status"] != "ok")
    assert rows[0]["text"] == rows[4]["text"] != ""
    assert rows[0]["language"] == "eng"
    assert PROSE[0] in rows[7]["text"]


def test_tables_and_lines_of_texts(run: Run, tmp_path: Path) -> None:
    lines = tmp_path / "pages.jsonl"
    lines.write_text(json.dumps({"text": TEXT, "url": "https://a.example/"}) + "\n{}\n", encoding="utf-8")
    done = run("clean", lines, "-f", "jsonl")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["status"] for row in rows] == ["ok", "unreadable"]
    assert PROSE[0] in rows[0]["text"]
    assert "under text" in rows[1]["reason"]
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pa.table({"text": [TEXT]}), tmp_path / "pages.parquet")
    done = run("clean", tmp_path / "pages.parquet")
    assert PROSE[0] in done.stdout.decode()


def test_frames_of_wet_files(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    from boilerplate.frames import clean_frame, page_frames

    path = tmp_path / "a.wet"
    path.write_bytes(wet(TEXT))
    (frame,) = page_frames([pd.DataFrame({"path": [str(path)]})])
    assert frame["input_format"].tolist() == ["txt"]
    cleaned = clean_frame(frame)
    assert cleaned["status"].tolist() == ["ok"]
    assert PROSE[0] in cleaned["text"][0]


# --- training


@pytest.mark.slow
def test_evaluate_then_train_a_text_model(run: Run, tmp_path: Path) -> None:
    import shutil

    own, few = ROOT / "datasets" / "own", tmp_path / "set"
    for part in ("html", "labels"):
        shutil.copytree(own / part, few / part)
    lines = (own / "pages.jsonl").read_text(encoding="utf-8").splitlines()[:8]
    (few / "pages.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    figures, model = tmp_path / "figures.json", tmp_path / "mine.safetensors"
    done = run("evaluate", few, "--input-format", "txt", "--folds", "2", "-f", "json", "-o", figures, "-j", "1")
    assert done.returncode == 0, done.stderr
    measured = json.loads(figures.read_text(encoding="utf-8"))
    assert measured["data"]["texts"] == 16
    assert measured["data"]["pages"] == 8
    assert {g["value"] for g in measured["groups"] if g["by"] == "style"} == set(measured["data"]["styles"])
    done = run("train", few, "--input-format", "txt", "-o", model, "--figures", figures, "-j", "1")
    assert done.returncode == 0, done.stderr
    assert load_model(model).input_format == "txt"
    card = model.with_suffix(".md").read_text(encoding="utf-8")
    assert "text without markup" in card
    assert "| style of the text | texts |" in card
    path = tmp_path / "page.txt"
    path.write_text(TEXT, encoding="utf-8")
    done = run("clean", path, "--model", model)
    assert done.returncode == 0, done.stderr
    done = run("evaluate", few, "--model", model)
    assert done.returncode != 0
    assert "trained on texts without markup" in done.stderr.decode()
