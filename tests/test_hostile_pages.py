"""Pages on which something took the square of their length, or for ever; each stands for a way to do it."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from boilerplate import LabelledPage, Model, label
from boilerplate.blocks import MAX_TAGS_ABOVE, MAX_XPATH_CHARS
from boilerplate.errors import LimitError
from boilerplate.labels import LABELS
from boilerplate.limits import Limits
from boilerplate.output import FORMATS, feed, pieces
from boilerplate.page import parse

HEAD = "<!DOCTYPE html><title>Tea</title><h1>Tea</h1>"
TEXT = "Tea is brewed from leaves, and some people drink it with milk, which others find hard to understand. "


def ld(value: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


#: Before each was mended, it took more than ten times as long as the test allows, or never ended.
PAGES = {
    "a selector that fits in two ways a letter": (
        f"<style>.{'é' * 40}[x]{{display:none}}</style><p class={'é' * 40}>{TEXT}"
    ),
    "spaces before no !important": f"<style>p{{color:a{' ' * 300_000}!b}}</style><p>{TEXT}",
    "a long value for many elements": f"<style>p{{clip:rect({'0 ' * 200_000})}}</style>{'<p>tea' * 2000}",
    "a title of no-break spaces": f"<title>a{chr(160) * 100_000}b</title><p>{TEXT}",
    "a headline of no-break spaces": ld({"@type": "Article", "headline": f"a{chr(160) * 100_000}b"}) + TEXT,
    "an author of no-break spaces": ld({"@type": "Article", "author": f"a{chr(160) * 100_000}b"}) + TEXT,
    "an author without a comma": f"<meta name=citation_author content='{'a' * 300_000}'>{HEAD}<p>{TEXT}",
    "lists within lists in JSON-LD": ld([[[]] * 60] * 5000) + TEXT,
    "properties within properties": f"{HEAD}{'<div itemprop=author>' * 1500}{'<i></i>' * 10_000}{TEXT}{TEXT * 20}",
    "authors within authors": f"{HEAD}{'<div class=author>' * 1500}<p>{TEXT * 2000}",
    "links to authors within each other": f"{HEAD}{'<a rel=author href=x>' * 1500}{'<i></i>' * 10_000}",
    "titles against headings": (
        "".join(f"<meta property=og:title content='{i} {'tea ' * 800}{i}'>" for i in range(20))
        + "".join(f"<h1>milk {i}</h1>" for i in range(3000))
    ),
    "dates that are none": f"{HEAD}{'<p>' + '1 qq 2026 ' * 19}" * 12,
    "code within code": f"{HEAD}{'<pre>a' * 900}{'<pre>b</pre>' * 9000}",
    "code of many pieces": f"{HEAD}<pre>{('<span>' + 'a' * 500 + '</span>') * 10_000}",
    "images deep in marks": f"{HEAD}<p>{'<span>' * 1500}{'<img src=a.png>' * 15_000}{TEXT}",
    "addresses under a long base": f"<base href=http://a.test/{'b/' * 4000}>{HEAD}{'<p><a href=x>tea</a>' * 5000}",
    "the mark of a footnote of many pieces": f"{HEAD}<p>tea<sup><a href=#x>{'<b>a</b><i>b</i>' * 15_000}",
    "names of footnotes that are taken": (
        "<h1>Tea</h1><p>Tea is brewed<sup><a href=#a>1</a></sup> from leaves<sup><a href=#b>1-3</a></sup> of a tree"
        f"<sup><a href=#c>1</a></sup>, {TEXT}<ol><li id=a>One of them<li id=b>Another one<li id=c>The last one</ol>"
    ),
}


def written(page: LabelledPage) -> dict[str, str]:
    return {name: page.render(name, LABELS, images=True, with_metadata=True) for name in FORMATS}


@pytest.mark.parametrize("name", PAGES)
def test_time(name: str, model: Model) -> None:
    started = time.process_time()
    page = label(PAGES[name], model=model)
    assert page.blocks
    written(page)
    assert time.process_time() - started < 6, "about 2 s, of which most is for labelling"


def test_names_of_footnotes_differ(model: Model) -> None:
    text = written(label(PAGES["names of footnotes that are taken"], model=model))["markdown"]
    names = [line.partition("]")[0] for line in text.splitlines() if line.startswith("[^")]
    assert len(names) == 3
    assert len(set(names)) == 3


@pytest.mark.parametrize(
    "html",
    [
        f"{HEAD}{'<div>' * 1900}{'<p>tea' * 4000}",
        f"{HEAD}{'tea<br><br>' * 15_000}",
        f"{HEAD}<div><a href=x>{('<b>' + 'tea ' * 200 + '</b>') * 10_000}</a><i>x</i></div>",
        f"{HEAD}<p>{'<span>' * 1500}{'<a href=x>tea</a> ' * 10_000}",
    ],
    ids=["deep", "breaks", "pieces", "marks"],
)
def test_time_of_feeds(html: str, model: Model) -> None:
    page = label(html, model=model)
    page = replace(page, blocks=tuple(replace(block, label="feed") for block in page.blocks))
    started = time.process_time()
    items = json.loads(page.render("json", LABELS))["items"]
    assert time.process_time() - started < 5, "about 1 s"
    assert items or len(page.blocks) > 2


def test_items_are_looked_for_up_to_a_limit(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    page = label(f"{HEAD}<ul>{'<li><a href=x>tea and milk</a>' * 9}", model=model)
    page = replace(page, blocks=tuple(replace(block, label="feed") for block in page.blocks))
    assert len(feed.feed_items(page, page.blocks)) == 9
    monkeypatch.setattr(feed, "MAX_FEED_BLOCKS", 5)
    assert len(feed.feed_items(page, page.blocks)) == 4  # the first block is the headline


def test_formulas_are_told_from_text_up_to_a_limit(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    page = label(f"{HEAD}<p>{TEXT} {'$$x^2$$ tea ' * 3}<p>{TEXT} {'$$y^2$$ tea ' * 3}", model=model)
    assert page.render("html", LABELS).count("math-display") == 6
    monkeypatch.setattr(pieces, "_MAX_FORMULAS", 4)
    cut = page.render("html", LABELS)
    assert cut.count("math-display") == 4
    assert cut.count("$$") == 12, "the rest is text"


@pytest.mark.parametrize("piece", ["url(", "url( ", "url('", "@charset ", "@import ", "url(data:", "url(\"'", " "])
def test_time_of_overlays(piece: str, model: Model) -> None:
    style = "p{background:url(" + piece * (400_000 // len(piece))
    html = f"<style>{style}</style>{HEAD}<p>{TEXT}<p style='{style[:100_000].replace(chr(39), '')}'>{TEXT}"
    page = label(html, model=model)
    started = time.process_time()
    assert "url(url" not in page.overlay()
    assert time.process_time() - started < 5, "about 0.1 s"


# --- memory ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        # What each block says of all that is around it.
        f"{HEAD}{'<div>' * 1900}{'<p>tea' * 3000}",
        f"{HEAD}{('<' + 'x' * 3000 + '>') * 300}{'<p>tea' * 1000}",
        f"{HEAD}{'<div>' * 1900}{'<div><p>tea</p></div>' * 3000}",
        # A long address in each block, and before each line what it stands in.
        f"<base href=http://a.test/{'b' * 8000}>{HEAD}{'<p><a href=x>tea</a>' * 8000}",
        f"{HEAD}<a href=http://a.test/{'b' * 8000}>{'<div>tea</div>' * 8000}",
        f"{HEAD}{'<ol start=99999999><li>tea' * 30}<pre>{'a' + chr(10)}{('b' + chr(10)) * 400_000}</pre>",
        f"{HEAD}{'<blockquote>' * 30}<pre>{('b' + chr(10)) * 800_000}</pre>",
        # Rows below one of thousands of cells.
        f"{HEAD}<table><tr>{'<td>a' * 5000}{'<tr><td>b' * 5000}</table>",
    ],
    ids=["paths", "paths of long names", "tags above", "base", "link around blocks", "lists", "quotes", "table"],
)
def test_what_is_written_is_not_much_longer_than_the_page_may_be(html: str, model: Model) -> None:
    page = label(html, model=model)
    assert all(len(block.xpath) <= MAX_XPATH_CHARS for block in page.blocks)
    assert all(len(block.ancestors) <= MAX_TAGS_ABOVE for block in page.blocks)
    # All of these would have from 60 MB to hundreds.
    assert max(map(len, written(page).values())) < 45_000_000


def test_blocks_deep_down_can_be_found(model: Model) -> None:
    html = f"{HEAD}<div>{'<div>' * 400}<p>{TEXT}<p>{TEXT}"
    page = label(html, model=model)
    tree = parse(html).root.getroottree()
    for block in page.blocks[1:]:
        assert block.xpath.startswith("(//*)[")
        (element,) = tree.xpath(block.xpath)
        assert element.tag == block.tag == "p"
    assert len({block.xpath for block in page.blocks}) == len(page.blocks)


@pytest.mark.parametrize(
    "tag",
    ["<p>", "<\0\0\0\0\0p>", "<</body>p>", "<!>", "<?>", "</1>", "</?>", "</é>", "<</body\n>!>", "<\0!--x-->"],
)
def test_tags_are_counted_as_the_parser_sees_them(tag: str, model: Model) -> None:
    html = f"{HEAD}<p>{TEXT}{f'{tag}tea ' * 500}"
    for given in (html, html.encode(), html.encode("utf-16-le"), html.encode("utf-16-be"), html.encode("utf-16")):
        with pytest.raises(LimitError, match="more tags than the limit of 400"):
            label(given, model=model, limits=Limits(max_nodes=400))


def test_text_is_as_long_as_it_is_in_utf_8(model: Model) -> None:
    html = f"<p>{'茶' * 500}"
    for given in (html, html.encode()):
        assert label(given, model=model, limits=Limits(max_bytes=1503)).blocks
        with pytest.raises(LimitError, match="larger than the limit of 1,502 bytes"):
            label(given, model=model, limits=Limits(max_bytes=1502))
