"""How well two labellings of the same pages agree: what a perfect reader of the guide could be expected to reach.

    python benchmarks/annotators.py ../shared/datasets --second datasets/public/second-labels

Figures are those of `boilerplate evaluate` for labels, with the second labelling in the place of a model.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from boilerplate.dataset import read_datasets
from boilerplate.labels import LABELS
from boilerplate.training.corpus import read_example
from boilerplate.training.figures import label_figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="+", type=Path)
    parser.add_argument("--labels", type=Path, help="further labels of the first labelling")
    parser.add_argument("--second", type=Path, required=True, help="labels of the second: a directory")
    options = parser.parse_args()

    twice = {path.stem for path in options.second.glob("*.json")}
    first = {
        p.id: p for p in read_datasets(options.datasets, options.labels) if p.id in twice and p.regions is not None
    }
    second = {p.id: p for p in read_datasets(options.datasets, options.second) if p.id in first}
    tables, sites = [], []
    for name, page in first.items():
        one, other = read_example(page), read_example(second[name])
        known = (one.label >= 0) & (other.label >= 0)
        table = np.zeros((len(LABELS), len(LABELS)), dtype=np.int64)
        np.add.at(table, (one.label[known], other.label[known]), one.words[known])
        tables.append(table)
        sites.append(page.site)
    figures = label_figures(np.stack(tables), sites)
    print(f"{len(tables)} pages, F1 by words with 95 % intervals")
    for label, row in figures["by_label"].items():
        print(
            f"{label:8} {row['f1']:.3f}  {row['f1_interval'][0]:.3f}-{row['f1_interval'][1]:.3f}  {row['count']} words"
        )
    low, high = figures["macro_f1_interval"]
    print(f"{'macro':8} {figures['macro_f1']:.3f}  {low:.3f}-{high:.3f}")


if __name__ == "__main__":
    main()
