"""What parts of the model are worth: variants trained and measured on the same folds by site.

    python benchmarks/ablation.py ../shared/datasets datasets/own --labels datasets/public/labels

Each variant is trained anew, scorers and choice of features included, on the sites of the other folds. Differences come
with the standard error of a paired bootstrap by site. A variant and a fold take about ten minutes; ``--measure 1``
measures on the first fold only.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boilerplate.dataset import read_datasets
from boilerplate.labels import LABELS, UNKNOWN
from boilerplate.model.model import Prediction
from boilerplate.training.comparison import compare
from boilerplate.training.corpus import Example, read_corpus
from boilerplate.training.evaluation import evaluate_predictions
from boilerplate.training.folds import site_folds
from boilerplate.training.trainer import Settings, fit_model

#: Features that are left out, by variant. The first is what the others are compared with.
VARIANTS = {
    "as it is": (),
    "no scores of whole boxes": ("box_words_*", "box_markup_*"),
    "no words": ("words_*", "box?_words_*", "part*_words_*", "box_words_*", "heading_words_*", "first_words_*"),
    "no names": ("name_*",),
    "no addresses": ("target_*", "box2_target_*", "part05_target_*"),
    "no headings above": ("above_*", "heading_*"),
    "no topic": ("topic_*",),
    "one look, no first guess": ("guess_*", "topic_*"),
}
FEWER_LABELS = "fewer labels"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="+", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--fewer-labels", type=Path, help=f"labels of the variant {FEWER_LABELS!r}: a directory")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--measure", type=int, help="folds to measure on; all if left out")
    parser.add_argument("--variant", action="append", help="a variant to measure beside the first; all if left out")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()

    examples, _ = read_corpus(read_datasets(options.datasets, options.labels), jobs=options.jobs)
    folds = site_folds(examples, options.folds)
    measured = range(options.measure or options.folds)
    held = np.flatnonzero(np.isin(folds, list(measured)))
    names = [*VARIANTS, *([FEWER_LABELS] if options.fewer_labels else [])]
    wanted = [n for n in names if not options.variant or n in options.variant or n == names[0]]
    said: dict[str, list[Prediction]] = {}
    for name in wanted:
        training = _with_fewer_labels(examples, options.fewer_labels) if name == FEWER_LABELS else examples
        settings = Settings(leave_out=VARIANTS.get(name, ()))
        found: dict[int, Prediction] = {}
        for fold in measured:
            model = fit_model(training, settings=settings, use=folds != fold, jobs=options.jobs)
            found |= {i: model.predict(examples[i].reading) for i in np.flatnonzero(folds == fold).tolist()}
        said[name] = [found[i] for i in held.tolist()]
        _print([examples[i] for i in held.tolist()], held, said, name)


def _with_fewer_labels(examples: Sequence[Example], labels: Path) -> list[Example]:
    """Only pages that have a file in the directory, and our own, keep their labels."""
    kept = {path.stem for path in labels.glob("*.json")}

    def unlabelled(example: Example) -> Example:
        return replace(
            example,
            page=replace(example.page, regions=None),
            label=np.full(len(example), UNKNOWN, dtype=np.int8),
            label_words=np.zeros_like(example.label_words),
        )

    return [e if e.page.id in kept or e.page.source == "own" else unlabelled(e) for e in examples]


def _print(examples: Sequence[Example], held: NDArray[np.int64], said: dict[str, list[Prediction]], name: str) -> None:
    base = next(iter(said))
    evaluations = {n: evaluate_predictions(examples, said[n], {"kind": "out of fold by site"}) for n in {base, name}}
    words = evaluations[name].labels["words"]
    figures = [words["by_label"][label]["f1"] for label in LABELS] + [words["macro_f1"]]
    if name == base:
        print(f"{len(held)} pages, {sum(e.has_labels for e in examples)} of them labelled")
        print("| variant | " + " | ".join([*LABELS, "macro"]) + " | macro: difference | main text: difference |")
        print("|---|" + "---|" * (len(figures) + 2))
        differences = ["", ""]
    else:
        rows = compare(examples, (said[name], evaluations[name]), (said[base], evaluations[base]))
        by_figure = {row["figure"]: row for row in rows}
        differences = [
            # An interval of a normal distribution is 3.92 standard errors wide.
            f"{row['difference']:+.4f} ± {(row['interval'][1] - row['interval'][0]) / 3.92:.4f}"
            for row in (by_figure["labels, macro F1 by words"], by_figure["main text, mean word F1"])
        ]
    print(
        f"| {name} | " + " | ".join(f"{value:.3f}" for value in figures) + f" | {' | '.join(differences)} |", flush=True
    )


if __name__ == "__main__":
    main()
