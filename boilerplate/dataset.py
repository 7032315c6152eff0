"""Read datasets of labelled pages: the one format that training, evaluation and checks share.

A dataset is a directory with ``pages.jsonl`` (one page a line), ``html/<id>.html`` or ``html/<id>.html.gz``
(the bytes as crawled) and gold of one or more kinds: ``labels/<id>.json`` (regions with the four labels) and
``main_text/<id>.json`` (main text, and snippets that belong to it or do not).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from boilerplate.errors import DatasetError
from boilerplate.labels import LABELS, Region

__all__ = [
    "DatasetPage",
    "fingerprint",
    "names_a_file",
    "read_dataset",
    "read_datasets",
    "read_records",
    "read_regions",
    "scan_dataset",
]

#: A page larger than this is no page: such a file would only fill the memory.
MAX_HTML_BYTES = 64 * 1024 * 1024
#: Files are named by a page's id, and file systems end names at 255 bytes.
MAX_ID_BYTES = 200


@dataclass(frozen=True, slots=True)
class DatasetPage:
    """One page with its gold.

    Attributes
    ----------
    id : str
        Unique within the dataset.
    source : str
        Where the page comes from, such as the name of a public benchmark.
    url, site : str
        Address, and the site that folds are made by: pages of one site never stand on both sides of a split.
    page_type, lang : str or None
        As the dataset declares them.
    html_path : Path
        The bytes as crawled, gzipped if the name ends in ``.gz``.
    regions : tuple of Region or None
        The four labels; None if the page has none.
    main_text : str or None
        Gold main text; None if the page has none.
    wanted, unwanted : tuple of str
        Snippets that must, and must not, be in the main text.
    split : str or None
        Part of a collection that is kept apart, such as ``train`` or ``test``.
    sha256 : str or None
        Of the bytes as crawled, as the dataset declares it; `boilerplate.datasets.checking` compares it.
    """

    id: str
    source: str
    url: str
    site: str
    page_type: str | None
    lang: str | None
    html_path: Path
    regions: tuple[Region, ...] | None = None
    main_text: str | None = None
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    split: str | None = None
    sha256: str | None = None

    def read_html(self) -> bytes:
        """The page's bytes.

        Raises
        ------
        DatasetError
            If the file cannot be read, or is larger than `MAX_HTML_BYTES` when decompressed.
        """
        try:
            with self.html_path.open("rb") as file:
                if self.html_path.suffix == ".gz":
                    data = gzip.GzipFile(fileobj=file).read(MAX_HTML_BYTES + 1)
                else:
                    data = file.read(MAX_HTML_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise DatasetError(
                f"The HTML of page {self.id!r} ({self.html_path}) cannot be read: {error}. Restore the file."
            ) from error
        if len(data) > MAX_HTML_BYTES:
            raise DatasetError(
                f"The HTML of page {self.id!r} ({self.html_path}) is larger than "
                f"{MAX_HTML_BYTES // 1024 // 1024} MB. Leave the page out."
            )
        return data


def read_datasets(paths: Iterable[Path | str], labels: Path | str | None = None) -> list[DatasetPage]:
    """Read several datasets as one; an id that occurs in two of them is an error.

    Parameters
    ----------
    paths : iterable of path-like
        Directories of datasets.
    labels : path-like, optional
        Directory with further label files, ``<id>.json``: they add to the datasets' own, and replace them where a page
        has both. So labels can be made or corrected without touching a dataset.

    Raises
    ------
    DatasetError
        As `read_dataset`, or if two datasets share a page, or if no label file belongs to any page.
    """
    pages: list[DatasetPage] = []
    seen: set[str] = set()
    for path in paths:
        for page in read_dataset(path):
            if page.id in seen:
                raise DatasetError(
                    f"Page {page.id!r} of {path} is in another of the datasets too. Give each dataset once."
                )
            seen.add(page.id)
            pages.append(page)
    return pages if labels is None else _with_labels(pages, Path(labels))


def _with_labels(pages: list[DatasetPage], directory: Path) -> list[DatasetPage]:
    result = []
    found = False
    for page in pages:
        file = directory / f"{page.id}.json"
        if file.is_file():
            found = True
            result.append(replace(page, regions=read_regions(file)))
        else:
            result.append(page)
    if not found:
        raise DatasetError(
            f"{directory} has no label file for any page of the datasets. Files are named by the pages' ids: <id>.json."
        )
    return result


def read_dataset(path: Path | str) -> list[DatasetPage]:
    """Read a dataset's pages and gold; the HTML itself is read when it is needed.

    Parameters
    ----------
    path : path-like
        The dataset's directory.

    Returns
    -------
    list of DatasetPage
        In the order of ``pages.jsonl``.

    Raises
    ------
    DatasetError
        If the directory does not follow the format; the message names the file and the line.
    """

    def stop(_: str, reason: str) -> None:
        raise DatasetError(reason)

    pages = scan_dataset(path, stop)
    if not pages:
        raise DatasetError(f"{Path(path) / 'pages.jsonl'} names no page. Add one JSON object a line.")
    return pages


def scan_dataset(path: Path | str, report: Callable[[str, str], None]) -> list[DatasetPage]:
    """Read what can be read of a dataset; what cannot is reported, and the rest goes on.

    Parameters
    ----------
    path : path-like
        The dataset's directory.
    report : callable
        Called with the page's id (or the line, where it has none) and a sentence for each page left out.

    Returns
    -------
    list of DatasetPage
        In the order of ``pages.jsonl``.

    Raises
    ------
    DatasetError
        If there is no ``pages.jsonl`` that can be read.
    """
    root = Path(path)
    index = root / "pages.jsonl"
    if not index.is_file():
        raise DatasetError(
            f"{root} is not a dataset: it has no pages.jsonl. Give the directory that holds pages.jsonl and html/."
            if not root.is_file()
            else f"{root} is a file, and a dataset is a directory. Give the one that holds pages.jsonl and html/."
        )
    pages: list[DatasetPage] = []
    seen: set[str] = set()
    for number, line in _lines(index):
        where = f"{index}, line {number}"
        name = f"line {number}"
        try:
            record = _parse(line, where)
            name = str(record.get("id") or name)
            if name in seen:
                raise DatasetError(f"{where}: page {name!r} stands there twice. Remove one.")
            page = _read_page(root, record, where)
        except DatasetError as error:
            report(name, str(error))
            continue
        seen.add(page.id)
        pages.append(page)
    return pages


def read_records(path: Path | str) -> list[dict[str, Any]]:
    """The lines of a dataset's ``pages.jsonl`` as they are; none if there is no such file.

    Raises
    ------
    DatasetError
        If a line is no JSON object.
    """
    index = Path(path) / "pages.jsonl"
    if not index.exists():
        return []
    return [dict(_parse(line, f"{index}, line {number}")) for number, line in _lines(index)]


def _lines(index: Path) -> Iterator[tuple[int, str]]:
    """Lines that are not empty, with their numbers."""
    # Not splitlines(): it also splits at characters that JSON allows within a text.
    for number, line in enumerate(_read_text(index).split("\n"), start=1):
        if line.strip():
            yield number, line


def fingerprint(pages: Iterable[DatasetPage]) -> str:
    """SHA-256 over ids, HTML and gold of the pages: what a model says it was trained on."""
    digest = hashlib.sha256()
    for page in sorted(pages, key=lambda p: p.id):
        gold = {
            "id": page.id,
            "site": page.site,
            "html": hashlib.sha256(page.read_html()).hexdigest(),
            "regions": None if page.regions is None else [[r.xpath, r.label] for r in page.regions],
            "main_text": page.main_text,
            "wanted": page.wanted,
            "unwanted": page.unwanted,
        }
        digest.update(json.dumps(gold, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _parse(text: str, where: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where}: this is not JSON ({error}). Correct or remove it.") from error
    if not isinstance(value, dict):
        raise DatasetError(f"{where}: a JSON object is wanted, not {type(value).__name__}. Correct or remove it.")
    return value


def _text(record: Mapping[str, Any], key: str, where: str) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not value:
        raise DatasetError(f"{where}: {key!r} is missing or not a text. Add it.")
    return value


def _optional_text(record: Mapping[str, Any], key: str, where: str) -> str | None:
    value = record.get(key)
    if value is not None and not isinstance(value, str):
        raise DatasetError(f"{where}: {key!r} is not a text. Correct or remove it.")
    return value or None


def _read_page(root: Path, record: Mapping[str, Any], where: str) -> DatasetPage:
    name = _text(record, "id", where)
    if not names_a_file(name):
        raise DatasetError(
            f"{where}: {name[:MAX_ID_BYTES]!r} cannot be a page's id, as files are named by it. Give the page another."
        )
    html = next((p for p in (root / "html" / f"{name}.html.gz", root / "html" / f"{name}.html") if p.is_file()), None)
    if html is None:
        raise DatasetError(f"{where}: html/{name}.html and html/{name}.html.gz are both missing. Restore one.")
    gold = _read_gold(root, name)
    return DatasetPage(
        id=name,
        source=_optional_text(record, "source", where) or root.name,
        url=_optional_text(record, "url", where) or "",
        site=_optional_text(record, "site", where) or name,
        page_type=_optional_text(record, "page_type", where),
        lang=_optional_text(record, "lang", where),
        split=_optional_text(record, "split", where),
        sha256=_optional_text(record, "sha256", where),
        html_path=html,
        **gold,
    )


def names_a_file(name: str) -> bool:
    """Whether a text can be a page's id: files are named by it."""
    # isprintable() is false for control characters and for halves of surrogate pairs, which no file name can
    # hold.
    if not name.isprintable() or any(c in name for c in "/\\") or name in {".", ".."}:
        return False
    return len(name.encode("utf-8")) <= MAX_ID_BYTES


