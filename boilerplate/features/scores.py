"""Learned scores: what a block says, what its elements are called, where its link goes, what stands above it.

Each *scorer* is a linear model on hashed n-grams with one output per label and one for "is main text". Its
outputs are features of the trees, so that the trees decide what a word is worth in which place. Nothing is a
rule: a class name such as ``related`` weighs what the training pages say it weighs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate.arrays import mixed
from boilerplate.features.hashing import HashedTexts, HashedWeights, hash_texts
from boilerplate.features.headings import first_in_box
from boilerplate.features.links import link_texts
from boilerplate.features.view import FloatArray, IntArray, PageView

__all__ = [
    "DESCRIPTIONS",
    "NAMING_ATTRIBUTES",
    "OUTPUTS",
    "READ_CHARS",
    "SCORERS",
    "ScorerInput",
    "Scores",
    "Weights",
    "attribute_words",
    "compute",
    "element_name",
    "hash_for",
    "read_scores",
]

#: Outputs of each scorer.
OUTPUTS = ("article", "promo", "feed", "chrome", "main")
#: Buckets of each scorer, as a power of two.
SCORERS = {"words": 18, "names": 16, "target": 16, "above": 16}
#: How many first and last characters of a text each scorer reads.
READ_CHARS = {"words": (150, 50), "names": (240, 0), "target": (200, 40), "above": (150, 50)}
#: How much the name of a box counts for what lies one level deeper.
NAME_DECAY = 0.7
#: Attributes whose values are names that a maker of pages gave.
NAMING_ATTRIBUTES = ("class", "id", "role", "itemprop", "itemtype", "name", "type", "aria-label", "rel", "data-testid")
_NAMING_SET = frozenset(NAMING_ATTRIBUTES)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_NAME = re.compile(r"[\x00-/:-`{-\u00bf]+")

Weights = Mapping[str, HashedWeights]


@dataclass(frozen=True, slots=True)
class ScorerInput:
    """Hashed texts of a page for one scorer, and how rows of the page are made of them.

    Attributes
    ----------
    texts : HashedTexts
        The distinct texts.
    which : ndarray of int64, shape (n_rows,)
        The text of each row (a block, or an element for ``names``), -1 for none.
    """

    texts: HashedTexts
    which: IntArray

    def rows(self, weights: HashedWeights) -> FloatArray:
        """Scores of each row, zero where it has no text, shape (n_rows, n_outputs)."""
        scores = self.texts.scores(weights)
        padded = np.vstack([scores, np.zeros((1, scores.shape[1]), dtype=np.float32)])
        return padded[self.which].astype(np.float64)


#: Boxes whose name is a feature, and boxes whose text is.
_NAMED_BOXES = {"name_up1": "box1", "name_up2": "box2"}
_READ_BOXES = {
    "box2_words": "box2",
    "box3_words": "box3",
    "part20_words": "part20",
    "part05_words": "part05",
}
#: Boxes whose links are a feature, by the feature whose span they share.
_LINKED_BOXES = {"box2_target": "box2_words", "part05_target": "part05_words"}


@dataclass(frozen=True, slots=True)
class Scores:
    """Everything the scorers read of a page, before any weight is known: plain arrays.

    Attributes
    ----------
    inputs : dict of str to ScorerInput
        By scorer; rows are blocks, for ``names`` elements.
    parent, depth : ndarray, shape (n_elements,)
        The tree; the root is its own parent.
    inner, container, outer : ndarray, shape (n_blocks,)
        Elements of each block: what wraps its text, its container, the outermost box with less than 20% of
        the text.
    named : dict of str to ndarray, shape (n_blocks,)
        Boxes around each block whose names are features, by feature.
    spans : dict of str to tuple of two ndarray, shape (n_blocks,)
        Blocks ``[first, last)`` of the boxes whose text is a feature, by feature.
    leading, headings : ndarray, shape (n_blocks,)
        First block of the box three levels up; the heading above, -1 without one.
    words : ndarray of float64, shape (n_blocks,)
        Words of each block.
    """

    inputs: dict[str, ScorerInput]
    parent: IntArray
    depth: NDArray[np.int32]
    inner: NDArray[np.int32]
    container: NDArray[np.int32]
    outer: IntArray
    named: dict[str, IntArray]
    spans: dict[str, tuple[IntArray, IntArray]]
    leading: IntArray
    headings: IntArray
    words: FloatArray


def hash_for(scorer: str, texts: list[str]) -> HashedTexts:
    """Texts as a scorer reads them: which of their n-grams, and how much of a long one."""
    head, tail = READ_CHARS[scorer]
    lengths = (4,) if scorer in ("names", "target") else (3, 4, 5)
    return hash_texts(texts, bits=SCORERS[scorer], lengths=lengths, head=head, tail=tail)


def _distinct(texts: list[str]) -> tuple[list[str], IntArray]:
    numbers: dict[str, int] = {}
    which = np.fromiter((numbers.setdefault(t, len(numbers)) for t in texts), dtype=np.int64, count=len(texts))
    return list(numbers), which


def _camel(value: str) -> str:
    value = value[:160]
    return value if value.islower() else _CAMEL.sub(" ", value)


def attribute_words(value: str) -> list[str]:
    """The words that a naming attribute adds to the name of its element."""
    return _NO_NAME.sub(" ", _camel(value).lower()).split()


def element_name(tag: str, attributes: Mapping[str, str]) -> str:
    """What an element is called by its maker: tag and naming attributes as lower-case words."""
    parts = [tag]
    if attributes:
        for key in NAMING_ATTRIBUTES:
            value = attributes.get(key)
            if value:
                parts.append(_camel(value))
        parts.extend([key[5:] for key in attributes if key.startswith("data-")])
    return _NO_NAME.sub(" ", " ".join(parts).lower())[:240]


def _names(view: PageView) -> tuple[list[str], IntArray]:
    """Names of elements, and which of them each element that holds a block has (-1: it holds none)."""
    table = view.table
    first, last = view.element_blocks
    held = np.flatnonzero(last > first)
    _, examples, alike = np.unique(_naming(view)[held], return_index=True, return_inverse=True)
    # In the order of the page, so that training does not depend on hashes.
    order = np.argsort(examples)
    named = [element_name(table.tags[e], table.attributes[e]) for e in held[examples[order]].tolist()]
    names, number = _distinct(named)
    of_alike = np.empty(len(order), dtype=np.int64)
    of_alike[order] = number
    which = np.full(table.n_elements, -1, dtype=np.int64)
    which[held] = of_alike[alike.reshape(-1)]
    return names, which


def _naming(view: PageView) -> NDArray[np.uint64]:
    """Hashes of all that makes the name of each element, shape (n_elements,).

    That is its tag, the names of its attributes in their order, and the values of the naming ones.
    """
    names, of_attribute, owner = view.attribute_names
    told = np.flatnonzero(np.array([name in _NAMING_SET for name in names], dtype=np.bool_)[of_attribute])
    values = list(map(view.attribute_values.__getitem__, told.tolist()))
    numbers = {value: number for number, value in enumerate(dict.fromkeys(values), start=1)}
    value = np.zeros(len(owner), dtype=np.int64)
    value[told] = np.fromiter(map(numbers.__getitem__, values), dtype=np.int64, count=len(values))
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    place = np.arange(len(owner)) - np.repeat(starts, np.diff(starts, append=len(owner)))
    # Of a sum it does not matter what comes first, so the place is part of what is added.
    parts = mixed(mixed(value * len(names) + of_attribute).view(np.int64) + place)
    result = mixed(-1 - view.tag_codes)
    if len(starts):
        result[owner[starts]] += np.add.reduceat(parts, starts)
    return result


def read_scores(view: PageView, boxes: Mapping[str, IntArray], headings: IntArray, links: IntArray) -> Scores:
    """Read and hash what the scorers need; linear in the page.

    Parameters
    ----------
    view : PageView
    boxes : mapping of str to ndarray of int64, shape (n_blocks,)
        As `boilerplate.features.containers.containers` gives it.
    headings : ndarray of int64, shape (n_blocks,)
        As `boilerplate.features.headings.governing_headings` gives it.
    links : ndarray of int64, shape (n_blocks,)
        As `boilerplate.features.links.nearest_link` gives it.
    """
    table = view.table
    texts, which = _distinct(table.text)
    name_texts, which_name = _names(view)
    hrefs, which_href = link_texts(view, links)
    words = ScorerInput(hash_for("words", texts), which)
    first, last = view.element_blocks
    return Scores(
        inputs={
            "words": words,
            "names": ScorerInput(hash_for("names", name_texts), which_name),
            "target": ScorerInput(hash_for("target", hrefs), which_href),
            "above": _headings(words, headings),
        },
        parent=view.parent,
        depth=table.depth,
        inner=table.inner,
        container=table.container,
        outer=boxes["part20"],
        named={name: boxes[box] for name, box in _NAMED_BOXES.items()},
        spans={name: (first[boxes[box]], last[boxes[box]]) for name, box in _READ_BOXES.items()},
        leading=first_in_box(view, boxes["box3"]),
        headings=headings,
        words=view.words,
    )


def _headings(words: ScorerInput, headings: IntArray) -> ScorerInput:
    """The texts of the heading above each block: texts of blocks, hashed as these are."""
    # The last place is that of blocks without a heading.
    of_heading, which = np.unique(np.append(words.which, -1)[headings], return_inverse=True)
    none = int(len(of_heading) > 0 and of_heading[0] < 0)
    return ScorerInput(words.texts.of_texts(of_heading[none:], SCORERS["above"]), which.reshape(-1) - none)


_BLOCK_SCORES = {
    "words": "what the block says",
    "name": "the names of the block's element and the boxes around it",
    "name_own": "the name of the block's own element",
    "name_box": "the name of the block's container",
    "name_up1": "the name of the box one level up",
    "name_up2": "the name of the box two levels up",
    "name_part20": "the name of the outermost box with less than 20% of the text, and those around it",
    "name_highest": "the name of a box around the block, highest",
    "name_lowest": "the name of a box around the block, lowest",
    "target": "where the block's link goes",
    "above": "the heading above, read as a heading",
    "heading_words": "the heading above, read as a text",
    "box2_words": "what the box two levels up says, mean by words",
    "box3_words": "what the box three levels up says, mean by words",
    "part20_words": "what the outermost box with less than 20% of the text says, mean by words",
    "part05_words": "what the outermost box with less than 5% of the text says, mean by words",
    "box2_target": "where the links of the box two levels up go, mean",
    "part05_target": "where the links of the outermost box with less than 5% of the text go, mean",
    "first_words": "what the first block of the box three levels up says",
}
DESCRIPTIONS = {
    f"{name}_{output}": f"{output} score of {what} (log-odds scale)"
    for name, what in _BLOCK_SCORES.items()
    for output in OUTPUTS
}


def compute(scores: Scores, weights: Weights) -> dict[str, FloatArray]:
    """Features made of the scorers' outputs, each of shape (n_blocks,); see `DESCRIPTIONS`.

    Parameters
    ----------
    scores : Scores
        As `read_scores` gives it.
    weights : mapping of str to ndarray of float32, shape (2 ** bits, len(OUTPUTS))
        Weights of each scorer of `SCORERS`.
    """
    rows = {name: scores.inputs[name].rows(weights[name]) for name in SCORERS}
    words = rows["words"]
    total, high, low = _along_paths(scores, rows["names"])
    has_head = (scores.headings >= 0)[:, None]
    text_sums = np.vstack([np.zeros((1, len(OUTPUTS))), np.cumsum(words * scores.words[:, None], axis=0)])
    word_sums = np.concatenate([[0.0], np.cumsum(scores.words)])
    blocks = {
        "words": words,
        "name": total[scores.inner],
        "name_own": rows["names"][scores.inner],
        "name_box": rows["names"][scores.container],
        **{name: rows["names"][box] for name, box in scores.named.items()},
        "name_part20": total[scores.outer],
        "name_highest": high[scores.inner],
        "name_lowest": low[scores.inner],
        "target": rows["target"],
        "above": rows["above"],
        "heading_words": np.where(has_head, words[np.maximum(scores.headings, 0)], 0.0) if len(words) else words,
    }
    for name, (first, last) in scores.spans.items():
        count = np.maximum(word_sums[last] - word_sums[first], 1.0)
        blocks[name] = (text_sums[last] - text_sums[first]) / count[:, None]
    # Where the links of a box go, mean over its blocks that have one.
    target_sums = np.vstack([np.zeros((1, len(OUTPUTS))), np.cumsum(rows["target"], axis=0)])
    target_counts = np.concatenate([[0.0], np.cumsum(scores.inputs["target"].which >= 0)])
    for name, box in _LINKED_BOXES.items():
        first, last = scores.spans[box]
        count = np.maximum(target_counts[last] - target_counts[first], 1.0)
        blocks[name] = (target_sums[last] - target_sums[first]) / count[:, None]
    blocks["first_words"] = words[scores.leading] if len(words) else words
    return {f"{name}_{output}": blocks[name][:, k] for name in _BLOCK_SCORES for k, output in enumerate(OUTPUTS)}


def _along_paths(scores: Scores, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Decayed sum, highest and lowest of the values on each element's path from the root; shapes as given.

    The steps double: once an element knows of two levels, so does the one two levels above it, and together they know
    of four.
    """
    n = len(values)
    # Above the root there is nothing: a row that adds nothing.
    total = np.vstack([values, np.zeros((1, values.shape[1]))])
    high, low = total.copy(), total.copy()
    high[n], low[n] = -np.inf, np.inf
    above = np.append(np.where(scores.depth > 0, scores.parent, n), n)
    decay = NAME_DECAY
    while (above < n).any():
        total = total + decay * total[above]
        high = np.maximum(high, high[above])
        low = np.minimum(low, low[above])
        above, decay = above[above], decay * decay
    return total[:n], high[:n], low[:n]
