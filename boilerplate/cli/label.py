"""``boilerplate label``: apply the model and show every block."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import typer

from boilerplate.batch import failure_reason
from boilerplate.batch.alone import within
from boilerplate.cli.limits import (
    MaxBytes,
    MaxDepth,
    MaxMemory,
    MaxNodes,
    MaxSeconds,
    MaxWallSeconds,
    page_limits,
)
from boilerplate.cli.options import Config, ModelFile, PageFormat, Url, check_choice, check_one_page
from boilerplate.cli.output import open_output, report_failures, to_path, write_text
from boilerplate.cli.places import OF_SUFFIX, check_not_read, choose_format, names_directory
from boilerplate.cli.progress import page_progress
from boilerplate.cli.web import FETCH_SECONDS, AllowPrivate, FetchSeconds, IgnoreRobots, page_fetcher
from boilerplate.errors import UsageError
from boilerplate.files import make_directory, printable
from boilerplate.input_format import INPUT_FORMATS, TEXT
from boilerplate.inputs import Inputs, Source, is_one_page, read_html, with_page
from boilerplate.labelled import LabelledPage, label_page
from boilerplate.labels import LABELS
from boilerplate.limits import DEFAULT_LIMITS
from boilerplate.model.choice import Models
from boilerplate.model.model import load_model
from boilerplate.output.characters import CONTROLS
from boilerplate.output.records import (
    BLOCK_COLUMNS,
    EXPLAINED_COLUMNS,
    TEXT_COLUMNS,
    block_records,
    csv_header,
    csv_rows,
    json_lines,
    json_text,
    page_object,
    reasons_cell,
)
from boilerplate.writing.documents import FileNames

__all__ = ["label"]

_CHOICES = ("table", "json", "jsonl", "csv", "overlay")
_OF_SUFFIX = OF_SUFFIX | dict.fromkeys((".html", ".htm"), "overlay")
_COLUMNS = ("source", *BLOCK_COLUMNS)


def label(
    pages: Annotated[
        list[str],
        typer.Argument(
            metavar="PAGE...",
            help="HTML files, texts without markup (.txt), directories, addresses (https://…), or - for standard "
            "input.",
        ),
    ],
    input_format: PageFormat = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="File to write; - or left out for standard output. For overlays of several pages a directory.",
        ),
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--output-format",
            "-f",
            metavar="FORMAT",
            help=f"One of {', '.join(_CHOICES)}; if left out, what the name of the output ends in (overlay if that is "
            ".html), else table.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="LABEL", help="Show blocks of this label only; may be repeated."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of each block what moved the probability of its label most.")
    ] = False,
    url: Url = None,
    model: ModelFile = None,
    allow_private: AllowPrivate = False,
    ignore_robots: IgnoreRobots = False,
    fetch_seconds: FetchSeconds = FETCH_SECONDS,
    config: Config = None,
    max_bytes: MaxBytes = DEFAULT_LIMITS.max_bytes or 0,
    max_nodes: MaxNodes = DEFAULT_LIMITS.max_nodes or 0,
    max_depth: MaxDepth = DEFAULT_LIMITS.max_depth or 0,
    max_seconds: MaxSeconds = DEFAULT_LIMITS.max_seconds or 0.0,
    max_memory: MaxMemory = DEFAULT_LIMITS.max_memory or 0,
    max_wall_seconds: MaxWallSeconds = DEFAULT_LIMITS.max_wall_seconds or 0.0,
) -> None:
    """Show every block of pages with its label and probabilities.

    json of one page is an object with its blocks, of several pages such an object a line; jsonl and csv have a row a
    block.

    With --explain a line below each block says what speaks for its label, strongest first, and after "but" what speaks
    against it; json, jsonl and csv have this in the field reasons, with what each adds on the log-odds scale, and the
    same for main text in main_reasons.

    Blocks of texts without markup have no XPath, but the fields first_line and last_line.

    overlay is an HTML file that shows the page as it looks, coloured by label; what is under the pointer or has the
    focus says its probabilities and reasons. It runs nothing of the page and loads nothing.

    Examples:

      boilerplate label page.html

      boilerplate label page.html --output-format overlay -o page-overlay.html

      boilerplate label page.html --only promo --explain

      boilerplate label pages/ --output-format csv -o blocks.csv

      boilerplate label page.txt
    """
    output_format = choose_format(output_format, output, _CHOICES, "table", _OF_SUFFIX)
    for name in only or ():
        check_choice(name, LABELS, "--only")
    if input_format is not None:
        check_choice(input_format, INPUT_FORMATS, "--input-format")
    one = is_one_page(pages)
    check_one_page(url, one)
    place = to_path(output)
    apart = output_format == "overlay" and (not one or names_directory(output))
    if apart:
        if place is None:
            raise UsageError("Overlays of several pages need a directory to be written to. Give one with -o.")
        make_directory(place)
    elif names_directory(output):
        raise UsageError(f"{output_format} is one file, and {output} is a directory. Name a file with -o.")
    check_not_read(place, pages)
    limits = page_limits(
        max_bytes=max_bytes,
        max_nodes=max_nodes,
        max_depth=max_depth,
        max_seconds=max_seconds,
        max_memory=max_memory,
        max_wall_seconds=max_wall_seconds,
    )
    fetch = page_fetcher(allow_private, ignore_robots, fetch_seconds, limits)
    sources = list(Inputs(pages, form=input_format, limits=limits, fetch=fetch, archives=False))
    models = Models(None if model is None else load_model(model))
    texts = any(source.input_format == TEXT for source in sources)
    failures: list[tuple[str, str]] = []
    names = FileNames(".html")
    explain = explain or output_format == "overlay"
    with open_output(None if apart else place) as write, page_progress(len(sources)) as advance:
        if output_format == "csv":
            columns = (*_COLUMNS, *(TEXT_COLUMNS if texts else ()), *(EXPLAINED_COLUMNS if explain else ()))
            write(csv_header(columns))
        for source in sources:
            try:
                found = with_page(source, limits)
                labelled = partial(
                    label_page,
                    read_html(found, limits),
                    models.of(found.input_format),
                    url=found.url or url,
                    charset=found.charset,
                    input_format=found.input_format,
                    explain=explain,
                    limits=limits,
                )
                style = _Style(output_format, only or LABELS, one=one, texts=texts)
                text = within(limits, partial(_labelled, source, labelled, style))
                if apart and place is not None:
                    write_text(place / names.of(source), text)
            except UsageError:
                raise  # what is missing for one address is missing for all
            except Exception as error:
                failures.append((source.name, failure_reason(error)))
            else:
                if not apart:
                    write(text)
            advance()
    report_failures(failures)


@dataclass(frozen=True, slots=True)
class _Style:
    """How pages are shown: the format, the labels of blocks to show, whether there is but one page, and any text."""

    output_format: str
    only: Sequence[str]
    one: bool
    texts: bool


def _labelled(source: Source, label_it: Callable[[], LabelledPage], style: _Style) -> str:
    page = label_it()
    if style.output_format == "overlay":
        return page.overlay(style.only)
    blocks = [block for block in page.blocks if block.label in style.only]
    if style.output_format == "json":
        record = page_object(page, blocks)
        return json_text(record) if style.one else json_lines([{"source": source.name, **record}])
    records = block_records(page, blocks)
    if style.output_format == "table":
        return _table(page, records, "" if style.one else printable(source.name))
    rows = [{"source": source.name, **record} for record in records]
    if style.output_format == "jsonl":
        return json_lines(rows)
    explained = [name for name in EXPLAINED_COLUMNS if rows and name in rows[0]]
    of_text = TEXT_COLUMNS if style.texts else ()
    for row in rows:
        row.update({name: reasons_cell(row[name]) for name in explained})
        row.update({name: row.get(name) for name in of_text})
    return csv_rows(rows, (*_COLUMNS, *of_text, *explained))


def _because(reasons: list[dict[str, Any]], width: int) -> list[str]:
    """What speaks for a label, and then what speaks against it, as lines under the text."""
    texts = [(CONTROLS.sub("", reason["text"]), reason["contribution"] > 0) for reason in reasons]
    given, against = ("; ".join(text for text, side in texts if side is wanted) for wanted in (True, False))
    text = f"{given}{'; ' if given and against else ''}{'but ' if against else ''}{against}"
    # A number and its sign stay on one line.
    lines = textwrap.wrap(
        text.replace(" %", "\xa0%"), width, initial_indent=" " * 11 + "└ ", subsequent_indent=" " * 13
    )
    return [line.replace("\xa0%", " %") for line in lines]


def _table(page: LabelledPage, records: list[dict[str, Any]], name: str) -> str:
    """Blocks as lines of plain columns, cut to the terminal's width where there is one."""
    import shutil

    width = shutil.get_terminal_size((110, 24)).columns
    lines = [name] if name else []
    lines.append("  label    p     main  kept  text")
    for record in records:
        text = CONTROLS.sub("", " ".join(str(record["text"]).split()))
        mark = "yes" if record["is_main"] else ""
        head = f"  {record['label']:<7}  {record['p_' + record['label']]:.2f}  {record['main']:.2f}  {mark:<4}  "
        room = max(width - len(head), 20)
        lines.append(head + (text if len(text) <= room else text[: room - 1] + "…"))
        if record.get("reasons"):
            lines.extend(_because(record["reasons"], max(width, 40)))
    counts = ", ".join(f"{sum(b.label == x for b in page.blocks)} {x}" for x in LABELS)
    lines.append(f"  {len(page.blocks)} blocks: {counts}; confidence {page.confidence:.2f}")
    return "\n".join(lines) + "\n"
