"""The README's examples do what it says."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Run
from doc_examples import (
    ROOT,
    Example,
    examples,
    is_slow,
    matches,
    prepare,
    python_examples,
    refreshed,
    serve_and_stop,
    writes_for,
)
from upstream_repository import UpstreamRepository

from boilerplate.model.model import load_model

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = list(examples())
PAGES = sorted({example.path for example in EXAMPLES})
HINT = "If the new output is right: python tests/update_examples.py"


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2
    assert any("clean" in example.command for example in EXAMPLES)


def check(example: Example, run: Run, directory: Path) -> None:
    prepare(directory)
    if example.command.startswith("annotate"):
        said = serve_and_stop(shlex.split(example.command), directory, os.environ | {"PYTHONPATH": str(ROOT)})
        assert "http://127.0.0.1" in said
        assert "Ended" in said
        return
    extra: tuple[str | Path, ...] = ()
    if example.command.startswith("datasets fetch"):
        # A repository that stands in for those on the web.
        upstream = UpstreamRepository(directory / "upstream")
        extra = ("--manifest", upstream.manifest, "--upstream", f"file://{upstream.base}")
    done = run(*shlex.split(example.command), *extra, cwd=directory)
    assert done.returncode == 0, done.stderr
    assert matches(example.shown, done.stdout.decode()), f"{done.stdout.decode()}\n{HINT}"


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(
            example,
            id=f"{example.path.name}: {example.command}",
            marks=[pytest.mark.slow] if is_slow(example.command) else [],
        )
        for example in EXAMPLES
    ],
)
def test_examples_print_what_is_shown(example: Example, run: Run, tmp_path: Path) -> None:
    for before in dict.fromkeys(needed(example)):
        check(before, run, tmp_path)
    check(example, run, tmp_path)


def needed(example: Example) -> Iterator[Example]:
    """Commands above it on the page that write what it reads."""
    for other in EXAMPLES:
        if other.path == example.path and other.span < example.span and writes_for(other, example):
            yield from needed(other)
            yield other


@pytest.mark.parametrize(
    ("path", "code"), [pytest.param(p, c, id=f"{p.name}-{i}") for i, (p, c) in enumerate(python_examples())]
)
def test_python_examples_run(path: Path, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, path.name, "exec"), {})


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("a\n", "b\nc\n", "b\nc\n"),
        ("…\nlabel 0.98 Heading\n…\n", "x\nlabel 0.97 Heading\ny\n", "…\nlabel 0.97 Heading\n…\n"),
        ("a\n…\nz\n", "a\nz\n", "a\nz\n"),
        ("one\n…\ngone is this line\nlast line\n", "one\ntwo\nlast line\n", "one\n…\nlast line\n"),
    ],
)
def test_examples_can_be_brought_up_to_date(shown: str, printed: str, expected: str) -> None:
    assert refreshed(shown, printed) == expected
    assert matches(expected, printed)


def test_figures_are_those_of_the_default_model() -> None:
    figures = load_model().info["figures"]
    stated = {row["source"]: row["f1"] for row in figures["main_text"] if row["page_type"] == "all"}
    macro = figures["labels"]["words"]["macro_f1"]
    table = README.split("## Figures")[1].split("\n## ")[0]
    assert f"{stated['wcxb-dev']:.3f}" in table
    assert f"{macro:.3f}" in table
    for label, row in figures["labels"]["words"]["by_label"].items():
        assert re.search(
            rf"\| {label} \| {row['precision']:.3f} \| {row['recall']:.3f} \| {row['f1']:.3f} \|", table
        ), label
    for row in figures["main_text"]:
        if row["source"] == "wcxb-dev" and row["page_type"] != "all":
            assert re.search(rf"\| {row['page_type']} \| {row['pages']} \| {row['f1']:.3f} \|", table), row


def test_an_overlay_is_shown() -> None:
    (place,) = re.findall(r"!\[[^\]]*overlay[^\]]*\]\((docs/images/[^)]+\.png)\)", README)
    assert (ROOT / place).read_bytes().startswith(b"\x89PNG")


def test_ci_runs_the_commands_of_the_readme() -> None:
    commands = re.findall(r"^python -m pip install .*$", README, re.M)
    assert len(commands) == 2
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in commands:
        assert command in script
