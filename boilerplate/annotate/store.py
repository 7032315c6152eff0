"""Write labels into a dataset, a page at a time, so that at every moment the files on disk are whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boilerplate.annotate.files import save_file
from boilerplate.annotate.pages import AnnotationPage
from boilerplate.dataset import read_records, read_regions
from boilerplate.errors import DatasetError, UsageError
from boilerplate.files import system_reason
from boilerplate.labels import Region

__all__ = ["LabelStore", "SavedLabels"]

#: Keys of a label file that are written here; whatever else a file has is kept.
_OWN_KEYS = ("page", "undecided", "regions", "checked")


@dataclass(frozen=True, slots=True)
class SavedLabels:
    """What a label file holds.

    Attributes
    ----------
    regions : tuple of Region
    checked : tuple of str
        Paths of elements whose labels were found right although the model disagrees.
    undecided : int
        Blocks without a label when the file was written.
    others : dict
        Keys that annotating knows nothing of, such as a note.
    data : bytes
        The file as it was read; empty if there is none.
    """

    regions: tuple[Region, ...] = ()
    checked: tuple[str, ...] = ()
    undecided: int = 0
    others: Mapping[str, Any] = field(default_factory=dict)
    data: bytes = b""


class LabelStore:
    """The dataset that labels go to.

    Parameters
    ----------
    root : Path
        Its directory; made when the first label is saved.
    labels_only : bool
        Write ``labels/`` only, no copies of pages and no ``pages.jsonl``.

    Raises
    ------
    DatasetError
        If its ``pages.jsonl`` cannot be read.
    UsageError
        If there is a file in the directory's place.
    """

    def __init__(self, root: Path, *, labels_only: bool = False) -> None:
        if root.exists() and not root.is_dir():
            raise UsageError(f"{root} is a file. Labels go to a directory; give another place with -o.")
        self.root = root
        self.labels_only = labels_only
        self._records = {str(record.get("id")): record for record in read_records(root)}

    @property
    def records(self) -> Mapping[str, Mapping[str, Any]]:
        """The lines of ``pages.jsonl`` by id."""
        return self._records

    def path_of(self, page_id: str) -> Path:
        """The label file of a page."""
        return self.root / "labels" / f"{page_id}.json"

    def has(self, page_id: str) -> bool:
        """Whether a page has a label file."""
        return self.path_of(page_id).is_file()

    def read(self, page_id: str) -> SavedLabels:
        """The labels of a page; empty if it has none.

        Raises
        ------
        DatasetError
            If its label file is none.
        """
        path = self.path_of(page_id)
        data = self._data(path)
        if not data:
            return SavedLabels()
        regions = read_regions(path)
        record = json.loads(data.decode("utf-8-sig"))
        checked = record.get("checked")
        undecided = record.get("undecided")
        return SavedLabels(
            regions=regions,
            checked=tuple(c for c in checked if isinstance(c, str)) if isinstance(checked, list) else (),
            undecided=undecided if isinstance(undecided, int) and undecided > 0 else 0,
            others={key: value for key, value in record.items() if key not in _OWN_KEYS},
            data=data,
        )

    def save(
        self,
        page: AnnotationPage,
        before: SavedLabels,
        regions: Sequence[Region],
        *,
        checked: Iterable[str] = (),
        undecided: int = 0,
    ) -> SavedLabels:
        """Write the labels of a page, and the page itself if the dataset does not have it yet.

        Parameters
        ----------
        page : AnnotationPage
        before : SavedLabels
            What was read or saved last: if the file is another by now, it is left alone.
        regions : sequence of Region
        checked : iterable of str
        undecided : int

        Returns
        -------
        SavedLabels
            What stands in the file now.

        Raises
        ------
        DatasetError
            If something else has changed the file.
        BoilerplateError
            If a file cannot be written.
        """
        path = self.path_of(page.id)
        if self._data(path) != before.data:
            raise DatasetError(
                f"{path} was changed by something else meanwhile. Reload to go on from what stands there now; "
                "this step was not saved."
            )
        others = dict(before.others)
        paths = sorted(set(checked))
        if not regions and not others and not paths:
            # A page without a region has no gold.
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            return SavedLabels()
        if not self.labels_only and page.id not in self._records:
            self._add(page)
        record: dict[str, Any] = {"page": page.id}
        if undecided:
            record["undecided"] = undecided
        record["regions"] = [
            {"xpath": r.xpath, "label": r.label} | ({"text_sha1": r.text_sha1} if r.text_sha1 else {}) for r in regions
        ]
        if paths:
            record["checked"] = paths
        data = (json.dumps(record | others, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")
        save_file(path, data)
        return SavedLabels(tuple(regions), tuple(paths), undecided, others, data)

    def _add(self, page: AnnotationPage) -> None:
        """Copy a page into the dataset: first the page, then the line that names it, last its labels."""
        html = page.read()
        save_file(self.root / "html" / f"{page.id}.html", html)
        record = {"id": page.id, **{k: v for k, v in page.record.items() if k != "id"}}
        record |= {"sha256": hashlib.sha256(html).hexdigest(), "bytes": len(html), "gold": ["labels"]}
        # Read again, as something else may have added pages.
        records = read_records(self.root)
        index = self.root / "pages.jsonl"
        existing = self._data(index)
        if existing and not existing.endswith(b"\n"):
            existing += b"\n"
        if all(r.get("id") != page.id for r in records):
            save_file(index, existing + (json.dumps(record, ensure_ascii=False) + "\n").encode("utf-8"))
        self._records[page.id] = record

    @staticmethod
    def _data(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise DatasetError(f"{path} cannot be read: {system_reason(error)}. Change its permissions.") from error
