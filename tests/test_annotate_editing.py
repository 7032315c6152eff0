"""Editing regions: whatever the steps, the regions say what the annotator sees, in the fewest words."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from boilerplate.annotate.editing import Editor, block_elements, fewest_regions, labels_within
from boilerplate.blocks import BlockTable, segment
from boilerplate.errors import UsageError
from boilerplate.labels import LABELS, UNKNOWN, Region, labels_from_regions, text_fingerprint, word_labels
from boilerplate.page import parse

ARTICLE, PROMO, FEED, CHROME = range(4)
PAGE = """<html><body>
<nav><a href=/>Home page</a><a href=/b>Second page</a></nav>
<main><h1>The title</h1><p>First words here.</p><div>Loose text of the box<p>A paragraph in the box</p>
<ul><li>One item</li><li>Two items</li></ul></div></main>
<footer>End of it</footer></body></html>"""


def table_of(html: str = PAGE) -> BlockTable:
    return segment(parse(html))


def editor_of(table: BlockTable, suggestion: int = CHROME) -> Editor:
    return Editor(table, {}, np.full(len(table), suggestion, dtype=np.int8))


def element(table: BlockTable, tag: str, number: int = 0) -> int:
    return [i for i, name in enumerate(table.tags) if name == tag][number]


def block(table: BlockTable, start: str) -> int:
    return next(i for i, text in enumerate(table.text) if text.startswith(start))


def test_a_label_holds_for_everything_inside_and_undo_brings_back_what_was_there() -> None:
    table = table_of()
    editor = editor_of(table)
    editor.label(element(table, "li"), FEED)
    editor.label(element(table, "main"), ARTICLE)
    assert editor.regions == {element(table, "main"): ARTICLE}
    assert [table.text[i] for i in np.flatnonzero(editor.block_labels() == UNKNOWN)] == [
        "Home page",
        "Second page",
        "End of it",
    ]
    editor.undo()
    assert editor.regions == {element(table, "li"): FEED}
    editor.redo()
    assert editor.regions == {element(table, "main"): ARTICLE}
    editor.label(element(table, "ul"), FEED)
    # What it would inherit anyway needs no region.
    editor.label(element(table, "ul"), ARTICLE)
    assert editor.regions == {element(table, "main"): ARTICLE}
    assert not editor.can_redo


def test_undo_and_redo_say_when_there_is_nothing() -> None:
    editor = editor_of(table_of())
    assert "nothing" in editor.undo()
    assert "nothing" in editor.redo()
    editor.label(1, FEED)
    # The same label again is no step.
    editor.label(1, FEED)
    editor.undo()
    assert not editor.can_undo


def test_text_beside_elements_is_labelled_alone() -> None:
    table = table_of()
    editor = editor_of(table, FEED)
    loose, paragraph = block(table, "Loose"), block(table, "A paragraph")
    editor.label(element(table, "main"), ARTICLE)
    assert editor.label_block(loose, PROMO) == ""
    labels = editor.block_labels()
    assert labels[loose] == PROMO
    assert labels[paragraph] == ARTICLE
    assert (labels == PROMO).sum() == 1
    # The box, and back to article for the two things in it.
    assert len(editor.regions) == 4
    # What was undecided beside it cannot stay so, and the annotator is told.
    editor = editor_of(table, FEED)
    assert "3 undecided" in editor.label_block(loose, PROMO)
    labels = editor.block_labels()
    assert labels[loose] == PROMO
    assert labels[paragraph] == FEED
    assert labels[block(table, "The title")] == UNKNOWN


def test_two_texts_directly_in_one_element_share_a_label() -> None:
    table = table_of("<body><div>First text<p>A paragraph</p>Second text, which is longer</div></body>")
    editor = editor_of(table, CHROME)
    editor.label(element(table, "div"), ARTICLE)
    editor.label_block(0, PROMO)
    assert editor.block_labels().tolist() == [PROMO, ARTICLE, PROMO]


def test_accepting_keeps_what_is_decided() -> None:
    table = table_of()
    suggestion = np.full(len(table), ARTICLE, dtype=np.int8)
    suggestion[[block(table, "Home"), block(table, "Second"), block(table, "End")]] = CHROME
    editor = Editor(table, {}, suggestion)
    editor.label(element(table, "li", 1), PROMO)
    assert editor.accept(element(table, "ul")) == ""
    assert editor.regions == {element(table, "ul"): ARTICLE, element(table, "li", 1): PROMO}
    assert editor.accept_all() == ""
    assert editor.regions == {
        element(table, "body"): CHROME,
        element(table, "main"): ARTICLE,
        element(table, "li", 1): PROMO,
    }
    assert "Nothing" in editor.accept(element(table, "ul"))
    assert "Nothing" in editor.accept_all()


def test_clearing_says_what_a_block_inherits() -> None:
    table = table_of()
    editor = editor_of(table)
    editor.label(element(table, "li"), FEED)
    assert editor.clear(element(table, "li")) == ""
    assert editor.regions == {}
    editor.label(element(table, "main"), ARTICLE)
    editor.label(element(table, "li"), FEED)
    assert "article" in editor.clear(element(table, "li"))
    with pytest.raises(UsageError, match="no such element"):
        editor.clear(table.n_elements)


def test_blocks_know_the_element_to_label() -> None:
    table = table_of()
    elements = block_elements(table)
    assert table.tags[elements[block(table, "Loose")]] == "div"
    assert table.tags[elements[block(table, "A paragraph")]] == "p"
    table = table_of("<body><p><a href=/>A linked paragraph</a></p><p>Text <b>in bold</b></p></body>")
    assert [table.tags[e] for e in block_elements(table)] == ["a", "p"]


def test_blocks_in_a_row_are_labelled_in_one_step_by_the_largest_elements_that_fit() -> None:
    table = table_of()
    editor = editor_of(table)
    editor.label_blocks(block(table, "Second page"), block(table, "First words"), PROMO)
    assert editor.regions == {
        element(table, "a", 1): PROMO,
        element(table, "h1"): PROMO,
        element(table, "p"): PROMO,
    }
    editor.label_blocks(block(table, "Home page"), block(table, "Two items"), FEED)
    assert editor.regions == {element(table, "nav"): FEED, element(table, "main"): FEED}
    editor.clear_blocks(block(table, "The title"), block(table, "Two items"))
    assert editor.regions == {element(table, "nav"): FEED}
    editor.accept_blocks(block(table, "Second page"), block(table, "The title"))
    assert editor.regions == {element(table, "nav"): FEED, element(table, "h1"): CHROME}
    for _ in range(4):
        editor.undo()
    assert editor.regions == {}
    assert not editor.can_undo
    # Text directly in an element beside others is labelled alone; a step that changes nothing is none.
    editor.label_blocks(block(table, "Loose text"), block(table, "A paragraph"), ARTICLE)
    assert [table.text[i][:5] for i in np.flatnonzero(editor.block_labels() == ARTICLE)] == ["Loose", "A par"]
    editor.label_blocks(block(table, "Loose text"), block(table, "A paragraph"), ARTICLE)
    editor.undo()
    assert not editor.can_undo


def test_a_block_without_a_counted_word_can_be_decided() -> None:
    table = table_of("<body><p>²</p><p>Words of a text</p></body>")
    editor = editor_of(table)
    editor.accept_all()
    assert UNKNOWN not in editor.block_labels()


# --- any page, any steps

_leaf = st.sampled_from(["tea", "milk and water", "中文字", "", " "])
_tree = st.recursive(
    _leaf,
    lambda inner: st.tuples(
        st.sampled_from(["div", "p", "span", "a", "ul", "section", "b"]), st.lists(inner, max_size=4)
    ),
    max_leaves=25,
)


def _html(node: object) -> str:
    if isinstance(node, str):
        return node
    assert isinstance(node, tuple)
    tag, inner = node
    return f"<{tag}>{''.join(_html(n) for n in inner)}</{tag}>"


_pages = st.lists(_tree, min_size=1, max_size=5).map(
    lambda nodes: f"<body>{''.join(map(_html, nodes))}<p>end</p></body>"
)
_steps = st.lists(
    st.tuples(
        st.sampled_from(["label", "label_block", "clear", "accept", "accept_all", "undo", "redo"]),
        st.integers(0, 10_000),
        st.integers(0, 3),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(html=_pages, steps=_steps, seed=st.integers(0, 2**32 - 1))
def test_what_is_written_is_what_training_reads(html: str, steps: list[tuple[str, int, int]], seed: int) -> None:
    table = table_of(html)
    suggestion = np.random.default_rng(seed).integers(0, 4, len(table)).astype(np.int8)
    editor = Editor(table, {}, suggestion)
    for name, number, label in steps:
        at, which = number % table.n_elements, number % len(table)
        before = editor.block_labels()
        match name:
            case "label":
                editor.label(at, label)
                inside = [b for b in range(len(table)) if at <= editor.element_of(b) < table.end[at]]
                assert all(editor.block_labels()[b] == label for b in inside)
            case "label_block":
                editor.label_block(which, label)
                after = editor.block_labels()
                assert after[which] == label
                # A decided block in another element keeps its label.
                top = int(table.inner[which])
                for b in np.flatnonzero(before != UNKNOWN):
                    if table.container[b] not in (top, table.container[which]):
                        assert after[b] == before[b]
            case "accept":
                editor.accept(at)
                after = editor.block_labels()
                assert np.array_equal(after[before != UNKNOWN], before[before != UNKNOWN])
            case "accept_all":
                editor.accept_all()
                assert UNKNOWN not in editor.block_labels()
            case "clear":
                editor.clear(at)
            case "undo":
                editor.undo()
            case "redo":
                editor.redo()
    elements = list(table.page.root.iter("*"))
    regions = [
        Region(table.xpath(e), LABELS[label], text_fingerprint(elements[e])) for e, label in editor.regions.items()
    ]
    node_label, mismatches = labels_from_regions(table, regions)
    assert mismatches == []
    assert np.array_equal(word_labels(table, node_label)[0], editor.block_labels())
    while editor.can_undo:
        editor.undo()
    assert editor.regions == {}


@settings(max_examples=60, deadline=None)
@example(
    html="<body>tea<span><div>tea</div>tea</span>milk and water<p>end</p></body>", number=1, length=1, label=0
).via("a block that goes on behind the element that holds the one before it")
@given(html=_pages, number=st.integers(0, 10_000), length=st.integers(0, 8), label=st.integers(0, 3))
def test_blocks_in_a_row_get_their_label_and_others_keep_theirs(
    html: str, number: int, length: int, label: int
) -> None:
    table = table_of(html)
    editor = editor_of(table, FEED)
    editor.accept(element(table, "body"))
    first = number % len(table)
    last = min(first + length, len(table) - 1)
    editor.label_blocks(first, last, label)
    after = editor.block_labels()
    assert all(after[first : last + 1] == label)
    # Text directly in one element cannot have two labels.
    near = set(table.container[first : last + 1]) | set(table.inner[first : last + 1])
    assert all(after[b] == FEED for b in range(len(table)) if not first <= b <= last and table.container[b] not in near)
    if label != FEED:
        editor.undo()
        assert set(editor.block_labels()) == {FEED}


@settings(max_examples=60, deadline=None)
@given(html=_pages, seed=st.integers(0, 2**32 - 1))
def test_no_smaller_set_of_regions_says_the_same(html: str, seed: int) -> None:
    table = table_of(html)
    if table.n_elements > 8:
        return
    random = np.random.default_rng(seed)
    # Labels that regions can say: those of some regions.
    wanted = labels_within(table, {i: int(random.integers(0, 3)) for i in range(0, table.n_elements, 2)} | {0: 0})
    nodes = wanted[table.node_owner]
    found = fewest_regions(table, 0, nodes, np.ones(len(nodes), dtype=np.int64))
    use = table.node_block >= 0
    assert np.array_equal(labels_within(table, found)[table.node_owner][use], nodes[use])
    for size in range(1, len(found)):
        for chosen in itertools.combinations(range(table.n_elements), size):
            for labels in itertools.product(range(3), repeat=size):
                other = labels_within(table, dict(zip(chosen, labels, strict=True)))[table.node_owner]
                assert not np.array_equal(other[use], nodes[use])
