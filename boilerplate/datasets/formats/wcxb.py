"""Web Content eXtraction Benchmark: ``<split>/html/0001.html.gz`` beside ``<split>/ground-truth/0001.json``."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from boilerplate.datasets.formats.common import clean_text, first_text, html_name, parse_json, read_file, snippets
from boilerplate.datasets.records import Failed, Gold, NewPage, page_id, site_of
from boilerplate.errors import BoilerplateError, DatasetError

__all__ = ["gold_path", "read_gold", "read_pages"]

GOLD_DIRECTORY = "ground-truth"


def gold_path(html_path: str) -> str:
    """Where the gold of a page is kept in the repository.

    Parameters
    ----------
    html_path : str
        Such as ``dev/html/0001.html.gz``.

    Returns
    -------
    str
        Such as ``dev/ground-truth/0001.json``.
    """
    split = posixpath.dirname(posixpath.dirname(html_path))
    return posixpath.join(split, GOLD_DIRECTORY, f"{html_name(Path(html_path)) or ''}.json")


def read_gold(data: bytes, where: str) -> Gold:
    """The main text, title and snippets of a ground-truth file.

    Raises
    ------
    DatasetError
        If it holds neither a main text nor snippets.
    """
    record = _object(parse_json(data, where), where)
    truth = record.get("ground_truth")
    truth = truth if isinstance(truth, dict) else record
    gold = Gold(
        main_text=clean_text(truth.get("main_content")),
        wanted=snippets(truth.get("with")),
        unwanted=snippets(truth.get("without")),
        title=clean_text(truth.get("title")),
    )
    if not gold:
        raise DatasetError(f"{where} holds no 'main_content'. Restore it from its project.")
    return gold


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DatasetError(f"{where} holds no JSON object. Restore it from its project.")
    return value


def _page_type(record: Mapping[str, Any]) -> str | None:
    for holder in (record, record.get("_internal"), record.get("metadata")):
        if isinstance(holder, dict):
            value = holder.get("page_type")
            if isinstance(value, dict):
                value = value.get("primary")
            if text := clean_text(value):
                return text
    return None


def read_pages(root: Path, source: str) -> Iterator[NewPage | Failed]:
    """The pages of a checkout, or of one of its splits.

    Parameters
    ----------
    root : Path
    source : str

    Yields
    ------
    NewPage or Failed

    Raises
    ------
    DatasetError
        If there is no ``ground-truth`` directory.
    """
    directories = sorted(d for d in {root, *root.glob("*")} if (d / GOLD_DIRECTORY).is_dir() and (d / "html").is_dir())
    if not directories:
        raise DatasetError(
            f"{root} is no checkout of the Web Content eXtraction Benchmark: html/ and {GOLD_DIRECTORY}/ stand side "
            "by side neither in it nor one level below. Give the repository's directory, or that of a split."
        )
    for directory in directories:
        split = directory.name
        html = {name: path for path in sorted((directory / "html").iterdir()) if (name := html_name(path))}
        for path in sorted((directory / GOLD_DIRECTORY).glob("*.json")):
            where = f"{split}/{path.stem}"
            if path.stem not in html:
                yield Failed(where, f"html/{path.stem}.html.gz is missing. Restore it from its project.")
                continue
            try:
                data = read_file(path)
                record = _object(parse_json(data, str(path)), str(path))
                gold = read_gold(data, str(path))
                page = read_file(html[path.stem])
            except BoilerplateError as error:
                yield Failed(where, str(error))
                continue
            url = first_text(record, ("url",))
            name = page_id(source, where.replace("/", "-"))
            yield NewPage(
                id=name,
                html=page,
                source=source,
                url=url,
                site=site_of(url) or first_text(record, ("domain",)) or name,
                page_type=_page_type(record),
                lang=first_text(record, ("language", "lang")),
                split=split,
                licence="CC-BY-4.0 (annotations)",
                gold=gold,
            )
