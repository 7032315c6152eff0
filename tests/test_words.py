"""What counts as a word, in any script."""

from __future__ import annotations

import sys
import unicodedata
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate.words import UNSPACED_RANGES, collapse_spaces, count_words, split_words

quick = settings(max_examples=60, deadline=None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \n\t\xa0", []),
        ("…—·|•", []),
        ("Hello, World!", ["hello", "world"]),
        ("don't stop", ["don", "t", "stop"]),
        ("snake_case 3.14 x2", ["snake_case", "3", "14", "x2"]),
        ("Привет, мир", ["привет", "мир"]),
        ("Γειά σου Κόσμε", ["γειά", "σου", "κόσμε"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("서울은 한국의 수도", ["서울은", "한국의", "수도"]),
        ("今日は", ["今", "日", "は"]),
        ("東京tower2", ["東", "京", "tower2"]),
        ("ﾊﾝｶｸ", ["ﾊ", "ﾝ", "ｶ", "ｸ"]),
        ("𠀀𠀁", ["𠀀", "𠀁"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("ខ្មែរ", list("ខ្មែរ")),
        ("٣٤ ५६", ["٣٤", "५६"]),
    ],
)
def test_split_words(text: str, words: list[str]) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize("word", ["हिन्दी", "தமிழ்", "বাংলা", "كَتَبَ", "שָׁלוֹם", "cafe\N{COMBINING ACUTE ACCENT}s"])
def test_marks_are_part_of_their_word(word: str) -> None:
    assert split_words(f"{word} {word}") == [word, word]


def test_mark_without_a_letter_is_no_word() -> None:
    assert split_words(" \N{COMBINING ACUTE ACCENT} ") == []


def test_letter_that_lower_case_takes_apart_stays_in_its_word() -> None:
    assert len(split_words("İSTANBUL")) == count_words("İSTANBUL") == 1


@quick
@given(st.text())
def test_counts_agree(text: str) -> None:
    assert count_words(text) == len(split_words(text))


@quick
@given(st.text())
def test_every_letter_and_digit_is_in_a_word(text: str) -> None:
    words = Counter("".join(split_words(text)))
    assert Counter("".join(c.lower() for c in text if c.isalnum())) <= words


@quick
@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1)))
def test_white_space_separates(parts: list[str]) -> None:
    assert split_words(" ".join(parts)) == [word for part in parts for word in split_words(part)]


def test_unspaced_characters_stand_alone() -> None:
    for first, last in UNSPACED_RANGES:
        for code in {first, (first + last) // 2, last}:
            assert code <= sys.maxunicode
            if unicodedata.category(chr(code)) == "Lo":
                assert split_words(f"a{chr(code)}b") == ["a", chr(code), "b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\t \t a  \n b ", "a b"),
        ("é \n\u2028 é\x85\x0bé", "é é é"),
        ("\xa0a\xa0\n b\u3000", "a\xa0 b"),
        ("漢\u3000字", "漢\u3000字"),
        (" \xa0 ", ""),
    ],
)
def test_only_the_white_space_of_the_source_is_collapsed(text: str, expected: str) -> None:
    assert collapse_spaces(text) == expected
