"""A check finds what is wrong with labelled pages, and says nothing of what is right."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, Run
from hypothesis import given
from hypothesis import strategies as st

from boilerplate.datasets.checking import CheckReport, check_datasets
from boilerplate.datasets.duplicates import canonical_url, groups
from boilerplate.datasets.suspects import confident_disagreement

OWN = ROOT / "datasets" / "own"
WORDS = "rain fell on the harbour all night and in the morning the town was grey as the sea beyond its walls"


def html(topic: str, extra: str = "") -> str:
    text = " ".join(f"{word}{topic}" for word in WORDS.split())
    return f"<html><body><nav>Home</nav><main><p>{text}.</p><p>{text}!</p></main>{extra}</body></html>"


class Maker:
    """Makes a small dataset."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lines: list[dict[str, object]] = []

    def page(
        self, name: str, markup: str | None = None, *, labels: object = None, text: object = None, **facts: object
    ):
        (self.root / "html").mkdir(parents=True, exist_ok=True)
        if markup is not None:
            (self.root / "html" / f"{name}.html.gz").write_bytes(gzip.compress(markup.encode()))
        for directory, gold in (("labels", labels), ("main_text", text)):
            if gold is not None:
                (self.root / directory).mkdir(exist_ok=True)
                (self.root / directory / f"{name}.json").write_text(json.dumps(gold))
        self.lines.append({"id": name, "site": f"{name}.example", **facts})
        lines = "".join(json.dumps(line) + "\n" for line in self.lines)
        (self.root / "pages.jsonl").write_text(lines)
        return self


def regions(**labels: str) -> dict[str, object]:
    paths = {"body": "/html/body", "main": "/html/body/main"}
    return {"regions": [{"xpath": paths.get(k, k), "label": v} for k, v in labels.items()]}


GOOD = regions(body="chrome", main="article")


def kinds(report: CheckReport) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for finding in report.findings:
        found.setdefault(finding.kind, []).append(finding.pages)
    return found


def test_own_pages_are_in_order() -> None:
    report = check_datasets([OWN])
    assert report.findings == []
    assert report.counts["pages"] == 26
    assert {row["lang"]: row["pages"] for row in report.counts["lang"]}["ru"] == 2
    assert {row["page_type"]: row["pages"] for row in report.counts["page_type"]}["forum"] == 2
    total = report.counts["total"]["words"]
    for name in ("split", "source", "page_type", "lang", "gold"):
        for label, n in total.items():
            assert sum(row["words"][label] for row in report.counts[name]) == n


def test_each_fault_of_a_page_is_found_and_no_other(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "set")
    maker.page("good", html("a"), labels=GOOD, text={"main_content": f"{WORDS}".replace(" ", "a ") + "a"})
    fit = [{"xpath": x, "label": "article"} for x in ("/html/body/main/p[1]", "/html/body/main/p[2]")]
    gone = {"xpath": "/html/body/main/p[7]", "label": "promo"}
    changed = {"xpath": "/html/body/nav", "label": "chrome", "text_sha1": "0000000000"}
    maker.page(
        "misfit", html("b"), labels={"regions": [*fit, gone, changed, {"xpath": "/html/body", "label": "chrome"}]}
    )
    maker.page("foreign", html("c"), labels={"regions": [gone, {**gone, "xpath": "/html/body/div/p"}]})
    maker.page("open", html("d"), labels=regions(main="article"))
    maker.page("no-regions", html("e"), labels={"regions": []})
    maker.page("no-text", html("f"), text={"main_content": "  "})
    maker.page("no-gold", html("g"))
    maker.page("elsewhere", html("h"), text={"main_content": "Ganz andere Wörter, die auf keiner Seite stehen."})
    maker.page(
        "snippets", html("i"), text={"with": ["raini felli", "absent"], "without": ["Home", "raini felli", "gone"]}
    )
    maker.page("absent", None, labels=GOOD)
    maker.page("image", "GIF89a\x00\x01\x02\x03\x04", labels=GOOD)
    maker.page("changed", html("j"), labels=GOOD, sha256="0" * 64)
    maker.page("bad-label", html("k"), labels=regions(main="news"))
    (maker.root / "labels" / "stray.json").write_text('{"regions": []}')
    with (maker.root / "pages.jsonl").open("a") as file:
        file.write("not JSON\n")
    report = check_datasets([maker.root])
    assert kinds(report) == {
        "unreadable": [("absent",), ("bad-label",), ("line 14",), ("image",)],
        "stray file": [("stray",)],
        "labels do not fit": [("misfit",)],
        "labels of another page": [("foreign",)],
        "unlabelled text": [("open",)],
        "empty gold": [("no-regions",), ("no-text",)],
        "no gold": [("no-gold",)],
        "gold not on the page": [("elsewhere",), ("snippets",)],
        "snippet tests nothing": [("snippets",)],
        "contradiction": [("snippets",)],
        "checksum": [("changed",)],
    }
    misfit = next(f for f in report.findings if f.kind == "labels do not fit")
    assert "2 of 5 regions" in misfit.detail
    assert report.errors == 6  # unreadable, of another page, checksum


def test_pages_there_twice(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "set")
    maker.page("one", html("a"), labels=GOOD)
    maker.page("same-bytes", html("a"), labels=GOOD)
    maker.page("same-text", html("a", "<!-- saved later -->"), labels=GOOD)
    maker.page("first", html("b"), labels=GOOD, url="http://www.tea.example/a?utm_source=x&b=1&a=2#top")
    maker.page("second", html("c"), labels=GOOD, url="https://tea.example/a/?a=2&b=1")
    # Pages of few words, as of errors, are alike without being the same.
    maker.page("short-1", "<p>Not found</p>", labels=regions(body="chrome"))
    maker.page("short-2", "<div><p>Not found</p></div>", labels=regions(body="chrome"))
    report = check_datasets([maker.root])
    assert kinds(report) == {
        "page twice": [("one", "same-bytes"), ("first", "second"), ("one", "same-bytes", "same-text")]
    }
    assert report.errors == 0


