"""Zyte's article extraction benchmark: ``ground-truth.json`` and ``html/<id>.html.gz``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from boilerplate.datasets.formats.common import clean_text, first_text, inside, parse_json, read_file
from boilerplate.datasets.records import Failed, Gold, NewPage, page_id, site_of
from boilerplate.errors import BoilerplateError, DatasetError

__all__ = ["read_pages"]

#: The benchmark names pages by a SHA-256, of which so many digits are enough for an id.
_ID_DIGITS = 16


def read_pages(root: Path, source: str) -> Iterator[NewPage | Failed]:
    """The pages of a checkout.

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
        If there is no ``ground-truth.json`` of its form.
    """
    truth = root / "ground-truth.json"
    if not truth.is_file():
        raise DatasetError(
            f"{root} is no checkout of article-extraction-benchmark: it has no ground-truth.json. Give the "
            "repository's directory."
        )
    records = parse_json(read_file(truth), str(truth))
    if not isinstance(records, dict):
        raise DatasetError(f"{truth} holds no JSON object. Restore it from its project.")
    for key in sorted(records):
        record = records[key]
        text = clean_text(record.get("articleBody")) if isinstance(record, dict) else None
        if text is None:
            yield Failed(key, "The ground truth holds no 'articleBody'. Restore it from its project.")
            continue
        path = inside(root / "html", f"{key}.html.gz")
        if path is not None and not path.is_file():
            path = path.with_suffix("")
        try:
            html = read_file(path) if path else None
        except BoilerplateError as error:
            yield Failed(key, str(error))
            continue
        if html is None:
            yield Failed(key[:80], "This cannot be the name of a page's file. Restore it from its project.")
            continue
        url = first_text(record, ("url",))
        name = page_id(source, key[:_ID_DIGITS] if len(key) > 2 * _ID_DIGITS else key)
        yield NewPage(
            id=name,
            html=html,
            source=source,
            url=url,
            site=site_of(url) or name,
            page_type="article",
            licence="MIT (annotations)",
            gold=Gold(main_text=text),
        )
