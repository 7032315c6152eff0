"""Hashed n-grams: the same for a text alone and among others, and scored as a plain loop would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate.features.hashing import HashedTexts, HashedWeights, hash_texts

BITS = 12
TEXTS = st.lists(st.one_of(st.text(max_size=30), st.text("ab 1.漢字Σİß\n\x00𠀀\ud800", max_size=30)), max_size=6)


def buckets(hashed: HashedTexts, row: int) -> Counter[int]:
    return Counter(hashed.index[hashed.row == row].tolist())


@given(TEXTS, st.sampled_from([(3, 4, 5), (4,), (2, 3)]))
@settings(max_examples=100, deadline=None)
def test_a_text_is_hashed_alike_alone_and_among_others(texts: list[str], lengths: tuple[int, ...]) -> None:
    together = hash_texts(texts, bits=BITS, lengths=lengths)
    assert together.scale.shape == (len(texts),)
    for row, text in enumerate(texts):
        alone = hash_texts([text], bits=BITS, lengths=lengths)
        assert buckets(together, row) == buckets(alone, 0)
        assert together.scale[row] == alone.scale[0]


@given(TEXTS, st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_scores_equal_a_slow_loop(texts: list[str], n_outputs: int) -> None:
    weights = HashedWeights.rounded(np.random.default_rng(0).normal(size=(1 << BITS, n_outputs)).astype(np.float32))
    hashed = hash_texts(texts, bits=BITS)
    scores = hashed.scores(weights)
    assert scores.shape == (len(texts), n_outputs)
    assert scores.dtype == np.float32
    expected = np.zeros((len(texts), n_outputs))
    for index, row in zip(hashed.index, hashed.row, strict=True):
        expected[row] += weights.values[index] * weights.scale * hashed.scale[row]
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-5)


def test_a_scorer_that_was_not_trained_says_nothing() -> None:
    texts = hash_texts(["Read more", ""], bits=8)
    silent = HashedWeights(np.zeros((256, 5), dtype=np.int8), np.ones(5, dtype=np.float32))
    assert silent.is_silent
    assert texts.scores(silent).tolist() == np.zeros((2, 5)).tolist()
    told = HashedWeights(np.eye(256, 5, dtype=np.int8), np.ones(5, dtype=np.float32))
    assert not told.is_silent


def test_rounded_weights_are_close() -> None:
    exact = np.random.default_rng(1).normal(size=(4096, 2)).astype(np.float32) * np.array([1, 50], dtype=np.float32)
    rounded = HashedWeights.rounded(exact)
    for output in range(2):
        error = np.abs(rounded.values[:, output] * rounded.scale[output] - exact[:, output])
        assert np.quantile(error, 0.99) <= rounded.scale[output] / 2 * 1.001


def test_what_is_hashed() -> None:
    # " ab ": character n-grams " ab", "ab ", " ab ", and the word.
    assert len(hash_texts(["ab"], bits=BITS, lengths=(3, 4)).index) == 4
    # Two words add one pair; a single character has one n-gram with its borders.
    assert len(hash_texts(["a b"], bits=BITS, lengths=(9,)).index) == 3
    # Two wide characters are a pair, and one word.
    assert len(hash_texts(["漢字"], bits=BITS, lengths=(9,)).index) == 2
    assert hash_texts(["漢字"], bits=BITS).scale[0] == pytest.approx(1 / np.sqrt(5))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Read More", "read more", True),
        ("Page 12", "Page 97", True),
        ("a\nb", "a b", True),
        ("a\x00b", "a b", True),
        ("ab cd", "cd ab", False),
        ("x" * 400, "x" * 500, True),
        ("a" * 200 + "b" * 100, "a" * 200 + "c" * 100, False),
        ("a" * 150 + "b" * 100 + "c" * 50, "a" * 150 + "d" * 900 + "c" * 50, True),
    ],
)
def test_what_counts_as_the_same(one: str, other: str, same: bool) -> None:
    hashed = hash_texts([one, other], bits=18)
    assert (buckets(hashed, 0) == buckets(hashed, 1)) == same


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["\x00"], ["\ud800", "\U0010ffff"], ["", "a", ""]])
def test_texts_without_much(texts: list[str]) -> None:
    hashed = hash_texts(texts, bits=BITS)
    assert len(hashed.scale) == len(texts)
    assert set(hashed.row.tolist()) <= set(range(len(texts)))
    assert ((hashed.index >= 0) & (hashed.index < 1 << BITS)).all()
    weights = HashedWeights(np.ones((1 << BITS, 2), dtype=np.int8), np.ones(2, dtype=np.float32))
    assert np.isfinite(hashed.scores(weights)).all()


def test_words_with_the_same_beginning_differ() -> None:
    hashed = hash_texts(["related", "relater"], bits=18, lengths=(9,))
    assert buckets(hashed, 0) != buckets(hashed, 1)


def test_buckets_are_what_stored_weights_refer_to() -> None:
    # A change here makes every saved model worthless.
    hashed = hash_texts(["Read more 漢字 42"], bits=18)
    assert [len(hashed.index), int(hashed.index.astype(np.int64).sum()), int(hashed.index[0])] == [50, 6901726, 106210]


@pytest.mark.parametrize("seed", ["1", "77"])
def test_python_hash_seed_does_not_matter(seed: str) -> None:
    code = "from boilerplate.features.hashing import hash_texts; print(hash_texts(['Read more'], bits=18).index)"
    path = os.pathsep.join(sys.path)
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == str(hash_texts(["Read more"], bits=18).index)


def test_from_rows_is_what_was_hashed() -> None:
    hashed = hash_texts(["Read more", "", "Read it all"], bits=BITS)
    order = np.argsort(hashed.row, kind="stable")
    again = HashedTexts.from_rows(hashed.index[order], hashed.row[order], 3)
    assert len(again) == 3
    assert again.scale.tolist() == hashed.scale.tolist()
    assert all(buckets(again, row) == buckets(hashed, row) for row in range(3))
    assert again.sums(np.ones(1 << BITS, dtype=np.int64)).tolist() == np.bincount(hashed.row, minlength=3).tolist()


@given(st.lists(st.text(st.sampled_from("ab 漢1"), max_size=12), min_size=1, max_size=6), st.data())
def test_some_of_the_texts_are_as_if_hashed_alone(texts: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=6))
    some = hash_texts(texts, bits=18).of_texts(np.array(chosen, dtype=np.int64), BITS)
    alone = hash_texts([texts[k] for k in chosen], bits=BITS)
    assert len(some) == len(chosen)
    assert [buckets(some, row) for row in range(len(some))] == [buckets(alone, row) for row in range(len(some))]


def test_texts_hashed_in_portions_are_hashed_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["Read more", "漢字 漢字", "", "a" * 50, "x", ""] * 3
    whole = hash_texts(texts, bits=BITS)
    table = np.random.default_rng(0).integers(-9, 9, size=(1 << BITS, 2))
    sums = whole.sums(table)
    monkeypatch.setattr("boilerplate.features.hashing._PORTION_CHARS", 20)
    monkeypatch.setattr("boilerplate.features.hashing._GRAMS_AT_ONCE", 10)
    assert whole.sums(table).tolist() == sums.tolist()
    for some in (texts, texts[:1], [], ["", ""]):
        assert [buckets(hash_texts(some, bits=BITS), k) for k in range(len(some))] == [
            buckets(whole, texts.index(text)) for text in some
        ]


@given(TEXTS, st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_sums_do_not_depend_on_the_portions_that_weights_are_looked_up_in(texts: list[str], portion: int) -> None:
    table = np.random.default_rng(0).integers(-120, 120, (1 << BITS, 3)).astype(np.int8)
    hashed = hash_texts([*texts, "the last text, which is longer than a portion"], bits=BITS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("boilerplate.features.hashing._GRAMS_AT_ONCE", portion)
        in_portions = hashed.sums(table)
    assert np.array_equal(in_portions, hashed.sums(table))


def test_of_too_much_text_less_is_read_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["a" * 30, "b" * 200, "c" * 1000]
    whole = np.diff(hash_texts(texts, bits=16).bounds, axis=1).sum(axis=0)
    monkeypatch.setattr("boilerplate.features.hashing._MAX_CHARS", 430)
    np.testing.assert_array_equal(np.diff(hash_texts(texts, bits=16).bounds, axis=1).sum(axis=0), whole)
    monkeypatch.setattr("boilerplate.features.hashing._MAX_CHARS", 130)
    cut = hash_texts(texts, bits=16)
    # 50 characters of each: short texts are read as they are, of long ones the beginning and the end.
    expected = hash_texts([texts[0], *(f"{c * 37} {c * 13}" for c in "bc")], bits=16)
    np.testing.assert_array_equal(cut.index, expected.index)
    np.testing.assert_array_equal(cut.bounds, expected.bounds)
    monkeypatch.setattr("boilerplate.features.hashing._MAX_CHARS", 0)
    assert len(hash_texts(texts, bits=16)) == 3
