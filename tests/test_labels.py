"""From gold to the labels of blocks."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from boilerplate.blocks import BlockTable, segment
from boilerplate.errors import LabelMismatchError
from boilerplate.labels import (
    ARTICLE,
    LABELS,
    UNKNOWN,
    Region,
    content_from_snippets,
    content_from_text,
    labels_from_regions,
    text_fingerprint,
    word_labels,
)
from boilerplate.page import parse

quick = settings(max_examples=60, deadline=None)
PAGE = (
    "<body><nav>menu <a>home</a></nav>"
    "<div><p>first of it</p><p>second <b>bold</b> tail</p><aside>buy <i>now</i></aside>rest</div>"
    "<footer>foot</footer>"
)


def cut(html: str = PAGE) -> BlockTable:
    return segment(parse(html))


def labelled(table: BlockTable, *regions: tuple[str, str]) -> list[str]:
    """``label:text`` of each text node."""
    nodes, mismatches = labels_from_regions(table, [Region(path, label) for path, label in regions])
    assert mismatches == []
    assert nodes.dtype == np.int8
    names = [LABELS[i] if i >= 0 else "?" for i in nodes]
    return [f"{name}:{text.strip()}" for name, text in zip(names, table.node_text, strict=True)]


def test_labels_are_in_the_order_of_files() -> None:
    assert LABELS == ("article", "promo", "feed", "chrome")
    assert LABELS[ARTICLE] == "article"
    assert UNKNOWN < 0


@pytest.mark.parametrize("order", [1, -1])
def test_nearest_labelled_ancestor_wins(order: int) -> None:
    regions = [
        ("/html/body", "chrome"),
        ("/html/body/div", "article"),
        ("/html/body/div/aside", "promo"),
        ("/html/body/div/aside/i", "feed"),
    ]
    assert labelled(cut(), *regions[::order]) == [
        "chrome:menu",
        "chrome:home",
        "article:first of it",
        "article:second",
        "article:bold",
        "article:tail",
        "promo:buy",
        "feed:now",
        "article:rest",
        "chrome:foot",
    ]


def test_outside_every_region_is_unknown() -> None:
    labels = labelled(cut(), ("/html/body/div/p[2]", "article"))
    assert [label for label in labels if not label.startswith("?")] == [
        "article:second",
        "article:bold",
        "article:tail",
    ]
    assert labelled(cut())[0] == "?:menu"
    assert labelled(cut("<p>—"), ("/html/body", "feed")) == ["feed:—"]


def test_step_without_index_is_the_first() -> None:
    assert labelled(cut(), ("/html/body/div/p", "article"))[2:4] == ["article:first of it", "?:second"]


def test_fingerprint_ignores_white_space_and_counts_what_follows() -> None:
    one, two = parse("<p>a b<b>c</b>d").root, parse("<p>\n a\xa0b <b> c</b>\nd").root
    assert text_fingerprint(one) == text_fingerprint(two)
    assert len(text_fingerprint(one)) == 10
    assert text_fingerprint(one) != text_fingerprint(parse("<p>a b<b>c</b>e").root)


def test_changed_text_is_reported_and_used() -> None:
    table = cut()
    (div,) = table.page.root.xpath("/html/body/div")
    good = Region("/html/body/div", "article", text_fingerprint(div))
    bad = Region("/html/body/nav", "chrome", "0123456789")
    nodes, mismatches = labels_from_regions(table, [good, bad])
    assert mismatches == ["the text at /html/body/nav is not the text that was labelled"]
    assert nodes[0] == LABELS.index("chrome")


def test_fingerprint_without_what_follows_a_child_is_accepted() -> None:
    table = cut()
    without = text_fingerprint(parse("<p>second <b>bold</b></p>").root)
    region = Region("/html/body/div/p[2]", "promo", without)
    assert without != text_fingerprint(table.page.root.xpath("//p[2]")[0])
    assert labels_from_regions(table, [region])[1] == []


def test_missing_element_is_reported() -> None:
    table = cut()
    regions = [Region("/html/body/div", "article"), Region("/html/body/div[2]", "feed")]
    nodes, mismatches = labels_from_regions(table, regions)
    assert mismatches == ["no element at /html/body/div[2]"]
    assert LABELS.index("feed") not in nodes


def test_labels_of_another_page() -> None:
    regions = [
        Region("/html/body", "chrome", "0123456789"),
        Region("/html/body/div", "article", "0123456789"),
        Region("/html/body/section/ul", "feed"),
        Region("/html/body/nav", "chrome"),
    ]
    with pytest.raises(LabelMismatchError) as caught:
        labels_from_regions(cut(), regions)
    message = str(caught.value)
    assert message.startswith("Only 1 of 3 labelled regions fit the page (the text at /html/body ")
    assert message.endswith("Check that the labels and the HTML belong together.")


def test_changed_body_alone_says_nothing() -> None:
    nodes, mismatches = labels_from_regions(cut(), [Region("/html/body", "chrome", "0123456789")])
    assert len(mismatches) == 1
    assert set(nodes.tolist()) == {LABELS.index("chrome")}


PATHS = [
    "",
    "/",
    "//",
    "//*",
    "//p",
    "/*",
    "html",
    "body/div",
    ".",
    "..",
    "/html/..",
    "/html/.",
    "/html/body/",
    "/html//p",
    "/html/body/*",
    "/html/body/*[2]",
    "/html/body/div[0]",
    "/html/body/div[-1]",
    "/html/body/div[99999999999999999999999]",
    "/html/body/div[" + "9" * 5000 + "]",
    "/html/body/div[last()]",
    "/html/body/div[1.0]",
    "/html/body/div[1][1]",
    "/html/body/div/text()",
    "/html/body/div/@class",
    "/html/body/node()",
    "/html/body/x:div",
    "/html/body/child::div",
    "/html/body/div | /html/body/nav",
    "/html/body/DIV",
    "document('file:///etc/hostname')",
    "count(//*)",
    "1 + 1",
    "'text'",
    "true()",
    "$variable",
    "string(/)",
    "id('x')",
    "re:test('a', 'a')",
    "/html/body/div[",
    "/html/body/div]",
    "/html/body/*[name()='div",
    "/html/body/*[name()=div]",
    "/html/body/div\n",
    "/html/body/div\0",
    "/html/body/\ud800",
    " /html/body/div",
    "/html/body/div/p[text()='first of it']",
    "//*[count(//*[count(//*[count(//*)>0])>0])>0]" * 50,
    "/html" * 100_000,
    "/*[name()='" * 50_000,
    "/*[name()=concat('" + "', \"'\", '" * 50_000,
    "((((" * 50_000,
]


@pytest.mark.parametrize("path", PATHS, ids=[repr(path[:40]) for path in PATHS])
def test_paths_that_lead_nowhere(path: str) -> None:
    """A label file may come from anywhere: its paths must not be evaluated as XPaths."""
    fitting = [Region("/html/body/div", "article")] * 2
    table = cut(PAGE + "<p>x" * 2000)
    start = time.perf_counter()
    nodes, mismatches = labels_from_regions(table, [*fitting, Region(path, "feed")])
    assert time.perf_counter() - start < 2
    assert len(mismatches) == 1
    assert mismatches[0].startswith("no element at ")
    assert len(mismatches[0]) < 300
    assert mismatches[0].isprintable()
    assert LABELS.index("feed") not in nodes


@pytest.mark.parametrize("tag", ["o:p", "a'b", 'a"b', "a'b\"c", "a&b", "a]b", "a{b}", "h1$", "a·b", "my-x", "a.b"])
def test_paths_of_odd_tags(tag: str) -> None:
    table = cut(f"<div><{tag}>one</{tag}><{tag}>two</{tag}></div>")
    path = table.xpath(table.n_elements - 1)
    assert labelled(table, (path, "feed"))[-1] == "feed:two"


@pytest.mark.parametrize(
    "path", ["/html/body/o:p[2]", "/html/body/*[name()='o:p'][2]", '/html/body/*[name()="o:p"][2]']
)
def test_both_ways_to_write_a_tag_with_a_colon(path: str) -> None:
    table = cut("<body><o:p>one</o:p><o:p>two</o:p>")
    assert labelled(table, (path, "feed")) == ["?:one", "feed:two"]


@quick
@given(st.text(alphabet="/abdhilmnoptvy*[]()='\"12:@| ", max_size=40))
def test_no_path_raises(path: str) -> None:
    labels_from_regions(cut(), [Region("/html/body/div", "article"), Region(path, "feed")])


TREES = st.recursive(
    st.sampled_from(["x", "<br>", "y "]),
    lambda inner: st.builds(
        lambda tag, body: f"<{tag}>{''.join(body)}</{tag}>",
        st.sampled_from(["div", "p", "b", "o:p", "ul", "li"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=20,
)


@quick
@given(TREES)
def test_every_path_that_lxml_or_the_table_writes_is_found(html: str) -> None:
    table = cut(f"<body>{html}<p>z")
    tree = table.page.root.getroottree()
    for i, element in enumerate(table.page.root.iter(etree.Element)):
        for path in (table.xpath(i), tree.getpath(element)):
            nodes, mismatches = labels_from_regions(table, [Region(path, "feed", text_fingerprint(element))])
            assert mismatches == []
            inside = range(table.first_node[i], table.last_node[i])
            assert np.flatnonzero(nodes >= 0).tolist() == list(inside)


def test_many_regions_on_one_element_are_hashed_once() -> None:
    table = cut("<div>" + "<p>some text</p>" * 20_000 + "</div>")
    regions = [Region("/html/body/div", "feed", text_fingerprint(table.page.root.find("body/div")))] * 2000
    start = time.perf_counter()
    labels_from_regions(table, regions)
    assert time.perf_counter() - start < 5, "0.1 s; 20 s if each were hashed"


# Blocks


def test_majority_of_words() -> None:
    table = cut("<p>one two <b>three</b></p><p>one <b>two three</b></p><p>none</p><p>a <i>b</i></p>")
    regions = [
        Region("/html/body/p[1]", "article"),
        Region("/html/body/p[1]/b", "promo"),
        Region("/html/body/p[2]", "article"),
        Region("/html/body/p[2]/b", "promo"),
        Region("/html/body/p[4]/i", "feed"),
    ]
    nodes, _ = labels_from_regions(table, regions)
    labels, words = word_labels(table, nodes)
    assert labels.tolist() == [0, 1, UNKNOWN, 2]
    assert words.tolist() == [[2, 1, 0, 0], [1, 2, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]
    assert word_labels(table, nodes, n_labels=6)[1].shape == (4, 6)


def test_page_without_blocks() -> None:
    table = cut("<p>…")
    nodes, _ = labels_from_regions(table, [Region("/html/body", "chrome")])
    labels, words = word_labels(table, nodes)
    assert labels.shape == (0,)
    assert words.shape == (0, 4)
    content, share = content_from_text([], "gold text")
    assert content.shape == share.shape == (0,)
    assert content_from_snippets([], ["a"], ["b"]).shape == (0,)


def test_content_is_what_is_half_in_the_gold() -> None:
    blocks = ["home menu", "it rained all day in town", "and then x y", "and so x y z", "…"]
    content, share = content_from_text(blocks, "It rained all day in town. And then and so")
    assert content.tolist() == [False, True, True, False, False]
    assert share.tolist() == pytest.approx([0, 1, 0.5, 0.4, 0])
    assert content.dtype == np.bool_


def test_no_gold_no_content() -> None:
    content, share = content_from_text(["one two", "three"], "")
    assert not content.any()
    assert not share.any()


def test_snippets() -> None:
    blocks = [
        "It rained, all day.",
        "Read more",
        "Read more",
        "Buy now! It is cheap",
        "Follow us",
        "日本の天気",
    ]
    verdict = content_from_snippets(
        blocks,
        wanted=["rained all DAY", "read more", "cheap", "", "…", "not there", "の天気"],
        unwanted=["buy now", "follow us", "read more"],
    )
    assert verdict.tolist() == [1, UNKNOWN, UNKNOWN, UNKNOWN, 0, 1]
    assert verdict.dtype == np.int8


@pytest.mark.parametrize("wanted", [["a b"], ["a b", "c d"], ["a b"] * 3])
def test_contradiction_stays_one(wanted: list[str]) -> None:
    assert content_from_snippets(["a b c d"], wanted, ["b c", "d"]).tolist() == [UNKNOWN]


def test_snippet_may_be_cut_within_a_word() -> None:
    """Public golds cut their snippets after so many characters."""
    assert content_from_snippets(["the weather today", "art"], ["eather tod"], []).tolist() == [1, UNKNOWN]
