"""``boilerplate clean``: keep the main text of pages, or the blocks of other labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from boilerplate.batch import Outcome, Task, clean_sources, outcome_columns
from boilerplate.cli.common import (
    CONFIG_OPTION,
    MODEL_OPTION,
    check_choice,
    check_one_page,
    emit,
    make_directory,
    open_output,
    page_progress,
    report_failures,
    say,
    to_path,
    write_text,
)
from boilerplate.errors import BoilerplateError, UsageError
from boilerplate.labelled import DEFAULT_KEEP, check_labels
from boilerplate.model.model import load_model
from boilerplate.output import FORMATS, Options
from boilerplate.output.records import csv_header, csv_rows, json_lines, json_text, without_surrogates
from boilerplate.sources import PAGE_SUFFIXES, Source, find_sources, is_one_page

__all__ = ["clean"]

_FILE_SUFFIX = {"txt": ".txt", "markdown": ".md", "html": ".html", "json": ".json"}
#: Formats with a row a page.
_TABLES = ("jsonl", "csv", "parquet")
_CHOICES = (*FORMATS, "parquet")
#: Pages that are written to a Parquet file at a time.
_ROW_GROUP = 1000


def clean(
    pages: Annotated[
        list[str],
        typer.Argument(metavar="PAGE", help="HTML files, directories of them, or - for standard input."),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write, - for standard output; for several pages and txt, markdown, html or json a directory.",
        ),
    ] = None,
    output_format: Annotated[str, typer.Option("--output-format", "-f", help=f"One of {', '.join(_CHOICES)}.")] = "txt",
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            "-k",
            metavar="LABEL",
            help="article (the main text; the default), promo, feed or chrome; may be repeated.",
        ),
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="Address of the page, if there is one page only.")] = None,
    model: Annotated[Path | None, MODEL_OPTION] = None,
    with_metadata: Annotated[
        bool,
        typer.Option("--with-metadata", help="Title, authors, dates and so on too: before the text, or as fields."),
    ] = False,
    tables: Annotated[bool, typer.Option("--tables/--no-tables", help="Write tables of data.")] = True,
    links: Annotated[bool, typer.Option("--links/--no-links", help="Write links, in markdown and html.")] = True,
    images: Annotated[bool, typer.Option("--images/--no-images", help="Write images, in markdown and html.")] = False,
    keep_controls: Annotated[
        bool,
        typer.Option(
            "--keep-controls",
            help="Keep control characters, bidi overrides and characters that only hide text; HTML never has them.",
        ),
    ] = False,
    config: Annotated[Path | None, CONFIG_OPTION] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Processes; 0 for all cores.")] = 1,
) -> None:
    """Keep the main text of pages.

    Several pages to standard output: txt and markdown one after the other, json a line a page. jsonl, csv and parquet
    have a row a page, with its status and, if it failed, the reason.

    Options may stand in the table [tool.boilerplate] or [tool.boilerplate.clean] of a pyproject.toml, or in a file
    given by --config; the command line wins.

    Examples:

      boilerplate clean page.html

      boilerplate clean pages/ -o texts/ --jobs 0

      curl -s URL | boilerplate clean - --keep feed --output-format json
    """
    check_choice(output_format, _CHOICES, "--output-format")
    labels = tuple(sorted(check_labels(keep or DEFAULT_KEEP)))
    one = is_one_page(pages)
    check_one_page(url, one)
    output = to_path(output)
    if output_format == "parquet" and output is None:
        raise UsageError("Parquet is binary and needs a file. Give one with -o.")
    if output_format == "html" and output is None and not one:
        raise UsageError("Several HTML documents need a directory to be written to. Give one with -o.")
    sources = find_sources(pages)
    loaded = load_model(model)
    failures: list[tuple[str, str]] = []
    written = 0
    options = Options(links=links, images=images, tables=tables, metadata=with_metadata, controls=keep_controls)
    with _writer(output, output_format, one, outcome_columns(options)) as write, page_progress(len(sources)) as advance:
        task = Task(labels, output_format, url, options)
        for outcome in clean_sources(sources, model=loaded, task=task, jobs=jobs):
            reason = write(outcome)
            if reason:
                failures.append((outcome.source.name, reason))
            else:
                written += 1
                if one and output_format in ("txt", "markdown") and not outcome.rendered:
                    say("Nothing on this page is of the labels to keep. See all of it with: boilerplate label")
            advance()
    if not one:
        say(f"{written} of {len(sources)} pages cleaned.")
    report_failures(failures)


#: Writes what became of a page, and says why it failed, if it did, in reading or writing.
Writer = Callable[[Outcome], str]


@contextmanager
def _writer(output: Path | None, output_format: str, one: bool, columns: tuple[str, ...]) -> Iterator[Writer]:
    """What writes outcomes as they come; that there is a place for them is made sure before the first."""
    if output_format == "parquet" and output is not None:
        with _parquet(output, columns) as write:
            yield write
    elif output_format in _TABLES or (output_format == "json" and output is None and not one):
        with open_output(output) as write_out:
            if output_format == "csv":
                write_out(csv_header(columns))
            yield _rows(write_out, output_format, columns)
    elif output is None:
        yield _in_turn(output_format)
    elif one and not output.is_dir():
        yield _single(output, output_format)
    else:
        make_directory(output)
        yield _files(output, output_format)


def _document(outcome: Outcome, output_format: str) -> str:
    return json_text(outcome.record) if output_format == "json" else outcome.rendered


def _rows(write_out: Callable[[str], None], output_format: str, columns: tuple[str, ...]) -> Writer:
    def write(outcome: Outcome) -> str:
        row = outcome.row()
        if output_format == "json":
            row = {**row, **{name: row.get(name, []) for name in ("notes", "items", "blocks")}}
        else:
            row = {name: row.get(name) for name in columns}
        write_out(csv_rows([row], columns) if output_format == "csv" else json_lines([row]))
        return outcome.reason

    return write


def _in_turn(output_format: str) -> Writer:
    """One document after the other to standard output, an empty line between them."""
    first = True

    def write(outcome: Outcome) -> str:
        nonlocal first
        text = "" if outcome.reason else _document(outcome, output_format)
        if text:
            emit(text if first else f"\n{text}")
            first = False
        return outcome.reason

    return write


def _single(path: Path, output_format: str) -> Writer:
    """One document to one file, which a page that failed leaves as it is."""

    def write(outcome: Outcome) -> str:
        if not outcome.reason:
            write_text(path, _document(outcome, output_format))
        return outcome.reason

    return write


def _files(directory: Path, output_format: str) -> Writer:
    """A file a page, named as the page is."""
    taken: set[str] = set()
    numbers: dict[str, int] = {}

    def path_of(source: Source) -> Path:
        name = _file_name(source)
        path = directory / f"{name}{_FILE_SUFFIX[output_format]}"
        # Names that differ in case only are one file on some systems.
        while str(path).casefold() in taken:
            number = numbers[name] = numbers.get(name, 1) + 1
            path = directory / f"{name}-{number}{_FILE_SUFFIX[output_format]}"
        taken.add(str(path).casefold())
        return path

    def write(outcome: Outcome) -> str:
        return outcome.reason or _try_write(path_of(outcome.source), _document(outcome, output_format))

    return write


def _file_name(source: Source) -> str:
    """Name for what is made of a page, without suffix; it cannot lead out of a directory."""
    parts = [part for part in Path(source.relative).parts if part not in ("..", "/")] or ["page"]
    # The longest suffix first: .html.gz ends in .gz too.
    for suffix in sorted(PAGE_SUFFIXES, key=len, reverse=True):
        if parts[-1].lower().endswith(suffix) and len(parts[-1]) > len(suffix):
            parts[-1] = parts[-1][: -len(suffix)]
            break
    return str(Path(*parts))


def _try_write(path: Path, text: str) -> str:
    try:
        write_text(path, text)
    except BoilerplateError as error:
        return str(error)
    return ""


@contextmanager
def _parquet(output: Path, columns: tuple[str, ...]) -> Iterator[Writer]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow. Install it with: pip install 'boilerplate[parquet]'") from error
    numbers = {name for name in columns if name == "confidence" or name.startswith("share_")}
    # Fixed, as a column in which every page failed has nothing to tell its type by.
    schema = pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in columns])
    # Makes sure of the place, with the messages of other formats.
    write_text(output, "")
    rows: list[dict[str, Any]] = []
    try:
        with parquet.ParquetWriter(output, schema) as stream:

            def flush() -> None:
                stream.write_table(pa.Table.from_pylist(rows, schema=schema))
                rows.clear()

            def write(outcome: Outcome) -> str:
                row = {name: outcome.row().get(name) for name in columns}
                rows.append({k: without_surrogates(v) if isinstance(v, str) else v for k, v in row.items()})
                if len(rows) >= _ROW_GROUP:
                    flush()
                return outcome.reason

            yield write
            flush()
    except OSError as error:
        raise BoilerplateError(f"The file {output} cannot be written: {error}. Make room for it.") from error
