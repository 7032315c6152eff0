"""The documentation says what the code does, and leads where it says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from types import ModuleType

import pytest
from conftest import load_script
from doc_examples import ROOT, doc_paths, examples

import boilerplate

DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    return load_script(DOCS / "generate.py")


def test_generated_pages_are_those_of_the_code(generator: ModuleType) -> None:
    wanted = generator.pages()
    for path, text in wanted.items():
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        assert there == text, f"{path.name} is not what the code says. Write it anew: python docs/generate.py"
    assert set((DOCS / "commands").glob("*.md")) <= set(wanted), "a page is of no command"


def test_every_command_has_a_page_with_an_example(generator: ModuleType) -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    shown = {(example.path, example.command.split(" -")[0]) for example in examples()}
    for name in generator.commands():
        path = generator.command_path(name)
        assert f"commands/{path.name}" in index
        there = [command for where, command in shown if where == path and command.startswith(name)]
        assert there, f"{path.name} shows no example of boilerplate {name}"


@pytest.mark.parametrize("path", doc_paths(), ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", target):
            place, _, anchor = target.partition("#")
            file = (path.parent / place).resolve() if place else path
            assert file.exists(), target
            assert not anchor or anchor in anchors(file), target


def anchors(path: Path) -> set[str]:
    """Names of a page's headings, as they are on the usual hosts."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    for path in doc_paths()[1:]:
        if path.name != "index.md":
            link = f"({path.relative_to(DOCS).as_posix()})"
            assert link in index, f"{path.name} is in no list of docs/index.md. Add it there."


def test_examples_of_docstrings() -> None:
    text = (DOCS / "python-api.md").read_text(encoding="utf-8")
    examples_found = re.findall(r"```pycon\n(.*?)```", text, re.DOTALL)
    assert examples_found
    names = {name: getattr(boilerplate, name) for name in boilerplate.__all__}
    runner = doctest.DocTestRunner()
    for number, code in enumerate(examples_found):
        runner.run(doctest.DocTestParser().get_doctest(code, names, f"example {number}", "python-api.md", 0))
    assert runner.failures == 0
