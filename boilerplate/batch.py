"""Clean many pages: each gives an outcome, the unreadable ones with the reason, and none costs another."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from boilerplate.errors import BoilerplateError
from boilerplate.labelled import LabelledPage, label_page
from boilerplate.model.model import Model
from boilerplate.output import Options, render
from boilerplate.output.records import PAGE_COLUMNS, page_columns, page_object, page_record
from boilerplate.sources import Source, read_source

__all__ = ["OUTCOME_COLUMNS", "Outcome", "Task", "clean_sources", "failure_reason", "map_processes", "outcome_columns"]

Item = TypeVar("Item")
Result = TypeVar("Result")

#: A row of a table of pages.
OUTCOME_COLUMNS = ("source", "status", "reason", *PAGE_COLUMNS)
#: Formats with a record a page, which have a row for a page that failed too.
RECORD_FORMATS = ("json", "jsonl", "csv", "parquet")

#: Pages a worker takes at a time, at most.
_CHUNK = 16
#: Chunks given out per process before the first of them is back: bounds what waits in memory.
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be made of every page.

    Attributes
    ----------
    keep : tuple of str
        Labels.
    output_format : str
        One of `boilerplate.output.FORMATS`, or ``parquet``.
    url : str, optional
        Address of the page, if there is only one.
    options : Options
        What is written of the kept blocks.
    """

    keep: tuple[str, ...]
    output_format: str
    url: str | None = None
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one page.

    Attributes
    ----------
    source : Source
    reason : str
        Why it failed; empty if it did not.
    record : dict
        The page's record, for formats with a record a page; empty for others and for a page that failed.
    rendered : str
        The page as text, for other formats.
    """

    source: Source
    reason: str = ""
    record: dict[str, Any] = field(default_factory=dict)
    rendered: str = ""

    def row(self) -> dict[str, Any]:
        """The page as a row of a table: `OUTCOME_COLUMNS`, and whatever else its record has."""
        head = {"source": self.source.name, "status": "failed" if self.reason else "ok", "reason": self.reason}
        return {**head, **dict.fromkeys(PAGE_COLUMNS), **self.record}


def _clean_one(source: Source, model: Model, task: Task) -> Outcome:
    try:
        page = label_page(read_source(source), model, url=task.url)
        if task.output_format in RECORD_FORMATS:
            return Outcome(source, record=_record(page, task))
        return Outcome(source, rendered=render(page, page.kept(task.keep), task.output_format, task.options))
    except Exception as error:
        return Outcome(source, reason=failure_reason(error))


def failure_reason(error: Exception) -> str:
    """Why a page failed. A fault of ours must not cost the other pages, so it is a reason like any other."""
    if isinstance(error, BoilerplateError):
        return str(error)
    return f"The page could not be processed ({type(error).__name__}: {error}). Please report it with the page."


def _record(page: LabelledPage, task: Task) -> dict[str, Any]:
    return (page_object if task.output_format == "json" else page_record)(page, page.kept(task.keep), task.options)


def outcome_columns(options: Options) -> tuple[str, ...]:
    """Columns of a table of pages."""
    return ("source", "status", "reason", *page_columns(options))


def clean_sources(sources: Sequence[Source], *, model: Model, task: Task, jobs: int = 1) -> Iterator[Outcome]:
    """Clean pages one after the other or in several processes; outcomes come in the order of the sources.

    Parameters
    ----------
    sources : sequence of Source
    model : Model
    task : Task
    jobs : int
        Processes; 0 for as many as there are cores.
    """
    jobs = min(jobs or _cores(), len(sources))
    if jobs <= 1:
        for source in sources:
            yield _clean_one(source, model, task)
        return
    # Pipes and standard input belong to this process.
    files = [source.is_file for source in sources]
    outcomes = map_processes(
        _clean_in_worker,
        [source for source, is_file in zip(sources, files, strict=True) if is_file],
        jobs=jobs,
        lost=_lost,
        initializer=_start,
        initargs=(model, task),
    )
    for source, is_file in zip(sources, files, strict=True):
        yield next(outcomes) if is_file else _clean_one(source, model, task)


def _cores() -> int:
    # Fewer than the machine has, where a container or scheduler gives fewer.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


#: What a worker process was started with.
_worker: tuple[Model, Task] | None = None


def _start(model: Model, task: Task) -> None:
    global _worker  # noqa: PLW0603 - a process pool has no other place for what its workers share
    _worker = (model, task)


def _clean_in_worker(source: Source) -> Outcome:
    assert _worker is not None
    return _clean_one(source, *_worker)


def _lost(source: Source) -> Outcome:
    return Outcome(source, reason="The page brought its process down, perhaps for lack of memory. Leave it out.")


def map_processes(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    jobs: int,
    lost: Callable[[Item], Result],
    initializer: Callable[..., None] | None = None,
    initargs: tuple[Any, ...] = (),
) -> Iterator[Result]:
    """Apply a function in several processes; results come in the order of the items.

    Parameters
    ----------
    function : callable
        Must not raise.
    items : sequence
    jobs : int
        Processes.
    lost : callable
        Result for an item whose process died of it, as for want of memory.
    initializer, initargs : optional
        Called in each process as it starts.
    """
    # A single page need not pay for importing these.
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    def processes(number: int) -> ProcessPoolExecutor:
        # Started afresh: a copy of this process could inherit a lock that one of its threads holds.
        return ProcessPoolExecutor(number, get_context("spawn"), initializer, initargs)

    def submit(chunk: Sequence[Item]) -> Future[list[Result]]:
        try:
            return pool.submit(_map, function, chunk)
        except BrokenProcessPool as error:
            future: Future[list[Result]] = Future()
            future.set_exception(error)
            return future

    def one_by_one(chunk: Sequence[Item]) -> Iterator[Result]:
        items = deque(chunk)
        while items:
            with processes(1) as single:
                while items:
                    item = items.popleft()
                    try:
                        yield from single.submit(_map, function, [item]).result()
                    except BrokenProcessPool:
                        yield lost(item)
                        break

    size = max(1, min(_CHUNK, len(items) // (jobs * _AHEAD)))
    chunks = deque(items[i : i + size] for i in range(0, len(items), size))
    running: deque[tuple[Sequence[Item], Future[list[Result]]]] = deque()
    pool = processes(jobs)
    try:
        while chunks or running:
            while chunks and len(running) < jobs * _AHEAD:
                chunk = chunks.popleft()
                running.append((chunk, submit(chunk)))
            chunk, future = running.popleft()
            try:
                yield from future.result()
            except BrokenProcessPool:
                # All that was given out is lost with the process that died. Which item killed it nobody says.
                pool.shutdown()
                yield from one_by_one(chunk)
                pool = processes(jobs)
                running = deque((c, f) if f.done() and f.exception() is None else (c, submit(c)) for c, f in running)
    finally:
        pool.shutdown(cancel_futures=True)


def _map(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [function(item) for item in items]
