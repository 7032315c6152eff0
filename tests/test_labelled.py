"""Labelled pages: what is said of blocks, and what is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import PAGE, ROOT

from boilerplate import LabelledPage, Model, label
from boilerplate.errors import UsageError
from boilerplate.labelled import check_labels
from boilerplate.labels import LABELS
from boilerplate.page import parse
from boilerplate.words import count_words

SEED = (ROOT / "datasets" / "seed" / "page.html").read_bytes()
ODD = (
    "<title>Odd</title><div hidden><p>Hidden text</p></div><noscript>Turn it on</noscript><o:p>Office text</o:p>"
    "<custom-element>Own element</custom-element><svg><title>Icon</title></svg><p>Beside <a href='/x'>a link</a>"
    "<table><tr><td>1<td>2</table>text beside<p>text</p>beside"
)


@pytest.mark.parametrize("html", [PAGE, SEED, ODD], ids=["page", "seed", "odd"])
def test_blocks(html: str | bytes, model: Model) -> None:
    page = label(html, model=model)
    tree = parse(html).root.getroottree()
    assert page.blocks
    assert 0.0 <= page.confidence <= 1.0
    for block in page.blocks:
        assert list(block.probabilities) == list(LABELS)
        assert sum(block.probabilities.values()) == pytest.approx(1.0)
        assert all(0.0 <= p <= 1.0 for p in block.probabilities.values())
        assert block.label == max(block.probabilities, key=lambda name: block.probabilities[name])
        assert 0.0 <= block.main <= 1.0
        assert 0.0 <= block.link_share <= 1.0
        assert block.text.split()
        (element,) = tree.xpath(block.xpath)
        assert element.tag == block.tag
        assert [a.tag for a in element.iterancestors()] == list(block.ancestors)
        words = "".join(element.itertext()).split()
        assert all(any(word in other for other in words) for word in block.text.split())


@pytest.mark.parametrize("html", [PAGE, SEED, ODD], ids=["page", "seed", "odd"])
def test_confidence_is_the_expected_word_f1(html: str | bytes, model: Model) -> None:
    page = label(html, model=model)
    blocks = [(block.main, count_words(block.text)) for block in page.blocks]
    expected = sum(main * words for main, words in blocks)

    def f1(cut: float) -> float:
        kept = [(main, words) for main, words in blocks if main >= cut]
        return 2.0 * sum(main * words for main, words in kept) / (sum(words for _, words in kept) + expected)

    assert page.confidence == pytest.approx(max(f1(main) for main, _ in blocks))


def test_hidden(model: Model) -> None:
    hidden = {block.text: block.hidden for block in label(ODD, model=model).blocks}
    assert hidden["Hidden text"]
    assert not hidden["Office text"]


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title> The\n title </title><h1>Head</h1>", "The title"),
        ("<title>T</title><meta property='OG:Title' content=' Open  graph '>", "Open graph"),
        ("<title>T</title><meta property='og:title' content=' '>", "T"),
        ("<svg><title>Icon</title></svg><h2>No</h2><h1>Head line</h1>", "Head line"),
        ("<p>Nothing</p>", ""),
    ],
)
def test_title(html: str, title: str, model: Model) -> None:
    assert label(html, model=model).title == title


def test_page_without_text(model: Model) -> None:
    page = label("<html><body><img src=x></body></html>", model=model)
    assert page.blocks == ()
    assert page.confidence == 0.0
    for output_format in ("txt", "markdown"):
        assert page.render(output_format) == ""
    for output_format in ("html", "json", "jsonl", "csv"):
        assert page.render(output_format)


def test_kept(model: Model) -> None:
    page = label(PAGE, model=model)
    blocks = tuple(replace(block, label=LABELS[i % 4], is_main=i in (1, 2)) for i, block in enumerate(page.blocks))
    page = LabelledPage(blocks, page.title, None, 1.0)
    # The main text is what the page's cut keeps, whatever the four labels say.
    assert page.kept() == page.kept(["article"]) == page.kept("article") == list(blocks[1:3])
    for name in LABELS[1:]:
        assert page.kept([name]) == [block for block in blocks if block.label == name]
    both = page.kept(iter(["feed", "article"]))
    assert both == [block for block in blocks if block.is_main or block.label == "feed"]
    three = page.kept(LABELS[:3])
    assert three == [block for block in blocks if block.is_main or block.label in LABELS[1:3]]
    # Who asks for all labels wants all text, also what is labelled article and is not main text.
    assert any(block.label == "article" and not block.is_main for block in blocks)
    assert page.kept(LABELS) == list(blocks)


def test_check_labels() -> None:
    assert check_labels("feed") == frozenset({"feed"})
    assert check_labels(["feed", "promo", "feed"]) == frozenset({"feed", "promo"})
    for wrong in (["feed", "advert"], "articles", [1, "advert"]):
        with pytest.raises(UsageError, match=r"is no label. Use one or more of article, promo, feed, chrome"):
            check_labels(wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="No label to keep"):
        check_labels([])
