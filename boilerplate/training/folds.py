"""Folds by site: pages of one site never stand on both sides of a split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from boilerplate.errors import UsageError
from boilerplate.training.corpus import Example

__all__ = ["site_folds"]


def site_folds(examples: Sequence[Example], n_folds: int, *, seed: int = 0) -> NDArray[np.int64]:
    """Assign each example to a fold by its site, with kinds of pages spread evenly where there are enough.

    Parameters
    ----------
    examples : sequence of Example
    n_folds : int
        Fewer are made if there are fewer sites.
    seed : int

    Returns
    -------
    ndarray of int64, shape (n_examples,)
        Fold of each example, from 0.

    Raises
    ------
    UsageError
        If there are fewer than two folds or two sites.
    """
    sites = np.array([e.page.site for e in examples])
    n = min(n_folds, len(set(sites.tolist())))
    if n < 2:
        raise UsageError(f"Folds by site need at least 2 folds and 2 sites; there are {n}. Give --folds 2 or more.")
    kind = [f"{e.page.source} {e.page.page_type} {e.has_labels}" for e in examples]
    counts = Counter(kind)
    # Kinds too rare for every fold to have one count as one kind.
    kinds = np.array([k if counts[k] >= n else "" for k in kind])
    fold = np.zeros(len(examples), dtype=np.int64)
    if min(Counter(kinds.tolist()).values()) >= n:
        split = StratifiedGroupKFold(n, shuffle=True, random_state=seed).split(kinds, kinds, sites)
    else:
        split = GroupKFold(n, shuffle=True, random_state=seed).split(kinds, kinds, sites)
    for number, (_, held_out) in enumerate(split):
        fold[held_out] = number
    return fold
