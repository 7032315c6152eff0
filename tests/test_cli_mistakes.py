"""Mistakes that people make at the command line: each gets a sentence before time is spent, and no file is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import PAGE, call

TEXT = "Tea and milk\n\nTea is brewed from leaves, and some people drink it with milk, which others do not.\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with what people have lying about, in which the command runs."""
    (tmp_path / "pages" / "sub").mkdir(parents=True)
    for name in ("pages/a.html", "pages/sub/b.html", "page.html"):
        (tmp_path / name).write_text(PAGE, encoding="utf-8")
    (tmp_path / "pages" / "text.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text(json.dumps({"html": PAGE}) + "\n", encoding="utf-8")
    (tmp_path / "names.txt").write_text("page.html\n", encoding="utf-8")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "pages.jsonl").write_text('{"id": "a"}\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


MISTAKES = [
    # What is written would take the place of what is read.
    ("clean page.html -o page.html", "page.html is read, and would be written over"),
    ("clean page.html -f html -o .", "what is written would take their place"),
    ("clean pages -f html -o pages", "what is written would take their place"),
    ("clean pages -f html -o pages/sub/clean", "lies below, a directory that pages are read from"),
    ("clean pages/a.html pages/sub/b.html -f html -o pages/sub", "what is written would take their place"),
    ("clean pages --input-format txt -o pages", "what is written would take their place"),
    ("clean pages/text.txt -o pages/", "what is written would take their place"),
    ("clean rows.jsonl -o rows.jsonl", "rows.jsonl is read, and would be written over"),
    ("clean --files-from names.txt -f csv -o names.txt", "names.txt is read, and would be written over"),
    ("label page.html -o page.html", "page.html is read, and would be written over"),
    ("clean pages/*.html -f html -o pages", "what is written would take their place"),
    # Files and directories.
    ("clean page.html -o ", "The name after -o is empty."),
    ("clean pages -f csv -o out/", "csv is one file of rows, and out/ is a directory. Name a file with -o."),
    ("label page.html -o pages", "table is one file, and pages is a directory. Name a file with -o."),
    ("label page.html -f csv -o out/", "csv is one file, and out/ is a directory. Name a file with -o."),
    ("evaluate set --folds 3 -o pages", "pages is a directory, but a file is written. Name one with -o."),
    ("evaluate set --folds 3 --save-predictions pages", "Name one with --save-predictions."),
    ("evaluate set --folds 3 -o page.html/figures.json", "page.html is a file, but a directory is needed"),
    ("benchmark set --against none -o pages", "pages is a directory, but a file is written"),
    ("datasets check set --suspicious -o pages", "pages is a directory, but a file is written"),
    ("datasets fetch moz -o page.html", "page.html is a file, but a directory is needed"),
    # Addresses.
    ("clean page.html --url example.org/tea", "--url 'example.org/tea' is no address of a web page. Give all of it"),
    ("label page.html --url tea", "--url 'tea' is no address of a web page"),
    ("clean page.html --url https:///tea", "is no address of a web page"),
    # Values.
    ("clean page.html -f md", "--output-format cannot be 'md'. Use one of txt, markdown"),
    ("clean page.html --hidden show", "--hidden cannot be 'show'. Use one of keep, drop."),
    ("clean page.html --input-format htm", "'htm' is no form of input. Use one of html, jsonl"),
    ("clean page.html --max-bytes 10MB", "Invalid value for '--max-bytes'"),
    ("clean page.html --model pages", "pages is a directory, not a model file"),
    ("clean page.html --files-from pages", "pages cannot be read: Is a directory"),
    ("clean - --files-from -", "Standard input (-) can be read only once"),
    ("clean page.html --cluster nowhere", "is no address of a Dask scheduler"),
    ("clean page.html --config pages", "pages cannot be read: Is a directory. Check --config."),
    ("clean page.html --keep main", "Use one or more of article, promo, feed, chrome; the main text is article."),
    ("clean page.html --keep ads", "chrome; advertising is promo."),
    ("clean page.html --keep all", "chrome; all four for everything."),
    ("label page.html -f markdown", "Use one of table, json, jsonl, csv, overlay."),
    ("label page.html --only article,feed", "Use one of article, promo, feed, chrome."),
    ("evaluate set -f csv", "Use one of table, json, html."),
    ("evaluate set --overlays out", "Give -f html too."),
    ("evaluate set --learning-curve", "Give --folds 5 too."),
    ("train set -o m.safetensors --figures page.html", "holds no figures"),
    ("benchmark set --against none --python trafilatura=python", "names no extractor of this run. Leave it out."),
    ("benchmark set --against trafilaturaa", "'trafilaturaa' is no extractor that is known here"),
    ("annotate set -o page.html", "page.html is a file. Labels go to a directory"),
    ("datasets fetch nonsense", "There is no collection 'nonsense'. Use one of"),
    ("datasets import html pages -o out", "There is no format 'html'. Use one of"),
]
#: What is wrong with an input rather than with the command.
UNUSABLE = [
    ("clean page.html ", "The name of an input is empty. Check the variable"),
    ("label rows.jsonl", "only single pages are read here. `boilerplate clean -f json`"),
    ("label rows.jsonl -f json", "only single pages are read here"),
    ("annotate set/pages.jsonl -o out --no-browser", "or the directory that holds pages.jsonl"),
    ("annotate pages/text.txt -o out --no-browser", "By its name this is no web page"),
    ("datasets list --manifest pages", "manifest.jsonl cannot be read: No such file or directory. Give a directory"),
    ("datasets check page.html", "page.html is a file, and a dataset is a directory"),
    ("datasets import folders pages -o out", "holds no page with a main text"),
]


@pytest.mark.parametrize(
    ("command", "message", "status"), [(*m, 2) for m in MISTAKES] + [(*m, 1) for m in UNUSABLE], ids=str
)
def test_mistakes(command: str, message: str, status: int, here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = contents(here)
    assert call(*command.split(" ")) == status
    said = capfd.readouterr().err
    assert message in said
    assert "unforeseen" not in said
    after = contents(here)
    assert {name: after[name] for name in before} == before


def test_a_list_of_what_would_be_written_over(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = contents(here)
    assert call("clean", "--files-from", "names.txt", "-f", "html", "-o", ".") == 1
    assert "would take the place of this file. Give another directory with -o." in capfd.readouterr().err
    assert contents(here) == before


def test_inputs_without_a_page(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "empty.jsonl").touch()
    (here / "empty.txt").touch()
    for arguments in (["empty.jsonl"], ["--files-from", "empty.txt"]):
        assert call("clean", *arguments) == 0
        assert capfd.readouterr().err == "The inputs hold no page.\n"


def test_text_beside_its_page(here: Path) -> None:
    before = contents(here)
    assert call("clean", "pages", "-o", "pages") == 0
    after = contents(here)
    assert set(after) - set(before) == {"pages/a.txt", "pages/sub/b.txt"}
    assert {name: after[name] for name in before} == before


def test_a_closing_slash_means_a_directory(here: Path) -> None:
    shutil.copy("page.html", "other.html")
    assert call("clean", "page.html", "-o", "texts/") == 0
    assert call("clean", "other.html", "-o", "texts/") == 0
    assert call("label", "page.html", "-f", "overlay", "-o", "overlays/") == 0
    assert sorted(path.name for path in (here / "texts").iterdir()) == ["other.txt", "page.txt"]
    assert [path.name for path in (here / "overlays").iterdir()] == ["page.html"]


@pytest.mark.parametrize(
    ("command", "suffix", "output_format"),
    [
        ("clean page.html", "txt", "txt"),
        ("clean page.html", "md", "markdown"),
        ("clean page.html", "html", "html"),
        ("clean page.html", "json", "json"),
        ("clean page.html", "CSV", "csv"),
        ("clean page.html", "text", "txt"),
        ("label page.html", "json", "json"),
        ("label page.html", "jsonl", "jsonl"),
        ("label page.html", "html", "overlay"),
        ("label page.html", "md", "table"),
        ("datasets list", "json", "json"),
        ("datasets list", "html", "table"),
    ],
)
def test_the_format_is_what_the_name_ends_in(command: str, suffix: str, output_format: str, here: Path) -> None:
    assert call(*command.split(), "-o", f"guessed.{suffix}") == 0
    assert call(*command.split(), "-o", "given", "-f", output_format) == 0
    guessed, given = (here / f"guessed.{suffix}").read_bytes(), (here / "given").read_bytes()
    if output_format == "csv":  # has the time that the page took
        guessed, given = guessed.splitlines()[0], given.splitlines()[0]
    assert guessed == given
    # What is said goes before what the name ends in.
    assert call("clean", "page.html", "-f", "txt", "-o", f"guessed.{suffix}") == 0
    assert (here / f"guessed.{suffix}").read_text(encoding="utf-8").startswith("Tea and milk\n\nTea is brewed")
