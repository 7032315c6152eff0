"""What parts of the model are worth: variants measured on the same pages of held-out sites.

    python benchmarks/ablation.py ../shared/datasets datasets/own --labels datasets/public/labels

In each fold the scorers are fitted once; choice of features, first guess and trees are made anew for each variant that
changes them. Differences come with the standard error of a paired bootstrap by site. A variant and a fold take about
five minutes; ``--measure 1`` measures on the first fold only, ``--variant`` names the variants that are wanted.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tables import difference_cell, label_cells

from boilerplate.dataset import read_datasets
from boilerplate.decision import MAX_CUT
from boilerplate.labels import ARTICLE, LABELS, UNKNOWN
from boilerplate.model.agreement import blend
from boilerplate.model.model import Model, Prediction
from boilerplate.training.comparison import compare
from boilerplate.training.corpus import Example, read_corpus
from boilerplate.training.evaluation import evaluate_predictions
from boilerplate.training.folds import site_folds
from boilerplate.training.scorers import ScorerDesign
from boilerplate.training.trainer import ScoredPages, Settings, fit_trees, score_pages

#: A block of a page without labels teaches its predicted one from this probability on.
CONFIDENT = 0.9


@dataclass(frozen=True)
class Variant:
    """What differs from the model as it is.

    Attributes
    ----------
    settings : dict
        Of `Settings`.
    examples : callable
        From the examples to those that trees learn from.
    predict : callable
        From a model and an example to the prediction.
    teacher : bool
        Whether pages without labels get those that a first model is sure of.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    examples: Callable[[Sequence[Example]], Sequence[Example]] = list
    predict: Callable[[Model, Example], Prediction] = lambda model, example: model.predict(example.reading)
    teacher: bool = False


def _without_snippets(examples: Sequence[Example]) -> Sequence[Example]:
    return [e if e.has_main_text else replace(e, content=np.full_like(e.content, UNKNOWN)) for e in examples]


def _one_answer(model: Model, example: Example) -> Prediction:
    said = model.predict(example.reading)
    return Prediction(said.probabilities, said.probabilities[:, ARTICLE])


def _fixed_cut(model: Model, example: Example) -> Prediction:
    said = model.predict(example.reading)
    # Of certain blocks the cut keeps the ones, wherever it lies.
    return Prediction(said.probabilities, (said.main >= MAX_CUT).astype(np.float64))


def _block_by_block(model: Model, example: Example) -> Prediction:
    return model.final.predict(model.matrix(example.reading)) if len(example) else model.predict(example.reading)


def _agreed_main_text(model: Model, example: Example) -> Prediction:
    said = model.predict(example.reading)
    both = np.column_stack([said.main, 1.0 - said.main])
    return Prediction(said.probabilities, blend(both, example.reading.around)[:, 0])


def _leave_out(*patterns: str) -> Variant:
    return Variant(settings={"leave_out": patterns})


