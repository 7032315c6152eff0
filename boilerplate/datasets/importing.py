"""Take in other projects' collections of labelled pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from boilerplate.datasets.formats import FORMATS, evaldata, folders, readability, table, wcxb, zyte
from boilerplate.datasets.records import Failed, NewPage
from boilerplate.datasets.writing import DatasetWriter
from boilerplate.errors import DatasetError, UsageError

__all__ = ["ImportReport", "import_collection"]

Reader = Callable[[Path, str], Iterator[NewPage | Failed]]

_READERS: Mapping[str, Reader] = {
    "wcxb": wcxb.read_pages,
    "zyte": zyte.read_pages,
    "evaldata": evaldata.read_pages,
    "readability": readability.read_pages,
    "folders": folders.read_pages,
    "csv": table.read_pages,
}


@dataclass(slots=True)
class ImportReport:
    """What came of an import.

    Attributes
    ----------
    pages : int
        Pages written.
    failed : list of Failed
    """

    pages: int = 0
    failed: list[Failed] = field(default_factory=list)


def import_collection(
    kind: str,
    source: Path,
    output: Path,
    *,
    name: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Write a collection as a dataset.

    Parameters
    ----------
    kind : str
        One of `boilerplate.datasets.formats.FORMATS`.
    source : Path
        The collection.
    output : Path
        The dataset's directory, without pages so far.
    name : str, optional
        What the pages' ``source`` is and their ids begin with; the format's name if left out.
    progress : callable, optional
        Called with the number of pages done.

    Returns
    -------
    ImportReport

    Raises
    ------
    UsageError
        If there is no such format, or nothing at `source`.
    DatasetError
        If `source` is not of the format, or `output` holds a dataset already or cannot be written.
    """
    if kind not in FORMATS:
        raise UsageError(f"There is no format {kind!r}. Use one of {', '.join(FORMATS)}.")
    if not source.exists():
        raise UsageError(f"There is no file or directory {source}. Check the path.")
    if (output / "pages.jsonl").exists():
        raise DatasetError(f"{output} holds a dataset already. Give another directory with -o.")
    writer = DatasetWriter(output)
    report = ImportReport()
    for page in _READERS[kind](source, name or kind):
        if isinstance(page, Failed):
            report.failed.append(page)
        elif page.id in writer:
            report.failed.append(Failed(page.url or page.id, f"The page {page.id!r} is there twice. One is kept."))
        else:
            writer.add(page)
            report.pages += 1
        if progress:
            progress(report.pages + len(report.failed))
    if report.pages:
        writer.finish()
    return report
