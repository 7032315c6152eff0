"""Which words of a text a learned score rests on: what the score loses without each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate.features.hashing import HashedWeights
from boilerplate.features.scores import READ_CHARS, hash_for
from boilerplate.words import UNSPACED_RANGES, word_spans

__all__ = ["TokenWeights", "token_weights"]

#: A text of more tokens says what it is by its first ones.
_MAX_TOKENS = 40
#: A longer run of characters that are words of their own is told by pairs.
_MAX_RUN = 4
#: Characters that are hashed at a time, which bounds the memory.
_BATCH_CHARS = 200_000


@dataclass(frozen=True, slots=True)
class TokenWeights:
    """The tokens of a text and what each adds to its scores.

    Attributes
    ----------
    spans : tuple of (int, int)
        Where each token stands in `text`.
    text : str
        The part of the text that the scorer reads.
    weights : ndarray of float64, shape (n_tokens, n_outputs)
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    weights: NDArray[np.float64]

    def strongest(self, direction: NDArray[np.float64], number: int) -> list[tuple[str, float]]:
        """Tokens that move the scores furthest in a direction, and by how much, strongest first.

        Parameters
        ----------
        direction : ndarray of float64, shape (n_outputs,)
            How much each output counts.
        number : int
            At most this many; of tokens that overlap or are spelt alike, the strongest.
        """
        moved = self.weights @ direction
        chosen: list[tuple[int, int]] = []
        result: list[tuple[str, float]] = []
        for k in np.argsort(-moved, kind="stable").tolist():
            if moved[k] <= 0.0 or len(result) == number:
                break
            start, end = self.spans[k]
            token = self.text[start:end]
            if any(start < e and s < end for s, e in chosen) or token.lower() in {t.lower() for t, _ in result}:
                continue
            chosen.append((start, end))
            result.append((token, float(moved[k])))
        return result


def token_weights(scorer: str, texts: Sequence[str], weights: HashedWeights) -> list[TokenWeights]:
    """Take the scores of texts apart by their tokens.

    Parameters
    ----------
    scorer : str
        One of `boilerplate.features.scores.SCORERS`.
    texts : sequence of str
    weights : HashedWeights
        Of that scorer.

    Returns
    -------
    list of TokenWeights, one for each text

    Notes
    -----
    A token's weight is the sum of the weights of all n-grams that vanish, less those that appear, when it is left out,
    in units of the text's score. In scripts without spaces a token is a short run, or a pair of characters, which has
    the mean of their weights: each pair also takes n-grams of its neighbours along.
    """
    head, tail = READ_CHARS[scorer]
    read = [_read(text, head, tail) for text in texts]
    spans = [_tokens(text) for text in read]
    result: list[TokenWeights] = []
    for first, last in _batches(read, spans):
        variants: list[str] = []
        for text, tokens in zip(read[first:last], spans[first:last], strict=True):
            variants.append(text)
            variants.extend(text[:start] + text[end:] for start, end in tokens)
        hashed = hash_for(scorer, variants)
        sums = hashed.scores(weights).astype(np.float64) / hashed.scale[:, None]
        at = 0
        for text, tokens in zip(read[first:last], spans[first:last], strict=True):
            without = sums[at + 1 : at + 1 + len(tokens)]
            result.append(_paired(text, tokens, (sums[at] - without) * float(hashed.scale[at])))
            at += 1 + len(tokens)
    return result


def _batches(texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]) -> Iterator[tuple[int, int]]:
    """Intervals of texts that are hashed together."""
    first, chars = 0, 0
    for i, (text, tokens) in enumerate(zip(texts, spans, strict=True)):
        size = (len(text) + 3) * (len(tokens) + 1)
        if i > first and chars + size > _BATCH_CHARS:
            yield first, i
            first, chars = i, 0
        chars += size
    if first < len(texts):
        yield first, len(texts)


def _read(text: str, head: int, tail: int) -> str:
    even = " ".join(text.split())
    return even if len(even) <= head + tail else f"{even[:head]} {even[len(even) - tail :]}"


def _tokens(text: str) -> list[tuple[int, int]]:
    """Words; of long runs of characters that are words of their own, each character."""
    tokens: list[tuple[int, int]] = []
    for start, end in _runs(text):
        if _is_unspaced(text, start) and end - start > _MAX_RUN:
            tokens.extend((k, k + 1) for k in range(start, end))
        elif any(map(str.isalpha, text[start:end])):
            tokens.append((start, end))
    return tokens[:_MAX_TOKENS]


def _runs(text: str) -> list[tuple[int, int]]:
    """Words, those of one character without a space between them as one."""
    runs: list[tuple[int, int]] = []
    for start, end in word_spans(text):
        if runs and runs[-1][1] == start and _is_unspaced(text, start) and _is_unspaced(text, start - 1):
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs


def _is_unspaced(text: str, at: int) -> bool:
    return any(first <= ord(text[at]) <= last for first, last in UNSPACED_RANGES)


def _paired(text: str, tokens: list[tuple[int, int]], weights: NDArray[np.float64]) -> TokenWeights:
    """Single characters of a run as overlapping pairs."""
    spans: list[tuple[int, int]] = []
    rows: list[NDArray[np.float64]] = []
    for k, (start, end) in enumerate(tokens):
        if end - start > 1 or not _is_unspaced(text, start):
            spans.append((start, end))
            rows.append(weights[k])
        elif k + 1 < len(tokens) and tokens[k + 1] == (end, end + 1) and _is_unspaced(text, end):
            spans.append((start, end + 1))
            rows.append((weights[k] + weights[k + 1]) / 2.0)
        elif not spans or spans[-1][1] != end:  # a character by itself
            spans.append((start, end))
            rows.append(weights[k])
    return TokenWeights(text, tuple(spans), np.array(rows).reshape(len(rows), weights.shape[1]))
