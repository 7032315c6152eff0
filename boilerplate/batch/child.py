"""What a worker process runs: a function, applied to one item after the other until its parent has no more.

Each item starts a timer of the system whose signal ends the process, whatever it is doing: a parser stuck in C too, and
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
from typing import Any, BinaryIO

__all__ = ["limit_memory", "main", "resident_bytes"]


def main() -> None:
    """Read a setup and then lists of items from standard input, and write a result an item to standard output."""
    inbox, outbox = _channels()
    # The parent ends its workers itself when it is interrupted.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        sys.path[:] = pickle.load(inbox)
        make, arguments, seconds, memory = pickle.load(inbox)
        function = make(*arguments)
    except EOFError:
        return
    except Exception as error:
        _send(outbox, f"{type(error).__name__}: {error}")
        return
    limit_memory(memory)
    _set_timer_signal()
    # What is there by now stays.
    gc.collect()
    gc.freeze()
    _send(outbox, "")
    # A parent that is gone reads no results.
    with suppress(EOFError, BrokenPipeError):
        while True:
            for item in pickle.load(inbox):
                _start_timer(seconds)
                result = function(item)
                _start_timer(None)
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


def _set_timer_signal() -> None:
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _start_timer(seconds: float | None) -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds or 0.0)


def limit_memory(n_bytes: int | None) -> Callable[[], None]:
    """Let allocations beyond a number of bytes fail, where the system counts them (Linux).

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
    wanted = n_bytes if hard == resource.RLIM_INFINITY else min(n_bytes, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_DATA, before)


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
