"""Hashed n-grams of many short texts at once: the sparse input of the linear scorers.

Training builds a sparse matrix from these indices and applying a model looks weights up by them, so both see
the same. Nothing here knows a language: words are runs of letters, and scripts without spaces are covered by
character n-grams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boilerplate.arrays import distinct

__all__ = ["HashedTexts", "HashedWeights", "buckets", "code_points", "hash_runs", "hash_texts", "hash_tokens"]

_BASE = np.uint32(0x01000193)
_WORD_PAIR = np.uint32(0x9E3779B1)
#: From here on are CJK and its neighbours, where two characters say what a word says elsewhere.
_WIDE = 0x2E80
_SEPARATOR = "\x00"
#: Characters that are hashed at a time: what is made of them on the way stays in the cache.
_PORTION_CHARS = 50_000
#: Characters that are read of all texts together, thirty times what the largest public pages have; of more, less is
#: read of each.
_MAX_CHARS = 3_000_000
#: N-grams whose weights are looked up at a time, for the same reason.
_GRAMS_AT_ONCE = 16_000


@dataclass(frozen=True)
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

    @cached_property
    def is_silent(self) -> bool:
        """Whether every weight is zero, as of a scorer that was not trained."""
        return not self.values.any()

    @classmethod
    def rounded(cls, weights: NDArray[np.float32]) -> HashedWeights:
        """Round weights to eight bits, a scale an output; the few beyond the 99.99th percentile are clipped."""
        scale = np.maximum(np.quantile(np.abs(weights), 0.9999, axis=0), 1e-9).astype(np.float32) / np.float32(127)
        return cls(np.clip(np.rint(weights / scale), -127, 127).astype(np.int8), scale)


@dataclass(frozen=True, slots=True)
class HashedTexts:
    """Hashed n-grams of texts, kind by kind: all n-grams of one length, all words, all pairs.

    Attributes
    ----------
    index : ndarray of uint16 or int32, shape (n_grams,)
        Bucket of each n-gram; a bucket may occur several times in a text.
    bounds : ndarray of int32, shape (n_kinds, n_texts + 1)
        The n-grams of text ``t`` are those of all intervals ``[bounds[kind, t], bounds[kind, t + 1])``.
    """

    index: NDArray[np.integer]
    bounds: NDArray[np.int32]

    @classmethod
    def from_rows(cls, index: NDArray[np.integer], row: NDArray[np.integer], n_texts: int) -> HashedTexts:
        """Buckets with the text that each comes from, in the order of the texts."""
        bounds = np.searchsorted(row, np.arange(n_texts + 1)).astype(np.int32)
        return cls(index, bounds[None, :])

    def of_texts(self, texts: NDArray[np.integer], bits: int) -> HashedTexts:
        """The n-grams of some of the texts, in at most as many buckets: as if these texts had been hashed alone.

        Parameters
        ----------
        texts : ndarray of int, shape (n,)
        bits : int
            Buckets are ``2 ** bits``.
        """
        start, sizes = self.bounds[:, :-1][:, texts], np.diff(self.bounds, axis=1)[:, texts]
        bounds = np.zeros((len(sizes), len(texts) + 1), dtype=np.int32)
        np.cumsum(sizes, axis=1, out=bounds[:, 1:])
        totals = sizes.sum(axis=1)
        bounds += (np.cumsum(totals) - totals)[:, None].astype(np.int32)
        within = np.arange(int(totals.sum())) - np.repeat(bounds[:, :-1].ravel(), sizes.ravel())
        index = self.index[within + np.repeat(start.ravel(), sizes.ravel())] & ((1 << bits) - 1)
        return HashedTexts(index.astype(np.uint16 if bits <= 16 else np.int32), bounds)

    def __len__(self) -> int:
        return int(self.bounds.shape[1]) - 1

    @property
    def row(self) -> NDArray[np.int32]:
        """The text each n-gram comes from, shape (n_grams,)."""
        kinds = len(self.bounds)
        rows = np.tile(np.arange(len(self), dtype=np.int32), kinds)
        return np.asarray(np.repeat(rows, np.diff(self.bounds, axis=1).ravel()))

    @property
    def scale(self) -> NDArray[np.float32]:
        """One over the square root of each text's number of n-grams, shape (n_texts,).

        It is the value of each n-gram, so that long and short texts have comparable lengths.
        """
        counts = np.diff(self.bounds, axis=1).sum(axis=0)
        return np.asarray(1.0 / np.sqrt(np.maximum(counts, 1)), dtype=np.float32)

    def sums(self, table: NDArray[Any]) -> NDArray[Any]:
        """Sums over the n-grams of each text.

        Parameters
        ----------
        table : ndarray, shape (n_buckets,) or (n_buckets, n)
            What an n-gram in each bucket adds; whole numbers are added up exactly.

        Returns
        -------
        ndarray of int32, int64 or float64, shape (n_texts,) or (n_texts, n)
        """
        # No text has so many n-grams that their bytes would not fit.
        exact = np.float64 if table.dtype.kind == "f" else np.int32 if table.dtype.itemsize == 1 else np.int64
        shape = table.shape[1:]
        starts, ends = self.bounds[:, :-1].ravel(), self.bounds[:, 1:].ravel()
        # Of an empty interval `reduceat` would give its first value. The others follow each other without a gap.
        some = np.flatnonzero(ends > starts)
        sums = np.zeros((len(starts), *shape), dtype=exact)
        starts = starts[some]
        cuts = distinct(np.searchsorted(starts, np.arange(0, len(self.index), _GRAMS_AT_ONCE)))
        cuts = cuts[cuts < len(some)]  # the last text may be longer than a portion
        for first, last in pairwise([*cuts.tolist(), len(some)]):
            begin, end = int(starts[first]), int(starts[last]) if last < len(some) else len(self.index)
            values = table.take(self.index[begin:end], axis=0)
            sums[some[first:last]] = np.add.reduceat(values, starts[first:last] - begin, axis=0, dtype=exact)
        result: NDArray[Any] = sums.reshape(len(self.bounds), len(self), *shape).sum(axis=0)
        return result

    def scores(self, weights: HashedWeights) -> NDArray[np.float32]:
        """Weighted sums per text.

        Parameters
        ----------
        weights : HashedWeights

        Returns
        -------
        ndarray of float32, shape (n_texts, n_outputs)
        """
        if weights.is_silent:
            return np.zeros((len(self), len(weights.scale)), dtype=np.float32)
        return np.asarray(self.sums(weights.values) * weights.scale * self.scale[:, None], dtype=np.float32)


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
        length says. Where that is more than three million characters of all texts together, fewer.

    Returns
    -------
    HashedTexts
        Character n-grams (word borders included), words, pairs of neighbouring words, and pairs of wide
        characters. Case is folded and every digit counts as 0.
    """
    # Any white space is one space here.
    even = [" ".join(t.split()) for t in texts]
    limit = _affordable(even, head + tail)
    head = limit * head // (head + tail)
    tail = limit - head
    cut = [t if len(t) <= limit else f"{t[:head]} {t[len(t) - tail :]}" for t in even]
    portions = [_hash_portion(portion, bits, lengths) for portion in _portions(cut)]
    counts = np.concatenate([np.stack([count for _, count in kinds]) for kinds in portions], axis=1)
    # Most pages have no wide characters.
    some = [kind for kind, total in enumerate(counts.sum(axis=1).tolist()) if total] or [0]
    bounds = np.zeros((len(some), len(texts) + 1), dtype=np.int32)
    np.cumsum(counts[some], axis=1, out=bounds[:, 1:])
    bounds[1:] += np.cumsum(bounds[:-1, -1], dtype=np.int32)[:, None]
    return HashedTexts(np.concatenate([kinds[kind][0] for kind in some for kinds in portions]), bounds)


