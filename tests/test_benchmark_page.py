"""The page that shows a run is written by a script, and says of each extractor what its adapter does."""

from __future__ import annotations

import re
from types import ModuleType

import pytest
from conftest import ROOT, load_script

from boilerplate.benchmark.peers import BASELINE, OURS, PEERS

DOCS = (ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_script(ROOT / "benchmarks" / "benchmark_page.py")


def test_only_what_stands_between_the_marks_is_replaced(script: ModuleType) -> None:
    page = f"before\n{script.BEGIN}old\n{script.END}after\n"
    once = script.replaced(page, "a  b\n")
    assert once == f"before\n{script.BEGIN}\n```text\na  b\n```\n\n{script.END}after\n"
    assert script.replaced(script.replaced(page, "other\n"), "a  b\n") == once
    with pytest.raises(SystemExit):
        script.replaced("before\n", "a  b\n")


def test_the_page_can_be_written_and_names_every_extractor(script: ModuleType) -> None:
    assert script.replaced(DOCS, "table").count("```text") == 1
    assert re.findall(r"^\| `([\w-]+)` \|", DOCS, re.M) == [OURS.name, BASELINE.name, *(peer.name for peer in PEERS)]
