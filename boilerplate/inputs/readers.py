"""Which reader reads which form of input."""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from boilerplate.errors import MissingInputError
from boilerplate.inputs.packed import Forward
from boilerplate.inputs.source import STDIN, Source
from boilerplate.limits import Limits

__all__ = ["open_pages", "read_pages"]


def open_pages(path: Source, form: str, limits: Limits, skipped: Counter[str]) -> Iterator[Source]:
    """Pages of a file that holds many.

    Parameters
    ----------
    path : Source
        The file, or standard input.
    form : str
        One of `boilerplate.inputs.names.FORMS` other than ``html``.
    limits : Limits
    skipped : Counter
        Takes what is no page.

    Raises
    ------
    InputError
        If the file is not of that form, is cut off or damaged; the pages before that have been given by then.
    UsageError
        If the package that reads the form is not installed.
    """
    with _binary(path.name) as stream:
        yield from read_pages(stream, path, form, limits, skipped)


def read_pages(
    stream: io.BufferedReader, path: Source, form: str, limits: Limits, skipped: Counter[str]
) -> Iterator[Source]:
    """Pages of an open file that holds many; as `open_pages` otherwise."""
    # Each form has packages of its own, which those without such files need not wait for.
    if form == "warc":
        from boilerplate.inputs.warc import read_warc

        yield from read_warc(stream if stream.seekable() else Forward(stream), path, limits, skipped)
    elif form == "parquet":
        from boilerplate.inputs.parquet import read_parquet

        yield from read_parquet(stream, path)
    else:
        from boilerplate.inputs.jsonl import read_jsonl

        yield from read_jsonl(stream, path, limits)


@contextmanager
def _binary(name: str) -> Iterator[io.BufferedReader]:
    if name != STDIN:
        with open(name, "rb") as stream:
            yield stream
    elif sys.stdin is None:
        raise MissingInputError("Standard input is closed. Pipe pages in, or name a file.")
    else:
        # What it is when it is not replaced.
        assert isinstance(sys.stdin.buffer, io.BufferedReader)
        yield sys.stdin.buffer
