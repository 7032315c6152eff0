"""What is written of pages of any kind reads back as what was kept: words, structure, links and code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import lxml.html
import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from boilerplate import Block, LabelledPage
from boilerplate.blocks import segment
from boilerplate.labelled import assemble
from boilerplate.model.model import Prediction
from boilerplate.output import Options, render
from boilerplate.output.build import _once, build
from boilerplate.output.characters import CONTROLS
from boilerplate.output.document import Node, Run
from boilerplate.output.markdown import _as_list
from boilerplate.page import parse
from boilerplate.structure import Kind


def page_of(html: str, url: str | None = None) -> LabelledPage:
    """A page whose blocks are as likely one thing as another."""
    table = segment(parse(html, url=url))
    return assemble(table, Prediction(np.full((len(table), 4), 0.25), np.full(len(table), 0.5)))


NASTY = [
    "#",
    "1.",
    "2)",
    "-",
    "+",
    "*",
    "**",
    "---",
    "===",
    "=",
    "~~~",
    "~",
    "```",
    "`",
    "|",
    ":-:",
    ">",
    "\\",
    "!",
    "_",
]
NASTY += [
    "<b>",
    "</p>",
    "<!--",
    "&amp;",
    "&copy;",
    "[a](b)",
    "![",
    "]",
    "](x)",
    "[x]: y",
    "_a_",
    "a_b_c",
    "**b**",
    "x*",
]
NASTY += ["$", "$a_1$", "$5", "(", ")", "「強調」", "語。", "שלום", "مرحبا", "ไทย", "x\u0301", "\u202eevil\u202c"]
NASTY += ["\u200b", "\xa0", "\u3000", "word"]
TEXT = st.lists(st.sampled_from(NASTY) | st.text("ab1 .*_", max_size=4), min_size=1, max_size=4).map(
    lambda words: escape(" ".join(words))
)
INLINE = st.recursive(
    TEXT,
    lambda inner: st.builds(
        lambda tag, parts, glue: f"<{tag}>{glue.join(parts)}</{tag.split()[0]}>",
        st.sampled_from(["b", "strong", "em", "i", "code", "del", "sub", "sup", "span", "u", "kbd", "a href='/p'"])
        | st.just("a href='https://x.org/a_(b)*?q=1&copy;=`'"),
        st.lists(inner, min_size=1, max_size=3),
        st.sampled_from(["", " ", "<br>", "\n"]),
    ),
    max_leaves=5,
)
LINE = st.builds(
    lambda parts, glue: glue.join(parts), st.lists(INLINE, min_size=1, max_size=4), st.sampled_from(["", " "])
)


def wrapped(tag: str, *inside: str) -> str:
    return f"<{tag}>" + "".join(inside) + f"</{tag.split(maxsplit=1)[0]}>"


LEAF = st.builds(
    wrapped, st.sampled_from(["p", "div", "h1", "h2", "h4", "figcaption", "pre", "pre class='lang-c'"]), LINE
)


def _containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(st.builds(wrapped, st.just("li"), LINE | inner, inner | st.just("")), min_size=1, max_size=3)
    terms = st.lists(st.builds(wrapped, st.sampled_from(["dt", "dd"]), LINE | inner), min_size=1, max_size=3)
    cells = st.lists(
        st.builds(wrapped, st.sampled_from(["td", "th", "td colspan=2", "td rowspan=2"]), LINE | inner | st.just("")),
        min_size=1,
        max_size=3,
    )
    rows = st.lists(st.builds(lambda cs: wrapped("tr", *cs), cells), min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda tag, parts: wrapped(tag, *parts), st.sampled_from(["ul", "ol", "ol start=7"]), items),
        st.builds(lambda parts: wrapped("dl", *parts), terms),
        st.builds(lambda parts: wrapped("table", *parts), rows),
        st.builds(lambda parts: wrapped("blockquote", *parts), st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda parts: wrapped("div", *parts), st.lists(inner, min_size=1, max_size=2)),
        st.builds(wrapped, st.just("li"), inner),
        st.builds(wrapped, st.just("ul"), inner),
    )


PAGES = st.lists(st.recursive(LEAF | LINE, _containers, max_leaves=6), min_size=1, max_size=4).map("\n".join)


def kept_words(blocks: list[Block]) -> list[str]:
    """Words of blocks in order, but for repeated headlines."""
    found: list[str] = []
    headlines: set[str] = set()
    for block in blocks:
        if block.form.kind is Kind.HEADING and block.form.level < 3:
            if block.text in headlines:
                continue
            if block.form.level == 1:
                headlines.add(block.text)
        found += CONTROLS.sub("", block.text).split()
    return found


def of_words(words: list[str]) -> list[str]:
    """Words with a letter or digit: cells of nothing but signs are no blocks, though tables keep them."""
    return [word for word in words if any(map(str.isalnum, word))]


def said(found: list[str], expected: list[str]) -> bool:
    """Whether these are the expected words, some of them divided where only a style sheet divides them."""
    rest = iter(found)
    for word in expected:
        made = next(rest, "")
        while made and made != word:
            more = next(rest, "")
            if not (more[:1].isupper() or more[:1].isdecimal()):
                return False
            made += more
        if made != word:
            return False
    return next(rest, None) is None


# --- reading Markdown ---------------------------------------------------------------------------------------------

READER = (
    MarkdownIt("commonmark")
    .enable(["table", "strikethrough"])
    .use(footnote_plugin)
    .use(dollarmath_plugin, allow_space=False)
)
PATH = {"bullet_list_open": "ul", "ordered_list_open": "ol", "list_item_open": "li", "blockquote_open": "blockquote"}
LEAVES = {"paragraph_open": "p", "th_open": "cell", "td_open": "cell"}


@dataclass(frozen=True)
class Leaf:
    path: tuple[str, ...]
    kind: str
    words: tuple[str, ...]


def inline_text(token: Token) -> str:
    text = ""
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak") or child.content == "<br>":
            text += "\n"
        elif child.type in ("text", "text_special", "code_inline"):
            text += child.content
        elif child.type == "math_inline":
            text += f"${child.content}$"
        elif child.type == "footnote_ref":
            text += f"[{child.meta['label']}]"
        elif child.type == "html_inline":
            assert re.fullmatch("</?su[bp]>", child.content), child.content
        else:
            assert re.fullmatch("(link|em|strong|s)_(open|close)|image", child.type), (child.type, child.content)
    return text


def read_markdown(text: str) -> Iterator[Leaf]:
    path: list[str] = []
    kind = ""
    for token in READER.parse(text):
        if token.type in PATH:
            path.append(PATH[token.type])
        elif token.type.replace("close", "open") in PATH:
            path.pop()
        elif token.type in LEAVES:
            kind = LEAVES[token.type]
        elif token.type == "heading_open":
            kind = token.tag
        elif token.type == "fence":
            yield Leaf(tuple(path), "pre", tuple(token.content.split()))
        elif token.type == "inline":
            yield Leaf(tuple(path), kind, tuple(inline_text(token).split()))
        else:
            assert re.fullmatch(
                "(paragraph|heading|table|t(head|body|r|h|d)|footnote(_block)?)_(open|close)|footnote_anchor",
                token.type,
            ), token


def outline(nodes: list[Node], path: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """The same of a document."""
    for node in nodes:
        if node.tag == "table":
            for row in node.children:
                for cell in row.children:
                    runs = [run for leaf in leaves(cell) for run in (*leaf.runs, Run("\n"))]
                    yield Leaf(path, "cell" if row.tag == "tr" else "p", words_of(runs))
        elif node.children:
            as_list = _as_list(node) if node.tag == "dl" else node
            yield from outline(as_list.children, (*path, as_list.tag) if as_list.tag in PATH.values() else path)
        else:
            yield Leaf(path, node.tag, words_of(node.runs))


def leaves(node: Node) -> list[Node]:
    return [leaf for child in node.children for leaf in leaves(child)] if node.children else [node]


def words_of(runs: list[Run]) -> tuple[str, ...]:
    return tuple("".join(run.text for run in runs).split())


def merged(found: Iterator[Leaf]) -> list[Leaf]:
    return [leaf for leaf in found if leaf.words]


@given(PAGES, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@example("<ul><li>a</li><ul><li>b</li></ul></ul>", None)
@example("<p>a<b>b </b>c<i> d</i>!<a href='/x'>e</a></p>", None)
@example("<p>\u200d<em>c</em>\u200d <b>d</b>\u200d</p>", None)
@example("<p>10<sup>6</sup> a<sub>i <b>j</b></sub>k<sup><br>l</sup> <code>m<br>n</code> s_n_a _k e_</p>", None)
@example("<p><a href='/x'>all of this</a> and<a href='/y'>that there</a></p>", None)
@example("<p>#<a href='/x'># aa</a><a href='/y'>1.</a></p>", None)
@example("<ol><li>a</li></ol><ol><li>b</li></ol><ul><li>c</li></ul><ul><li>d</li></ul>", None)
def test_every_format_holds_what_was_kept(html: str, random: object) -> None:
    page = page_of(html, url="https://example.org/dir/page")
    blocks = [b for b in page.blocks if random is None or random.random() < 0.7]  # type: ignore[attr-defined]
    nodes = build(page, blocks, Options())
    text = render(page, blocks, "txt")
    expected = of_words(kept_words(blocks))
    assert said(of_words(text.split()), expected)
    assert "\n\n\n" not in re.sub(r"(?m)^[ \t]+$", "x", text) or any(b.form.kind is Kind.CODE for b in blocks)
    markdown = render(page, blocks, "markdown")
    assert merged(read_markdown(markdown)) == merged(outline(nodes)), markdown
    assert links_of_markdown(markdown) == links_of_runs(nodes)
    tree = lxml.html.document_fromstring(render(page, blocks, "html"))
    assert said(of_words(spaced(tree.find("body")).split()), expected)
    check_markup(tree)


MARKED = {"link": ("a",), "strong": ("b", "strong"), "em": ("em", "i"), "code": ("code", "kbd"), "sup": ("sup",)}


@given(PAGES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@example("<p><a href='/x'>all of <b>this</b></a> and<a href='/y'>that there</a></p>")
def test_text_is_marked_as_the_page_marks_it(html: str) -> None:
    page = page_of(html, url="https://example.org/")
    if len(_once(page.blocks)) < len(page.blocks):
        return
    runs = [run for node in build(page, page.blocks, Options()) for leaf in leaves(node) for run in leaf_runs(leaf)]
    assert page.document is not None
    for mark, tags in MARKED.items():
        found = "".join(run.text for run in runs if (run.link if mark == "link" else mark in run.marks))
        elements = (text for text in page.document.root.xpath("//text()") if inside(text, tags))
        assert signless(found) == signless("".join(elements)), mark


def leaf_runs(leaf: Node) -> list[Run]:
    return [] if leaf.tag == "pre" else leaf.runs


def inside(text: object, tags: tuple[str, ...]) -> bool:
    parent = text.getparent()  # type: ignore[attr-defined]
    if text.is_tail:  # type: ignore[attr-defined]
        parent = parent.getparent()
    names = [element.tag for element in (parent, *parent.iterancestors())]
    return "pre" not in names and any(tag in names for tag in tags)


def signless(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def links_of_markdown(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for token in READER.parse(text):
        href = ""
        for child in token.children or ():
            if child.type == "link_open":
                href = str(child.attrs["href"])
                found.append((href, ""))
            elif child.type == "link_close":
                href = ""
            elif href and child.type in ("text", "text_special", "code_inline"):
                found[-1] = (href, found[-1][1] + child.content)
    return [(href, "".join(text.split())) for href, text in found]


def links_of_runs(nodes: list[Node]) -> list[tuple[str, str]]:
    found: list[tuple[int, str, str]] = []
    for node in nodes:
        for leaf in leaves(node):
            last = -1
            for run in leaf.runs if leaf.tag != "pre" else ():
                if run.link and run.link_id == last:
                    found[-1] = (run.link_id, run.link, found[-1][2] + run.text)
                elif run.link:
                    found.append((run.link_id, run.link, run.text))
                last = run.link_id if run.link else -1
    return [
        (READER.normalizeLink(href.replace("`", "%60")), "".join(text.split()))
        for _, href, text in found
        if text.strip()
    ]


ALLOWED = re.compile(
    "html|head|meta|title|body|h[1-6]|p|ul|ol|li|dl|dt|dd|table|tr|td|th|tbody|caption|blockquote|figure|figcaption|"
    "pre|br|a|strong|em|code|del|ins|sub|sup|u|q|mark|cite|ruby|rt|rp|img|span"
)
ATTRIBUTES = {
    "charset",
    "lang",
    "dir",
    "href",
    "value",
    "colspan",
    "rowspan",
    "class",
    "src",
    "alt",
    "id",
    "name",
    "content",
}


def check_markup(tree: lxml.html.HtmlElement) -> None:
    for element in tree.iter():
        assert ALLOWED.fullmatch(element.tag), element.tag
        assert set(element.keys()) <= ATTRIBUTES or element.tag == "meta"
        for name in ("href", "src"):
            assert re.match("(https?|mailto|tel|ftp):|#note-", element.get(name, "https:"))


INLINE_TAGS = frozenset(
    ("a", "strong", "em", "code", "del", "ins", "sub", "sup", "u", "q", "mark", "cite", "ruby", "rt")
)
INLINE_TAGS |= {"rp", "img", "span"}


def spaced(element: lxml.html.HtmlElement) -> str:
    """Text with a space around every block."""
    gap = "" if element.tag in INLINE_TAGS else "\n"
    inner = "".join(spaced(child) + (child.tail or "") for child in element)
    return f"{gap}{element.text or ''}{inner}{gap}"


def test_footnotes_among_other_items() -> None:
    html = "<p>a<sup><a href='#n'>1</a></sup> b<sup><a href='#gone'>2</a></sup></p><ol><li id=n>c</li><li>d</li></ol>"
    page = page_of(html)
    assert render(page, page.blocks, "markdown") == "a[^1] b\\[2\\]\n\n[^1]: c\n\n2. d\n"
    assert render(page, page.blocks, "txt") == "a[1] b[2]\n\nc\nd\n"


def test_dollars_in_addresses_make_no_formula() -> None:
    page = page_of("<p><a href='https://example.org/from-$15'>from $15</a> to $20</p>")
    markdown = render(page, page.blocks, "markdown")
    assert links_of_markdown(markdown) == [("https://example.org/from-$15", "from$15")]
    assert [leaf.words for leaf in read_markdown(markdown)] == [("from", "$15", "to", "$20")]
