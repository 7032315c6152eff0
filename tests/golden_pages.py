"""Pages whose blocks are labelled by hand, and what is written of them in each format.

No trained model has a say: blocks have the labels of the gold, with probabilities 0 and 1. The pages are the project's
own, the seed page, and those in ``tests/golden/pages``, where ``data-gold`` attributes are the labels.

    python tests/golden_pages.py    # writes tests/golden anew; look at what git says has changed
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from boilerplate import LabelledPage
from boilerplate.blocks import BlockTable, segment
from boilerplate.labelled import assemble
from boilerplate.labels import ARTICLE, LABELS, Region, labels_from_regions, word_labels
from boilerplate.model.model import Prediction
from boilerplate.page import parse

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "golden"
OWN = ROOT / "datasets" / "own"
SEED = ROOT / "datasets" / "seed"
#: By format: the suffix of its files, and the options they are written with.
FORMATS: dict[str, tuple[str, dict[str, object]]] = {
    "txt": ("txt", {}),
    "markdown": ("md", {"images": True, "with_metadata": True}),
    "html": ("html", {"images": True, "with_metadata": True}),
    "json": ("json", {"keep": ("article", "feed"), "with_metadata": True}),
    "jsonl": ("jsonl", {"with_metadata": True}),
    "csv": ("csv", {"with_metadata": True}),
}


@dataclass(frozen=True)
class GoldPage:
    """A page on disk and its labels; without regions, the labels stand in the page."""

    name: str
    path: Path
    url: str | None
    labels: Path | None

    def read(self) -> LabelledPage:
        """The page with the gold's labels."""
        table = segment(parse(self.path.read_bytes(), url=self.url))
        return assemble(table, _certain(table, self._regions(table)))

    def _regions(self, table: BlockTable) -> list[Region]:
        if self.labels is None:
            marked = ((i, attributes.get("data-gold")) for i, attributes in enumerate(table.attributes))
            return [Region(table.xpath(i), label) for i, label in marked if label]
        regions = json.loads(self.labels.read_text(encoding="utf-8"))["regions"]
        return [Region(r["xpath"], r["label"], r["text_sha1"]) for r in regions]


def _certain(table: BlockTable, regions: list[Region]) -> Prediction:
    node_labels, mismatches = labels_from_regions(table, regions)
    assert not mismatches, mismatches
    labels, _ = word_labels(table, node_labels)
    assert (labels >= 0).all(), "text without a label"
    probabilities = np.eye(len(LABELS))[labels]
    return Prediction(probabilities, probabilities[:, ARTICLE].copy())


def gold_pages() -> Iterator[GoldPage]:
    """All pages, in a fixed order."""
    for line in (OWN / "pages.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        name = record["id"]
        yield GoldPage(name, OWN / "html" / f"{name}.html", record["url"], OWN / "labels" / f"{name}.json")
    yield GoldPage("seed", SEED / "page.html", None, SEED / "labels.json")
    for path in sorted((GOLDEN / "pages").glob("*.html")):
        yield GoldPage(path.stem, path, None, None)


def golden_path(page: GoldPage, output_format: str) -> Path:
    """Where what should be written of a page stands."""
    return GOLDEN / output_format / f"{page.name}.{FORMATS[output_format][0]}"


def written(page: LabelledPage, output_format: str) -> str:
    """What is written of a page."""
    return page.render(output_format, **FORMATS[output_format][1])  # type: ignore[arg-type]


def main() -> None:
    """Write all golden files anew, and remove those of pages that are gone."""
    wanted = set()
    for gold in gold_pages():
        page = gold.read()
        for output_format in FORMATS:
            path = golden_path(gold, output_format)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(page, output_format).encode("utf-8"))
            wanted.add(path)
    for output_format in FORMATS:
        for path in (GOLDEN / output_format).iterdir():
            if path not in wanted:
                path.unlink()
    print(f"{len(wanted)} files are written to {GOLDEN.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
