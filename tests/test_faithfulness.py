"""Text and Markdown of whole pages lose and invent no word of their blocks."""

from __future__ import annotations

import random
from types import ModuleType

import pytest
from conftest import ROOT, load_script
from golden_pages import GoldPage, gold_pages

from boilerplate.dataset import read_dataset

#: Public pages, where they have been fetched to.
PUBLIC = ROOT.parent / "shared" / "datasets"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    return load_script(ROOT / "benchmarks" / "markdown.py")


@pytest.mark.parametrize("page", list(gold_pages()), ids=lambda page: page.name)
def test_own_pages(page: GoldPage, benchmark: ModuleType) -> None:
    read = page.read()
    half = [block for i, block in enumerate(read.blocks) if random.Random(i).random() < 0.5]
    assert benchmark.differences(read, read.blocks) == []
    assert benchmark.differences(read, half) == []


def test_what_is_lost_is_found(benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    page = next(iter(gold_pages())).read()
    whole = benchmark.render
    monkeypatch.setattr(benchmark, "render", lambda *given: whole(*given).replace("Hafen", "Haven", 1))
    (found,) = benchmark.differences(page, page.blocks)
    assert "lost {'hafen': 1}" in found
    assert "invented {'haven': 1}" in found


@pytest.mark.slow
@pytest.mark.skipif(not (PUBLIC / "pages.jsonl").exists(), reason="the public pages are not beside the checkout")
def test_public_pages(benchmark: ModuleType) -> None:
    for public in random.Random(7).sample(read_dataset(PUBLIC), 60):
        page = benchmark.read_page(public)
        assert benchmark.differences(page, page.blocks) == [], public.id
