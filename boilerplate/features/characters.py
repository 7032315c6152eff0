"""Count characters by class, for all blocks of a page in one pass of arrays."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate.words import UNSPACED_RANGES

__all__ = ["CLASSES", "CharacterCounts", "count_characters"]

#: Classes of characters; every character has exactly one.
CLASSES = (
    "space",
    "lower",
    "upper",
    "uncased",  # letters of scripts without case
    "unspaced",  # letters of scripts without spaces between words
    "digit",
    "sentence",  # marks that end a sentence
    "comma",
    "quote",
    "bracket",
    "dash",
    "separator",  # bars, bullets, arrows: what stands between the items of a list on one line
    "currency",
    "other",
)
_INDEX = {name: i for i, name in enumerate(CLASSES)}
_WORD_CLASSES = [_INDEX[n] for n in ("lower", "upper", "uncased", "digit")]

_EXPLICIT = {
    **dict.fromkeys(".!?…。！？؟।॥։።｡‼⁇", "sentence"),
    **dict.fromkeys(",;、，；،؛·:：", "comma"),
    **dict.fromkeys("\"'«»„“”‘’‚‹›「」『』", "quote"),
    **dict.fromkeys("|•›»→←▶►▼▲※/\\>", "separator"),
}


@dataclass(frozen=True, slots=True)
class CharacterCounts:
    """Counts for each text.

    Attributes
    ----------
    counts : ndarray of float64, shape (n_texts, len(CLASSES))
    words : ndarray of float64, shape (n_texts,)
        Runs of letters and digits, plus every character of a script without spaces.
    capitals : ndarray of float64, shape (n_texts,)
        Words that begin with a capital letter.
    visible : ndarray of float64, shape (n_texts,)
        Characters that are no white space.
    """

    counts: NDArray[np.float64]
    words: NDArray[np.float64]
    capitals: NDArray[np.float64]

    @property
    def visible(self) -> NDArray[np.float64]:
        result: NDArray[np.float64] = self.counts[:, 1:].sum(axis=1)
        return result

    def count(self, *names: str) -> NDArray[np.float64]:
        """Characters of the named classes together, shape (n_texts,)."""
        result: NDArray[np.float64] = self.counts[:, [_INDEX[n] for n in names]].sum(axis=1)
        return result


def classify(character: str) -> int:
    """Index into `CLASSES` of one character."""
    explicit = _EXPLICIT.get(character)
    if explicit:
        return _INDEX[explicit]
    if character.isspace():
        return _INDEX["space"]
    code = ord(character)
    if code >= 0xE00 and any(lo <= code <= hi for lo, hi in UNSPACED_RANGES):
        return _INDEX["unspaced"]
    category = unicodedata.category(character)
    name = {
        "Ll": "lower",
        "Lu": "upper",
        "Lt": "upper",
        "Lo": "uncased",
        "Lm": "uncased",
        "Mn": "uncased",  # vowel signs are part of the word they stand in
        "Mc": "uncased",
        "Nd": "digit",
        "No": "digit",
        "Nl": "digit",
        "Sc": "currency",
        "Pd": "dash",
        "Ps": "bracket",
        "Pe": "bracket",
        "Pi": "quote",
        "Pf": "quote",
    }.get(category, "other")
    return _INDEX[name]


def count_characters(texts: Sequence[str]) -> CharacterCounts:
    """Count the characters of each text by class.

    Parameters
    ----------
    texts : sequence of str, length n_texts

    Returns
    -------
    CharacterCounts

    Notes
    -----
    Each distinct character of the page is classified once; the rest is table look-up, linear in the text.
    """
    n = len(texts)
    if n == 0:
        empty = np.zeros(0)
        return CharacterCounts(np.zeros((0, len(CLASSES))), empty, empty)
    joined = "\n".join(texts)
    code = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    distinct = sorted(set(joined))
    table = np.zeros(ord(distinct[-1]) + 1 if distinct else 1, dtype=np.uint8)
    for character in distinct:
        table[ord(character)] = classify(character)
    kind = table[code]
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=n)
    row = np.repeat(np.arange(n), lengths + 1)[: len(code)]
    counts = np.bincount(row * len(CLASSES) + kind, minlength=n * len(CLASSES)).reshape(n, len(CLASSES))
    in_word = np.isin(kind, _WORD_CLASSES)
    begins = in_word.copy()
    begins[1:] &= ~in_word[:-1]
    words = np.bincount(row[begins], minlength=n) + counts[:, _INDEX["unspaced"]]
    capitals = np.bincount(row[begins & (kind == _INDEX["upper"])], minlength=n)
    # The line break that joins two texts was counted as space: take it out.
    result = counts.astype(np.float64)
    result[:-1, 0] -= 1
    return CharacterCounts(result, words.astype(np.float64), capitals.astype(np.float64))
