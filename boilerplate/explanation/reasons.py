"""Reasons for a block's label, strongest first, as phrases with what each adds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from boilerplate import features
from boilerplate.blocks import BlockTable
from boilerplate.explanation.contributions import Attribution, Contributions, rivals
from boilerplate.explanation.phrases import group_of, tell
from boilerplate.explanation.tokens import TokenWeights, token_weights
from boilerplate.explanation.vocabulary import (
    ADDRESS,
    ADDRESSES_AROUND,
    ELEMENT_NAMES,
    HEADING,
    WORDS,
    WORDS_AROUND,
    percent,
)
from boilerplate.features import PageReading
from boilerplate.features.headings import governing_headings
from boilerplate.features.links import nearest_link
from boilerplate.features.scores import (
    NAME_DECAY,
    NAMING_ATTRIBUTES,
    OUTPUTS,
    attribute_words,
    element_name,
)
from boilerplate.features.view import PageView
from boilerplate.labels import LABELS, PROMO
from boilerplate.model.model import Model, Prediction

__all__ = ["MAX_EXPLAINED_BLOCKS", "MAX_REASONS", "Explanation", "Reason", "explain_blocks"]

Key = TypeVar("Key")

#: Reasons given for a block, at most.
MAX_REASONS = 5
#: Only so many blocks of a page are explained, about two seconds' work: the largest public pages have half as many.
MAX_EXPLAINED_BLOCKS = 5_000
#: A reason weaker than this share of everything that spoke for or against is left out.
_LEAST_SHARE = 0.03
#: Of a group's features those are named that make at least this share of what it moved.
_LEAST_FEATURE_SHARE = 0.1
#: Blocks that are taken apart at a time, which bounds the memory.
_BATCH = 128
#: Tokens that a reason names, at most; one much weaker than the strongest is left out.
_MAX_TOKENS = 3
_LEAST_TOKEN_SHARE = 0.25
#: Less than this of a margin (log-odds) is not worth a reason.
_LEAST_TAKEN_OFF = 0.05
#: Characters of a token and of a heading that are quoted.
_TOKEN_CHARS = 40
_HEADING_CHARS = 60
#: Blocks before and after that "around it" quotes from, at most.
_QUOTED_AROUND = 5
#: Elements around a block whose names are looked through; further ones count for next to nothing.
_NAMED_LEVELS = 12

_GROUPS = sorted({group_of(name) for name in features.NAMES})
_GROUP_NUMBER = {group: k for k, group in enumerate(_GROUPS)}
_GROUP_OF = np.array([_GROUP_NUMBER[group_of(name)] for name in features.NAMES])
_MEMBERS = [np.flatnonzero(k == _GROUP_OF) for k in range(len(_GROUPS))]


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that moved the probability of a block's label.

    Attributes
    ----------
    text : str
        In words, such as ``82 % link text`` or ``class token 'sponsor'``.
    contribution : float
        What it adds to the margin of the label against the others (log-odds scale); negative if it speaks against.
    features : tuple of str
        The features of `boilerplate.features` that say so, strongest first; none where a rule does.
    """

    text: str
    contribution: float
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a block has its label, and why it is taken for main text or not.

    Attributes
    ----------
    label : tuple of Reason
        For and against the block's label, strongest first.
    main : tuple of Reason
        The same for main text: positive contributions speak for main text, whatever was decided.
    """

    label: tuple[Reason, ...]
    main: tuple[Reason, ...]


def explain_blocks(
    table: BlockTable,
    reading: PageReading,
    model: Model,
    prediction: Prediction,
    matrix: NDArray[np.float32] | None = None,
) -> list[Explanation]:
    """Say why each block of a page has its label.

    Parameters
    ----------
    table : BlockTable
    reading : PageReading
        Of this table.
    model : Model
    prediction : Prediction
        What the model made of it.
    matrix : ndarray of float32, shape (n_blocks, len(features.NAMES)), optional
        As `Model.matrix` gives it, if it is at hand.

    Returns
    -------
    list of Explanation, one for each block
        Blocks after the first `MAX_EXPLAINED_BLOCKS` have no reasons.
    """
    n = min(len(table), MAX_EXPLAINED_BLOCKS)
    if n == 0:
        return []
    matrix = model.matrix(reading) if matrix is None else matrix
    labels = prediction.probabilities.argmax(axis=1)
    attribution = Attribution(model, matrix, reading.around)
    drafts: list[_Drafts] = []
    taken_off = np.zeros(n)
    for start in range(0, n, _BATCH):
        rows = slice(start, min(start + _BATCH, n))
        of_label = attribution.of_labels(rows, labels[rows], prediction.probabilities[rows])
        of_main = attribution.of_main(rows)
        drafts.extend(zip(_drafts(of_label), _drafts(of_main), strict=True))
        taken_off[rows] = _log_odds(prediction.main[rows]) - of_main.margin
    weights = rivals(prediction.probabilities, labels)
    teller = _Teller(table, reading, model, matrix, drafts)
    main_direction = np.array([float(name == "main") for name in OUTPUTS])
    told = [
        Explanation(
            label=teller.reasons(i, drafts[i][0], LABELS[labels[i]], np.append(weights[i], 0.0)),
            main=_reconciled(teller.reasons(i, drafts[i][1], "main", main_direction), taken_off[i], prediction, i),
        )
        for i in range(n)
    ]
    return told + [Explanation((), ())] * (len(table) - n)


def _log_odds(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    kept = np.clip(probability, 1e-12, 1.0 - 1e-12)
    return np.asarray(np.log(kept / (1.0 - kept)))


def _reconciled(
    reasons: tuple[Reason, ...], taken_off: float, prediction: Prediction, block: int
) -> tuple[Reason, ...]:
    """Reasons for main text, with what the label of promotion takes off its margin, if it does."""
    if taken_off > -_LEAST_TAKEN_OFF:
        return reasons
    share = percent(float(prediction.probabilities[block, PROMO]))
    # No feature of the block says so: it is a rule of `boilerplate.model.agreement`.
    return (Reason(f"what is promotion ({share}) is not main text", float(taken_off), ()), *reasons)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A group of features that moved a block's margin, before it is put into words."""

    group: str
    contribution: float
    leading: int  # the feature that moved the margin most in the group's direction
    features: tuple[str, ...]


