"""Trafilatura's evaluation set: ``tests/evaldata.py`` with snippets, and pages in ``tests/cache`` and ``tests/eval``.

The file is Python. It is read as a literal and never run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boilerplate.datasets.formats.common import html_name, inside, read_file, snippets, text_of
from boilerplate.datasets.records import Failed, Gold, NewPage, page_id, site_of
from boilerplate.errors import BoilerplateError, DatasetError

__all__ = ["GOLD_PATH", "Entry", "read_entries", "read_pages"]

GOLD_PATH = "tests/evaldata.py"
_DIRECTORIES = ("eval", "cache")
#: Larger files are not what this format is kept in; Python's parser would fill the memory with them.
_MAX_BYTES = 32_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What the evaluation set says of a page.

    Attributes
    ----------
    url : str
    file : str
        Name of the page's file.
    gold : Gold
    licence : str or None
    """

    url: str
    file: str
    gold: Gold
    licence: str | None


def read_entries(data: bytes, where: str) -> list[Entry]:
    """The pages of the largest dictionary that the file assigns to a name.

    Parameters
    ----------
    data : bytes
        The Python file.
    where : str
        What messages call it.

    Returns
    -------
    list of Entry
        In the file's order; of an address that stands there several times, every entry.

    Raises
    ------
    DatasetError
        If it holds no such dictionary.
    """
    if len(data) > _MAX_BYTES:
        raise DatasetError(f"{where} is too large to be an evaluation set. Restore it from its project.")
    try:
        tree = ast.parse(text_of(data))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise DatasetError(f"{where} is not Python ({type(error).__name__}). Restore it from its project.") from error
    found: list[Entry] = []
    for statement in tree.body:
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Dict):
            entries = [e for pair in zip(value.keys, value.values, strict=True) if (e := _entry(*pair)) is not None]
            found = max(found, entries, key=len)
    if not found:
        raise DatasetError(
            f"{where} assigns no dictionary of pages with 'file', 'with' and 'without'. Restore it from its project."
        )
    return found


def _entry(key: ast.expr | None, value: ast.expr) -> Entry | None:
    if key is None:
        return None
    try:
        url, record = ast.literal_eval(key), ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(url, str) or not isinstance(record, Mapping) or not isinstance(record.get("file"), str):
        return None
    return Entry(url, record["file"], _gold(record), _licence(record))


def _gold(record: Mapping[str, Any]) -> Gold:
    title = record.get("title")
    return Gold(
        wanted=snippets(record.get("with")),
        unwanted=snippets(record.get("without")),
        title=title if isinstance(title, str) and title.strip() else None,
    )


def _licence(record: Mapping[str, Any]) -> str | None:
    value = record.get("license")
    return value if isinstance(value, str) and value.strip() else None


def read_pages(root: Path, source: str) -> Iterator[NewPage | Failed]:
    """The pages of a checkout, or of its directory ``tests``.

    Parameters
    ----------
    root : Path
        A directory that holds ``evaldata.py`` or ``tests/evaldata.py``, or the file itself.
    source : str

    Yields
    ------
    NewPage or Failed

    Raises
    ------
    DatasetError
        If there is no ``evaldata.py`` of its form.
    """
    path = next((p for p in (root, root / "evaldata.py", root / GOLD_PATH) if p.is_file()), None)
    if path is None:
        raise DatasetError(
            f"{root} is no checkout of trafilatura: it has no {GOLD_PATH}. Give the repository's directory."
        )
    for entry in read_entries(read_file(path), str(path)):
        candidates = [p for d in _DIRECTORIES if (p := inside(path.parent / d, entry.file)) is not None]
        html = next((p for p in candidates if p.is_file()), None)
        if html is None:
            yield Failed(entry.url, f"Its file {entry.file[:80]!r} is in neither cache/ nor eval/. Restore it.")
            continue
        if not entry.gold:
            yield Failed(entry.url, "It has no snippets. Leave it out.")
            continue
        try:
            data = read_file(html)
        except BoilerplateError as error:
            yield Failed(entry.url, str(error))
            continue
        name = page_id(source, html_name(html) or html.name)
        yield NewPage(
            id=name,
            html=data,
            source=source,
            url=entry.url,
            site=site_of(entry.url) or name,
            licence=entry.licence or "Apache-2.0 (annotations)",
            gold=entry.gold,
        )
