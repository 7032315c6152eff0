"""Rows of one file or of standard output: JSON Lines, CSV."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import IO

from boilerplate.batch.outcome import Outcome
from boilerplate.errors import BoilerplateError, UsageError
from boilerplate.files import make_directory, settle, unwritable
from boilerplate.output.records import csv_header, csv_rows, json_lines
from boilerplate.writing.journal import Journal, Run
from boilerplate.writing.writer import Writer

__all__ = ["RowFile", "RowFormat", "RowStream", "device_emit", "is_special"]


class RowFormat:
    """How outcomes are written as rows.

    Parameters
    ----------
    output_format : str
        ``jsonl``, ``csv``, or ``json``, whose rows have the page's blocks too.
    columns : tuple of str
        Not used for ``json``.
    """

    def __init__(self, output_format: str, columns: tuple[str, ...]) -> None:
        self._format = output_format
        self._columns = columns

    def head(self) -> str:
        return csv_header(self._columns) if self._format == "csv" else ""

    def row(self, outcome: Outcome) -> str:
        row = outcome.row()
        if self._format == "json":
            return json_lines([{**row, **{name: row.get(name, []) for name in ("notes", "items", "blocks")}}])
        row = {name: row.get(name) for name in self._columns}
        return csv_rows([row], self._columns) if self._format == "csv" else json_lines([row])


class RowStream(Writer):
    """Rows to something that takes text, such as standard output; there is nothing to resume."""

    def __init__(self, emit: Callable[[str], None], rows: RowFormat) -> None:
        super().__init__()
        self._emit = emit
        self._rows = rows
        if rows.head():
            emit(rows.head())

    def write(self, outcome: Outcome) -> str:
        self._emit(self._rows.row(outcome))
        self.progress.add(outcome)
        return outcome.reason


class RowFile(Writer):
    """Rows to a file, which has its name when it is complete; until then they stand in ``.NAME.partial`` beside it.

    Raises
    ------
    UsageError
        If the file cannot be written, or belongs to another run.
    """

    def __init__(self, path: Path, rows: RowFormat, run: Run) -> None:
        super().__init__()
        make_directory(path.parent)
        # Through a link, it is the file behind it that is written.
        self._path = Path(os.path.realpath(path))
        self._rows = rows
        self._partial = self._path.with_name(f".{self._path.name}.partial")
        self._journal = Journal(self._path.with_name(f".{self._path.name}.journal"), run)
        self.progress = self._journal.progress
        self._saved = monotonic()
        try:
            if path.is_dir():
                raise IsADirectoryError(21, os.strerror(21))
            self._stream = self._open()
        except (OSError, ValueError) as error:
            raise UsageError(unwritable(path, error)) from error

    def _open(self) -> IO[bytes]:
        if self.progress.pages and self._partial.is_file():
            stream: IO[bytes] = self._partial.open("r+b")
            # What was written after the last save may be half.
            stream.truncate(self.progress.position)
            stream.seek(self.progress.position)
            return stream
        # Without rows a journal is that of a run which had just finished.
        self._journal.progress = self.progress = type(self.progress)()
        self._journal.remove()
        stream = self._partial.open("wb")
        stream.write(self._rows.head().encode())
        return stream

    def write(self, outcome: Outcome) -> str:
        try:
            self._stream.write(self._rows.row(outcome).encode("utf-8", "replace"))
            self.progress.add(outcome)
            if monotonic() - self._saved > self.seconds_between_saves:
                self._save()
        except OSError as error:
            raise BoilerplateError(unwritable(self._path, error)) from error
        return outcome.reason

    def finish(self) -> None:
        try:
            self._stream.close()
            settle(self._partial, self._path)
        except OSError as error:
            raise BoilerplateError(unwritable(self._path, error)) from error
        self._journal.remove()

    def leave(self) -> None:
        # The journal says how much of it counts. Nothing is kept of a run that has no saved page.
        self._stream.close()
        if not self._journal.exists():
            self._partial.unlink(missing_ok=True)

    def _save(self) -> None:
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.progress.position = self._stream.tell()
        self._journal.save()
        self._saved = monotonic()


def device_emit(path: Path) -> Callable[[str], None]:
    """A function that writes text to a pipe or device, which ends with this process.

    Raises
    ------
    UsageError
        If it cannot be opened.
    """
    try:
        stream = path.open("w", encoding="utf-8", errors="replace", newline="")
    except OSError as error:
        raise UsageError(unwritable(path, error)) from error

    def emit(text: str) -> None:
        try:
            stream.write(text)
            stream.flush()
        except OSError as error:
            raise BoilerplateError(unwritable(path, error)) from error

    return emit


def is_special(path: Path) -> bool:
    """Whether a path is a pipe or device, which is written as it is."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)
