"""What kind of text each block is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate.blocks import segment
from boilerplate.page import parse
from boilerplate.structure import BlockForm, Kind, block_forms, raw_texts


def forms(html: str) -> list[tuple[str, BlockForm]]:
    table = segment(parse(html))
    return list(zip(table.text, block_forms(table), strict=True))


def kinds(html: str) -> list[Kind]:
    return [form.kind for _, form in forms(html)]


def raws(html: str) -> list[str]:
    table = segment(parse(html))
    return list(raw_texts(table, block_forms(table)).values())


def test_kinds() -> None:
    html = (
        "<h1>a</h1><p>b</p><ul><li>c<p>d</p></ul><dl><dt>e<dd>f</dl><table><caption>g</caption><tr><th>h<td>i</table>"
        "<blockquote><p>j</blockquote><pre>k</pre><figure><figcaption>l</figcaption></figure>m"
    )
    expected = "heading paragraph item item item item caption cell cell quote code caption paragraph"
    assert [kind.value for kind in kinds(html)] == expected.split()


def test_headings_have_their_rank() -> None:
    found = forms("".join(f"<h{n}>x{n}</h{n}>" for n in range(1, 7)))
    assert [form.level for _, form in found] == [1, 2, 3, 4, 5, 6]


def test_nested_lists_have_depth_and_one_whole() -> None:
    found = [form for _, form in forms("<ul><li>a<ol><li>b<ul><li>c</ul></ol><li>d</ul><ul><li>e</ul>")]
    assert [form.level for form in found] == [1, 2, 3, 1, 1]
    assert len({form.whole for form in found[:4]}) == 1
    assert found[4].whole != found[0].whole
    assert len({form.box for form in found}) == 5


def test_numbers_of_items() -> None:
    found = forms("<ol start=7><li>a<li>b</ol><ul><li>c</ul><ol start=x><li>d</ol><ol start=99999999999><li>e</ol>")
    assert [form.number for _, form in found] == [7, 8, 0, 1, 1]


def test_items_without_a_list_stand_together() -> None:
    found = [form for _, form in forms("<div><li>a</li><li>b</li></div>")]
    assert found[0].whole == found[1].whole >= 0
    assert found[0].level == 1


def test_cells_share_their_row() -> None:
    a, b, c = (form for _, form in forms("<table><tr><td>a<td>b<tr><td>c</table>"))
    assert a.row == b.row != c.row
    assert a.whole == b.whole == c.whole
    assert a.box != b.box


def test_list_in_a_cell_begins_anew() -> None:
    found = forms("<ul><li>a<table><tr><td>b<ul><li>c</ul></table></ul>")
    assert [(form.kind, form.level) for _, form in found] == [(Kind.ITEM, 1), (Kind.CELL, 0), (Kind.ITEM, 1)]


def test_items_and_cells_with_passages_are_layout() -> None:
    passage = "<p>" + "A sentence of a post in a forum, or on a page from long ago. " * 3 + "</p>"
    assert kinds(f"<ul><li>{passage * 2}<li>short</ul>") == [Kind.PARAGRAPH, Kind.PARAGRAPH, Kind.ITEM]
    assert kinds(f"<table><tr><td>{passage * 2}<td>short</table>") == [Kind.PARAGRAPH, Kind.PARAGRAPH, Kind.CELL]
    assert kinds(f"<ul><li>{passage}</ul>") == [Kind.ITEM]


def test_inline_items_share_a_line() -> None:
    a, b, c, d = (form for _, form in forms("<div><b>a</b><b>b</b><b>c</b></div><p>d</p>"))
    assert a.line == b.line == c.line >= 0
    assert d.line == -1


def test_links_side_by_side_are_entries_of_their_own() -> None:
    assert [form.line for _, form in forms("<div><a>a</a><a>b</a></div>")] == [-1, -1]


def test_code_keeps_its_lines_though_every_word_is_an_element() -> None:
    html = "<pre><code>\n<b>if</b> <i>x</i>:\n\n    <b>return</b>\t<i>y</i>\r\n</code></pre>"
    assert raws(html) == ["\nif x:\n\n    return\ty\n"]


def test_lines_of_code_that_are_elements() -> None:
    html = "<pre><div>f() {</div><div>  x</div><div>}</div><div> end</div></pre><pre>a<br>  b<br><br>c<!-- d --></pre>"
    found = raws(html)
    assert "".join(found[:3]) == "f() {\n  x\n}\n end\n"
    assert "".join(found[3:]) == "a\n  b\n\nc"


def test_what_is_no_text_is_no_code_either() -> None:
    assert raws("<pre>a <script>x\n</script><my-b>b</my-b> c</pre>") == ["a b c"]
    assert raws("<p>a\n b</p>") == []


@given(
    st.lists(
        st.sampled_from(
            [
                *[
                    "<pre>",
                    "</pre>",
                    "<div>",
                    "</div>",
                    "<b>",
                    "</b>",
                    "<br>",
                    "<li>",
                    "<!--x-->",
                    "<script>1</script>",
                ],
                *["word\n  two", " ", "\n", "}", "three", "<p>", "<h2>", "<xmp>", "<td>", "<table>", "</table>"],
            ]
        ),
        max_size=25,
    )
)
@settings(max_examples=150, deadline=None)
def test_raw_text_has_the_words_of_its_block(pieces: list[str]) -> None:
    table = segment(parse("<body>x" + "".join(pieces)))
    found = block_forms(table)
    raw = raw_texts(table, found)
    assert len(found) == len(table)
    assert set(raw) == {i for i, form in enumerate(found) if form.kind is Kind.CODE}
    for block, text in raw.items():
        # Symbols alone are no block of their own and come along.
        assert text.replace("}", " ").split() == table.text[block].replace("}", " ").split()
