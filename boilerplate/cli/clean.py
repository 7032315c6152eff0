"""``boilerplate clean``: keep the main text of pages, or the blocks of other labels."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from boilerplate.batch import Outcome, clean_sources
from boilerplate.cli.common import MODEL_OPTION, check_choice, progress_bar, report_failures, say, write_text
from boilerplate.errors import UsageError
from boilerplate.labelled import DEFAULT_KEEP, check_labels
from boilerplate.model.model import default_model_path, load_model
from boilerplate.output import FORMATS
from boilerplate.output.records import csv_table, json_lines
from boilerplate.sources import find_sources

__all__ = ["clean"]

_FILE_SUFFIX = {"txt": ".txt", "markdown": ".md", "html": ".html", "json": ".json"}
#: Formats with a row a page.
_TABLES = ("jsonl", "csv", "parquet")
_CHOICES = (*FORMATS, "parquet")


def clean(
    pages: Annotated[
        list[str],
        typer.Argument(metavar="PAGE...", help="HTML files, directories of them, or - for standard input."),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write, or for several pages and txt, markdown, html or json a directory.",
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
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Processes; 0 for all cores.")] = 1,
) -> None:
    """Keep the main text of pages.

    Several pages to standard output: txt and markdown one after the other, json, jsonl and csv a row a page.

    Examples:

      boilerplate clean page.html

      boilerplate clean pages/ -o texts/ --jobs 0

      curl -s URL | boilerplate clean - --keep feed --output-format json
    """
    check_choice(output_format, _CHOICES, "--output-format")
    labels = sorted(check_labels(keep or DEFAULT_KEEP))
    if output_format == "parquet" and output is None:
        raise UsageError("Parquet is binary and needs a file: give one with -o.")
    sources, failures = find_sources(pages)
    if url is not None and len(sources) > 1:
        raise UsageError(f"--url is the address of one page, but there are {len(sources)}. Leave it out.")
    many = len(sources) + len(failures) > 1
    if many and output is None and output_format == "html":
        raise UsageError("Several HTML documents need a directory to be written to: give one with -o.")
    model_path = model or default_model_path()
    loaded = load_model(model_path)
    with progress_bar() as bar:
        task = bar.add_task("pages", total=len(sources)) if many else None
        outcomes = clean_sources(
            sources,
            model=loaded,
            model_path=model_path,
            keep=labels,
            output_format="txt" if output_format == "parquet" else output_format,
            url=url,
            jobs=jobs,
        )

        def watched() -> Iterable[Outcome]:
            for outcome in outcomes:
                if outcome.reason:
                    failures.append((outcome.source.name, outcome.reason))
                if task is not None:
                    bar.advance(task)
                yield outcome

        written = _write(watched(), output, output_format, many)
    if many:
        say(f"{written} of {written + len(failures)} pages cleaned.")
    report_failures(failures)


def _write(outcomes: Iterable[Outcome], output: Path | None, output_format: str, many: bool) -> int:
    """Write outcomes as they come, and say how many were good."""
    if output is not None and many and output_format not in _TABLES:
        return _write_files(outcomes, output, output_format)
    if many and output_format == "json":
        output_format = "jsonl"
    if output_format in _TABLES and (many or output_format == "parquet"):
        return _write_table(outcomes, output, output_format)
    good = [o for o in outcomes if not o.reason]
    text = "\n".join(o.rendered for o in good)
    if output is None:
        emit(text)
    elif good:
        write_text(output, text)
    return len(good)


def emit(text: str) -> None:
    """Write data to standard output as UTF-8, whatever the terminal's encoding."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _write_files(outcomes: Iterable[Outcome], directory: Path, output_format: str) -> int:
    taken: set[Path] = set()
    count = 0
    for outcome in outcomes:
        if outcome.reason:
            continue
        name = Path(outcome.source.relative)
        stem = name.name.removesuffix(".gz")
        base = Path(stem).stem or stem
        path = directory / name.parent / (base + _FILE_SUFFIX[output_format])
        number = 1
        while path in taken:  # two inputs of the same name
            number += 1
            path = directory / name.parent / f"{base}-{number}{_FILE_SUFFIX[output_format]}"
        taken.add(path)
        write_text(path, outcome.rendered)
        count += 1
    return count


def _write_table(outcomes: Iterable[Outcome], output: Path | None, output_format: str) -> int:
    rows = [o.row() for o in outcomes]
    if output_format == "parquet":
        if output is not None:
            _write_parquet(rows, output)
    else:
        text = json_lines(rows) if output_format == "jsonl" else csv_table(rows)
        if output is None:
            emit(text)
        else:
            write_text(output, text)
    return sum(row["status"] == "ok" for row in rows)


def _write_parquet(rows: Sequence[dict[str, object]], output: Path) -> None:
    try:
        import pandas as pd
        import pyarrow  # noqa: F401 - pandas names it only once it fails
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow. Install it with: pip install 'boilerplate[parquet]'") from error
    output.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(list(rows)).to_parquet(output, index=False)