#: Of the label, and of main text.
_Drafts = tuple[list[_Draft], list[_Draft]]


def _drafts(contributions: Contributions) -> list[list[_Draft]]:
    values = contributions.values
    sums = np.stack([values[:, members].sum(axis=1) for members in _MEMBERS], axis=1)
    sizes = np.abs(sums)
    least = _LEAST_SHARE * sizes.sum(axis=1)
    result = []
    for i, order in enumerate(np.argsort(-sizes, axis=1, kind="stable")[:, :MAX_REASONS].tolist()):
        kept = [k for k in order if sizes[i, k] > 0.0 and sizes[i, k] >= least[i]]
        result.append([_draft(values[i], _GROUPS[k], float(sums[i, k]), _MEMBERS[k]) for k in kept])
    return result


def _draft(values: NDArray[np.float64], group: str, total: float, members: NDArray[np.int64]) -> _Draft:
    own = values[members]
    sizes = np.abs(own)
    order = np.argsort(-sizes, kind="stable")
    named = order[sizes[order] >= _LEAST_FEATURE_SHARE * sizes.sum()]
    leading = members[np.argmax(own * np.sign(total))]
    return _Draft(group, total, int(leading), tuple([features.NAMES[k] for k in members[named].tolist()]))


class _Teller:
    """Puts drafts into words; what it needs of the page is read once.

    Parameters
    ----------
    table, reading, model, matrix :
        As for `explain_blocks`; the matrix as `Model.matrix` gives it.
    drafts : sequence
        Of all blocks: only texts that reasons rest on are taken apart.
    """

    def __init__(
        self,
        table: BlockTable,
        reading: PageReading,
        model: Model,
        matrix: NDArray[np.float32],
        drafts: Sequence[_Drafts],
    ) -> None:
        self._table = table
        self._matrix = matrix
        self._spans = reading.scores.spans
        view = PageView(table)
        self._headings = governing_headings(view).tolist()
        self._links = nearest_link(view).tolist()
        where: dict[str, set[int]] = {group: set() for group in _GROUPS}
        for i, both in enumerate(drafts):
            for draft in (*both[0], *both[1]):
                where[draft.group].add(i)
                if draft.group in (WORDS_AROUND, ADDRESSES_AROUND):
                    read = WORDS if draft.group == WORDS_AROUND else ADDRESS
                    where[read].update(self._around(i, draft.leading))

        def weights_of(scorer: str, texts: Iterable[str]) -> dict[str, TokenWeights]:
            distinct = list(dict.fromkeys(texts))
            return dict(zip(distinct, token_weights(scorer, distinct, model.scorers[scorer]), strict=True))

        self._words = weights_of("words", [table.text[i] for i in sorted(where[WORDS])])
        self._addresses = weights_of("target", [self._address(i) for i in sorted(where[ADDRESS])])
        named = {e for i in where[ELEMENT_NAMES] for e in self._named(i)}
        self._name_of = {e: element_name(table.tags[e], table.attributes[e]) for e in sorted(named)}
        self._names = weights_of("names", self._name_of.values())

    def reasons(
        self, block: int, drafts: Sequence[_Draft], label: str, direction: NDArray[np.float64]
    ) -> tuple[Reason, ...]:
        """Reasons for a label, or against it.

        Parameters
        ----------
        block : int
        drafts : sequence of _Draft
        label : str
            One of the labels, or ``main``.
        direction : ndarray of float64, shape (len(OUTPUTS),)
            How much each output of a scorer counts for it.
        """
        return tuple(
            Reason(
                self._text(block, d, label, direction if d.contribution > 0 else -direction), d.contribution, d.features
            )
            for d in drafts
        )

    def _text(self, block: int, draft: _Draft, label: str, direction: NDArray[np.float64]) -> str:
        text = ""
        if draft.group == WORDS:
            text = self._tell_words([block], direction, "")
        elif draft.group == WORDS_AROUND:
            text = self._tell_words(self._around(block, draft.leading), direction, " around it")
        elif draft.group == ELEMENT_NAMES:
            text = self._tell_names(block, direction)
        elif draft.group == ADDRESS:
            text = self._tell_addresses([block], direction, "link") if self._links[block] >= 0 else "has no link"
        elif draft.group == ADDRESSES_AROUND:
            text = self._tell_addresses(self._around(block, draft.leading), direction, "links around it")
        elif draft.group == HEADING and self._headings[block] >= 0:
            text = f"under a heading {_quoted(self._table.text[self._headings[block]], _HEADING_CHARS)}"
        # Which way the feature moved the margin; its group as a whole went the same way.
        value = float(self._matrix[block, draft.leading])
        return text or tell(features.NAMES[draft.leading], value, draft.contribution, label)

    def _around(self, block: int, feature: int) -> range:
        """Blocks of the box that a feature reads, those near the block."""
        name = features.NAMES[feature].rpartition("_")[0].replace("_target", "_words")
        first, last = (int(ends[block]) for ends in self._spans[name])
        return range(max(first, block - _QUOTED_AROUND), min(last, block + _QUOTED_AROUND + 1))

    def _tell_words(self, blocks: Iterable[int], direction: NDArray[np.float64], where: str) -> str:
        found = _strongest([self._words[self._table.text[i]] for i in blocks], direction)
        return f"{'word' if len(found) == 1 else 'words'}{where} {_listed(found)}" if found else ""

    def _tell_addresses(self, blocks: Iterable[int], direction: NDArray[np.float64], what: str) -> str:
        found = _strongest([self._addresses[self._address(i)] for i in blocks], direction)
        return f"{what} with {_listed(found)}" if found else ""

    def _address(self, block: int) -> str:
        if self._links[block] < 0:
            return ""
        attributes = self._table.attributes[self._links[block]]
        return " ".join([attributes.get("href", "")[:200], attributes.get("rel", ""), attributes.get("target", "")])

    def _named(self, block: int) -> list[int]:
        """Elements from what wraps the block's text outwards."""
        chain: list[int] = []
        element = int(self._table.inner[block])
        while element >= 0 and len(chain) < _NAMED_LEVELS:
            chain.append(element)
            element = int(self._table.parent[element])
        return chain

    def _tell_names(self, block: int, direction: NDArray[np.float64]) -> str:
        found: dict[tuple[str, str], float] = {}
        for level, element in enumerate(self._named(block)):
            for token, weight in self._names[self._name_of[element]].strongest(direction, _MAX_TOKENS):
                key = (self._place_of(element, token), token)
                # A name that stands on several boxes counts where it counts most.
                found[key] = max(found.get(key, 0.0), weight * NAME_DECAY**level)
        by_place: dict[str, list[str]] = {}
        for place, token in _clear(sorted(found.items(), key=lambda item: -item[1])[:_MAX_TOKENS]):
            by_place.setdefault(place, []).append(token)
        return ", ".join(
            f"{place}{'s' if len(tokens) > 1 and place.endswith('token') else ''} {_listed(tokens)}"
            for place, tokens in by_place.items()
        )

    def _place_of(self, element: int, token: str) -> str:
        """Where a token of an element's name stands."""
        attributes = self._table.attributes[element]
        for key in NAMING_ATTRIBUTES:
            if key in attributes and token in attribute_words(attributes[key]):
                return f"{key} token" if key in ("class", "id") else key
        return "element" if token == self._table.tags[element] else "data attribute"


def _strongest(texts: Sequence[TokenWeights], direction: NDArray[np.float64]) -> list[str]:
    """Tokens of several texts that move the scores furthest in a direction."""
    found: dict[str, float] = {}
    for text in texts:
        for token, weight in text.strongest(direction, _MAX_TOKENS):
            found[token] = max(found.get(token, 0.0), weight)
    return _clear(sorted(found.items(), key=lambda item: -item[1])[:_MAX_TOKENS])


def _clear(found: Sequence[tuple[Key, float]]) -> list[Key]:
    """Those that are not far weaker than the strongest, which comes first."""
    return [token for token, weight in found if weight >= _LEAST_TOKEN_SHARE * found[0][1]]


def _listed(tokens: Iterable[str]) -> str:
    return ", ".join(_quoted(token, _TOKEN_CHARS) for token in tokens)


def _quoted(text: str, limit: int) -> str:
    even = " ".join(text.split())
    return f"'{even if len(even) <= limit else even[: limit - 1] + '…'}'"
