"""The manifest of public pages: where each is kept, at which commit, and what it must hash to.

A manifest is a directory with ``manifest.jsonl`` (a page a line), ``sources.json`` (who made them, under which
licence) and our labels: ``labels/<id>.json``, or all of them in ``labels.zip``, as an installed package has them.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boilerplate.dataset import names_a_file
from boilerplate.errors import DatasetError
from boilerplate.files import system_reason

__all__ = ["Manifest", "ManifestPage", "SourceInfo", "public_manifest_directory", "read_manifest"]

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)+")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FACTS = ("id", "source", "url", "site", "page_type", "lang", "split", "licence", "sha256", "bytes", "upstream")


@dataclass(frozen=True, slots=True)
class ManifestPage:
    """A page as the manifest names it.

    Attributes
    ----------
    id, source, sha256 : str
    size : int
        Bytes of the page, decompressed.
    repository, commit, path : str
        Where the page is kept.
    gold : tuple of str
        Kinds of gold there are: ``labels`` (with the manifest), ``main_text``, ``snippets`` (upstream).
    record : mapping
        The line of ``pages.jsonl`` that the page gets.
    """

    id: str
    source: str
    sha256: str
    size: int
    repository: str
    commit: str
    path: str
    gold: tuple[str, ...]
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A project whose pages the manifest names.

    Attributes
    ----------
    name, title, what, authors, licence, citation : str
    labels : str
        How the labels that come with the manifest were made.
    gold_format : str or None
        How upstream keeps main texts and snippets: ``wcxb``, ``evaldata``, ``readability``; None if it has none.
    """

    name: str
    title: str = ""
    what: str = ""
    authors: str = ""
    licence: str = ""
    citation: str = ""
    labels: str = ""
    gold_format: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """Public pages by source, and their labels.

    Attributes
    ----------
    pages : dict of str to list of ManifestPage
        By source, in the manifest's order.
    sources : dict of str to SourceInfo
    labels : Path or zipfile.Path
        The directory of label files.
    """

    pages: dict[str, list[ManifestPage]]
    sources: dict[str, SourceInfo]
    labels: Path | zipfile.Path = field(repr=False)

    def read_labels(self, name: str) -> bytes | None:
        """The label file of a page, None if it has none."""
        path = self.labels / f"{name}.json"
        return path.read_bytes() if path.is_file() else None


def public_manifest_directory() -> Path:
    """The manifest that comes with the package.

    Raises
    ------
    DatasetError
        If this installation has none.
    """
    # An installed package holds it; in a checkout it stands beside the package.
    package = Path(__file__).resolve().parents[1]
    for directory in (package / "public", package.parent / "datasets" / "public"):
        if (directory / "manifest.jsonl").is_file():
            return directory
    raise DatasetError("This installation has no manifest of public pages. Install the package again.")


def read_manifest(directory: Path | None = None) -> Manifest:
    """Read a manifest, by default the one that comes with the package.

    Parameters
    ----------
    directory : Path, optional

    Returns
    -------
    Manifest

    Raises
    ------
    DatasetError
        If a file is missing or not of its form; the message names the line.
    """
    root = directory or public_manifest_directory()
    path = root / "manifest.jsonl"
    pages: dict[str, list[ManifestPage]] = {}
    seen: set[str] = set()
    for number, line in enumerate(_read(path).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        page = _page(_json(line, where), where)
        if page.id in seen:
            raise DatasetError(f"{where}: page {page.id!r} stands there twice. Remove one.")
        seen.add(page.id)
        pages.setdefault(page.source, []).append(page)
    if not pages:
        raise DatasetError(f"{path} names no page. Add one JSON object a line.")
    sources = {name: SourceInfo(name) for name in pages}
    about = root / "sources.json"
    if about.is_file():
        sources |= _sources(_json(_read(about), str(about)), str(about))
    archive = root / "labels.zip"
    return Manifest(pages, sources, zipfile.Path(archive, "labels/") if archive.is_file() else root / "labels")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"{path} cannot be read: {system_reason(error)}. Give a directory with a manifest.jsonl."
        ) from error


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where}: this is not JSON ({error}). Correct or remove it.") from error


def _page(record: Any, where: str) -> ManifestPage:
    upstream = record.get("upstream") if isinstance(record, dict) else None
    if not isinstance(upstream, dict):
        raise DatasetError(f"{where}: it says nothing of 'upstream'. Add repo, commit and path.")
    texts = {key: record.get(key) for key in ("id", "source", "sha256")}
    texts |= {key: upstream.get(key) for key in ("repo", "commit", "path")}
    for key, value in texts.items():
        if not isinstance(value, str) or not value:
            raise DatasetError(f"{where}: {key!r} is missing or not a text. Add it.")
    size, gold = record.get("bytes"), record.get("gold") or []
    # Names become parts of commands and paths, and a manifest may come from anywhere.
    fits = {
        "id": names_a_file(texts["id"]),
        "source": names_a_file(texts["source"]) and not texts["source"].startswith("-"),
        "sha256": _SHA256.fullmatch(texts["sha256"]),
        "repo": _REPOSITORY.fullmatch(texts["repo"]) and ".." not in texts["repo"],
        "commit": _COMMIT.fullmatch(texts["commit"]),
        "path": not texts["path"].startswith(("/", "-")) and texts["path"].isprintable(),
        "bytes": isinstance(size, int) and not isinstance(size, bool) and size >= 0,
        "gold": isinstance(gold, list) and all(isinstance(g, str) for g in gold),
    }
    for key, fit in fits.items():
        if not fit:
            raise DatasetError(f"{where}: {key!r} cannot be {texts.get(key, record.get(key))!r:.80}. Correct it.")
    return ManifestPage(
        id=texts["id"],
        source=texts["source"],
        sha256=texts["sha256"],
        size=int(size or 0),
        repository=texts["repo"],
        commit=texts["commit"],
        path=texts["path"],
        gold=tuple(gold),
        record={key: record[key] for key in _FACTS if record.get(key) is not None},
    )


def _sources(records: Any, where: str) -> dict[str, SourceInfo]:
    keys = ("name", "title", "what", "authors", "licence", "citation", "labels", "gold_format")
    if not isinstance(records, list) or not all(isinstance(r, dict) and r.get("name") for r in records):
        raise DatasetError(f"{where}: a list of objects with a name is wanted. Correct it.")
    return {str(r["name"]): SourceInfo(**{k: str(r[k]) for k in keys if r.get(k)}) for r in records}
