"""A page to be read, and the reading of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from boilerplate.errors import InputError, LimitError, MissingInputError
from boilerplate.files import system_reason
from boilerplate.input_format import HTML
from boilerplate.inputs.packed import GZIP, unpack_gzip
from boilerplate.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from boilerplate.web.options import WebPage

__all__ = [
    "PAGE_SUFFIXES",
    "STDIN",
    "TEXT_SUFFIXES",
    "Source",
    "read_html",
    "read_source",
    "with_page",
]

#: Files in a directory that are taken for pages.
PAGE_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml", ".html.gz", ".htm.gz", ".xhtml.gz")
#: Files that are texts without markup, by the ends of their names.
TEXT_SUFFIXES = (".txt", ".txt.gz")
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """A page to be read.

    Attributes
    ----------
    name : str
        The path as the user gave it (within a directory: joined to it), or ``-``. A page within an archive or table has
        the name of that, ``#``, and where it stands there: the offset of a WARC record, the number of a line or row.
    relative : str
        Name for a file made of this page: the path below the directory given, else the file's name.
    problem : str
        Why there is no page of this name, if that is known already; else empty.
    past_limit : bool
        Whether the problem is that the page is longer than it may be.
    url : str, optional
        The page's address, if the archive or table tells.
    html : bytes or str, optional
        The page itself; None if it stands in the file of that name.
    charset : str, optional
        The encoding as the server named it.
    input_format : str
        What the page is: ``html``, or ``txt`` for text without markup.
    language : str
        Language of a text, if the archive tells.
    fetch : callable, optional
        Fetches the page, whose name is an address; raises `InputError` if that fails.
    n_bytes : int
        How much of the input this page takes up, as far as it is known: what progress is measured in.
    """

    name: str
    relative: str
    problem: str = ""
    past_limit: bool = False
    url: str | None = None
    html: bytes | str | None = field(default=None, repr=False)
    charset: str | None = None
    input_format: str = HTML
    language: str = ""
    fetch: Callable[[str], WebPage] | None = field(default=None, repr=False, compare=False)
    n_bytes: int = field(default=0, compare=False)

    @property
    def is_portable(self) -> bool:
        """Whether any process can read it, as it cannot a pipe."""
        if self.problem or self.html is not None:
            return True
        return self.fetch is None and self.name != STDIN and os.path.isfile(self.name)


def with_page(source: Source, limits: Limits = DEFAULT_LIMITS) -> Source:
    """The source with its page at hand, and what is known of a fetched page only now: its address and charset.

    Raises
    ------
    InputError
        As of `read_source`; its subclass `FetchError` if the page cannot or may not be fetched.
    """
    if source.problem or source.html is not None or source.fetch is None:
        return replace(source, html=read_html(source, limits))
    page = source.fetch(source.name)
    return replace(source, html=page.html, url=page.url, charset=page.charset, n_bytes=len(page.html), fetch=None)


def read_html(source: Source, limits: Limits = DEFAULT_LIMITS) -> bytes | str:
    """A page, from wherever it stands: its bytes, or its text where a table holds that.

    Raises
    ------
    InputError
        As of `read_source`.
    """
    if source.problem or source.html is None:
        return read_source(source, limits)
    return source.html


def read_source(source: Source, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The bytes of a page from its file or standard input; what is packed by gzip is unpacked.

    Raises
    ------
    InputError
        If it cannot be read; its subclass `LimitError` if it is larger than ``limits.max_bytes``.
    """
    if source.problem:
        raise (LimitError if source.past_limit else MissingInputError)(source.problem)
    # One byte more than is allowed, to see whether there is more.
    wanted = -1 if limits.max_bytes is None else limits.max_bytes + 1
    try:
        if source.name == STDIN:
            if sys.stdin is None:
                raise MissingInputError("Standard input is closed. Pipe a page in, or name a file.")
            data = sys.stdin.buffer.read(wanted)
        else:
            with open(source.name, "rb") as stream:
                data = stream.read(wanted)
    except FileNotFoundError as error:
        raise MissingInputError("There is no such file. Check the path, or where the link points to.") from error
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {system_reason(error)}. Check what it is and its permissions."
        ) from error
    if data.startswith(GZIP):
        data = unpack_gzip(data, limits)
    limits.check_size(len(data))
    return data
