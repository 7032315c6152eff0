"""``boilerplate clean``: keep the main text of pages, or the blocks of other labels."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from boilerplate import __version__
from boilerplate.batch import Outcome, Task, clean_sources, outcome_columns
from boilerplate.batch.alone import clean_alone
from boilerplate.batch.summary import Summary
from boilerplate.cli.limits import (
    MaxBytes,
    MaxDepth,
    MaxMemory,
    MaxNodes,
    MaxSeconds,
    MaxWallSeconds,
    page_limits,
)
from boilerplate.cli.options import Config, ModelFile, Url, check_choice, check_one_page
from boilerplate.cli.output import emit, say, to_path, write_text
from boilerplate.cli.places import check_apart, check_not_read, choose_format, names_directory
from boilerplate.cli.progress import run_progress
from boilerplate.cli.web import FETCH_SECONDS, AllowPrivate, FetchSeconds, IgnoreRobots, page_fetcher
from boilerplate.decision import BALANCED
from boilerplate.errors import UsageError
from boilerplate.files import make_directory, printable
from boilerplate.input_format import HTML, INPUT_FORMATS, TEXT
from boilerplate.inputs import Inputs, Source
from boilerplate.inputs.names import FORMS, form_of
from boilerplate.inputs.source import STDIN
from boilerplate.labelled import DEFAULT_KEEP, HIDDEN_CHOICES, check_labels, keeps_hidden
from boilerplate.limits import DEFAULT_LIMITS
from boilerplate.model.choice import Models
from boilerplate.model.model import default_model_path, load_model
from boilerplate.output import FORMATS, Options
from boilerplate.writing import Run, open_writer
from boilerplate.writing.shards import ShardSize

__all__ = ["clean"]

_CHOICES = (*FORMATS, "parquet")
#: Formats that are one file with a row a page.
_ROWS = ("jsonl", "csv")
_SHARD = ShardSize()


def clean(
    pages: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PAGE...",
            help="HTML files, texts without markup (.txt), WARC and WET archives, JSON Lines or Parquet with pages, "
            "directories, patterns, addresses (https://…); - for standard input.",
        ),
    ] = None,
    files_from: Annotated[
        Path | None,
        typer.Option(
            "--files-from", metavar="FILE", help="File with the name of an input a line, - for standard input."
        ),
    ] = None,
    input_format: Annotated[
        str | None,
        typer.Option(
            "--input-format",
            metavar="FORMAT",
            help=f"What all inputs are, whatever their names: one of {', '.join(FORMS)}.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="File to write, - for standard output; for several pages and txt, markdown, html or json a directory; "
            "for parquet a file ending in .parquet, or a directory of shards.",
        ),
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--output-format",
            "-f",
            metavar="FORMAT",
            help=f"One of {', '.join(_CHOICES)}; if left out, what the name of the output ends in, else txt.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            "-k",
            metavar="LABEL",
            help="article (the main text; the default), promo, feed or chrome; may be repeated.",
        ),
    ] = None,
    url: Url = None,
    model: ModelFile = None,
    precision: Annotated[
        bool,
        typer.Option(
            "--precision/--no-precision", help="Keep only what is surely main text: less of it, and less of the rest."
        ),
    ] = False,
    recall: Annotated[
        bool, typer.Option("--recall/--no-recall", help="Keep what may be main text: more of it, and more of the rest.")
    ] = False,
    with_metadata: Annotated[
        bool,
        typer.Option("--with-metadata", help="Title, authors, dates and so on too: before the text, or as fields."),
    ] = False,
    tables: Annotated[bool, typer.Option("--tables/--no-tables", help="Write tables of data.")] = True,
    links: Annotated[bool, typer.Option("--links/--no-links", help="Write links, in markdown and html.")] = True,
    images: Annotated[bool, typer.Option("--images/--no-images", help="Write images, in markdown and html.")] = False,
    hidden: Annotated[
        str,
        typer.Option("--hidden", metavar="keep|drop", help="keep or drop text that the page holds but does not show."),
    ] = "keep",
    keep_controls: Annotated[
        bool,
        typer.Option(
            "--keep-controls",
            help="Keep control characters, bidi overrides and characters that only hide text; HTML never has them.",
        ),
    ] = False,
    allow_private: AllowPrivate = False,
    ignore_robots: IgnoreRobots = False,
    fetch_seconds: FetchSeconds = FETCH_SECONDS,
    config: Config = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", min=0, help="Processes; 0 for all cores.")] = 1,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS",
            help="Scheduler of a Dask cluster that is to do it, as tcp://scheduler:8786.",
        ),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Throw away what an earlier run has left at the same place.")
    ] = False,
    shard_rows: Annotated[
        int, typer.Option("--shard-rows", metavar="N", min=1, help="Rows of a shard, at most.")
    ] = _SHARD.rows,
    shard_bytes: Annotated[
        int, typer.Option("--shard-bytes", metavar="BYTES", min=1, help="Bytes of text of a shard, at most.")
    ] = _SHARD.n_bytes,
    max_bytes: MaxBytes = DEFAULT_LIMITS.max_bytes or 0,
    max_nodes: MaxNodes = DEFAULT_LIMITS.max_nodes or 0,
    max_depth: MaxDepth = DEFAULT_LIMITS.max_depth or 0,
    max_seconds: MaxSeconds = DEFAULT_LIMITS.max_seconds or 0.0,
    max_memory: MaxMemory = DEFAULT_LIMITS.max_memory or 0,
    max_wall_seconds: MaxWallSeconds = DEFAULT_LIMITS.max_wall_seconds or 0.0,
) -> None:
    """Keep the main text of pages.

    Several pages to standard output: txt and markdown one after the other, json a line a page. jsonl, csv and parquet
    have a row a page, with its status and, if it failed, the reason.

    Of a run over several pages that was stopped in any way, the same command does what is left. Outcomes stand in the
    order of the pages. A page past a limit, or one that brings its process down, costs none but itself.

    Options may stand in the table [tool.boilerplate] or [tool.boilerplate.clean] of a pyproject.toml, or in a file
    given by --config; the command line wins.

    Examples:

      boilerplate clean page.html

      boilerplate clean pages/ -o texts/ --jobs 0

      boilerplate clean "crawl/*.warc.gz" -f parquet -o texts/ --jobs 0

      boilerplate clean https://example.org/news --keep feed --output-format json

      boilerplate clean page.txt

      boilerplate clean "crawl/*.warc.wet.gz" -f jsonl -o texts.jsonl
    """
    output_format = choose_format(output_format, output, _CHOICES, "txt")
    check_choice(hidden, HIDDEN_CHOICES, "--hidden")
    if precision and recall:
        raise UsageError("--precision and --recall ask for opposite things. Give one of them.")
    focus = "precision" if precision else "recall" if recall else BALANCED
    labels = tuple(sorted(check_labels(keep or DEFAULT_KEEP)))
    limits = page_limits(
        max_bytes=max_bytes,
        max_nodes=max_nodes,
        max_depth=max_depth,
        max_seconds=max_seconds,
        max_memory=max_memory,
        max_wall_seconds=max_wall_seconds,
    )
    if not pages and files_from is None:
        raise UsageError("Missing argument: name pages, or give a file with their names by --files-from.")
    fetch = page_fetcher(allow_private, ignore_robots, fetch_seconds, limits)
    inputs = Inputs(pages or [], str(files_from) if files_from is not None else None, input_format, limits, fetch)
    one = inputs.is_one_page()
    check_one_page(url, one)
    place = to_path(output)
    _check_place(output, output_format, inputs, one=one)
    models = Models(None if model is None else load_model(model))
    if model is None and not (one and _is_text(inputs)):
        models.of(HTML)  # a model that is not there is said before time is spent
    options = Options(
        links=links,
        images=images,
        tables=tables,
        metadata=with_metadata,
        hidden=keeps_hidden(hidden),
        controls=keep_controls,
    )
    task = Task(labels, output_format, url, options, limits, focus)
    size = ShardSize(shard_rows, shard_bytes)
    # Two runs with the same of these would write the same. A single page is never resumed.
    identity = (__version__, "" if one else _digests(model), inputs.names, inputs.files_from, inputs.form, size, task)
    writer = open_writer(
        place,
        output_format,
        one=one,
        columns=outcome_columns(options),
        run=Run.of(*map(repr, identity), restart=restart),
        shard_size=size,
        emit=emit,
        write_text=write_text,
    )
    summary = Summary(writer.progress.outcomes)
    before, started, here = writer.progress.pages, monotonic(), 0
    results = _outcomes(writer.rest(inputs), one=one, models=models, task=task, jobs=jobs, cluster=cluster)
    with writer, closing(results), run_progress(inputs.n_bytes if not one else lambda: None, done=before) as advance:
        for outcome in results:
            reason = writer.write(outcome)
            here += 1
            if reason:
                say(f"{printable(outcome.source.name)}: {printable(reason)}")
            elif one and output_format in ("txt", "markdown") and not outcome.rendered:
                say("Nothing on this page is of the labels to keep. See all of it with: boilerplate label")
            advance(outcome.source.n_bytes)
    if not one:
        say(summary.sentence(skipped=inputs.skipped, here=here, seconds=monotonic() - started))
    if summary.cleaned < summary.pages:
        raise typer.Exit(1)


def _outcomes(
    sources: Iterable[Source], *, one: bool, models: Models, task: Task, jobs: int, cluster: str | None
) -> Generator[Outcome]:
    # A single page need not wait for a process of its own.
    if one and cluster is None:
        return (clean_alone(source, models, task) for source in sources)
    return clean_sources(sources, models=models, task=task, jobs=jobs, cluster=cluster)


def _check_place(output: str | None, output_format: str, inputs: Inputs, *, one: bool) -> None:
    """Refuse a place that cannot take what is written, or whose files are those that are read.

    Raises
    ------
    UsageError
    """
    place = to_path(output)
    if place is None:
        if output_format == "parquet":
            raise UsageError("Parquet is binary and needs a file. Give one with -o.")
        if output_format == "html" and not one:
            raise UsageError("Several HTML documents need a directory to be written to. Give one with -o.")
        return
    is_directory = names_directory(output)
    if is_directory and output_format in _ROWS:
        raise UsageError(f"{output_format} is one file of rows, and {output} is a directory. Name a file with -o.")
    if one or output_format in (*_ROWS, "parquet"):
        check_not_read(place, [*inputs.names, *([inputs.files_from] if inputs.files_from is not None else [])])
    if is_directory:
        make_directory(place)
    if not one or is_directory:
        check_apart(place, _read_as(output_format, inputs))


def _read_as(output_format: str, inputs: Inputs) -> list[str]:
    """Names of inputs whose files are called as those that are written."""
    if output_format not in INPUT_FORMATS or inputs.form not in (None, output_format):
        return []
    # Texts in directories are read only if they are asked for.
    directories = output_format == HTML or inputs.form == TEXT
    return [
        name
        for name in inputs.names
        if name != STDIN and (directories if Path(name).is_dir() else (inputs.form or form_of(name)) == output_format)
    ]


def _is_text(inputs: Inputs) -> bool:
    return all(source.input_format == TEXT for source in inputs)


def _digests(model: Path | None) -> tuple[str, ...]:
    paths = [default_model_path(kind) for kind in INPUT_FORMATS] if model is None else [model]
    return tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
