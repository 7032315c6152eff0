"""Which writer a format and a place call for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from boilerplate.writing.documents import DocumentFiles, DocumentStream, SingleDocument
from boilerplate.writing.journal import Run
from boilerplate.writing.rows import RowFile, RowFormat, RowStream, device_emit, is_special
from boilerplate.writing.shards import ParquetFile, Shards, ShardSize
from boilerplate.writing.writer import Writer

__all__ = ["open_writer"]

#: Formats with a row a page.
_TABLES = ("jsonl", "csv")


def open_writer(
    output: Path | None,
    output_format: str,
    *,
    one: bool,
    columns: tuple[str, ...],
    run: Run,
    shard_size: ShardSize,
    emit: Callable[[str], None],
    write_text: Callable[[Path, str], None],
) -> Writer:
    """The writer for a run; that there is a place for what it writes is made sure before the first page.

    Parameters
    ----------
    output : Path, optional
        File or directory; None for standard output.
    output_format : str
    one : bool
        Whether there is a single page, rather than as many as there happen to be.
    columns : tuple of str
        Of a table.
    run : Run
    shard_size : ShardSize
    emit : callable
        Writes text to standard output.
    write_text : callable
        Writes text to a file.

    Raises
    ------
    UsageError
        If the place cannot be written to, or belongs to another run.
    """
    rows = RowFormat(output_format, columns)
    if output is None:
        table = output_format in _TABLES or (output_format == "json" and not one)
        return RowStream(emit, rows) if table else DocumentStream(emit, output_format)
    if output_format == "parquet":
        single = output.suffix == ".parquet" and not output.is_dir()
        return ParquetFile(output, columns) if single else Shards(output, columns, shard_size, run)
    if output_format in _TABLES:
        return RowStream(device_emit(output), rows) if is_special(output) else RowFile(output, rows, run)
    if one and not output.is_dir():
        return SingleDocument(lambda text: write_text(output, text), output_format)
    return DocumentFiles(output, output_format, run)
