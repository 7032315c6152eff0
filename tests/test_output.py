"""Rendering: what is written is what the blocks say, in every format."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from dataclasses import replace

import lxml.html
import pytest
from conftest import PAGE
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from boilerplate import Block, LabelledPage, Model, label
from boilerplate.errors import UsageError
from boilerplate.labels import LABELS
from boilerplate.output import FORMATS, addresses, markdown, records, render
from boilerplate.output.addresses import Addresses
from boilerplate.output.characters import CONTROLS, escape_controls
from boilerplate.output.records import BLOCK_COLUMNS, PAGE_COLUMNS, csv_header, csv_rows, json_lines, json_text
from boilerplate.structure import BlockForm, Kind
from fuzz.oracles import unwanted_characters

PLAIN = BlockForm(Kind.PARAGRAPH)
#: What has a meaning in one of the formats, or for those who read it.
NASTY = [
    *[
        "#",
        "##",
        "1.",
        "23)",
        "-",
        "+",
        "*",
        "---",
        "--",
        "===",
        "=",
        "~~~",
        "```",
        "`",
        "|",
        ":-:",
        ":--|--:",
        ">",
        "\\",
    ],
    *[
        "<b>",
        "</p>",
        "<!--",
        "<script>alert(1)</script>",
        "&amp;",
        "&#60;",
        "&",
        "&lt;b&gt;",
        "[a](b)",
        "![a](b)",
        "[a]:",
    ],
    *[
        "[x]",
        "_a_",
        "**b**",
        "~~c~~",
        "\\*",
        "a\\",
        "=1+1",
        "@x",
        "+x",
        "'",
        ",",
        ";",
        "http://x.org",
        "<http://x.org>",
    ],
    *["a@b.org", "word", "\u202eevil\u202c", "\x1b[31m", "\x1b", "\u200d", "語", "שלום", "x\u0301", "\ufeff", "\ufffe"],
    "\ud800",
]
LINE = st.lists(st.sampled_from(NASTY) | st.text(max_size=6), min_size=1, max_size=5).map(
    lambda words: " ".join(" ".join(words).split())
)
#: White space as in blocks: single spaces, and line breaks.
TEXT = (
    st.lists(LINE.filter(bool), min_size=1, max_size=3).map("\n".join).filter(lambda text: any(map(str.isalnum, text)))
)
FORM = st.one_of(
    st.just(PLAIN),
    st.builds(BlockForm, st.just(Kind.HEADING), st.integers(1, 6)),
    st.builds(
        BlockForm,
        st.just(Kind.ITEM),
        level=st.integers(1, 4),
        number=st.integers(0, 12),
        box=st.integers(0, 9),
        whole=st.integers(0, 1),
        line=st.sampled_from([-1, -1, 3]),
    ),
    st.builds(BlockForm, st.just(Kind.CELL), box=st.integers(0, 9), row=st.integers(-1, 2), whole=st.integers(0, 1)),
    st.builds(BlockForm, st.sampled_from([Kind.QUOTE, Kind.CODE, Kind.CAPTION]), box=st.integers(0, 1)),
    st.builds(BlockForm, st.just(Kind.PARAGRAPH), line=st.integers(0, 1)),
)


def block(text: str, form: BlockForm = PLAIN, raw: str = "") -> Block:
    return Block(
        text=text,
        label="article",
        probabilities=dict.fromkeys(LABELS, 0.25),
        main=0.5,
        is_main=True,
        xpath="/html/body/p",
        tag="p",
        ancestors=("body", "html"),
        link_share=0.0,
        hidden=False,
        form=form,
        raw=raw,
    )


def page_of(*blocks: Block, title: str = "Title", url: str | None = None) -> LabelledPage:
    return LabelledPage(blocks, title, url, 0.5)


def written(output_format: str, *blocks: Block) -> str:
    return page_of(*blocks).render(output_format)


PAGES = st.lists(st.builds(block, TEXT, FORM), max_size=8).map(lambda blocks: page_of(*blocks))


def words(page: LabelledPage) -> list[str]:
    """Words of a page's blocks in order, but for repeated headlines."""
    found: list[str] = []
    headlines: set[str] = set()
    for b in page.blocks:
        if b.form.kind is Kind.HEADING and b.form.level < 3:
            if b.text in headlines:
                continue
            if b.form.level == 1:
                headlines.add(b.text)
        found += CONTROLS.sub("", b.text).split()
    return found


