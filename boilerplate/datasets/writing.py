"""Write datasets: every file is complete or not there at all."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from boilerplate.dataset import names_a_file, read_records
from boilerplate.datasets.records import NewPage
from boilerplate.errors import DatasetError
from boilerplate.files import replace_file, system_reason

__all__ = ["DatasetWriter", "json_text", "write_atomically"]


def json_text(value: Any) -> str:
    """A value as the label and text files hold it; characters that are half a pair become question marks."""
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    return text.encode("utf-8", "replace").decode("utf-8")


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a run that is cut off, never meets half of it.

    Raises
    ------
    DatasetError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{path} cannot be written: {system_reason(error)}. Make room or give another directory."
        ) from error


class DatasetWriter:
    """Writes pages into a dataset's directory, which may hold others already.

    Parameters
    ----------
    root : Path
        Made when the first page is written.

    Raises
    ------
    DatasetError
        If there is a ``pages.jsonl`` that cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._records = {str(r["id"]): r for r in _named_records(root)}

    def __contains__(self, name: object) -> bool:
        return name in self._records

    def __len__(self) -> int:
        return len(self._records)

    def html_path(self, name: str) -> Path:
        """Where a page's bytes go, gzipped."""
        return self.root / "html" / f"{name}.html.gz"

    def main_text_path(self, name: str) -> Path:
        """Where a page's gold text and snippets go."""
        return self.root / "main_text" / f"{name}.json"

    def labels_path(self, name: str) -> Path:
        """Where a page's labelled regions go."""
        return self.root / "labels" / f"{name}.json"

    def write_html(self, name: str, html: bytes) -> None:
        """Write a page's bytes; the same bytes give the same file."""
        if not names_a_file(name):
            raise DatasetError(f"{name[:80]!r} cannot be a page's id, as files are named by it. Give it another name.")
        write_atomically(self.html_path(name), gzip.compress(html, mtime=0))

    def add(self, page: NewPage) -> None:
        """Write a page and its gold; `finish` makes it part of the dataset.

        Raises
        ------
        DatasetError
            If a file cannot be written, or there is a page of this id already.
        """
        if page.id in self:
            raise DatasetError(f"Page {page.id!r} is in {self.root} already. Give another directory.")
        self.write_html(page.id, page.html)
        if page.gold:
            write_atomically(self.main_text_path(page.id), json_text(page.gold.to_dict(page.id)).encode())
        if page.regions is not None:
            regions = [
                {"xpath": r.xpath, "label": r.label} | ({"text_sha1": r.text_sha1} if r.text_sha1 else {})
                for r in page.regions
            ]
            record = {"page": page.id, "regions": regions} | ({"note": page.note} if page.note else {})
            write_atomically(self.labels_path(page.id), json_text(record).encode())
        facts = {"page_type": page.page_type, "lang": page.lang, "split": page.split, "licence": page.licence}
        self.declare(
            [
                {
                    "id": page.id,
                    "source": page.source,
                    "url": page.url,
                    "site": page.site,
                    **{key: value for key, value in facts.items() if value},
                    "sha256": hashlib.sha256(page.html).hexdigest(),
                    "bytes": len(page.html),
                }
            ]
        )

    def declare(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Put lines of ``pages.jsonl`` beside those that are there, in place of those of the same id."""
        for record in records:
            self._records[str(record["id"])] = dict(record)

    def finish(self) -> None:
        """Write ``pages.jsonl``, with the kinds of gold that there are for each page.

        Raises
        ------
        DatasetError
            If it cannot be written.
        """
        lines = []
        for name, record in self._records.items():
            gold = [
                kind
                for kind, path in (("labels", self.labels_path(name)), ("main_text", self.main_text_path(name)))
                if path.is_file()
            ]
            lines.append(json.dumps({**record, "gold": gold}, ensure_ascii=False))
        text = "".join(line + "\n" for line in lines)
        write_atomically(self.root / "pages.jsonl", text.encode("utf-8", "replace"))


def _named_records(root: Path) -> list[dict[str, Any]]:
    records = read_records(root)
    if not all(isinstance(r.get("id"), str) for r in records):
        raise DatasetError(
            f"{root / 'pages.jsonl'} cannot be read (a line has no id). Correct it, or give another directory."
        )
    return records
