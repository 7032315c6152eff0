"""What readers of several formats share: files, texts and JSON that need not be in order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import charset_normalizer

from boilerplate.errors import DatasetError
from boilerplate.inputs import Source, read_source

__all__ = [
    "clean_text",
    "first_text",
    "html_name",
    "inside",
    "parse_json",
    "read_file",
    "read_text",
    "snippets",
    "text_of",
]

HTML_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml")


def read_file(path: Path) -> bytes:
    """A file's bytes, unpacked if gzipped, of limited size.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    return read_source(Source(str(path), path.name))


def read_text(path: Path) -> str:
    """A text file in UTF-8 or whatever it appears to be in.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    return text_of(read_file(path))


def text_of(data: bytes) -> str:
    """Decode a text: UTF-8, else UTF-16 with its mark, else what it appears to be, else Windows-1252."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = charset_normalizer.from_bytes(data).best()
        return str(best) if best is not None else data.decode("cp1252", "replace")


def parse_json(data: bytes, where: str) -> Any:
    """A JSON value.

    Raises
    ------
    DatasetError
        If it is none.
    """
    try:
        return json.loads(text_of(data))
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where} is not JSON ({error}). Restore it from its project.") from error


def clean_text(value: object) -> str | None:
    """A text without space around it; None for anything else."""
    return value.strip() if isinstance(value, str) else None


def first_text(record: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    """The first of some fields that holds a text that is not empty."""
    return next((text for key in keys if (text := clean_text(record.get(key)))), None)


def snippets(value: object) -> tuple[str, ...]:
    """The texts of a list, without empty ones, in order, each once."""
    if not isinstance(value, list | tuple):
        return ()
    return tuple(dict.fromkeys(s for s in value if isinstance(s, str) and s.strip()))


def html_name(path: Path) -> str | None:
    """A page file's name without ``.gz`` and the suffix of HTML; None for other files."""
    name = path.name.removesuffix(".gz")
    for suffix in HTML_SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return None


def inside(root: Path, name: object) -> Path | None:
    """The file of this name directly below a directory; None if the name leads elsewhere."""
    if not isinstance(name, str) or not name or "/" in name or "\\" in name or "\0" in name or name in {".", ".."}:
        return None
    return root / name
