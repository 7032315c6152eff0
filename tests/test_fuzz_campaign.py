"""The count of fuzzing."""

from __future__ import annotations

from fuzz.campaign import BEGIN, DOCUMENT, END, PAGES, TURNS, Session, table
from fuzz.targets import TARGETS


def session(target: str, executions: int, *, finding: bool = False, code: str = "a") -> Session:
    return Session(target, executions, 60.0, 7, finding, "2026-11-26", code)


def test_every_target_has_its_turn() -> None:
    assert list(TURNS) == list(TARGETS)
    assert set(TARGETS) >= PAGES


def test_executions_count_since_the_last_finding() -> None:
    told = table(
        [
            session("decode", 1000),
            session("decode", 10, finding=True),
            session("decode", 500, code="b"),
            session("model-file", 2000),
            session("decode", 700, code="c"),
        ]
    )
    assert "| `decode` | 1,200 | 2.0 | 7 |" in told
    assert "| `segment` | 0 | 0.0 | 0 |" in told
    assert "| together | 3,200 | 3.0 | |" in told
    assert "first check | 1,200 |" in told
    assert "3 states" in told
    assert "the last of which is `c`" in told
    assert "Findings in that time: 1." in told
    assert "together | 0 |" in table([])


def test_the_document_has_the_count_of_every_target() -> None:
    counts = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    for target in TARGETS:
        assert f"| `{target}` | " in counts
