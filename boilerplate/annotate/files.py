"""Label files on disk: an answer that cannot be saved is told as a sentence."""

from __future__ import annotations

from pathlib import Path

from boilerplate import files
from boilerplate.errors import BoilerplateError

__all__ = ["replace_file"]


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that it is there as a whole or as it was before, even if the power fails.

    Raises
    ------
    BoilerplateError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace_file(path, data)
    except OSError as error:
        raise BoilerplateError(
            f"{path} cannot be written: {files.system_reason(error)}. Make room for it, or change its permissions; "
            "what was saved before is untouched."
        ) from error
