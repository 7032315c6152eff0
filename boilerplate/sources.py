"""Where pages come from: files, directories, standard input."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from boilerplate.errors import InputError, MissingInputError

__all__ = ["MAX_PAGE_BYTES", "PAGE_SUFFIXES", "Source", "find_sources", "read_source"]

#: A page may have this many bytes; a longer one is refused.
MAX_PAGE_BYTES = 64_000_000
#: Files in a directory that are taken for pages.
PAGE_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml", ".mhtml.html", ".html.gz", ".htm.gz")
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """A page to be read.

    Attributes
    ----------
    name : str
        The path as the user gave it (within a directory: joined to it), or ``-``.
    relative : str
        Name for a file made of this page: the path below the directory given, else the file's name.
    """

    name: str
    relative: str


def find_sources(names: Iterable[str]) -> tuple[list[Source], list[tuple[str, str]]]:
    """Turn paths into pages to read; directories are searched, in the order of names.

    Returns
    -------
    sources : list of Source
    failures : list of (str, str)
        Names that hold no page, each with a sentence that says why.
    """
    sources: list[Source] = []
    failures: list[tuple[str, str]] = []
    for name in names:
        try:
            sources.extend(_expand(name))
        except InputError as error:
            failures.append((name, str(error)))
    return sources, failures


def _expand(name: str) -> Iterator[Source]:
    if name == STDIN:
        yield Source(STDIN, "stdin.html")
        return
    if "://" in name[:12]:
        raise MissingInputError("Addresses are not fetched. Save the page to a file, or pipe it in with `-`.")
    try:
        path = Path(name)
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.name.lower().endswith(PAGE_SUFFIXES) and p.is_file())
            if not found:
                raise MissingInputError(
                    "The directory holds no page (no file ending in .html, .htm, .xhtml). Name files instead."
                )
            yield from (Source(str(p), str(p.relative_to(path))) for p in found)
            return
        exists = path.exists()
    except (OSError, ValueError) as error:
        raise MissingInputError(f"The path cannot be looked up: {error}.") from error
    if not exists:
        raise MissingInputError("There is no such file or directory. Check the path.")
    yield Source(name, path.name)


def read_source(source: Source) -> bytes:
    """The bytes of a page; a gzip file is unpacked.

    Raises
    ------
    InputError
        If it cannot be read or is too large.
    """
    try:
        if source.name == STDIN:
            data = sys.stdin.buffer.read(MAX_PAGE_BYTES + 1)
        else:
            path = Path(source.name)
            if not path.is_file():
                raise MissingInputError("This is no regular file. Name a file that holds a page.")
            with path.open("rb") as stream:
                data = stream.read(MAX_PAGE_BYTES + 1)
    except OSError as error:
        raise MissingInputError(f"The file cannot be read: {error.strerror or error}.") from error
    if source.name.endswith(".gz"):
        data = _unpack(data)
    if len(data) > MAX_PAGE_BYTES:
        raise InputError(f"The page is larger than {MAX_PAGE_BYTES // 1_000_000} MB. Split it, or leave it out.")
    return data


def _unpack(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        return unpacker.decompress(data, MAX_PAGE_BYTES + 1)
    except zlib.error as error:
        raise InputError(f"The file ends in .gz but is no gzip file ({error}). Rename or restore it.") from error
