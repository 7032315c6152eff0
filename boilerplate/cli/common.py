"""What several commands share: options, messages, progress, output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from boilerplate.cli.config import read_config
from boilerplate.errors import BoilerplateError, UsageError
from boilerplate.files import make_directory, printable, system_reason, unwritable
from boilerplate.input_format import INPUT_FORMATS

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = [
    "CONFIG_OPTION",
    "DATASETS_ARGUMENT",
    "INPUT_FORMAT_OPTION",
    "LABELS_OPTION",
    "MODEL_OPTION",
    "check_choice",
    "check_one_page",
    "check_predictions",
    "emit",
    "make_directory",
    "open_output",
    "page_progress",
    "printable",
    "progress_bar",
    "report_failures",
    "say",
    "to_path",
    "write_output",
    "write_text",
]

DATASETS_ARGUMENT = typer.Argument(metavar="DATASET...", help="Directories with pages.jsonl, html/ and gold.")
LABELS_OPTION = typer.Option(
    "--labels",
    metavar="DIR",
    help="Further label files, <id>.json: they add to the datasets' own and replace them.",
)
MODEL_OPTION = typer.Option("--model", "-m", metavar="MODEL", help="A model file; the default model if left out.")
INPUT_FORMAT_OPTION = typer.Option(
    "--input-format",
    metavar="FORMAT",
    help=f"What pages are, whatever their names: one of {', '.join(INPUT_FORMATS)}.",
)
CONFIG_OPTION = typer.Option(
    "--config",
    metavar="FILE",
    is_eager=True,
    callback=read_config,
    help="TOML file with options; without it, the pyproject.toml here, if it has a table [tool.boilerplate].",
)


def say(message: str) -> None:
    """Print a message for people, on standard error: standard output carries data only."""
    # Where standard error is closed, print would take standard output instead.
    if sys.stderr is not None:
        print(message, file=sys.stderr)


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
    """Refuse an address for several pages.

    Raises
    ------
    UsageError
        If there is an address, and more than one page or a directory.
    """
    if url is not None and not one:
        raise UsageError("--url is the address of one page, but several or a directory are given. Leave it out.")


def report_failures(failures: Sequence[tuple[str, str]]) -> None:
    """Name each input that failed with its reason, and end with exit status 1 if there is one."""
    for name, reason in failures:
        say(f"{printable(name)}: {printable(reason)}")
    if failures:
        raise typer.Exit(1)


def to_path(output: Path | None) -> Path | None:
    """The file to write, None for standard output."""
    return None if output is None or str(output) == "-" else output


def emit(text: str) -> None:
    """Write data to standard output as UTF-8, whatever the terminal's encoding.

    Raises
    ------
    typer.Exit
        If its reader has closed it, as ``head`` does: it has what it wanted, and nothing is wrong.
    BoilerplateError
        If it cannot be written.
    """
    if sys.stdout is None:
        raise UsageError("Standard output is closed. Give a file to write with -o.")
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        _leave_stdout()
        raise typer.Exit(0) from error
    except OSError as error:
        _leave_stdout()
        raise BoilerplateError(
            f"Standard output cannot be written: {system_reason(error)}. Make room for it."
        ) from error


def _leave_stdout() -> None:
    # Python writes what is left when it ends, and would complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def open_output(output: Path | None) -> Iterator[Callable[[str], None]]:
    """A function that writes text to a file, or to standard output; the directories above a file are made.

    Raises
    ------
    UsageError
        If the file cannot be opened.
    BoilerplateError
        If it cannot be written any more.
    """
    if output is None:
        yield emit
        return
    make_directory(output.parent)
    try:
        stream = output.open("w", encoding="utf-8", errors="replace", newline="")
    except (OSError, ValueError) as error:
        raise UsageError(unwritable(output, error)) from error

    def write(text: str) -> None:
        try:
            stream.write(text)
            stream.flush()
        except OSError as error:
            raise BoilerplateError(unwritable(output, error)) from error

    try:
        yield write
    finally:
        # What could not be written was reported; closing would try again.
        with suppress(OSError):
            stream.close()


def write_text(path: Path, text: str) -> None:
    """Write a file, and the directories above it.

    Raises
    ------
    BoilerplateError
        If that is not possible.
    """
    with open_output(path) as write:
        write(text)


def write_output(output: Path | None, text: str) -> None:
    """Write all the data of a command to a file or, for None and ``-``, to standard output."""
    with open_output(to_path(output)) as write:
        write(text)


@contextmanager
def page_progress(total: int) -> Iterator[Callable[[], None]]:
    """A function to be called after each page, which moves a progress bar if there is a terminal to show it."""
    # Rich takes time to import, which a single page need not pay for.
    if total < 2 or sys.stderr is None or not sys.stderr.isatty():
        yield lambda: None
        return
    with progress_bar() as bar:
        task = bar.add_task("pages", total=total)
        yield lambda: bar.advance(task)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on standard error; silent where that is no terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        yield progress
