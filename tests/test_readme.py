"""The README's examples do what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from conftest import Run

from boilerplate.model.model import load_model

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: A command and what it prints; a line "…" stands for any lines.
DOCS = {
    path.name: path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
}
EXAMPLES = [
    (match[1], match[2])
    for text in DOCS.values()
    for block in re.findall(r"```console\n(.*?)```", text, re.S)
    for match in re.finditer(r"^\$ boilerplate (.*)\n((?:(?!\$ ).*\n)*)", block, re.M)
]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2
    assert any("clean" in command for command, _ in EXAMPLES)


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_examples_print_what_is_shown(command: str, shown: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = run(*shlex.split(command))
    assert done.returncode == 0, done.stderr
    pieces = [piece.strip("\n") for piece in re.split(r"^…\n", shown, flags=re.M)]
    pattern = ".*?".join(re.escape(piece) for piece in pieces)
    assert re.fullmatch(pattern, done.stdout.decode().strip("\n"), re.S), done.stdout.decode()


def test_python_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    examples = [example for text in DOCS.values() for example in re.findall(r"```python\n(.*?)```", text, re.S)]
    assert len(examples) >= 2
    for example in examples:
        exec(compile(example, "README.md", "exec"), {})


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


def test_ci_runs_the_commands_of_the_readme() -> None:
    commands = re.findall(r"^python -m pip install .*$", README, re.M)
    assert len(commands) == 2
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in commands:
        assert command in script
