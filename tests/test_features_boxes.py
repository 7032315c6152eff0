"""Features of the boxes around a block, of its neighbours, of the whole page, and the learned scores."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate import features
from boilerplate.blocks import segment
from boilerplate.features import SCORERS, containers, document, neighbours, scores
from boilerplate.features.hashing import HashedWeights, hash_texts
from boilerplate.features.scores import OUTPUTS
from boilerplate.features.view import PageView
from boilerplate.page import parse

RNG = np.random.default_rng(0)
WEIGHTS = {
    name: HashedWeights.rounded(RNG.normal(size=(1 << bits, len(OUTPUTS))).astype(np.float32))
    for name, bits in SCORERS.items()
}


def view_of(html: str, url: str | None = None) -> PageView:
    return PageView(segment(parse(html, url=url)))


def features_of(html: str, text: str = "word", url: str | None = None) -> dict[str, float]:
    table = segment(parse(html, url=url))
    row = features.first_matrix(features.read(table), WEIGHTS)[table.text.index(text)]
    return dict(zip(features.FIRST_NAMES, row.tolist(), strict=True))


LONG = "x" * 120
PAGE = f"""<body><div class=a><p>word</p><p><a href=x>link</a></p></div><div class=a><p>{LONG}.</p></div>
<section><p>abcd</p></section></body>"""
TOTAL = 4 + 4 + 121 + 4


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (PAGE, {"box0_log_chars": np.log1p(4), "box1_log_chars": np.log1p(8), "box2_log_chars": np.log1p(TOTAL)}),
        (PAGE, {"box0_text_share": 4 / TOTAL, "box1_text_share": 8 / TOTAL, "box6_text_share": 1.0}),
        (PAGE, {"box0_link_share": 0.0, "box1_link_share": 0.5, "box2_link_share": 4 / TOTAL}),
        (PAGE, {"box0_log_blocks": np.log1p(1), "box1_log_blocks": np.log1p(2), "box2_log_blocks": np.log1p(4)}),
        (PAGE, {"box1_chars_per_block": np.log1p(4), "box2_sentences_per_block": np.log1p(1 / 4)}),
        (PAGE, {"box1_long_text_share": 0.0, "box2_long_text_share": 121 / TOTAL}),
        (PAGE, {"box2_paragraph_share": 1.0, "box1_place": 0.0}),
        (PAGE, {"box0_alike_siblings": np.log1p(1), "box0_place_among_alike": 0.0}),
        (PAGE, {"box1_alike_siblings": np.log1p(1), "box2_alike_siblings": 0.0}),
        (PAGE, {"part05_text_share": 4 / TOTAL, "part20_text_share": 8 / TOTAL, "part90_text_share": 8 / TOTAL}),
        (PAGE, {"levels_to_part20": 1.0, "levels_to_part50": 1.0}),
        (PAGE, {"path_log_count": np.log1p(2), "path_text_share": (4 + 121) / TOTAL}),
        (PAGE, {"path_chars_per_block": np.log1p(125 / 2), "path_link_share": 0.0}),
        (PAGE, {"path_deviation": np.std(np.log1p([4, 121]))}),
        (PAGE, {"tags_log_count": np.log1p(2), "tags_text_share": 125 / TOTAL}),
        ("<p>a</p><p>b</p><p>word</p>", {"box1_place": 2 / 3, "box0_place_among_alike": 2 / 3}),
        ("<div><p>a</p></div><p>word</p><p>b</p>", {"levels_to_previous": 1.0, "levels_to_next": 1.0}),
        ("<div><p>word</p></div><p>b</p>", {"levels_to_previous": 20.0, "levels_to_next": 2.0}),
        ("<p class=x>a</p><p>word</p><p>b</p>", {"same_path_previous": 0.0, "same_path_next": 1.0}),
        ("<p>word</p>", {"same_path_previous": 0.0, "same_path_next": 0.0}),
        ("<p>ab</p><p>word</p><p><a href=x>abc</a></p>", {"log_chars_previous1": np.log1p(2)}),
        ("<p>ab</p><p>word</p><p><a href=x>abc</a></p>", {"log_chars_next1": np.log1p(3)}),
        ("<p>ab</p><p>word</p><p><a href=x>abc</a></p>", {"link_share_next1": 1.0, "link_share_next2": -1.0}),
        ("<p>ab</p><p>word</p><p><a href=x>abc</a></p>", {"link_share_around3": 1 / 3, "tag_p_around8": 1.0}),
        ("<h2>ab</h2><p>word</p>", {"heading_level_previous1": 2.0, "heading_level_next1": -1.0}),
    ],
)
def test_boxes_and_neighbours(html: str, expected: dict[str, float]) -> None:
    found = features_of(html)
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-5)


LD = '<script type="application/ld+json">{}</script>'


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>word</p><p>ab</p>", {"page_log_blocks": np.log1p(2), "page_log_chars": np.log1p(6)}),
        ("<p>word</p><a href=x><p>abcd</p></a>", {"page_link_share": 0.5, "page_chars_per_block": np.log1p(4)}),
        (f"<p>word</p><p>{'x' * 116}</p>", {"page_long_text_share": 116 / 120, "page_paragraph_share": 1.0}),
        ("<p>word</p><p>אבגד</p>", {"page_uncased_share": 0.5}),
        ("<p>word</p><p>a.b.</p>", {"page_sentence_density": 10.0}),
        ("<h1>a</h1><h1>b</h1><p>word</p>", {"page_h1": 2.0}),
        ("<article></article><form></form><p>word</p>", {"page_articles": np.log1p(1), "page_forms": np.log1p(1)}),
        ("<ul><li>abcd</ul><p>word</p>", {"page_lists": 0.5}),
        ("<table><tr><td>abcd</table><p>word</p>", {"page_cells": 0.5}),
        ("<p>word</p>", {"page_path_depth": -1.0, "page_declares_article": 0.0}),
        ("<link rel=canonical href='https://x.example/a/b/'><p>word</p>", {"page_path_depth": 2.0}),
        ("<meta property=og:url content='https://x.example/a'><p>word</p>", {"page_path_depth": 1.0}),
        ("<meta property=og:type content=article><p>word</p>", {"page_declares_article": 1.0}),
        (LD.format('{"@type": ["NewsArticle"]}') + "<p>word</p>", {"page_declares_article": 1.0}),
        (LD.format('{"@type" :\n"Product"}') + "<p>word</p>", {"page_declares_product": 1.0}),
        (LD.format('{"@type":"ItemList"}') + "<p>word</p>", {"page_declares_list": 1.0}),
        (LD.format('{"@type":"QAPage"}') + "<p>word</p>", {"page_declares_discussion": 1.0}),
        (LD.format('{"@type": 5, "@type"') + "<p>word</p>", {"page_declares_article": 0.0}),
        ("<title>The Word here</title><p>word</p>", {"title_in_block": 1 / 3, "block_in_title": 1.0}),
        ("<meta property=og:title content='word up'><title>x</title><p>word</p>", {"title_in_block": 0.5}),
        ("<meta name=description content='a word'><p>word</p>", {"block_in_description": 1.0}),
        ("<h1>My word</h1><p>word</p>", {"block_in_h1": 1.0, "block_in_title": 0.0}),
    ],
)
def test_features_of_the_page(html: str, expected: dict[str, float]) -> None:
    found = features_of(html)
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-5)


def test_the_address_given_goes_first() -> None:
    page = "<link rel=canonical href='https://x.example/a/b/'><p>word</p>"
    assert features_of(page, url="https://x.example/")["page_path_depth"] == 0.0


@pytest.mark.parametrize(
    "script",
    [
        '"@type":' + " " * 60_000,
        '"@type"' + " " * 60_000,
        '"@type":[' * 10_000,
        '"@type": ' * 10_000,
        '"@type":"' + "x" * 60_000,
        "{" * 60_000,
        "]]]}}}",
        "\\ud800" * 1000,
    ],
)
def test_json_ld_that_is_none(script: str) -> None:
    started = time.process_time()
    assert features_of(LD.format(script) + "<p>word</p>")["page_declares_article"] == 0.0
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("tag", "attributes", "name"),
    [
        ("div", {}, "div"),
        ("div", {"class": "relatedPosts  grid_2"}, "div related posts grid 2"),
        ("p", {"id": "x", "class": "a-b"}, "p a b x"),
        ("p", {"data-ad-slot": "99", "style": "x"}, "p ad slot"),
        ("a", {"rel": "nofollow", "href": "/x"}, "a nofollow"),
        ("p", {"class": "статья"}, "p статья"),
    ],
)
def test_names_of_elements(tag: str, attributes: dict[str, str], name: str) -> None:
    assert scores.element_name(tag, attributes) == name


def test_names_are_short() -> None:
    hostile = {"class": "aB" * 100_000, "data-" + "x" * 100_000: "", "id": "-" * 100_000}
    assert len(scores.element_name("p", hostile)) <= 240


def score(scorer: str, text: str, **options: int) -> np.ndarray:
    hashed = hash_texts([text], bits=SCORERS[scorer], **({"lengths": (4,)} | options if options else {}))
    return hashed.scores(WEIGHTS[scorer])[0]


ATTRIBUTES = st.dictionaries(
    st.sampled_from(("class", "id", "rel", "title", "data-a", "data-b", "href")),
    st.sampled_from(("", "x", "aB y", "z")),
)


@given(st.lists(st.tuples(st.sampled_from(("p", "div", "li")), ATTRIBUTES), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_every_element_is_read_by_its_own_name(elements: list[tuple[str, dict[str, str]]]) -> None:
    written = (f"<{tag} {' '.join(f'{k}={v!r}' for k, v in attributes.items())}>word" for tag, attributes in elements)
    table = segment(parse("".join(written)))
    names = features.read(table).scores.inputs["names"]
    rows = names.rows(WEIGHTS["names"])
    assert (names.which >= 0).all()
    for row, tag, attributes in zip(rows, table.tags, table.attributes, strict=True):
        expected = scores.hash_for("names", [scores.element_name(tag, attributes)]).scores(WEIGHTS["names"])[0]
        np.testing.assert_array_equal(row, expected)


def test_scores_are_of_what_they_say() -> None:
    page = """<body class=top><div class=mid><h2 class=head>A heading</h2><p class=par>word</p>
    <p><a href=/there rel=tag>other words</a></p></div></body>"""
    found = features_of(page)
    names = {
        text: score("names", text, head=240, tail=0) for text in ("html", "body top", "div mid", "p par", "h2 head")
    }
    path = ["html", "body top", "div mid", "p par"]
    expected = {
        "words": score("words", "word"),
        "name_own": names["p par"],
        "name_box": names["p par"],
        "name_up1": names["div mid"],
        "name_up2": names["body top"],
        "name": sum(names[n] * scores.NAME_DECAY**k for k, n in enumerate(reversed(path))),
        "name_highest": np.max([names[n] for n in path], axis=0),
        "name_lowest": np.min([names[n] for n in path], axis=0),
        "target": np.zeros(len(OUTPUTS)),
        "heading_words": score("words", "A heading"),
        "first_words": score("words", "A heading"),
        "box2_words": (
            2 * score("words", "A heading") + score("words", "word") + 2 * score("words", "other words")
        ) / 5,
    }  # fmt: skip
    above = hash_texts(["A heading"], bits=SCORERS["above"]).scores(WEIGHTS["above"])[0]
    for name, values in (expected | {"above": above}).items():
        assert [found[f"{name}_{o}"] for o in OUTPUTS] == pytest.approx(values.tolist(), abs=1e-4), name
    link = features_of(page, "other words")
    target = hash_texts(["/there tag "], bits=SCORERS["target"], lengths=(4,), head=200, tail=40)
    assert [link[f"target_{o}"] for o in OUTPUTS] == pytest.approx(target.scores(WEIGHTS["target"])[0].tolist())
    assert [link[f"words_{o}_previous1"] for o in ("article",)] == pytest.approx([found["words_article"]])


@given(st.lists(st.sampled_from(["<div>x", "</div>", "<p class=a>y</p>", "<b>z</b>"]), max_size=20))
@settings(max_examples=40, deadline=None)
def test_scores_along_paths_equal_a_slow_climb(pieces: list[str]) -> None:
    view = view_of("x" + "".join(pieces))
    reading = features.read(view.table).scores
    values = RNG.normal(size=(view.table.n_elements, 2))
    total, high, low = scores._along_paths(reading, values)
    for element in range(view.table.n_elements):
        chain = view.table.ancestors(element)
        decay = scores.NAME_DECAY ** np.arange(len(chain))
        np.testing.assert_allclose(total[element], (values[chain] * decay[:, None]).sum(axis=0))
        assert high[element].tolist() == values[chain].max(axis=0).tolist()
        assert low[element].tolist() == values[chain].min(axis=0).tolist()


@pytest.mark.parametrize("n", [0, 1, 2, 5, 50])
def test_neighbours_equal_a_slow_loop(n: int) -> None:
    names = {*neighbours._AT_OFFSET, *neighbours._IN_WINDOW}
    columns = {name: RNG.normal(size=n) for name in names}
    found = neighbours.compute(columns)
    assert set(found) == set(neighbours.DESCRIPTIONS)
    for name, missing in neighbours._AT_OFFSET.items():
        for k in neighbours.OFFSETS:
            expected = [columns[name][i + k] if 0 <= i + k < n else missing for i in range(n)]
            assert found[f"{name}_{'next' if k > 0 else 'previous'}{abs(k)}"].tolist() == expected
    for name in neighbours._IN_WINDOW:
        for w in neighbours.WINDOWS:
            expected = [columns[name][max(i - w, 0) : i + w + 1].mean() for i in range(n)]
            assert found[f"{name}_around{w}"].tolist() == pytest.approx(expected)


def test_names_that_several_features_would_share() -> None:
    groups = (containers.DESCRIPTIONS, document.DESCRIPTIONS, scores.DESCRIPTIONS, neighbours.DESCRIPTIONS)
    assert len({name for group in groups for name in group}) == sum(map(len, groups))
