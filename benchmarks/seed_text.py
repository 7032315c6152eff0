"""How well the text of the page that the project began with is labelled, by words.

    python benchmarks/seed_text.py

``datasets/seed/page.txt`` is a copy out of a browser; its words have the labels of the same words of ``page.html``,
found by aligning the two. The page is in no training set.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

import boilerplate
from boilerplate.blocks import segment
from boilerplate.dataset import read_regions
from boilerplate.labels import LABELS, labels_from_regions
from boilerplate.page import parse
from boilerplate.training.metrics import f1_scores
from boilerplate.words import split_words

SEED = Path(__file__).resolve().parents[1] / "datasets" / "seed"


def gold_words() -> tuple[list[str], list[int]]:
    """Words of the page in its order, and the label of each."""
    table = segment(parse((SEED / "page.html").read_bytes()))
    of_node, _ = labels_from_regions(table, read_regions(SEED / "labels.json"))
    words: list[str] = []
    labels: list[int] = []
    for text, block, label in zip(table.node_text, table.node_block.tolist(), of_node.tolist(), strict=True):
        found = split_words(text) if block >= 0 and label >= 0 else []
        words += found
        labels += [label] * len(found)
    return words, labels


def main() -> None:
    words, gold = gold_words()
    page = boilerplate.label((SEED / "page.txt").read_bytes(), input_format="txt")
    said: list[str] = []
    predicted: list[int] = []
    for block in page.blocks:
        found = split_words(block.text)
        said += found
        predicted += [LABELS.index(block.label)] * len(found)
    confusion = np.zeros((len(LABELS), len(LABELS)), dtype=np.int64)
    for start, other, length in SequenceMatcher(None, said, words, autojunk=False).get_matching_blocks():
        np.add.at(confusion, (gold[other : other + length], predicted[start : start + length]), 1)
    scores = f1_scores(confusion)
    print(f"{confusion.sum()} of {len(said)} words of the text are words of the page")
    for label, f1, n in zip(LABELS, scores.f1, confusion.sum(axis=1), strict=True):
        print(f"{label:8} {f1:.3f}  {n} words")
    print(f"macro    {scores.macro_f1:.3f}")


if __name__ == "__main__":
    main()
