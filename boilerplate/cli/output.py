"""What commands write: data to standard output or a file, messages for people to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import typer

from boilerplate.errors import BoilerplateError, UsageError
from boilerplate.files import make_directory, printable, system_reason, unwritable

__all__ = ["emit", "open_output", "report_failures", "say", "to_path", "write_output", "write_text"]


def say(message: str) -> None:
    """Print a message for people, on standard error: standard output carries data only."""
    # Where standard error is closed, print would take standard output instead.
    if sys.stderr is not None:
        print(message, file=sys.stderr)


def report_failures(failures: Sequence[tuple[str, str]]) -> None:
    """Name each input that failed with its reason, and end with exit status 1 if there is one."""
    for name, reason in failures:
        say(f"{printable(name)}: {printable(reason)}")
    if failures:
        raise typer.Exit(1)


def to_path(output: str | Path | None) -> Path | None:
    """The file to write, None for standard output.

    Raises
    ------
    UsageError
        If the name is empty, as that of a variable which is not set: it would stand for the directory at hand.
    """
    if output == "":
        raise UsageError("The name after -o is empty. Check the variable that it comes from.")
    return None if output is None or str(output) == "-" else Path(output)


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
