"""Many pages, in several processes."""

from __future__ import annotations

import mmap
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import NoReturn

import pytest
from conftest import PAGE, ROOT, Run
from processes import expected, failing, hungry, lost, make, process_id

from boilerplate import Limits, Model
from boilerplate.batch import OUTCOME_COLUMNS, Task, clean_sources
from boilerplate.batch import outcome as outcome_module
from boilerplate.batch.alone import clean_alone, within
from boilerplate.batch.child import resident_bytes
from boilerplate.batch.local import chunks, map_processes
from boilerplate.batch.outcome import Cleaned, clean_source
from boilerplate.batch.worker import Setup, Worker
from boilerplate.errors import BoilerplateError, EmptyPageError, LimitError
from boilerplate.inputs import Inputs, Source, find_sources
from boilerplate.limits import DEFAULT_LIMITS
from boilerplate.model.choice import Models


@pytest.mark.parametrize(("count", "jobs"), [(0, 2), (7, 2), (40, 1), (40, 3)])
def test_results_in_order_and_what_kills_a_process_costs_itself_only(count: int, jobs: int, tmp_path: Path) -> None:
    setup = Setup(make, (str(tmp_path),), lost, Limits(max_seconds=0.5))
    found = list(map_processes(iter(range(count)), setup, jobs=jobs))
    assert found == [(number, expected(number)) for number in range(count)]


def test_what_waits_for_ever_ends_by_the_clock(tmp_path: Path) -> None:
    with Worker(Setup(make, (str(tmp_path),), lost, Limits(max_seconds=0.1, max_wall_seconds=0.5))) as worker:
        assert worker.map([101]) == [-101_000]


def test_items_are_taken_as_they_are_needed(tmp_path: Path) -> None:
    taken: list[int] = []

    def items() -> object:
        for number in range(100_000):
            taken.append(number)
            yield number % 7

    found = map_processes(items(), Setup(make, (str(tmp_path),), lost), jobs=2)  # type: ignore[arg-type, var-annotated]
    for _ in range(10):
        next(found)
    found.close()  # type: ignore[attr-defined]
    assert len(taken) < 500


def test_worker_that_holds_too_much_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Worker(Setup(process_id, (), lost)) as worker:
        assert len({*worker.map([1, 2]), *worker.map([3])}) == 1
        monkeypatch.setattr("boilerplate.batch.worker.MAX_RESIDENT_BYTES", 1)
        first, second = worker.map([1]), worker.map([1])
        assert first != second
        # Those that were replaced are gone.
        with pytest.raises(ProcessLookupError):
            os.kill(first[0], 0)


def test_memory_beyond_the_limit_is_refused() -> None:
    with Worker(Setup(hungry, (), lost, Limits(max_memory=500_000_000))) as worker:
        assert worker.map([1, 2_000_000_000, 3]) == [1, -1, 3]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no other system counts what a process allocates")
