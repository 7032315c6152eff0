"""What each feature adds to the margins of a model's decisions, exactly.

Path attribution (Saabas 2014, "Interpreting random forests"): on its way through a tree a row moves from expected value
to expected value, and each step counts for the feature tested. Bias and contributions sum to the margin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate import features
from boilerplate.features.guesses import GUESSED, Surroundings, own_shares
from boilerplate.labels import LABELS
from boilerplate.model.model import Look, Model

__all__ = ["Attribution", "Contributions", "rivals"]

_NUMBER = {name: k for k, name in enumerate(features.NAMES)}


@dataclass(frozen=True, slots=True)
class Contributions:
    """Margins of blocks taken apart.

    Attributes
    ----------
    bias : ndarray of float64, shape (n_blocks,)
        The margin before any feature is looked at.
    values : ndarray of float64, shape (n_blocks, len(features.NAMES))
        What each feature adds.
    """

    bias: NDArray[np.float64]
    values: NDArray[np.float64]

    @property
    def margin(self) -> NDArray[np.float64]:
        """Bias and contributions together, shape (n_blocks,)."""
        return np.asarray(self.bias + self.values.sum(axis=1))


def rivals(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much each label's margin counts in the margin of a given label against the rest.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (n_blocks, n_labels)
    labels : ndarray of int64, shape (n_blocks,)
        The label in question of each block.

    Returns
    -------
    ndarray of float64, shape (n_blocks, n_labels)
        1 for the label, and minus the share of each other label among the others; rows sum to 0.

    Notes
    -----
    The probability p of a label moves by ``p (1 - p)`` times what is added to this margin, to first order. So these
    weights rank features by how far they move the probability, and what only tells two hopeless labels apart counts
    for nothing. The margin is the log-odds of the label plus the entropy of the shares, a number of at most log 3.
    """
    rows = np.arange(len(labels))
    others = probabilities.copy()
    others[rows, labels] = 0.0
    # Where nothing is left for the others, they share evenly.
    others += 1e-12
    others[rows, labels] = 0.0
    weights: NDArray[np.float64] = -others / others.sum(axis=1, keepdims=True)
    weights[rows, labels] = 1.0
    return weights


#: Features that say what blocks alike were guessed to be, by label.
_ALIKE = np.array([_NUMBER[f"guess_{name}_alike"] for name in LABELS])


class Attribution:
    """Takes the decisions of a model on a page apart, some blocks at a time.

    Parameters
    ----------
    model : Model
    matrix : ndarray of float32, shape (n_blocks, len(features.NAMES))
        As `Model.matrix` gives it.
    around : Surroundings
        Of the page.

    Notes
    -----
    The final look sees first guesses, and "at first sight it is an advert" gives no reason. What it owes to the first
    guess of the block itself, alone or as a part of a mean over blocks, is passed on to the features that this guess
    came from: a guess is higher or lower than usual because some features moved it that way, and they share what it
    adds, in proportion to what each added there. The sum stays what it was. What it owes to the guesses of other blocks
    stays with these.
    """

    def __init__(self, model: Model, matrix: NDArray[np.float32], around: Surroundings) -> None:
        self._model = model
        self._matrix = matrix
        # By guess: which features hold it, and what share of each is the block's own.
        places = own_shares(around)
        self._guesses = [
            (np.array([_NUMBER[f"guess_{name}_{place}"] for place in places]), np.stack([*places.values()], axis=1))
            for name in GUESSED
        ]

    def of_labels(self, rows: slice, labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> Contributions:
        """Margin of a label of each block against the rest, as decided.

        What agreement with the blocks around adds (`boilerplate.model.agreement`) goes to the look of blocks alike.

        Parameters
        ----------
        rows : slice
            The blocks.
        labels : ndarray of int64, shape (n_rows,)
            Index of the label to be explained.
        probabilities : ndarray of float64, shape (n_rows, len(LABELS))
            As predicted.
        """
        look, trees = self._model.final, self._model.final.label_trees
        weights = rivals(probabilities, labels)
        by_output = trees.path_contributions(self._matrix[rows][:, look.numbers])
        values = _widened(look, np.einsum("bfk,bk->bf", by_output, weights))
        self._pass_on(rows, values)
        expected = weights @ trees.expected
        # What the blocks that a block belongs with add to what the trees say of it alone.
        said = (weights * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1)
        values[np.arange(len(values)), _ALIKE[labels]] += said - expected - values.sum(axis=1)
        return Contributions(expected, values)

    def of_main(self, rows: slice) -> Contributions:
        """Log-odds of blocks to be main text, as the final look decides it."""
        look, trees = self._model.final, self._model.final.main_trees
        values = _widened(look, trees.path_contributions(self._matrix[rows][:, look.numbers])[:, :, 0])
        self._pass_on(rows, values)
        return Contributions(np.full(len(values), trees.expected[0]), values)

    def _pass_on(self, rows: slice, values: NDArray[np.float64]) -> None:
        """Hand what first guesses of the blocks themselves add on to the features they came from, in place."""
        first = self._model.first
        chosen = self._matrix[rows][:, first.numbers]
        by_label = first.label_trees.path_contributions(chosen)
        probabilities = first.label_trees.probabilities(chosen)
        for k, (columns, own) in enumerate(self._guesses):
            given = values[:, columns] * own[rows]
            if not given.any():
                continue
            if k < len(LABELS):
                made = np.einsum("bfk,bk->bf", by_label, rivals(probabilities, np.full(len(chosen), k, dtype=np.int64)))
            else:
                made = first.main_trees.path_contributions(chosen)[:, :, 0]
            moved = made.sum(axis=1, keepdims=True)
            share = np.where(made * np.sign(moved) > 0.0, np.abs(made), 0.0)
            total = share.sum(axis=1)
            given[total <= 0.0] = 0.0
            values[:, columns] -= given
            values[:, first.numbers] += share * (given.sum(axis=1) / np.where(total > 0.0, total, 1.0))[:, None]


def _widened(look: Look, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns of a look as columns of the whole matrix."""
    result = np.zeros((len(values), len(features.NAMES)))
    result[:, look.numbers] = values
    return result
