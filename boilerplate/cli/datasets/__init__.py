"""``boilerplate datasets``: list, fetch, check and import labelled pages; one module a command."""

from __future__ import annotations

import typer

from boilerplate.cli.datasets.check import check
from boilerplate.cli.datasets.fetch import fetch
from boilerplate.cli.datasets.importing import import_pages
from boilerplate.cli.datasets.listing import list_sources

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="""List and fetch public labelled pages, check a dataset, import other projects' collections.

    Example:

      boilerplate datasets check my-pages/
    """,
)
app.command("list", short_help="Print the public collections.")(list_sources)
app.command("fetch", short_help="Fetch public labelled pages and check them.")(fetch)
app.command("check")(check)
app.command("import", short_help="Make a dataset of another project's collection.")(import_pages)
