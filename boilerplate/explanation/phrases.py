"""Features in words a person understands, and which of them tell the same.

Every feature has a phrase made of its value, and a group of features that say one thing in several ways, such as link
text in the box around a block, in the one around that, and so on. Reasons are given by group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from boilerplate.explanation.vocabulary import (
    ALIKE,
    BOXES,
    GUESSES,
    IN_BOX,
    NOUNS,
    OF_ALIKE,
    OF_NEIGHBOURS,
    ORDINALS,
    OWN,
    PLACES_IN,
    SCORES,
    TAGS,
    TOPICS,
    Phrase,
    flag,
    percent,
)
from boilerplate.features import DESCRIPTIONS
from boilerplate.features.scores import OUTPUTS

__all__ = ["group_of", "tell"]

#: From and up to what probability blocks look like something, or do not.
_LIKE, _UNLIKE = 0.6, 0.2

_AT = re.compile(r"(.+)_(previous|next)([123])")
_AROUND = re.compile(r"(.+)_around(\d+)")
_SCORE = re.compile(rf"(.+)_({'|'.join(OUTPUTS)})")
_GUESS = re.compile(rf"guess_({'|'.join(OUTPUTS)})_(.+)")
_GUESS_AT = re.compile(r"at([+-])(\d)")


def _simple() -> Iterator[tuple[str, str, Phrase]]:
    """Feature, group and phrase of everything that is told by its value alone."""
    for group, phrases in OWN.items():
        for name, phrase in phrases.items():
            yield name, group, phrase
    for name, where in PLACES_IN.items():
        yield f"in_{name}", f"in {name}", flag(where, f"not {where}")
    for name, what in TAGS.items():
        yield f"tag_{name}", "kind of element", flag(what, f"not {what}")
    for box, words in BOXES.items():
        for group, phrases in IN_BOX.items():
            for name, phrase in phrases.items():
                yield f"{box}_{name}", group, _named(phrase, words)
    for key, words in ALIKE.items():
        for name, phrase in OF_ALIKE.items():
            yield f"{key}_{name}", "blocks alike", _named(phrase, words)


def _named(phrase: Phrase, words: str) -> Phrase:
    return lambda value: phrase(value).replace("@", words)


_PHRASES: dict[str, tuple[str, Phrase]] = {name: (group, phrase) for name, group, phrase in _simple()}


def _place_at(direction: str, number: int) -> str:
    return f"the {ORDINALS[number]}block {'before' if direction == 'previous' else 'after'}"


def _place_around(number: str) -> str:
    return f"the {number} blocks before and after"


def group_of(name: str) -> str:  # noqa: PLR0911 - one return a family
    """Which features say the same as this one in another way: the name of their group.

    Parameters
    ----------
    name : str
        One of `boilerplate.features.NAMES`.
    """
    if name in _PHRASES:
        return _PHRASES[name][0]
    if found := _GUESS.fullmatch(name):
        place = found[2]
        if place in GUESSES:
            return GUESSES[place][0]
        return "look of the boxes around" if place in BOXES else "look of its neighbours"
    if name.startswith("topic_"):
        return "topic"
    if found := _AT.fullmatch(name) or _AROUND.fullmatch(name):
        if found[1] in OF_NEIGHBOURS:
            return "neighbours"
        return "names of its neighbours" if found[1].startswith("name_") else "words of its neighbours"
    if (found := _SCORE.fullmatch(name)) and found[1] in SCORES:
        return SCORES[found[1]][0]
    return name.replace("_", " ")


def tell(name: str, value: float, contribution: float, label: str) -> str:  # noqa: PLR0911 - one return a family
    """What a feature says of a block, as a phrase.

    Parameters
    ----------
    name : str
        One of `boilerplate.features.NAMES`.
    value : float
        The block's value.
    contribution : float
        What it adds to the margin of `label`: learned scores have no scale a reader knows, so they are told by the
        direction in which they move the decision.
    label : str
        The label in question, or ``main``.
    """
    if name in _PHRASES:
        return _PHRASES[name][1](value)
    if found := _GUESS.fullmatch(name):
        return _tell_guess(found[1], found[2], value)
    if name.startswith("topic_"):
        return _tell_topic(name.removeprefix("topic_"), value)
    if found := _AT.fullmatch(name):
        where = _place_at(found[2], int(found[3]))
        if found[1] in OF_NEIGHBOURS:
            if value < 0:
                return where.replace("the ", "no ", 1) + " it"
            return OF_NEIGHBOURS[found[1]][0](value).replace("@", where)
        return _tell_score(found[1], f"of {where}", contribution, label)
    if found := _AROUND.fullmatch(name):
        where = _place_around(found[2])
        if found[1] in OF_NEIGHBOURS:
            return OF_NEIGHBOURS[found[1]][1](value).replace("@", where)
        return _tell_score(found[1], f"of {where}", contribution, label)
    if (found := _SCORE.fullmatch(name)) and found[1] in SCORES:
        return SCORES[found[1]][1].format(_likeness(found[2], contribution, label), NOUNS[found[2]])
    return _described(name, value)


def _likeness(output: str, contribution: float, label: str) -> str:
    """Whether a score that moved the decision this way says that the block is like its output, or unlike."""
    return "like" if (contribution >= 0) == (output == label) else "unlike"


def _tell_score(name: str, where: str, contribution: float, label: str) -> str:
    kind, _, output = name.partition("_")
    like = _likeness(output, contribution, label)
    if kind == "name":
        return f"the names {where} are {like} those of {NOUNS[output]}"
    return f"the words {where} read {like} {NOUNS[output]}"


def _tell_guess(output: str, place: str, value: float) -> str:
    if at := _GUESS_AT.fullmatch(place):
        where = _place_at("next" if at[1] == "+" else "previous", int(at[2])) + " @"
    elif place in GUESSES:
        where = GUESSES[place][1]
    elif place in BOXES:
        where = f"the blocks in {BOXES[place]} @"
    else:
        where = f"{_place_around(place.removeprefix('around'))} @"
    many = where.startswith(("blocks", "the blocks")) or "blocks before" in where
    if value < _UNLIKE:
        look = "do not look like" if many else "does not look like"
    else:
        look = ("look " if many else "looks ") + ("like" if value >= _LIKE else "partly like")
    return where.replace("@", f"{look} {NOUNS[output]} ({percent(value)})")


def _tell_topic(name: str, value: float) -> str:
    topic, _, box = name.partition("_")
    whose = f"the words in {BOXES[box]}" if box in BOXES else "its words"
    if topic == "known":
        return f"{percent(value)} of {whose} occur in the page's main text"
    return f"{whose} are {percent(value)} alike those of {TOPICS[topic][0]}"


def _described(name: str, value: float) -> str:
    """A phrase made of a feature's description, for features that have none of their own."""
    text = re.sub(r", (?:0 to \d+|at most \d+|signed log|log)\b", "", DESCRIPTIONS[name])
    text = re.sub(r"\blog\((?:1 \+ )?(.*?)\)", r"\1", text)
    flag = re.match(r"1 if (.+)", text)
    if flag:
        return flag[1] if value > 0.5 else f"not so: {flag[1]}"
    return f"{text}: {value:.2g}".replace("_", " ")
