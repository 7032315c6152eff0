"""What several commands share: options, messages, progress."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from boilerplate.errors import BoilerplateError, UsageError

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["MODEL_OPTION", "check_choice", "progress_bar", "report_failures", "say", "write_text"]

MODEL_OPTION = typer.Option("--model", "-m", metavar="MODEL", help="A model file; the default model if left out.")


def say(message: str) -> None:
    """Print a message for people, on standard error: standard output carries data only."""
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


def report_failures(failures: list[tuple[str, str]]) -> None:
    """Name each input that failed with its reason, and end with exit status 1 if there is one."""
    for name, reason in failures:
        say(f"{printable(name)}: {reason}")
    if failures:
        raise typer.Exit(1)


def printable(name: str) -> str:
    """A name that cannot break the line or the terminal it is printed on."""
    return name if name.isprintable() else ascii(name)[1:-1]


def write_text(path: Path, text: str) -> None:
    """Write a file, and the directories above it.

    Raises
    ------
    BoilerplateError
        If that is not possible.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace", newline="")
    except (OSError, ValueError) as error:
        raise BoilerplateError(f"{path} cannot be written: {error}. Give another place (-o).") from error


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
