"""How good labels and main texts are, each figure defined once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boilerplate.words import split_words

__all__ = ["Scores", "bootstrap_interval", "f1_scores", "snippet_counts", "word_f1"]


@dataclass(frozen=True, slots=True)
class Scores:
    """Precision, recall and F1 of each label, each of shape (n_labels,), 0 to 1."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the labels."""
        return float(self.f1.mean())


def f1_scores(confusion: NDArray[Any]) -> Scores:
    """Precision, recall and F1 from a confusion matrix.

    Parameters
    ----------
    confusion : ndarray, shape (n_labels, n_labels)
        Gold labels in rows, predicted ones in columns, counted in words or blocks.

    Returns
    -------
    Scores
        0 where a label neither occurs nor is predicted.
    """
    right = np.diag(confusion).astype(np.float64)
    predicted = np.maximum(confusion.sum(axis=0), 1)
    gold = np.maximum(confusion.sum(axis=1), 1)
    total = np.maximum(confusion.sum(axis=0) + confusion.sum(axis=1), 1)
    return Scores(right / predicted, right / gold, 2 * right / total)


def word_f1(text: str, gold: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of a text's words against a gold text, as multisets.

    Returns
    -------
    precision, recall, f1 : float
        Each 0 to 1; all 1 if both are empty.

    Notes
    -----
    The measure of the Web Content eXtraction Benchmark (Foley 2025): words in lower case, order ignored. Here each
    character of a script without spaces between words is a word.
    """
    ours, theirs = Counter(split_words(text)), Counter(split_words(gold))
    if not ours and not theirs:
        return 1.0, 1.0, 1.0
    shared = sum((ours & theirs).values())
    n_ours, n_theirs = sum(ours.values()), sum(theirs.values())
    return shared / max(n_ours, 1), shared / max(n_theirs, 1), 2 * shared / (n_ours + n_theirs)


def snippet_counts(text: str, wanted: Sequence[str], unwanted: Sequence[str]) -> tuple[int, int, int, int]:
    """How many snippets are where they belong.

    Returns
    -------
    true_positives, false_negatives, false_positives, true_negatives : int
        Wanted snippets that the text holds and does not hold, unwanted ones that it holds and does not hold.

    Notes
    -----
    The measure of trafilatura's evaluation (Barbaresi 2021), with white space and punctuation ignored.
    """
    normal = " ".join(split_words(text))

    def held(snippets: Sequence[str]) -> tuple[int, int]:
        needles = [n for n in (" ".join(split_words(s)) for s in snippets) if n]
        found = sum(needle in normal for needle in needles)
        return found, len(needles) - found

    found, lost = held(wanted)
    leaked, kept_out = held(unwanted)
    return found, lost, leaked, kept_out


def bootstrap_interval(
    sites: Sequence[str],
    statistic: Callable[[NDArray[np.float64]], float],
    *,
    n_samples: int = 500,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of a statistic over resampled sites.

    Parameters
    ----------
    sites : sequence of str, length n_pages
        Site of each page; pages of a site are drawn together.
    statistic : callable
        Takes how often each page is drawn, shape (n_pages,), and gives the figure.
    n_samples : int
    level : float
        Coverage, 0 to 1.
    seed : int

    Returns
    -------
    low, high : float

    Notes
    -----
    Cluster bootstrap (Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13).
    """
    _, group = np.unique(np.asarray(sites), return_inverse=True)
    n = int(group.max()) + 1 if len(group) else 0
    if n < 2:
        value = statistic(np.ones(len(group)))
        return value, value
    rng = np.random.default_rng(seed)
    values = np.empty(n_samples)
    for sample in range(n_samples):
        drawn = np.bincount(rng.integers(0, n, n), minlength=n)
        values[sample] = statistic(drawn[group].astype(np.float64))
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return float(low), float(high)
