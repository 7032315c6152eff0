"""The page that started the project: in no training set, and no rule is made for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import boilerplate
from boilerplate import LabelledPage

SEED = Path(__file__).parents[1] / "datasets" / "seed"


@pytest.fixture(scope="module")
def page() -> LabelledPage:
    return boilerplate.label((SEED / "page.html").read_bytes())


def labels_of(page: LabelledPage, *pieces: str) -> dict[str, str]:
    return {b.text: b.label for b in page.blocks if any(piece in b.text for piece in pieces)}


def test_clean_gives_the_article_and_nothing_else(page: LabelledPage) -> None:
    expected = (SEED / "article.txt").read_text(encoding="utf-8")
    assert page.render("txt") == expected


def test_every_slide_of_the_carousel_is_promotion(page: LabelledPage) -> None:
    slides = [b for b in page.blocks if b.xpath.startswith("/html/body/div/div[1]/div/div[3]")]
    assert any("Визионерский взгляд" in b.text for b in slides)
    assert any("VOYAH" in b.text for b in slides)
    # A counter such as "1 из 6" says nothing by itself, and two of them are taken for a feed.
    assert {b.label for b in slides if not re.fullmatch(r"\d из 6", b.text)} == {"promo"}
    assert sum(b.label == "promo" for b in slides) >= len(slides) - 2


def test_the_banner_inside_the_ticker_is_promotion(page: LabelledPage) -> None:
    banner = labels_of(page, "Развиваем эмоциональный интеллект", "На интенсиве об EQ", "Подробнее")
    assert len(banner) == 3
    assert set(banner.values()) == {"promo"}


def test_the_ticker_and_the_link_to_another_story_are_feed(page: LabelledPage) -> None:
    items = labels_of(
        page, "Дептранс", "Дудаев", "«Марксистская»", "КХЛ назвала", "Вучич", "Al Arabiya", "Лента новостей"
    )
    assert len(items) == 7
    assert set(items.values()) == {"feed"}
    assert set(labels_of(page, "о переговорах в Женеве").values()) == {"feed"}
