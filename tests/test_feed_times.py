"""Times of feed items: clocks, dates and ages in words; and what only looks like them."""

import time

import pytest

from boilerplate.output.feed_times import FeedTimes


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("22:18", "ru", ("22:18", "")),
        ("Спорт, 22:18", "ru", ("22:18", "Спорт")),
        ("22:18 The bridge is open again", "en", ("22:18", "The bridge is open again")),
        ("2 hours ago", "en", ("2 hours ago", "")),
        ("vor 3 Stunden", "de-AT", ("vor 3 Stunden", "")),
        ("2 часа назад", "ru", ("2 часа назад", "")),
        ("3時間前", "ja", ("3時間前", "")),
        ("May 5, 2024", "en-GB", ("May 5, 2024", "")),
        (", May 5, 2024", "en", ("May 5, 2024", "")),
        ("27 kwietnia 2021 | Sport", "pl", ("27 kwietnia 2021", "Sport")),
        ("Hace 3 horas", "", ("Hace 3 horas", "")),
    ],
)
def test_times_are_told_from_the_rest(text: str, language: str, expected: tuple[str, str]) -> None:
    assert FeedTimes(language).split(text) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("34 comments", "en"),
        ("3 min read", "en"),
        ("December 2021 (2)", "en"),
        ("March 2024", "en"),
        ("Top 10", "en"),
        ("1 de 4", "pt"),
        ("$5", "en"),
        ("Ein Satz ohne Zeit", "de"),
        ("2 hours ago", "xx-unknown"),
    ],
)
def test_other_short_texts_stay(text: str, language: str) -> None:
    assert FeedTimes(language).split(text) == ("", text)


@pytest.mark.parametrize("language", ["en", ""])
def test_many_texts_that_are_no_times_take_little_time(language: str) -> None:
    # 20,000 forms that the parser, which looks at every language, would take minutes for.
    said = FeedTimes(language)
    start = time.process_time()
    letters = "abcdefghijklmnopqrstuvwxyz"
    for i in range(20_000):
        said.split(f"{letters[i % 26]}{letters[i // 26 % 26]}{letters[i // 676 % 26]}{letters[i // 17576]} 5")
    assert time.process_time() - start < 8
