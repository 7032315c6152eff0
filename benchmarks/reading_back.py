"""Markdown read back by a CommonMark parser: its words, and what each of its parts says."""

from __future__ import annotations

import re
from collections import Counter

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from boilerplate.words import split_words

__all__ = ["PLAIN_READER", "READER", "outline_of_markdown", "words_of_markdown"]

#: For what `boilerplate` writes.
READER = (
    MarkdownIt("commonmark")
    .enable(["table", "strikethrough"])
    .use(footnote_plugin)
    .use(dollarmath_plugin, allow_space=False)
)
#: For what other converters write: they know neither footnotes nor formulas.
PLAIN_READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_TAG = re.compile(r"</?[a-zA-Z][^>]*>|<!--.*?-->", re.DOTALL)
#: Tokens of parts that hold text, and what they are in HTML; headings are what their token says.
_PARTS = {"blockquote": "blockquote", "list_item": "li", "footnote": "li", "td": "td", "th": "td", "heading": ""}


def words_of_markdown(text: str, reader: MarkdownIt = READER, *, marks: bool = False) -> list[str]:
    """Words that a reader of rendered Markdown sees; with marks, those of footnotes that are there too."""
    pieces: list[str] = []
    for token in reader.parse(text):
        if token.type in ("fence", "code_block", "math_block"):
            pieces.append(token.content)
        elif token.type == "html_block":
            pieces.append(_TAG.sub(" ", token.content))
        elif token.type == "inline":
            pieces.append(_inline(token, marks=marks))
    return split_words("\n".join(pieces))


def _inline(token: Token, *, marks: bool = False) -> str:
    text = ""
    for child in token.children or ():
        if child.type in ("text", "text_special", "code_inline", "math_inline", "math_inline_double"):
            text += child.content
        elif child.type in ("softbreak", "hardbreak") or (child.type == "html_inline" and child.content == "<br>"):
            text += "\n"
        elif child.type == "footnote_ref" and marks:
            text += f"[{child.meta['label']}]"
    return text


def outline_of_markdown(text: str, reader: MarkdownIt) -> Counter[tuple[str, str]]:
    """What each heading, item, cell, quotation and piece of code says, by its kind."""
    path: list[str] = []
    found: Counter[tuple[str, str]] = Counter()
    for token in reader.parse(text):
        name = token.type.removesuffix("_open").removesuffix("_close")
        if name in _PARTS and token.type.endswith("_open"):
            path.append(_PARTS[name] or token.tag)
        elif name in _PARTS:
            path.pop()
        elif token.type in ("fence", "code_block", "inline", "math_block"):
            kind = "pre" if token.type in ("fence", "code_block") else path[-1] if path else "p"
            words = " ".join(split_words(_inline(token, marks=True) if token.type == "inline" else token.content))
            if words:
                found[kind, words] += 1
    return found