@given(PAGES)
@settings(max_examples=100, deadline=None)
def test_text_has_exactly_the_words(page: LabelledPage) -> None:
    text = page.render("txt")
    assert text.split() == words(page)
    assert not CONTROLS.search(text)
    assert "\n\n\n" not in text


ALLOWED = re.compile("html|head|meta|title|body|h[1-6]|p|ul|ol|li|table|tr|td|tbody|blockquote|pre|br")


@given(PAGES, TEXT)
@settings(max_examples=100, deadline=None)
def test_html_is_escaped(page: LabelledPage, title: str) -> None:
    page = replace(page, title=title)
    tree = lxml.html.document_fromstring(page.render("html").encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    elements = list(tree.iter())
    assert all(ALLOWED.fullmatch(element.tag) for element in elements)
    names = {name for element in elements if element.tag != "meta" for name in element.keys()}  # noqa: SIM118
    assert names <= {"dir", "start"}
    assert " ".join(tree.find("body").itertext()).split() == words(page)
    assert tree.findtext("head/title").split() == CONTROLS.sub("", title).split()


READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TOKENS = re.compile(
    "(heading|paragraph|bullet_list|ordered_list|list_item|blockquote)_(open|close)|fence|inline|"
    "text|text_special|hardbreak|softbreak"
)


def read_markdown(text: str) -> list[str]:
    """Words of a Markdown document; nothing but what is written here may be in it."""
    pieces: list[str] = []
    for token in READER.parse(text):
        assert TOKENS.fullmatch(token.type), token.type
        if token.type == "fence":
            pieces.append(token.content)
        for child in token.children or ():
            assert TOKENS.fullmatch(child.type), child.type
            pieces.append(child.content if child.type.startswith("text") else "\n")
        pieces.append("\n")
    return "".join(pieces).split()


@given(PAGES)
@example(
    page_of(block("1."), block("+"), block("#"), block("-\n--\nx"), block(":-:\n|-|\nx"), block("a\n===\n1)\n- b"))
)
@example(page_of(block("1.\n\x1b #\n\x1b - a")))
@example(page_of(block("C # ##", BlockForm(Kind.HEADING, 2)), block("&copy; <i>x</i> a\\")))
@example(
    page_of(block("a", BlockForm(Kind.ITEM, 1, whole=1, box=1)), block("b", BlockForm(Kind.ITEM, 2, 7, 2, whole=1)))
)
@example(page_of(block("```\n~~~ `x`", BlockForm(Kind.CODE, box=1), raw="```\n\n  ~~~ `x`\n")))
@settings(max_examples=120, deadline=None)
def test_markdown_parses_back(page: LabelledPage) -> None:
    # A row of cells is one line of text.
    expected = [word for word in words(page) if word != "|"]
    found = [word for word in read_markdown(page.render("markdown")) if word != "|"]
    assert found == [word.replace("\x00", "\ufffd") for word in expected]


FORMULA = tuple("=+-@\t\r\n＝＋－＠")


@given(st.lists(st.fixed_dictionaries({"a": st.none() | TEXT, "b": st.floats(-1, 1), "c": st.text()}), max_size=4))
@example([{"a": "a\rb", "b": -1.0, "c": "\r"}, {"a": "-", "b": 0.0, "c": "=1+1"}, {"a": "\t=1", "b": 0.0, "c": "＝1"}])
@settings(max_examples=100, deadline=None)
def test_csv_round_trip(records: list[dict[str, object]]) -> None:
    text = csv_header("abc") + csv_rows(records, "abc")
    text.encode("utf-8")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == ["a", "b", "c"]
    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        assert row[1] == str(record["b"])
        for cell, value in ((row[0], record["a"]), (row[2], record["c"])):
            plain = re.sub("[\ud800-\udfff]", "\ufffd", str(value or ""))
            runs = len(plain) > 1 and plain.startswith(FORMULA)
            assert cell == ("'" if runs else "") + plain
            assert len(cell) < 2 or not cell.startswith(FORMULA)


@given(st.lists(st.dictionaries(st.text(max_size=3), TEXT | st.text() | st.integers() | st.none()), max_size=4))
@settings(max_examples=100, deadline=None)
def test_json_lines_parse(records: list[dict[str, object]]) -> None:
    text = json_lines(records)
    text.encode("utf-8")
    lines = text.splitlines()
    assert len(lines) == len(records)
    for line, record in zip(lines, records, strict=True):
        expected = json.dumps(record, ensure_ascii=False)
        assert json.loads(line) == json.loads(re.sub("[\ud800-\udfff]", "\ufffd", expected))


@given(PAGES)
@settings(max_examples=50, deadline=None)
def test_records_have_their_columns(page: LabelledPage) -> None:
    whole = json.loads(page.render("json"))
    assert tuple(whole) == (*PAGE_COLUMNS, "notes", "items", "blocks")
    assert all(tuple(record) == BLOCK_COLUMNS for record in whole["blocks"])
    (line,) = page.render("jsonl").splitlines()
    record = json.loads(line)
    assert tuple(record) == PAGE_COLUMNS
    assert record["text"] == page.render("txt")
    (row,) = csv.DictReader(io.StringIO(page.render("csv"), newline=""))
    assert tuple(row) == PAGE_COLUMNS


def test_shares_are_of_all_words() -> None:
    blocks = [replace(block("one two three"), label="feed"), block("four")]
    record = json.loads(written("jsonl", *blocks))
    assert record["share_feed"] == 0.75
    assert record["share_article"] == 0.25


def test_blocks_keep_their_numbers(model: Model) -> None:
    page = label(PAGE, model=model)
    last = page.blocks[-1]
    (record,) = json.loads(render(page, [last], "json"))["blocks"]
    assert record["block"] == len(page.blocks) - 1


@pytest.mark.parametrize("name", ["docx", "", "TXT", "parquet"])
def test_unknown_format(name: str) -> None:
    with pytest.raises(UsageError, match=", ".join(FORMATS)):
        written(name)


def test_nothing() -> None:
    assert written("txt") == written("markdown") == ""
    assert "<body>\n\n</body>" in written("html")


HTML = """<h1>Head</h1><p>One<br>two</p>
<ul><li>a<ul><li>b<ol><li>c</li><li>d</li></ol></li></ul></li><li><p>e</p><p>f</p></li></ul>
<ol><li>g</li></ol><table><tr><th>h</th><td><a>i</a> <a>j</a> <a>k</a></td></tr><tr><td>l<br>m</td></tr></table>
<table><tr><td>n</td></tr></table><blockquote><p>o</p><p>p</p></blockquote>
<pre><b>if</b> x:
    <b>y</b></pre><div><a>q</a><a>r</a></div><div><b>s</b> <b>t</b> <b>u</b></div>
<h2>Head</h2><h2>More</h2><h2>More</h2><h3>Head</h3>"""

TXT = """Head

One
two

a
b
c
d
e
f

g

h\ti j k
l m

n

o

p

if x:
    y

q

r

s t u

More

More

Head
"""

MARKDOWN = """# Head

One··
two

- a

  - b
    1. c
    2. d

- e

  f

1. g

|  |  |
| --- | --- |
| h | i<br>j<br>k |
| l<br>m |  |

n

> o
>
> p

```
if x:
    y
```

q

r

**s** **t** **u**

## More

## More

### Head
""".replace("·", " ")

BODY = """<h1>Head</h1>
<p>One<br>two</p>
<ul><li>a<ul><li>b<ol><li>c</li><li>d</li></ol></li></ul></li><li><p>e</p><p>f</p></li></ul>
<ol><li>g</li></ol>
<table><tbody><tr><th>h</th><td><p>i</p><p>j</p><p>k</p></td></tr><tr><td>l<br>m</td></tr></tbody></table>
<p>n</p>
<blockquote><p>o</p><p>p</p></blockquote>
<pre>if x:
    y</pre>
<p>q</p>
<p>r</p>
<p><strong>s</strong> <strong>t</strong> <strong>u</strong></p>
<h2>More</h2>
<h2>More</h2>
<h3>Head</h3>"""


def test_forms_of_a_page(model: Model) -> None:
    page = label(HTML, model=model)
    assert render(page, page.blocks, "txt") == TXT
    assert render(page, page.blocks, "markdown") == MARKDOWN
    body = render(page, page.blocks, "html").split("<body>\n")[1].split("\n</body>")[0]
    # Line ends before tags mean nothing.
    assert re.sub(r"\n(?=<)", "", body) == re.sub(r"\n(?=<)", "", BODY)


def test_list_whose_outer_items_are_left_out_is_no_code(model: Model) -> None:
    page = label("<ul><li>a<ul><li>b<ul><li>c<ul><li>d<ul><li>deep</ul></ul></ul></ul></ul>", model=model)
    deep = [block for block in page.blocks if block.text == "deep"]
    assert render(page, deep, "markdown") == "- deep\n"
    assert "<ul>\n<li>deep</li>\n</ul>" in render(page, deep, "html")


def test_items_whose_heading_is_left_out_stand_together(model: Model) -> None:
    sound = "<li><b>Sound</b><ul><li>stereo</li><li>mono</li></ul></li>"
    page = label(f"<ul>{sound}<li><b>View</b><ul><li>wide</li></ul></li></ul>", model=model)
    kept = [block for block in page.blocks if block.text not in ("Sound", "View")]
    assert render(page, kept, "markdown") == "- stereo\n- mono\n- wide\n"
    assert render(page, page.blocks, "markdown") == "- **Sound**\n  - stereo\n  - mono\n- **View**\n  - wide\n"
    # Numbers are the page's own: those of an inner list do not go on from the outer.
    page = label("<ol><li><b>Sound</b><ol><li>stereo</li></ol></li></ol>", model=model)
    assert render(page, page.blocks[1:], "markdown") == "1. 1. stereo\n"


def test_caption_stands_above_its_table_wherever_the_page_has_it(model: Model) -> None:
    page = label("<table><tr><td>a</td><td>b</td></tr><caption>Letters</caption></table>", model=model)
    assert render(page, page.blocks, "txt") == "Letters\na\tb\n"
    assert render(page, page.blocks, "markdown").startswith("Letters\n\n|")
    assert "<table>\n<caption>Letters</caption>\n" in render(page, page.blocks, "html")


def test_cells_without_rows(model: Model) -> None:
    head = "<thead><tr><th>A</th><th>B</th></tr></thead>"
    page = label(f"<table>{head}<tbody><td>1</td><td>2</td><td>3</td><td>4</td></tbody></table>", model=model)
    assert render(page, page.blocks, "txt") == "A\tB\n1\t2\n3\t4\n"
    # Where nothing says how long a row is, they are one, as browsers have it.
    page = label("<table><td>1</td><td>2</td><td>3</td></table>", model=model)
    assert render(page, page.blocks, "txt") == "1\t2\t3\n"
    page = label("<table><tr><td>1</td><td>2</td></tr><td>3</td><tr><td>4</td></tr><td>5</td></table>", model=model)
    assert render(page, page.blocks, "txt") == "1\t2\n3\n4\n5\n"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        # White space that only a style sheet puts there.
        ("<blockquote><div><cite>Ada wrote:</cite>It is late.</div></blockquote>", "Ada wrote:\nIt is late.\n"),
        ("<blockquote><cite>Ada:</cite>It is late.</blockquote>", "Ada:\nIt is late.\n"),
        ("<blockquote><cite>Ada</cite>'s book says.</blockquote>", "Ada's book says.\n"),
        ("<p>Tea is brewed.<a href='/t'>Read more</a></p>", "Tea is brewed. Read more\n"),
        ("<p>Чай заварен!<b><a href='/t'>Читать дальше</a></b></p>", "Чай заварен! Читать дальше\n"),
        ("<div><span>Advertisement</span><a href='/t'>Coats that last</a></div>", "Advertisement Coats that last\n"),
        ("<p>At <a href='/t'><b>Coats that last</b><i>20% off</i></a></p>", "At Coats that last 20% off\n"),
        # Parts of words.
        (
            "<p>It is <b>ice</b><i>cold and grey</i> or <b>J</b><i>anuary the third</i></p>",
            "It is icecold and grey or January the third\n",
        ),
        (
            "<p>A <b>WC</b><i>XB set</i>, x<sup>2 or so</sup>, <b>Mc</b><b>Donald</b></p>",
            "A WCXB set, x2 or so, McDonald\n",
        ),
        # Names with points in them, words with a part marked up, scripts without spaces.
        ("<p>See java.util.<a href='/t'>List</a> there</p>", "See java.util.List there\n"),
        ("<p>Call <code>java.util.<a href='/t'>List of it</a></code></p>", "Call java.util.List of it\n"),
        ("<p>Java<a href='/t'>Script and more</a></p>", "JavaScript and more\n"),
        ("<p>茶已泡好。<a href='/t'>阅读 全文</a></p>", "茶已泡好。阅读 全文\n"),
    ],
)
def test_words_that_only_style_divides(html: str, text: str, model: Model) -> None:
    page = label(html, model=model)
    assert render(page, page.blocks, "txt") == text


