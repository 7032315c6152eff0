"""Which pages are worth labelling first, and where model and labels disagree: one look at every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from boilerplate import features
from boilerplate.annotate.editing import block_elements
from boilerplate.annotate.pages import AnnotationPage
from boilerplate.annotate.store import SavedLabels
from boilerplate.batch import failure_reason
from boilerplate.batch.child import Death
from boilerplate.batch.local import map_processes
from boilerplate.batch.worker import Setup
from boilerplate.blocks import BlockTable, segment
from boilerplate.labels import UNKNOWN, PathIndex, labels_from_regions, word_labels
from boilerplate.limits import DEFAULT_LIMITS
from boilerplate.model.model import Model
from boilerplate.page import parse

__all__ = ["Survey", "like_blocks", "most_instructive_first", "page_uncertainty", "survey_pages"]


@dataclass(frozen=True, slots=True)
class Survey:
    """What one look at a page tells.

    Attributes
    ----------
    uncertainty : float
        `page_uncertainty` of the blocks that are undecided, in bits.
    undecided : int
        Blocks without a label.
    disagreements : int
        Blocks that the model would label differently, less those found right in spite of it.
    reason : str
        Why the page cannot be used; else empty.
    """

    uncertainty: float = 0.0
    undecided: int = 0
    disagreements: int = 0
    reason: str = ""


def like_blocks(table: BlockTable) -> NDArray[np.int64]:
    """A number for each block, equal for blocks with the same path of tags and classes, shape (n_blocks,)."""
    numbers: dict[tuple[int, str, str], int] = {}
    path: list[int] = []
    for parent, tag, attributes in zip(table.parent.tolist(), table.tags, table.attributes, strict=True):
        key = (path[parent] if parent >= 0 else -1, tag, attributes.get("class", ""))
        path.append(numbers.setdefault(key, len(numbers)))
    return np.fromiter((path[c] for c in table.container.tolist()), dtype=np.int64, count=len(table))


def page_uncertainty(
    probabilities: NDArray[np.float64], likeness: NDArray[np.int64], undecided: NDArray[np.bool_]
) -> float:
    """How much the labels of a page would teach the model, in bits.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (n_blocks, n_labels)
        What the model makes of the blocks.
    likeness : ndarray of int64, shape (n_blocks,)
        As `like_blocks` gives it.
    undecided : ndarray of bool, shape (n_blocks,)
        Blocks that have no label yet: the others teach nothing new.

    Returns
    -------
    float
        The entropy of the label, averaged over the undecided blocks that are alike and summed over the kinds of blocks.

    Notes
    -----
    Total entropy of the parts as in Settles and Craven 2008, "An analysis of active learning strategies for sequence
    labeling tasks", which they found better than the mean over the parts. A hundred entries of one list are one
    lesson, not a hundred, hence the mean within a kind.
    """
    if not undecided.any():
        return 0.0
    p = np.clip(probabilities[undecided], 1e-12, 1.0)
    entropy = -(p * np.log2(p)).sum(axis=1)
    _, kind = np.unique(likeness[undecided], return_inverse=True)
    return float((np.bincount(kind, weights=entropy) / np.bincount(kind)).sum())


def most_instructive_first(uncertainty: Sequence[float], sites: Sequence[str]) -> list[int]:
    """Order pages by uncertainty, one page of each site before the second of any: like pages teach alike.

    Returns
    -------
    list of int
        Indices of the pages.
    """
    ranked = sorted(range(len(uncertainty)), key=lambda i: (-uncertainty[i], i))
    of_site: dict[str, int] = {}
    turn = {}
    for i in ranked:
        turn[i] = of_site.get(sites[i], 0)
        of_site[sites[i]] = turn[i] + 1
    # Pages without anything to learn come last, whatever their site.
    return sorted(ranked, key=lambda i: (uncertainty[i] <= 0.0, turn[i], -uncertainty[i], i))


@dataclass(frozen=True, slots=True)
class _Item:
    page: AnnotationPage
    labels: SavedLabels


def survey_page(page: AnnotationPage, labels: SavedLabels, model: Model) -> Survey:
    """Look at one page; what is wrong with it is in the result."""
    try:
        table = segment(parse(page.read(), url=page.url or None))
        label = np.full(len(table), UNKNOWN, dtype=np.int8)
        if labels.regions:
            label = word_labels(table, labels_from_regions(table, labels.regions)[0])[0]
        if not len(table):
            return Survey()
        probabilities = model.predict(features.read(table)).probabilities
    except Exception as error:
        return Survey(reason=failure_reason(error))
    open_ = label == UNKNOWN
    find = PathIndex(table).find
    checked = [element for path in labels.checked if (element := find(path)) is not None]
    right = np.isin(block_elements(table), checked)
    return Survey(
        uncertainty=page_uncertainty(probabilities, like_blocks(table), open_),
        undecided=int(open_.sum()),
        disagreements=int((~open_ & ~right & (label != probabilities.argmax(axis=1))).sum()),
    )


def survey_pages(
    pages: Sequence[AnnotationPage], labels: Sequence[SavedLabels], *, model: Model, jobs: int = 1
) -> Iterator[Survey]:
    """Look at every page, in several processes if wanted; results come in the order of the pages.

    Parameters
    ----------
    pages : sequence of AnnotationPage
    labels : sequence of SavedLabels
        What each page has.
    model : Model
    jobs : int
        Processes; 0 for as many as there are cores.
    """
    items = [_Item(page, saved) for page, saved in zip(pages, labels, strict=True)]
    if jobs == 1 or len(items) < 2:
        for item in items:
            yield _survey_item(item, model)
        return
    setup = Setup(_surveyor, (model,), _lost, DEFAULT_LIMITS)
    for _, survey in map_processes(items, setup, jobs=jobs):
        yield survey


def _surveyor(model: Model) -> Callable[[_Item], Survey]:
    return partial(_survey_item, model=model)


def _survey_item(item: _Item, model: Model) -> Survey:
    return survey_page(item.page, item.labels, model)


def _lost(_: _Item, death: Death) -> Survey:
    return Survey(reason=death.reason(DEFAULT_LIMITS))
