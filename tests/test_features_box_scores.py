"""Scores of whole boxes: what is read of their elements and words, that it is linear, and that it tells."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate import features
from boilerplate.blocks import segment
from boilerplate.features import SCORERS, box_scores, containers
from boilerplate.features.box_scores import BOX_SCORERS, BoxInput, element_tokens
from boilerplate.features.hashing import HashedWeights, buckets, hash_tokens
from boilerplate.features.scores import OUTPUTS
from boilerplate.features.view import PageView
from boilerplate.page import parse

FILL = "<p>" + "many words that fill the page " * 40 + "</p>"
FORM = (
    '<div class="signUp box-7" data-slot="a"><h4>News</h4><form action="https://mail.list.example/x">'
    '<input type="email" placeholder="Your address"><button>Go</button></form></div>'
)


def reading_of(html: str) -> tuple[features.PageReading, list[str]]:
    table = segment(parse(f"<html><body>{html}</body></html>".encode()))
    return features.read(table), table.text


def bucket(token: str) -> int:
    return int(buckets(hash_tokens([token]), BOX_SCORERS["box_markup"])[0])


def weights_for(tokens: list[str]) -> dict[str, HashedWeights]:
    """Weights of one for each token of markup, of the output ``promo`` alone."""
    weights = {
        name: HashedWeights(np.zeros((1 << bits, len(OUTPUTS)), dtype=np.int8), np.ones(len(OUTPUTS), dtype=np.float32))
        for name, bits in SCORERS.items()
    }
    for token in tokens:
        weights["box_markup"].values[bucket(token), OUTPUTS.index("promo")] = 1
    return weights


def test_tokens_of_an_element() -> None:
    tokens = element_tokens(
        "iframe",
        {"class": "adSlot top-300", "src": "//ads.Network.example:80/x?y", "data-ad-client": "7", "width": "3"},
    )
    assert tokens == {
        *("<iframe", "ad", "slot", "top", "=adslot", "=top-", "data-ad-client", "@iframe.network.example:80")
    }


def tokens_read(html: str) -> list[tuple[set[int], set[int]]]:
    """For each element the hashed tokens that are read of it, and those that it has."""
    view = PageView(segment(parse(html.encode("utf-8", "surrogatepass"))))
    made, table = box_scores._read_items(view), view.table
    found = []
    for element, (tag, attributes) in enumerate(zip(table.tags, table.attributes, strict=True)):
        items = made.item[made.first_item[element] : made.first_item[element + 1]]
        read = {token for k in items for token in made.token[made.first_token[k] : made.first_token[k + 1]].tolist()}
        found.append((read, {bucket(token) for token in element_tokens(tag, attributes)}))
    return found


def test_what_is_read_of_a_page_are_the_tokens_of_its_elements() -> None:
    for read, expected in tokens_read(f"<body>{FILL}{FORM}<p class='Box-7 signUp' id=x>a<p id=Box-7>b<a href=/x>c"):
        assert read == expected


NAMES = st.text(st.sampled_from("aBcZé漢İΣ09 -_:\t\n"), max_size=50)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("p", "iframe", "x-y", "form")),
            st.dictionaries(
                st.sampled_from(("class", "id", "name", "data-x", "data-src", "href", "src", "action", "width")),
                NAMES | st.sampled_from(("//a.b.example/x", "https://Shop.example", "/here", "http:")),
            ),
        ),
        max_size=8,
    )
)
@settings(max_examples=100, deadline=None)
def test_tokens_read_at_once_are_those_of_each_element(elements: list[tuple[str, dict[str, str]]]) -> None:
    html = ""
    for tag, attributes in elements:
        html += f"<{tag} " + " ".join(f'{name}="{value}"' for name, value in attributes.items()) + f">text</{tag}>"
    for read, expected in tokens_read(f"<body>{html}"):
        assert read == expected


def test_addresses_on_the_site_itself_and_none() -> None:
    assert "@a" in element_tokens("a", {"href": "/news"})
    assert not any(t.startswith("@") for t in element_tokens("a", {"name": "x"}))


@pytest.mark.parametrize("value", ["", " ", "\ud800", "é" * 500, "漢字 かな", "a" * 100_000])
def test_any_name_gives_tokens(value: str) -> None:
    tokens = element_tokens("div", {"class": value, "id": value})
    assert all(0 < len(token) <= 200 for token in tokens)


def test_elements_that_hold_no_text_count() -> None:
    reading, texts = reading_of(FILL + FORM + FILL)
    scores = box_scores.compute(
        reading.boxes, reading.scores.inputs["words"], weights_for(["email", "@form.list.example"])
    )
    promo = scores["box_markup_part20_promo"]
    at = texts.index("News")
    assert promo[at] > 0.0
    assert promo[texts.index("Go")] == promo[at]
    assert promo[0] == 0.0
    assert (scores["box_markup_part20_feed"] == 0.0).all()


def test_a_token_counts_once_a_box() -> None:
    once, _ = reading_of(FILL + "<div><p>a</p><i class=zz>b</i></div>" + FILL)
    often, _ = reading_of(FILL + f"<div><p>a</p>{'<i class=zz>b</i>' * 7}</div>" + FILL)
    weights = weights_for(["zz"])
    found = [
        box_scores.compute(r.boxes, r.scores.inputs["words"], weights)["box_markup_part20_promo"].max()
        for r in (once, often)
    ]
    assert found[0] == pytest.approx(found[1])


def test_words_of_a_box_are_the_scaled_sum_of_its_blocks() -> None:
    reading, texts = reading_of(FILL + "<div><p>first words</p><p>second words</p></div>" + FILL)
    rng = np.random.default_rng(0)
    weights = {
        name: HashedWeights.rounded(rng.normal(size=(1 << bits, len(OUTPUTS))).astype(np.float32))
        for name, bits in BOX_SCORERS.items()
    }
    scores = box_scores.compute(reading.boxes, reading.scores.inputs["words"], weights)
    at = texts.index("first words")
    own = scores["box_words_own_feed"][at : at + 2]
    assert scores["box_words_part20_feed"][at] == pytest.approx(own.sum() / np.sqrt(2.0))


def test_boxes_of_a_family_do_not_overlap_where_they_are_small() -> None:
    view = PageView(segment(parse(f"<body>{FILL}{FORM * 5}{FILL}</body>".encode())))
    boxes = containers.containers(view)
    for family in box_scores.FAMILIES:
        elements = np.unique(boxes[family])
        small = elements[view.subtree_chars[elements] < 0.05 * view.chars.sum()]
        assert (view.table.end[small][:-1] <= small[1:]).all()


def test_no_block_no_box() -> None:
    reading, _ = reading_of("")
    assert len(reading) == 0
    assert len(reading.boxes.first) == 0
    scores = box_scores.compute(reading.boxes, reading.scores.inputs["words"], weights_for([]))
    assert all(column.shape == (0,) for column in scores.values())


def read_seconds(html: str) -> tuple[float, BoxInput]:
    view = PageView(segment(parse(html.encode())))
    boxes = containers.containers(view)
    _ = view.subtree_chars
    best, result = np.inf, None
    for _ in range(3):
        started = time.process_time()
        result = box_scores.read_boxes(view, boxes)
        best = min(best, time.process_time() - started)
    assert result is not None
    return best, result


@pytest.mark.parametrize(
    "page",
    [
        lambda n: f"<body>{'<div class=a><p>words here</p></div>' * n}",
        # Every container is larger than the share and holds all that follow.
        lambda n: f"<body>{'<div class=a>word' * min(n, 1800)}<p>{'long ' * n}",
    ],
)
def test_reading_is_linear(page) -> None:  # type: ignore[no-untyped-def]
    small, _ = read_seconds(page(1_000))
    large, _ = read_seconds(page(10_000))
    assert large < 30.0 * small + 0.05
