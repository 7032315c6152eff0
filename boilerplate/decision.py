"""From probabilities to what is kept: one cut a page."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_CUT", "expected_f1", "main_text_cut"]

#: A block more likely than this to be main text is always kept.
MAX_CUT = 0.45


def expected_f1(main: NDArray[np.float64], words: NDArray[np.float64]) -> tuple[float, float]:
    """The cut that maximises the expected word F1 of a page, and that F1.

    Parameters
    ----------
    main : ndarray of float64, shape (n_blocks,)
        Probability of each block to be main text.
    words : ndarray of float64, shape (n_blocks,)
        Words of each block.

    Returns
    -------
    cut : float
        Keep blocks with at least this probability. 1 if there is no word.
    f1 : float
        ``2 * E[kept words that are right] / (kept words + E[right words])``, 0 to 1.

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
    f1 = 2.0 * right / (kept + total)
    best = int(f1.argmax())
    return float(main[order[best]]), float(f1[best])


def main_text_cut(main: NDArray[np.float64], words: NDArray[np.float64]) -> float:
    """The probability from which a block is kept as main text.

    Returns
    -------
    float
        The cut of `expected_f1`, at most `MAX_CUT`: on a page where every probability is low but well ordered the
        cut follows, and on a clear page no likely block is lost for the sake of a few words.
    """
    return min(MAX_CUT, expected_f1(main, words)[0])