def test_signs_alone_are_not_emphasised(model: Model) -> None:
    page = label("<p>From <em><a href='https://e.org/'>the book</a>.</em> And <b>so</b><b>!</b></p>", model=model)
    assert render(page, page.blocks, "markdown") == "From [_the book_](https://e.org/). And **so!**\n"


def test_code_of_which_a_part_is_left_out(model: Model) -> None:
    page = label("<pre><div>one {</div><div>  two</div><div>}</div><div>three</div></pre>", model=model)
    first, _, last = page.blocks
    assert render(page, [first, last], "txt") == "one {\n}\nthree\n"


def test_direction() -> None:
    assert '<html dir="rtl">' in written("html", block("שלום לכולם and"))
    assert "<html>" in written("html", block("hello שלום and others"))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=3), JSON_VALUES, max_size=4))
def test_json_is_written_as_the_standard_library_does(record: dict[str, object]) -> None:
    text = json_text(record)
    wanted = json.dumps(record, ensure_ascii=False, indent=2)
    # Soft hyphens are escaped too, which show as nothing.
    if not unwanted_characters(wanted) and "\xad" not in wanted:
        assert text == wanted + "\n"


@given(st.text(alphabet="aé1_*`[]<>~|\\\\&#;$ \n", max_size=60), st.booleans())
@example("&_; &a_; &amp; &#1;", False)
def test_each_sign_is_escaped_once(text: str, dollars: bool) -> None:
    signs = r"[\\`*\[\]<>~|]|(?<![^\W_])_|_(?![^\W_])" + (r"|\$" if dollars else "")
    writer = markdown._Writer()
    writer._special = markdown._SPECIAL + "$" * dollars
    # What is escaped already makes no reference to a character.
    assert writer.escape(text) == re.sub(r"&(?=#?\w+;)", r"\\&", re.sub(signs, r"\\\g<0>", text))


def test_signs_by_the_million_are_escaped_in_a_pass() -> None:
    started = time.process_time()
    assert len(markdown._Writer().escape("<" * 2_000_000)) == 4_000_000
    # A match for each of them takes a second and more.
    assert time.process_time() - started < 0.3


@given(st.dictionaries(st.text(st.characters(max_codepoint=127)), st.text(st.characters(max_codepoint=127)) | TEXT))
@settings(max_examples=60, deadline=None)
def test_plain_json_is_written_as_any_other(record: dict[str, str]) -> None:
    text = json.dumps(record, ensure_ascii=False, indent=2)
    assert records._written(text) == escape_controls(records.without_surrogates(text))


@given(st.text(st.characters(max_codepoint=300) | st.sampled_from("/.:?#%"), max_size=20))
@settings(max_examples=100, deadline=None)
def test_plain_addresses_are_written_as_any_other(model: Model, path: str) -> None:
    page = label("<p>x", model=model)
    assert page.layout is not None
    address = Addresses(page.layout, "https://a.test/b/").resolve(f"c{path}")
    assert not addresses._UNPRINTABLE.search(address)
    assert address.startswith("https://") or not address