def _affordable(texts: list[str], limit: int) -> int:
    """How many characters of each text can be read, at most `limit`, so that together they are not too many."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    while limit > 1 and int(np.minimum(lengths, limit).sum()) > _MAX_CHARS:
        limit -= 1
    return limit


def _portions(texts: list[str]) -> list[list[str]]:
    """Neighbouring texts together, as many as have not many characters; at least one portion."""
    ends = np.cumsum([0, *map(len, texts)])
    cuts = np.searchsorted(ends, np.arange(0, max(int(ends[-1]), 1), _PORTION_CHARS))
    return [texts[first:last] for first, last in pairwise([*cuts.tolist(), len(texts)])]


def _hash_portion(
    texts: list[str], bits: int, lengths: tuple[int, ...]
) -> list[tuple[NDArray[np.integer], NDArray[np.int64]]]:
    """Of each kind of n-grams the buckets, text by text, and how many each text has."""
    joined = "".join([f" {t} {_SEPARATOR}" for t in texts])
    if joined.count(_SEPARATOR) > len(texts):  # no page holds it, but this function takes any text
        joined = "".join([f" {t.replace(_SEPARATOR, ' ')} {_SEPARATOR}" for t in texts])
    code = code_points(joined.lower())
    digit = (code >= 0x30) & (code <= 0x39)
    code = np.where(digit, np.uint32(0x30), code)
    # ``lower`` may lengthen a text, so texts are told apart by separators rather than by the lengths given.
    is_border = code == 0
    ends = np.flatnonzero(is_border)
    sizes = np.diff(ends, prepend=-1) - 1

    kinds: list[tuple[NDArray[np.uint32], NDArray[np.int64]]] = []
    rolling = code
    # Where an n-gram would reach into the separator.
    broken = is_border
    for length in range(2, max(lengths) + 1):
        rolling = rolling[:-1] * _BASE + code[length - 1 :]
        broken = broken[:-1] | is_border[length - 1 :]
        if length == 2:
            wide = (code[:-1] >= _WIDE) & (code[1:] >= _WIDE)  # a separator is not wide
            kinds.append((rolling[wide] + np.uint32(length), _counts_between(np.flatnonzero(wide), ends)))
        elif length in lengths:
            kinds.append((rolling[~broken] + np.uint32(length), np.maximum(sizes - (length - 1), 0)))
    word_hash, starts = _words(code, is_border)
    word_counts = _counts_between(starts, ends)
    kinds.append((word_hash, word_counts))
    together = np.ones(max(len(word_hash) - 1, 0), dtype=np.bool_)
    last_words = np.cumsum(word_counts) - 1
    # The last word of a text makes no pair with the first of the next.
    together[last_words[(last_words >= 0) & (last_words < len(together))]] = False
    kinds.append(((word_hash[:-1] * _WORD_PAIR + word_hash[1:])[together], np.maximum(word_counts - 1, 0)))
    return [(buckets(hashes, bits), counts) for hashes, counts in kinds]


def buckets(hashes: NDArray[np.uint32], bits: int) -> NDArray[np.integer]:
    """The bucket of each hash among ``2 ** bits``, uint16 or int32, shape as given."""
    index = _mix(hashes) & np.uint32((1 << bits) - 1)
    return np.asarray(index.astype(np.uint16 if bits <= 16 else np.int32))


def _counts_between(places: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the ascending places lie before each end and after the end before it."""
    return np.diff(np.searchsorted(places, ends), prepend=0)


