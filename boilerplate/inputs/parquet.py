"""Pages in Parquet: a column ``html`` of text or bytes, and if known their addresses in a column ``url``.

Pages without markup stand in a column ``text``, if there is none of that name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from boilerplate.errors import InputError, UsageError
from boilerplate.input_format import HTML, TEXT
from boilerplate.inputs.source import Source

__all__ = ["read_parquet"]

#: What the pages of a column are; the first that is there is read.
_FORMAT_OF = {"html": HTML, "text": TEXT}
#: Rows read at a time.
_BATCH = 64


def read_parquet(stream: IO[bytes], path: Source) -> Iterator[Source]:
    """Pages of a Parquet file, a few rows at a time.

    Parameters
    ----------
    stream : binary file
        One that can be read from any place, as the format's contents stand at the end.
    path : Source
        The file.

    Raises
    ------
    InputError
        If it is no Parquet file, is damaged, or has no column ``html`` or ``text``.
    UsageError
        If pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow. Install it with: pip install 'boilerplate[parquet]'") from error
    if not stream.seekable():
        raise InputError("Parquet cannot be read from a pipe. Give the file's name.")
    number = 0
    try:
        # Read as it is needed: a row group may be as large as the file.
        file = parquet.ParquetFile(stream, pre_buffer=False)
        columns = file.schema_arrow.names
        column = next((name for name in _FORMAT_OF if name in columns), None)
        if column is None:
            raise InputError(
                f"The table has no column html or text, but {', '.join(columns[:20])}. Give pages under html, pages "
                "without markup under text, addresses under url."
            )
        input_format = _FORMAT_OF[column]
        names = [column, "url"] if "url" in columns else [column]
        share = path.n_bytes // max(file.metadata.num_rows, 1)
        for batch in file.iter_batches(_BATCH, columns=names):
            for record in batch.to_pylist():
                number += 1
                html, url = record[column], record.get("url")
                problem = (
                    ""
                    if isinstance(html, str | bytes)
                    else f"The row has no page: its {column} is empty. Leave it out."
                )
                yield Source(
                    name=f"{path.name}#{number}",
                    relative=f"{path.relative}-{number:06d}.{input_format}",
                    problem=problem,
                    url=url if isinstance(url, str) and url else None,
                    html=html if not problem else None,
                    input_format=input_format,
                    n_bytes=share,
                )
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(
            f"The file is no Parquet table, or damaged after row {number} ({error}). Write it again."
        ) from error
