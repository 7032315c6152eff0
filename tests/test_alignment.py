"""Finding a gold text in a page, word by word."""

from __future__ import annotations

import random
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate import alignment
from boilerplate.alignment import align_words

quick = settings(max_examples=60, deadline=None)
FEW = st.lists(st.sampled_from("abcdef"), max_size=40)
MANY = st.lists(st.integers(0, 200).map(str), max_size=60)


def align(page: str, gold: str) -> str:
    """The page with its unmatched words replaced by a dot."""
    words = page.split()
    matched = align_words(words, gold.split())
    assert matched.shape == (len(words),)
    assert matched.dtype == np.bool_
    return " ".join(word if hit else "." for word, hit in zip(words, matched, strict=True))


@pytest.mark.parametrize("text", ["a", "a b", "a b c", "a b c d e f g", "the the the the the"])
def test_identical(text: str) -> None:
    assert align(text, text) == text


@pytest.mark.parametrize(
    ("page", "gold", "kept"),
    [
        ("", "", ""),
        ("", "a b c d e", ""),
        ("a b c d e", "", ". . . . ."),
        ("a b c d e", "v w x y z", ". . . . ."),
        ("menu home a b c d e f foot", "a b c d e f", ". . a b c d e f ."),
        # Another order.
        ("a b c d x e f g h", "e f g h a b c d", "a b c d . e f g h"),
        # A cell between two passages, shorter than any passage may be.
        ("a b c d 17 noise e f g h", "a b c d 17 e f g h", "a b c d 17 . e f g h"),
        ("x y a b c d", "y a b c d", ". y a b c d"),
        ("a b c d e x f", "a b c d e f", "a b c d e . f"),
        # Each word of the gold is matched once, however often the page has it.
        ("a b c d a b c d", "a b c d", "a b c d . . . ."),
        ("the x the y the", "the", "the . . . ."),
    ],
)
def test_cases(page: str, gold: str, kept: str) -> None:
    assert align(page, gold) == kept


def test_of_two_places_the_longer_passage_wins() -> None:
    headline = "rain floods the old town again"
    body = "on monday morning heavy rain fell and the river rose"
    page = f"latest {headline} read more {headline} {body} footer"
    assert align(page, f"{headline} {body}") == " ".join([*["."] * 9, headline, body, "."]), (
        "the headline above the article is the feed's"
    )


def test_common_words_do_not_scatter() -> None:
    noise = " ".join(f"of the n{i} and" for i in range(40))
    gold = "the cat of the house and the dog of the yard"
    matched = align(f"{noise} {gold} {noise}", gold).split()
    assert " ".join(matched[160 : 160 + 11]) == gold
    assert set(matched[:160] + matched[171:]) == {"."}


def test_text_of_few_different_words() -> None:
    """No seed of it is rare, and it is too long for the search of gaps."""
    text = ["a", "b"] * 1000
    assert align_words(text, text).all()
    assert align_words(["menu", *text], text).sum() == len(text)
    assert align_words([*text, "foot"], text).sum() == len(text)


@quick
@given(FEW | MANY)
def test_identity_matches_everything(words: list[str]) -> None:
    assert align_words(words, words).all()


@quick
@given(FEW | MANY, FEW | MANY)
def test_only_equal_words_are_matched_and_each_once(page: list[str], gold: list[str]) -> None:
    matched = align_words(page, gold)
    taken = Counter(word for word, hit in zip(page, matched, strict=True) if hit)
    assert taken <= Counter(gold)


@quick
@given(FEW | MANY, FEW | MANY, st.integers(1, 30))
def test_noise_at_either_end_takes_nothing_away(page: list[str], gold: list[str], size: int) -> None:
    alone = align_words(page, gold)
    noise = [f"noise{i}" for i in range(size)]
    assert align_words(page + noise, gold).tolist() == [*alone, *[False] * size]
    assert align_words(noise + page, gold).tolist() == [*[False] * size, *alone]


@quick
@given(st.lists(st.integers(0, 10_000).map(str), unique=True, max_size=80), st.data())
def test_gold_cut_out_of_a_page_is_found(page: list[str], data: st.DataObject) -> None:
    bounds = sorted(data.draw(st.lists(st.integers(0, len(page)), min_size=2, max_size=2)))
    matched = align_words(page, page[bounds[0] : bounds[1]])
    assert matched.tolist() == [bounds[0] <= i < bounds[1] for i in range(len(page))]


@quick
@given(FEW, FEW)
def test_slow_and_fast_gap_alignment_agree_on_what_is_possible(page: list[str], gold: list[str]) -> None:
    pairs = alignment._longest_common_subsequence(page, gold)
    rising = sorted(pairs)
    assert [b for _, b in rising] == sorted(b for _, b in pairs)
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    assert all(page[a] == gold[b] for a, b in pairs)
    assert len(pairs) >= len(alignment._match_in_order(page, gold))


def test_gaps_whose_words_repeat_are_aligned_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "MAX_MATCHER_STEPS", 0)
    assert align("a b c d x 17 y e f g h", "a b c d 17 e f g h") == "a b c d . 17 . e f g h"


def test_page_with_too_many_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "MAX_CELLS", 0)
    assert align("a b c d x 17 y e f g h", "a b c d 17 e f g h") == "a b c d . . . e f g h"


def hostile() -> dict[str, tuple[list[str], list[str]]]:
    chance = random.Random(7)
    few = [chance.choice("abc") for _ in range(20_000)]
    fragments = [[f"f{i}.{j}" for j in range(4)] for i in range(400)]
    low = [[f"l{i}.{j}" for j in range(4)] + ["u"] for i in range(2000)]
    high = [[f"h{i}.{j}" for j in range(4)] + ["u"] for i in range(2000)]

    def interleaved(letter: str) -> list[str]:
        return [word for i in range(10_000) for word in ("a", f"{letter}{i}")]

    def gaps(letter: str) -> list[str]:
        """Gaps that are just small enough to be searched, every other word of them the same."""
        blocks = ([*fragments[g], *interleaved(letter)[:630]] for g in range(30))
        return [word for block in blocks for word in block]

    return {
        "two words": (["a", "b"] * 10_000, ["b", "a"] * 10_000),
        "three words": (few, few[::-1]),
        "every other word": (interleaved("x"), interleaved("y")),
        "gaps": (gaps("x"), gaps("y")),
        "twelve copies": ([f"w{i}" for i in range(1666)] * 12, [f"w{i}" for i in range(1666)] * 12),
        "shuffled fragments": (
            [w for i in range(4000) for w in [*chance.choice(fragments), f"n{i}"]],
            [w for i in range(4000) for w in [*chance.choice(fragments), f"m{i}"]],
        ),
        "two strands": (
            [w for pair in zip(low, high, strict=True) for part in pair for w in part],
            [w for part in low + high for w in part],
        ),
    }


@pytest.mark.parametrize("name", hostile())
def test_time_is_bounded(name: str) -> None:
    page, gold = hostile()[name]
    start = time.perf_counter()
    matched = align_words(page, gold)
    assert time.perf_counter() - start < 8, "the slowest takes 0.8 s"
    assert matched.sum() <= len(gold)
