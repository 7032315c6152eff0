"""Where the outcomes of a run go: files, rows of one file, shards of a table; resumed where an earlier run stopped.

Each writer takes outcomes in the order of the pages and keeps a journal of how far it has come. A page counts as done
once what is written of it is safe on the disk and the journal says so; after a stop of any kind the next run begins
with the page after that.
"""

from __future__ import annotations

from boilerplate.writing.choose import open_writer
from boilerplate.writing.journal import Run
from boilerplate.writing.writer import Writer

__all__ = ["Run", "Writer", "open_writer"]
