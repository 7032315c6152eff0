"""The project's own pages in ``datasets/own`` and the public lists in ``datasets/public`` are sound."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import ROOT, load_script
from lxml import etree

DATASETS = ROOT / "datasets"
OWN = DATASETS / "own"
PUBLIC = DATASETS / "public"
LABELS = {"article", "promo", "feed", "chrome"}
PAGE_TYPES = {"article", "forum", "product", "collection", "listing", "documentation", "service"}
PAGE_KEYS = {"id", "source", "url", "site", "page_type", "lang", "sha256", "bytes", "licence", "gold"}
MANIFEST_KEYS = PAGE_KEYS - {"lang"} | {"upstream"}


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


PAGES = read_lines(OWN / "pages.jsonl")
IDS = [page["id"] for page in PAGES]


def html_bytes(page_id: str) -> bytes:
    return (OWN / "html" / f"{page_id}.html").read_bytes()


def parse(text: str, *, end_tags: bool = False) -> etree._ElementTree:
    """The tree that the XPaths refer to, as the dataset's description defines it."""
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\0", ""))
    if not end_tags:
        text = re.sub(r"</(?:body|html)\s*>", "", text, flags=re.IGNORECASE)
    return etree.ElementTree(etree.fromstring(text, etree.HTMLParser(huge_tree=True)))


def text_sha1(element: etree._Element) -> str:
    return hashlib.sha1(re.sub(r"\s+", "", "".join(element.itertext())).encode()).hexdigest()[:10]


def regions(page_id: str) -> list[dict[str, str]]:
    labels = json.loads((OWN / "labels" / f"{page_id}.json").read_text(encoding="utf-8"))
    assert labels.keys() == {"page", "regions", "note"}
    assert labels["page"] == page_id
    found: list[dict[str, str]] = labels["regions"]
    return found


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    return load_script(DATASETS / "tools" / "label_from_attributes.py")


def test_every_file_belongs_to_a_page() -> None:
    assert len(set(IDS)) == len(IDS) >= 16
    for folder, suffix in (("html", ".html"), ("labels", ".json"), ("annotated", ".html")):
        assert {path.stem for path in (OWN / folder).glob(f"*{suffix}")} - {"index"} == set(IDS), folder


def test_pages_are_varied() -> None:
    assert {page["page_type"] for page in PAGES} == PAGE_TYPES
    assert len({page["lang"].split("-")[0] for page in PAGES}) >= 8
    assert len({page["site"] for page in PAGES}) == len(PAGES)
    scripts = {main_script(parse(html_bytes(page_id).decode())) for page_id in IDS}
    assert len(scripts) >= 4, scripts


def main_script(tree: etree._ElementTree) -> str:
    """The script of most letters of a body, named by the first word of their Unicode names."""
    text = "".join(tree.find("body").itertext("p", "div", "td", "a"))
    names = [unicodedata.name(char, "?").split()[0] for char in text if char.isalpha()]
    return max(set(names), key=names.count)


def test_every_label_occurs() -> None:
    on_pages = {page_id: {region["label"] for region in regions(page_id)} for page_id in IDS}
    assert set().union(*on_pages.values()) == LABELS
    assert sum(labels == LABELS for labels in on_pages.values()) >= 12


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_page_record(page: dict[str, Any]) -> None:
    raw = html_bytes(page["id"])
    assert page.keys() == PAGE_KEYS
    assert page["sha256"] == hashlib.sha256(raw).hexdigest()
    assert page["bytes"] == len(raw)
    assert 6_000 <= len(raw) <= 40_000
    assert (page["source"], page["licence"], page["gold"]) == ("own", "Apache-2.0", ["labels"])
    host = urlsplit(page["url"]).hostname or ""
    assert host.removeprefix("www.").endswith(page["site"])
    assert host.endswith(".example"), "only a reserved domain cannot be someone's"


@pytest.mark.parametrize("page_id", IDS)
def test_regions_point_into_the_page(page_id: str) -> None:
    text = html_bytes(page_id).decode()
    tree, as_written = parse(text), parse(text, end_tags=True)
    found = regions(page_id)
    assert found[0]["xpath"] == "/html/body"
    assert len({region["xpath"] for region in found}) == len(found)
    labelled: dict[etree._Element, str] = {}
    for region in found:
        assert region.keys() == {"xpath", "label", "text_sha1"}
        assert region["label"] in LABELS
        (element,) = tree.xpath(region["xpath"])
        assert tree.getpath(element) == region["xpath"]
        assert text_sha1(element) == region["text_sha1"]
        assert text_sha1(as_written.xpath(region["xpath"])[0]) == region["text_sha1"]
        above = next((labelled[a] for a in element.iterancestors() if a in labelled), None)
        assert above != region["label"], f"{region['xpath']} says again what it inherits"
        labelled[element] = region["label"]


