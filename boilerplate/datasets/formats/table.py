"""A folder of pages and a CSV file with their labels.

A row is a labelled element: columns ``page`` (a file's name or path; ``source`` and ``file`` are other names for the
column), ``xpath`` and ``label``, and, if there are, ``url``, ``site``, ``page_type``, ``lang``, ``split``. This is
what ``boilerplate label PAGES -f csv`` writes, so that its output can be corrected in a spreadsheet and taken in.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from lxml import etree

from boilerplate.blocks import BlockTable, segment
from boilerplate.datasets.formats.common import html_name, read_file, read_text
from boilerplate.datasets.records import Failed, NewPage, page_id, site_of
from boilerplate.errors import BoilerplateError, DatasetError
from boilerplate.labels import LABELS, Region, labels_from_regions, text_fingerprint
from boilerplate.page import parse
from boilerplate.words import count_words

__all__ = ["read_pages"]

_PAGE_COLUMNS = ("page", "source", "file")
_FACTS = ("url", "site", "page_type", "lang", "split")
_DELIMITERS = ",;\t|"

Row = dict[str, str]


def read_pages(root: Path, source: str) -> Iterator[NewPage | Failed]:
    """The pages that a CSV file labels.

    Parameters
    ----------
    root : Path
        The CSV file, or a directory that holds a single one; pages are looked up beside it and below.
    source : str

    Yields
    ------
    NewPage or Failed

    Raises
    ------
    DatasetError
        If there is no such file, or columns are missing.
    """
    table = _find_table(root)
    files = _page_files(table.parent)
    for name, rows in _read_rows(table).items():
        found = files.get(name) or files.get(Path(name).name)
        if found is None:
            yield Failed(name, f"There is no such page beside {table.name}. Correct the column, or add the file.")
            continue
        if len(found) > 1:
            yield Failed(name, "Several files have this name. Give their paths as seen from the CSV file.")
            continue
        try:
            yield _page(found[0], rows, source)
        except BoilerplateError as error:
            yield Failed(name, str(error))


def _find_table(root: Path) -> Path:
    tables = [root] if root.is_file() else sorted(root.glob("*.csv"))
    if len(tables) != 1:
        held = f"{len(tables)} CSV files" if tables else "no CSV file"
        raise DatasetError(f"{root} holds {held}, where one with the labels is needed. Name the file itself.")
    return tables[0]


def _page_files(directory: Path) -> dict[str, list[Path]]:
    """Pages by each way to name them: path, file's name, name without suffix."""
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(directory.rglob("*")):
        name = html_name(path)
        if name is None or not path.is_file():
            continue
        for key in {str(path), path.relative_to(directory).as_posix(), path.name, name}:
            files[key].append(path)
    return files


def _read_rows(table: Path) -> dict[str, list[Row]]:
    text = read_text(table)
    header = text.split("\n", 1)[0]
    # A sniffer guesses from the texts; the header says.
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        columns = [(c or "").strip().lower() for c in reader.fieldnames or []]
        reader.fieldnames = columns
        page_column = next((c for c in _PAGE_COLUMNS if c in columns), None)
        missing = [c for c in ("xpath", "label") if c not in columns]
        if page_column is None or missing:
            wanted = ", ".join((["page"] if page_column is None else []) + missing)
            raise DatasetError(f"{table} has no column {wanted}. Its first line must name page, xpath and label.")
        pages: dict[str, list[Row]] = defaultdict(list)
        for row in reader:
            cells = {k: v.strip() for k, v in row.items() if isinstance(k, str) and isinstance(v, str)}
            if any(cells.values()):
                pages[cells.get(page_column, "")].append(cells)
    except csv.Error as error:
        raise DatasetError(f"{table} cannot be read as CSV ({error}). Save it as CSV again.") from error
    if not pages:
        raise DatasetError(f"{table} holds no row. Add one for each labelled element.")
    return pages


def _page(path: Path, rows: Sequence[Row], source: str) -> NewPage:
    html = read_file(path)
    blocks = segment(parse(html))
    regions, note = _regions(blocks, rows)
    facts = {key: next((row[key] for row in rows if row.get(key)), None) for key in _FACTS}
    name = page_id(source, html_name(path) or path.name)
    return NewPage(
        id=name,
        html=html,
        source=source,
        url=facts["url"],
        site=facts["site"] or site_of(facts["url"]) or name,
        page_type=facts["page_type"],
        lang=facts["lang"],
        split=facts["split"],
        regions=regions,
        note=note,
    )


def _regions(blocks: BlockTable, rows: Sequence[Row]) -> tuple[tuple[Region, ...], str]:
    """The labelled elements; where several rows name one, the label of most of their words."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        label = row.get("label", "").lower()
        if label not in LABELS:
            raise DatasetError(f"{label[:40]!r} is no label. Use one of {', '.join(LABELS)}.")
        if not row.get("xpath"):
            raise DatasetError("A row has no xpath. Add it, or remove the row.")
        votes[row["xpath"]][label] += 1 + count_words(row.get("text", ""))
    chosen = [Region(path, counts.most_common(1)[0][0]) for path, counts in votes.items()]
    _, problems = labels_from_regions(blocks, chosen)
    if problems:
        raise DatasetError(f"{len(problems)} of its elements are not on the page ({problems[0]}). Correct the paths.")
    fingerprints = _fingerprints(blocks, votes.keys())
    split = sum(len(counts) > 1 for counts in votes.values())
    note = f"{split} elements hold text of several labels and have that of most of it." if split else ""
    return tuple(Region(r.xpath, r.label, fingerprints.get(r.xpath, "")) for r in chosen), note


def _fingerprints(blocks: BlockTable, paths: Collection[str]) -> dict[str, str]:
    found = ((blocks.xpath(i), element) for i, element in enumerate(blocks.page.root.iter(etree.Element)))
    return {path: text_fingerprint(element) for path, element in found if path in paths}
