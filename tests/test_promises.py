"""Every sentence of SECURITY.md has a change that breaks it and a test that fails then."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from promise_faults import FAULTS
from promises import BEGIN, DOCUMENT, ROOT, Copy, table

SECURITY = " ".join((ROOT / "SECURITY.md").read_text(encoding="utf-8").split())


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_bytes())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_fault_can_be_put_in() -> None:
    for fault in FAULTS:
        assert fault.new != fault.old
        path = ROOT / fault.file
        assert not fault.old or path.read_text(encoding="utf-8").count(fault.old) == 1, fault
        file, _, name = fault.test.partition("::")
        assert name.partition("[")[0] in functions_of(file), fault


def test_every_promise_is_made_and_every_sentence_has_a_fault() -> None:
    made = SECURITY.partition("## Promised ")[2].partition(" [`tests/promise_faults.py`]")[0]
    assert [fault.promise for fault in FAULTS if fault.promise not in made] == []
    sentences = re.split(r"(?<=\.) (?=[A-Z`*])", re.sub(r"\*\*[\w ]+\.\*\* ", "", made))
    assert len(sentences) > 20
    promises = {fault.promise for fault in FAULTS}
    assert [s for s in sentences if not any(promise in s for promise in promises)] == []


def test_what_is_not_promised_and_how_to_report_stand_there_too() -> None:
    parts = re.split(r"## ", SECURITY)[1:]
    assert [part.partition(" - ")[0].split(" ")[0] for part in parts] == ["Promised", "Not", "Report"]
    assert all(len(part) > 500 for part in parts)
    assert "(SECURITY.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_document_has_the_table() -> None:
    _, begin, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    assert begin
    assert table() in rest, "run: python tests/promises.py --document"


@pytest.mark.slow
def test_a_fault_is_noticed_and_taken_out_again(tmp_path: Path) -> None:
    (fault,) = (f for f in FAULTS if "SHA256SUMS" in f.promise)
    copy = Copy(tmp_path)
    for put, outcome in ((False, "passed"), (True, "failed"), (False, "passed")):
        if put:
            copy.put(fault)
        result = copy.run(fault.test)
        assert result.outcome == outcome, result.last
        copy.restore(fault)
    assert copy.run("test_promises.py::no_such_test").outcome.startswith("ended with")
