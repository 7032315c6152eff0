"""Figures are what their definitions say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boilerplate.decision import FOCUSES, MAX_CUT, check_focus, expected_f1, main_text_cut
from boilerplate.errors import UsageError
from boilerplate.training.metrics import bootstrap_interval, f1_scores, snippet_counts, word_f1


def test_f1_scores_from_a_confusion_matrix_by_hand() -> None:
    scores = f1_scores(np.array([[8, 2], [4, 6]]))
    assert scores.precision == pytest.approx([8 / 12, 6 / 8])
    assert scores.recall == pytest.approx([0.8, 0.6])
    assert scores.f1 == pytest.approx([16 / 22, 12 / 18])
    assert scores.macro_f1 == pytest.approx((16 / 22 + 12 / 18) / 2)


def test_a_label_that_never_occurs_scores_zero() -> None:
    assert f1_scores(np.array([[5, 0], [0, 0]])).f1.tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("text", "gold", "expected"),
    [
        ("a b c", "a b c", (1, 1, 1)),
        ("", "", (1, 1, 1)),
        ("", "a", (0, 0, 0)),
        ("a", "", (0, 0, 0)),
        ("A, b!", "a b c d", (1, 0.5, 2 / 3)),
        ("a a a", "a", (1 / 3, 1, 0.5)),  # a multiset: repeating a word does not pay
        ("日本", "日本語", (1, 2 / 3, 0.8)),
    ],
)
def test_word_f1(text: str, gold: str, expected: tuple[float, float, float]) -> None:
    assert word_f1(text, gold) == pytest.approx(expected)


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_word_f1_is_symmetric_and_bounded(ours: list[str], theirs: list[str]) -> None:
    precision, recall, f1 = word_f1(" ".join(ours), " ".join(theirs))
    assert word_f1(" ".join(theirs), " ".join(ours)) == pytest.approx((recall, precision, f1))
    assert min(precision, recall) - 1e-12 <= f1 <= max(precision, recall) + 1e-12


def test_snippets_are_found_whatever_case_white_space_and_punctuation() -> None:
    assert snippet_counts("The cat sat.", ["cat  sat", "the CAT, sa"], ["cat the", "dog"]) == (2, 0, 0, 2)
    assert snippet_counts("nothing", ["cat"], ["nothing"]) == (0, 1, 1, 0)


def test_bootstrap_draws_sites_together() -> None:
    values = np.array([0.0, 0.0, 0.0, 1.0])

    def mean(weights: np.ndarray) -> float:
        return float((weights * values).sum() / max(weights.sum(), 1))

    low, high = bootstrap_interval(["a", "a", "a", "b"], mean)
    assert (low, high) == (0.0, 1.0)  # two sites: a half of the draws has only one of them
    assert bootstrap_interval(["a", "a"], lambda w: 0.25) == (0.25, 0.25)
    assert bootstrap_interval(["a", "b", "c", "c"], mean, seed=3) == bootstrap_interval(
        ["a", "b", "c", "c"], mean, seed=3
    )


def test_cut_follows_a_page_where_every_probability_is_low() -> None:
    main = np.array([0.3, 0.28, 0.25, 0.02, 0.01])
    words = np.array([50.0, 60.0, 40.0, 10.0, 300.0])
    assert 0.02 < main_text_cut(main, words) <= 0.25


def test_cut_never_loses_a_likely_block() -> None:
    assert main_text_cut(np.array([0.99, 0.6]), np.array([5.0, 5000.0])) <= MAX_CUT


def test_cut_of_a_page_without_words_keeps_nothing_and_does_not_divide_by_zero() -> None:
    assert expected_f1(np.zeros(0), np.zeros(0)) == (1.0, 0.0)
    assert expected_f1(np.array([0.0]), np.array([3.0])) == (1.0, 0.0)


@given(
    st.lists(st.tuples(st.floats(0.001, 1.0), st.integers(1, 100)), min_size=1, max_size=8),
)
def test_no_other_cut_has_a_higher_expected_f1(blocks: list[tuple[float, int]]) -> None:
    main = np.array([p for p, _ in blocks])
    words = np.array([float(w) for _, w in blocks])
    cut, best = expected_f1(main, words)
    total = (main * words).sum()
    for other in set(main.tolist()):
        kept = main >= other
        f1 = 2 * (main * words)[kept].sum() / (words[kept].sum() + total)
        assert f1 <= best + 1e-9
    assert 0.0 <= best <= 1.0
    assert cut in main


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.integers(0, 100)), max_size=12))
def test_precision_keeps_no_more_and_recall_no_less(blocks: list[tuple[float, int]]) -> None:
    main = np.array([p for p, _ in blocks])
    words = np.array([float(w) for _, w in blocks])
    precision, balanced, recall = (
        main_text_cut(main, words, FOCUSES[name]) for name in ("precision", "balanced", "recall")
    )
    assert precision >= balanced >= recall


def test_a_block_in_doubt_is_kept_for_recall_alone() -> None:
    main, words = np.array([0.95, 0.6, 0.25]), np.array([100.0, 60.0, 60.0])
    kept = {name: int((main >= main_text_cut(main, words, focus)).sum()) for name, focus in FOCUSES.items()}
    assert kept == {"precision": 1, "balanced": 2, "recall": 3}


def test_an_unknown_focus_is_named() -> None:
    with pytest.raises(UsageError, match=r"'both' is not known as a focus. Use one of balanced, precision, recall"):
        check_focus("both")
