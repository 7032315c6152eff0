"""Features of what a block talks about: how much its words are those of the page's main text, feeds and adverts.

An advert in a story and a teaser below it look like paragraphs of the story, but speak of something else. Blocks are
compared by their hashed n-grams, weighed by how rare they are on this page, with the mean of what the first guess takes
for main text, for a feed and so on: the classification of Rocchio (1971), with the page as its own collection.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from boilerplate.features.scores import ScorerInput
from boilerplate.features.view import FloatArray, IntArray

__all__ = ["DESCRIPTIONS", "compute"]

_BOXES = ("box2", "part05")
#: The share of n-grams known from the main text, and the similarity to it, are averaged over boxes too.
_POOLED = ("main", "known")
#: A block is taken for main text from this probability on.
_LIKELY = 0.5

DESCRIPTIONS = {
    **{
        f"topic_{name}": f"cosine of the block's n-grams and those of all other blocks, these by their guess of {name}"
        for name in ("main", "article", "feed", "promo", "chrome")
    },
    "topic_known": "share of the block's n-grams, rare ones counting more, that other likely main text holds, 0 to 1",
    **{f"topic_{name}_{box}": f"topic_{name}, mean over {box} by words" for box in _BOXES for name in _POOLED},
}


def compute(
    words: ScorerInput,
    spans: Mapping[str, tuple[IntArray, IntArray]],
    weight: FloatArray,
    guess: Mapping[str, NDArray[np.float64]],
) -> dict[str, FloatArray]:
    """Similarities of each block to what others are guessed to be, each of shape (n_blocks,); see `DESCRIPTIONS`.

    Parameters
    ----------
    words : ScorerInput
        Hashed texts of the blocks.
    spans : mapping of str to tuple of two ndarray, shape (n_blocks,)
        Blocks ``[first, last)`` of the boxes around each block.
    weight : ndarray of float64, shape (n_blocks,)
        Weight of each block: the square root of its words, at least 1.
    guess : mapping of str to ndarray of float64, shape (n_blocks,)
        First guesses, by name.
    """
    texts, which = words.texts, words.which
    n_texts = len(texts.scale)
    if n_texts == 0:
        return {name: np.zeros(len(which)) for name in DESCRIPTIONS}
    index, row = texts.index, texts.row
    count = np.bincount(index)
    value = np.log((n_texts + 1.0) / np.maximum(count, 1)).clip(0.0)[index]
    length = np.sqrt(np.maximum(np.bincount(row, weights=value * value, minlength=n_texts), 1e-9))

    def similarity(of_block: NDArray[np.float64]) -> FloatArray:
        share = np.bincount(which, weights=of_block * weight, minlength=n_texts)
        pool = np.bincount(index, weights=value * (share / length)[row], minlength=len(count))
        product = np.bincount(row, weights=value * pool[index], minlength=n_texts) / length
        # Less what the text itself put in, or every block would resemble what it is guessed to be.
        rest = pool @ pool - 2.0 * share * product + share * share
        return np.where(rest > 1e-6, (product - share) / np.sqrt(np.maximum(rest, 1e-6)), 0.0)[which]

    result = {f"topic_{name}": similarity(guess[name]) for name in ("main", "article", "feed", "promo", "chrome")}
    likely = np.bincount(which, weights=guess["main"] > _LIKELY, minlength=n_texts) > 0
    holders = np.bincount(index, weights=likely[row], minlength=len(count))
    known = (holders[index] - likely[row]) > 0  # or repeated by the text itself, which is as telling
    total = np.maximum(np.bincount(row, weights=value, minlength=n_texts), 1e-9)
    result["topic_known"] = (np.bincount(row, weights=value * known, minlength=n_texts) / total)[which]
    weights = np.concatenate([[0.0], np.cumsum(weight)])
    for name in _POOLED:
        sums = np.concatenate([[0.0], np.cumsum(result[f"topic_{name}"] * weight)])
        for box in _BOXES:
            first, last = spans[box]
            result[f"topic_{name}_{box}"] = (sums[last] - sums[first]) / np.maximum(
                weights[last] - weights[first], 1e-9
            )
    return result
