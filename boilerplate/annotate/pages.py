"""Which pages are to be labelled: files, directories of them, datasets; each with an id that stays the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from boilerplate.batch import failure_reason
from boilerplate.dataset import MAX_ID_BYTES, DatasetPage, read_dataset, read_records
from boilerplate.errors import UsageError
from boilerplate.input_format import HTML
from boilerplate.inputs import PAGE_SUFFIXES, STDIN, Source, find_sources, read_source
from boilerplate.inputs.names import form_of

__all__ = ["AnnotationPage", "find_pages"]

_UNFIT = re.compile(r"[^\w.\-]+")
_LINK = re.compile(rb"<(?:link|meta)\b[^>]{0,2000}>", re.IGNORECASE)
_CANONICAL = re.compile(rb"""rel\s*=\s*["']?canonical\b|property\s*=\s*["']?og:url\b""", re.IGNORECASE)
_ADDRESS = re.compile(rb"""(?:href|content)\s*=\s*["']?(https?://[^\s"'<>]{1,2000})""", re.IGNORECASE)
_LANG = re.compile(rb"""<html\b[^>]{0,2000}?\slang\s*=\s*["']?([A-Za-z]{2,3})\b""", re.IGNORECASE)
_NO_WEB_PAGE = (
    "By its name this is no web page, and only these are labelled in the browser. Name HTML files, directories of "
    "them, or the directory that holds pages.jsonl."
)
#: How far into a page its own address and language are looked for.
_HEAD_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class AnnotationPage:
    """A page to be labelled.

    Attributes
    ----------
    id : str
        Names its files in a dataset.
    name : str
        As the user knows it: its path, or its id in a dataset.
    url, site : str
        Its address, empty if unknown, and the site it belongs to.
    origin : Source or DatasetPage
        Where its bytes are.
    record : dict
        Its line for ``pages.jsonl``.
    """

    id: str
    name: str
    url: str
    site: str
    origin: Source | DatasetPage
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_file(self) -> bool:
        """Whether it was named as a file, rather than being part of a dataset."""
        return isinstance(self.origin, Source)

    def read(self) -> bytes:
        """The page's bytes.

        Raises
        ------
        BoilerplateError
            If they cannot be read.
        """
        return self.origin.read_html() if isinstance(self.origin, DatasetPage) else read_source(self.origin)


def find_pages(
    names: Sequence[str], known: Mapping[str, Mapping[str, Any]]
) -> tuple[list[AnnotationPage], list[tuple[str, str]]]:
    """Turn what the user named into pages.

    Parameters
    ----------
    names : sequence of str
        HTML files, directories of them, directories with ``pages.jsonl``.
    known : mapping of str to mapping
        Lines of ``pages.jsonl`` by id of the dataset that labels go to: a file that is a page of it already, by its
        bytes, has that page's id.

    Returns
    -------
    pages : list of AnnotationPage
        A page that is named twice is there once.
    failures : list of (str, str)
        Names that hold no usable page, each with the reason.

    Raises
    ------
    UsageError
        If standard input is named.
    DatasetError
        If a dataset does not follow the format.
    """
    by_digest = {str(r["sha256"]): page_id for page_id, r in known.items() if isinstance(r.get("sha256"), str)}
    taken = {page_id: str(r.get("sha256") or "") for page_id, r in known.items()}
    pages: list[AnnotationPage] = []
    failures: list[tuple[str, str]] = []
    seen: set[str] = set()
    for name in names:
        if name == STDIN:
            raise UsageError("Standard input cannot be labelled: it is gone when labelling goes on. Save it to a file.")
        if Path(name, "pages.jsonl").is_file():
            for page in _dataset_pages(Path(name)):
                reason = _clash(page, taken, known)
                if reason:
                    failures.append((page.id, reason))
                elif page.id not in seen:
                    seen.add(page.id)
                    pages.append(page)
            continue
        for source in find_sources([name]):
            if not source.problem and form_of(source.name) != HTML:
                failures.append((source.name, _NO_WEB_PAGE))
                continue
            try:
                data = read_source(source)
            except Exception as error:
                failures.append((source.name, failure_reason(error)))
                continue
            digest = hashlib.sha256(data).hexdigest()
            page_id = by_digest.get(digest) or _new_id(source, digest, taken)
            by_digest[digest] = page_id
            taken[page_id] = digest
            if page_id not in seen:
                seen.add(page_id)
                pages.append(_file_page(source, page_id, data, digest))
    return pages, failures


def _dataset_pages(root: Path) -> list[AnnotationPage]:
    records = {record.get("id"): record for record in read_records(root)}
    return [
        AnnotationPage(page.id, page.id, page.url, page.site, page, {"source": page.source, **records[page.id]})
        for page in read_dataset(root)
    ]


def _clash(page: AnnotationPage, taken: dict[str, str], known: Mapping[str, Mapping[str, Any]]) -> str:
    """Why a page of a dataset cannot have its id, if another page has it; else empty."""
    digest = str(page.record.get("sha256") or "")
    other = taken.get(page.id)
    if page.id in taken and digest and other and digest != other:
        where = "the dataset that labels go to" if page.id in known else "another input"
        return f"Another page of {where} has the id {page.id!r}. Give another directory with -o."
    taken.setdefault(page.id, digest)
    return ""


def _new_id(source: Source, digest: str, taken: Mapping[str, str]) -> str:
    """An id from the file's name; with a piece of the checksum where another page has it."""
    parts = [part for part in Path(source.relative).parts if part not in ("..", "/", ".")] or ["page"]
    for suffix in sorted(PAGE_SUFFIXES, key=len, reverse=True):
        if parts[-1].lower().endswith(suffix) and len(parts[-1]) > len(suffix):
            parts[-1] = parts[-1][: -len(suffix)]
            break
    name = _UNFIT.sub("-", "-".join(parts)).strip("-.") or "page"
    while len(name.encode("utf-8")) > MAX_ID_BYTES - 10:
        name = name[:-1]
    if name.casefold() in {known.casefold() for known in taken}:  # one file on systems that know no case
        name = f"{name}-{digest[:8]}"
    return name


def _file_page(source: Source, page_id: str, data: bytes, digest: str) -> AnnotationPage:
    url = _own_address(data)
    site = _site_of(url) or page_id
    record: dict[str, Any] = {"id": page_id, "url": url, "site": site, "sha256": digest, "bytes": len(data)}
    lang = _LANG.search(data, 0, _HEAD_BYTES)
    if lang is not None:
        record["lang"] = lang[1].decode("ascii").lower()
    if not url:
        del record["url"]
    return AnnotationPage(page_id, source.name, url, site, source, record)


def _own_address(data: bytes) -> str:
    """The address that a page gives as its own, empty if it gives none."""
    for tag in _LINK.findall(data[:_HEAD_BYTES]):
        if _CANONICAL.search(tag):
            address = _ADDRESS.search(tag)
            if address is not None:
                return address[1].decode("utf-8", "replace").replace("&amp;", "&")
    return ""


def _site_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
