"""Characters that have no place in text made of a page: they steer terminals, reorder what is read, or hide words."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["BROKEN", "CONTROLS", "escape_controls", "without"]

_SURROGATES = "\ud800-\udfff"
# Of the non-characters those that XML forbids.
_NONCHARACTERS = "\ufffe\uffff"
# C0 but tab and line feed, DEL, C1; soft hyphens, which say where a line may end and would cut words for who searches
# them; embeddings, overrides and isolates; deprecated format characters; annotation marks.
_CONTROLS = f"\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u202a-\u202e\u2066-\u206f\ufff9-\ufffb{_SURROGATES}{_NONCHARACTERS}"
_TAGS = "\U000e0000-\U000e007f"
_BLACK_FLAG = "\U0001f3f4"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"

#: What text output leaves out. Marks of direction, joiners and the zero width space stay, since languages
#: are written with them. Two kinds of invisible characters stay where they mean something and go where they can only
#: hide a message: tag characters belong after a black flag (of England, say), at most seven of them, and a variation
#: selector after a character that it selects a form of, alone.
CONTROLS = re.compile(
    # The first class lets the search run fast; what is looked at behind it decides.
    f"[{_CONTROLS}{_TAGS}{_SELECTORS}](?:"
    f"(?<=[{_CONTROLS}])"
    f"|(?<=[{_TAGS}])(?<![{_BLACK_FLAG}{_TAGS}][{_TAGS}])[{_TAGS}]*"
    f"|(?<={_BLACK_FLAG}[{_TAGS}]{{8}})[{_TAGS}]*"
    f"|(?<=[{_SELECTORS}{_TAGS}{_CONTROLS}][{_SELECTORS}])[{_SELECTORS}]*"
    ")"
)
#: What can be written in no file: halves of characters, and non-characters.
BROKEN = re.compile(f"[{_SURROGATES}{_NONCHARACTERS}]")


def without(pattern: re.Pattern[str], value: Any) -> Any:
    """A text, or the texts in nested lists and dicts, without what the pattern finds."""
    if isinstance(value, str):
        # None of the characters that are looked for is a printable one of ASCII, and most short texts have no other.
        return value if value.isascii() and value.isprintable() else pattern.sub("", value)
    if isinstance(value, list | tuple):
        return [without(pattern, inner) for inner in value]
    if isinstance(value, dict):
        return {name: without(pattern, inner) for name, inner in value.items()}
    return value


def escape_controls(text: str) -> str:
    """Control characters as JSON and Python escape them, so that they can be read and do nothing."""
    return CONTROLS.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
