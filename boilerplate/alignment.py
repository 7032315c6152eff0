"""Find a known text in a longer one, word by word."""

from __future__ import annotations

from collections import Counter, defaultdict
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
#: Words (page times gold) of all the gaps of a page that are searched.
MAX_CELLS = 40_000_000
#: Gaps that difflib may take more steps for, as their words repeat, are aligned by a method that is never
#: slow.
MAX_MATCHER_STEPS = 1_000_000


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
    Greedy string tiling (Wise 1993, "String Similarity via Greedy String Tiling and Running Karp-Rabin
    Matching"): the longest common passage first, so that of two places with the same words the one inside the
    longer contiguous match wins, and passages that the gold has in another order than the page are found too.
    What is left between two neighbouring passages is then aligned in order, which finds short cells and
    items.
    """
    matched = np.full(len(page), -1, dtype=np.int64)
    used = np.zeros(len(gold), dtype=np.bool_)
    for length, start, gold_start in _common_passages(page, gold):
        _place_tile(matched, used, start, gold_start, length)
    _fill_gaps(page, gold, matched, used)
    return matched >= 0


def _common_passages(page: Sequence[str], gold: Sequence[str]) -> list[tuple[int, int, int]]:
    """Maximal common passages of `SEED_WORDS` words or more as (length, start, gold start), longest first."""
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


def _place_tile(matched: NDArray[np.int64], used: NDArray[np.bool_], start: int, gold_start: int, length: int) -> None:
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


def _fill_gaps(page: Sequence[str], gold: Sequence[str], matched: NDArray[np.int64], used: NDArray[np.bool_]) -> None:
    """Align, in order, what lies between neighbouring tiles of the page that are in order in the gold too."""
    anchors = np.flatnonzero(matched >= 0)
    starts = np.concatenate([[-1], anchors])
    ends = np.concatenate([anchors, [len(page)]])
    gold_starts = np.concatenate([[-1], matched[anchors]])
    gold_ends = np.concatenate([matched[anchors], [len(gold)]])
    sizes = np.maximum(ends - starts - 1, 0) * np.maximum(gold_ends - gold_starts - 1, 0)
    total = 0
    for gap in np.flatnonzero(sizes):
        i, i_next = int(starts[gap]) + 1, int(ends[gap])
        j, j_next = int(gold_starts[gap]) + 1, int(gold_ends[gap])
        total += int(sizes[gap])
        if sizes[gap] > MAX_GAP_CELLS or total > MAX_CELLS:
            total -= int(sizes[gap])
            pairs = _match_ends(page, gold, used, (i, i_next), (j, j_next))
        else:
            free = (np.flatnonzero(~used[j:j_next]) + j).tolist()
            pairs = [(i + a, free[b]) for a, b in _match_in_order(page[i:i_next], [gold[g] for g in free])]
        for a, b in pairs:
            matched[a] = b
            used[b] = True


def _match_ends(
    page: Sequence[str],
    gold: Sequence[str],
    used: NDArray[np.bool_],
    page_span: tuple[int, int],
    gold_span: tuple[int, int],
) -> list[tuple[int, int]]:
    """What a gap too large to search has in common at its beginning and end.

    It is all there is to find in a text of few different words, which has no seed.
    """
    (i, i_next), (j, j_next) = page_span, gold_span
    longest = min(i_next - i, j_next - j)
    head = 0
    while head < longest and not used[j + head] and page[i + head] == gold[j + head]:
        head += 1
    tail = 0
    while tail < longest - head and not used[j_next - 1 - tail] and page[i_next - 1 - tail] == gold[j_next - 1 - tail]:
        tail += 1
    pairs = []
    if head >= SEED_WORDS:
        pairs += [(i + step, j + step) for step in range(head)]
    if tail >= SEED_WORDS:
        pairs += [(i_next - 1 - step, j_next - 1 - step) for step in range(tail)]
    return pairs


def _match_in_order(page: Sequence[str], gold: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of positions of equal words, rising in both texts, long runs preferred."""
    in_gold = Counter(gold)
    equal_pairs = sum(in_gold[word] for word in page)
    if equal_pairs == 0:
        return []
    if equal_pairs * min(len(page), len(gold)) > MAX_MATCHER_STEPS:
        return _longest_common_subsequence(page, gold)
    matcher = SequenceMatcher(None, page, gold, autojunk=False)
    return [(a + step, b + step) for a, b, size in matcher.get_matching_blocks() for step in range(size)]


def _longest_common_subsequence(page: Sequence[str], gold: Sequence[str]) -> list[tuple[int, int]]:
    """As many pairs as there can be, in time that does not depend on how often words repeat."""
    if len(page) > len(gold):  # one array operation for each word of the shorter text
        return [(a, b) for b, a in _longest_common_subsequence(gold, page)]
    number: dict[str, int] = {}
    rows = [number.setdefault(word, len(number)) for word in page]
    columns = np.array([number.setdefault(word, len(number)) for word in gold])
    lengths = np.zeros((len(page) + 1, len(gold) + 1), dtype=np.int32)
    for i, word in enumerate(rows):
        longest = np.where(columns == word, lengths[i, :-1] + 1, lengths[i, 1:])
        np.maximum.accumulate(longest, out=lengths[i + 1, 1:])
    pairs = []
    i, j = len(page), len(gold)
    while i and j:
        if lengths[i, j] == lengths[i - 1, j]:
            i -= 1
        elif lengths[i, j] == lengths[i, j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs
