"""Many pages, in one process and in several."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import PAGE

from boilerplate import Model, batch
from boilerplate.batch import OUTCOME_COLUMNS, Task, clean_sources, map_processes
from boilerplate.sources import Source, find_sources


def double(number: int) -> int:
    if number == 13:
        os._exit(1)  # as the system does with a process that takes too much memory
    return 2 * number


def lost(number: int) -> int:
    return -number


@pytest.mark.parametrize("count", [0, 7, 40])
def test_results_in_order_and_a_process_that_dies_costs_its_item_only(count: int) -> None:
    found = list(map_processes(double, range(count), jobs=2, lost=lost))
    assert found == [-13 if number == 13 else 2 * number for number in range(count)]


@pytest.mark.parametrize("output_format", ["markdown", "jsonl"])
def test_parallel_equals_serial(model: Model, tmp_path: Path, output_format: str) -> None:
    for number in range(5):
        (tmp_path / f"{number}.html").write_text(PAGE.replace("Tea", f"Tea {number}"), encoding="utf-8")
    (tmp_path / "2.html").write_bytes(b"\x89PNG\r\n\x1a\n")
    sources = find_sources([str(tmp_path), "missing"])
    task = Task(("article", "chrome"), output_format)
    serial = list(clean_sources(sources, model=model, task=task))
    assert list(clean_sources(sources, model=model, task=task, jobs=2)) == serial
    assert [bool(o.reason) for o in serial] == [False, False, True, False, False, True]
    assert [list(o.row()) for o in serial] == [list(OUTCOME_COLUMNS)] * 6
    assert all(bool(o.rendered) != (output_format == "jsonl") for o in serial if not o.reason)


def test_a_fault_of_ours_costs_one_page(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.html"
    path.write_text(PAGE, encoding="utf-8")
    before = batch.label_page

    def faulty(html: bytes, *args: object, **options: object) -> object:
        if b"fault" in html:
            raise AttributeError("no such thing")
        return before(html, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "label_page", faulty)
    (tmp_path / "b.html").write_text("<p>fault", encoding="utf-8")
    sources = [Source(str(tmp_path / "b.html"), ""), Source(str(path), "")]
    bad, good = clean_sources(sources, model=model, task=Task(("article",), "txt"))
    assert bad.reason.startswith("The page could not be processed (AttributeError: no such thing).")
    assert not good.reason
