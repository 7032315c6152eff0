"""Texts without markup: which lines make a block, and what structure a text shows by itself."""

from __future__ import annotations

import textwrap
from itertools import pairwise
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate.errors import EmptyPageError, LimitError, NotHTMLError
from boilerplate.limits import Limits
from boilerplate.plaintext import read_text_page
from boilerplate.plaintext.lines import paragraphs, split_lines
from boilerplate.plaintext.wrapping import Lines, columns, find_width
from boilerplate.words import split_words

PROSE = (
    "Tea is brewed from leaves, and some people drink it with milk, which others find hard to understand at all. "
    "The habit is old: in the seventeenth century, cups of thin china were said to crack unless milk went in first. "
    "Whether that was so nobody has measured, and the order in which the two are poured is still argued about."
)
HAN = (
    "茶叶经过采摘和烘干以后用热水冲泡即可饮用有些人喜欢在茶里加牛奶而另一些人完全不能理解这种习惯它的历史很"
    "长据说薄瓷杯会因为热茶而裂开所以人们先倒牛奶再倒茶这件事至今没有人真正测量过两者的先后次序仍然有争论。"
)


def blocks_of(text: str) -> list[str]:
    return [" ".join(p.text.split()) for p in paragraphs(split_lines(text))]


def wrapped_han(text: str, width: int) -> str:
    step = width // 2
    return "\n".join(text[k : k + step] for k in range(0, len(text), step))


# --- which lines make a block


def test_a_line_is_a_block_where_lines_are_not_wrapped() -> None:
    text = f"Home\nNews\nSport\nTea and milk\n{PROSE}\nRelated\nHow coffee came to Europe and why it stayed\nContact"
    assert blocks_of(text) == text.split("\n")


@pytest.mark.parametrize("width", [40, 60, 72, 80, 100])
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_wrapped_lines_are_joined(width: int, gap: str) -> None:
    passages = ["Tea and milk", PROSE, "Coffee", PROSE[::-1], "A short last line."]
    text = gap.join(textwrap.fill(passage, width) for passage in passages)
    assert blocks_of(text) == passages


def test_wrapped_lines_with_a_margin_are_joined() -> None:
    text = textwrap.indent(textwrap.fill(PROSE, 70), "   ") + "\n\n   Contact"
    assert blocks_of(text) == [PROSE, "Contact"]


@pytest.mark.parametrize("width", [40, 76])
def test_scripts_without_spaces_are_joined_without_one(width: int) -> None:
    page = read_text_page(f"茶\n\n{wrapped_han(HAN * 2, width)}\n\n联系")
    assert page.table.text == ["茶", HAN * 2, "联系"]


def test_items_keep_apart_when_lines_are_wrapped() -> None:
    items = [f"* {textwrap.fill(PROSE, 60, subsequent_indent='  ')}", "* Milk", "* Sugar"]
    assert blocks_of("\n".join(items)) == [PROSE, "Milk", "Sugar"]


def test_headlines_of_like_length_are_not_taken_for_a_wrapped_text() -> None:
    headlines = [
        "Planetarium opens again after twelve years",
        "Council decides on the new bridge over the harbour",
        "School choir wins prize in the capital",
        "Old tram returns to the streets this summer",
        "Storm leaves a thousand houses without power",
        "Library lends tools as well as books from now on",
        "Fewer swifts counted than in any year before",
    ]
    assert blocks_of("\n".join(headlines)) == headlines


def test_a_long_line_goes_on_in_one_that_begins_small() -> None:
    text = "О том, как вырастить из хобби бизнес-империю и почему самое\nважное — это атмосфера\nВажное"
    assert blocks_of(text) == [
        "О том, как вырастить из хобби бизнес-империю и почему самое важное — это атмосфера",
        "Важное",
    ]


@pytest.mark.parametrize("text", ["home\nabout us\ncontact", "Read all of it here, and all about it too.\nby a reader"])
def test_short_lines_and_ended_sentences_do_not_go_on(text: str) -> None:
    assert blocks_of(text) == text.split("\n")


