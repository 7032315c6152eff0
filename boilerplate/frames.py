"""Tables of pages in, tables of texts out: for engines that spread pandas frames over machines.

One function does it, `clean_frame`; `clean_frames` is the same over a stream of frames, and `page_frames` makes such
frames of archives. Dask's ``map_partitions`` and Ray's ``map_batches`` take the first, Spark's ``mapInPandas`` the
others.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from boilerplate.batch.outcome import TIMING_COLUMNS, Outcome, Task, outcome_columns
from boilerplate.batch.run import clean_setup
from boilerplate.batch.worker import Worker
from boilerplate.errors import InputError, UsageError
from boilerplate.input_format import HTML, TEXT
from boilerplate.inputs import Inputs
from boilerplate.inputs.names import form_of
from boilerplate.inputs.readers import read_pages
from boilerplate.inputs.source import Source, with_page
from boilerplate.labelled import DEFAULT_KEEP, check_labels
from boilerplate.limits import DEFAULT_LIMITS, Limits
from boilerplate.model.choice import Models
from boilerplate.model.model import Model
from boilerplate.output import Options
from boilerplate.output.records import without_surrogates

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SPARK_SCHEMA", "clean_frame", "clean_frames", "page_frames"]

#: Rows given to a process at a time.
_CHUNK = 64
_COLUMNS = outcome_columns(Options())
_NUMBERS = frozenset({"confidence", *TIMING_COLUMNS, *(name for name in _COLUMNS if name.startswith("share_"))})
#: The result's columns in the words of Spark.
SPARK_SCHEMA = ", ".join(f"{name} {'double' if name in _NUMBERS else 'string'}" for name in _COLUMNS)


def clean_frame(
    frame: pd.DataFrame,
    *,
    keep: Iterable[str] = DEFAULT_KEEP,
    model: Model | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> pd.DataFrame:
    """Clean a table of pages.

    The pages are cleaned one after the other in a worker process beside this one, so that none of them can hang it or
    bring it down.

    Parameters
    ----------
    frame : DataFrame
        A page a row: ``html`` (text or bytes), and if known ``url``, ``charset``, the encoding as the server named it,
        and ``input_format``, which is ``txt`` for text without markup. A column ``source`` gives pages their names;
        without it, they have those of the index.
    keep : iterable of str
        One or more of ``article`` (the main text), ``promo``, ``feed``, ``chrome``.
    model : Model, optional
        The default model if left out.
    limits : Limits
        What a page may cost.

    Returns
    -------
    DataFrame
        A row a page, with the same index, and the columns of `SPARK_SCHEMA`: ``source``, ``status``, ``reason``,
        ``url``, ``title``, ``confidence``, ``share_article`` and so on, ``text``, and timings.

    Raises
    ------
    UsageError
        If there is no column ``html``, or a label is unknown.
    BoilerplateError
        If no process can be started.
    """
    (result,) = clean_frames([frame], keep=keep, model=model, limits=limits)
    return result


def clean_frames(
    frames: Iterable[pd.DataFrame],
    *,
    keep: Iterable[str] = DEFAULT_KEEP,
    model: Model | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[pd.DataFrame]:
    """Clean a stream of tables of pages, in one worker process for all of them; see `clean_frame`."""
    task = Task(tuple(sorted(check_labels(keep))), "jsonl", limits=limits)
    models = Models(model)
    if model is None:
        models.of(HTML)  # once, and not in every process
    with Worker(clean_setup(models, task)) as worker:
        for frame in frames:
            yield _clean(frame, worker)


def page_frames(
    frames: Iterable[pd.DataFrame], *, limits: Limits = DEFAULT_LIMITS, rows: int = 256
) -> Iterator[pd.DataFrame]:
    """Read the pages of archives and tables as frames for `clean_frames`, a part of an archive at a time.

    Parameters
    ----------
    frames : iterable of DataFrame
        A file a row, its path under ``path``; ``s3://`` and the like if fsspec and what it needs for them is installed.
    limits : Limits
        How many bytes of a page are read.
    rows : int
        Pages of a frame, at most.

    Yields
    ------
    DataFrame
        Columns ``source``, ``url``, ``html``, ``charset`` and ``input_format``. An archive that cannot be read, and a
        page in one, has a row without ``html`` whose ``problem`` says why.
    """
    import pandas as pd

    for frame in frames:
        for path in frame["path"]:
            pages = iter(_pages(str(path), limits))
            while part := list(islice(pages, rows)):
                columns = ("name", "url", "html", "charset", "input_format", "problem")
                data = {name: pd.Series([getattr(source, name) for source in part], dtype="object") for name in columns}
                yield pd.DataFrame(data).rename(columns={"name": "source"})


def _pages(path: str, limits: Limits) -> Iterator[Source]:
    if "://" not in path:
        for source in Inputs([path], limits=limits):
            try:
                yield with_page(source, limits)
            except InputError as error:
                yield replace(source, problem=str(error))
        return
    try:
        import fsspec
    except ImportError as error:
        raise UsageError(f"{path} needs fsspec. Install it, and what it needs for such addresses.") from error
    name = path.rpartition("/")[2]
    try:
        with fsspec.open(path, "rb") as stream:
            yield from read_pages(io.BufferedReader(stream), Source(path, name), form_of(name), limits, Counter())
    except (InputError, OSError) as error:
        yield Source(path, name, f"The archive cannot be read: {error}.")


def _clean(frame: pd.DataFrame, worker: Worker[Source, Any]) -> pd.DataFrame:
    import pandas as pd

    if "html" not in frame.columns:
        raise UsageError(
            f"The frame has no column html, but {', '.join(map(str, frame.columns))}. Give pages under html, addresses "
            "under url."
        )
    rows: list[dict[str, Any]] = []
    for start in range(0, len(frame), _CHUNK):
        sources = list(_sources(frame.iloc[start : start + _CHUNK]))
        rows += (Outcome(source, cleaned).row() for source, cleaned in zip(sources, worker.map(sources), strict=True))
    columns = {
        # Types are fixed, as a column in which every page failed has nothing to tell its type by.
        name: pd.Series(
            [_plain(row[name]) for row in rows], index=frame.index, dtype="float64" if name in _NUMBERS else "object"
        )
        for name in _COLUMNS
    }
    return pd.DataFrame(columns, index=frame.index)


def _sources(frame: pd.DataFrame) -> Iterator[Source]:
    def column(name: str) -> Iterable[Any]:
        return frame[name] if name in frame.columns else [None] * len(frame)

    names = frame["source"] if "source" in frame.columns else frame.index
    others = (column(name) for name in ("url", "charset", "input_format", "problem"))
    for name, html, url, charset, input_format, problem in zip(names, frame["html"], *others, strict=True):
        page = bytes(html) if isinstance(html, bytearray | memoryview) else html
        known = isinstance(page, str | bytes)
        yield Source(
            name=str(name),
            relative=str(name),
            problem="" if known else str(problem or "The row's html is empty. Leave it out."),
            url=url if isinstance(url, str) and url else None,
            html=page if known else None,
            charset=charset if isinstance(charset, str) and charset else None,
            input_format=input_format if input_format == TEXT else HTML,
        )


def _plain(value: Any) -> Any:
    return without_surrogates(value) if isinstance(value, str) else value
