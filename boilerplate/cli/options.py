"""Options that several commands have, as types of their parameters, and checks of what is given."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from boilerplate.cli.config import read_config
from boilerplate.errors import UsageError
from boilerplate.input_format import INPUT_FORMATS

__all__ = [
    "Config",
    "Datasets",
    "Jobs",
    "Labels",
    "ManifestDirectory",
    "ModelFile",
    "Output",
    "PageFormat",
    "TableFormat",
    "TableJsonHtmlFormat",
    "Url",
    "check_choice",
    "check_one_page",
    "check_predictions",
]

_WHOLE_ADDRESS = re.compile(r"https?://[^\s/?#]", re.IGNORECASE)

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        is_eager=True,
        callback=read_config,
        help="TOML file with options; without it, the pyproject.toml here, if it has a table [tool.boilerplate].",
    ),
]
Datasets = Annotated[
    list[Path], typer.Argument(metavar="DATASET...", help="Directories with pages.jsonl, html/ and gold.")
]
Labels = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        metavar="DIR",
        help="Further label files, <id>.json: they add to the datasets' own and replace them.",
    ),
]
ModelFile = Annotated[
    Path | None,
    typer.Option("--model", "-m", metavar="MODEL", help="A model file; the default model if left out."),
]
PageFormat = Annotated[
    str | None,
    typer.Option(
        "--input-format",
        metavar="FORMAT",
        help=f"What pages are, whatever their names: one of {', '.join(INPUT_FORMATS)}.",
    ),
]
Url = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="Address of the page, if there is one page only.")
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="PATH", help="File to write; - or left out for standard output."),
]
_GUESSED = "if left out, what the name of the output ends in, else table."
TableFormat = Annotated[
    str | None, typer.Option("--output-format", "-f", metavar="FORMAT", help=f"table or json; {_GUESSED}")
]
TableJsonHtmlFormat = Annotated[
    str | None, typer.Option("--output-format", "-f", metavar="FORMAT", help=f"table, json or html; {_GUESSED}")
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", metavar="N", min=0, help="Processes for reading pages; 0 for all cores.")
]
ManifestDirectory = Annotated[
    Path | None,
    typer.Option("--manifest", metavar="DIR", help="Another manifest than the one of this package."),
]


def check_choice(value: str, choices: tuple[str, ...], option: str) -> str:
    """The value, if it is among the choices.

    Raises
    ------
    UsageError
        If it is not.
    """
    if value not in choices:
        raise UsageError(f"{option} cannot be {value!r}. Use one of {', '.join(choices)}.")
    return value


def check_predictions(path: Path | None) -> None:
    """Refuse predictions that are not there before the pages are read, which takes minutes where there are many.

    Raises
    ------
    UsageError
        If there is a path, and no file at it.
    """
    if path is not None and not path.is_file():
        raise UsageError(
            f"There is no file {path} with predictions. Make it with: boilerplate evaluate … --folds 5 "
            f"--save-predictions {path}"
        )


def check_one_page(url: str | None, one: bool) -> None:
    """Refuse an address for several pages, and one that is not whole, by which links could not be told apart.

    Raises
    ------
    UsageError
        If there is an address, and more than one page or a directory; or if it is not a whole one.
    """
    if url is not None and not one:
        raise UsageError("--url is the address of one page, but several or a directory are given. Leave it out.")
    if url is not None and not _WHOLE_ADDRESS.match(url):
        raise UsageError(f"--url {url!r} is no address of a web page. Give all of it, as https://example.org/news.")
