"""Corrected labels: the list says what the label files hold, and they can be had as they were."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from conftest import ROOT, load_script

from boilerplate.blocks import segment
from boilerplate.dataset import read_datasets, read_regions
from boilerplate.labels import LABELS, PathIndex, Region, labels_from_regions
from boilerplate.model.model import Prediction
from boilerplate.page import parse
from boilerplate.training.corpus import read_example
from boilerplate.training.predictions import save_predictions

PUBLIC = ROOT / "datasets" / "public"
SHARED = ROOT.parent / "shared" / "datasets"
SCRIPT = ROOT / "benchmarks" / "corrections.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_script(SCRIPT)


def records() -> list[dict[str, str]]:
    return [json.loads(line) for line in (PUBLIC / "corrections.jsonl").read_text(encoding="utf-8").splitlines()]


def test_each_correction_names_a_region_that_has_the_new_label() -> None:
    found = records()
    assert found
    assert len({(r["page"], r["xpath"]) for r in found}) == len(found)
    for record in found:
        assert record.keys() == {"page", "xpath", "from", "to", "reason"}
        assert {record["from"], record["to"]} <= set(LABELS)
        assert record["from"] != record["to"]
        assert 20 < len(record["reason"]) < 200
        regions = {r.xpath: r.label for r in read_regions(PUBLIC / "labels" / f"{record['page']}.json")}
        assert regions[record["xpath"]] == record["to"], record


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the public pages beside the checkout, in ../shared/datasets")
def test_corrected_regions_are_on_their_pages_and_nothing_else_has_changed(script: ModuleType) -> None:
    corrections = script.read_corrections(PUBLIC / "corrections.jsonl")
    first = {page.id: page for page in read_datasets([SHARED])}
    checked = 0
    for page in read_datasets([SHARED], PUBLIC / "labels"):
        if page.id not in corrections:
            continue
        assert page.regions is not None
        table = segment(parse(page.read_html(), url=page.url or None))
        find = PathIndex(table).find
        assert all(find(c.xpath) is not None for c in corrections[page.id])
        corrected, mismatches = labels_from_regions(table, page.regions)
        assert not {m for c in corrections[page.id] for m in mismatches if c.xpath in m}
        old, _ = labels_from_regions(table, script.undone(page.regions, corrections[page.id]))
        moves = {(c.before, c.after) for c in corrections[page.id]}
        changed = np.flatnonzero((old != corrected) & (table.node_block >= 0))
        assert {(LABELS[old[i]], LABELS[corrected[i]]) for i in changed} == moves
        regions = first[page.id].regions
        if regions is not None:  # labels that the dataset itself has: those from before
            kept = table.node_block >= 0  # other nodes hold no word
            assert np.array_equal(labels_from_regions(table, regions)[0][kept], old[kept]), page.id
            checked += 1
    assert checked > 20


def test_undoing_gives_back_the_labels(script: ModuleType) -> None:
    regions = (Region("/html/body", "chrome"), Region("/html/body/div", "feed"), Region("/html/body/p", "article"))
    correction = script.Correction("a", "/html/body/div", "chrome", "feed", "why")
    assert script.undone(regions, [correction]) == (regions[0], Region("/html/body/div", "chrome"), regions[2])
    assert script.undone(regions, []) == regions


def test_figures_with_and_without_and_the_labels_as_they_were(tmp_path: Path) -> None:
    dataset, labels = tmp_path / "pages", tmp_path / "labels"
    (dataset / "html").mkdir(parents=True)
    (dataset / "labels").mkdir()
    labels.mkdir()
    html = "<body><p>Main text of six words here</p><div>Latest news of this site</div></body>"
    (dataset / "html" / "a.html").write_text(html)
    (dataset / "pages.jsonl").write_text('{"id": "a", "site": "a.example"}\n')
    body, text = {"xpath": "/html/body", "label": "chrome"}, {"xpath": "/html/body/p", "label": "article"}
    (dataset / "labels" / "a.json").write_text(json.dumps({"page": "a", "regions": [body, text]}))
    box = {"xpath": "/html/body/div", "label": "feed", "text_sha1": ""}
    (labels / "a.json").write_text(json.dumps({"page": "a", "regions": [body, text, box]}))
    (labels / "b.json").write_text(json.dumps({"page": "b", "regions": [body]}))
    record = {"page": "a", "xpath": "/html/body/div", "from": "chrome", "to": "feed", "reason": "latest news are feed"}
    (tmp_path / "corrections.jsonl").write_text(json.dumps(record) + "\n")
    example = read_example(read_datasets([dataset])[0])
    probabilities = np.zeros((len(example), len(LABELS)))
    probabilities[[0, 1], [LABELS.index("article"), LABELS.index("feed")]] = 1
    kept = tmp_path / "kept.safetensors"
    save_predictions(kept, [example], [Prediction(probabilities, probabilities[:, 0])], {"kind": "by hand"})

    options = ["--labels", labels, "--corrections", tmp_path / "corrections.jsonl"]
    done = subprocess.run(
        [
            *(sys.executable, SCRIPT, dataset, *options, "--predictions", kept),
            *("--write", tmp_path / "before", "--further", labels),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    out = done.stdout.splitlines()
    assert "1 regions of 1 pages, 5 words:" in out
    assert "  chrome to feed: 5" in out
    table = {line[:36].strip(): line.split()[-5:] for line in out if "corrections" in line}
    assert table["all, without corrections"][2] == "0.000"  # feed
    assert table["all, with corrections"][2] == "1.000"
    assert table["labelled first, with corrections"] == table["all, with corrections"]
    further = next(line for line in out if line.startswith("further pages"))
    assert further.split()[-5:] == table["all, with corrections"]
    before = {r.xpath: r.label for r in read_regions(tmp_path / "before" / "a.json")}
    assert before == {"/html/body": "chrome", "/html/body/p": "article", "/html/body/div": "chrome"}
    assert (tmp_path / "before" / "b.json").read_bytes() == (labels / "b.json").read_bytes()