def test_splits_within_a_dataset(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "set")
    maker.page("a", html("a"), labels=GOOD, split="train", site="x.example")
    maker.page("b", html("b"), labels=GOOD, split="test", site="x.example")
    maker.page("c", html("c"), labels=GOOD, split="train")
    maker.page("d", html("c"), labels=GOOD, split="test")
    report = check_datasets([maker.root])
    assert kinds(report) == {"page in two splits": [("c", "d")], "site in two splits": [("a", "b")]}
    assert report.errors == 2
    assert {row["split"]: row["pages"] for row in report.counts["split"]} == {"train": 2, "test": 2}


def test_datasets_are_splits_of_one_collection(tmp_path: Path, run: Run) -> None:
    train, test = tmp_path / "train", tmp_path / "test"
    Maker(train).page("a", html("a"), labels=GOOD, site="x.example").page("b", html("b"), labels=GOOD)
    Maker(test).page("c", html("c"), labels=GOOD, site="x.example").page("b", html("d"), labels=GOOD, site="y.example")
    done = run("datasets", "check", train, test, "-f", "json", "-j", "1")
    assert done.returncode == 1
    found = [(f["kind"], f["pages"]) for f in json.loads(done.stdout)["findings"]]
    assert found == [("page in two splits", ["b"]), ("site in two splits", ["a", "c"])]
    done = run("datasets", "check", train, "-j", "1")
    assert done.returncode == 0
    assert b"nothing is wrong" in done.stdout
    assert b"2 pages, 0 errors, 0 warnings" in done.stderr
    # The output of a page cannot break the table or the terminal.
    Maker(tmp_path / "evil").page("e", html("e", "<p>\x1b[31mred</p>"), labels=regions(main="article"))
    done = run("datasets", "check", tmp_path / "evil", "-j", "1")
    assert b"\x1b" not in done.stdout


def test_wrong_usage(run: Run, tmp_path: Path) -> None:
    assert run("datasets", "check", tmp_path).returncode == 1
    assert run("datasets", "check", OWN, OWN).returncode == 2
    assert run("datasets", "check", OWN, "-f", "xml").returncode == 2


def test_disagreement_counts_where_the_model_is_sure() -> None:
    label = np.array([0, 0, 0, 1, 1, 1])
    p0 = np.array([0.9, 0.8, 0.1, 0.2, 0.45, 0.1])
    suggested, threshold = confident_disagreement(np.column_stack([p0, 1 - p0]), label)
    assert threshold.tolist() == pytest.approx([0.6, 0.75])
    # The third is as sure to be the other label as those that have it; the fifth is in doubt, no more.
    assert suggested.tolist() == [0, 0, 1, 1, 1, 1]


def test_a_label_that_no_block_has_is_never_suggested() -> None:
    probabilities = np.array([[0.1, 0.9, 0.0], [0.6, 0.4, 0.0]])
    suggested, threshold = confident_disagreement(probabilities, np.array([0, 0]))
    assert suggested.tolist() == [0, 0]
    assert np.isinf(threshold[1:]).all()


@pytest.mark.slow
def test_wrong_labels_are_suspicious(tmp_path: Path) -> None:
    """The story of a page is labelled as furniture; the check points at it."""
    spoilt = tmp_path / "own"
    for part in ("html", "labels"):
        shutil.copytree(OWN / part, spoilt / part)
    lines = (OWN / "pages.jsonl").read_text(encoding="utf-8").splitlines()[:9]
    (spoilt / "pages.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    path = spoilt / "labels" / "own-news-de.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    for region in record["regions"]:
        region["label"] = "chrome" if region["label"] == "article" else region["label"]
    path.write_text(json.dumps(record), encoding="utf-8")
    command = ["datasets", "check", spoilt, "--suspicious", "--folds", "3", "-f", "json", "-j", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "boilerplate", *map(str, command)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    suspects = json.loads(done.stdout)["suspects"]
    top = suspects[:8]
    assert sum(s["page"] == "own-news-de" and s["suggested"] == "article" for s in top) >= 6, top
    assert all(s["label"] == "chrome" for s in top if s["page"] == "own-news-de")
    assert all(s["suggested_probability"] > s["probability"] for s in suspects)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.example", "https://www.a.example:443/", True),
        ("https://a.example/x?b=1&a=2", "https://a.example/x/?a=2&b=1&fbclid=1#c", True),
        ("https://a.example/ü", "https://a.example/%C3%BC", True),
        ("https://a.example/x?page=1", "https://a.example/x?page=2", False),
        ("https://a.example/X", "https://a.example/x", False),
        ("https://a.example:8080/", "https://a.example/", False),
    ],
)
def test_addresses_in_one_form(one: str, other: str, same: bool) -> None:
    assert (canonical_url(one) == canonical_url(other)) is same


@given(st.text())
def test_any_text_has_a_canonical_form_that_stays(url: str) -> None:
    form = canonical_url(url)
    assert canonical_url(f"https://{form}") == form or not form


@given(st.lists(st.sampled_from("abc"), max_size=30))
def test_groups_hold_each_thing_once(keys: list[str]) -> None:
    found = groups(keys, [str(i) for i in range(len(keys))], ["s"] * len(keys))
    members = [m for g in found for m in g.members]
    assert len(members) == len(set(members)) == sum(keys.count(k) > 1 for k in keys)
