"""Features of a block's own text: its length, what it is made of, what patterns it holds, in any language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection

import numpy as np

from boilerplate.features.view import FloatArray, PageView, only_wanted

__all__ = ["DESCRIPTIONS", "compute"]

#: Patterns are looked for in this many leading characters: dates and prices matter in short blocks.
_PATTERN_CHARS = 240
_DIVIDER = "\x00"
#: Every repetition is bounded or possessive, so that no text takes longer than its length.
_PATTERNS = {
    "clock_times": (re.compile(r"(?<!\d)\d{1,2}[:.]\d{2}(?![\d%])"), "clock times such as 23:39"),
    "years": (re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)"), "numbers that look like years"),
    "dates": (
        re.compile(r"(?<!\d)\d{1,4}[./\-年.]\s?\d{1,2}[./\-月.]\s?\d{1,4}(?!\d)|\d{1,8}+\s?[年月日]"),
        "dates written in digits",
    ),
    "prices": (
        re.compile(r"[$€£¥₽₹₩₴₺₫฿₪]\s?\d|\d[\d.,\s]{0,40}+(?:[$€£¥₽₹₩₴₺₫฿₪円元원]|zł|kr\b|Kč|lei|USD|EUR|GBP|руб|грн)"),
        "amounts of money",
    ),
    "percents": (re.compile(r"\d\s?[%％٪]"), "percentages"),
    "addresses": (re.compile(r"[\w.]@\w|https?://|www\.\w"), "e-mail and web addresses"),
}

DESCRIPTIONS = {
    "log_chars": "log(1 + characters without white space)",
    "log_words": "log(1 + words); a character of a script without spaces is a word",
    "chars_per_word": "characters per word, 0 to 30",
    "share_upper": "share of capitals among letters with case, 0 to 1",
    "share_capitalised": "share of words that begin with a capital, 0 to 1",
    "share_uncased": "share of letters of scripts without case, 0 to 1",
    "share_unspaced": "share of characters of scripts without spaces, 0 to 1",
    "share_digits": "share of digits, 0 to 1",
    "share_marks": "share of punctuation and symbols, 0 to 1",
    "sentence_marks": "marks that end a sentence, at most 30",
    "chars_per_sentence_mark": "log(1 + characters per mark that ends a sentence)",
    "comma_marks": "log(1 + commas, colons, semicolons)",
    "commas_per_word": "commas, colons, semicolons per word, 0 to 1",
    "quote_marks": "log(1 + quotation marks)",
    "brackets": "log(1 + brackets)",
    "separators": "bars, bullets, arrows and slashes, at most 20",
    "currency_signs": "currency signs, at most 10",
    "other_signs": "log(1 + other symbols, emoji among them)",
    "ends_sentence": "1 if the last character ends a sentence",
    "ends_colon": "1 if the last character is a colon",
    "ends_question": "1 if the last character is a question mark of any script",
    "ends_exclamation": "1 if the last character is an exclamation mark",
    "ends_ellipsis": "1 if the text ends in an ellipsis",
    "begins_upper": "1 if the first character is a capital",
    "begins_digit": "1 if the first character is a digit",
    "begins_mark": "1 if the first character is neither letter nor digit",
    "begins_quote": "1 if the first character is a quotation mark",
    "holds_copyright": "1 if the text holds ©",
    "line_breaks": "<br> in the block, at most 50",
    "text_nodes": "log(1 + text nodes in the block)",
    "same_text": "log of how many blocks of the page have this very text",
    **{name: f"{what}, at most 5" for name, (_, what) in _PATTERNS.items()},
}


def compute(view: PageView, wanted: Collection[str] = DESCRIPTIONS.keys()) -> dict[str, FloatArray]:
    """Features of each block's text that are wanted, each of shape (n_blocks,); see `DESCRIPTIONS`."""
    count = view.characters.count
    chars, words = np.maximum(view.chars, 1.0), np.maximum(view.words, 1.0)
    texts, breaks, blocks = view.table.text, view.table.line_breaks, view.table.node_block

    def cased() -> FloatArray:
        return count("upper", "lower")

    def letters() -> FloatArray:
        return np.maximum(cased() + count("uncased", "unspaced"), 1.0)

    def marks() -> FloatArray:
        return chars - count("upper", "lower", "uncased", "unspaced", "digit")

    return only_wanted(
        {
            "log_chars": lambda: np.log1p(view.chars),
            "log_words": lambda: np.log1p(view.words),
            "chars_per_word": lambda: np.minimum(chars / words, 30.0),
            "share_upper": lambda: count("upper") / np.maximum(cased(), 1.0),
            "share_capitalised": lambda: view.characters.capitals / words,
            "share_uncased": lambda: count("uncased") / letters(),
            "share_unspaced": lambda: count("unspaced") / chars,
            "share_digits": lambda: count("digit") / chars,
            "share_marks": lambda: marks() / chars,
            "sentence_marks": lambda: np.minimum(view.sentence_marks, 30.0),
            "chars_per_sentence_mark": lambda: np.log1p(chars / np.maximum(view.sentence_marks, 1.0)),
            "comma_marks": lambda: np.log1p(count("comma")),
            "commas_per_word": lambda: np.minimum(count("comma") / words, 1.0),
            "quote_marks": lambda: np.log1p(count("quote")),
            "brackets": lambda: np.log1p(count("bracket")),
            "separators": lambda: np.minimum(count("separator"), 20.0),
            "currency_signs": lambda: np.minimum(count("currency"), 10.0),
            "other_signs": lambda: np.log1p(count("other")),
            **_characters(texts),
            "line_breaks": lambda: np.minimum(breaks, 50).astype(np.float64),
            "text_nodes": lambda: np.log1p(np.bincount(blocks[blocks >= 0], minlength=len(view))),
            "same_text": lambda: _repeats(texts),
        },
        wanted,
    ) | _patterns(view, wanted)


