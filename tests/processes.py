"""What worker processes run in tests; it imports little, as each of them imports it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import partial
from itertools import repeat
from pathlib import Path

from boilerplate.batch.child import Death


def apply(number: int, directory: str) -> int:
    """Twice the number, but for those that do what pages do to a process."""
    if number == 13:
        os._exit(1)
    if number == 17:
        os.kill(os.getpid(), signal.SIGSEGV)
    if number == 19:
        # In C, holding the interpreter, and never back.
        sum(repeat(0))
    if number == 23:
        # Killed from outside, through no fault of its own.
        mark = Path(directory, "killed")
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    if number == 101:
        time.sleep(1000)
    if number == 29:
        print("in the way of the results")
    return 2 * number


def make(directory: str) -> Callable[[int], int]:
    return partial(apply, directory=directory)


def lost(number: int, death: Death) -> int:
    return -number * {Death.CRASH: 1, Death.PROCESSOR_TIME: 100, Death.WALL_TIME: 1000}[death]


def expected(number: int) -> int:
    return {13: -13, 17: -17, 19: -1900}.get(number, 2 * number)


def process_id() -> Callable[[int], int]:
    return lambda _: os.getpid()


def hungry() -> Callable[[int], int]:
    def take(n_bytes: int) -> int:
        try:
            return len(bytearray(n_bytes))
        except MemoryError:
            return -1

    return take


def failing() -> Callable[[int], int]:
    raise ValueError("no")
