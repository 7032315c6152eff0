"""From labelled pages to examples: each page read once, its blocks with features and every kind of gold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from boilerplate import features
from boilerplate.blocks import BlockTable, segment
from boilerplate.dataset import DatasetPage
from boilerplate.errors import BoilerplateError, LabelMismatchError
from boilerplate.features import PageReading
from boilerplate.labels import (
    LABELS,
    UNKNOWN,
    content_from_snippets,
    content_from_text,
    labels_from_regions,
    word_labels,
)
from boilerplate.page import parse
from boilerplate.words import count_words

__all__ = ["Example", "Failure", "gold_content", "gold_labels", "read_corpus", "read_each", "read_example"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Example:
    """A page ready for training and evaluation.

    Attributes
    ----------
    page : DatasetPage
    reading : PageReading
        Features, less what learned weights add.
    texts : list of str, length n_blocks
    words : ndarray of int64, shape (n_blocks,)
        Words of each block.
    label : ndarray of int8, shape (n_blocks,)
        Index into `LABELS`, `UNKNOWN` where the gold does not say.
    label_words : ndarray of int64, shape (n_blocks, len(LABELS))
        Words of each block by gold label.
    content : ndarray of int8, shape (n_blocks,)
        1 main text, 0 not, `UNKNOWN` where the gold does not say.
    mismatches : tuple of str
        Labelled regions that do not fit the page.
    style : str
        How the text of the page was written down, one of `boilerplate.training.dumps.STYLES`; empty for a web page.
    """

    page: DatasetPage
    reading: PageReading
    texts: list[str]
    words: NDArray[np.int64]
    label: NDArray[np.int8]
    label_words: NDArray[np.int64]
    content: NDArray[np.int8]
    mismatches: tuple[str, ...] = ()
    style: str = ""

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def has_labels(self) -> bool:
        """Whether the page has the four labels."""
        return self.page.regions is not None

    @property
    def has_main_text(self) -> bool:
        """Whether the page has a gold main text to score against; an empty one says nothing."""
        return bool(self.page.main_text and self.page.main_text.strip())


@dataclass(frozen=True, slots=True)
class Failure:
    """A page that could not be used, and why."""

    page_id: str
    reason: str


def read_example(page: DatasetPage) -> Example:
    """Read one page and its gold.

    Raises
    ------
    BoilerplateError
        If the page cannot be read or its labels belong to another page.
    """
    table = segment(parse(page.read_html(), url=page.url or None))
    n = len(table)
    label = np.full(n, UNKNOWN, dtype=np.int8)
    label_words = np.zeros((n, len(LABELS)), dtype=np.int64)
    mismatches: list[str] = []
    if page.regions is not None:
        node_label, mismatches = gold_labels(page, table)
        label, label_words = word_labels(table, node_label)
    return Example(
        # The address is a hint that users often do not have, so the model must not lean on it alone.
        page=page,
        reading=features.read(table),
        texts=table.text,
        words=np.fromiter(map(count_words, table.text), dtype=np.int64, count=n),
        label=label,
        label_words=label_words,
        content=gold_content(page, table),
        mismatches=tuple(mismatches),
    )


def gold_labels(page: DatasetPage, table: BlockTable) -> tuple[NDArray[np.int8], list[str]]:
    """Label of each text node by the page's regions, and what does not fit the page.

    Returns
    -------
    node_label : ndarray of int8, shape (n_nodes,)
        `UNKNOWN` on a page without regions.
    mismatches : list of str

    Raises
    ------
    LabelMismatchError
        If the labels belong to another page.
    """
    if page.regions is None:
        return np.full(len(table.node_text), UNKNOWN, dtype=np.int8), []
    try:
        return labels_from_regions(table, page.regions)
    except LabelMismatchError as error:
        raise LabelMismatchError(f"Page {page.id!r}: {error}") from error


def gold_content(page: DatasetPage, table: BlockTable) -> NDArray[np.int8]:
    """Whether each block is main text by the page's gold text or snippets, `UNKNOWN` without, shape (n_blocks,)."""
    if page.main_text and page.main_text.strip():
        content, _ = content_from_text(table.text, page.main_text)
        # A page whose text is not in its tree (built by a script) teaches nothing.
        if content.any():
            return content.astype(np.int8)
    if page.main_text is None and (page.wanted or page.unwanted):
        return content_from_snippets(table.text, page.wanted, page.unwanted)
    return np.full(len(table), UNKNOWN, dtype=np.int8)


def _attempt(read: Callable[[DatasetPage], T], page: DatasetPage) -> T | Failure:
    try:
        return read(page)
    except BoilerplateError as error:
        return Failure(page.id, str(error))


def read_each(
    pages: Sequence[DatasetPage],
    read: Callable[[DatasetPage], T],
    *,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> tuple[list[tuple[DatasetPage, T]], list[Failure]]:
    """Read pages in parallel processes; one that cannot be used is reported and costs nothing else.

    Parameters
    ----------
    pages : sequence of DatasetPage
    read : callable
        What is made of a page; raises `BoilerplateError` if it cannot be used.
    jobs : int
        Processes; 1 reads in this one.
    progress : callable, optional
        Called with the number of pages done after each.

    Returns
    -------
    results : list of tuple of DatasetPage and what was made of it
        In the order of the pages, without those that failed.
    failures : list of Failure
    """
    results: Iterator[T | Failure] = Parallel(n_jobs=jobs, return_as="generator", batch_size=8)(
        delayed(_attempt)(read, page) for page in pages
    )
    found: list[tuple[DatasetPage, T]] = []
    failures: list[Failure] = []
    for done, (page, result) in enumerate(zip(pages, results, strict=True), start=1):
        if isinstance(result, Failure):
            failures.append(result)
        else:
            found.append((page, result))
        if progress:
            progress(done)
    return found, failures


def read_corpus(
    pages: Sequence[DatasetPage], *, jobs: int = 1, progress: Callable[[int], None] | None = None
) -> tuple[list[Example], list[Failure]]:
    """Read pages as examples; as `read_each` otherwise.

    Returns
    -------
    examples : list of Example
        In the order of the pages, without those that failed.
    failures : list of Failure
    """
    found, failures = read_each(pages, read_example, jobs=jobs, progress=progress)
    # Gold travelled to the worker and back; keep one copy.
    return [replace(example, page=page) for page, example in found], failures
