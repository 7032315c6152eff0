"""From what a user names to the pages behind it: files, directories, patterns, lists of names, archives."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from boilerplate.errors import InputError, MissingInputError, UsageError
from boilerplate.files import system_reason
from boilerplate.input_format import HTML, INPUT_FORMATS, TEXT
from boilerplate.inputs.source import PAGE_SUFFIXES, STDIN, TEXT_SUFFIXES, Source
from boilerplate.inputs.stdin import form_of_stdin
from boilerplate.limits import DEFAULT_LIMITS, Limits
from boilerplate.web import is_address

if TYPE_CHECKING:
    from os import DirEntry

    from boilerplate.web.options import WebPage

__all__ = ["ARCHIVE_SUFFIXES", "FORMS", "Inputs", "find_sources", "form_of", "is_one_page"]

#: Forms of input that hold many pages, by the ends of their names.
ARCHIVE_SUFFIXES = {
    # WET files, the texts that Common Crawl makes of its pages, are WARC archives too.
    **dict.fromkeys((".warc", ".warc.gz", ".warc.zst", ".wet", ".wet.gz", ".wet.zst"), "warc"),
    **dict.fromkeys((".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".jsonl.zst", ".ndjson.zst"), "jsonl"),
    ".parquet": "parquet",
}
FORMS = ("html", "jsonl", "parquet", "txt", "warc")
_WILD = frozenset("*?[")
#: What people copy without its scheme, as ``www.example.org`` or ``example.org/news``.
_HOST = re.compile(r"www\.[^/\s]+\.\w|[\w-]+(\.[\w-]+)*\.[^\W\d_]{2,}/", re.IGNORECASE)
_MANY_PAGES = (
    "By its name this is an archive or table of many pages, and only single pages are read here. `boilerplate clean -f "
    "json` reads it, and with all four labels for --keep gives every block."
)
_NO_FILE_NAME = re.compile(r"[^\w.-]+")
_MAX_FILE_NAME = 100


@dataclass
class Inputs:
    """All the pages that a user names, read as a stream.

    Attributes
    ----------
    names : sequence of str
        Files, directories, patterns (``**`` for any directories), addresses, and ``-`` for standard input.
    files_from : str, optional
        A file with a name a line, ``-`` for standard input; its names follow `names`.
    form : str, optional
        One of `FORMS`: what every file is, whatever its name ends in.
    limits : Limits
        How many bytes of a page are read.
    fetch : callable, optional
        Fetches the page of an address; without it, addresses are no pages.
    archives : bool
        Whether a file may hold many pages; without, every file is a page.
    skipped : Counter
        What archives hold that is no page, by kind, as far as they have been read.

    Raises
    ------
    UsageError
        If standard input is named twice, the form is unknown, or `files_from` cannot be read.
    """

    names: Sequence[str]
    files_from: str | None = None
    form: str | None = None
    limits: Limits = DEFAULT_LIMITS
    fetch: Callable[[str], WebPage] | None = None
    archives: bool = True
    skipped: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        if [*self.names, self.files_from].count(STDIN) > 1:
            raise UsageError("Standard input (-) can be read only once. Name it once.")
        if self.form is not None and self.form not in FORMS:
            raise UsageError(f"{self.form!r} is no form of input. Use one of {', '.join(FORMS)}.")
        if self.files_from is not None and self.files_from != STDIN and not os.path.exists(self.files_from):
            raise UsageError(f"There is no file {self.files_from} to take names from. Check --files-from.")

    def is_one_page(self) -> bool:
        """Whether the names stand for a single page, rather than for as many as there happen to be."""
        if self.files_from is not None or len(self.names) != 1 or self.form not in (None, *INPUT_FORMATS):
            return False
        return is_one_page(self.names) or (self.form is not None and os.path.isfile(self.names[0]))

    def paths(self) -> Iterator[Source]:
        """Files that hold pages, one or many, in order; names that hold none are among them, with the problem."""
        searched = _searched(self.form if self.archives else self.form or HTML)
        for name in self._all_names():
            try:
                yield from [self._of_web(name)] if is_address(name) else _expand(name, searched)
            except InputError as error:
                yield Source(name, "", str(error))

    def _of_web(self, address: str) -> Source:
        if self.fetch is None:
            raise MissingInputError("Addresses are not fetched here. Save the page to a file.")
        name = _NO_FILE_NAME.sub("-", address.partition("://")[2])[:_MAX_FILE_NAME].strip("-.")
        return Source(address, f"{name or 'page'}.html", fetch=self.fetch)

    def __iter__(self) -> Iterator[Source]:
        """Every page, in the order of the names; a directory's in the order of its files' names."""
        for path in self.paths():
            form = HTML if path.problem else self.form or form_of(path.name)
            if form not in INPUT_FORMATS and path.fetch is not None:
                form = HTML
            if form not in INPUT_FORMATS and not self.archives and path.name != STDIN:
                yield replace(path, problem=_MANY_PAGES)
            elif form in INPUT_FORMATS or not self.archives:
                form = form if form in INPUT_FORMATS else HTML
                yield replace(path, input_format=form)
            else:
                yield from self._within(path, form)

    def n_bytes(self) -> int | None:
        """Size of all files, to measure progress by; None if it is not known, as of standard input."""
        total = 0
        if STDIN in (*self.names, self.files_from):
            return None
        for path in self.paths():
            total += path.n_bytes
        return total

    def _all_names(self) -> Iterator[str]:
        yield from self.names
        if self.files_from is None:
            return
        try:
            with _open_list(self.files_from) as stream:
                for line in stream:
                    name = os.fsdecode(line.rstrip(b"\r\n"))
                    if name:
                        yield name
        except OSError as error:
            raise UsageError(
                f"{self.files_from} cannot be read: {system_reason(error)}. Check --files-from."
            ) from error

    def _within(self, path: Source, form: str) -> Iterator[Source]:
        """Pages of an archive or a table. What goes wrong in it is an outcome of its own; the others go on."""
        from boilerplate.inputs.readers import open_pages

        try:
            yield from open_pages(path, form, self.limits, self.skipped)
        except InputError as error:
            yield Source(path.name, "", str(error))
        except OSError as error:
            yield Source(path.name, "", f"The file cannot be read: {system_reason(error)}. Check it.")


def find_sources(names: Iterable[str]) -> list[Source]:
    """Turn paths into pages to read, each in a file of its own; directories are searched, in the order of names.

    Returns
    -------
    list of Source
        A name that holds no page is among them too, with its problem: every input has an outcome.

    Raises
    ------
    UsageError
        If standard input is named twice.
    """
    return list(Inputs(list(names), form="html"))


def is_one_page(names: Iterable[str]) -> bool:
    """Whether the names stand for a single page, rather than for as many as there happen to be."""
    given = list(names)
    if len(given) == 1 and is_address(given[0]):
        return True
    return (
        len(given) == 1
        and not os.path.isdir(given[0])
        and not _is_pattern(given[0])
        and form_of(given[0]) in INPUT_FORMATS
    )


def form_of(name: str) -> str:
    """One of `FORMS`, by the end of a name; standard input is looked at."""
    if name == STDIN:
        return form_of_stdin()
    lower = name.lower()
    if lower.endswith(TEXT_SUFFIXES):
        return TEXT
    return next((form for suffix, form in ARCHIVE_SUFFIXES.items() if lower.endswith(suffix)), "html")


def _searched(form: str | None) -> tuple[str, ...]:
    """What a directory is searched for. Tables only if asked for: datasets have some beside their pages."""
    if form in INPUT_FORMATS:
        # Beside pages lie texts that are none, so they are looked for only if asked for.
        return PAGE_SUFFIXES if form == HTML else TEXT_SUFFIXES
    archives = tuple(suffix for suffix, kind in ARCHIVE_SUFFIXES.items() if kind == (form or "warc"))
    return archives if form is not None else (*PAGE_SUFFIXES, *archives)


def _is_pattern(name: str) -> bool:
    return not _WILD.isdisjoint(name) and not os.path.lexists(name)


def _open_list(name: str) -> IO[bytes]:
    if name != STDIN:
        return open(name, "rb")
    if sys.stdin is None:
        raise UsageError("Standard input is closed. Pipe names in, or give a file to --files-from.")
    return sys.stdin.buffer


def _expand(name: str, searched: tuple[str, ...]) -> Iterator[Source]:
    if name == STDIN:
        yield Source(STDIN, "stdin.html")
        return
    if not name.strip():
        raise MissingInputError("The name of an input is empty. Check the variable or the list that it comes from.")
    try:
        status = os.stat(name)
    except FileNotFoundError as error:
        if _is_pattern(name):
            yield from _match(name, searched)
            return
        raise _missing(name, "There is no such file or directory. Check the path.") from error
    except (OSError, ValueError) as error:
        raise MissingInputError(f"The path cannot be looked up: {system_reason(error)}. Check it.") from error
    if not stat.S_ISDIR(status.st_mode):
        yield Source(name, Path(name).name, n_bytes=status.st_size)
        return
    empty = True
    for source in _search(name, "", searched):
        empty = False
        yield source
    if empty:
        raise MissingInputError(
            f"The directory holds no page (no file ending in {', '.join(searched)}). Name files instead; for texts, "
            "clean and label have --input-format txt."
        )


def _missing(name: str, otherwise: str) -> MissingInputError:
    if _HOST.match(name):
        return MissingInputError(f"There is no such file or directory. If this is an address, write https://{name}.")
    return MissingInputError(otherwise)


def _match(pattern: str, searched: tuple[str, ...]) -> Iterator[Source]:
    from glob import glob

    names = sorted(glob(pattern, recursive=True))
    if not names:
        raise _missing(pattern, "No file or directory has a name of this pattern. Check it.")
    recursive = "**" in pattern
    for name in names:
        # What ** finds is both a directory and all that is in it.
        if not (recursive and os.path.isdir(name)):
            yield from _expand(name, searched)


def _search(directory: str, below: str, searched: tuple[str, ...]) -> Iterator[Source]:
    """Files below a directory, one directory at a time in memory."""
    folder = os.path.join(directory, below)
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield Source(folder, "", f"The directory cannot be read: {system_reason(error)}. Change its permissions.")
        return
    for entry in found:
        relative = os.path.join(below, entry.name)
        if entry.is_dir(follow_symlinks=False):
            yield from _search(directory, relative, searched)
        elif entry.name.lower().endswith(searched) and not entry.is_dir():
            yield _file(entry, relative)


def _file(entry: DirEntry[str], relative: str) -> Source:
    # A broken link is found missing when it is read; a pipe without a writer would be read for ever.
    if not entry.is_file():
        problem = "" if entry.is_symlink() else "This is no regular file. Leave it out."
        return Source(entry.path, relative, problem)
    return Source(entry.path, relative, n_bytes=entry.stat().st_size)
