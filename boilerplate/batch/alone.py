"""Read a single page in this process, within limits: starting another would take longer than the page."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from boilerplate.batch.child import limit_memory
from boilerplate.batch.outcome import TIMEOUT, Cleaned, Outcome, Task, clean_source, timeout_reason
from boilerplate.errors import LimitError
from boilerplate.inputs.source import Source
from boilerplate.limits import Limits
from boilerplate.model.choice import Models

__all__ = ["clean_alone", "within"]

#: Processor time after which the system ends this process if it has not even noticed that its time is up: times the
#: limit, and seconds.
_PATIENCE, _GRACE = 1.5, 5.0


class _TimeIsUp(BaseException):
    """Raised by the timer; no `Exception`, so that nothing on the way takes it for a fault of the page."""


def clean_alone(source: Source, models: Models, task: Task) -> Outcome:
    """Clean one page under the limits of the task.

    Where code in C does not come back, the system ends this process; so does what takes an allocation that fails for
    the end, as the sanitiser of HTML output does.
    """
    try:
        with _bounds(task.limits):
            return Outcome(source, clean_source(source, models, task))
    except _TimeIsUp:
        return Outcome(source, Cleaned(TIMEOUT, timeout_reason(task.limits)))


@contextmanager
def within(limits: Limits) -> Iterator[None]:
    """Do what is done with a page within the limits of time and memory of it.

    Raises
    ------
    LimitError
        If its time is up.
    MemoryError
        If it takes more memory.
    """
    try:
        with _bounds(limits):
            yield
    except _TimeIsUp as error:
        raise LimitError(timeout_reason(limits)) from error


@contextmanager
def _bounds(limits: Limits) -> Iterator[None]:
    undo = limit_memory(limits.max_memory)
    try:
        with _timer(limits.max_seconds):
            yield
    finally:
        undo()


@contextmanager
def _timer(seconds: float | None) -> Iterator[None]:
    # Signals reach the main thread only.
    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if seconds is None or not usable:
        yield
        return

    def ring(*_: Any) -> NoReturn:
        raise _TimeIsUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_PROF, _PATIENCE * seconds + _GRACE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGALRM, before)
