"""How good labels and main texts are, each figure defined once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boilerplate.words import split_words

__all__ = [
    "Difference",
    "Scores",
    "bootstrap_interval",
    "bootstrap_samples",
    "f1_scores",
    "ngram_f1",
    "paired_difference",
    "percentile_interval",
    "snippet_counts",
    "word_f1",
]

#: Words in a row that `ngram_f1` compares.
NGRAM = 4


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
    return _overlap(Counter(split_words(text)), Counter(split_words(gold)))


def ngram_f1(text: str, gold: str, n: int = NGRAM) -> tuple[float, float, float]:
    """Precision, recall and F1 of a text's runs of words against those of a gold text, as multisets.

    Parameters
    ----------
    text, gold : str
    n : int
        Words in a run; a text of fewer words is one run.

    Returns
    -------
    precision, recall, f1 : float
        Each 0 to 1; all 1 if both are empty.

    Notes
    -----
    The shingles of the Article Extraction Benchmark (Scrapinghub, now Zyte, 2019): unlike `word_f1` they tell text
    that is there from text that happens to use the same words. Here words are in lower case, each character of a script
    without spaces between words is a word, and the F1 is that of the page rather than of mean precision and recall.
    """
    return _overlap(_runs(split_words(text), n), _runs(split_words(gold), n))


def _runs(words: list[str], n: int) -> Counter[tuple[str, ...]]:
    if not words:
        return Counter()
    return Counter(tuple(words[i : i + n]) for i in range(max(1, len(words) - n + 1)))


def _overlap(ours: Counter[Any], theirs: Counter[Any]) -> tuple[float, float, float]:
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
    return percentile_interval(bootstrap_samples(sites, statistic, n_samples=n_samples, seed=seed), level)


def bootstrap_samples(
    sites: Sequence[str],
    statistic: Callable[[NDArray[np.float64]], Any],
    *,
    n_samples: int = 500,
    seed: int = 0,
) -> NDArray[np.float64]:
    """A statistic, or several at once, over resampled sites.

    Parameters
    ----------
    sites : sequence of str, length n_pages
        Site of each page; pages of a site are drawn together.
    statistic : callable
        Takes how often each page is drawn, shape (n_pages,), and gives a number or an array of one shape.
    n_samples : int
    seed : int
        The same seed draws the same sites, whatever the statistic: samples of two statistics are pairs.

    Returns
    -------
    ndarray of float64, shape (n_samples, ...)
        With fewer than two sites there is nothing to draw, and it is the statistic itself, shape (1, ...).
    """
    _, group = np.unique(np.asarray(sites), return_inverse=True)
    n = int(group.max()) + 1 if len(group) else 0
    if n < 2:
        return np.asarray([statistic(np.ones(len(group)))], dtype=np.float64)
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(n_samples):
        drawn = np.bincount(rng.integers(0, n, n), minlength=n)
        values.append(statistic(drawn[group].astype(np.float64)))
    return np.asarray(values, dtype=np.float64)


def percentile_interval(samples: NDArray[np.float64], level: float = 0.95) -> tuple[float, float]:
    """The bounds that hold the middle `level` of the samples, shape (n_samples,)."""
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(samples, [tail, 1.0 - tail])
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better one of two is, measured on the same pages.

    Attributes
    ----------
    ours, theirs, difference : float
        The figure of each, and the first less the second.
    interval : tuple of float
        95 % interval of the difference.
    p_value : float
        Two-sided, 0 to 1: how often resampling turns the difference around, twice. 1 with fewer than two sites.
    sites, pages : int
        What it rests on.
    """

    ours: float
    theirs: float
    difference: float
    interval: tuple[float, float]
    p_value: float
    sites: int
    pages: int

    @property
    def beyond_noise(self) -> bool:
        """Whether the interval lies to one side of zero."""
        return self.sites > 1 and (self.interval[0] > 0.0 or self.interval[1] < 0.0)


def paired_difference(
    sites: Sequence[str],
    ours: Callable[[NDArray[np.float64]], float],
    theirs: Callable[[NDArray[np.float64]], float],
    *,
    n_samples: int = 2000,
    seed: int = 0,
) -> Difference:
    """Whether the difference of two figures on the same pages is more than the choice of sites makes.

    Parameters
    ----------
    sites : sequence of str, length n_pages
    ours, theirs : callable
        Each takes how often each page is drawn, shape (n_pages,), and gives the figure.
    n_samples, seed : int

    Notes
    -----
    Paired bootstrap (Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation"), drawing sites
    rather than pages: what makes a site hard makes it hard for both, so the difference varies less than either figure.
    """
    whole = np.ones(len(sites))
    a, b = float(ours(whole)), float(theirs(whole))
    samples = bootstrap_samples(sites, lambda w: ours(w) - theirs(w), n_samples=n_samples, seed=seed)
    n_sites = len(set(sites))
    if n_sites < 2:
        p_value = 1.0
    else:
        # No number of samples shows that it never happens.
        turned = min(np.count_nonzero(samples <= 0.0), np.count_nonzero(samples >= 0.0))
        p_value = min(1.0, 2.0 * (turned + 1) / (len(samples) + 1))
    return Difference(a, b, a - b, percentile_interval(samples), float(p_value), n_sites, len(sites))
