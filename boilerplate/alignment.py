"""Find a known text in a longer one, word by word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

__all__ = ["align_words"]

#: Words that two texts must share in a row before they count as the same passage.
SEED_WORDS = 4
#: A seed that stands in the gold more often than this says nothing about where it belongs.
MAX_OCCURRENCES = 12
#: Gaps between passages up to this many words (page times gold) are searched for shorter matches.
MAX_GAP_CELLS = 400_000


def align_words(page: Sequence[str], gold: Sequence[str]) -> NDArray[np.bool_]:
    """Mark the words of a page that a gold text consists of.

    Parameters
    ----------
    page : sequence of str, length n
        Words of the page in order.
    gold : sequence of str, length m
        Words of the gold text in order.

    Returns
    -------
    ndarray of bool, shape (n,)
        True where the word is matched with a word of the gold. Each gold word is matched at most once.

    Notes
    -----
    Greedy string tiling (Wise 1993, "String Similarity via Greedy String Tiling and Running Karp-Rabin Matching"): the
    longest common passage first, so that of two places with the same words the one inside the longer contiguous match
    wins, and passages that the gold has in another order than the page are found too. What is left between two
    neighbouring passages is then aligned in order, which finds short cells and items.
    """
    matched = np.full(len(page), -1, dtype=np.int64)
    used = np.zeros(len(gold), dtype=np.bool_)
    for length, start, gold_start in _common_passages(page, gold):
        _place_tile(matched, used, start, gold_start, length)
    _fill_gaps(page, gold, matched, used)
    return matched >= 0


def _common_passages(page: Sequence[str], gold: Sequence[str]) -> list[tuple[int, int, int]]:
    """Maximal common passages of at least `SEED_WORDS` words as (length, page start, gold start), longest first."""
    k = min(SEED_WORDS, len(gold))
    if k == 0:
        return []
    where: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for j in range(len(gold) - k + 1):
        where[tuple(gold[j : j + k])].append(j)
    reached: dict[int, int] = {}  # by diagonal: page position up to which it is covered
    passages = []
    for i in range(len(page) - k + 1):
        places = where.get(tuple(page[i : i + k]))
        if places is None or len(places) > MAX_OCCURRENCES:
            continue
        for j in places:
            if reached.get(i - j, -1) > i:
                continue
            length = k
            while i + length < len(page) and j + length < len(gold) and page[i + length] == gold[j + length]:
                length += 1
            reached[i - j] = i + length
            passages.append((length, i, j))
    passages.sort(key=lambda p: (-p[0], p[1], p[2]))
    return passages


def _place_tile(
    matched: NDArray[np.int64], used: NDArray[np.bool_], start: int, gold_start: int, length: int
) -> None:
    """Claim the longest still free run of a passage, if it is long enough to mean something."""
    free = (matched[start : start + length] < 0) & ~used[gold_start : gold_start + length]
    if not free.all():
        edges = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(np.int8)))
        if len(edges) == 0:
            return
        lengths = edges[1::2] - edges[::2]
        best = int(lengths.argmax())
        offset, run = int(edges[2 * best]), int(lengths[best])
        if run < SEED_WORDS:
            return
        start, gold_start, length = start + offset, gold_start + offset, run
    matched[start : start + length] = np.arange(gold_start, gold_start + length)
    used[gold_start : gold_start + length] = True


def _fill_gaps(
    page: Sequence[str], gold: Sequence[str], matched: NDArray[np.int64], used: NDArray[np.bool_]
) -> None:
    """Align, in order, what lies between neighbouring tiles of the page that are in order in the gold too."""
    anchors = np.flatnonzero(matched >= 0)
    borders = [(-1, -1), *((int(i), int(matched[i])) for i in anchors), (len(page), len(gold))]
    for (i, j), (i_next, j_next) in zip(borders, borders[1:], strict=False):
        n, m = i_next - i - 1, j_next - j - 1
        if n <= 0 or m <= 0 or n * m > MAX_GAP_CELLS:
            continue
        free = [g for g in range(j + 1, j_next) if not used[g]]
        if not free:
            continue
        matcher = SequenceMatcher(None, page[i + 1 : i_next], [gold[g] for g in free], autojunk=False)
        for a, b, size in matcher.get_matching_blocks():
            for step in range(size):
                matched[i + 1 + a + step] = free[b + step]
                used[free[b + step]] = True
