"""Features of a block's place: landmarks, headings, positions, style rules, and the helpers they stand on."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate.blocks import segment
from boilerplate.features import headings, layout, style
from boilerplate.features.view import PageView
from boilerplate.page import parse


def view_of(html: str) -> PageView:
    return PageView(segment(parse(html)))


def features_of(html: str, text: str = "word") -> dict[str, float]:
    view = view_of(html)
    row = view.table.text.index(text)
    columns = layout.compute(view) | headings.compute(view, headings.governing_headings(view))
    return {name: float(values[row]) for name, values in columns.items()}


LANDMARKS = [
    (name, f"<{tag}><div>word</div></{tag}>")
    for name, (tags, _) in layout._LANDMARKS.items()
    for tag in sorted(tags - {"iframe", "table", "select", "option", "legend", "fieldset", "template", "noscript"})
] + [
    (name, f"<div role='{role.upper()}'><p>word</p></div>")
    for name, (_, roles) in layout._LANDMARKS.items()
    for role in sorted(roles)
]


@pytest.mark.parametrize(("name", "html"), LANDMARKS)
def test_landmarks(name: str, html: str) -> None:
    page = f"<p>before</p>{html}<p>after</p>"
    assert features_of(page)[f"in_{name}"] == 1.0
    assert features_of(page, "before")[f"in_{name}"] == features_of(page, "after")[f"in_{name}"] == 0.0


TAGS = {
    "p": "<p>word</p>",
    "div": "<div>word</div>",
    "li": "<ul><li>word</ul>",
    "cell": "<table><tr><td>word</table>",
    "span": "<div><span>word</span></div>",
    "a": "<p><a href=x>word</a></p>",
    "term": "<dl><dt>word</dl>",
    "caption": "<figure><figcaption>word</figcaption></figure>",
    "time": "<p><time>word</time></p>",
    "strong": "<p><b>word</b></p>",
    "small": "<p><small>word</small></p>",
    "body": "<body>word</body>",
}


@pytest.mark.parametrize("name", layout._TAGS)
def test_tags(name: str) -> None:
    assert features_of(TAGS[name])[f"tag_{name}"] == 1.0
    assert features_of("<section>word</section>")[f"tag_{name}"] == 0.0


WITH_RULES = "<style>.gone {display: none} #x, .y{float:left;width:30px} .stuck{position:sticky}</style>"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h3>word</h3>", {"heading_level": 3.0}),
        ("<h2><span>word</span></h2>", {"heading_level": 2.0}),
        ("<x-a><x-b><p>word</p></x-b></x-a>", {"custom_elements": np.log1p(2)}),
        ("<div><p>word</p></div>", {"depth": 3.0}),
        ("<div><span>a</span><span>word</span><span>b</span></div>", {"inline_item": 1.0}),
        ("<ul><li><ol><li>word</ol></ul>", {"list_depth": 2.0}),
        ("<table><tr><td>word</table>", {"table_depth": 1.0}),
        ("<p>a</p><p>b</p><p>word</p>", {"position": 1.0, "log_blocks_before": np.log1p(2)}),
        ("<p>word</p><p>b</p>", {"position": 0.0, "log_blocks_after": np.log1p(1), "text_position": 0.0}),
        ("<p>abcd</p><p>word</p>", {"text_position": 0.5}),
        ("<h1>a</h1><p>b</p><p>word</p>", {"blocks_from_h1": np.log1p(2)}),
        ("<p>word</p><h1>b</h1>", {"blocks_from_h1": -np.log1p(1)}),
        (f"<p>{'x' * 200}</p><p>b</p><p>word</p>", {"blocks_from_long": -np.log1p(2)}),
        (f"<p>word</p><p>{'x' * 200}</p>", {"blocks_from_long": np.log1p(1)}),
        ("<p>word</p><p>b</p>", {"blocks_from_long": np.log1p(2)}),
        ("<p>abcd</p><main><p>abcd</p><p>word</p></main>", {"text_before_in_main": 0.5}),
        ("<p>abcd</p><p>word</p>", {"text_before_in_main": 0.5}),
        ("<p hidden>word</p>", {"hidden": 1.0}),
        ("<p>word</p>", {"hidden": 0.0, "fixed": 0.0, "floats": 0.0, "declared_width": 0.0, "editable": 0.0}),
        ("<div style='display : NONE'><p>word</p></div>", {"hidden": 1.0}),
        ("<noscript><p>word</p></noscript>", {"hidden": 1.0, "in_noscript": 1.0}),
        ("<div aria-hidden=true><p>word</p></div>", {"hidden_aria": 1.0, "hidden": 0.0}),
        ("<div aria-hidden=false><p>word</p></div>", {"hidden_aria": 0.0}),
        ("<p style='float:right'>word</p>", {"floats": 1.0}),
        ("<div style='position: fixed'><p>word</p></div>", {"fixed": 1.0}),
        (WITH_RULES + "<p class='a gone'>word</p>", {"hidden": 1.0, "floats": 0.0}),
        (WITH_RULES + "<div id=x><p>word</p></div>", {"floats": 1.0, "declared_width": np.log1p(30)}),
        (WITH_RULES + "<p class=stuck>word</p>", {"fixed": 1.0}),
        ("<div width=300><p style='max-width: 90px'>word</p></div>", {"declared_width": np.log1p(90)}),
        ("<div width=90><p style='width: 300px'>word</p></div>", {"declared_width": np.log1p(90)}),
        ("<div height='20px'><p>word</p></div>", {"declared_height": np.log1p(20)}),
        ("<div width=9e99><p>word</p></div>", {"declared_width": 0.0}),
        ("<div width=99999><p>word</p></div>", {"declared_width": np.log1p(5000)}),
        ("<div width='50%'><p>word</p></div>", {"declared_width": 0.0}),
        ("<p><img src=a><img src=b>word</p>", {"images_in_container": np.log1p(2)}),
        ("<div><img src=a><section><p>word</p></section></div>", {"images_near": np.log1p(1)}),
        ("<div><input><section><p>word</p></section></div>", {"inputs_near": np.log1p(1)}),
        ("<div><ins></ins><section><p>word</p></section></div>", {"frames_near": np.log1p(1)}),
        ("<p>a</p><hr><hr><p>word</p>", {"empty_boxes_before": np.log1p(2)}),
        ("<div itemprop=name><p>word</p></div>", {"itemprop": 1.0}),
        ("<div onclick='f()'><p>word</p></div>", {"editable": 1.0}),
        ("<p>word</p>", {"heading_above": 0.0, "heading_above_level": 0.0, "levels_to_heading": 0.0}),
        ("<h2>abc</h2><p>b</p><p>word</p>", {"heading_above": 1.0, "heading_above_level": 2.0}),
        ("<h2>abc</h2><p>b</p><p>word</p>", {"blocks_since_heading": np.log1p(2), "levels_to_heading": 1.0}),
        ("<h2>abc</h2><p>b</p><p>word</p>", {"log_heading_chars": np.log1p(3)}),
        ("<h2>abc</h2><p>b</p><p>word</p>", {"blocks_under_heading": np.log1p(2)}),
        ("<div><h2>abc</h2><p>b</p></div><p>word</p>", {"heading_above": 0.0}),
        ("<div><div><h2>abc</h2></div><p>word</p></div>", {"heading_above": 1.0}),
        ("<p>abc</p><p>word</p>", {"first_in_box_chars": np.log1p(3), "first_in_box_here": 0.0}),
        ("<p>word</p><p>abc</p>", {"first_in_box_chars": np.log1p(4), "first_in_box_here": 1.0}),
    ],
)
def test_features_of_a_place(html: str, expected: dict[str, float]) -> None:
    found = features_of(html)
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_which_heading_governs() -> None:
    page = """<h1>one</h1><p>a</p><div><div><h2>two</h2></div><p>b</p><h3>three</h3><p>c</p></div>
    <p>d</p><div><h2>four</h2></div><p>e</p>"""
    view = view_of(page)
    above = headings.governing_headings(view)
    texts = view.table.text
    assert {texts[i]: texts[h] if h >= 0 else None for i, h in enumerate(above)} == {
        "one": None, "a": "one", "two": "one", "b": "two", "three": "two", "c": "three",
        "d": "one", "four": "one", "e": "four",
    }  # fmt: skip


TREES = st.recursive(
    st.sampled_from(["word", "<h2>head</h2>", "<a href=x>link</a>", "<p width=7>par</p>", "<p>par</p>", ""]),
    lambda children: st.tuples(
        st.sampled_from(["div", "section", "h3", "main", "a href=y", "div width=5", "div width=9"]),
        st.lists(children, max_size=4),
    ).map(lambda parts: f"<{parts[0]}>{''.join(parts[1])}</{parts[0].split()[0]}>"),
    max_leaves=12,
)


@given(TREES)
@settings(max_examples=80, deadline=None)
def test_what_is_handed_down_equals_a_slow_climb(html: str) -> None:
    view = view_of(f"x{html}")
    table = view.table
    given_elements = view.has_tag("div", "h3", "html", "a")
    values = np.where(given_elements, np.arange(len(given_elements)) % 5, 0).astype(np.float64)
    nearest = view.innermost(np.flatnonzero(given_elements))
    within, around = view.within(given_elements), view.enclosing(given_elements)
    smallest, largest = view.inherited(values, min, missing=np.inf), view.inherited(values, max, missing=-1.0)
    for element in range(table.n_elements):
        chain = table.ancestors(element)
        holders = [e for e in chain if given_elements[e]]
        assert nearest[element] == (holders[0] if holders else -1)
        assert within[element] == bool(holders)
        assert around[element] == len(holders)
        positive = [values[e] for e in chain if values[e] > 0]
        assert smallest[element] == min(positive, default=np.inf)
        assert largest[element] == max(positive, default=-1.0)


@given(TREES)
@settings(max_examples=80, deadline=None)
def test_governing_headings_equal_plain_overwriting(html: str) -> None:
    view = view_of(f"x{html}")
    table = view.table
    first, last = view.element_blocks
    expected = np.full(len(view), -1)
    for block in np.flatnonzero(view.heading_levels > 0).tolist():
        box = int(table.container[block])
        while table.parent[box] >= 0 and last[box] - first[box] <= 1:
            box = int(table.parent[box])
        expected[block + 1 : last[box]] = block
    assert headings.governing_headings(view).tolist() == expected.tolist()


@given(TREES)
@settings(max_examples=80, deadline=None)
def test_blocks_have_the_same_path_where_every_step_is_the_same(html: str) -> None:
    view = view_of(f"x{html}<p class>y<p class=a>z<p class=a>")
    table = view.table
    steps = [(tag, attributes.get("class", "")) for tag, attributes in zip(table.tags, table.attributes, strict=True)]
    chains = [table.ancestors(element) for element in table.inner.tolist()]
    for groups, paths in (
        (view.path_group, [tuple(steps[e] for e in chain) for chain in chains]),
        (view.tag_group, [tuple(table.tags[e] for e in chain) for chain in chains]),
    ):
        numbers = dict(zip(paths, groups.tolist(), strict=True))
        assert [numbers[path] for path in paths] == groups.tolist()
        assert sorted(set(groups.tolist())) == list(range(len(numbers)))


@given(TREES, st.sampled_from([0.05, 0.2, 0.5, 0.9]))
@settings(max_examples=60, deadline=None)
def test_outermost_box_equals_a_slow_climb(html: str, share: float) -> None:
    view = view_of(f"x{html}")
    text = view.subtree_sum(view.chars)
    for block, found in enumerate(view.outermost_below(share).tolist()):
        box = int(view.table.container[block])
        while text[box] < share * view.chars.sum() and box and text[view.parent[box]] < share * view.chars.sum():
            box = int(view.parent[box])
        assert found == box


@pytest.mark.parametrize(
    ("value", "expected"),
    [("30", 30.0), (" 30 px ", 30.0), ("30.5px", 30.0), ("30%", 0.0), ("9e99", 0.0), ("", 0.0), ("123456", 0.0)],
)
def test_pixels(value: str, expected: float) -> None:
    assert style.pixels(value) == expected


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        (".a{display:none}", {(".", "a"): {"hidden": 1.0}}),
        ("p.a , #b{visibility:hidden}", {(".", "a"): {"hidden": 1.0}, ("#", "b"): {"hidden": 1.0}}),
        ("@media print{.a{float:left}.b{color:red}}", {(".", "a"): {"floats": 1.0}}),
        ("@media x{@media y{.a{width:5px;height:6px}}}", {(".", "a"): {"width": 5.0, "height": 6.0}}),
        (".a .b{display:none}", {}),
        (".a{max-width:5px}", {}),
        (".a{display:none", {}),
        (".a{.b{display:none}", {(".", "b"): {"hidden": 1.0}}),
        ("{display:none}", {}),
        (".a{}{}}}{ .b{position:fixed}", {(".", "b"): {"fixed": 1.0}}),
        ("x" * 3000 + ",.a{display:none}", {(".", "a"): {"hidden": 1.0}}),
        ("", {}),
    ],
)
def test_style_rules(sheet: str, expected: dict[tuple[str, str], dict[str, float]]) -> None:
    assert style.StyleRules.of(view_of(f"<style>{sheet}</style><p>word</p>")).by_name == expected


def test_later_rules_and_ids_overrule() -> None:
    view = view_of(
        "<style>.a{width:1px}.b{width:2px}#c{width:3px}.a{width:4px}</style>"
        "<p class='a'>x</p><p class='b a'>x</p><p class='a b'>x</p><p class='a' id=c>x</p>"
    )
    widths = style.StyleRules.of(view).pixels("width")
    assert widths[view.has_tag("p")].tolist() == [4.0, 4.0, 2.0, 3.0]


@pytest.mark.parametrize("unit", ["{", "}", "a{", ".a{b", ".a,", ".", " ", "@media {", "a", "display:", "/*", "{}"])
def test_hostile_style_sheets(unit: str) -> None:
    sheet = (unit * 200_000)[:200_000]
    started = time.process_time()
    found = features_of(f"<style>{sheet}</style><style>{sheet}{{{sheet}</style><p class=a>word</p>")
    assert time.process_time() - started < 3
    assert all(np.isfinite(value) for value in found.values())


def test_style_sheets_are_read_up_to_a_limit() -> None:
    filling = "x" * style.MAX_STYLE_CHARS
    assert features_of(f"<style>{filling}</style><style>.a{{display:none}}</style><p class=a>word</p>")["hidden"] == 0.0