def _repeats(texts: list[str]) -> FloatArray:
    """Log of how often each text occurs."""
    times = Counter(texts)
    return np.log(np.fromiter(map(times.__getitem__, texts), dtype=np.float64, count=len(texts)))


def _characters(texts: list[str]) -> dict[str, Callable[[], FloatArray]]:
    """Features of the first and the last character of each block."""

    def flags(matches: Callable[[str], bool], place: slice) -> Callable[[], FloatArray]:
        return lambda: np.array([matches(text[place]) for text in texts], dtype=np.float64)

    first, last, whole = slice(1), slice(-1, None), slice(None)
    return {
        "ends_sentence": flags(".!?…。！？؟।.".__contains__, last),
        "ends_colon": flags(":：".__contains__, last),
        "ends_question": flags("?？؟;".__contains__, last),
        "ends_exclamation": flags("!！".__contains__, last),
        "ends_ellipsis": flags(lambda text: text.endswith(("…", "...")), whole),
        "begins_upper": flags(str.isupper, first),
        "begins_digit": flags(str.isdigit, first),
        "begins_mark": flags(lambda character: not character.isalnum(), first),
        "begins_quote": flags("\"'«»„“”‘’「『".__contains__, first),
        "holds_copyright": flags(lambda text: "©" in text, whole),
    }


def _patterns(view: PageView, wanted: Collection[str]) -> dict[str, FloatArray]:
    """How often each pattern that is wanted is found in the first characters of each block.

    Texts that can hold one are searched as one, with a character between them that no pattern matches.
    """
    texts = view.table.text
    chosen = [name for name in _PATTERNS if name in wanted]
    result = {name: np.zeros(len(view)) for name in chosen}
    if not chosen:
        return result
    with_digits = np.flatnonzero(view.characters.count("digit") > 0)
    heads = [text[:_PATTERN_CHARS].replace(_DIVIDER, " ") for text in texts]
    with_address = np.flatnonzero(np.array(["@" in t or "://" in t or "www." in t for t in heads], dtype=np.bool_))
    for name in chosen:
        rows = with_address if name == "addresses" else with_digits
        if len(rows) == 0:
            continue
        searched = [heads[row] for row in rows.tolist()]
        ends = np.cumsum([len(text) + 1 for text in searched])
        found = [match.start() for match in _PATTERNS[name][0].finditer(_DIVIDER.join(searched))]
        hits = np.bincount(np.searchsorted(ends, found, side="right"), minlength=len(rows))
        result[name][rows] = np.minimum(hits, 5)
    return result
