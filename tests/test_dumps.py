"""Texts made of labelled pages: what each style writes, and that labels go along by construction."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from conftest import ROOT

from boilerplate.blocks import BlockTable, segment
from boilerplate.dataset import DatasetPage, read_dataset
from boilerplate.features.view import PageView
from boilerplate.hidden import find_hidden
from boilerplate.labels import LABELS, UNKNOWN, labels_from_regions
from boilerplate.page import parse
from boilerplate.training.dumps import STYLES, Dump, Style, dump_page, styles_of
from boilerplate.training.text_corpus import read_text_corpus, read_text_examples, text_example
from boilerplate.words import count_words, split_words

HTML = """<html><head><title>Tea — The Cup</title></head><body>
<ul><li><a href="/">Home</a><li><a href="/a b">News</a></ul>
<h1>Tea</h1><p>Tea is <b>brewed</b> from leaves,<br>some say.</p><p hidden>Not shown</p>
<ol><li>Boil<li>Pour</ol>
<table><tr><td>Milk</td><td>2</td></tr><tr><td>Sugar</td><td>1</td></tr></table>
<div><a href="/1">First story</a><a href="/2">Second story</a></div><pre>a = 1
b = 2</pre><script>no()</script></body></html>"""


def dumped(html: str, style: str) -> Dump:
    table = segment(parse(html))
    labels = np.zeros(len(table.node_text), dtype=np.int8)
    return dump_page(table, labels, find_hidden(PageView(table)).nodes, STYLES[style])


@pytest.mark.parametrize(
    ("style", "text"),
    [
        (
            "wet",
            "Tea — The Cup\nHome\nNews\nTea\nTea is brewed from leaves,\nsome say.\nNot shown\nBoil\nPour\nMilk\n2\n"
            "Sugar\n1\nFirst storySecond story\na = 1\nb = 2\n",
        ),
        (
            "lines",
            "Home\nNews\nTea\nTea is brewed from leaves,\nsome say.\nBoil\nPour\nMilk\n2\nSugar\n1\nFirst story\n"
            "Second story\na = 1\nb = 2\n",
        ),
        (
            "inner-text",
            "Home\nNews\n\nTea\n\nTea is brewed from leaves,\nsome say.\n\nBoil\nPour\n\nMilk\t2\nSugar\t1\n\n"
            "First storySecond story\n\na = 1\nb = 2\n",
        ),
        (
            "markdown",
            "* [Home](/)\n* News\n\n# Tea\n\nTea is brewed from leaves,\nsome say.\n\nNot shown\n\n1. Boil\n2. Pour\n\n"
            "Milk | 2\nSugar | 1\n\n[First story](/1)[Second story](/2)\n\na = 1\nb = 2\n",
        ),
        (
            "spaced",
            "Home\n\nNews\n\nTea\n\nTea is brewed from leaves,\nsome say.\n\nNot shown\n\nBoil\n\nPour\n\nMilk\n\n2\n\n"
            "Sugar\n\n1\n\nFirst story\n\nSecond story\n\na = 1\nb = 2\n",
        ),
    ],
)
def test_what_a_style_writes(style: str, text: str) -> None:
    assert dumped(HTML, style).text == text


def test_wrapped_styles_break_lines() -> None:
    prose = "Tea is brewed from leaves, and some people drink it with milk. " * 6
    for style in ("wrapped", "dense"):
        lines = dumped(f"<p>{prose}</p><p>{'茶' * 200}</p>", style).lines
        assert len(lines) > 8
        assert max(map(len, lines)) <= STYLES[style].width


def test_a_page_has_always_the_same_styles_and_all_are_in_use() -> None:
    assert styles_of("page-1", 2) == styles_of("page-1", 2)
    chosen = {style.name for k in range(60) for style in styles_of(f"page-{k}", 2)}
    assert chosen == set(STYLES)
    assert all(len({style.name for style in styles_of(f"page-{k}", 2)}) == 2 for k in range(20))


# --- the project's own labelled pages


@cache
def pages() -> list[DatasetPage]:
    return read_dataset(ROOT / "datasets" / "own")


@cache
def table_of(number: int) -> tuple[BlockTable, np.ndarray]:
    page = pages()[number]
    table = segment(parse(page.read_html()))
    labels, mismatches = labels_from_regions(table, page.regions or ())
    assert not mismatches
    return table, labels


@pytest.mark.parametrize("number", range(0, 24, 3))
@pytest.mark.parametrize("style", STYLES.values(), ids=lambda style: style.name)
def test_no_word_is_lost_or_changes_its_label(number: int, style: Style) -> None:
    table, labels = table_of(number)
    nothing = np.zeros(len(labels), dtype=np.bool_)
    dump = dump_page(table, labels, nothing, style)
    # Of a wrapped line the words by label are shares of the whole, rounded.
    if not style.width and not style.title:
        wanted = np.zeros(len(LABELS), dtype=np.int64)
        for text, label in zip(table.node_text, labels.tolist(), strict=True):
            wanted[label] += count_words(text)
        assert dump.words.sum(axis=0).tolist() == wanted.tolist()
    example = text_example(pages()[number], dump)
    assert example.label_words.sum() == pytest.approx(dump.words.sum(), abs=2)
    assert (example.label != UNKNOWN).all()
    if not style.links:
        said = [word for text in example.texts for word in split_words(text)]
        written = [word for line in dump.lines for word in split_words(line)]
        assert said == written


def test_blocks_of_a_text_have_the_labels_of_their_words() -> None:
    number = next(n for n, page in enumerate(pages()) if page.id == "own-news-ru")
    table, labels = table_of(number)
    for style in STYLES.values():
        dump = dump_page(table, labels, np.zeros(len(labels), dtype=np.bool_), style)
        example = text_example(pages()[number], dump)
        label_of = {text: LABELS[label] for text, label in zip(example.texts, example.label.tolist(), strict=True)}
        assert label_of["Старый планетарий снова показывает звёзды"] == "article"
        assert {label for text, label in label_of.items() if "скидка 15%" in text} == {"promo"}
        assert {label for text, label in label_of.items() if "зажгут" in text} == {"article"}


def test_hidden_text_is_left_out_by_styles_that_show_what_is_seen() -> None:
    assert "Not shown" in dumped(HTML, "wet").text
    assert "Not shown" not in dumped(HTML, "copied").text


def test_examples_of_a_page_are_of_its_site_and_name_their_style() -> None:
    examples = read_text_examples(pages()[0])
    assert {e.page.site for e in examples} == {pages()[0].site}
    assert [e.page.id for e in examples] == [f"{pages()[0].id}.{e.style}" for e in examples]
    assert [e.style for e in examples] == [style.name for style in styles_of(pages()[0].id, 2)]


def test_a_page_that_cannot_be_read_costs_nothing_else() -> None:
    from dataclasses import replace

    broken = replace(pages()[0], id="gone", html_path=ROOT / "nowhere.html")
    examples, failures = read_text_corpus([broken, pages()[1]])
    assert [f.page_id for f in failures] == ["gone"]
    assert len(examples) == 2
