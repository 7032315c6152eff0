"""From labelled pages to examples of texts: each page written down in some styles, each text read as any text is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from boilerplate import features
from boilerplate.blocks import segment
from boilerplate.dataset import DatasetPage
from boilerplate.features.view import PageView
from boilerplate.hidden import find_hidden
from boilerplate.labels import LABELS, UNKNOWN
from boilerplate.limits import Limits
from boilerplate.page import parse
from boilerplate.plaintext import read_text_page
from boilerplate.training.corpus import Example, Failure, gold_content, gold_labels, read_each
from boilerplate.training.dumps import Dump, dump_page, styles_of
from boilerplate.words import count_words

__all__ = ["STYLES_A_PAGE", "read_text_corpus", "read_text_examples", "text_example"]

#: Texts that are made of each page.
STYLES_A_PAGE = 2
#: Whoever trains has chosen the pages.
_NO_LIMITS = Limits(None, None, None, None, None)


def read_text_examples(page: DatasetPage, n_styles: int = STYLES_A_PAGE) -> list[Example]:
    """Read one page and its gold, as texts in some styles.

    Parameters
    ----------
    page : DatasetPage
    n_styles : int

    Returns
    -------
    list of Example
        The ids are the page's with the name of the style; styles that leave no text are left out.

    Raises
    ------
    BoilerplateError
        If the page cannot be read or its labels belong to another page.
    """
    table = segment(parse(page.read_html(), url=page.url or None))
    node_label, mismatches = gold_labels(page, table)
    hidden = find_hidden(PageView(table)).nodes
    examples = []
    for style in styles_of(page.id, n_styles):
        dump = dump_page(table, node_label, hidden, style)
        if any(line and not line.isspace() for line in dump.lines):
            of_style = replace(page, id=f"{page.id}.{style.name}")
            examples.append(text_example(of_style, dump, style=style.name, mismatches=tuple(mismatches)))
    return examples


def text_example(page: DatasetPage, dump: Dump, *, style: str = "", mismatches: tuple[str, ...] = ()) -> Example:
    """A text with its gold: what most of the words of a block's lines are."""
    text = read_text_page(dump.text, limits=_NO_LIMITS)
    table = text.table
    first, last = text.lines.T if len(table) else np.zeros((2, 0), dtype=np.int64)
    running = np.vstack([np.zeros((1, len(LABELS)), dtype=np.int64), np.cumsum(dump.words, axis=0)])
    label_words = running[last] - running[first - 1]
    known = label_words.sum(axis=1) > 0
    return Example(
        page=page,
        reading=features.read(table),
        texts=table.text,
        words=np.fromiter(map(count_words, table.text), dtype=np.int64, count=len(table)),
        label=np.where(known, label_words.argmax(axis=1), UNKNOWN).astype(np.int8),
        label_words=label_words,
        content=gold_content(page, table),
        mismatches=mismatches,
        style=style,
    )


def read_text_corpus(
    pages: Sequence[DatasetPage], *, jobs: int = 1, progress: Callable[[int], None] | None = None
) -> tuple[list[Example], list[Failure]]:
    """Read pages as texts; as `boilerplate.training.corpus.read_corpus` otherwise."""
    found, failures = read_each(pages, read_text_examples, jobs=jobs, progress=progress)
    return [example for _, examples in found for example in examples], failures
