"""Reading datasets: the format, and a sentence for each thing that can be wrong with it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from boilerplate import dataset
from boilerplate.dataset import DatasetPage, fingerprint, read_dataset, read_datasets
from boilerplate.errors import DatasetError
from boilerplate.labels import Region

OWN = Path(__file__).resolve().parents[1] / "datasets" / "own"
HTML = b"<p>text \xe9"


def write(root: Path, *records: Any, html: bool = True) -> Path:
    """A dataset with these lines; text is written as it is."""
    (root / "html").mkdir(parents=True, exist_ok=True)
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    (root / "pages.jsonl").write_text("\n".join(lines), encoding="utf-8")
    for record in records:
        if html and isinstance(record, dict) and isinstance(record.get("id"), str):
            (root / "html" / f"{record['id']}.html").write_bytes(HTML)
    return root


def gold(root: Path, kind: str, name: str, value: Any) -> Path:
    path = root / kind / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def sentence(root: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        read_dataset(root)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message.replace(str(root), "ROOT")


# What is read


def test_whole_record(tmp_path: Path) -> None:
    record = {
        "id": "a",
        "source": "s",
        "url": "https://x.example/a",
        "site": "x.example",
        "page_type": "article",
        "lang": "de",
        "sha256": "0",
        "bytes": 8,
    }
    write(tmp_path, record)
    regions = [
        {"xpath": "/html/body", "label": "chrome", "text_sha1": "0123456789"},
        {"xpath": "/html/body/p", "label": "article"},
    ]
    gold(tmp_path, "labels", "a", {"page": "a", "regions": regions, "note": ""})
    gold(tmp_path, "main_text", "a", {"main_content": "text", "with": ["t"], "without": ["u", "v"], "title": 1})
    assert read_dataset(tmp_path) == [
        DatasetPage(
            id="a",
            source="s",
            url="https://x.example/a",
            site="x.example",
            page_type="article",
            lang="de",
            sha256="0",
            html_path=tmp_path / "html" / "a.html",
            regions=(
                Region("/html/body", "chrome", "0123456789"),
                Region("/html/body/p", "article"),
            ),
            main_text="text",
            wanted=("t",),
            unwanted=("u", "v"),
        )
    ]


def test_least_record(tmp_path: Path) -> None:
    root = write(tmp_path / "mine", {"id": "a", "url": None, "lang": "", "page_type": None})
    (page,) = read_dataset(str(root))
    assert (page.source, page.url, page.site) == ("mine", "", "a")
    assert page.page_type is page.lang is page.regions is page.main_text is None
    assert page.wanted == page.unwanted == ()


def test_gold_without_values(tmp_path: Path) -> None:
    write(tmp_path, {"id": "a"})
    gold(tmp_path, "main_text", "a", {"main_content": None, "with": None})
    gold(tmp_path, "labels", "a", {"regions": []})
    (page,) = read_dataset(tmp_path)
    assert page.main_text is None
    assert page.wanted == ()
    assert page.regions == ()


def test_html_plain_and_compressed(tmp_path: Path) -> None:
    write(tmp_path, {"id": "a"}, {"id": "b"}, {"id": "c"})
    members = gzip.compress(HTML[:3], mtime=0) + gzip.compress(HTML[3:])
    (tmp_path / "html" / "b.html.gz").write_bytes(members)
    (tmp_path / "html" / "b.html").unlink()
    (tmp_path / "html" / "c.html").write_bytes(b"")
    assert [page.read_html() for page in read_dataset(tmp_path)] == [HTML, HTML, b""]


def test_order_blank_lines_and_byte_order_mark(tmp_path: Path) -> None:
    write(tmp_path, "\ufeff" + json.dumps({"id": "b"}), "", "  ", {"id": "a"}, "\r")
    (tmp_path / "html" / "b.html").write_bytes(HTML)
    assert [page.id for page in read_dataset(tmp_path)] == ["b", "a"]


def test_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    line = json.dumps({"id": "a", "source": "one\u2028two\x85three"}, ensure_ascii=False)
    write(tmp_path, line, {"id": "b"})
    (tmp_path / "html" / "a.html").write_bytes(HTML)
    assert [page.source for page in read_dataset(tmp_path)] == ["one\u2028two\x85three", tmp_path.name]


@pytest.mark.parametrize("name", ["a b", "..a", "日本", "a.html", "-a", "é" * 100])
def test_ids_that_name_files(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"id": name})
    assert read_dataset(tmp_path)[0].read_html() == HTML


def test_own_dataset() -> None:
    pages = read_dataset(OWN)
    assert len(pages) >= 16
    assert all(page.regions and page.read_html() for page in pages)
    assert len(fingerprint(pages)) == 64


# What is refused


def test_no_dataset(tmp_path: Path) -> None:
    assert sentence(tmp_path).startswith("ROOT is not a dataset: it has no pages.jsonl. Give the directory")
    assert sentence(tmp_path / "nowhere").startswith("ROOT is not a dataset")
    (tmp_path / "pages.jsonl").touch()
    with pytest.raises(DatasetError, match=r"pages\.jsonl is a file, and a dataset is a directory\. Give the one"):
        read_dataset(tmp_path / "pages.jsonl")


def test_no_page(tmp_path: Path) -> None:
    assert sentence(write(tmp_path, "", " ")) == "ROOT/pages.jsonl names no page. Add one JSON object a line."


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "this is not JSON"),
        ("not json", "this is not JSON"),
        ('{"id": "b"} {"id": "c"}', "this is not JSON"),
        ("[" * 100_000, "this is not JSON"),
        ('{"id": ' + "1" * 10_000 + "}", "this is not JSON"),
        ("[]", "a JSON object is wanted, not list"),
        ("null", "a JSON object is wanted, not NoneType"),
        ('"b"', "a JSON object is wanted, not str"),
        ("{}", "'id' is missing or not a text"),
        ('{"id": 7}', "'id' is missing or not a text"),
        ('{"id": ""}', "'id' is missing or not a text"),
        ('{"id": "a"}', "page 'a' stands there twice"),
        ('{"id": "b"}', "html/b.html and html/b.html.gz are both missing"),
        ('{"id": ".."}', "'..' cannot be a page's id"),
        ('{"id": "../a"}', "'../a' cannot be a page's id"),
        ('{"id": "/etc/passwd"}', "'/etc/passwd' cannot be a page's id"),
        ('{"id": "..\\\\a"}', "cannot be a page's id"),
        ('{"id": "a\\u0000"}', "cannot be a page's id"),
        ('{"id": "a\\nb"}', "cannot be a page's id"),
        ('{"id": "\\ud800"}', "cannot be a page's id"),
        ('{"id": "' + "b" * 300 + '"}', "cannot be a page's id"),
        *((f'{{"id": "a2", "{key}": 7}}', f"{key!r} is not a text") for key in ("source", "url", "site")),
        ('{"id": "a2", "page_type": 7}', "'page_type' is not a text"),
        ('{"id": "a2", "page_type": false}', "'page_type' is not a text"),
        ('{"id": "a2", "lang": ["de"]}', "'lang' is not a text"),
    ],
)
def test_bad_lines(tmp_path: Path, line: str, message: str) -> None:
    write(tmp_path, {"id": "a"}, "", line)
    (tmp_path / "html" / "a2.html").write_bytes(HTML)
    found = sentence(tmp_path)
    assert found.startswith("ROOT/pages.jsonl, line 3: ")
    assert message in found
    assert len(found) < 500


def test_index_in_another_encoding(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "pages.jsonl").write_bytes(b'{"id": "\xe9"}')
    assert sentence(tmp_path).startswith("ROOT/pages.jsonl cannot be read: ")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("{", "this is not JSON"),
        ([], "a JSON object is wanted, not list"),
        ({}, "'regions' is missing or not a list"),
        ({"regions": {}}, "'regions' is missing or not a list"),
        ({"regions": ["/html"]}, "a region is not a JSON object"),
        ({"regions": [{"xpath": "/html"}]}, "'label' is missing or not a text"),
        ({"regions": [{"xpath": "/html", "label": 0}]}, "'label' is missing or not a text"),
        ({"regions": [{"label": "feed"}]}, "'xpath' is missing or not a text"),
        ({"regions": [{"xpath": 1, "label": "feed"}]}, "'xpath' is missing or not a text"),
        (
            {"regions": [{"xpath": "/html", "label": "advert"}]},
            "'advert' is no label. Use one of article, promo",
        ),
        ({"regions": [{"xpath": "/html", "label": "feed", "text_sha1": 1}]}, "'text_sha1' is not a text"),
    ],
)
def test_bad_labels(tmp_path: Path, labels: Any, message: str) -> None:
    write(tmp_path, {"id": "a"})
    gold(tmp_path, "labels", "a", labels)
    found = sentence(tmp_path)
    assert found.startswith("ROOT/labels/a.json: ")
    assert message in found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this is not JSON"),
        ("7", "a JSON object is wanted, not int"),
        ({"main_content": 7}, "'main_content' is not a text"),
        ({"with": "snippet"}, "'with' is not a list of texts"),
        ({"without": ["a", 7]}, "'without' is not a list of texts"),
        ({"without": 0}, "'without' is not a list of texts"),
    ],
)
def test_bad_main_text(tmp_path: Path, text: Any, message: str) -> None:
    write(tmp_path, {"id": "a"})
    gold(tmp_path, "main_text", "a", text)
    found = sentence(tmp_path)
    assert found.startswith("ROOT/main_text/a.json: ")
    assert message in found


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x1f\x8b",
        b"no gzip",
        gzip.compress(HTML, mtime=0)[:-4],
        gzip.compress(HTML, mtime=0)[:12],
        b"\x1f\x8b\x08" * 20,
    ],
)
def test_damaged_gzip(tmp_path: Path, data: bytes) -> None:
    write(tmp_path, {"id": "a"})
    (tmp_path / "html" / "a.html.gz").write_bytes(data)
    (page,) = read_dataset(tmp_path)
    if data:
        with pytest.raises(DatasetError, match=r"The HTML of page 'a' \(.*\) cannot be read: .*Restore the file\."):
            page.read_html()
    else:
        assert page.read_html() == b""


def test_html_that_went_away(tmp_path: Path) -> None:
    write(tmp_path, {"id": "a"})
    (page,) = read_dataset(tmp_path)
    page.html_path.unlink()
    with pytest.raises(DatasetError, match="cannot be read"):
        page.read_html()


@pytest.mark.parametrize("suffix", [".html", ".html.gz"])
def test_too_large(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"id": "a"})
    path = tmp_path / "html" / f"a{suffix}"
    data = b"x" * (2 * 1024 * 1024)
    path.write_bytes(gzip.compress(data, mtime=0) if suffix.endswith("gz") else data)
    (page,) = read_dataset(tmp_path)
    assert page.read_html() == data
    monkeypatch.setattr(dataset, "MAX_HTML_BYTES", len(data) - 1)
    with pytest.raises(DatasetError, match=r"is larger than 1 MB\. Leave the page out\."):
        page.read_html()


def test_a_real_limit() -> None:
    assert dataset.MAX_HTML_BYTES == 64 * 1024 * 1024


def test_several_datasets(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"id": "a"}, {"id": "b"})
    two = write(tmp_path / "two", {"id": "c"})
    assert [page.id for page in read_datasets([one, str(two)])] == ["a", "b", "c"]
    assert read_datasets([]) == []
    with pytest.raises(DatasetError, match=r"Page 'a' of .*one is in another of the datasets too\. Give each"):
        read_datasets([one, two, one])


# Fingerprint


def test_further_labels_add_and_replace(tmp_path: Path) -> None:
    root = write(tmp_path / "set", {"id": "a"}, {"id": "b"}, {"id": "c"})
    for name in ("a", "b"):
        gold(root, "labels", name, {"regions": [{"xpath": "/html", "label": "feed"}]})
    for name in ("b", "c", "of another dataset"):
        gold(tmp_path, "labels", name, {"regions": [{"xpath": "/html", "label": "promo"}]})
    labels = [[r.label for r in page.regions or ()] for page in read_datasets([root], tmp_path / "labels")]
    assert labels == [["feed"], ["promo"], ["promo"]]
    (tmp_path / "none").mkdir()
    with pytest.raises(DatasetError, match="no label file for any page"):
        read_datasets([root], tmp_path / "none")


def test_fingerprint_depends_on_gold_and_bytes_and_not_on_order(tmp_path: Path) -> None:
    write(tmp_path, {"id": "a"}, {"id": "b"})
    gold(tmp_path, "labels", "a", {"regions": [{"xpath": "/html/body", "label": "feed"}]})

    def current() -> str:
        pages = read_dataset(tmp_path)
        assert fingerprint(pages) == fingerprint(reversed(pages)) == fingerprint(pages)
        return fingerprint(pages)

    seen = [current()]
    gold(tmp_path, "labels", "a", {"regions": [{"xpath": "/html/body", "label": "promo"}]})
    seen.append(current())
    gold(tmp_path, "labels", "a", {"regions": [{"xpath": "/html/body/p", "label": "promo"}]})
    seen.append(current())
    gold(tmp_path, "main_text", "a", {"main_content": ""})
    seen.append(current())
    gold(tmp_path, "main_text", "a", {"main_content": "text \ud800"})
    seen.append(current())
    gold(tmp_path, "main_text", "a", {"main_content": "text \ud800", "with": ["x"]})
    seen.append(current())
    gold(tmp_path, "main_text", "a", {"main_content": "text \ud800", "without": ["x"]})
    seen.append(current())
    (tmp_path / "html" / "b.html").write_bytes(b"<p>other")
    seen.append(current())
    write(tmp_path, {"id": "a", "site": "x.example"}, {"id": "b"})
    seen.append(current())
    assert len(set(seen)) == len(seen)
    assert fingerprint(read_dataset(tmp_path)[:1]) not in seen


def test_fingerprint_is_of_what_is_in_the_page_not_of_how_it_is_stored(tmp_path: Path) -> None:
    write(tmp_path, {"id": "a"})
    plain = fingerprint(read_dataset(tmp_path))
    (tmp_path / "html" / "a.html").unlink()
    (tmp_path / "html" / "a.html.gz").write_bytes(gzip.compress(HTML, mtime=0))
    assert fingerprint(read_dataset(tmp_path)) == plain