AS_IT_IS = "as it is"
#: Variants of the same models come first: they cost nothing.
VARIANTS = {
    AS_IT_IS: Variant(),
    "block by block: no agreement of labels": Variant(predict=_block_by_block),
    "agreement of main text too": Variant(predict=_agreed_main_text),
    "one answer: main text is what is labelled article": Variant(predict=_one_answer),
    f"main text by a fixed cut of {MAX_CUT}": Variant(predict=_fixed_cut),
    "no scores of whole boxes": _leave_out("box_words_*", "box_markup_*"),
    "no scores of words": _leave_out(
        "words_*", "box?_words_*", "part*_words_*", "box_words_*", "heading_words_*", "first_words_*"
    ),
    "no scores of class names and other names": _leave_out("name_*"),
    "no scores of addresses": _leave_out("target_*", "box2_target_*", "part05_target_*"),
    "no headings above": _leave_out("above_*", "heading_*"),
    "no topic": _leave_out("topic_*"),
    "no scores of whole boxes, no headings above, no topic": _leave_out(
        "box_words_*", "box_markup_*", "above_*", "heading_*", "topic_*"
    ),
    "one look, no first guess": _leave_out("guess_*", "topic_*"),
    "no snippets as gold": Variant(examples=_without_snippets),
    "pages weigh the same": Variant(settings={"page_power": 1.0}),
    "words weigh the same": Variant(settings={"word_power": 1.0, "page_power": 0.0}),
    "labels by their share": Variant(settings={"label_power": 0.0}),
    "labels weigh the same": Variant(settings={"label_power": 1.0}),
    "trees: half as many": Variant(settings={"label_rounds": 33, "main_rounds": 50}),
    "trees: twice as many, half the learning rate": Variant(
        settings={"label_rounds": 130, "main_rounds": 200, "learning_rate": 0.075}
    ),
    "features: 100": Variant(settings={"n_features": 100}),
    "features: 300": Variant(settings={"n_features": 300}),
    "blocks: up to 500 of a page": Variant(settings={"max_page_blocks": 500}),
    "words weigh the same, 300 features, up to 500 blocks": Variant(
        settings={"word_power": 1.0, "page_power": 0.0, "n_features": 300, "max_page_blocks": 500}
    ),
    "labels of pages that have none, by a first model": Variant(teacher=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="+", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--measure", type=int, help="folds to measure on; all if left out")
    parser.add_argument("--variant", action="append", help="a variant to measure beside the first; all if left out")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    names = list(VARIANTS)
    unknown = set(options.variant or []) - set(names)
    if unknown:
        parser.error(f"{min(unknown)!r} is no variant. There are: {'; '.join(names)}.")

    examples, _ = read_corpus(read_datasets(options.datasets, options.labels), jobs=options.jobs)
    folds = site_folds(examples, options.folds)
    measured = range(options.measure or options.folds)
    held = np.flatnonzero(np.isin(folds, list(measured))).tolist()
    design = ScorerDesign(examples)
    scored = [score_pages(examples, settings=Settings(), design=design, use=folds != fold) for fold in measured]
    del design
    base: list[Model] = []
    said: dict[str, list[Prediction]] = {}
    for name in [n for n in names if not options.variant or n in options.variant or n == AS_IT_IS]:
        variant = VARIANTS[name]
        changed = variant.settings or variant.teacher or variant.examples is not list
        if not base or changed:
            models = [_train(variant, examples, of_fold, options.jobs) for of_fold in scored]
            base = base or models
        else:
            models = base
        found = {
            i: variant.predict(model, examples[i])
            for fold, model in zip(measured, models, strict=True)
            for i in np.flatnonzero(folds == fold).tolist()
        }
        said[name] = [found[i] for i in held]
        _print([examples[i] for i in held], said, name)


def _train(variant: Variant, examples: Sequence[Example], scored: ScoredPages, jobs: int) -> Model:
    settings = Settings(**variant.settings)
    training = variant.examples(examples)
    if variant.teacher:
        teacher = fit_trees(training, scored, settings=settings, jobs=jobs)
        training = [
            e if e.has_labels or i not in scored.matrices else replace(e, label=_sure(teacher, e))
            for i, e in enumerate(training)
        ]
    return fit_trees(training, scored, settings=settings, jobs=jobs)


def _sure(model: Model, example: Example) -> NDArray[np.int8]:
    probabilities = model.predict(example.reading).probabilities
    if len(probabilities) == 0:
        return example.label
    return np.where(probabilities.max(axis=1) >= CONFIDENT, probabilities.argmax(axis=1), UNKNOWN).astype(np.int8)


def _print(examples: Sequence[Example], said: dict[str, list[Prediction]], name: str) -> None:
    evaluations = {
        n: evaluate_predictions(examples, said[n], {"kind": "out of fold by site"}) for n in {AS_IT_IS, name}
    }
    figures = label_cells(evaluations[name])
    if name == AS_IT_IS:
        print(f"{len(examples)} pages, {sum(e.has_labels for e in examples)} of them labelled")
        print("| variant | " + " | ".join([*LABELS, "macro"]) + " | macro: difference | main text: difference |")
        print("|---|" + "---|" * (len(figures) + 2))
        differences = ["", ""]
    else:
        rows = compare(examples, (said[name], evaluations[name]), (said[AS_IT_IS], evaluations[AS_IT_IS]))
        by_figure = {row["figure"]: row for row in rows}
        differences = [
            difference_cell(by_figure.get(figure), 4)
            for figure in ("labels, macro F1 by words", "main text, mean word F1")
        ]
    print(f"| {' | '.join([name, *figures, *differences])} |", flush=True)


if __name__ == "__main__":
    main()
