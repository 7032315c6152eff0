"""The pages of a benchmark and what their texts are measured against."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from boilerplate.benchmark.process import Request
from boilerplate.blocks import segment
from boilerplate.dataset import DatasetPage
from boilerplate.encoding import decode
from boilerplate.errors import BoilerplateError, DatasetError
from boilerplate.labels import ARTICLE, labels_from_regions, word_labels
from boilerplate.page import parse
from boilerplate.training.groups import declared_language

__all__ = ["Material", "check_gold", "prepare", "sample_pages"]


@dataclass(frozen=True, slots=True)
class Material:
    """A page with what its text is measured against.

    Attributes
    ----------
    page : DatasetPage
    language : str or None
        Declared by the dataset, else by the page.
    gold : str or None
        Text that the main text should be; None if there is none.
    gold_kind : str
        Where `gold` is from: ``main text`` (somebody wrote it down) or ``labels`` (the blocks labelled article);
        nothing where there is none.
    """

    page: DatasetPage
    language: str | None
    gold: str | None
    gold_kind: str

    @property
    def has_snippets(self) -> bool:
        """Whether there are snippets that must, or must not, be in the text."""
        return bool(self.page.wanted or self.page.unwanted)

    def request(self) -> Request:
        """What every extractor gets.

        Raises
        ------
        DatasetError
            If the page's file cannot be read.
        """
        html = self.page.read_html()
        return Request(html, decode(html)[0], self.page.url, self.language or "")


def sample_pages(pages: Sequence[DatasetPage], number: int, seed: int) -> list[DatasetPage]:
    """Pages drawn at random, in the order they had; all of them if there are no more, or `number` is 0."""
    if not number or number >= len(pages):
        return list(pages)
    chosen = sorted(random.Random(seed).sample(range(len(pages)), number))
    return [pages[i] for i in chosen]


def prepare(
    pages: Sequence[DatasetPage], *, progress: Callable[[int], None] | None = None
) -> tuple[list[Material], list[tuple[str, str]]]:
    """Read each page once and find its gold.

    Parameters
    ----------
    pages : sequence of DatasetPage
    progress : callable, optional
        Called with the number of pages done after each.

    Returns
    -------
    material : list of Material
        In the order of the pages, without those that cannot be used.
    failed : list of (str, str)
        Id and reason of each page left out: its file, or labels that belong to another page.
    """
    material: list[Material] = []
    failed: list[tuple[str, str]] = []
    for done, page in enumerate(pages, start=1):
        try:
            material.append(_material(page))
        except BoilerplateError as error:
            failed.append((page.id, str(error)))
        if progress:
            progress(done)
    return material, failed


def check_gold(material: Sequence[Material]) -> None:
    """Raise DatasetError where there is nothing to measure against."""
    if not any(m.gold is not None or m.has_snippets for m in material):
        raise DatasetError(
            "No page has gold: neither labels/ nor main_text/ holds a file for one of them. Add the files, named by "
            "the ids of pages.jsonl, or measure CPU time alone with --speed."
        )


def _material(page: DatasetPage) -> Material:
    language = declared_language(page)
    if page.main_text and page.main_text.strip():
        return Material(page, language, page.main_text, "main text")
    if page.regions is not None and not (page.wanted or page.unwanted):
        text = _article_text(page)
        if text.strip():
            return Material(page, language, text, "labels")
    page.read_html()  # what cannot be read is named before anything is measured
    return Material(page, language, None, "")


def _article_text(page: DatasetPage) -> str:
    table = segment(parse(page.read_html(), url=page.url or None))
    node_label, _ = labels_from_regions(table, page.regions or ())
    label, _ = word_labels(table, node_label)
    return "\n".join(text for text, one in zip(table.text, label.tolist(), strict=True) if one == ARTICLE)
