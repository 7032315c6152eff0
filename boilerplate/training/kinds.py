"""What training does differently for web pages and for texts without markup: how pages are read, and settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from boilerplate.dataset import DatasetPage
from boilerplate.input_format import TEXT
from boilerplate.training.corpus import Example, Failure, read_corpus
from boilerplate.training.text_corpus import read_text_corpus
from boilerplate.training.trainer import Settings

__all__ = ["read_examples", "settings_for"]


def read_examples(
    pages: Sequence[DatasetPage],
    input_format: str,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> tuple[list[Example], list[Failure]]:
    """Read labelled web pages as they are, or as the texts that are left of them; see `read_corpus`."""
    read = read_text_corpus if input_format == TEXT else read_corpus
    return read(pages, jobs=jobs, progress=progress)


def settings_for(input_format: str, seed: int = 0) -> Settings:
    """Settings of the default model for web pages, or of that for texts."""
    if input_format != TEXT:
        return Settings(seed=seed)
    return Settings(
        seed=seed,
        input_format=TEXT,
        # Of each page there are two texts, which together count for as much as a web page.
        max_page_blocks=130,
        # There are no elements with names, and few headings and links.
        scorers=("words",),
        first_features=90,
        n_features=150,
        inner_folds=3,
        learning_rate=0.12,
        first_rounds=30,
        label_rounds=120,
        main_rounds=90,
        choice_rounds=10,
    )
