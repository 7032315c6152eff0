"""What a page can be: markup, or text without any."""

from __future__ import annotations

from boilerplate.errors import UsageError

__all__ = ["HTML", "INPUT_FORMATS", "TEXT", "check_input_format"]

HTML, TEXT = "html", "txt"
INPUT_FORMATS = (HTML, TEXT)


def check_input_format(name: str) -> str:
    """The name, if pages can be that.

    Raises
    ------
    UsageError
        If they cannot.
    """
    if name not in INPUT_FORMATS:
        raise UsageError(f"{name!r} is not known as what a page is. Use one of {', '.join(INPUT_FORMATS)}.")
    return name
