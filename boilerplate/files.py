"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

__all__ = ["replace_file"]


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that it is there as a whole or as it was before, even if the power fails.

    Raises
    ------
    OSError, ValueError
        If it cannot be written; ValueError if no file can have that name.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        # Not `tempfile`, whose files only their owner may read: this one is to have the usual permissions.
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
