"""Features of what a block talks about: how much its words are those of the page's main text, feeds and adverts.

An advert in a story and a teaser below it look like paragraphs of the story, but speak of something else. Blocks are
compared by their hashed n-grams, weighed by how rare they are on this page, with the mean of what the first guess takes
for main text, for a feed and so on: the classification of Rocchio (1971), with the page as its own collection.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boilerplate.features.hashing import HashedTexts
from boilerplate.features.scores import ScorerInput
from boilerplate.features.view import FloatArray, IntArray

__all__ = ["DESCRIPTIONS", "compute"]

_BOXES = ("box2", "part05")
#: The share of n-grams known from the main text, and the similarity to it, are averaged over boxes too.
_POOLED = ("topic_main", "topic_known")
#: A block is taken for main text from this probability on.
_LIKELY = 0.5
#: N-grams that are looked at a time, so that what is made of them stays in the cache.
_GRAMS_AT_ONCE = 200_000

DESCRIPTIONS = {
    **{
        f"topic_{name}": f"cosine of the block's n-grams and those of all other blocks, these by their guess of {name}"
        for name in ("main", "article", "feed", "promo", "chrome")
    },
    "topic_known": "share of the block's n-grams, rare ones counting more, that other likely main text holds, 0 to 1",
    **{f"{name}_{box}": f"{name}, mean over {box} by words" for box in _BOXES for name in _POOLED},
}
_SIMPLE = tuple(name for name in DESCRIPTIONS if not name.endswith(_BOXES))


def compute(
    words: ScorerInput,
    spans: Mapping[str, tuple[IntArray, IntArray]],
    weight: FloatArray,
    guess: Mapping[str, NDArray[np.float64]],
    wanted: Collection[str] = DESCRIPTIONS.keys(),
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
    wanted : collection of str
        Features that are needed.
    """
    texts, which = words.texts, words.which
    n_texts = len(texts)
    needed = [name for name in _SIMPLE if any(place in wanted for place in (name, *_pooled_names(name)))]
    if n_texts == 0 or not needed:
        return {name: np.zeros(len(which)) for name in DESCRIPTIONS}
    texts = HashedTexts(_renumbered(texts.index), texts.bounds)
    count = np.bincount(texts.index)
    value_of = np.log((n_texts + 1.0) / count).clip(0.0)
    total = np.maximum(texts.sums(value_of), 1e-9)
    squares = np.maximum(texts.sums(value_of * value_of), 1e-9)
    length = np.sqrt(squares)
    # N-grams that stand only once on the page compare no text with another: their part is known without looking.
    repeated = count > 1
    several = np.flatnonzero(repeated[texts.index])
    row = texts.row[several].astype(np.intp)
    index = (np.cumsum(repeated) - 1)[texts.index[several]]
    value_of = value_of[repeated]
    portions = [slice(at, at + _GRAMS_AT_ONCE) for at in range(0, len(row), _GRAMS_AT_ONCE)]

    def of_grams(of_texts: NDArray[Any]) -> FloatArray:
        """Sums over the texts that hold each n-gram."""
        sums = np.zeros(len(value_of))
        for at in portions:
            sums += np.bincount(index[at], weights=of_texts[row[at]], minlength=len(sums))
        return sums

    def of_texts(of_grams: NDArray[Any]) -> FloatArray:
        """Sums over the n-grams that each text holds."""
        sums = np.zeros(n_texts)
        for at in portions:
            sums += np.bincount(row[at], weights=of_grams[index[at]], minlength=n_texts)
        return sums

    alone = np.maximum(1.0 - of_texts(value_of * value_of) / squares, 0.0)

    def similarity(of_block: NDArray[np.float64]) -> FloatArray:
        share = np.bincount(which, weights=of_block * weight, minlength=n_texts)
        pool = value_of * of_grams(share / length)
        product = of_texts(value_of * pool) / length + share * alone
        # Less what the text itself put in, or every block would resemble what it is guessed to be.
        rest = np.square(pool).sum() + (share * share * alone).sum() - 2.0 * share * product + share * share
        return np.where(rest > 1e-6, (product - share) / np.sqrt(np.maximum(rest, 1e-6)), 0.0)[which]

    result = {name: similarity(guess[name.removeprefix("topic_")]) for name in needed if name != "topic_known"}
    if "topic_known" in needed:
        likely = np.bincount(which, weights=guess["main"] > _LIKELY, minlength=n_texts) > 0
        holders = of_grams(likely)
        held = np.zeros(n_texts)
        for at in portions:
            # By another text, or repeated by the text itself, which is as telling.
            known = holders[index[at]] - likely[row[at]] > 0
            held += np.bincount(row[at], weights=value_of[index[at]] * known, minlength=n_texts)
        result["topic_known"] = (held / total)[which]
    weights = np.concatenate([[0.0], np.cumsum(weight)])
    for name in needed:
        for place, box in _pooled_names(name).items():
            sums = np.concatenate([[0.0], np.cumsum(result[name] * weight)])
            first, last = spans[box]
            result[place] = (sums[last] - sums[first]) / np.maximum(weights[last] - weights[first], 1e-9)
    return result


def _pooled_names(name: str) -> dict[str, str]:
    """Features that average a similarity over boxes, and the boxes."""
    return {f"{name}_{box}": box for box in _BOXES} if name in _POOLED else {}


def _renumbered(index: NDArray[np.integer]) -> NDArray[np.int32]:
    """Buckets as numbers from 0, none left out: the page's arrays are then no longer than its n-grams."""
    used = np.zeros(int(index.max(initial=-1)) + 1, dtype=np.bool_)
    used[index] = True
    buckets = np.flatnonzero(used)
    numbers = np.empty(len(used), dtype=np.int32)
    numbers[buckets] = np.arange(len(buckets), dtype=np.int32)
    return np.asarray(numbers[index])
