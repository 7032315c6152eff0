"""How a page is cut into blocks, and that the tables describe its tree."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from boilerplate.blocks import BlockTable, segment
from boilerplate.page import parse
from boilerplate.tags import SKIPPED_TAGS

quick = settings(max_examples=60, deadline=None)


def cut(html: str) -> BlockTable:
    return segment(parse(html))


def texts(html: str) -> list[str]:
    return cut(html).text


# What a block is


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        # Paragraphs, and text beside them.
        ("<p>one<p>two", ["one", "two"]),
        ("<div>before<p>inside</p>after</div>", ["before", "inside", "after"]),
        ("<body>bare <div>box</div> tail", ["bare", "box", "tail"]),
        ("<p>one</p>tail <b>of</b> it<p>two</p>", ["one", "tail of it", "two"]),
        ("<div><div><div>deep</div>er</div></div>", ["deep", "er"]),
        # Line breaks.
        ("<p>one<br>two<br>three</p>", ["one\ntwo\nthree"]),
        ("<p>one<br><br>two</p>", ["one", "two"]),
        ("<p>one<br> \n <br>two<br>three", ["one", "two\nthree"]),
        ("<p>one<br><b></b><br><br>two", ["one", "two"]),
        ("<p><br>one<br></p><br>", ["one"]),
        ("<p>one <br> two", ["one\ntwo"]),
        ("<p>one<b><br>two</b>", ["one\ntwo"]),
        ("<p>a<br>•<br>b", ["a\n•\nb"]),
        ("one<br><p>two</p><br>three", ["one", "two", "three"]),
        # Lists, headings, tables.
        ("<ul><li>one<li>two<ul><li>inner</ul>rest</ul>", ["one", "two", "inner", "rest"]),
        ("<ol><li><p>one</p></li></ol>", ["one"]),
        ("<dl><dt>word<dd>meaning</dl>", ["word", "meaning"]),
        ("<h1>head</h1><h2>sub</h2>text", ["head", "sub", "text"]),
        ("<table><tr><td>left<td>right<tr><th>a<td><p>b</p>c</table>", ["left", "right", "a", "b", "c"]),
        ("<table><caption>title</caption><tr><td>x</table>", ["title", "x"]),
        ("<select><option>one<option>two</select><button>go</button>", ["one", "two", "go"]),
        ("<p>one<hr>two", ["one", "two"]),
        # Inline markup.
        ("<p><b>in</b>side", ["inside"]),
        ("<p>in<i>s</i><b><u>i</u>d</b>e", ["inside"]),
        ("<p>one <b>two</b> <i>three</i>", ["one two three"]),
        ("<p>one<b> two </b>three", ["one two three"]),
        # A line of the source ends anywhere in scripts without spaces; a space is a space.
        ("<p>漢字、\n  かな<b>交じり\r\n</b>文 です\nABC\n한국\n어", ["漢字、かな交じり文 です ABC 한국 어"]),
        ("<p>one\n\t two \r\n\f three", ["one two three"]),
        ("<p>\xa0one\xa0\xa0two \n\u3000three\u202f", ["one\xa0\xa0two \u3000three"]),
        ("<p><b>one</b>&nbsp; <i>two</i> &#8232;three", ["one\xa0two three"]),
        ("<p>so<wbr>called x<sup>2</sup>", ["socalled x2"]),
        ("<p>a <img src=x> b", ["a b"]),
        ("<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", ["漢(kan)"]),
        # Comments and processing instructions.
        ("<p>in<!-- no -->side", ["inside"]),
        ("<p>one <!-- no --> two<?php no ?> three", ["one two three"]),
        ("<!-- no --><p>one</p><!-- no -->two", ["one", "two"]),
        # What is no text.
        ("<p>in<script>no()</script>side<style>no{}</style>", ["inside"]),
        ("<head><title>no</title><meta content=no></head><body>yes", ["yes"]),
        ("<p>one <svg><text>no</text><g><title>no</title></g></svg> two", ["one two"]),
        ("<textarea>no</textarea><iframe>no</iframe><object>no</object>yes", ["yes"]),
        ("<p>a<canvas>no<p>no<br><br>no</p>no</canvas>b", ["ab"]),
        ("<video>no<track></video><audio>no</audio>yes", ["yes"]),
        # Elements without content, which the parser puts what follows into.
        ("<p>a <embed src=x> b</p>c", ["a b", "c"]),
        ("<div><embed src=x><p>a</p>b</div>c<source>d<track>e", ["a", "b", "cde"]),
        ("<object><embed>no</object>yes", ["yes"]),
        # What is hidden is a block: the model decides.
        ("<noscript><p>yes</p></noscript>", ["yes"]),
        ("<template><p>yes</p></template>", ["yes"]),
        ("<p hidden>yes<p style='display:none'>too", ["yes", "too"]),
        ("<details><summary>more</summary>text</details>", ["more", "text"]),
        # Custom elements: a box among boxes, a part of the sentence within one.
        ("<my-card>one</my-card><my-card>two</my-card>", ["one", "two"]),
        ("<div>a <my-box>b</my-box> c</div>", ["a", "b", "c"]),
        ("<p>a <my-term>b</my-term> c</p>", ["a b c"]),
        ("<blockquote>a <x-y>b</x-y></blockquote><x-y>c</x-y>", ["a b", "c"]),
        ("<unknown>one</unknown>two", ["one", "two"]),
        # No word in any script, no block.
        ("<p>—<p>…!?<p>one<p>|", ["one"]),
        ("<p>7<p>日<p>٣<p>½", ["7", "日", "٣", "½"]),
        ("<p>— one —", ["— one —"]),
        ("<p>\N{ZERO WIDTH SPACE}<p>x", ["x"]),
        ("<b><p>one</p>two</b>", ["one", "two"]),
        # Code keeps no white space in `text`.
        ("<pre>a  b\nc</pre>", ["a b c"]),
        # The page may hold any character.
        ("<p>a&#30;b<b>c</b>", None),
    ],
)
def test_blocks(html: str, blocks: list[str] | None) -> None:
    table = cut(html)
    if blocks is not None:
        assert table.text == blocks
    assert table.line_breaks.tolist() == [text.count("\n") for text in table.text]


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("<div><a>one</a><a>two</a></div>", ["one", "two"]),
        ("<div><a>one</a> | <a>two</a> • <a>three</a></div>", ["one", "two", "three"]),
        ("<div><a><b>o</b>ne</a><a>two</a></div>", ["one", "two"]),
        ("<div><span>one</span><span>two</span><span>three</span></div>", ["one", "two", "three"]),
        ("<div><time>1</time><b>two</b><span>three</span></div>", ["1", "two", "three"]),
        ("<div><a>one</a><img><br><a>two</a></div>", ["one", "two"]),
        ("<li><a>one</a> <a>two</a></li>", ["one", "two"]),
        ("<body><a>one</a><a>two</a>", ["one", "two"]),
    ],
)
def test_bare_siblings_are_blocks(html: str, blocks: list[str]) -> None:
    table = cut(html)
    assert table.text == blocks
    assert table.inline_item.all()
    assert all(table.tags[i] in {"a", "b", "span", "time"} for i in table.container)


@pytest.mark.parametrize(
    "html",
    [
        "<div>See <a>one</a> and <a>two</a>.</div>",
        "<div><a>one</a> and <a>two</a></div>",
        "<p><a>one</a> <a>two</a> <a>three</a></p>",
        "<h2><span>one</span> <span>two</span> <span>three</span></h2>",
        "<pre><span>one</span> <span>two</span> <span>three</span></pre>",
        "<div><span>one</span> <b>two</b></div>",
        "<div><a>one</a> <b>two</b></div>",
        "<div><b><a>one</a> <a>two</a> <a>three</a></b></div>",
        "<div><a>one</a> <a>…</a> <a> </a></div>",
    ],
)
def test_prose_with_links_is_one_block(html: str) -> None:
    table = cut(html)
    assert len(table) == 1
    assert not table.inline_item.any()


def test_items_within_items() -> None:
    table = cut("<div><span>a<div><a>x</a><a>y</a></div>b</span><span>c</span><span>d</span></div>")
    assert table.text == ["a", "x", "y", "b", "c", "d"]
    assert [table.tags[i] for i in table.container] == ["span", "a", "a", "span", "span", "span"]
    assert table.container[0] == table.container[3]
    assert table.inline_item.all()


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p><b class=x>By</b><i class=y>Ann</i>", "By Ann"),
        ("<p><b>By</b><i class=y>Ann</i>", "ByAnn"),
        ("<p><b class=x>No</b><i class=y>1</i>", "No1"),
        ("<p><b class=x>in<i class=y>side</i></b>", "inside"),
        ("<p><b class=x><i class=y>in</i>side</b>", "inside"),
        ("<p><code><b class=x>foo</b><i class=y>bar</i></code>", "foobar"),
        ("<pre><b class=x>foo</b><i class=y>bar</i></pre>", "foobar"),
        ("<p><kbd><u><b class=x>foo</b><i class=y>bar</i></u></kbd>", "foobar"),
        ("<pre><div><b class=x>foo</b><i class=y>bar</i></div></pre>", "foo bar"),
    ],
)
def test_space_between_styled_boxes(html: str, text: str) -> None:
    assert texts(html) == [text]


def test_container_and_inner() -> None:
    table = cut("<div><p><b><i>all</i> of it</b></p><section>text <b>x</b></section></div>")
    assert [table.tags[i] for i in table.container] == ["p", "section"]
    assert [table.tags[i] for i in table.inner] == ["b", "section"]


@pytest.mark.parametrize(
    "html",
    [
        "<p>",
        "<html></html>",
        "<p>—",
        "<script>x</script>",
        "<!-- x -->",
        "<img src=x>",
        "<br><br>",
        "<a></a><a></a>",
    ],
)
def test_page_without_words(html: str) -> None:
    table = cut(html)
    assert len(table) == 0
    assert table.text == []
    for array in (table.container, table.inner, table.line_breaks, table.inline_item):
        assert array.shape == (0,)
    assert table.n_elements >= 2
    assert table.node_block.tolist() == [-1] * len(table.node_text)


def test_frameset() -> None:
    table = cut("<html><frameset><frame src=a><noframes><p>Use <b>this</b> link</p></noframes></frameset></html>")
    assert table.text == ["Use this link"]


def test_more_elements_deep_than_the_parser_reads() -> None:
    page = parse("<p>" + "<b>" * 3000 + "x")
    table = segment(page)
    assert table.n_elements == 2048
    assert page.notes


# The tables

TAGS = """
div p b i a span br td table tr ul li pre code script svg textarea noscript my-x o:p h1 time template blockquote
hr img math dt x1$ a&b a'b a{b}
"""
NAMES = st.sampled_from(TAGS.split())
WORDS = st.sampled_from(["one", "two ", " three", "–", " ", "\n", "日本", "x\xa0y", "", "|", "4"])
BITS = WORDS | st.just("<!-- c -->") | st.just("<?pi x?>")


@st.composite
def elements(draw: st.DrawFn, children: st.SearchStrategy[str]) -> str:
    name = draw(NAMES)
    attribute = draw(st.sampled_from(["", " class=c", " id=d hidden"]))
    body = "".join(draw(st.lists(children, max_size=5)))
    return f"<{name}{attribute}>{body}</{name}>"


PAGES = st.lists(st.recursive(BITS, elements, max_leaves=25), min_size=1, max_size=6).map(
    lambda parts: "<html><body>" + "".join(parts) + "."
)
VARIED = [
    "<ul><li>a<li>b</ul><ul><li>c</ul><p>x<p>y<div><p>z</div>",
    "<table><tr><td>a<td>b<tr><td>c</table><!-- c --><p>d<?pi ?><p>e",
    "<head><title>t</title></head><body><script>a</script><svg><g/><g/></svg><script>b</script>x",
    "<o:p>a</o:p><o:p>b</o:p><x:y><x:y>c</x:y></x:y><a·b>x</a·b>",
    "<a'b>x</a'b><a\"b>y</a\"b><a'\"b>z</a'\"b><a&b>q<a{b}>q<h1$>q<a=b>q<a:>q<a]b>q<a[b>q<a(b>q<p|q>q",
    "<aŁ>x</aŁ><aǆ>x</aǆ><tʹ>y</tʹ><x\ufffd>y<x\ufffd>z</x\ufffd><é>q</é><日本>q</日本>",
    "<div><div>a</div><p>b</p><div>c</div></div><and>d</and><or>e</or><text>f</text><comment>g</comment>",
    "<form><input><select><option>1<option>2</select></form><FrameSet><NOBR>X",
]


def check_tables(table: BlockTable) -> None:
    root = table.page.root
    tree = root.getroottree()
    nodes = list(root.iter(etree.Element))
    number = {element: i for i, element in enumerate(nodes)}
    assert table.tags == [element.tag for element in nodes]
    assert table.attributes == [dict(element.attrib) for element in nodes]
    for i, element in enumerate(nodes):
        above = element.getparent()
        assert table.parent[i] == (-1 if i == 0 or above is None else number[above])
        assert table.end[i] == i + sum(1 for _ in element.iter(etree.Element))
        assert table.depth[i] == sum(1 for _ in element.iterancestors())
        assert table.step[i] == 1 + sum(1 for e in element.itersiblings(element.tag, preceding=True))
        assert table.ancestors(i) == [i, *(number[e] for e in element.iterancestors())]
        check_path(table, i, element, tree.getpath(element))
    for i in range(table.n_elements):
        lo, hi = table.first_node[i], table.last_node[i]
        owners = table.node_owner
        inside = [n for n in range(len(owners)) if i <= owners[n] < table.end[i]]
        assert inside == list(range(lo, hi))


def check_path(table: BlockTable, i: int, element: etree._Element, expected: str) -> None:
    path = table.xpath(i)
    assert element.xpath(path) == [element]
    try:
        resolves = element.xpath(expected) == [element]
    except (etree.XPathError, TypeError):
        resolves = False  # a tag that XPath cannot name
    if resolves:
        assert path == expected


def check_blocks(table: BlockTable) -> None:
    n = len(table)
    assert all(text and text == text.strip() and any(map(str.isalnum, text)) for text in table.text)
    node_block = table.node_block
    inside = node_block[node_block >= 0]
    assert np.all(np.diff(inside) >= 0), "blocks are in document order, each one run of nodes"
    assert sorted(set(inside.tolist())) == list(range(n))
    for b in range(n):
        own = np.flatnonzero(node_block == b)
        raw = "".join(table.node_text[i] for i in own)
        assert "".join(table.text[b].split()) == "".join(raw.split())
        inner, container = int(table.inner[b]), int(table.container[b])
        assert all(inner <= table.node_owner[i] < table.end[inner] for i in own)
        deeper = [e for e in range(inner + 1, table.end[inner]) if table.parent[e] == inner]
        assert not any(all(e <= table.node_owner[i] < table.end[e] for i in own) for e in deeper)
        assert container <= inner < table.end[container]
        assert bool(table.inline_item[b]) == bool(table.inline[container])
    for i in np.flatnonzero(node_block < 0):
        assert not any(map(str.isalnum, table.node_text[i]))


def visible_text(element: etree._Element) -> list[str]:
    """Text of the page by the definition, one piece a text node, in a way that shares nothing with the walk."""
    parts = []
    if isinstance(element.tag, str) and element.tag not in SKIPPED_TAGS:
        parts.append(element.text or "")
        for child in element:
            parts += visible_text(child)
            parts.append(child.tail or "")
    return parts


def check_text(table: BlockTable) -> None:
    visible = [text for text in visible_text(table.page.root) if text and not text.isspace()]
    assert table.node_text == visible
    lost = [text for text, b in zip(visible, table.node_block, strict=True) if b < 0]
    kept = "".join("".join(text for text, b in zip(visible, table.node_block, strict=True) if b >= 0).split())
    assert "".join("".join(table.text).split()) == kept
    assert not any(map(str.isalnum, "".join(lost)))


@pytest.mark.parametrize("html", VARIED)
def test_tables_of_varied_pages(html: str) -> None:
    table = cut(html)
    check_tables(table)
    check_blocks(table)
    check_text(table)


@quick
@given(PAGES)
def test_tables_describe_the_tree(html: str) -> None:
    check_tables(cut(html))


@quick
@given(PAGES)
def test_blocks_hold_the_text_of_the_page(html: str) -> None:
    table = cut(html)
    check_blocks(table)
    check_text(table)


@quick
@given(PAGES)
def test_segmentation_is_deterministic(html: str) -> None:
    page = parse(html)
    one, two = segment(page), segment(page)
    assert one.text == two.text
    for name in ("parent", "end", "depth", "step", "node_owner", "node_block", "container", "inner"):
        assert np.array_equal(getattr(one, name), getattr(two, name))


@quick
@given(PAGES, st.data())
def test_flag_within(html: str, data: st.DataObject) -> None:
    table = cut(html)
    chosen = data.draw(st.lists(st.integers(0, table.n_elements - 1), max_size=4))
    flags = table.flag_within(chosen)
    assert flags.dtype == np.bool_
    assert flags.tolist() == [any(above in chosen for above in table.ancestors(i)) for i in range(table.n_elements)]


def test_intervals_nest() -> None:
    table = cut("".join(VARIED))
    for child, parent in enumerate(table.parent):
        if parent >= 0:
            assert parent < child < table.end[child] <= table.end[parent]
    assert all(a <= b for a, b in pairwise(table.first_node))


# Time


def seconds(html: str) -> float:
    page = parse(html)
    best = float("inf")
    for _ in range(2):
        start = time.process_time()
        segment(page)
        best = min(best, time.process_time() - start)
    return best


def test_time_is_linear() -> None:
    small, large = seconds("<p>a b</p>" * 2_000), seconds("<p>a b</p>" * 20_000)
    assert large < 20 * max(small, 0.002)


@pytest.mark.parametrize(
    "html",
    [
        "<span>" * 1900 + "word<br><br>" * 20_000,
        "<i class=x>" * 1900 + "<b class=c>a</b>" * 20_000,
        "<div>" * 1900 + "<a>x</a>" * 20_000,
        "<div>" + "<a>x</a>" * 20_000,
        "<div>t" * 1900,
        "<div>" + "<span>x<div><span>a</span><span>b</span>" * 640 + "<div>" + "<span>z</span>" * 20_000,
        "<p>" + "a<!-- -->" * 20_000,
        "<p>" + "<b>x</b>" * 3_000,
    ],
    ids=[
        "breaks deep inline",
        "boxes deep inline",
        "items deep",
        "items",
        "deep",
        "items in items",
        "comments",
        "b",
    ],
)
def test_time_on_hostile_pages(html: str) -> None:
    assert seconds(html) < 1.5, "none takes more than 0.2 s"


def test_paths_among_many_siblings() -> None:
    table = cut("<div><a>" + "<b>x</b>" * 300 + "</a>" + "".join(f"<x{i}>y</x{i}>" for i in range(20_000)))
    start = time.perf_counter()
    paths = {table.xpath(i) for i in range(table.n_elements)}
    assert time.perf_counter() - start < 3, "0.1 s"
    assert len(paths) == table.n_elements
