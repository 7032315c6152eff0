"""From probabilities to what is kept: one cut a page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate.errors import UsageError

__all__ = ["BALANCED", "FOCUSES", "MAX_CUT", "Focus", "check_focus", "expected_f1", "main_text_cut"]


@dataclass(frozen=True, slots=True)
class Focus:
    """What counts more when main text is kept: that nothing else is, or that all of it is.

    Attributes
    ----------
    beta : float
        Recall counts this many times as much as precision (van Rijsbergen 1979, "Information Retrieval": F-beta).
    max_cut : float
        A block more likely than this to be main text is always kept.
    """

    beta: float
    max_cut: float


#: A block more likely than this to be main text is always kept, unless something else is asked for.
MAX_CUT = 0.45
BALANCED = "balanced"
#: By name.
FOCUSES = {BALANCED: Focus(1.0, MAX_CUT), "precision": Focus(0.5, 0.8), "recall": Focus(2.0, 0.2)}


def check_focus(name: str) -> Focus:
    """The focus of this name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name not in FOCUSES:
        raise UsageError(f"{name!r} is not known as a focus. Use one of {', '.join(FOCUSES)}.")
    return FOCUSES[name]


def expected_f1(main: NDArray[np.float64], words: NDArray[np.float64], *, beta: float = 1.0) -> tuple[float, float]:
    """The cut that maximises the expected word F1 of a page, and that F1.

    Parameters
    ----------
    main : ndarray of float64, shape (n_blocks,)
        Probability of each block to be main text.
    words : ndarray of float64, shape (n_blocks,)
        Words of each block.
    beta : float
        Other than 1: F-beta in place of F1.

    Returns
    -------
    cut : float
        Keep blocks with at least this probability. 1 if there is no word.
    f1 : float
        ``2 * E[kept words that are right] / (kept words + E[right words])``, 0 to 1; for F-beta
        ``(1 + beta**2) * E[kept words that are right] / (kept words + beta**2 * E[right words])``.

    Notes
    -----
    The optimal set for F1 is a prefix of the blocks sorted by probability (Lewis 1995, "Evaluating and optimizing
    autonomous text classification systems"); the ratio of expectations stands for the expectation of the ratio.
    """
    total = float((main * words).sum())
    if total <= 0.0:
        return 1.0, 0.0
    order = np.argsort(-main, kind="stable")
    right = np.cumsum((main * words)[order])
    kept = np.cumsum(words[order])
    f1 = (1.0 + beta**2) * right / (kept + beta**2 * total)
    best = int(f1.argmax())
    return float(main[order[best]]), float(f1[best])


def main_text_cut(main: NDArray[np.float64], words: NDArray[np.float64], focus: Focus = FOCUSES[BALANCED]) -> float:
    """The probability from which a block is kept as main text.

    Parameters
    ----------
    main : ndarray of float64, shape (n_blocks,)
        Probability of each block to be main text.
    words : ndarray of float64, shape (n_blocks,)
        Words of each block.
    focus : Focus
        What counts more.

    Returns
    -------
    float
        The cut of `expected_f1`, at most the focus's ``max_cut``: on a page where every probability is low but well
        ordered the cut follows, and on a clear page no likely block is lost for the sake of a few words.
    """
    return min(focus.max_cut, expected_f1(main, words, beta=focus.beta)[0])