@pytest.mark.parametrize("page_id", IDS)
def test_gold_does_not_leak(page_id: str) -> None:
    text = html_bytes(page_id).decode()
    assert "data-gold" not in text
    markup = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->", "", text, flags=re.DOTALL | re.IGNORECASE)
    assert not re.search(r"""[\w"'] +>""", markup), "a space left before > shows where a label was"


def test_building_again_gives_the_same_files(builder: ModuleType, tmp_path: Path) -> None:
    builder.build(OWN, tmp_path)
    built = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert len(built) == 2 * len(IDS) + 1
    for path in built:
        assert (tmp_path / path).read_bytes() == (OWN / path).read_bytes(), path


def test_card_shows_the_present_counts(builder: ModuleType) -> None:
    assert builder.table(OWN) in (OWN / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("<html><body><p>text</p></body></html>", "body has no label"),
        ('<html><body data-gold="chrome"><p data-gold="chrome">text</p></body></html>', "repeats the label"),
        ('<html><body data-gold="chrome"><p data-gold="advert">text</p></body></html>', "no known label"),
        ('<html><body data-gold="chrome"></p data-gold="feed"></body></html>', "dropped a labelled element"),
    ],
)
def test_builder_refuses_bad_sources(builder: ModuleType, source: str, message: str) -> None:
    with pytest.raises(builder.BuildError, match=message):
        builder.regions_of(source)


def test_builder_reads_and_removes_labels(builder: ModuleType) -> None:
    source = (
        '<html><body data-gold="chrome"><p>menu</p>'
        '<div data-gold="article"><p>text <b data-gold="promo">buy</b> on</p></div>'
    )
    assert builder.strip_gold(source) == "<html><body><p>menu</p><div><p>text <b>buy</b> on</p></div>"
    assert [region[:2] for region in builder.regions_of(source)] == [
        ("/html/body", "chrome"),
        ("/html/body/div", "article"),
        ("/html/body/div/p/b", "promo"),
    ]
    assert list(builder.text_blocks(source)) == [
        ("chrome", "menu"),
        ("article", "text"),
        ("promo", "buy"),
        ("article", "on"),
    ]
    assert builder.count_words("two words, 東京 – ok") == 5


def test_public_manifest_has_references_only() -> None:
    pages = read_lines(PUBLIC / "manifest.jsonl")
    assert len({page["id"] for page in pages}) == len(pages) == 2198
    for page in pages:
        assert page.keys() - {"lang"} == MANIFEST_KEYS
        assert page["upstream"].keys() == {"repo", "commit", "path"}
        assert re.fullmatch(r"[0-9a-f]{64}", page["sha256"])
        assert page["licence"]
    files = [path for path in PUBLIC.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".json", ".jsonl", ".md"}


def test_public_labels_match_the_manifest() -> None:
    labelled = {page["id"] for page in read_lines(PUBLIC / "manifest.jsonl") if "labels" in page["gold"]}
    assert check_label_files(PUBLIC / "labels") == labelled


def test_further_labels_are_of_pages_that_have_none_to_learn_from() -> None:
    without = {page["id"] for page in read_lines(PUBLIC / "manifest.jsonl") if "labels" not in page["gold"]}
    found = check_label_files(PUBLIC / "further-labels")
    assert found <= without
    assert len(found) == 599


def check_label_files(directory: Path) -> set[str]:
    """Check the label files of a directory; returns the pages they are of."""
    paths = sorted(directory.glob("*.json"))
    for path in paths:
        labels = json.loads(path.read_text(encoding="utf-8"))
        assert labels["page"] == path.stem
        assert labels.keys() - {"note"} == {"page", "regions"}
        for region in labels["regions"]:
            assert region.keys() == {"xpath", "label", "text_sha1"}, "no text of the page itself"
            assert region["label"] in LABELS
            assert re.fullmatch(r"[0-9a-f]{10}", region["text_sha1"])
    return {path.stem for path in paths}
