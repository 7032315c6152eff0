"""A worker process and the parent's end of it: started when it is needed, replaced when it dies."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Generic, TypeVar

from boilerplate.batch.child import Death, end_of
from boilerplate.errors import BoilerplateError
from boilerplate.limits import NO_LIMITS, Limits

__all__ = ["MAX_RESIDENT_BYTES", "Setup", "Worker"]

Item = TypeVar("Item")
Result = TypeVar("Result")

#: A worker that holds more memory than this after an item is replaced by a new one.
MAX_RESIDENT_BYTES = 350_000_000
#: Processes that an item is given to before it is held to be what kills them.
_TRIES = 2
_START = "from boilerplate.batch.child import main; main()"


@dataclass(frozen=True)
class Setup(Generic[Item, Result]):
    """What a worker process does.

    Attributes
    ----------
    make : callable
        Called once in each process; gives the function that is applied to items, which must not raise. It is found by
        its name, so it must stand at the top of a module.
    arguments : tuple
        Of `make`; they are pickled.
    lost : callable
        Called in the parent with an item that killed its processes, and what they died of; gives the result for it.
    limits : Limits
        Time that an item may take, and memory that a process may. None by default.
    """

    make: Callable[..., Callable[[Item], Result]]
    arguments: tuple[Any, ...]
    lost: Callable[[Item, Death], Result]
    limits: Limits = NO_LIMITS


class Worker(Generic[Item, Result]):
    """A process that applies a function to items; one that dies costs the item it was on, and is replaced.

    It is started with the first items. Several threads must not use one at a time.

    Parameters
    ----------
    setup : Setup
    """

    def __init__(self, setup: Setup[Item, Result]) -> None:
        self._setup = setup
        self._process: subprocess.Popen[bytes] | None = None
        self._resident = 0
        self._stopped = False

    def map(self, items: Sequence[Item]) -> list[Result]:
        """Results of items, in their order.

        Raises
        ------
        BoilerplateError
            If no process can be started.
        """
        results: list[Result] = []
        tries = 0
        while len(results) < len(items):
            before = len(results)
            try:
                self._apply(items[before:], results)
            except (EOFError, OSError, pickle.UnpicklingError):
                if self._stopped:
                    raise
                death = self._death()
                if len(results) > before:
                    tries = 0
                tries += 1
                if death is not Death.CRASH or tries == _TRIES:
                    results.append(self._setup.lost(items[len(results)], death))
                    tries = 0
        if self._resident > MAX_RESIDENT_BYTES:
            self.close()
        return results

    def stop(self) -> None:
        """Have `map` raise in the thread that is in it, if there is one; the worker is of no use after that."""
        self._stopped = True
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process; the next `map` starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        _close_pipes(process)
        process.wait()

    def __enter__(self) -> Worker[Item, Result]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _apply(self, items: Sequence[Item], results: list[Result]) -> None:
        inbox, outbox = self._pipes()
        pickle.dump(items, inbox, protocol=pickle.HIGHEST_PROTOCOL)
        inbox.flush()
        for _ in items:
            result, self._resident = pickle.load(outbox)
            results.append(result)

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        # One that died between two items, for whatever reason, costs none.
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._stopped:
            raise EOFError
        if self._process is None:
            self._process = self._start()
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        return process.stdin, process.stdout

    def _start(self) -> subprocess.Popen[bytes]:
        setup = self._setup
        try:
            process = subprocess.Popen(
                # Not to import what happens to lie in the current directory.
                [sys.executable, "-P", "-c", _START],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # What becomes of a process is told by its results; the system's own last words are noise.
                stderr=subprocess.DEVNULL,
                # Interrupts from the keyboard are this process's to deal with.
                process_group=0,
                # The modules that items and functions come from may have been found by this process alone.
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"},
            )
        except OSError as error:
            raise BoilerplateError(f"No worker process can be started: {error}. Use fewer jobs.") from error
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pickle.dump(sys.path, process.stdin)
            what = (setup.make, setup.arguments, setup.limits)
            pickle.dump(what, process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            problem = pickle.load(process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            problem = f"it ended with status {process.wait()}"
        if problem:
            process.kill()
            _close_pipes(process)
            process.wait()
            raise BoilerplateError(f"A worker process could not be started: {problem}. Use fewer jobs.")
        return process

    def _death(self) -> Death:
        """What the process died of, which is gone after this."""
        process = self._process
        assert process is not None
        # Its end of the pipes is closed, so it is ending, unless it has gone astray.
        try:
            status = process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            status = None
        self.close()
        return end_of(status)


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        # What has not been sent is of no use any more.
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
