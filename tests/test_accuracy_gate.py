"""Accuracy may not drop: a model trained on some sites is measured on others, and its figures have floors.

So it is for web pages, and for texts made of them, one a page. The floors stand in ``accuracy_floors.json`` with what
they were measured on. A change that makes a figure worse fails here. Who lowers a floor adds an entry with the reason,
as the file's own test asks for.
"""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT

from boilerplate.dataset import DatasetPage, fingerprint, read_datasets
from boilerplate.input_format import HTML, TEXT
from boilerplate.training.corpus import Example, read_corpus, read_each
from boilerplate.training.evaluation import evaluate_predictions
from boilerplate.training.text_corpus import read_text_examples
from boilerplate.training.trainer import Settings, fit_model

FLOORS = Path(__file__).parent / "accuracy_floors.json"
SHARED = ROOT.parent / "shared" / "datasets"
#: Sites are dealt into this many parts by the hash of their name.
PARTS, MEASURED, TRAINED = 16, (0, 1), (2, 3, 4, 5)
#: A quick model: what is guarded is the way to the figures, not their height.
SETTINGS = Settings(
    first_features=70, n_features=120, first_rounds=8, label_rounds=25, main_rounds=30, choice_rounds=10
)
#: Of texts, which take longer to make than to learn from, fewer.
TEXTS_MEASURED, TEXTS_TRAINED = (0,), (2, 3)
TEXT_SETTINGS = Settings(
    input_format=TEXT,
    scorers=("words",),
    inner_folds=2,
    max_page_blocks=90,
    first_features=60,
    n_features=90,
    first_rounds=8,
    label_rounds=25,
    main_rounds=20,
    choice_rounds=8,
)
#: Other processors round otherwise, and a tree may then split elsewhere.
TOLERANCE = 0.004


def entries(input_format: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(FLOORS.read_text())[input_format]
    return found


@pytest.mark.parametrize("input_format", [HTML, TEXT])
def test_a_floor_is_not_lowered_without_saying_why(input_format: str) -> None:
    history = entries(input_format)
    for before, after in pairwise(history):
        lowered = [n for n, floor in before["floors"].items() if after["floors"].get(n, -1.0) < floor]
        assert not lowered or len(after["why"]) > 40, f"{lowered} lowered on {after['date']}: say why in 'why'"
        assert after["date"] >= before["date"]


def part_of(page: DatasetPage) -> int:
    return int.from_bytes(hashlib.sha256(page.site.encode()).digest()[:4]) % PARTS


needs_pages = pytest.mark.skipif(
    not SHARED.is_dir(), reason="needs the public pages beside the checkout, in ../shared/datasets"
)


def labelled_pages(parts: tuple[int, ...]) -> list[DatasetPage]:
    found = read_datasets([SHARED], ROOT / "datasets" / "public" / "labels")
    return [page for page in found if part_of(page) in parts and page.regions is not None]


@pytest.mark.slow
@needs_pages
def test_figures_are_not_below_their_floors() -> None:
    pages = labelled_pages((*MEASURED, *TRAINED))
    check_gold(pages, HTML)
    examples, failures = read_corpus(pages)
    assert failures == []
    check_floors(examples, SETTINGS, HTML)


@pytest.mark.slow
@needs_pages
def test_figures_of_texts_are_not_below_their_floors() -> None:
    pages = labelled_pages((*TEXTS_MEASURED, *TEXTS_TRAINED))
    check_gold(pages, TEXT)
    found, failures = read_each(pages, one_text)
    assert failures == []
    check_floors([example for _, texts in found for example in texts], TEXT_SETTINGS, TEXT)


def one_text(page: DatasetPage) -> list[Example]:
    return read_text_examples(page, 1)


def check_gold(pages: list[DatasetPage], input_format: str) -> None:
    assert fingerprint(pages) == entries(input_format)[-1]["sha256"], (
        f"The pages or their gold have changed: add an entry to {FLOORS.name} with the new figures, "
        f"the checksum {fingerprint(pages)} and what has changed."
    )


def check_floors(examples: list[Example], settings: Settings, input_format: str) -> None:
    trained = TEXTS_TRAINED if input_format == TEXT else TRAINED
    use = np.array([part_of(e.page) in trained for e in examples])
    held = [e for e, u in zip(examples, use, strict=True) if not u]
    assert not {e.page.site for e in held} & {e.page.site for e, u in zip(examples, use, strict=True) if u}
    model = fit_model(examples, settings=settings, use=use)
    figures = figures_of(evaluate_predictions(held, [model.predict(e.reading) for e in held], {"kind": "held out"}))
    floors = entries(input_format)[-1]["floors"]
    below = {n: (figures[n], floor) for n, floor in floors.items() if figures[n] < floor - TOLERANCE}
    assert below == {}, f"below their floors (figure, floor): {below}; all figures: {figures}"


def figures_of(evaluation: Any) -> dict[str, float]:
    words = evaluation.labels["words"]
    figures = {f"{label}, words": row["f1"] for label, row in words["by_label"].items()}
    figures["macro, words"] = words["macro_f1"]
    figures["macro, blocks"] = evaluation.labels["blocks"]["macro_f1"]
    # Of page types, articles alone have enough pages here.
    figures |= {
        f"main text, {row['source']}, {row['page_type']}": row["f1"]
        for row in evaluation.main_text
        if row["page_type"] in ("all", "article") and row["pages"] >= 20
    }
    figures |= {f"snippets, {source}": row["f1"] for source, row in evaluation.snippets.items()}
    return {name: round(float(value), 4) for name, value in figures.items()}
