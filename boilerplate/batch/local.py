"""Apply a function to a stream of items in several processes of this machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice
from queue import SimpleQueue
from typing import TypeVar

from boilerplate.batch.worker import Setup, Worker

__all__ = ["chunks", "count_cores", "map_processes"]

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Items a worker takes at a time, at most.
_CHUNK = 16
_CHUNK_WEIGHT = 2_000_000
#: Chunks given out per process before the first of them is back: bounds what waits in memory.
_AHEAD = 3


def count_cores() -> int:
    """Cores this process may use: fewer than the machine has, where a container or scheduler gives fewer."""
    import joblib

    return int(joblib.cpu_count())


def map_processes(
    items: Iterable[Item], setup: Setup[Item, Result], *, jobs: int, weight: Callable[[Item], int] = lambda _: 0
) -> Generator[tuple[Item, Result]]:
    """Apply a function in several processes.

    Parameters
    ----------
    items : iterable
        Taken as they are needed.
    setup : Setup
    jobs : int
        Processes; 0 for as many as there are cores.
    weight : callable
        Bytes that an item takes on its way to a process.

    Yields
    ------
    tuple of item and result
        In the order of the items.

    Raises
    ------
    BoilerplateError
        If no process can be started.
    """
    from concurrent.futures import Future, ThreadPoolExecutor

    jobs = jobs or count_cores()
    # A thread a process, which waits for it; the work is done there.
    idle: SimpleQueue[Worker[Item, Result]] = SimpleQueue()
    workers: list[Worker[Item, Result]] = [Worker(setup) for _ in range(jobs)]
    for worker in workers:
        idle.put(worker)

    def work(chunk: Sequence[Item]) -> list[Result]:
        worker = idle.get()
        try:
            return worker.map(chunk)
        finally:
            idle.put(worker)

    threads = ThreadPoolExecutor(jobs, thread_name_prefix="boilerplate-worker")
    waiting = chunks(items, weight=weight, first=2 * jobs)
    running: deque[tuple[list[Item], Future[list[Result]]]] = deque()
    try:
        while True:
            for chunk in islice(waiting, jobs * _AHEAD - len(running)):
                running.append((chunk, threads.submit(work, chunk)))
            if not running:
                return
            chunk, future = running.popleft()
            yield from zip(chunk, future.result(), strict=True)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.stop()
        threads.shutdown()
        for worker in workers:
            worker.close()


def chunks(
    items: Iterable[Item],
    *,
    weight: Callable[[Item], int],
    size: int = _CHUNK,
    max_weight: int = _CHUNK_WEIGHT,
    first: int = 0,
) -> Iterator[list[Item]]:
    """Cut a stream of items into pieces of limited number and weight.

    Parameters
    ----------
    items : iterable
    weight : callable
        Bytes that an item takes on its way to a process.
    size : int
        Items of a piece, at most.
    max_weight : int
        Bytes of a piece, but for one with a single item.
    first : int
        So many pieces have one item, and as many after them a few: where there are few items, every process has some.
    """
    piece: list[Item] = []
    total = number = 0
    for item in items:
        heavy = weight(item)
        if piece and total + heavy > max_weight:
            yield piece
            piece, total, number = [], 0, number + 1
        piece.append(item)
        total += heavy
        if len(piece) >= (1 if number < first else max(size // 4, 1) if number < 2 * first else size):
            yield piece
            piece, total, number = [], 0, number + 1
    if piece:
        yield piece
