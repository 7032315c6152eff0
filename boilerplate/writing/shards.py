"""Rows in Parquet: one file, or shards of bounded size in a directory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boilerplate.batch.outcome import TIMING_COLUMNS, Outcome
from boilerplate.errors import BoilerplateError, UsageError
from boilerplate.files import make_directory, settle, unwritable
from boilerplate.inputs.source import Source
from boilerplate.output.records import without_surrogates
from boilerplate.writing.journal import Journal, Run, after
from boilerplate.writing.writer import Writer

__all__ = ["ParquetFile", "ShardSize", "Shards", "arrow_schema"]

_JOURNAL = ".boilerplate.journal"
#: Rows and bytes of text that are written at a time, at most: what waits in memory.
_GROUP_ROWS, _GROUP_BYTES = 1000, 32_000_000


@dataclass(frozen=True, slots=True)
class ShardSize:
    """When a shard is full.

    Attributes
    ----------
    rows : int
    n_bytes : int
        Of text, before compression; a single row may have more.
    """

    rows: int = 10_000
    n_bytes: int = 256_000_000


def arrow_schema(columns: tuple[str, ...]) -> Any:
    """Types of the columns. They are fixed, as a column in which every page failed has nothing to tell its type by.

    Raises
    ------
    UsageError
        If pyarrow is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow. Install it with: pip install 'boilerplate[parquet]'") from error
    numbers = {name for name in columns if name == "confidence" or name.startswith("share_")} | set(TIMING_COLUMNS)
    return pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in columns])


class _Part:
    """A Parquet file while it is written, under a name that readers of tables leave out."""

    def __init__(self, path: Path, schema: Any) -> None:
        from pyarrow import parquet

        self._path = path
        self._temporary = path.with_name(f".{path.name}.partial")
        self._schema = schema
        self._writer = parquet.ParquetWriter(self._temporary, schema, compression="zstd")
        self._waiting: list[dict[str, Any]] = []
        self._waiting_bytes = 0
        self.rows = 0
        self.n_bytes = 0

    def add(self, outcome: Outcome) -> None:
        row = outcome.row()
        row = {k: without_surrogates(v) if isinstance(v, str) else v for k in self._schema.names for v in (row.get(k),)}
        size = sum(len(value) for value in row.values() if isinstance(value, str))
        self._waiting.append(row)
        self._waiting_bytes += size
        self.rows += 1
        self.n_bytes += size
        if len(self._waiting) >= _GROUP_ROWS or self._waiting_bytes >= _GROUP_BYTES:
            self._flush()

    def complete(self) -> None:
        """Write what is left, and give the file its name."""
        self._flush()
        self._writer.close()
        settle(self._temporary, self._path)

    def abandon(self) -> None:
        with suppress(OSError):
            self._writer.close()
        self._temporary.unlink(missing_ok=True)

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.Table.from_pylist(self._waiting, schema=self._schema))
        self._waiting.clear()
        self._waiting_bytes = 0


class ParquetFile(Writer):
    """A row a page in one file, which is complete or absent. It cannot be resumed; shards can.

    Raises
    ------
    UsageError
        If pyarrow is not installed, or the file cannot be written.
    """

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        super().__init__()
        schema = arrow_schema(columns)
        make_directory(path.parent)
        self._path = path
        try:
            self._part = _Part(Path(os.path.realpath(path)), schema)
        except (OSError, ValueError) as error:
            raise UsageError(unwritable(path, error)) from error

    def write(self, outcome: Outcome) -> str:
        try:
            self._part.add(outcome)
        except OSError as error:
            raise BoilerplateError(unwritable(self._path, error)) from error
        self.progress.add(outcome)
        return outcome.reason

    def finish(self) -> None:
        try:
            self._part.complete()
        except OSError as error:
            raise BoilerplateError(unwritable(self._path, error)) from error

    def leave(self) -> None:
        self._part.abandon()


class Shards(Writer):
    """A row a page in files ``part-00000.parquet`` and so on of a directory, each complete or absent.

    Raises
    ------
    UsageError
        If pyarrow is not installed, the directory cannot be made, or holds the tables of another run.
    """

    def __init__(self, directory: Path, columns: tuple[str, ...], size: ShardSize, run: Run) -> None:
        super().__init__()
        self._schema = arrow_schema(columns)
        make_directory(directory)
        self._directory = directory
        self._size = size
        self._part: _Part | None = None
        self._journal = Journal(directory / _JOURNAL, run)
        self.progress = self._journal.progress
        self._clear(run)

    def _clear(self, run: Run) -> None:
        """Make sure that the directory will hold shards of this run only."""
        known = {self._name(number) for number in range(self.progress.position)}
        there = {path.name for path in self._directory.glob("*.parquet")}
        if known - there:
            raise UsageError(
                f"{self._directory} lacks {min(known - there)}, which an earlier run wrote. Start anew with --restart."
            )
        # The next one may have been completed just before the journal was to say so.
        foreign = there - known - {self._name(self.progress.position)}
        if foreign and not run.restart:
            raise UsageError(
                f"{self._directory} holds {min(foreign)}, which is not of this run. Give another directory with -o, or "
                "throw its tables away with --restart."
            )
        for name in foreign:
            (self._directory / name).unlink()
        for left in self._directory.glob(".part-*.parquet.partial"):
            left.unlink()

    def rest(self, sources: Iterable[Source]) -> Iterator[Source]:
        # A run that is complete need not read its inputs to find nothing to do.
        return iter(()) if self.progress.complete else after(self.progress, sources)

    def write(self, outcome: Outcome) -> str:
        try:
            part = self._part = self._part or self._begin()
            part.add(outcome)
            self.progress.add(outcome)
            if part.rows >= self._size.rows or part.n_bytes >= self._size.n_bytes:
                self._complete(part)
        except OSError as error:
            raise BoilerplateError(unwritable(self._directory, error, "directory")) from error
        return outcome.reason

    def finish(self) -> None:
        try:
            # Without a page there is a shard too, for those who read the table's columns.
            if self._part is not None or self.progress.position == 0:
                self._complete(self._part or self._begin())
        except OSError as error:
            raise BoilerplateError(unwritable(self._directory, error, "directory")) from error
        self.progress.complete = True
        self._journal.save()

    def leave(self) -> None:
        if self._part is not None:
            self._part.abandon()

    @staticmethod
    def _name(number: int) -> str:
        return f"part-{number:05d}.parquet"

    def _begin(self) -> _Part:
        return _Part(self._directory / self._name(self.progress.position), self._schema)

    def _complete(self, part: _Part) -> None:
        part.complete()
        self._part = None
        self.progress.position += 1
        self._journal.save()