def _read_gold(root: Path, name: str) -> dict[str, Any]:
    gold: dict[str, Any] = {}
    labels = root / "labels" / f"{name}.json"
    if labels.is_file():
        gold["regions"] = read_regions(labels)
    text = root / "main_text" / f"{name}.json"
    if text.is_file():
        record = _parse(_read_text(text), str(text))
        main = record.get("main_content")
        if main is not None and not isinstance(main, str):
            raise DatasetError(f"{text}: 'main_content' is not a text. Correct or remove it.")
        gold["main_text"] = main
        for key, attribute in (("with", "wanted"), ("without", "unwanted")):
            snippets = record.get(key)
            if snippets is None:
                continue
            if not isinstance(snippets, list) or not all(isinstance(s, str) for s in snippets):
                raise DatasetError(f"{text}: {key!r} is not a list of texts. Correct or remove it.")
            gold[attribute] = tuple(snippets)
    return gold


def read_regions(path: Path) -> tuple[Region, ...]:
    """Read a label file.

    Raises
    ------
    DatasetError
        If it is not of the documented form or uses an unknown label.
    """
    record = _parse(_read_text(path), str(path))
    regions = record.get("regions")
    if not isinstance(regions, list):
        raise DatasetError(f"{path}: 'regions' is missing or not a list. Label the page again, or remove the file.")
    result = []
    for region in regions:
        if not isinstance(region, dict):
            raise DatasetError(f"{path}: a region is not a JSON object. Correct or remove it.")
        label = _text(region, "label", str(path))
        if label not in LABELS:
            raise DatasetError(f"{path}: {label!r} is no label. Use one of {', '.join(LABELS)}.")
        xpath = _text(region, "xpath", str(path))
        result.append(Region(xpath, label, _optional_text(region, "text_sha1", str(path)) or ""))
    return tuple(result)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors begin a file with a byte order mark
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read: {error}. Restore it; the text has to be UTF-8.") from error
