"""``boilerplate label``: apply the model and show every block."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from boilerplate.cli.clean import emit
from boilerplate.cli.common import MODEL_OPTION, check_choice, report_failures, write_text
from boilerplate.errors import BoilerplateError, UsageError
from boilerplate.labelled import LabelledPage, label_page
from boilerplate.labels import LABELS
from boilerplate.model.model import load_model
from boilerplate.output.records import block_records, csv_table, json_lines, to_json
from boilerplate.sources import find_sources, read_source

__all__ = ["label"]

_CHOICES = ("table", "json", "jsonl", "csv")


def label(
    pages: Annotated[
        list[str],
        typer.Argument(metavar="PAGE...", help="HTML files, directories of them, or - for standard input."),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write instead of standard output.")
    ] = None,
    output_format: Annotated[
        str, typer.Option("--output-format", "-f", help=f"One of {', '.join(_CHOICES)}.")
    ] = "table",
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="LABEL", help="Show blocks of this label only; may be repeated."),
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="Address of the page, if there is one page only.")] = None,
    model: Annotated[Path | None, MODEL_OPTION] = None,
) -> None:
    """Show every block of pages with its label and probabilities.

    Examples:

      boilerplate label page.html

      boilerplate label page.html --only promo

      boilerplate label pages/ --output-format csv -o blocks.csv
    """
    check_choice(output_format, _CHOICES, "--output-format")
    for name in only or ():
        check_choice(name, LABELS, "--only")
    sources, failures = find_sources(pages)
    if url is not None and len(sources) > 1:
        raise UsageError(f"--url is the address of one page, but there are {len(sources)}. Leave it out.")
    many = len(sources) + len(failures) > 1
    loaded = load_model(model)
    parts: list[str] = []
    for source in sources:
        try:
            page = label_page(read_source(source), loaded, url=url)
        except BoilerplateError as error:
            failures.append((source.name, str(error)))
            continue
        blocks = [b for b in page.blocks if not only or b.label in only]
        if output_format == "json" and not many:
            parts.append(to_json(page, blocks))
            continue
        records = [{**({"source": source.name} if many else {}), **r} for r in block_records(page, blocks)]
        if output_format == "table":
            parts.append(_table(page, records, source.name if many else ""))
        elif output_format == "csv":
            parts.append(csv_table(records, header=not parts))
        else:
            parts.append(json_lines(records))
    text = "".join(parts)
    if output is None:
        emit(text)
    else:
        write_text(output, text)
    report_failures(failures)


def _table(page: LabelledPage, records: list[dict[str, Any]], name: str) -> str:
    """Blocks as lines of plain columns, cut to the terminal's width where there is one."""
    import shutil

    width = shutil.get_terminal_size((110, 24)).columns
    lines = [name] if name else []
    lines.append("  label    p     main  kept  text")
    for record in records:
        text = " ".join(str(record["text"]).split())
        mark = "yes" if record["is_main"] else ""
        head = f"  {record['label']:<7}  {record['p_' + record['label']]:.2f}  {record['main']:.2f}  {mark:<4}  "
        room = max(width - len(head), 20)
        lines.append(head + (text if len(text) <= room else text[: room - 1] + "…"))
    counts = ", ".join(f"{sum(b.label == x for b in page.blocks)} {x}" for x in LABELS)
    lines.append(f"  {len(page.blocks)} blocks: {counts}; confidence {page.confidence:.2f}")
    return "\n".join(lines) + "\n"
