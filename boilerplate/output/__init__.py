"""Write labelled pages down: plain text, Markdown, HTML and tables of blocks.

Each format is a function from a page and its kept blocks to text; `FORMATS` names them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from boilerplate.errors import UsageError
from boilerplate.output.records import to_csv, to_json, to_jsonl
from boilerplate.output.text import to_html, to_markdown, to_text

if TYPE_CHECKING:
    from boilerplate.labelled import Block, LabelledPage

__all__ = ["FORMATS", "render"]

FORMATS: dict[str, Callable[[LabelledPage, Sequence[Block]], str]] = {
    "txt": to_text,
    "markdown": to_markdown,
    "html": to_html,
    "json": to_json,
    "jsonl": to_jsonl,
    "csv": to_csv,
}


def render(page: LabelledPage, blocks: Sequence[Block], output_format: str) -> str:
    """Write the given blocks of a page in a format.

    Raises
    ------
    UsageError
        If the format is unknown.
    """
    writer = FORMATS.get(output_format)
    if writer is None:
        raise UsageError(f"{output_format!r} is no output format. Use one of {', '.join(FORMATS)}.")
    return writer(page, blocks)
