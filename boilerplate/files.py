"""Files that are written whole or not at all, and what is said where that is not possible."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from boilerplate.errors import UsageError

__all__ = ["make_directory", "printable", "remove_leftovers", "replace_file", "settle", "system_reason", "unwritable"]


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that it is there as a whole or as it was before, even if the power fails.

    Raises
    ------
    OSError, ValueError
        If it cannot be written; ValueError if no file can have that name.
    """
    temporary = path.with_name(f"{_leftover(path)}{secrets.token_hex(8)}.tmp")
    try:
        # Not `tempfile`, whose files only their owner may read: this one is to have the usual permissions.
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _leftover(path: Path) -> str:
    # The name itself may be as long as names can be.
    return f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}-"


def remove_leftovers(path: Path) -> None:
    """Remove what is left where a process was killed while it wrote this file; no other may be writing it."""
    if path.parent.is_dir():
        for temporary in path.parent.glob(f"{_leftover(path)}*.tmp"):
            temporary.unlink(missing_ok=True)


def settle(temporary: Path, path: Path) -> None:
    """Give a written file its name: it is there as a whole or as it was before, even if the power fails.

    Raises
    ------
    OSError
        If that is not possible.
    """
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
    if os.name == "posix":
        # The name too is to outlast a loss of power.
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def printable(name: str) -> str:
    """A name that cannot break the line or the terminal it is printed on."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


def make_directory(path: Path) -> None:
    """Make a directory, unless it is there.

    Raises
    ------
    UsageError
        If that is not possible.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise UsageError(
            f"{printable(str(path))} is a file, but a directory is needed. Give another with -o."
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(unwritable(path, error, "directory")) from error


def unwritable(path: Path, error: Exception, what: str = "file") -> str:
    """A sentence on why a file or directory cannot be written."""
    return f"The {what} {printable(str(path))} cannot be written: {system_reason(error)}. Give another place with -o."


def system_reason(error: Exception) -> str:
    """What the system says of an error, without its number and the path; of other errors, what they say."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
