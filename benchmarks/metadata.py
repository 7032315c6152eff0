"""Metadata measured against the gold of pages, beside those of trafilatura: one table.

    python benchmarks/metadata.py DATASET [--limit N] [--against PYTHON]

DATASET has ``pages.jsonl``, ``html/`` and ``main_text/`` with ``title``, ``author`` and ``publish_date``. PYTHON is an
interpreter that has trafilatura, which is no dependency of this project. The sites are divided in two: what is read
where was decided by looking at pages of the first half, so the second says what to expect of others.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boilerplate
from boilerplate.dataset import DatasetPage, read_dataset

FIELDS = ("title", "author", "publish_date")
_WORD = re.compile(r"\w+")

#: A page, and what its gold file holds.
GoldPage = tuple[DatasetPage, dict[str, Any]]

OTHER = """
import gzip, json, sys
from trafilatura.metadata import extract_metadata
for line in sys.stdin:
    path, url = json.loads(line)
    data = open(path, "rb").read()
    data = gzip.decompress(data) if path.endswith(".gz") else data
    try:
        found = extract_metadata(data, default_url=url)
    except Exception:
        found = None
    row = {} if found is None else {"title": found.title, "author": found.author, "publish_date": found.date}
    print(json.dumps(row), flush=True)
"""


def in_first_half(site: str) -> bool:
    """Whether pages of a site were looked at."""
    return hashlib.sha1(site.encode(), usedforsecurity=False).digest()[0] % 2 == 0


def pages(dataset: Path, limit: int) -> list[GoldPage]:
    """Pages with metadata in their gold, always the same ones for a limit."""
    found = []
    for page in read_dataset(dataset):
        gold_path = dataset / "main_text" / f"{page.id}.json"
        if page.source == "wcxb-dev" and gold_path.exists():
            found.append((page, json.loads(gold_path.read_text(encoding="utf-8"))))
    random.Random(0).shuffle(found)
    return found[:limit] if limit else found


def words(value: Any) -> list[str]:
    return [word.casefold() for word in _WORD.findall(str(value or ""))]


def f1(found: Any, gold: Any) -> float:
    """Word F1 of two short texts, as bags."""
    a, b = words(found), words(gold)
    common = sum(min(a.count(word), b.count(word)) for word in set(a))
    return 2 * common / (len(a) + len(b)) if a or b else 1.0


def own(rows: Sequence[GoldPage]) -> Iterator[dict[str, Any]]:
    """What this package reads of each page."""
    model = boilerplate.load_model()
    for page, _ in rows:
        metadata = boilerplate.label(page.read_html(), url=page.url, model=model).metadata
        yield {"title": metadata.title, "author": "; ".join(metadata.authors), "publish_date": metadata.published}


def other(rows: Sequence[GoldPage], python: str) -> Iterator[dict[str, Any]]:
    """What trafilatura reads of each page."""
    lines = "".join(json.dumps([str(page.html_path), page.url]) + "\n" for page, _ in rows)
    done = subprocess.run([python, "-c", OTHER], input=lines, capture_output=True, text=True, check=True)
    yield from map(json.loads, done.stdout.splitlines())


def score(rows: Sequence[GoldPage], found: Sequence[dict[str, Any]]) -> dict[str, tuple[float, float, int, int]]:
    """By field: share right and mean word F1 of pages with a gold value; how many; and values where gold has none."""
    scores = {}
    for field in FIELDS:
        with_gold = [(f.get(field), gold[field]) for f, (_, gold) in zip(found, rows, strict=True) if gold.get(field)]
        without = sum(bool(f.get(field)) for f, (_, gold) in zip(found, rows, strict=True) if not gold.get(field))
        right = sum(words(a) == words(b) for a, b in with_gold) / max(len(with_gold), 1)
        mean = sum(f1(a, b) for a, b in with_gold) / max(len(with_gold), 1)
        scores[field] = (right, mean, len(with_gold), without)
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="pages; 0 for all")
    parser.add_argument("--against", metavar="PYTHON", help="interpreter that has trafilatura")
    options = parser.parse_args()
    rows = pages(options.dataset, options.limit)
    found = {"boilerplate": list(own(rows))}
    if options.against:
        found["trafilatura"] = list(other(rows, options.against))
    print("| sites | field | | pages with gold | exact | word F1 | value where gold has none |")
    print("|---|---|---|---|---|---|---|")
    for part, of_part in (("first half", (True,)), ("second half", (False,)), ("all", (True, False))):
        chosen = [i for i, (page, _) in enumerate(rows) if in_first_half(page.site) in of_part]
        results = {
            name: score([rows[i] for i in chosen], [values[i] for i in chosen]) for name, values in found.items()
        }
        for field in FIELDS:
            for name, scores in results.items():
                right, mean, count, without = scores[field]
                print(f"| {part} | {field} | {name} | {count} | {right:.3f} | {mean:.3f} | {without} |")


if __name__ == "__main__":
    main()
