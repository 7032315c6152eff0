"""Labels that models trained on other sites disagree with: mistakes of labelling are among them.

Confident learning (Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels",
Journal of Artificial Intelligence Research 70): what a model says counts as disagreement only where it is as sure of
the other label as it is, on average, of the blocks that have it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate.labels import LABELS, UNKNOWN
from boilerplate.training.corpus import Example
from boilerplate.training.evaluation import predict_out_of_fold
from boilerplate.training.trainer import Settings

__all__ = ["Suspect", "confident_disagreement", "find_suspects"]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A block whose label may be wrong.

    Attributes
    ----------
    page : str
    xpath, text : str
        Of the block; several blocks may share the path of their container.
    words : int
    label, suggested : str
        What it is labelled, and what the models say.
    probability, suggested_probability : float
        Of either, out of fold.
    """

    page: str
    xpath: str
    text: str
    words: int
    label: str
    suggested: str
    probability: float
    suggested_probability: float


def confident_disagreement(
    probabilities: NDArray[np.floating], label: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """What each block is confidently said to be.

    Parameters
    ----------
    probabilities : ndarray, shape (n_blocks, n_labels)
        Out of fold.
    label : ndarray of int, shape (n_blocks,)
        As labelled; every entry a column of `probabilities`.

    Returns
    -------
    suggested : ndarray of int64, shape (n_blocks,)
        The likeliest of the labels that the model is as sure of as it is on average of blocks that have it; the
        block's own label if there is no such other.
    threshold : ndarray of float64, shape (n_labels,)
        That average; infinite for a label that no block has.
    """
    n_labels = probabilities.shape[1]
    threshold = np.array(
        [probabilities[label == j, j].mean() if (label == j).any() else np.inf for j in range(n_labels)]
    )
    sure = np.where(probabilities >= threshold, probabilities, -1.0)
    best = sure.argmax(axis=1)
    suggested = np.where(sure.max(axis=1) > 0, best, label)
    return suggested.astype(np.int64), threshold


def find_suspects(
    examples: Sequence[Example],
    xpaths: Callable[[Example], list[str]],
    *,
    n_folds: int = 5,
    settings: Settings | None = None,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[Suspect]:
    """Blocks whose labels models of other sites confidently disagree with, the likeliest mistakes first.

    Parameters
    ----------
    examples : sequence of Example
        Those with labels are judged; models learn from the others too.
    xpaths : callable
        Paths of an example's blocks.
    n_folds : int
    settings : Settings, optional
    jobs : int
        Folds trained at a time, each in a process of its own.
    progress : callable, optional
        Called with the folds done, and their number.

    Returns
    -------
    list of Suspect
        By how much the probabilities differ, times the square root of the block's words: a mistake in a paragraph
        matters more than one in a menu entry.

    Raises
    ------
    DatasetError
        If the gold does not hold what training needs.
    UsageError
        If there are fewer than two sites.
    """
    said, _ = predict_out_of_fold(
        examples,
        n_folds=n_folds,
        settings=settings,
        jobs=jobs,
        progress=None if progress is None else lambda _, done, total: progress(done, total),
    )
    judged = [i for i, e in enumerate(examples) if e.has_labels and (e.label != UNKNOWN).any()]
    rows = [(i, block) for i in judged for block in np.flatnonzero(examples[i].label != UNKNOWN).tolist()]
    probabilities = np.array([said[i].probabilities[block] for i, block in rows])
    label = np.array([examples[i].label[block] for i, block in rows], dtype=np.int64)
    suggested, _ = confident_disagreement(probabilities, label)
    suspects = []
    paths: dict[int, list[str]] = {}
    for row in np.flatnonzero(suggested != label).tolist():
        i, block = rows[row]
        example = examples[i]
        if i not in paths:
            paths[i] = xpaths(example)
        suspects.append(
            Suspect(
                page=example.page.id,
                xpath=paths[i][block],
                text=example.texts[block],
                words=int(example.words[block]),
                label=LABELS[label[row]],
                suggested=LABELS[suggested[row]],
                probability=round(float(probabilities[row, label[row]]), 4),
                suggested_probability=round(float(probabilities[row, suggested[row]]), 4),
            )
        )
    suspects.sort(key=lambda s: -(s.suggested_probability - s.probability) * np.sqrt(1 + s.words))
    return suspects
