"""Where pages come from: files, directories, standard input."""

from __future__ import annotations

import os
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from boilerplate.errors import InputError, MissingInputError, UsageError

__all__ = ["MAX_PAGE_BYTES", "PAGE_SUFFIXES", "STDIN", "Source", "find_sources", "is_one_page", "read_source"]

#: A page may have this many bytes; a longer one is refused.
MAX_PAGE_BYTES = 64_000_000
#: Files in a directory that are taken for pages.
PAGE_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml", ".html.gz", ".htm.gz", ".xhtml.gz")
STDIN = "-"

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Source:
    """A page to be read.

    Attributes
    ----------
    name : str
        The path as the user gave it (within a directory: joined to it), or ``-``.
    relative : str
        Name for a file made of this page: the path below the directory given, else the file's name.
    problem : str
        Why there is no page of this name, if that is known already; else empty.
    """

    name: str
    relative: str
    problem: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it can be read any number of times and by any process, as pipes cannot."""
        return self.name != STDIN and not self.problem and os.path.isfile(self.name)


def find_sources(names: Iterable[str]) -> list[Source]:
    """Turn paths into pages to read; directories are searched, in the order of names.

    Returns
    -------
    list of Source
        A name that holds no page is among them too, with its problem: every input has an outcome.

    Raises
    ------
    UsageError
        If standard input is named twice.
    """
    sources: list[Source] = []
    for name in names:
        try:
            sources.extend(_expand(name))
        except InputError as error:
            sources.append(Source(name, "", str(error)))
    if sum(source.name == STDIN for source in sources) > 1:
        raise UsageError("Standard input (-) can be read only once. Name it once.")
    return sources


def is_one_page(names: Iterable[str]) -> bool:
    """Whether the names stand for a single page, rather than for as many as there happen to be."""
    given = list(names)
    return len(given) == 1 and not os.path.isdir(given[0])


def _expand(name: str) -> Iterator[Source]:
    if name == STDIN:
        yield Source(STDIN, "stdin.html")
        return
    if "://" in name[:12]:
        raise MissingInputError("Addresses are not fetched. Save the page to a file, or pipe it in with `-`.")
    try:
        mode = os.stat(name).st_mode
    except FileNotFoundError as error:
        raise MissingInputError("There is no such file or directory. Check the path.") from error
    except (OSError, ValueError) as error:
        raise MissingInputError(f"The path cannot be looked up: {_reason(error)}. Check it.") from error
    if not stat.S_ISDIR(mode):
        yield Source(name, Path(name).name)
        return
    found = list(_search(name))
    if not found:
        raise MissingInputError(
            "The directory holds no page (no file ending in .html, .htm, .xhtml). Name files instead."
        )
    yield from sorted(found, key=lambda source: source.relative)


def _search(directory: str) -> Iterator[Source]:
    problems: list[OSError] = []
    for folder, _, files in os.walk(directory, onerror=problems.append):
        for file in files:
            if not file.lower().endswith(PAGE_SUFFIXES):
                continue
            path = Path(folder, file)
            # A broken link is found missing when it is read; a pipe without a writer would be read for ever.
            problem = "" if path.is_file() or path.is_symlink() else "This is no regular file. Leave it out."
            yield Source(str(path), str(path.relative_to(directory)), problem)
    for error in problems:
        yield Source(
            str(error.filename), "", f"The directory cannot be read: {_reason(error)}. Change its permissions."
        )


def read_source(source: Source) -> bytes:
    """The bytes of a page; what is packed by gzip is unpacked.

    Raises
    ------
    InputError
        If it cannot be read or is too large.
    """
    if source.problem:
        raise MissingInputError(source.problem)
    try:
        if source.name == STDIN:
            if sys.stdin is None:
                raise MissingInputError("Standard input is closed. Pipe a page in, or name a file.")
            data = sys.stdin.buffer.read(MAX_PAGE_BYTES + 1)
        else:
            with open(source.name, "rb") as stream:
                data = stream.read(MAX_PAGE_BYTES + 1)
    except FileNotFoundError as error:
        raise MissingInputError("There is no such file. Check the path, or where the link points to.") from error
    except OSError as error:
        raise MissingInputError(
            f"The file cannot be read: {_reason(error)}. Check what it is and its permissions."
        ) from error
    if data.startswith(_GZIP):
        data = _unpack(data)
    if len(data) > MAX_PAGE_BYTES:
        raise InputError(f"The page is larger than {MAX_PAGE_BYTES // 1_000_000} MB. Split it, or leave it out.")
    return data


def _unpack(data: bytes) -> bytes:
    """Unpack gzip, which may consist of several parts."""
    pieces: list[bytes] = []
    size = 0
    try:
        while data.startswith(_GZIP) and size <= MAX_PAGE_BYTES:
            unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            pieces.append(unpacker.decompress(data, MAX_PAGE_BYTES + 1 - size))
            size += len(pieces[-1])
            if not unpacker.eof and size <= MAX_PAGE_BYTES:
                raise InputError("The gzip file is cut off. Fetch it again.")
            data = unpacker.unused_data
    except zlib.error as error:
        raise InputError(f"The gzip file is damaged ({error}). Fetch it again.") from error
    return b"".join(pieces)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
