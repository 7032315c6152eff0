"""One model for web pages and texts, or one for each: measured on the pages of sites that were held out.

    python benchmarks/text_models.py ../shared/datasets datasets/own --labels datasets/public/labels --every 4

Of every page that is drawn there is the web page and one text. Three models learn from the pages of the other sites:
one from the web pages, one from the texts, one from both, in which features of markup are missing (NaN) for texts. Each
is applied to what it may serve. A few minutes of processor time for 400 pages.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tables import difference_cell, label_cells

from boilerplate import features
from boilerplate.dataset import DatasetPage, read_datasets
from boilerplate.input_format import HTML, TEXT
from boilerplate.labels import LABELS
from boilerplate.model.model import Model, Prediction
from boilerplate.training.comparison import compare
from boilerplate.training.corpus import Example, read_corpus, read_each
from boilerplate.training.evaluation import evaluate_predictions
from boilerplate.training.folds import site_folds
from boilerplate.training.kinds import settings_for
from boilerplate.training.text_corpus import read_text_examples
from boilerplate.training.trainer import fit_model

#: Features that only markup tells: what a text has of them are zeros of the tree that its lines become.
_OF_MARKUP = ("name_", "target_", "box_markup_", "tag_", "in_", "hidden", "declared_", "images_", "inputs_", "frames_")


def _one_text(page: DatasetPage) -> list[Example]:
    return read_text_examples(page, 1)


def _without_markup(example: Example) -> Example:
    """A text whose features of markup are missing, so that trees can tell it from a page that has none of them."""
    columns = example.reading.columns.copy()
    for k, name in enumerate(features.ALL.of_page):
        if name.startswith(_OF_MARKUP):
            columns[:, k] = np.nan
    return replace(example, reading=replace(example.reading, columns=columns))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="+", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--every", type=int, default=1, help="of the labelled pages one in so many is drawn")
    parser.add_argument("--folds", type=int, default=3, help="a model is trained on all folds but one, the last")
    options = parser.parse_args()

    pages = [page for page in read_datasets(options.datasets, options.labels) if page.regions is not None]
    pages = pages[:: options.every]
    web, _ = read_corpus(pages)
    texts = [text for _, of_page in read_each(pages, _one_text)[0] for text in of_page]
    # A model of texts alone has nothing to tell texts from: there, what is missing would be a column without a value.
    alone, beside = [*web, *texts], [*web, *map(_without_markup, texts)]
    folds = site_folds(alone, options.folds)
    held = folds == folds.max()
    is_text = np.array([bool(e.style) for e in alone])

    trained = {
        "web pages": (settings_for(HTML), beside, ~is_text),
        "texts": (settings_for(TEXT), alone, is_text),
        "both": (settings_for(HTML), beside, np.ones(len(beside), dtype=np.bool_)),
    }
    models: dict[str, tuple[Model, Sequence[Example]]] = {
        name: (fit_model(examples, settings=settings, use=which & ~held), examples)
        for name, (settings, examples, which) in trained.items()
    }
    print(f"{int((~held & ~is_text).sum())} pages to learn from, {int((held & ~is_text).sum())} to measure on\n")
    print("| measured on | trained on | " + " | ".join([*LABELS, "macro", "difference"]) + " |")
    print("|---|---|" + "---|" * (len(LABELS) + 2))
    _print("texts", held & is_text, models, "texts", TEXT)
    del models["texts"]
    _print("web pages", held & ~is_text, models, "web pages", HTML)


def _print(
    what: str,
    which: NDArray[np.bool_],
    models: dict[str, tuple[Model, Sequence[Example]]],
    base: str,
    input_format: str,
) -> None:
    """Figures of models, each with the examples as it reads them; differences to the one trained on these alone."""
    rows = np.flatnonzero(which).tolist()
    chosen = [models[base][1][i] for i in rows]

    def said(model: Model, examples: Sequence[Example]) -> list[Prediction]:
        # What a model is for says how its answers are put together.
        applied = replace(model, info={"input_format": input_format})
        return [applied.predict(examples[i].reading) for i in rows]

    predictions = {name: said(*models[name]) for name in (base, *(n for n in models if n != base))}
    evaluations = {n: evaluate_predictions(chosen, p, {"kind": "held out"}) for n, p in predictions.items()}
    for name, evaluation in evaluations.items():
        difference = ""
        if name != base:
            compared = compare(chosen, (predictions[name], evaluation), (predictions[base], evaluations[base]))
            difference = difference_cell(compared[0], 3)
        print(f"| {' | '.join([what, name, *label_cells(evaluation), difference])} |", flush=True)


if __name__ == "__main__":
    main()
