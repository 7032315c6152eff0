"""The fast path gives what the reference path gives, and time grows with the page and no faster."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, load_script
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate import Model, features
from boilerplate.blocks import segment
from boilerplate.features.view import PageView
from boilerplate.page import parse

PAGES = sorted([*(ROOT / "datasets" / "own" / "html").glob("*.html"), ROOT / "datasets" / "seed" / "page.html"])
TAGS = ("div", "p", "ul", "li", "a", "span", "h2", "td", "tr", "table", "br", "nav", "b", "script", "x-y")


def assert_equal_paths(html: bytes | str, model: Model) -> None:
    table = segment(parse(html, url="https://example.org/a/b"))
    reference = model.predict(features.read(table))
    fast = model.predict_view(PageView(table))
    np.testing.assert_allclose(fast.probabilities, reference.probabilities, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(fast.main, reference.main, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("path", PAGES[::4], ids=lambda path: path.stem)
def test_reading_what_the_model_looks_at_changes_nothing(path: Path, model: Model) -> None:
    assert_equal_paths(path.read_bytes(), model)


@given(st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(("text", "12:30", "", "日本", "Ads.", "$5")))))
@settings(max_examples=25, deadline=None)
def test_both_paths_agree_on_any_page(model: Model, pieces: list[tuple[str, str]]) -> None:
    assert_equal_paths("<body>" + "".join(f'<{tag} class="c" href="/x-y">{text}' for tag, text in pieces), model)


@pytest.mark.slow
def test_ten_times_the_blocks_take_ten_times_the_time(model: Model) -> None:
    speed = load_script(ROOT / "benchmarks" / "speed.py")
    growth = []
    # What else runs on the machine takes time from one size more than from the other now and then, not three times.
    while len(growth) < 3 and not (growth and min(growth) < 11):
        small, large = (row[1] for row in speed.scaling(model, (2_000, 20_000), repeats=3))
        growth.append(large / small)
    assert min(growth) < 11, growth


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_what_a_compiled_part_would_bring_is_measured_on_equal_results() -> None:
    script = ROOT / "benchmarks" / "compiled.py"
    command = [sys.executable, str(script), str(ROOT / "datasets" / "own"), "--pages", "2", "--repeats", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "| trees of both looks |" in done.stdout
