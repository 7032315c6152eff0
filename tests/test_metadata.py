"""Metadata: each source alone, which of them wins, and what none may be taken for."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate import LabelledPage
from boilerplate.blocks import segment
from boilerplate.labelled import assemble
from boilerplate.metadata import Metadata
from boilerplate.model.model import Prediction
from boilerplate.page import parse


def labelled(html: str, url: str | None = None) -> LabelledPage:
    """A page whose blocks are all main text."""
    table = segment(parse(html, url=url))
    labels = np.tile([0.97, 0.01, 0.01, 0.01], (len(table), 1))
    return assemble(table, Prediction(labels, np.full(len(table), 0.9)))


def read(html: str, url: str | None = None) -> Metadata:
    """Its metadata."""
    return labelled(html, url).metadata


def meta(**values: str) -> str:
    return "".join(f'<meta name="{name.replace("__", ":")}" content="{value}">' for name, value in values.items())


def json_ld(**values: object) -> str:
    item = {"@context": "https://schema.org", "@type": "NewsArticle", **values}
    return f'<script type="application/ld+json">{json.dumps(item)}</script>'


BODY = "<p>Tea is brewed from leaves, and some people drink it with milk.</p>"


@pytest.mark.parametrize(
    ("html", "title", "source"),
    [
        ("<title>Tea - The Leaf</title><h1>Tea</h1>", "Tea", "blocks"),
        ("<title>Tea and milk | The Leaf</title><h2>Other</h2>", "Tea and milk | The Leaf", "html"),
        ("<title>How to make tea and milk | The Leaf</title>", "How to make tea and milk", "html"),
        (meta(og__site_name="The Leaf") + "<title>Tea | The Leaf</title>", "Tea", "html"),
        ("<title>| The Leaf of tea</title>", "The Leaf of tea", "html"),
        (meta(og__title="Tea and milk |"), "Tea and milk", "open-graph"),
        (json_ld(headline="Tea &amp; milk"), "Tea & milk", "json-ld"),
        (meta(og__title="Tea") + "<title>x</title>", "Tea", "open-graph"),
        (meta(citation_title="Tea"), "Tea", "meta"),
        # The site's name is a heading too, and so is a slogan.
        (
            "<title>Good tea with milk - The Leaf</title><h1>The Leaf</h1><h1>Good tea with milk</h1>",
            "Good tea with milk",
            "blocks",
        ),
        ("<title>Tea and milk</title><h1>Clarity, finally.</h1>", "Tea and milk", "html"),
        ("<title>港の朝</title><h1><ruby>港<rt>みなと</rt></ruby>の朝</h1>", "港の朝", "blocks"),
        ("<svg><title>icon</title></svg><h1>Tea</h1>", "Tea", "blocks"),
        ("<title>ชาใส่นมร้อนในเมืองเหนือ | ข่าวเช้า</title>", "ชาใส่นมร้อนในเมืองเหนือ", "html"),
    ],
)
def test_title(html: str, title: str, source: str) -> None:
    found = read(html + BODY)
    assert (found.title, found.sources["title"]) == (title, source)


def test_site_in_the_head_of_the_page() -> None:
    page = labelled("<title>‘Tea’ found - The Leaf Library</title><h1>The Leaf Library</h1>" + BODY)
    head = replace(page.blocks[0], label="chrome", is_main=False)
    assert replace(page, blocks=(head, *page.blocks[1:])).metadata.title == "‘Tea’ found"


@pytest.mark.parametrize(
    ("html", "authors", "source"),
    [
        (json_ld(author={"@type": "Person", "name": "Ada Byron"}), ["Ada Byron"], "json-ld"),
        (json_ld(author=[{"name": "Ada Byron"}, "Jane Doe"]), ["Ada Byron", "Jane Doe"], "json-ld"),
        (meta(author="By Ada Byron and Jane Doe"), ["Ada Byron", "Jane Doe"], "meta"),
        (meta(author="Ada Byron (with Jane Doe, John Roe) and Max Moe"), ["Ada Byron", "Max Moe"], "meta"),
        (meta(author="adabyron (Ada)"), ["adabyron (Ada)"], "meta"),
        (meta(author="Von: Ada Byron"), ["Ada Byron"], "meta"),
        (meta(author="记者 王小溪"), ["王小溪"], "meta"),
        (meta(citation_author="Byron, Ada"), ["Ada Byron"], "meta"),
        (meta(article__author="https://www.facebook.com/ada") + meta(author="Ada Byron"), ["Ada Byron"], "meta"),
        (meta(article__author="Ada Byron"), ["Ada Byron"], "open-graph"),
        ("<p itemprop=author>Ada Byron</p><p itemprop=author>Jane Doe</p>", ["Ada Byron"], "microdata"),
        ("<a rel=author href=/ada>Ada Byron</a>", ["Ada Byron"], "html"),
        ("<p class=byline>By <a>Ada Byron</a>, <a>Jane Doe</a></p>", ["Ada Byron", "Jane Doe"], "html"),
        ("<p class=byline><a>Ada Byron</a> <span>March 12</span></p>", ["Ada Byron"], "html"),
        ("<p class=author>Роман Дзюба, кореспондент</p>", ["Роман Дзюба"], "html"),
        # Not the site, if there is somebody else.
        (json_ld(author="The Leaf") + meta(og__site_name="The Leaf", author="Ada Byron"), ["Ada Byron"], "meta"),
        (json_ld(author="The Leaf") + meta(og__site_name="The Leaf"), ["The Leaf"], "json-ld"),
    ],
)
def test_authors(html: str, authors: list[str], source: str) -> None:
    found = read(html + BODY)
    assert (list(found.authors), found.sources["authors"]) == (authors, source)


@pytest.mark.parametrize(
    "html",
    [
        meta(author="admin"),
        meta(author="https://example.org/ada"),
        meta(author="ada@example.org"),
        "<p class=byline>Updated March 13</p>",
        "<p class=photo-author>Ada Byron (Foto: Jane Doe / Agency)</p>",
        "<p class=byline>Written by</p>",
        "<form><p class=comment-form-author><label for=author>Name</label><input id=author></p></form>",
        "<div class=author>" + "long text about somebody " * 9 + "</div>",
    ],
)
def test_no_authors(html: str) -> None:
    assert read(html + BODY).authors == ()


@pytest.mark.parametrize(
    ("html", "published", "source"),
    [
        (json_ld(datePublished="2024-05-06T10:00:00+02:00"), "2024-05-06", "json-ld"),
        (meta(article__published_time="2024-05-06"), "2024-05-06", "meta"),
        (meta(pubdate="20240506"), "2024-05-06", "meta"),
        (meta(date="Mon, 06 May 2024 08:00:00 GMT"), "2024-05-06", "meta"),
        ("<time itemprop=datePublished datetime=2024-05-06>6 May</time>", "2024-05-06", "microdata"),
        ("<time class=entry-date datetime=2024-05-06>6 May</time>", "2024-05-06", "html"),
        ("<h1>Tea</h1><p>Ada Byron, 6 May 2024</p>", "2024-05-06", "blocks"),
        ("<html lang=es><h1>Té</h1><p>3 de marzo de 2024 · Actualizado a las 11:20</p>", "2024-03-03", "blocks"),
        ("<html lang=hi><h1>चाय</h1><p>8 जनवरी 2024</p>", "2024-01-08", "blocks"),
        ("<html lang=bn><h1>চা</h1><p>প্রকাশ: ২৯ মে ২০২৪, ০৭:৩০</p>", "2024-05-29", "blocks"),
        ("<html lang=ja><h1>茶</h1><p>2024年3月5日</p>", "2024-03-05", "blocks"),
        ("<html lang=th><h1>ชา</h1><p>12 สิงหาคม 2567 เวลา 07:35</p>", "2024-08-12", "blocks"),
        ("<html lang=pl><h1>Herbata</h1><p>05.03.2024, 8:40</p>", "2024-03-05", "blocks"),
        # Of two beside each other the first is that of publication.
        ("<h1>Tea</h1><p>Published March 5, 2024, updated March 9, 2024</p>", "2024-03-05", "blocks"),
    ],
)
def test_published(html: str, published: str, source: str) -> None:
    found = read(html + BODY)
    assert (found.published, found.sources["published"]) == (published, source)


def test_date_of_an_address() -> None:
    found = read(BODY, url="https://example.org/2024/05/06/tea.html")
    assert (found.published, found.sources["published"]) == ("2024-05-06", "url")


@pytest.mark.parametrize(
    "html",
    [
        "<footer>© 2024 The Leaf</footer>",
        json_ld(datePublished="2024-13-45"),
        json_ld(datePublished="soon"),
        json_ld(datePublished="1066-10-14"),
        json_ld(datePublished=["", None, 7]),
        meta(date="2999-01-01"),
    ],
)
def test_no_date(html: str) -> None:
    assert read(BODY + html).published == ""


def test_what_is_declared_wins_over_what_is_shown() -> None:
    found = read(json_ld(datePublished="2024-05-06") + "<h1>Tea</h1><p>1 January 2020</p>" + BODY)
    assert found.published == "2024-05-06"


def test_a_date_in_a_feed_is_not_the_page_s() -> None:
    page = labelled("<html lang=en><h1>Tea</h1><p>Old story 5 March 2020</p>" + BODY)
    page = replace(page, blocks=(page.blocks[0], replace(page.blocks[1], label="feed"), *page.blocks[2:]))
    assert page.metadata.sources.get("published") != "blocks"


def test_the_others() -> None:
    found = read(
        '<html lang="pt_BR"><link rel=canonical href=/tea><base href=https://example.org/x/>'
        + meta(
            og__site_name="The Leaf",
            og__description="On tea",
            og__image="/tea.jpg",
            og__type="article",
            article__modified_time="2024-06-07T00:00:00Z",
            date="2024-05-06",
        )
        + BODY
    )
    assert found.to_dict() == {
        "title": "",
        "authors": [],
        "published": "2024-05-06",
        "modified": "2024-06-07",
        "language": "pt-BR",
        "site_name": "The Leaf",
        "description": "On tea",
        "canonical_url": "https://example.org/tea",
        "image": "https://example.org/tea.jpg",
        "page_type": "article",
        "sources": {
            "published": "meta",
            "modified": "meta",
            "language": "html",
            "site_name": "open-graph",
            "description": "open-graph",
            "canonical_url": "link",
            "image": "open-graph",
            "page_type": "open-graph",
        },
    }


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.sampled_from(["2024-05-06", "@graph", "#a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["@type", "@id", "@graph", "name", "author", "headline", "datePublished", "image", "url"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(VALUES, VALUES)
@settings(max_examples=40, deadline=None)
def test_any_json_is_read(author: object, graph: object) -> None:
    found = read(json_ld(author=author, headline=graph, datePublished=graph, image=author, publisher=graph) + BODY)
    assert all(isinstance(value, str) for name, value in found.to_dict().items() if name not in ("authors", "sources"))


def test_nested_and_huge_json_takes_no_time() -> None:
    deep = '<script type="application/ld+json">' + '{"@graph": [' * 50_000 + "</script>"
    assert read(deep + json_ld(headline="Tea") + BODY).title == "Tea"