def test_words_divided_at_a_hyphen_are_joined() -> None:
    text = "This sentence about tea is long enough to be divi-\nded within a word"
    assert blocks_of(text) == ["This sentence about tea is long enough to be divi-ded within a word"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end(end: str) -> None:
    page = read_text_page(end.join(["One", "", "Two", "\u00a0", "Three"]))
    assert page.table.text == ["One", "Two", "Three"]
    assert page.lines.tolist() == [[1, 1], [3, 3], [5, 5]]


# --- structure


def test_bullets_headings_and_links_are_structure() -> None:
    page = read_text_page(
        "# Tea\n\nMilk\n====\n\n* [Leaves](https://example.org/leaves)\n* Water\n- not 1\n\n![cup](cup.png) 3 - 2 = 1\n"
    )
    assert page.table.text == ["Tea", "Milk", "Leaves", "Water", "not 1", "3 - 2 = 1"]
    assert page.lines.tolist() == [[1, 1], [3, 4], [6, 6], [7, 7], [8, 8], [10, 10]]
    tags = [page.table.tags[c] for c in page.table.container]
    assert tags == ["h1", "h1", "p", "p", "p", "p"]
    assert [page.table.tags_above([c])[0][0] for c in page.table.container[2:5]] == ["li"] * 3
    links = [a for tag, a in zip(page.table.tags, page.table.attributes, strict=True) if tag == "a"]
    assert links == [{"href": "https://example.org/leaves"}]


@pytest.mark.parametrize(
    "line",
    ["#tag is no heading", "f[x](y) + 1", "— Да, — сказал он.", "1. First", "<b>not bold</b> & so on", "2 * 3 * 4"],
)
def test_what_looks_like_marks_stays(line: str) -> None:
    assert read_text_page(line).table.text == [line]


def test_the_title_is_known_if_the_text_begins_with_it() -> None:
    said = read_text_page("Tea and milk, an old habit — The Cup\nHome\nTea and milk, an old habit\nTea is brewed.")
    assert said.table.page.root.findtext(".//title") == "Tea and milk, an old habit — The Cup"
    assert read_text_page("Skip to content\nHome\nTea and milk").table.page.root.find(".//title") is None


def test_empty_lines_divide_groups_unless_they_are_everywhere() -> None:
    def groups(text: str) -> list[int]:
        table = read_text_page(text).table
        boxes = [table.ancestors(c)[2] for c in table.container]  # p, run, group
        return np.unique(boxes, return_inverse=True)[1].tolist()

    assert groups("One\nTwo\n\nThree\nFour\n\n\nFive\nSix") == [0, 0, 1, 1, 2, 2]
    assert groups("One\n\nTwo\n\nThree\n\n\nFour\n\nFive") == [0, 0, 0, 1, 1]


# --- what a text may be


def test_bytes_are_decoded_and_notes_say_what_was_mended() -> None:
    page = read_text_page("Чай с молоком пьют не все люди".encode("windows-1251"), charset="windows-1251")
    assert page.table.text == ["Чай с молоком пьют не все люди"]
    assert page.table.page.encoding == "windows-1251"
    assert read_text_page(b"\xef\xbb\xbfTea\x00 pot").table.text == ["Tea pot"]
    assert "NUL" in read_text_page("Tea\x00").table.page.notes[0]


@pytest.mark.parametrize("source", ["", " \n\t\n", b"", b"\xef\xbb\xbf\n"])
def test_a_text_of_nothing_is_refused(source: str | bytes) -> None:
    with pytest.raises(EmptyPageError):
        read_text_page(source)


@pytest.mark.parametrize("source", [b"\x89PNG\r\n\x1a\n....", b"%PDF-1.7 ...", b"PK\x03\x04...."])
def test_other_files_are_refused(source: bytes) -> None:
    with pytest.raises(NotHTMLError, match="looks like"):
        read_text_page(source)


def test_limits_hold() -> None:
    with pytest.raises(LimitError, match="bytes"):
        read_text_page("tea " * 100, limits=Limits(max_bytes=100))
    with pytest.raises(LimitError, match="lines and links"):
        read_text_page("tea\n" * 100, limits=Limits(max_nodes=50))
    with pytest.raises(LimitError, match="lines and links"):
        read_text_page("[a](/b)" * 100, limits=Limits(max_nodes=50))


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "[a](" * 30_000, "![a](b" * 20_000, "# " * 50_000, "- " * 50_000, "tea\n" * 60_000, "茶" * 300_000],
    ids=["brackets", "open links", "open images", "marks", "dashes", "lines", "han"],
)
def test_no_text_takes_long(text: str) -> None:
    started = process_time()
    read_text_page(text, limits=Limits(None, None, None, None, None))
    assert process_time() - started < 10


# --- properties

LINES = st.lists(
    st.one_of(
        st.just(""),
        st.text(alphabet="abc äßЯж茶เล 12.,-–*#•()[]<>&\t\u00a0", max_size=90),
        st.sampled_from([PROSE, HAN, "* item one", "## Heading", "=====", "Next", "http://example.org/a-b"]),
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(LINES)
def test_every_word_is_in_one_block_and_in_order(lines: list[str]) -> None:
    text = "\n".join(lines)
    if not text.strip():
        return
    page = read_text_page(text)
    # Hyphens at line ends do not make two words one, as they divide words anyway.
    assert [w for t in page.table.text for w in split_words(t)] == split_words(text)
    spans = page.lines.tolist()
    assert all(first <= last for first, last in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
    with_words = {n for n, line in enumerate(lines, start=1) if split_words(line) and any(map(str.isalnum, line))}
    covered = {n for first, last in spans for n in range(first, last + 1)}
    assert with_words <= covered


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.text("abcdefgё", min_size=3, max_size=11), min_size=160, max_size=180), min_size=1, max_size=3
    ),
    st.integers(40, 120),
)
def test_paragraphs_come_back_from_any_width(passages: list[list[str]], width: int) -> None:
    texts = [" ".join(words) + "." for words in passages]
    wrapped = "\n\n".join(textwrap.fill(text, width) for text in texts)
    assert blocks_of(wrapped) == texts


@given(st.text(max_size=40))
def test_columns_are_at_least_characters(text: str) -> None:
    assert len(text) <= columns(text) <= 2 * len(text)


def test_width_of_a_wrapped_text() -> None:
    lines = textwrap.fill(PROSE, 72).split("\n")
    width = find_width(Lines.of(lines, [False] * len(lines)))
    assert width == max(map(len, lines))
    assert find_width(Lines.of(["One", "Two"], [False] * 2)) is None
