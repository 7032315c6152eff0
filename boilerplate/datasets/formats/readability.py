"""Readability's test pages: ``test/test-pages/<name>/source.html`` with ``expected.html`` beside it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from boilerplate.blocks import segment
from boilerplate.datasets.formats.common import first_text, parse_json, read_file
from boilerplate.datasets.records import Failed, Gold, NewPage, page_id, site_of
from boilerplate.errors import BoilerplateError, DatasetError, EmptyPageError
from boilerplate.page import parse

__all__ = ["gold_path", "read_gold", "read_pages"]

_PLACES = ("", "test/test-pages", "test-pages")
#: Variants of one site's page are numbered, or named after what they try.
_NUMBER = re.compile(r"-\d+$")


def gold_path(html_path: str) -> str:
    """Where the expected article of a page is kept in the repository, as ``…/<name>/expected.html``."""
    return posixpath.join(posixpath.dirname(html_path), "expected.html")


def read_gold(data: bytes, where: str) -> Gold:
    """The text of an expected article, its blocks set apart by empty lines.

    Raises
    ------
    InputError
        If it is no HTML.
    """
    del where
    try:
        blocks = segment(parse(data)).text
    except EmptyPageError:
        blocks = []  # a page that holds no article
    return Gold(main_text="\n\n".join(blocks))


def read_pages(root: Path, source: str) -> Iterator[NewPage | Failed]:
    """The pages of a checkout, or of its directory of test pages.

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
        If there are no such pages.
    """
    pages: list[Path] = next((found for p in _PLACES if (found := sorted((root / p).glob("*/source.html")))), [])
    if not pages:
        raise DatasetError(
            f"{root} is no checkout of readability: neither it nor test/test-pages holds a directory with a "
            "source.html. Give the repository's directory."
        )
    for path in pages:
        name = path.parent.name
        expected, facts = path.with_name("expected.html"), path.with_name("expected-metadata.json")
        try:
            html = read_file(path)
            gold = read_gold(read_file(expected), str(expected))
            metadata = parse_json(read_file(facts), str(facts)) if facts.is_file() else {}
            url = _address(html)
        except BoilerplateError as error:
            yield Failed(name, str(error))
            continue
        metadata = metadata if isinstance(metadata, dict) else {}
        title = first_text(metadata, ("title",))
        yield NewPage(
            id=page_id(source, name),
            html=html,
            source=source,
            url=url,
            site=site_of(url) or f"{source}:{_NUMBER.sub('', name)}",
            lang=first_text(metadata, ("lang",)),
            licence="Apache-2.0 (annotations)",
            gold=Gold(gold.main_text, title=title),
        )


def _address(html: bytes) -> str | None:
    """The address that a page declares for itself, since the collection gives none."""
    for element in parse(html).root.iter("link", "meta"):
        value = _declared(element)
        if value.startswith(("http://", "https://")) and (site_of(value) or "").count("."):
            return value
    return None


def _declared(element: etree._Element) -> str:
    if element.tag == "link":
        return str(element.get("href") or "").strip() if (element.get("rel") or "").lower() == "canonical" else ""
    return str(element.get("content") or "").strip() if (element.get("property") or "").lower() == "og:url" else ""
