"""Is hidden text worth keeping? The same predictions, with hidden text kept and dropped, against the gold.

    python benchmarks/hidden.py DATASET [--predictions FILE | --training-pages N] [--pages N] [--labels DIR]

DATASET has pages with a gold main text, and some with the four labels. FILE holds predictions for all of its pages,
made out of fold by ``boilerplate evaluate --folds 5 --save-predictions``. With N training pages, a model is trained
on so many pages of four fifths of the sites, and pages of the others are measured. With neither, the default model
predicts; it has learned from these pages, which favours keeping, since it knows which of their hidden text is wanted.
Printed are the mean word F1 of main texts, by kind of page; for each reason why text is hidden, how much of the hidden
text that is kept belongs to the gold; and the words of each label with hidden text kept and dropped.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boilerplate.blocks import segment
from boilerplate.dataset import read_datasets
from boilerplate.features.view import PageView
from boilerplate.hidden import REASONS, find_hidden
from boilerplate.labels import LABELS
from boilerplate.model.model import Prediction, load_model
from boilerplate.page import parse
from boilerplate.training.corpus import Example, read_corpus
from boilerplate.training.evaluation import kept_blocks
from boilerplate.training.metrics import word_f1
from boilerplate.training.predictions import load_predictions
from boilerplate.training.trainer import Settings, fit_model


@dataclass(frozen=True)
class Measured:
    """A page that is measured: what is predicted of its blocks, and which of them are hidden, and why."""

    example: Example
    prediction: Prediction
    reason: NDArray[np.str_]
    hidden: NDArray[np.bool_]


def measured(example: Example, prediction: Prediction) -> Measured:
    """Blocks hidden as a whole; the few that are hidden in part count as shown."""
    table = segment(parse(example.page.read_html(), url=example.page.url or None))
    found = find_hidden(PageView(table))
    return Measured(example, prediction, np.array(found.reason, dtype=str), np.asarray(found.share >= 1.0))


def f1(page: Measured, drop: NDArray[np.bool_]) -> float:
    """Word F1 of the main text without the blocks that are dropped."""
    kept = kept_blocks(page.example, page.prediction) & ~drop
    text = "\n".join(t for t, keep in zip(page.example.texts, kept, strict=True) if keep)
    return word_f1(text, page.example.page.main_text or "")[2]


def main_texts(pages: list[Measured]) -> None:
    """Mean F1 by kind of page, with everything kept, everything hidden dropped, and all but some reasons dropped."""
    silent = {"aria-hidden"}
    later = {"aria-hidden", "closed"}
    ways = {
        "kept": lambda p: np.zeros(len(p.hidden), dtype=np.bool_),
        "dropped": lambda p: p.hidden,
        "less aria-hidden": lambda p: p.hidden & ~np.isin(p.reason, list(silent)),
        "less closed too": lambda p: p.hidden & ~np.isin(p.reason, list(later)),
    }
    print(f"| main text | pages | with hidden blocks | {' | '.join(ways)} |")
    print("|" + "---|" * (3 + len(ways)))
    kinds = sorted({p.example.page.page_type or "" for p in pages})
    for kind in ["all", *kinds]:
        chosen = [p for p in pages if kind in ("all", p.example.page.page_type or "")]
        means = [np.mean([f1(p, way(p)) for p in chosen]) for way in ways.values()]
        some = sum(bool(p.hidden.any()) for p in chosen)
        print(f"| {kind} | {len(chosen)} | {some} | " + " | ".join(f"{mean:.4f}" for mean in means) + " |")
    differences = np.array([f1(p, p.hidden) - f1(p, np.zeros_like(p.hidden)) for p in pages])
    rng = np.random.default_rng(0)
    draws = [float(rng.choice(differences, len(differences)).mean()) for _ in range(2000)]
    low, high = np.quantile(draws, [0.025, 0.975])
    print(
        f"\nDropped less kept: {differences.mean():+.4f} (95 % interval {low:+.4f} to {high:+.4f}); "
        f"better on {int((differences > 0).sum())} pages, worse on {int((differences < 0).sum())}.\n"
    )


def reasons(pages: list[Measured]) -> None:
    """Hidden words by reason: how many there are, are kept, and of these belong to the gold."""
    print("| hidden by | words | kept as main text | of these in the gold |")
    print("|---|---|---|---|")
    for reason in REASONS:
        words = kept = right = 0
        for page in pages:
            of_reason = page.hidden & (page.reason == reason)
            taken = of_reason & kept_blocks(page.example, page.prediction)
            words += int(page.example.words[of_reason].sum())
            kept += int(page.example.words[taken].sum())
            right += int(page.example.words[taken & (page.example.content == 1)].sum())
        share = f"{right / kept:.0%}" if kept else ""
        print(f"| {reason} | {words} | {kept} | {share} |")
    print()


def labels(pages: list[Measured]) -> None:
    """Word F1 of each label on pages with the four labels, with hidden text kept and dropped."""
    print("| words of label | in the gold | hidden | F1 kept | F1 dropped |")
    print("|---|---|---|---|---|")
    for k, label in enumerate(LABELS):
        gold = hidden = 0
        counts = np.zeros((2, 2))  # kept and dropped: right, predicted
        for page in pages:
            words = page.example.label_words
            predicted = page.prediction.probabilities.argmax(axis=1) == k
            gold += int(words[:, k].sum())
            hidden += int(words[page.hidden, k].sum())
            for way, taken in enumerate((predicted, predicted & ~page.hidden)):
                counts[way] += words[taken, k].sum(), words[taken].sum()
        scores = [2 * right / max(all_ + gold, 1) for right, all_ in counts]
        print(f"| {label} | {gold} | {hidden / max(gold, 1):.1%} | {scores[0]:.4f} | {scores[1]:.4f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--predictions", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--training-pages", type=int, default=0)
    parser.add_argument("--pages", type=int, default=0, help="Only so many pages with a main text.")
    parser.add_argument("--source", default="wcxb-dev", help="Pages whose main texts are measured.")
    options = parser.parse_args()
    pages = read_datasets([options.dataset], options.labels)
    if options.pages:
        chosen = np.random.default_rng(0).permutation(len(pages))
        texts = [pages[i] for i in chosen if pages[i].source == options.source and pages[i].main_text]
        pages = texts[: options.pages]
    if options.predictions is not None:
        examples, _ = read_corpus(pages)
        predictions, protocol = load_predictions(options.predictions, examples)
        print(f"Predictions: {protocol.get('kind')}.\n")
    elif options.training_pages:
        # Folds are by site, which the pages know before they are read.
        wanted = np.random.default_rng(0).permutation(len(pages))
        sites = sorted({page.site for page in pages})
        fifth = set(np.random.default_rng(1).permutation(sites)[: len(sites) // 5].tolist())
        training = [pages[i] for i in wanted if pages[i].site not in fifth][: options.training_pages]
        examples, _ = read_corpus(training)
        model = fit_model(examples, settings=Settings(max_page_blocks=120, label_rounds=40, main_rounds=60))
        examples, _ = read_corpus([page for page in pages if page.site in fifth])
        predictions = [model.predict(example.reading) for example in examples]
        print(f"A model of {len(training)} pages of {len(sites) - len(fifth)} sites, measured on other sites.\n")
    else:
        model = load_model()
        examples, _ = read_corpus(pages)
        predictions = [model.predict(example.reading) for example in examples]
        print("The default model, which has learned from these pages.\n")
    found = [measured(example, prediction) for example, prediction in zip(examples, predictions, strict=True)]
    texts = [p for p in found if p.example.has_main_text and p.example.page.source == options.source]
    main_texts(texts)
    reasons(texts)
    labels([p for p in found if p.example.has_labels])


if __name__ == "__main__":
    main()
