"""What the corrections of labels change in the figures, and the labels as they were before them.

    boilerplate evaluate ../shared/datasets datasets/own --labels datasets/public/labels --folds 3 \\
        --save-predictions kept.safetensors
    python benchmarks/corrections.py ../shared/datasets datasets/own --predictions kept.safetensors
    python benchmarks/corrections.py --write before/

Labels that were corrected where a model disagreed flatter that model, so figures are given with and without. They are
those of `boilerplate evaluate` for labels. ``--further`` adds a line of pages whose labels no model has learned from,
such as ``datasets/public/further-labels``. What ``--write`` makes is for its ``--labels``: each word has the label from
before; regions that a correction added stay, with the label that their text had.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from boilerplate.blocks import segment
from boilerplate.dataset import DatasetPage, read_datasets
from boilerplate.features import PageReading
from boilerplate.labels import LABELS, UNKNOWN, Region, word_labels
from boilerplate.page import parse
from boilerplate.training.corpus import Example, gold_labels, read_each
from boilerplate.training.evaluation import confusion
from boilerplate.training.figures import label_figures
from boilerplate.training.predictions import load_predictions

PUBLIC = Path(__file__).resolve().parents[1] / "datasets" / "public"


@dataclass(frozen=True, slots=True)
class Correction:
    """A region whose label was corrected.

    Attributes
    ----------
    page, xpath : str
        The page's id, and the region.
    before, after : str
        Its labels; all text of the region had the first, but for what is labelled within it.
    reason : str
        What the guide says that the label did not.
    """

    page: str
    xpath: str
    before: str
    after: str
    reason: str


def read_corrections(path: Path) -> dict[str, list[Correction]]:
    """The corrections of each page, from a file with a JSON object a line."""
    found: defaultdict[str, list[Correction]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        found[record["page"]].append(
            Correction(record["page"], record["xpath"], record["from"], record["to"], record["reason"])
        )
    return dict(found)


def undone(regions: Iterable[Region], corrections: Iterable[Correction]) -> tuple[Region, ...]:
    """Regions with the labels from before the corrections."""
    before = {c.xpath: c.before for c in corrections}
    return tuple(replace(r, label=before.get(r.xpath, r.label)) for r in regions)


def write_before(labels: Path, corrections: Mapping[str, list[Correction]], directory: Path) -> int:
    """Write all label files as they were before the corrections; returns how many."""
    directory.mkdir(parents=True, exist_ok=True)
    files = sorted(labels.glob("*.json"))
    for file in files:
        text = file.read_text(encoding="utf-8")
        if file.stem in corrections:
            record = json.loads(text)
            before = {c.xpath: c.before for c in corrections[file.stem]}
            for region in record["regions"]:
                region["label"] = before.get(region["xpath"], region["label"])
            text = json.dumps(record, indent=1, ensure_ascii=False)
        (directory / file.name).write_text(text, encoding="utf-8")
    return len(files)


def read_labels(page: DatasetPage) -> Example:
    """The page's blocks and their labels, without the features that make reading a page slow."""
    table = segment(parse(page.read_html(), url=page.url or None))
    label, label_words = word_labels(table, gold_labels(page, table)[0])
    return Example(
        page=page,
        reading=cast(PageReading, None),  # nothing here predicts
        texts=table.text,
        words=label_words.sum(axis=1),
        label=label,
        label_words=label_words,
        content=np.full(len(table), UNKNOWN, dtype=np.int8),
    )


def show(title: str, tables: Sequence[NDArray[np.int64]], sites: Sequence[str]) -> None:
    """Print a line: F1 by words of each label, and their mean."""
    figures = label_figures(np.stack(tables), sites)
    scores = "".join(f"{figures['by_label'][label]['f1']:9.3f}" for label in LABELS)
    print(f"{title:36}{len(tables):6}{scores}{figures['macro_f1']:9.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="*", type=Path, help="for --predictions")
    parser.add_argument("--labels", type=Path, default=PUBLIC / "labels", help="the corrected labels: a directory")
    parser.add_argument("--corrections", type=Path, default=PUBLIC / "corrections.jsonl")
    parser.add_argument("--predictions", type=Path, help="what `boilerplate evaluate --save-predictions` wrote")
    parser.add_argument("--write", type=Path, help="directory for the labels as they were")
    parser.add_argument("--further", type=Path, help="directory with labels of other pages, to measure them too")
    options = parser.parse_args()

    corrections = read_corrections(options.corrections)
    if options.write is not None:
        print(f"{write_before(options.labels, corrections, options.write)} files")
    if options.predictions is None:
        return

    pages = [p for p in read_datasets(options.datasets, options.labels) if p.regions is not None]
    own = {p.id for p in read_datasets(options.datasets[:1]) if p.regions is not None}
    words: Counter[tuple[str, str]] = Counter()
    tables: dict[bool, list[NDArray[np.int64]]] = {False: [], True: []}
    sites, labelled_first = [], []
    found, failures = read_each(pages, read_labels)
    for failure in failures:
        print(f"left out: {failure.reason}")
    predictions, _ = load_predictions(options.predictions, [example for _, example in found])
    for (page, example), prediction in zip(found, predictions, strict=True):
        old = example
        if page.id in corrections and page.regions is not None:
            old = read_labels(replace(page, regions=undone(page.regions, corrections[page.id])))
        tables[False].append(confusion(old, prediction, "words"))
        tables[True].append(confusion(example, prediction, "words"))
        sites.append(page.site)
        labelled_first.append(page.id in own)
        for i in np.flatnonzero(old.label != example.label):
            words[LABELS[old.label[i]], LABELS[example.label[i]]] += int(example.words[i])

    n = sum(len(c) for c in corrections.values())
    print(f"{n} regions of {len(corrections)} pages, {sum(words.values())} words:")
    for (old_label, new_label), count in words.most_common():
        print(f"  {old_label} to {new_label}: {count}")
    print(f"{'F1 by words':36}{'pages':>6}" + "".join(f"{label:>9}" for label in LABELS) + f"{'macro':>9}")
    for title, use in (("all", np.ones(len(sites), dtype=bool)), ("labelled first", np.array(labelled_first))):
        chosen = np.flatnonzero(use)
        for corrected in (False, True):
            name = f"{title}, {'with' if corrected else 'without'} corrections"
            show(name, [tables[corrected][i] for i in chosen], [sites[i] for i in chosen])
    if options.further is not None:
        names = {path.stem for path in options.further.glob("*.json")}
        further = [page for page in read_datasets(options.datasets, options.further) if page.id in names]
        examples = [example for _, example in read_each(further, read_labels)[0]]
        said, _ = load_predictions(options.predictions, examples)
        show(
            "further pages",
            [confusion(example, prediction, "words") for example, prediction in zip(examples, said, strict=True)],
            [example.page.site for example in examples],
        )


if __name__ == "__main__":
    main()
