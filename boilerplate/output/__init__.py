"""Write labelled pages down: plain text, Markdown, HTML and records of pages and blocks.

Each format is a function from a page, its kept blocks and options to text; `FORMATS` names them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from boilerplate.errors import UsageError
from boilerplate.output import text
from boilerplate.output.build import build
from boilerplate.output.document import Options
from boilerplate.output.records import front_matter, meta_names, to_csv, to_json, to_jsonl

if TYPE_CHECKING:
    from boilerplate.labelled import Block, LabelledPage

__all__ = ["DOCUMENT_FORMATS", "FORMATS", "Options", "render", "to_html", "to_markdown", "to_text"]

_DEFAULT = Options()


def to_text(page: LabelledPage, blocks: Sequence[Block], options: Options = _DEFAULT) -> str:
    """Plain text: a block a paragraph, items and rows a line each, cells divided by tabs; code keeps its lines.

    With metadata, they stand before the text between two lines of ``---``, as YAML.
    """
    head = front_matter(page.metadata) if options.metadata else ""
    # Where links lead need not be found out: plain text does not say.
    return head + text.to_text(build(page, blocks, replace(options, links=False)))


def to_markdown(page: LabelledPage, blocks: Sequence[Block], options: Options = _DEFAULT) -> str:
    """Markdown: CommonMark with GitHub's tables, strikethrough and footnotes; formulas in dollar signs.

    With metadata, they stand before the text as YAML front matter.
    """
    # Cleaning to text need not pay for importing other formats.
    from boilerplate.output import markdown

    head = front_matter(page.metadata) if options.metadata else ""
    return head + markdown.to_markdown(build(page, blocks, options))


def to_html(page: LabelledPage, blocks: Sequence[Block], options: Options = _DEFAULT) -> str:
    """An HTML document of the kept part of the page: no script, style or class of the page is in it."""
    from boilerplate.output import html

    head = meta_names(page.metadata) if options.metadata else {}
    # Browsers give control characters no meaning, but show text in the order that some of them ask for.
    nodes = build(page, blocks, replace(options, controls=False))
    return html.to_html(page, nodes, head, right_to_left=_right_to_left(blocks))


def _right_to_left(blocks: Sequence[Block]) -> bool:
    """Whether most letters are of a script written from right to left."""
    counts = {"L": 0, "R": 0}
    for block in blocks:
        for character in block.text[:200]:
            kind = unicodedata.bidirectional(character)
            counts["R" if kind in {"R", "AL"} else "L"] += kind in {"R", "AL", "L"}
    return counts["R"] > counts["L"]


FORMATS: dict[str, Callable[[LabelledPage, Sequence[Block], Options], str]] = {
    "txt": to_text,
    "markdown": to_markdown,
    "html": to_html,
    "json": to_json,
    "jsonl": to_jsonl,
    "csv": to_csv,
}


#: Formats that are documents of the kept blocks; the others are records of the page.
DOCUMENT_FORMATS = ("txt", "markdown", "html")


def render(page: LabelledPage, blocks: Sequence[Block], output_format: str, options: Options = _DEFAULT) -> str:
    """Write the given blocks of a page in a format.

    Raises
    ------
    UsageError
        If the format is unknown.
    """
    writer = FORMATS.get(output_format)
    if writer is None:
        raise UsageError(f"{output_format!r} is no output format. Use one of {', '.join(FORMATS)}.")
    return writer(page, blocks, options)
