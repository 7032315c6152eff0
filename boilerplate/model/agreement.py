"""Blocks that belong together agree: the items of a list, the slides of a carousel, the parts of a box.

Trees decide block by block, and on a list they are unsure of, they call some of its items one thing and some another.
So a block's probabilities are blended with the means over blocks built the same way and over boxes around it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boilerplate.features.guesses import Surroundings
from boilerplate.labels import PROMO

__all__ = ["blend", "reconcile"]

#: What a block's own probabilities count, and what each mean does. On the sites of one fold that was held out macro F1
#: was level for an own share of .3 to .5.
OWN, SHARED = 0.4, 0.2
#: Boxes around a block, as `boilerplate.features.containers` names them.
BOXES = ("box2", "part05")


def blend(probabilities: NDArray[np.float64], around: Surroundings) -> NDArray[np.float64]:
    """Probabilities of blocks in agreement with what they belong with; linear in the page.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (n_blocks, n_labels)
        Block by block; rows sum to 1.
    around : Surroundings
        Boxes around each block, and which are built the same way.

    Returns
    -------
    ndarray of float64, shape (n_blocks, n_labels)
        Rows sum to 1.
    """
    if len(probabilities) == 0:
        return probabilities
    weight = around.weight
    weighted = probabilities * weight[:, None]
    total = np.bincount(around.group, weights=weight)
    alike = np.stack([np.bincount(around.group, weights=column) / total for column in weighted.T], axis=1)
    result = OWN * probabilities + SHARED * alike[around.group]
    sums = np.vstack([np.zeros((1, probabilities.shape[1])), np.cumsum(weighted, axis=0)])
    weights = np.concatenate([[0.0], np.cumsum(weight)])
    for box in BOXES:
        first, last = around.spans[box]
        result += SHARED * (sums[last] - sums[first]) / (weights[last] - weights[first])[:, None]
    # Differences of running sums may fall short of zero by a hair.
    result = np.maximum(result, 0.0)
    return np.asarray(result / result.sum(axis=1, keepdims=True))


def reconcile(main: NDArray[np.float64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of being main text that do not contradict the labels: promotion is never main text.

    Parameters
    ----------
    main : ndarray of float64, shape (n_blocks,)
    probabilities : ndarray of float64, shape (n_blocks, n_labels)

    Returns
    -------
    ndarray of float64, shape (n_blocks,)
        At most what the label of promotion leaves. Other labels do not bind: on pages that are lists, items that are
        labelled as a feed are the main text. By the gold texts this costs nothing: -.0002 ± .0002 in word F1.
    """
    return np.minimum(main, 1.0 - probabilities[:, PROMO])
