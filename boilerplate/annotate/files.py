"""Label files on disk: where one cannot be saved, a sentence says so."""

from __future__ import annotations

from pathlib import Path

from boilerplate.errors import BoilerplateError
from boilerplate.files import replace_file, system_reason

__all__ = ["save_file"]


def save_file(path: Path, data: bytes) -> None:
    """Write a file so that it is there as a whole or as it was before, even if the power fails.

    Raises
    ------
    BoilerplateError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        raise BoilerplateError(
            f"{path} cannot be written: {system_reason(error)}. Make room for it, or change its permissions; "
            "what was saved before is untouched."
        ) from error
