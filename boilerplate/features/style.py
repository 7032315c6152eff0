"""What a page's own ``<style>`` rules and ``style`` attributes say, as far as it is known without rendering."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate.blocks import BlockTable

__all__ = ["StyleRules", "declared", "pixels"]

#: Style sheets are read up to this many characters a page.
MAX_STYLE_CHARS = 300_000

_RULE = re.compile(r"([^{}]{1,2000})\{([^{}]*)\}")
_INTERESTING = re.compile(
    r"(?P<hidden>display\s*:\s*none|visibility\s*:\s*hidden)|(?P<fixed>position\s*:\s*(?:fixed|sticky))"
    r"|(?P<floats>float\s*:\s*(?:left|right))|(?<![\w-])width\s*:\s*(?P<width>\d{1,5})px"
    r"|(?<![\w-])height\s*:\s*(?P<height>\d{1,5})px",
    re.I,
)
#: Selectors that single elements can be looked up by: an optional tag with one class or id.
_SIMPLE = re.compile(r"^[a-z][\w-]*$|^(?:[a-z][\w-]*)?([.#])([\w-]+)$", re.I)


@dataclass(frozen=True)
class StyleRules:
    """Rules with a simple selector that say something of an element's box.

    Attributes
    ----------
    table : BlockTable
    by_name : dict of (kind, str) to dict
        What is declared for a class (``"."``) or id (``"#"``): ``hidden``, ``fixed``, ``floats`` (1.0) and ``width``,
        ``height`` in pixels.
    """

    table: BlockTable
    by_name: dict[tuple[str, str], dict[str, float]]

    @classmethod
    def of(cls, table: BlockTable) -> StyleRules:
        """Read the rules of a page; linear in the text of its style sheets, and bounded."""
        by_name: dict[tuple[str, str], dict[str, float]] = {}
        budget = MAX_STYLE_CHARS
        for sheet in table.page.root.iter("style"):
            text = (sheet.text or "")[:budget]
            budget -= len(text)
            for selectors, body in _RULE.findall(text):
                found = {
                    str(m.lastgroup): float(m.group(m.lastgroup)) if m.lastgroup in {"width", "height"} else 1.0
                    for m in _INTERESTING.finditer(body)
                    if m.lastgroup
                }
                if not found or "@" in selectors:
                    continue
                for selector in selectors.split(","):
                    match = _SIMPLE.match(selector.strip())
                    if match and match.group(1):
                        by_name.setdefault((match.group(1), match.group(2)), {}).update(found)
            if budget <= 0:
                break
        return cls(table, by_name)

    def _found(self) -> Iterator[tuple[int, dict[str, float]]]:
        if not self.by_name:
            return
        for element, attributes in enumerate(self.table.attributes):
            if not attributes:
                continue
            for name in attributes.get("class", "").split():
                found = self.by_name.get((".", name))
                if found:
                    yield element, found
            found = self.by_name.get(("#", attributes.get("id", "")))
            if found:
                yield element, found

    def matching(self, kind: str) -> NDArray[np.bool_]:
        """Which elements a rule of the kind is for, shape (n_elements,)."""
        return self.pixels(kind) > 0

    def pixels(self, kind: str) -> NDArray[np.float64]:
        """The value the rules declare for each element, 0 without one, shape (n_elements,)."""
        result = np.zeros(self.table.n_elements)
        for element, found in self._found():
            if kind in found:
                result[element] = found[kind]
        return result


def declared(table: BlockTable) -> Iterator[tuple[int, str]]:
    """Elements with a ``style`` attribute, and what it says (at most 500 characters)."""
    for element, attributes in enumerate(table.attributes):
        style = attributes.get("style")
        if style:
            yield element, style[:500]


def pixels(value: str) -> float:
    """Pixels of a ``width`` or ``height`` attribute; 0 if it is relative or no number."""
    match = re.match(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*$", value)
    return float(match.group(1)) if match else 0.0