def _words(code: NDArray[np.uint32], is_border: NDArray[np.bool_]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """A hash for each run of characters between spaces or ASCII punctuation, and where it begins."""
    inside = ~is_border & (
        (code >= 0xC0) | ((code >= 0x61) & (code <= 0x7A)) | (code == 0x30) | (code == 0x24) | (code == 0x40)
    )
    begins = inside.copy()
    begins[1:] &= ~inside[:-1]
    return hash_runs(code[inside], np.flatnonzero(begins[inside])), np.flatnonzero(begins)


def hash_runs(
    code: NDArray[np.uint32], first: NDArray[np.int64], *, prefix: str = "", limit: int | None = None
) -> NDArray[np.uint32]:
    """A hash for each run of characters, before they are mixed.

    Parameters
    ----------
    code : ndarray of uint32, shape (n_characters,)
        Code points of all runs, one run after the other.
    first : ndarray of int64, shape (n_runs,)
        Where each run begins, from 0 on.
    prefix : str
        What stands before each run.
    limit : int, optional
        Only this many characters of a run are read; if left out, runs are told apart by their first 64.

    Returns
    -------
    ndarray of uint32, shape (n_runs,)
    """
    if len(first) == 0:
        return np.zeros(0, dtype=np.uint32)
    powers = np.cumprod(np.full(64 + len(prefix), _BASE, dtype=np.uint32), dtype=np.uint32)
    position = np.arange(len(code)) - np.repeat(first, np.diff(first, append=len(code)))
    terms = (code + np.uint32(1)) * powers[len(prefix) :].take(position, mode="clip")
    if limit is not None:
        terms[position >= limit] = 0
    sums = np.add.reduceat(terms, first, dtype=np.uint32)
    for character, power in zip(prefix, powers, strict=False):
        sums += np.uint32(ord(character) + 1) * power
    return np.asarray(sums ^ np.uint32(0x5BD1E995))


def hash_tokens(tokens: Sequence[str]) -> NDArray[np.uint32]:
    """A hash for each of some texts of at least one character, before they are mixed: `hash_runs` of each as a run."""
    code = code_points("".join(tokens))
    lengths = np.fromiter(map(len, tokens), dtype=np.int64, count=len(tokens))
    return hash_runs(code, np.cumsum(lengths) - lengths)


def code_points(text: str) -> NDArray[np.uint32]:
    """Characters of a text as numbers, shape (len(text),); surrogates are characters of their own."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _mix(value: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Finaliser of MurmurHash3 (Appleby 2011): spreads every bit over all of them."""
    value = value ^ (value >> np.uint32(16))
    value = value * np.uint32(0x85EBCA6B)
    value ^= value >> np.uint32(13)
    value *= np.uint32(0xC2B2AE35)
    value ^= value >> np.uint32(16)
    return value
