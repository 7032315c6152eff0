"""Features of a first guess: what small ensembles think of a block, its neighbours, its boxes and blocks like it.

A second look that knows the first guesses around a block keeps together what belongs together: the slides of a
carousel, the items of a list, the paragraphs between two adverts.
(Stacked sequential learning: Cohen and Carvalho 2005.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate.features.view import FloatArray, IntArray, PageView

__all__ = ["DESCRIPTIONS", "GUESSED", "Surroundings", "compute", "own_shares", "surroundings"]

#: What the small ensembles guess.
GUESSED = ("article", "promo", "feed", "chrome", "main")
_BOXES = ("box0", "box1", "box2", "box3", "part05", "part20", "part50")
_OFFSETS = (-2, -1, 1, 2)
_WINDOWS = (4, 12)

_PLACES = {
    "own": "the block",
    **{f"at{'+' if k > 0 else ''}{k}": f"the block {abs(k)} {'after' if k > 0 else 'before'}" for k in _OFFSETS},
    **{f"around{w}": f"the {w} blocks before and after, mean" for w in _WINDOWS},
    **{box: f"the blocks of {box}, mean by words" for box in _BOXES},
    "alike": "the blocks with the same path of tags and classes, mean by words",
    "page": "the page, mean by words",
    "best": "the page's most probable block",
}
DESCRIPTIONS = {
    f"guess_{name}_{place}": f"first guess of {name} for {what}, 0 to 1"
    for place, what in _PLACES.items()
    for name in GUESSED
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where each block's guess is compared.

    Attributes
    ----------
    spans : dict of str to tuple of two ndarray, shape (n_blocks,)
        Blocks ``[first, last)`` of the boxes around each block.
    group : ndarray of int64, shape (n_blocks,)
        Number of the block's path of tags and classes.
    weight : ndarray of float64, shape (n_blocks,)
        Weight of each block in means: the square root of its words, at least 1.
    """

    spans: dict[str, tuple[IntArray, IntArray]]
    group: IntArray
    weight: FloatArray


def surroundings(view: PageView, boxes: Mapping[str, IntArray]) -> Surroundings:
    """Read what `compute` needs of a page.

    Parameters
    ----------
    view : PageView
    boxes : mapping of str to ndarray of int64, shape (n_blocks,)
        As `boilerplate.features.containers.containers` gives it.
    """
    first, last = view.element_blocks
    return Surroundings(
        spans={box: (first[boxes[box]], last[boxes[box]]) for box in _BOXES},
        group=view.path_group,
        weight=np.sqrt(np.maximum(view.words, 1.0)),
    )


def compute(around: Surroundings, guess: NDArray[np.float64]) -> dict[str, FloatArray]:
    """Features of the first guesses, each of shape (n_blocks,); see `DESCRIPTIONS`.

    Parameters
    ----------
    around : Surroundings
    guess : ndarray of float64, shape (n_blocks, len(GUESSED))
        Probabilities by the small ensembles.
    """
    n = len(guess)
    weight = around.weight[:, None]
    places: dict[str, NDArray[np.float64]] = {"own": guess}
    for k in _OFFSETS:
        shifted = np.zeros_like(guess)
        if k > 0:
            shifted[: max(n - k, 0)] = guess[k:]
        else:
            shifted[-k:] = guess[: max(n + k, 0)]
        places[f"at{'+' if k > 0 else ''}{k}"] = shifted
    zero = np.zeros((1, len(GUESSED)))
    plain = np.vstack([zero, np.cumsum(guess, axis=0)])
    order = np.arange(n)
    for w in _WINDOWS:
        lo, hi = np.maximum(order - w, 0), np.minimum(order + w + 1, n)
        places[f"around{w}"] = (plain[hi] - plain[lo]) / np.maximum(hi - lo, 1)[:, None]
    sums = np.vstack([zero, np.cumsum(guess * weight, axis=0)])
    weights = np.concatenate([[0.0], np.cumsum(around.weight)])
    for box, (first, last) in around.spans.items():
        places[box] = (sums[last] - sums[first]) / np.maximum(weights[last] - weights[first], 1e-9)[:, None]
    total = np.maximum(np.bincount(around.group, weights=around.weight, minlength=1), 1e-9)
    alike = [np.bincount(around.group, weights=column * around.weight, minlength=1) / total for column in guess.T]
    places["alike"] = np.stack(alike, axis=1)[around.group]
    places["page"] = np.broadcast_to(sums[-1] / max(weights[-1], 1e-9), guess.shape)
    places["best"] = np.broadcast_to(guess.max(axis=0) if n else zero[0], guess.shape)
    return {f"guess_{name}_{place}": places[place][:, k] for place in _PLACES for k, name in enumerate(GUESSED)}


def own_shares(around: Surroundings) -> dict[str, FloatArray]:
    """How much of the features of a guess each block's own guess makes, 0 to 1, by place, each of shape (n_blocks,).

    Places that do not count the block itself, or that are no mean, are left out.
    """
    weight = around.weight
    order = np.arange(len(weight))
    shares = {"own": np.ones(len(weight))}
    for w in _WINDOWS:
        shares[f"around{w}"] = 1.0 / (np.minimum(order + w + 1, len(weight)) - np.maximum(order - w, 0))
    sums = np.concatenate([[0.0], np.cumsum(weight)])
    for box, (first, last) in around.spans.items():
        within = (first <= order) & (order < last)
        shares[box] = np.where(within, weight / np.maximum(sums[last] - sums[first], 1e-9), 0.0)
    shares["alike"] = weight / np.bincount(around.group, weights=weight, minlength=1)[around.group]
    shares["page"] = weight / max(float(sums[-1]), 1e-9)
    return {place: np.minimum(share, 1.0) for place, share in shares.items()}
