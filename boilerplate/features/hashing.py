"""Hashed n-grams of many short texts at once: the sparse input of the linear scorers.

Training builds a sparse matrix from these indices and applying a model looks weights up by them, so both see
the same. Nothing here knows a language: words are runs of letters, and scripts without spaces are covered by
character n-grams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["HashedTexts", "HashedWeights", "hash_texts"]

_BASE = np.uint32(0x01000193)
_WORD_PAIR = np.uint32(0x9E3779B1)
#: From here on are CJK and its neighbours, where two characters say what a word says elsewhere.
_WIDE = 0x2E80
_SEPARATOR = "\x00"


@dataclass(frozen=True, slots=True)
class HashedWeights:
    """Weights of a linear model on hashed n-grams, in eight bits.

    Attributes
    ----------
    values : ndarray of int8, shape (n_buckets, n_outputs)
    scale : ndarray of float32, shape (n_outputs,)
        What a step of one is worth, by output.
    """

    values: NDArray[np.int8]
    scale: NDArray[np.float32]

    @classmethod
    def rounded(cls, weights: NDArray[np.float32]) -> HashedWeights:
        """Round weights to eight bits, a scale an output; the few beyond the 99.99th percentile are clipped."""
        scale = np.maximum(np.quantile(np.abs(weights), 0.9999, axis=0), 1e-9).astype(np.float32) / np.float32(127)
        return cls(np.clip(np.rint(weights / scale), -127, 127).astype(np.int8), scale)

    def of(self, index: NDArray[np.int32], output: int) -> NDArray[np.float32]:
        """Weights of these buckets for one output, shape of `index`."""
        values = self.values[:, output][index].astype(np.float32)
        return np.asarray(values * self.scale[output])


@dataclass(frozen=True, slots=True)
class HashedTexts:
    """Hashed n-grams, row by row.

    Attributes
    ----------
    index : ndarray of int32, shape (n_grams,)
        Bucket of each n-gram; a bucket may occur several times in a row.
    row : ndarray of int32, shape (n_grams,)
        The text each n-gram comes from; not sorted.
    scale : ndarray of float32, shape (n_texts,)
        One over the square root of a text's number of n-grams: the value of each, so that long and short
        texts have comparable lengths.
    """

    index: NDArray[np.int32]
    row: NDArray[np.int32]
    scale: NDArray[np.float32]

    def scores(self, weights: HashedWeights) -> NDArray[np.float32]:
        """Weighted sums per text.

        Parameters
        ----------
        weights : HashedWeights

        Returns
        -------
        ndarray of float32, shape (n_texts, n_outputs)
        """
        n = len(self.scale)
        sums = np.empty((n, len(weights.scale)), dtype=np.float32)
        for output in range(len(weights.scale)):
            sums[:, output] = np.bincount(self.row, weights=weights.of(self.index, output), minlength=n) * self.scale
        return sums


def hash_texts(
    texts: Sequence[str],
    *,
    bits: int,
    lengths: tuple[int, ...] = (3, 4, 5),
    head: int = 150,
    tail: int = 50,
) -> HashedTexts:
    """Hash the character and word n-grams of texts.

    Parameters
    ----------
    texts : sequence of str, length n_texts
    bits : int
        Buckets are ``2 ** bits``.
    lengths : tuple of int
        Lengths of the character n-grams, ascending.
    head, tail : int
        Only the first `head` and last `tail` characters of a text are read: what a long text is, its
        length says.

    Returns
    -------
    HashedTexts
        Character n-grams (word borders included), words, pairs of neighbouring words, and pairs of wide
        characters. Case is folded and every digit counts as 0.
    """
    n = len(texts)
    limit = head + tail
    # Any white space is one space here.
    even = [" ".join(t.split()) for t in texts]
    cut = [t if len(t) <= limit else f"{t[:head]} {t[len(t) - tail :]}" for t in even]
    joined = "".join([f" {t} {_SEPARATOR}" for t in cut])
    if joined.count(_SEPARATOR) > n:  # no page holds it, but this function takes any text
        joined = "".join([f" {t.replace(_SEPARATOR, ' ')} {_SEPARATOR}" for t in cut])
    joined = joined.lower()
    code = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    digit = (code >= 0x30) & (code <= 0x39)
    code = np.where(digit, np.uint32(0x30), code)
    is_border = code == 0
    # ``lower`` may lengthen a text, so rows are counted by separators rather than by the lengths given.
    row = (np.cumsum(is_border) - is_border).astype(np.int32)

    hashes: list[NDArray[np.uint32]] = []
    rows: list[NDArray[np.int32]] = []
    rolling = code.copy()
    for length in range(2, max(lengths) + 1):
        rolling = rolling[:-1] * _BASE + code[length - 1 :]
        start_row = row[: len(rolling)]
        # A row's separator belongs to it, so an n-gram that would hold one ends in another row or on it.
        good = (start_row == row[length - 1 :]) & ~is_border[length - 1 :]
        if length == 2:
            good &= (code[:-1] >= _WIDE) & (code[1:] >= _WIDE)
        elif length not in lengths:
            continue
        hashes.append(rolling[good] + np.uint32(length))
        rows.append(start_row[good])
    word_hash, word_row = _words(code, row, is_border)
    hashes.append(word_hash)
    rows.append(word_row)
    if len(word_hash) > 1:
        same = word_row[1:] == word_row[:-1]
        hashes.append((word_hash[:-1] * _WORD_PAIR + word_hash[1:])[same])
        rows.append(word_row[:-1][same])
    all_rows = np.concatenate(rows)
    counts = np.bincount(all_rows, minlength=n)[:n]
    return HashedTexts(
        index=(_mix(np.concatenate(hashes)) & np.uint32((1 << bits) - 1)).astype(np.int32),
        row=all_rows,
        scale=(1.0 / np.sqrt(np.maximum(counts, 1))).astype(np.float32),
    )


def _words(
    code: NDArray[np.uint32], row: NDArray[np.int32], is_border: NDArray[np.bool_]
) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """A hash for each run of characters between spaces or ASCII punctuation, and the row it is in."""
    inside = ~is_border & (
        (code >= 0xC0) | ((code >= 0x61) & (code <= 0x7A)) | (code == 0x30) | (code == 0x24) | (code == 0x40)
    )
    begins = inside.copy()
    begins[1:] &= ~inside[:-1]
    starts = np.flatnonzero(begins)
    if len(starts) == 0:
        return np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.int32)
    position = _offsets(starts, len(code))
    # Words are told apart by their first 64 characters.
    powers = np.cumprod(np.full(64, _BASE, dtype=np.uint32), dtype=np.uint32)[np.minimum(position, 63)]
    terms = np.where(inside, (code + np.uint32(1)) * powers, np.uint32(0)).astype(np.uint32)
    return np.add.reduceat(terms, starts, dtype=np.uint32) ^ np.uint32(0x5BD1E995), row[starts]


def _offsets(starts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    offsets = np.arange(size)
    begin = np.zeros(size, dtype=np.int64)
    begin[starts] = starts
    return offsets - np.maximum.accumulate(begin)


def _mix(value: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Finaliser of MurmurHash3 (Appleby 2011): spreads every bit over all of them."""
    value = value ^ (value >> np.uint32(16))
    value = value * np.uint32(0x85EBCA6B)
    value ^= value >> np.uint32(13)
    value *= np.uint32(0xC2B2AE35)
    value ^= value >> np.uint32(16)
    return value
