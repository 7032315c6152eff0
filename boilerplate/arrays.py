"""What several modules do with arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BoolArray", "Int32Array", "distinct", "mixed"]

BoolArray = NDArray[np.bool_]
Int32Array = NDArray[np.int32]


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """The distinct values, ascending, as `numpy.unique` gives them, which imports masked arrays to do so.

    Parameters
    ----------
    values : ndarray, shape (n,)

    Returns
    -------
    ndarray, shape (n_distinct,)
    """
    ordered = np.sort(values)
    new = np.ones(len(ordered), dtype=np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    return np.asarray(ordered[new])


def mixed(values: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hashes of whole numbers in which every bit depends on all of theirs; of distinct numbers they are distinct.

    The finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
    """
    hashes = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(hashes ^ (hashes >> np.uint64(31)))
