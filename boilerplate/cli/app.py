"""The application and its commands."""

from __future__ import annotations

import typer

from boilerplate import __version__
from boilerplate.cli.annotate import annotate
from boilerplate.cli.benchmark import benchmark
from boilerplate.cli.clean import clean
from boilerplate.cli.datasets import app as datasets
from boilerplate.cli.evaluate import evaluate
from boilerplate.cli.label import label
from boilerplate.cli.train import train

__all__ = ["app"]

app = typer.Typer(
    name="boilerplate",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Label every block of a web page as article, promo, feed or chrome, and keep what you want.",
    epilog="Exit status: 0 done, 1 some inputs failed (each named with its reason), 2 wrong usage.",
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"boilerplate {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    pass


for _command in (clean, label, train, evaluate, benchmark, annotate):
    app.command()(_command)
app.add_typer(datasets, name="datasets")
