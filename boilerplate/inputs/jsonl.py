"""Pages in JSON Lines: an object a line with the page under ``html``, and if known its address under ``url``.

A page without markup stands under ``text``.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

from boilerplate.errors import InputError, LimitError, UsageError
from boilerplate.input_format import HTML, TEXT
from boilerplate.inputs.packed import GZIP, ZSTANDARD, Forward
from boilerplate.inputs.source import Source
from boilerplate.limits import Limits

__all__ = ["read_jsonl"]

#: Lines up to this length are read as they are; of longer ones, the values are counted first, as an empty list of
#: two characters takes sixty bytes of memory.
_SHORT, _MAX_VALUES = 8_000_000, 1_000_000
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
#: A byte of a page takes up to this many in JSON (``\\u0001``), beside what else stands in the line.
_ESCAPED, _BESIDES = 6, 1_000_000


def read_jsonl(stream: io.BufferedReader, path: Source, limits: Limits) -> Iterator[Source]:
    """Pages of a file in JSON Lines, plain or packed by gzip or Zstandard.

    Parameters
    ----------
    stream : binary file
        Only read from front to back.
    path : Source
        The file.
    limits : Limits

    Raises
    ------
    InputError
        If the compression is cut off or damaged.
    UsageError
        If fastwarc is not installed, which unpacks Zstandard.
    """
    longest = -1 if limits.max_bytes is None else limits.max_bytes * _ESCAPED + _BESIDES
    lines = _unpacked(stream)
    last = number = 0
    seekable = stream.seekable()
    try:
        while line := lines.readline(longest):
            number += 1
            too_long = len(line) == longest and not line.endswith(b"\n")
            while too_long and (rest := lines.readline(longest)) and not rest.endswith(b"\n"):
                pass
            position = stream.tell() if seekable else 0
            if not too_long and not line.strip():
                continue
            yield _page(line, path, number, position - last, limits, too_long)
            last = position
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"The file is cut off or damaged after line {number} ({error}). Fetch it again.") from error


def _unpacked(stream: io.BufferedReader) -> io.BufferedIOBase:
    head = stream.peek(4)[:4]
    if head.startswith(GZIP):
        return gzip.GzipFile(fileobj=stream)
    if head == ZSTANDARD:
        try:
            from fastwarc.stream_io import ZstdReader
        except ImportError as error:
            raise UsageError(
                "Zstandard files need fastwarc. Install it with: pip install 'boilerplate[warc]'"
            ) from error
        source: Any = stream if stream.seekable() else Forward(stream)
        return io.BufferedReader(_Raw(ZstdReader(source)))
    return stream


class _Raw(io.RawIOBase):
    """A reader of fastwarc as a file of the standard library, which reads lines."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data: bytes = self._reader.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _page(line: bytes, path: Source, number: int, n_bytes: int, limits: Limits, too_long: bool) -> Source:
    problem, past_limit, html, url, input_format = "", False, None, None, HTML
    try:
        if too_long:
            raise LimitError("The line is longer than a page may be. Leave it out, or raise max-bytes.")
        html, url, input_format = _fields(line)
        limits.check_size(len(html))
    except InputError as error:
        problem, past_limit = str(error), isinstance(error, LimitError)
    return Source(
        name=f"{path.name}#{number}",
        relative=f"{path.relative}-{number:06d}.{input_format}",
        problem=problem,
        past_limit=past_limit,
        url=url,
        html=html,
        input_format=input_format,
        n_bytes=n_bytes,
    )


def _fields(line: bytes) -> tuple[str, str | None, str]:
    if len(line) > _SHORT:
        rest = _STRING.sub(b"", line)
        if sum(map(rest.count, (b",", b"[", b"{"))) > _MAX_VALUES:
            raise LimitError(f"The line has more than {_MAX_VALUES:,} values. Leave it out, or keep html and url only.")
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"The line is not JSON ({error}). Correct it.") from error
    fields = record if isinstance(record, dict) else {}
    input_format = HTML if isinstance(fields.get("html"), str) else TEXT
    page = fields.get("html" if input_format == HTML else "text")
    if not isinstance(page, str):
        raise InputError(
            "The line has no page: give it under html, or under text if it has no markup, and its address under url."
        )
    url = fields.get("url")
    return page, url if isinstance(url, str) and url else None, input_format
