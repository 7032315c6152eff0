"""Is hidden text worth keeping? The same predictions, with hidden text kept and dropped, against the gold.

    python benchmarks/hidden.py DATASET... [--labels DIR] [--pages N] [--predictions FILE | --folds MODEL...]

Datasets have pages with a gold main text, and some with the four labels. Measured are pages with a gold main text of
one source, and pages with the four labels; with N, so many of each.

The default model has learned from the public pages, which favours keeping, since it knows which of their hidden text
is wanted. So give predictions that ``boilerplate evaluate DATASET... --folds K --save-predictions FILE`` kept; or K
models, each trained on all of the pages but those that `boilerplate.training.folds.site_folds` puts into its fold.

Printed are the mean word F1 of main texts, by kind of page; for each reason why text is hidden, how many of the hidden
words that are kept the gold has; and the words of each label with hidden text kept and dropped.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boilerplate.blocks import BlockTable, segment
from boilerplate.dataset import DatasetPage, read_datasets
from boilerplate.errors import BoilerplateError
from boilerplate.features.view import PageView
from boilerplate.hidden import REASONS
from boilerplate.labelled import LabelledPage, assemble
from boilerplate.labels import LABELS, labels_from_regions, word_labels
from boilerplate.model.model import Prediction, load_model
from boilerplate.page import parse
from boilerplate.training.folds import site_folds
from boilerplate.training.metrics import word_f1
from boilerplate.training.predictions import load_predictions
from boilerplate.words import split_words


@dataclass(frozen=True)
class Measured:
    """A page that is measured.

    Attributes
    ----------
    gold : DatasetPage
    page : LabelledPage
    hidden : ndarray of bool, shape (n_blocks,)
        Blocks hidden as a whole; the few that are hidden in part count as shown.
    label_words : ndarray of int64, shape (n_blocks, len(LABELS))
        Words by gold label; nothing on pages without labels.
    """

    gold: DatasetPage
    page: LabelledPage
    hidden: NDArray[np.bool_]
    label_words: NDArray[np.int64]


@dataclass(frozen=True)
class Segmented:
    """A page and its blocks: as much of `boilerplate.training.corpus.Example` as folds and kept predictions ask."""

    page: DatasetPage
    table: BlockTable | None = None

    @property
    def has_labels(self) -> bool:
        return self.page.regions is not None

    def __len__(self) -> int:
        return len(self.table) if self.table is not None else 0


Predictor = Callable[[DatasetPage, PageView], Prediction]


def predictor(options: argparse.Namespace, pages: list[DatasetPage]) -> Predictor:
    """What predicts the labels of a page: kept predictions, the model of its fold, or one model for all."""
    if options.predictions is not None:

        def kept(page: DatasetPage, view: PageView) -> Prediction:
            (prediction,), _ = load_predictions(options.predictions, [Segmented(page, view.table)])  # type: ignore[list-item]
            return prediction

        return kept
    if options.folds:
        folds = site_folds([Segmented(page) for page in pages], len(options.folds)).tolist()  # type: ignore[misc]
        models = [load_model(path) for path in options.folds]
        fold_of = {page.id: fold for page, fold in zip(pages, folds, strict=True)}
        return lambda page, view: models[fold_of[page.id]].predict_view(view)
    model = load_model(options.model)
    return lambda _, view: model.predict_view(view)


def measured(gold: DatasetPage, predict: Predictor) -> Measured:
    """Label a page and read its gold."""
    table = segment(parse(gold.read_html(), url=gold.url or None))
    view = PageView(table)
    page = assemble(table, predict(gold, view), view=view)
    words = np.zeros((len(table), len(LABELS)), dtype=np.int64)
    if gold.regions is not None:
        _, words = word_labels(table, labels_from_regions(table, gold.regions)[0])
    hidden = np.array([block.hidden for block in page.blocks], dtype=np.bool_)
    return Measured(gold, page, hidden, words)


Way = Callable[[Measured], NDArray[np.bool_]]


def without(*reasons: str) -> Way:
    """Drops hidden blocks but those hidden for one of these reasons."""
    return lambda p: p.hidden & ~np.array([b.hidden_reason in reasons for b in p.page.blocks], dtype=np.bool_)


def f1(page: Measured, drop: NDArray[np.bool_]) -> float:
    """Word F1 of the main text without the blocks that are dropped."""
    kept = [b.text for b, gone in zip(page.page.blocks, drop.tolist(), strict=True) if b.is_main and not gone]
    return word_f1("\n".join(kept), page.gold.main_text or "")[2]


def main_texts(pages: list[Measured]) -> None:
    """Mean F1 by kind of page, with everything kept, everything hidden dropped, and all but some reasons dropped."""
    ways: dict[str, Way] = {
        "kept": lambda p: np.zeros(len(p.hidden), dtype=np.bool_),
        "dropped": lambda p: p.hidden,
        "dropped but aria-hidden": without("aria-hidden"),
        "dropped but aria-hidden and closed": without("aria-hidden", "closed"),
    }
    scores = {name: np.array([f1(p, way(p)) for p in pages]) for name, way in ways.items()}
    print(f"| main text | pages | with hidden blocks | {' | '.join(ways)} |")
    print("|" + "---|" * (3 + len(ways)))
    kinds = np.array([p.gold.page_type or "unknown" for p in pages])
    some = np.array([bool(p.hidden.any()) for p in pages])
    for kind in ["all", *sorted(set(kinds.tolist()))]:
        chosen = np.ones(len(pages), dtype=np.bool_) if kind == "all" else kinds == kind
        means = " | ".join(f"{values[chosen].mean():.4f}" for values in scores.values())
        print(f"| {kind} | {chosen.sum()} | {some[chosen].sum()} | {means} |")
    differences = scores["dropped"] - scores["kept"]
    rng = np.random.default_rng(0)
    draws = [float(rng.choice(differences, len(differences)).mean()) for _ in range(2000)]
    low, high = np.quantile(draws, [0.025, 0.975])
    print(
        f"\nDropped less kept: {differences.mean():+.4f} (95 % interval {low:+.4f} to {high:+.4f}); "
        f"better on {int((differences > 0).sum())} pages, worse on {int((differences < 0).sum())}.\n"
    )


def reasons(pages: list[Measured]) -> None:
    """Hidden words by reason: how many there are, are kept, and how many of these the gold has."""
    counts = {reason: np.zeros(3, dtype=np.int64) for reason in REASONS}
    for page in pages:
        left = Counter(split_words(page.gold.main_text or ""))
        # What is shown takes its words from the gold first.
        for block in page.page.blocks:
            if block.is_main and not block.hidden:
                left.subtract(split_words(block.text))
        for block in page.page.blocks:
            if block.hidden:
                words = split_words(block.text)
                counts[block.hidden_reason][0] += len(words)
                if block.is_main:
                    found = sum(min(n, max(left[word], 0)) for word, n in Counter(words).items())
                    counts[block.hidden_reason][1:] += len(words), found
                    left.subtract(words)
    print("| hidden by | words | kept as main text | of these in the gold |")
    print("|---|---|---|---|")
    for reason, (words, kept, right) in counts.items():
        print(f"| {reason} | {words:,} | {kept:,} | {f'{right / kept:.0%}' if kept else ''} |")
    print()


def labels(pages: list[Measured]) -> None:
    """Word F1 of each label on pages with the four labels, with hidden text kept and dropped."""
    print("| words of label | in the gold | hidden | F1 kept | F1 dropped |")
    print("|---|---|---|---|---|")
    for k, label in enumerate(LABELS):
        gold = hidden = 0
        counts = np.zeros((2, 2))  # kept and dropped: right, predicted
        for page in pages:
            words = page.label_words
            predicted = np.array([block.label == label for block in page.page.blocks], dtype=np.bool_)
            gold += int(words[:, k].sum())
            hidden += int(words[page.hidden, k].sum())
            for way, taken in enumerate((predicted, predicted & ~page.hidden)):
                counts[way] += words[taken, k].sum(), words[taken].sum()
        scores = [2 * right / max(all_ + gold, 1) for right, all_ in counts]
        print(f"| {label} | {gold:,} | {hidden / max(gold, 1):.1%} | {scores[0]:.4f} | {scores[1]:.4f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, nargs="+")
    parser.add_argument("--labels", type=Path, help="Further label files.")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--predictions", type=Path, help="Kept by boilerplate evaluate --save-predictions.")
    how.add_argument("--folds", type=Path, nargs="+", help="A model a fold, which has not seen the sites of it.")
    how.add_argument("--model", type=Path, help="One model for all pages.")
    parser.add_argument("--pages", type=int, default=1_000_000, help="At most so many of each kind.")
    parser.add_argument("--source", default="wcxb-dev", help="Pages whose main texts are measured.")
    options = parser.parse_args()
    pages = read_datasets(options.dataset, options.labels)
    predict = predictor(options, pages)
    pages = [pages[i] for i in np.random.default_rng(0).permutation(len(pages))]
    texts = [page for page in pages if page.source == options.source and (page.main_text or "").strip()]
    labelled = [page for page in pages if page.regions is not None]
    wanted = {page.id: page for page in (*texts[: options.pages], *labelled[: options.pages])}
    found: dict[str, Measured] = {}
    for name, page in wanted.items():
        try:
            found[name] = measured(page, predict)
        except BoilerplateError as error:
            print(f"{name}: {error}")
    main_texts([found[page.id] for page in texts[: options.pages] if page.id in found])
    reasons([found[page.id] for page in texts[: options.pages] if page.id in found])
    labels([found[page.id] for page in labelled[: options.pages] if page.id in found])


if __name__ == "__main__":
    main()
