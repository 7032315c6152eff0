"""Where pages come from: files and directories, archives of crawls, tables, standard input.

Whatever the form, a page is a `Source`: a name, and either its bytes or the file to read them from. One module a form;
each reads as a stream, a page at a time.
"""

from __future__ import annotations

from boilerplate.inputs.names import Inputs, find_sources, is_one_page
from boilerplate.inputs.source import PAGE_SUFFIXES, STDIN, Source, read_html, read_source, with_page

__all__ = [
    "PAGE_SUFFIXES",
    "STDIN",
    "Inputs",
    "Source",
    "find_sources",
    "is_one_page",
    "read_html",
    "read_source",
    "with_page",
]
