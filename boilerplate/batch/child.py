"""What a worker process runs: a function, applied to one item after the other until its parent has no more.

Each item starts timers of the system whose signals end the process, whatever it is doing: a parser stuck in C too, and
even if the parent is gone.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Any, BinaryIO

from boilerplate.limits import Limits

__all__ = [
    "Death",
    "end_by_timers",
    "end_of",
    "limit_memory",
    "main",
    "resident_bytes",
    "start_timers",
    "stop_timers",
]


class Death(Enum):
    """What a process died of."""

    PROCESSOR_TIME = "processor time"
    WALL_TIME = "wall time"
    CRASH = "crash"

    def reason(self, limits: Limits) -> str:
        """A sentence on the page that it was on."""
        if self is Death.PROCESSOR_TIME:
            return (
                f"The page takes longer than the limit of {limits.max_seconds:g} s of processor time. Leave it out, or "
                "raise max-seconds."
            )
        if self is Death.WALL_TIME:
            return (
                f"The page takes longer than the limit of {limits.max_wall_seconds:g} s by the clock. Leave it out, or "
                "raise max-wall-seconds."
            )
        return (
            "The page brings down the process it is read in, as some libraries do when memory is short. Leave it out, "
            "raise max-memory, or report it."
        )


def main() -> None:
    """Read a setup and then lists of items from standard input, and write a result an item to standard output."""
    inbox, outbox = _channels()
    # The parent ends its workers itself when it is interrupted.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_by_timers()
    try:
        sys.path[:] = pickle.load(inbox)
        make, arguments, limits = pickle.load(inbox)
        function = make(*arguments)
    except EOFError:
        return
    except Exception as error:
        _send(outbox, f"{type(error).__name__}: {error}")
        return
    limit_memory(limits.max_memory)
    # What is there by now stays.
    gc.collect()
    gc.freeze()
    _send(outbox, "")
    # A parent that is gone reads no results.
    with suppress(EOFError, BrokenPipeError):
        while True:
            for item in pickle.load(inbox):
                start_timers(limits)
                result = function(item)
                stop_timers()
                _send(outbox, (result, resident_bytes()))
                del result, item


def _channels() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the parent, out of reach of what prints or reads by mistake."""
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return inbox, outbox


def _send(outbox: BinaryIO, message: Any) -> None:
    pickle.dump(message, outbox, protocol=pickle.HIGHEST_PROTOCOL)
    outbox.flush()


def end_by_timers() -> None:
    """Let the signals of timers end this process, whatever was to happen at them before; once in each process."""
    if hasattr(signal, "setitimer"):
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)


def start_timers(limits: Limits) -> None:
    """Have signals sent when this process has had its time, where the system can (not on Windows)."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, limits.max_seconds or 0.0)
        signal.setitimer(signal.ITIMER_REAL, limits.max_wall_seconds or 0.0)


def stop_timers() -> None:
    """Undo `start_timers`."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.setitimer(signal.ITIMER_REAL, 0.0)


def end_of(status: int | None) -> Death:
    """What a process died of.

    Parameters
    ----------
    status : int, optional
        As `subprocess` has it: the number of a signal below zero. None if it is not known.
    """
    if hasattr(signal, "setitimer") and status is not None:
        return {-signal.SIGPROF: Death.PROCESSOR_TIME, -signal.SIGALRM: Death.WALL_TIME}.get(status, Death.CRASH)
    return Death.CRASH


def limit_memory(n_bytes: int | None) -> Callable[[], None]:
    """Let allocations beyond a number of bytes fail, where the system counts them (Linux).

    The system counts what has been asked for. What a library has reserved by now and not used, as pyarrow does with a
    gigabyte when it is loaded, counts for nothing.

    Returns
    -------
    callable
        Undoes it.
    """
    if n_bytes is None or not sys.platform.startswith("linux"):
        return lambda: None
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    hard = before[1]
    wanted = n_bytes + _reserved_bytes()
    wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_DATA, before)


def _reserved_bytes() -> int:
    """Memory for data that this process has been given and has not used; 0 where the system does not tell."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            lines = (line.partition(":") for line in file)
            told = {name: value.split() for name, _, value in lines if name in ("VmData", "RssAnon")}
        return max(int(told["VmData"][0]) - int(told["RssAnon"][0]), 0) * 1024
    except (OSError, KeyError, IndexError, ValueError):
        return 0


def resident_bytes() -> int:
    """Memory this process has in use, in bytes; the most it ever had where the system tells no more; 0 if nothing."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
