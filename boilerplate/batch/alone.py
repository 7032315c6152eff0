"""Do what is done with a page in a fork of this process, within limits.

A fork has the model and all modules already, so it takes a few milliseconds, where another process would take longer to
start than the page takes. Whatever becomes of it, a parser stuck in C or a library that ends its process when memory is
short, this process goes on and can say so.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import NoReturn, TypeVar

from boilerplate.batch.child import Death, end_by_timers, end_of, limit_memory, start_timers, stop_timers
from boilerplate.batch.outcome import Outcome, Task, clean_source, failure_reason
from boilerplate.batch.run import lost_page, with_page_at_hand
from boilerplate.errors import BoilerplateError, LimitError
from boilerplate.inputs.source import Source
from boilerplate.limits import Limits
from boilerplate.model.choice import Models

__all__ = ["clean_alone", "within"]

Result = TypeVar("Result")


class _LostError(Exception):
    """The fork has died."""

    def __init__(self, death: Death) -> None:
        super().__init__(death)
        self.death = death


def clean_alone(source: Source, models: Models, task: Task) -> Outcome:
    """Clean one page under the limits of the task."""
    # What others send, over a pipe or the network, is waited for here, and counts for no limit of the page.
    if not source.is_portable:
        source = with_page_at_hand(source, task.limits)
    try:
        cleaned = _in_fork(lambda: clean_source(source, models, task), task.limits)
    except _LostError as error:
        cleaned = lost_page(task.limits, source, error.death)
    return Outcome(replace(source, html=None) if source.html is not None else source, cleaned)


def within(limits: Limits, function: Callable[[], Result]) -> Result:
    """The result of a function that does something with a page, within the limits of time and memory of a page.

    Parameters
    ----------
    limits : Limits
    function : callable
        Runs in a fork: what it changes is not changed here. Its result is pickled.

    Raises
    ------
    LimitError
        If the page takes more time or memory.
    BoilerplateError
        What the function raises; other exceptions come as one with their name.
    """

    def guarded() -> Result | BoilerplateError:
        try:
            return function()
        except BoilerplateError as error:
            return error
        except MemoryError as error:
            return LimitError(failure_reason(error))
        except Exception as error:
            return BoilerplateError(failure_reason(error))

    try:
        result = _in_fork(guarded, limits)
    except _LostError as error:
        raise LimitError(error.death.reason(limits)) from None
    if isinstance(result, BoilerplateError):
        raise result
    return result


def _in_fork(function: Callable[[], Result], limits: Limits) -> Result:
    """The result of a function that does not raise, by a fork with these limits.

    Raises
    ------
    _LostError
        If the fork ends without a result.
    """
    if not hasattr(os, "fork"):  # nor are there timers whose signals could end a process
        return function()
    inbox, outbox = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(inbox)
        _be_the_child(function, limits, outbox)
    os.close(outbox)
    done = False
    try:
        with os.fdopen(inbox, "rb") as stream:
            pickled = stream.read()
        done = True
    finally:
        if not done:  # interrupted
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if not pickled or os.waitstatus_to_exitcode(status) != 0:
        raise _LostError(end_of(os.waitstatus_to_exitcode(status)))
    result: Result = pickle.loads(pickled)
    return result


def _be_the_child(function: Callable[[], Result], limits: Limits, outbox: int) -> NoReturn:
    code = 1
    try:
        # The parent is interrupted from the keyboard as well, and ends this process.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # What becomes of this process is told by its result; the system's own last words are noise.
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        end_by_timers()
        undo = limit_memory(limits.max_memory)
        start_timers(limits)
        result = function()
        stop_timers()
        undo()
        with os.fdopen(outbox, "wb") as stream:
            pickle.dump(result, stream, protocol=pickle.HIGHEST_PROTOCOL)
        code = 0
    finally:
        # Nothing of the parent's is to be done twice: no buffer flushed, no handler run.
        os._exit(code)