def test_a_single_page_has_limits_too(model: Model, run: Run, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(LimitError, match="takes more memory than there is for it"):
        within(Limits(max_memory=500_000_000), lambda: len(bytearray(2_000_000_000)))
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    page = tmp_path / "page.html"
    page.write_text("<p>tea" * 60_000, encoding="utf-8")
    small = Task(("article",), "txt", limits=Limits(max_memory=10_000_000))
    assert clean_alone(Source(str(page), ""), Models(model), small).status == "limit"
    done = run("clean", page, "--max-memory", "150000000")
    assert done.returncode == 1
    assert b"takes more memory than there is for it" in done.stderr
    assert b"Traceback" not in done.stderr
    for command in ("clean", "label"):
        done = run(command, page, "--max-seconds", "0.02")
        assert done.returncode == 1
        assert b"takes longer than the limit of 0.02 s of processor time" in done.stderr
        assert done.stdout == b""


def test_process_that_cannot_start() -> None:
    with pytest.raises(BoilerplateError, match=r"could not be started: ValueError: no\. Use fewer jobs"):
        Worker(Setup(failing, (), lost)).map([1])


def test_chunks() -> None:
    sizes = [len(piece) for piece in chunks(range(40), weight=lambda _: 0, size=8, first=2)]
    assert sizes == [1, 1, 2, 2, 8, 8, 8, 8, 2]
    pieces = list(chunks([5, 1, 1, 9, 1, 1], weight=lambda n: n, size=8, max_weight=6))
    assert pieces == [[5, 1], [1], [9], [1, 1]]


@pytest.mark.parametrize("output_format", ["markdown", "jsonl"])
def test_parallel_equals_one_by_one(model: Model, tmp_path: Path, output_format: str) -> None:
    for number in range(5):
        (tmp_path / f"{number}.html").write_text(PAGE.replace("Tea", f"Tea {number}"), encoding="utf-8")
    (tmp_path / "2.html").write_bytes(b"\x89PNG\r\n\x1a\n")
    sources = find_sources([str(tmp_path), "missing"])
    task = Task(("article", "chrome"), output_format)
    single = [clean_alone(source, Models(model), task) for source in sources]
    for jobs in (1, 2):
        assert list(clean_sources(sources, models=Models(model), task=task, jobs=jobs)) == single
    assert [o.status for o in single] == ["ok", "ok", "not_html", "ok", "ok", "unreadable"]
    assert [list(o.row()) for o in single] == [list(OUTCOME_COLUMNS)] * 6
    assert all(bool(o.rendered) != (output_format == "jsonl") for o in single if not o.reason)
    assert all(len(o.cleaned.seconds) == 3 and min(o.cleaned.seconds) >= 0 for o in single if not o.reason)


def test_limits_in_a_batch(model: Model, tmp_path: Path) -> None:
    pages = {
        "bytes": "<p>" + "x" * 20_000,
        "depth": "<div>" * 60 + "x",
        "good": PAGE,
        "nodes": "<b>x</b>" * 1200,
        "time": "".join(f"<p>{number} words" for number in range(900)),
    }
    for name, html in pages.items():
        (tmp_path / f"{name}.html").write_text(html, encoding="utf-8")
    limits = Limits(max_bytes=15_000, max_nodes=1000, max_depth=50)
    task = Task(("article",), "jsonl", limits=limits)
    outcomes = list(clean_sources(Inputs([str(tmp_path)], limits=limits), models=Models(model), task=task, jobs=2))
    assert [o.status for o in outcomes] == ["limit", "limit", "ok", "limit", "ok"]
    assert all("limit of" in o.reason for o in outcomes if o.status == "limit")
    short = Task(("article",), "jsonl", limits=Limits(max_seconds=0.001))
    times = list(clean_sources(Inputs([str(tmp_path)]), models=Models(model), task=short, jobs=1))
    assert [o.status for o in times] == ["timeout"] * 5
    assert "longer than the limit of 0.001 s" in times[0].reason
    alone = clean_alone(Source(str(tmp_path / "time.html"), ""), Models(model), short)
    assert alone.status == "timeout"


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (AttributeError("no such thing"), "error", "could not be processed (AttributeError: no such thing)."),
        (MemoryError(), "limit", "takes more memory than there is for it"),
        (RecursionError("too deep"), "error", "could not be processed (RecursionError: too deep)."),
    ],
)
def test_a_fault_of_ours_costs_one_page(
    error: Exception, status: str, reason: str, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object, **__: object) -> object:
        raise error

    monkeypatch.setattr(outcome_module, "label_page", faulty)
    cleaned = clean_source(Source("a", "", html="<p>x"), Models(model), Task(("article",), "txt"))
    assert isinstance(cleaned, Cleaned)
    assert cleaned.status == status
    assert reason in cleaned.reason


def raising(error: Exception) -> NoReturn:
    raise error


def test_what_happens_to_a_single_page_happens_to_a_fork() -> None:
    # A fork has what this process holds of other tests.
    assert within(Limits(max_memory=resident_bytes() + 400_000_000), lambda: len(bytearray(100_000_000))) == 100_000_000
    # In C, holding the interpreter, and never back.
    with pytest.raises(LimitError, match=r"longer than the limit of 0\.05 s of processor time"):
        within(Limits(max_seconds=0.05), lambda: sum(repeat(0)))
    with pytest.raises(LimitError, match=r"longer than the limit of 0\.2 s by the clock"):
        within(Limits(max_wall_seconds=0.2), lambda: time.sleep(1000))
    with pytest.raises(LimitError, match="brings down the process it is read in"):
        within(Limits(), lambda: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(EmptyPageError, match="It is empty"):
        within(Limits(), partial(raising, EmptyPageError("It is empty.")))
    with pytest.raises(BoilerplateError, match=r"could not be processed \(KeyError: 'a'\)"):
        within(Limits(), partial(raising, KeyError("a")))


def test_what_is_reserved_and_not_used_counts_for_nothing() -> None:
    limits = Limits(max_memory=resident_bytes() + 600_000_000)
    reserved = mmap.mmap(-1, 2_000_000_000, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with reserved:
        assert within(limits, lambda: len(bytearray(100_000_000))) == 100_000_000
        with pytest.raises(LimitError, match="takes more memory"):
            within(limits, lambda: len(bytearray(1_000_000_000)))


def test_what_is_promised_of_a_page_is_the_default() -> None:
    assert DEFAULT_LIMITS.max_seconds == 10
    assert DEFAULT_LIMITS.max_memory == 1_000_000_000


def test_progress_bar_on_a_terminal_only(run: Run, tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    for number in range(3):
        (tmp_path / f"{number}.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "1.html").write_bytes(b"")
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "boilerplate", "clean", str(tmp_path), "-f", "jsonl"]
    env = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=end, env=env, timeout=60, check=False)
    os.close(end)
    shown = b""
    with suppress(OSError):  # where everything has been read
        while piece := os.read(terminal, 4096):
            shown += piece
    os.close(terminal)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    assert b"3 pages" in shown
    assert b"pages/s" in shown
    assert b"1.html: The page is empty" in shown
    assert b"2 of 3 pages cleaned; 1 empty" in shown
    assert b"pages/s" not in run("clean", tmp_path, "-f", "jsonl").stderr
