"""What the place named by ``-o`` says: a format by the end of its name, a directory by a closing slash."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from errno import EACCES
from pathlib import Path, PurePath

from boilerplate.cli.options import check_choice
from boilerplate.cli.output import to_path
from boilerplate.errors import UsageError
from boilerplate.files import make_directory, printable, unwritable

__all__ = ["OF_SUFFIX", "check_apart", "check_not_read", "check_place", "choose_format", "names_directory"]

#: Formats by the end of a file's name.
OF_SUFFIX = {
    ".txt": "txt",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}


def choose_format(
    given: str | None,
    output: str | Path | None,
    choices: tuple[str, ...],
    default: str,
    of_suffix: Mapping[str, str] = OF_SUFFIX,
) -> str:
    """The format asked for; if none is, that which the name of the output ends in, else the default.

    Raises
    ------
    UsageError
        If the format asked for is not among the choices.
    """
    if given is not None:
        return check_choice(given, choices, "--output-format")
    found = of_suffix.get(PurePath(output or "").suffix.lower())
    return found if found in choices else default


def names_directory(output: str | None) -> bool:
    """Whether a place is a directory, by its closing slash or since there is one."""
    return output is not None and (output.endswith(("/", os.sep)) or os.path.isdir(output))


def check_place(output: Path | None, option: str = "-o") -> None:
    """Refuse a file that cannot be written, before the time is spent for what is to go there.

    Raises
    ------
    UsageError
        If that is so; the message names the option.
    """
    place = to_path(output)
    if place is None:
        return
    make_directory(place.parent)
    if place.is_dir():
        raise UsageError(f"{printable(str(place))} is a directory, but a file is written. Name one with {option}.")
    if not os.access(place if place.exists() else place.parent, os.W_OK):
        raise UsageError(unwritable(place, PermissionError(EACCES, os.strerror(EACCES))))


def check_not_read(output: Path | None, names: Sequence[str]) -> None:
    """Refuse a file to write that is one of those to read.

    Raises
    ------
    UsageError
        If it is.
    """
    if output is None or not output.is_file():
        return
    for name in names:
        if os.path.isfile(name) and os.path.samefile(name, output):
            raise UsageError(f"{output} is read, and would be written over. Give another file with -o.")


def check_apart(directory: Path, names: Sequence[str]) -> None:
    """Refuse a directory to write to where the files made would take the place of those read, or be read themselves.

    Raises
    ------
    UsageError
        If it is one that is searched, or below it, or holds a file that is named.
    """
    place = directory.resolve()
    for name in names:
        searched = os.path.isdir(name)
        source = Path(name).resolve() if searched else Path(name).resolve().parent
        if place == source or (searched and source in place.parents):
            raise UsageError(
                f"{directory} is, or lies below, a directory that pages are read from, and what is written would take "
                "their place. Give another directory with -o."
            )
