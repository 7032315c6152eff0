"""How far a run has come, in a small file that is replaced as a whole."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from boilerplate.batch.outcome import Outcome
from boilerplate.errors import BoilerplateError, UsageError
from boilerplate.files import remove_leftovers, replace_file, system_reason
from boilerplate.inputs.source import Source

__all__ = ["Journal", "Progress", "Run", "after"]

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Run:
    """What tells whether two runs would write the same.

    Attributes
    ----------
    identity : str
        Digest of all options that bear on what is written, of the model, and of the names given.
    restart : bool
        Whether what an earlier run left unfinished is to be thrown away.
    """

    identity: str
    restart: bool = False

    @classmethod
    def of(cls, *facts: Any, restart: bool = False) -> Run:
        """Identify a run by plain values."""
        written = json.dumps(facts, sort_keys=True, default=str)
        return cls(hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest(), restart)


@dataclass(slots=True)
class Progress:
    """How far a run has come.

    Attributes
    ----------
    pages : int
        Pages that are done, counted from the first.
    names : str
        Digest of their names, in order.
    outcomes : Counter of str
        By status.
    position : int
        What the writer needs to go on: bytes of a file, or shards.
    complete : bool
        Whether there was nothing left.
    """

    pages: int = 0
    names: str = ""
    outcomes: Counter[str] = field(default_factory=Counter)
    position: int = 0
    complete: bool = False

    def add(self, outcome: Outcome) -> None:
        self.pages += 1
        self.names = _chained(self.names, outcome.source)
        self.outcomes[outcome.status] += 1


class Journal:
    """The file that says how far a run has come.

    Parameters
    ----------
    path : Path
    run : Run

    Raises
    ------
    UsageError
        If there is one of another run and `run` is not to start anew, or the file cannot be read.
    """

    def __init__(self, path: Path, run: Run) -> None:
        self._path = path
        self._run = run
        remove_leftovers(path)
        self.progress = Progress() if run.restart else self._read()

    def exists(self) -> bool:
        return self._path.is_file()

    def save(self) -> None:
        """Write down how far the run is; what was written of its pages must be safe by then.

        Raises
        ------
        BoilerplateError
            If that is not possible.
        """
        # Python 3.11 counts the pairs of a Counter when it copies it.
        progress = {**asdict(self.progress), "outcomes": dict(self.progress.outcomes)}
        content = {"version": _VERSION, "run": self._run.identity, **progress}
        try:
            replace_file(self._path, json.dumps(content).encode())
        except OSError as error:
            reason = system_reason(error)
            raise BoilerplateError(f"The file {self._path} cannot be written: {reason}. Make room for it.") from error

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)

    def _read(self) -> Progress:
        try:
            content = json.loads(self._path.read_bytes())
            found = content.pop("version"), content.pop("run")
            progress = Progress(**{**content, "outcomes": Counter(content["outcomes"])})
            numbers = (progress.pages, progress.position, *progress.outcomes.values())
            if not all(type(number) is int and number >= 0 for number in numbers):
                raise ValueError("not a number of pages")
        except FileNotFoundError:
            return Progress()
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UsageError(
                f"{self._path}, which says how far an earlier run came, cannot be read. Start anew with --restart."
            ) from error
        if found != (_VERSION, self._run.identity):
            raise UsageError(
                f"There is the output of a run with other inputs or options, by {self._path}. Give another place with "
                "-o, run that command again to finish it, or throw it away with --restart."
            )
        return progress


def after(
    progress: Progress, sources: Iterable[Source], *, seen: Callable[[Source], object] = lambda _: None
) -> Iterator[Source]:
    """The sources that are not done yet; `seen` is called with those that are.

    Raises
    ------
    UsageError
        If those that are done are not the first ones any more.
    """
    names = ""
    rest = iter(sources)
    for number in range(progress.pages):
        source = next(rest, None)
        if source is None:
            raise UsageError(
                f"The inputs have changed since the earlier run: it read {progress.pages} pages, and now there are "
                f"{number}. Bring the others back, or start anew with --restart."
            )
        names = _chained(names, source)
        seen(source)
    if names != progress.names:
        raise UsageError(
            f"The inputs have changed since the earlier run: its first {progress.pages} pages are others now. Bring "
            "them back, or start anew with --restart."
        )
    yield from rest


def _chained(digest: str, source: Source) -> str:
    return hashlib.sha256(f"{digest}\0{source.name}".encode("utf-8", "surrogatepass")).hexdigest()
