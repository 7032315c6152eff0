"""Files of a dataset: written whole or not at all, and the lines of ``pages.jsonl`` as they stand."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from boilerplate.errors import BoilerplateError, DatasetError

__all__ = ["read_records", "replace_file"]


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that it is there as a whole or as it was before, even if the power fails.

    Raises
    ------
    BoilerplateError
        If it cannot be written.
    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise BoilerplateError(
            f"{path} cannot be written: {error.strerror or error}. Make room for it, or change its permissions; "
            "what was saved before is untouched."
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def read_records(root: Path) -> list[dict[str, Any]]:
    """The lines of a dataset's ``pages.jsonl`` as they are; none if there is no such file.

    Raises
    ------
    DatasetError
        If a line is no JSON object.
    """
    index = root / "pages.jsonl"
    if not index.exists():
        return []
    records = []
    try:
        lines = index.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{index} cannot be read: {error}. Restore it; the text has to be UTF-8.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{index}, line {number}: this is not JSON ({error}). Correct or remove it.") from error
        if not isinstance(record, dict):
            raise DatasetError(f"{index}, line {number}: a JSON object is wanted. Correct or remove it.")
        records.append(record)
    return records
