"""Features of links: which link a block has, and what its address says."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate.blocks import segment
from boilerplate.features import links
from boilerplate.features.view import PageView
from boilerplate.page import parse

URL = "https://www.news.example/world/2024/story-one?id=7"


def features_of(html: str, text: str = "word", url: str | None = URL) -> dict[str, float]:
    view = PageView(segment(parse(html, url=url)))
    row = view.table.text.index(text)
    columns = links.compute(view, links.nearest_link(view))
    return {name: float(values[row]) for name, values in columns.items()}


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>word</p>", {"link_share": 0.0, "link_here": 0.0, "links": 0.0, "is_one_link": 0.0}),
        ("<p><a href=/x>word</a></p>", {"link_share": 1.0, "link_here": 1.0, "links": np.log1p(1)}),
        ("<p><a href=/x>word</a></p>", {"is_one_link": 1.0}),
        ("<a href=/x><p>word</p></a>", {"link_here": 1.0, "link_share": 1.0}),
        ("<p><a>word</a></p>", {"link_share": 0.0, "link_here": 0.0}),
        ("<p><a href=/x>wo</a>rd</p>", {"link_share": 0.5, "is_one_link": 0.0, "link_here": 1.0}),
        ("<p><a href=/x>w</a><a href=/y>o</a>rd</p>", {"links": np.log1p(2), "link_share": 0.5}),
        ("<p><a href=/x><img src=i>word</a></p>", {"link_image": 1.0}),
        ("<p><a href=/x>word</a></p><a href=/x>b</a>", {"link_repeats": np.log(2)}),
        ("<p>w<a href='/a/b'>o</a><a href='/c'>rd</a></p>", {"link_depth": 1.0}),
    ],
)
def test_links_of_a_block(html: str, expected: dict[str, float]) -> None:
    found = features_of(html)
    assert {name: found[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("href='https://other.example/a'", {"link_other_site": 1.0, "link_same_section": 0.0}),
        ("href='https://sport.news.example/a'", {"link_other_site": 0.0}),
        ("href='//cdn.example/a'", {"link_other_site": 1.0}),
        ("href='#top'", {"link_fragment": 1.0, "link_script": 0.0}),
        ("href='#'", {"link_fragment": 0.0, "link_script": 1.0}),
        ("href=''", {"link_script": 1.0}),
        ("href='JavaScript:void(0)'", {"link_script": 1.0}),
        ("href='  javascript:void(0)'", {"link_script": 1.0}),
        ("href='http://['", {"link_script": 1.0}),
        ("href='http://a[b]/c'", {"link_script": 1.0}),
        ("href='mailto:a@b.example'", {"link_contact": 1.0}),
        ("href='tel:123'", {"link_contact": 1.0}),
        ("href='/'", {"link_root": 1.0, "link_depth": 0.0, "link_path_chars": 0.0}),
        ("href='/a/b/c'", {"link_root": 0.0, "link_depth": 3.0, "link_path_chars": np.log1p(5)}),
        (f"href='{'/a' * 20}'", {"link_depth": 8.0}),
        ("href='/a/one-two_three-four'", {"link_slug_words": 3.0}),
        (f"href='/{'a-' * 30}'", {"link_slug_words": 15.0}),
        ("href='/a?b=c'", {"link_query": 1.0, "link_tracking": 0.0}),
        ("href='/a?utm_source=c'", {"link_tracking": 1.0}),
        ("href='/a?b=1&partner_id=c'", {"link_tracking": 1.0}),
        ("href='/go/there'", {"link_redirect": 1.0}),
        ("href='/a?u=https%3A%2F%2Fx.example'", {"link_redirect": 1.0}),
        ("href='/a/12345'", {"link_long_number": 1.0}),
        ("href='/a/123'", {"link_long_number": 0.0}),
        ("href='/2023/11/a'", {"link_date_path": 1.0}),
        ("href='/world/else'", {"link_same_section": 1.0, "link_shares_path": 1 / 3}),
        ("href='/sport/2024'", {"link_same_section": 0.0, "link_shares_path": 0.0}),
        ("href='/world/2024/story-one'", {"link_itself": 1.0, "link_shares_path": 1.0}),
        ("href='story-two'", {"link_depth": 3.0, "link_shares_path": 2 / 3}),
        ("href='../a'", {"link_depth": 2.0, "link_same_section": 1.0}),
        ("href='/a/../b'", {"link_depth": 1.0}),
        ("href='/x' rel='NoFollow'", {"link_nofollow": 1.0, "link_rel_other": 0.0}),
        ("href='/x' rel='ugc noopener'", {"link_sponsored": 1.0, "link_rel_other": 0.0}),
        ("href='/x' rel='tag'", {"link_rel_other": 1.0}),
        ("href='/x' target='_BLANK'", {"link_new_window": 1.0}),
        ("href='/x' title='t'", {"link_titled": 1.0}),
        ("href='/x'", {"link_same_host_share": 0.5}),
    ],
)
def test_what_an_address_says(attributes: str, expected: dict[str, float]) -> None:
    html = f"<p><a {attributes}>word</a></p><p><a href='https://far.example/'>far</a></p>"
    found = features_of(html)
    assert {name: found[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ("", "https://a.example/one/two"),
        ("<link rel=Canonical href='https://a.example/one/two'>", None),
        ("<meta property='og:url' content='https://a.example/one/two'>", None),
        ("<base href='https://a.example/one/'><link rel=canonical href='https://a.example/one/two'>", None),
    ],
)
def test_where_the_address_of_the_page_comes_from(head: str, url: str | None) -> None:
    page = f"<head>{head}</head><p><a href=three>word</a></p><p><a href='https://b.example'>other</a></p>"
    assert features_of(page, url=url)["link_same_section"] == 1.0
    assert features_of(page, "other", url=url)["link_other_site"] == 1.0


def test_without_an_address_the_commonest_host_is_the_page_s() -> None:
    page = "".join(f"<p><a href='https://{h}.example/{h}'>{h}</a></p>" for h in "aab")
    assert features_of(page, "b", url=None)["link_other_site"] == 1.0
    assert features_of(page, "a", url=None)["link_other_site"] == 0.0


@pytest.mark.parametrize("url", ["http://[", "not an address", "", "file:///a/b.html", "https://"])
def test_an_odd_address_of_the_page_does_not_hide_where_links_go(url: str) -> None:
    page = "<p><a href='https://a.example/x/y'>word</a></p><p><a href='/x'>b</a></p><p><a href=x>c</a></p>"
    for text in ("word", "b", "c"):
        assert features_of(page, text, url=url)["link_script"] == 0.0
    assert features_of(page, url=url)["link_depth"] == 2.0


def reference(href: str, base: str) -> tuple[str, tuple[str, ...], str] | None:
    try:
        parts = urlsplit(urljoin(base, href)) if base else urlsplit(href)
        # What follows a % is left in upper case.
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return None
    return host, tuple(s for s in parts.path.split("/") if s), parts.query


PIECES = ["http://", "HTTPS://", "//", "/", "www.", "A.example", "b-c.de", ":80", ":x", "?", "#", "..", ".", ";p"]
ADDRESS = st.lists(
    st.sampled_from([*PIECES, "[", "]", "@", "\\", "a=1", "&", " ", "\t", "é", "%20", ":", "ſ", "K"]),
    min_size=1,
    max_size=8,
).map("".join)


@given(ADDRESS, st.sampled_from(["", "https://www.News.example/a/b?c=d", "http://x.example", "/a/", "ftp:x"]))
@settings(max_examples=500, deadline=None)
def test_the_short_way_through_an_address_ends_where_the_long_one_does(href: str, base: str) -> None:
    href = href.strip()
    plain = links._PLAIN_ADDRESS.fullmatch(base)
    base_host = "" if not base else links._site(plain["host"]) if plain and plain["host"] else None
    target = links._target(href, base, base_host)
    expected = reference(href, base)
    if target.kind == "web":
        assert (target.host, target.steps, target.query) == expected
    elif href and href[0] != "#":
        assert expected is None


def test_the_nearest_link_is_the_one_with_the_longest_piece_of_text() -> None:
    page = "<p><a href=/a>aa</a> <a href=/b>bbb</a> <a href=/c>ccc</a></p><p>none</p><a href=/d><p>d</p><p>e</p></a>"
    view = PageView(segment(parse(page)))
    nearest = links.nearest_link(view)
    hrefs = [view.table.attributes[link]["href"] if link >= 0 else None for link in nearest]
    assert hrefs == ["/b", None, "/d", "/d"]
    texts, which = links.link_texts(view, nearest)
    assert sorted(texts) == ["/b  ", "/d  "]
    assert [texts[w].strip() if w >= 0 else None for w in which] == hrefs


@pytest.mark.parametrize(
    "href", ["/a" * 50_000, "?" + "ref" * 30_000, "?a&" * 30_000, "=http" * 30_000, "\t" * 9000, "/go" * 9000]
)
def test_endless_addresses(href: str) -> None:
    found = features_of(f"<p><a href='{href}' rel='{'x ' * 30_000}'>word</a></p>")
    assert all(np.isfinite(value) for value in found.values())
    links._TRACKING.search(href)
    links._REDIRECT.search(href)
    links._PLAIN_ADDRESS.fullmatch(href)
