"""Characters of texts, and the features of a block's own text."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate.blocks import segment
from boilerplate.features import text
from boilerplate.features.characters import CLASSES, classify, count_characters
from boilerplate.features.view import PageView
from boilerplate.page import parse


def features_of(words: str, around: str = "<p>{}</p>") -> dict[str, float]:
    view = PageView(segment(parse(around.format(words))))
    return {name: float(values[0]) for name, values in text.compute(view).items()}


@pytest.mark.parametrize(
    ("characters", "name"),
    [
        (" \n\t\xa0\u3000", "space"),
        ("aßжα", "lower"),
        ("AÉЖΑǅ", "upper"),
        ("אعकʼ\u0301", "uncased"),
        ("漢かカกຂမក𠀀", "unspaced"),
        ("0٣९²Ⅷ", "digit"),
        (".!?…。！？؟।", "sentence"),
        (",;:、，،·：", "comma"),
        ("\"'«„“”’「", "quote"),
        ("()[]{}（）", "bracket"),
        ("-–—", "dash"),
        ("|•›»→/\\>", "separator"),
        ("$€£¥₽₹", "currency"),
        ("+=©😀_\ud800", "other"),
    ],
)
def test_classes_of_characters(characters: str, name: str) -> None:
    assert {c: CLASSES[classify(c)] for c in characters} == dict.fromkeys(characters, name)


@given(st.lists(st.text(max_size=40), max_size=6))
@settings(max_examples=60, deadline=None)
def test_counts_equal_a_slow_loop(texts: list[str]) -> None:
    counts = count_characters(texts)
    for row, one in enumerate(texts):
        expected = np.zeros(len(CLASSES))
        for character in one:
            expected[classify(character)] += 1
        assert counts.counts[row].tolist() == expected.tolist()
        assert counts.visible[row] == sum(CLASSES[classify(c)] != "space" for c in one)


@pytest.mark.parametrize(
    ("words", "n_words", "n_capitals"),
    [
        ("One two, Three.", 3, 2),
        ("don't e-mail", 4, 0),
        ("漢字 kana かな", 5, 0),
        ("กขค", 3, 0),
        ("مرحبا بالعالم", 2, 0),
        ("हिन्दी में", 2, 0),
        ("B2B 24", 2, 1),
        ("... !", 0, 0),
        ("", 0, 0),
    ],
)
def test_words_and_capitals(words: str, n_words: int, n_capitals: int) -> None:
    counts = count_characters(["A b", words, "C"])
    assert (counts.words[1], counts.capitals[1]) == (n_words, n_capitals)


def test_no_texts() -> None:
    counts = count_characters([])
    assert counts.counts.shape == (0, len(CLASSES))
    assert counts.words.shape == counts.visible.shape == (0,)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("abc de", {"log_chars": np.log1p(5), "log_words": np.log1p(2), "chars_per_word": 2.5}),
        ("x" * 99, {"chars_per_word": 30.0}),
        ("ABc d", {"share_upper": 0.5, "share_capitalised": 0.5, "begins_upper": 1.0}),
        ("שלום ab", {"share_uncased": 4 / 6, "share_unspaced": 0.0}),
        ("漢字 ab", {"share_unspaced": 0.5, "log_words": np.log1p(3)}),
        ("12 ab", {"share_digits": 0.5, "begins_digit": 1.0, "begins_upper": 0.0}),
        ("a, b!", {"share_marks": 0.5, "comma_marks": np.log1p(1), "commas_per_word": 0.5}),
        ("a. " * 40, {"sentence_marks": 30.0, "ends_sentence": 1.0}),
        ("abcd.", {"chars_per_sentence_mark": np.log1p(5.0)}),
        ("“a” «b", {"quote_marks": np.log1p(3), "begins_quote": 1.0, "begins_mark": 1.0}),
        ("(a) [b]", {"brackets": np.log1p(4)}),
        ("a | b | c", {"separators": 2.0}),
        ("a" + "|" * 30, {"separators": 20.0}),
        ("5 $ 6 €", {"currency_signs": 2.0, "prices": 2.0}),
        ("a😀+", {"other_signs": np.log1p(2)}),
        ("a:", {"ends_colon": 1.0, "ends_sentence": 0.0}),
        ("質問？", {"ends_question": 1.0, "ends_sentence": 1.0}),
        ("a!", {"ends_exclamation": 1.0}),
        ("more…", {"ends_ellipsis": 1.0}),
        ("more...", {"ends_ellipsis": 1.0}),
        ("more..", {"ends_ellipsis": 0.0}),
        ("© me", {"holds_copyright": 1.0}),
        ("a<br>b<br>c", {"line_breaks": 2.0}),
        ("a<b>b</b>c", {"text_nodes": np.log1p(3)}),
        ("at 23:39 and 7.05", {"clock_times": 2.0}),
        ("in 1999 or 2024 or 2199", {"years": 2.0}),
        ("on 3.4.2021, 2021-04-03, 2021年4月", {"dates": 4.0}),
        ("$5, 3,50 €, 12 zł, 7 円", {"prices": 4.0}),
        ("1 kr, 2 USD, 3 руб", {"prices": 3.0}),
        ("5 kraft", {"prices": 0.0}),
        ("up 5 % and 3%", {"percents": 2.0}),
        ("me@you.org https://x.y www.z", {"addresses": 3.0}),
        ("1% " * 20, {"percents": 5.0}),
        ("a" * 240 + " 5%", {"percents": 0.0}),
    ],
)
def test_features_of_a_text(words: str, expected: dict[str, float]) -> None:
    found = features_of(words)
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_same_text() -> None:
    view = PageView(segment(parse("<p>one</p><p>two</p><p>one</p>")))
    assert text.compute(view)["same_text"].tolist() == pytest.approx([np.log(2), 0.0, np.log(2)])


@pytest.mark.parametrize("unit", ["1", "1 ", "1.", "1,", "9 . , ", "1:2", "1年", "a@", "www.", "％1", "$1"])
def test_patterns_take_no_more_than_a_moment(unit: str) -> None:
    # Called as on a block, but without its limit on length.
    hostile = (unit * 20_000)[:20_000] + "x"
    for pattern, _ in text._PATTERNS.values():
        pattern.findall(hostile)


def test_prices_in_long_runs_of_digits() -> None:
    assert features_of("1" * 200 + " €")["prices"] == 1.0


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=60))
@settings(max_examples=80, deadline=None)
def test_all_shares_are_shares(words: str) -> None:
    page = f"<p>x{words.replace('<', '').replace('&', '')}</p>"
    view = PageView(segment(parse(unicodedata.normalize("NFC", page))))
    for name, values in text.compute(view).items():
        assert np.isfinite(values).all(), name
        if "share_" in name:
            assert ((values >= 0) & (values <= 1)).all(), name
