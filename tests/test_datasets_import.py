"""Collections of other projects become datasets."""

from __future__ import annotations

import csv
import gzip
import io
import json
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import PAGE, ROOT, Run
from hypothesis import given
from hypothesis import strategies as st
from upstream_repository import UpstreamRepository

from boilerplate.dataset import names_a_file, read_dataset
from boilerplate.datasets.formats import FORMATS, evaldata, folders, wcxb
from boilerplate.datasets.importing import import_collection
from boilerplate.datasets.records import page_id, site_of
from boilerplate.errors import DatasetError, UsageError

TEXT = "Tea is brewed from leaves, and some people drink it with milk, which others find hard to understand at all."


def write(path: Path, data: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_wcxb(tmp_path: Path, run: Run) -> None:
    root = tmp_path / "wcxb"
    truth = {
        "url": "https://www.tea.co.uk/milk",
        "ground_truth": {"title": "Tea", "main_content": TEXT, "with": ["brewed"], "without": ["Home"]},
        "_internal": {"page_type": {"primary": "article"}},
    }
    write(root / "dev/html/0001.html.gz", gzip.compress(PAGE.encode()))
    write(root / "dev/ground-truth/0001.json", json.dumps(truth))
    flat = {"url": "https://b.example/", "page_type": "forum", "main_content": TEXT}
    write(root / "test/html/0002.html", PAGE)
    write(root / "test/ground-truth/0002.json", json.dumps(flat))
    write(root / "test/ground-truth/0003.json", json.dumps(flat))
    write(root / "test/html/0004.html", PAGE)
    write(root / "test/ground-truth/0004.json", "[1, 2")
    done = run("datasets", "import", "wcxb", root, "-o", tmp_path / "out")
    assert done.returncode == 1
    assert b"test/0003: left out: html/0003.html.gz is missing" in done.stderr
    assert b"test/0004: left out" in done.stderr
    first, second = read_dataset(tmp_path / "out")
    assert (first.id, first.split, first.page_type, first.site) == ("wcxb-dev-0001", "dev", "article", "tea.co.uk")
    assert (first.main_text, first.wanted, first.unwanted) == (TEXT, ("brewed",), ("Home",))
    assert first.read_html() == PAGE.encode()
    assert (second.id, second.split, second.page_type) == ("wcxb-test-0002", "test", "forum")
    assert import_collection("wcxb", root / "dev", tmp_path / "dev").pages == 1
    assert wcxb.gold_path("dev/html/0001.html.gz") == "dev/ground-truth/0001.json"


def test_zyte(tmp_path: Path) -> None:
    root = tmp_path / "zyte"
    key = "ab" * 32
    truth = {
        key: {"articleBody": TEXT, "url": "https://blog.tea.example/1"},
        "cd" * 32: {"articleBody": TEXT},
        "../../etc/passwd": {"articleBody": TEXT},
        "ef" * 32: {"body": TEXT},
    }
    write(root / "ground-truth.json", json.dumps(truth))
    write(root / f"html/{key}.html.gz", gzip.compress(PAGE.encode()))
    report = import_collection("zyte", root, tmp_path / "out")
    (page,) = read_dataset(tmp_path / "out")
    assert (page.id, page.main_text, page.site) == (f"zyte-{key[:16]}", TEXT, "tea.example")
    assert [f.name[:10] for f in report.failed] == ["../../etc/", "cdcdcdcdcd", "efefefefef"]


def test_evaldata_is_read_and_not_run(tmp_path: Path) -> None:
    root = tmp_path / "trafilatura"
    canary = tmp_path / "executed"
    source = f'''
"""Evaluation data."""
open({str(canary)!r}, "w").write("run")
OTHER = {{"a": 1}}
EVAL_PAGES = {{
    # a comment
    'https://www.tee.de/milch/': {{
        'file': 'tee.de.milch.html',
        'license': 'CC BY-SA 4.0',
        'title': 'Tee',
        'with': ['Blättern gebraut', "mit 'Milch'"],
        'without': ['Startseite',],
        'comments': 'no',
    }},
    'https://cached.de/': {{'file': 'größe.html', 'with': ['a'], 'without': []}},
    'https://gone.de/': {{'file': 'gone.html', 'with': ['a'], 'without': []}},
    'https://evil.de/': {{'file': '../../../etc/passwd', 'with': ['a'], 'without': []}},
    'https://runs.de/': {{'file': open({str(canary)!r}, "w"), 'with': ['a'], 'without': []}},
}}
'''
    write(root / "tests/evaldata.py", source)
    write(root / "tests/eval/tee.de.milch.html", PAGE)
    write(root / "tests/cache/größe.html", PAGE)
    report = import_collection("evaldata", root, tmp_path / "out", name="traf")
    first, second = read_dataset(tmp_path / "out")
    assert (first.id, first.site) == ("traf-tee.de.milch", "tee.de")
    assert first.wanted == ("Blättern gebraut", "mit 'Milch'")
    assert first.unwanted == ("Startseite",)
    assert second.id == "traf-größe"
    assert [f.name for f in report.failed] == ["https://gone.de/", "https://evil.de/"]
    assert not canary.exists()


@pytest.mark.parametrize("source", ["", "x = (", "EVAL_PAGES = make()", "a = {**b}", "\0", "(" * 5000])
def test_evaldata_of_another_form_is_refused(source: str) -> None:
    with pytest.raises(DatasetError):
        evaldata.read_entries(source.encode(), "evaldata.py")


def test_readability(tmp_path: Path) -> None:
    root = tmp_path / "readability/test/test-pages"
    source = PAGE.replace("<head>", '<head><link rel="canonical" href="https://www.tea.example/milk">')
    write(root / "tea-1/source.html", source)
    write(root / "tea-1/expected.html", f'<div id="readability-page-1"><h2>Milk</h2><p>{TEXT}</p></div>')
    write(root / "tea-1/expected-metadata.json", '{"title": "Tea and milk", "lang": "en"}')
    write(root / "tea-2/source.html", PAGE)
    write(root / "tea-2/expected.html", "")
    write(root / "tea-3/source.html", PAGE)
    report = import_collection("readability", tmp_path / "readability", tmp_path / "out", name="moz")
    first, second = read_dataset(tmp_path / "out")
    assert (first.id, first.site, first.lang, first.url) == (
        "moz-tea-1",
        "tea.example",
        "en",
        "https://www.tea.example/milk",
    )
    assert first.main_text == f"Milk\n\n{TEXT}"
    assert (second.site, second.main_text) == ("moz:tea", "")
    assert [f.name for f in report.failed] == ["tea-3"]


def test_cleaneval_and_dragnet_folders(tmp_path: Path) -> None:
    root = tmp_path / "sets"
    wrapped = f'<text id="http://tea.example/1" title="Tea" encoding="UTF-8">\n{PAGE}\n</text>\n'
    write(root / "input/1.html", wrapped)
    write(root / "clean/1-cleaned.txt", f"   URL: http://tea.example/1\n\n<h>Tea and milk\n\n<p>{TEXT}\n<l>one\n")
    write(root / "HTML/two.html", PAGE)
    comments = "\n!@#$%^&*()  COMMENTS\nFirst!\n"
    write(root / "Corrected/two.html.corrected.txt", f"Größe\n{TEXT}{comments}".encode("cp1252"))
    write(root / "input/three.html", PAGE)
    write(root / "clean/four.txt", TEXT)
    report = import_collection("folders", root, tmp_path / "out", name="ce")
    first, second = read_dataset(tmp_path / "out")
    assert (first.id, first.url, first.site) == ("ce-1", "http://tea.example/1", "tea.example")
    assert first.main_text == f"Tea and milk\n\n{TEXT}\none"
    assert first.read_html().strip() == PAGE.strip().encode()
    assert second.main_text == f"Größe\n{TEXT}"
    assert {f.name for f in report.failed} == {"three", "four"}


def test_a_corrected_table_of_labels_comes_back(tmp_path: Path, run: Run) -> None:
    """What `label` writes as CSV, with a label changed in a spreadsheet, is a dataset."""
    folder = tmp_path / "saved"
    names = ("own-news-de", "own-docs-en")
    for name in names:
        write(folder / f"{name}.html", (ROOT / "datasets/own/html" / f"{name}.html").read_bytes())
    done = run("label", folder, "-f", "csv", "-o", "labels.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO((tmp_path / "labels.csv").read_text("utf-8"))))
    changed = next(r for r in rows if r["label"] == "article" and r["xpath"].endswith("/h1"))
    changed["label"] = "promo"
    with (tmp_path / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    done = run("datasets", "import", "csv", "labels.csv", "-o", "out", "--name", "mine", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    pages = read_dataset(tmp_path / "out")
    assert [p.id for p in pages] == [f"mine-{n}" for n in sorted(names)]
    labels = {(p.id, r.xpath): r.label for p in pages for r in p.regions or ()}
    page = f"mine-{Path(changed['source']).stem}"
    assert labels[page, changed["xpath"]] == "promo"
    checked = run("datasets", "check", tmp_path / "out", "-j", "1")
    assert checked.returncode == 0, checked.stdout
    assert b"do not fit" not in checked.stdout


def test_table_with_semicolons_facts_and_faults(tmp_path: Path) -> None:
    write(tmp_path / "pages/a.html", PAGE)
    write(tmp_path / "pages/b.html", PAGE)
    rows = [
        "Page;XPath;Label;site;lang;page_type;split",
        "a.html;/html/body;chrome;tea.example;en;article;train",
        "a.html;/html/body/main;article;;;;",
        "b;/html/body/nope;article;;;;",
        "c.html;/html/body;article;;;;",
    ]
    write(tmp_path / "labels.csv", "\ufeff" + "\r\n".join(rows) + "\r\n")
    report = import_collection("csv", tmp_path, tmp_path / "out")
    (page,) = read_dataset(tmp_path / "out")
    assert (page.site, page.lang, page.page_type, page.split) == ("tea.example", "en", "article", "train")
    assert page.regions is not None
    assert [r.label for r in page.regions] == ["chrome", "article"]
    assert all(r.text_sha1 for r in page.regions)
    assert [f.name for f in report.failed] == ["b", "c.html"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,label\na,article\n", "no column xpath"),
        ("xpath,label\n/html,article\n", "no column page"),
        ("page,xpath,label\n", "no row"),
    ],
)
def test_a_table_without_its_columns_is_refused(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path / "labels.csv", text)
    with pytest.raises(DatasetError, match=said):
        import_collection("csv", tmp_path / "labels.csv", tmp_path / "out")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_directory_of_another_kind_is_refused(tmp_path: Path, run: Run, kind: str) -> None:
    (tmp_path / "empty").mkdir()
    done = run("datasets", "import", kind, tmp_path / "empty", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert b"Error: " in done.stderr
    assert not (tmp_path / "out").exists()


def test_wrong_usage(tmp_path: Path, run: Run) -> None:
    assert run("datasets", "import", "docx", tmp_path, "-o", tmp_path / "out").returncode == 2
    assert run("datasets", "import", "csv", tmp_path / "none", "-o", tmp_path / "out").returncode == 2
    with pytest.raises(DatasetError, match="already"):
        import_collection("csv", tmp_path, ROOT / "datasets/own")
    with pytest.raises(UsageError):
        import_collection("docx", tmp_path, tmp_path / "out")


def test_an_import_of_what_fetch_reads_agrees_with_it(tmp_path: Path) -> None:
    upstream = UpstreamRepository(tmp_path / "upstream", n_pages=2)
    pages = {}
    for kind in ("wcxb", "evaldata", "readability"):
        report = import_collection(kind, upstream.repository, tmp_path / kind)
        pages[kind] = read_dataset(tmp_path / kind)
        assert report.pages == 2, kind
    assert pages["readability"][1].read_html() == upstream.html["moz-0001"]


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("https://blog.example.org:8080/x", "example.org"),
        ("https://someone.github.io/", "someone.github.io"),
        ("http://www.wordpress.com/", "wordpress.com"),
        ("http://127.0.0.1/x", "127.0.0.1"),
        ("http://localhost/x", "localhost"),
        ("https://news.пример.рф/", "пример.рф"),
        ("http://[::1/", None),
        ("no address", None),
        (None, None),
    ],
)
def test_site_of(url: str | None, site: str | None) -> None:
    assert site_of(url) == site


@given(st.text(max_size=300), st.text(min_size=1, max_size=10))
def test_any_name_becomes_an_id(name: str, source: str) -> None:
    made = page_id(source, name)
    assert names_a_file(made)
    assert page_id(source, name) == made


@given(st.lists(st.text(min_size=1, max_size=120), unique=True, max_size=20))
def test_different_names_stay_different(names: list[str]) -> None:
    assert len({page_id("s", n) for n in names}) == len(names)


@given(st.text())
def test_any_text_can_be_a_main_text(text: str) -> None:
    found, _ = folders.main_text(text)
    assert found == found.strip()


@given(st.binary(max_size=200))
def test_any_bytes_are_gold_or_an_error(data: bytes) -> None:
    for read in (wcxb.read_gold, evaldata.read_entries):
        with suppress(DatasetError):
            assert read(data, "a file")
