"""``boilerplate datasets import``: make a dataset of another project's collection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boilerplate.cli.output import report_failures, say
from boilerplate.cli.progress import progress_bar
from boilerplate.datasets.formats import FORMATS

__all__ = ["import_pages"]

_WHAT = "; ".join(f"{name}: {what}" for name, what in FORMATS.items())


def import_pages(
    kind: Annotated[str, typer.Argument(metavar="FORMAT", help=_WHAT)],
    source: Annotated[Path, typer.Argument(metavar="SRC", help="The collection's directory, or its file.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The dataset to make.")],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="The pages' source; their ids begin with it. FORMAT if left out."),
    ] = None,
) -> None:
    """Make a dataset of a collection in another project's format.

    Nothing of it is executed or fetched. Pages that cannot be used are named with the reason, and the others go on.

    Examples:

      boilerplate datasets import zyte article-extraction-benchmark/ -o zyte/

      boilerplate label saved/ -f csv -o labels.csv && boilerplate datasets import csv labels.csv -o mine/
    """
    # What only this command needs would slow down the start of the others.
    from boilerplate.datasets.importing import import_collection

    with progress_bar() as bar:
        task = bar.add_task("pages", total=None)
        report = import_collection(
            kind, source, output, name=name, progress=lambda done: bar.update(task, completed=done)
        )
    say(f"{output}: {report.pages} pages." if report.pages else f"No page was imported into {output}.")
    report_failures([(f.name, f"left out: {f.reason}") for f in report.failed])
