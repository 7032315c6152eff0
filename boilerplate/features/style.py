"""What a page's own ``<style>`` rules and ``style`` attributes say, as far as one knows without rendering."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from boilerplate.features.view import PageView

__all__ = ["StyleRules", "declared", "pixels"]

#: Style sheets are read up to this many characters a page.
MAX_STYLE_CHARS = 300_000

#: Of the selectors of a rule this many last characters are read.
_MAX_SELECTOR_CHARS = 2000
_INTERESTING = re.compile(
    r"(?P<hidden>display\s*:\s*none|visibility\s*:\s*hidden)|(?P<fixed>position\s*:\s*(?:fixed|sticky))"
    r"|(?P<floats>float\s*:\s*(?:left|right))|(?<![\w-])width\s*:\s*(?P<width>\d{1,5})px"
    r"|(?<![\w-])height\s*:\s*(?P<height>\d{1,5})px",
    re.I,
)
#: What one of these holds, which is quicker to look for.
_HINT = re.compile("display|visibility|position|float|width|height", re.I)
#: Selectors that single elements can be looked up by: an optional tag with one class or id.
_SIMPLE = re.compile(r"^[a-z][\w-]*$|^(?:[a-z][\w-]*)?([.#])([\w-]+)$", re.I)


@dataclass(frozen=True)
class StyleRules:
    """Rules with a simple selector that say something of an element's box.

    Attributes
    ----------
    view : PageView
    by_name : dict of (kind, str) to dict
        What is declared for a class (``"."``) or id (``"#"``): ``hidden``, ``fixed``, ``floats`` (1.0) and
        ``width``, ``height`` in pixels.
    """

    view: PageView
    by_name: dict[tuple[str, str], dict[str, float]]

    @classmethod
    def of(cls, view: PageView) -> StyleRules:
        """Read the rules of a page; linear in the text of its style sheets, and bounded."""
        by_name: dict[tuple[str, str], dict[str, float]] = {}
        if "style" not in view.table.tag_names:
            return cls(view, by_name)
        budget = MAX_STYLE_CHARS
        for sheet in view.table.page.root.iter("style"):
            text = (sheet.text or "")[:budget]
            budget -= len(text)
            for selectors, body in _rules(text):
                if not _HINT.search(body):
                    continue
                names = _names(selectors)
                found = _interesting(body) if names else None
                if found:
                    for name in names:
                        by_name.setdefault(name, {}).update(found)
            if budget <= 0:
                break
        return cls(view, by_name)

    @cached_property
    def _matches(self) -> list[tuple[int, dict[str, float]]]:
        """Elements with what rules declare for them; a later pair of an element overrules an earlier one."""
        if not self.by_name:
            return []
        matches: list[tuple[int, dict[str, float]]] = []
        for kind, attribute in ((".", "class"), ("#", "id")):
            # Few values are written only once a page.
            declared: dict[str, list[dict[str, float]]] = {}
            for element, value in self.view.having(attribute):
                found = declared.get(value)
                if found is None:
                    names = value.split() if kind == "." else (value,)
                    rules = (self.by_name.get((kind, name)) for name in names)
                    found = declared[value] = [rule for rule in rules if rule]
                matches.extend([(element, rule) for rule in found])
        return matches

    def matching(self, kind: str) -> NDArray[np.bool_]:
        """Which elements a rule of the kind is for, shape (n_elements,)."""
        return self.pixels(kind) > 0

    def pixels(self, kind: str) -> NDArray[np.float64]:
        """The value the rules declare for each element, 0 without one, shape (n_elements,)."""
        result = np.zeros(self.view.table.n_elements)
        for element, found in self._matches:
            if kind in found:
                result[element] = found[kind]
        return result


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Selectors and body of each rule that holds no other: what stands around ``{`` up to ``}``."""
    *closed, _ = sheet.split("}")
    for text in closed:
        head, brace, body = text.rpartition("{")
        if brace:
            yield head.rpartition("{")[2][-_MAX_SELECTOR_CHARS:], body


def _names(selectors: str) -> list[tuple[str, str]]:
    """The classes and ids, with their signs, that a list of selectors has as selectors of their own."""
    if "@" in selectors:
        return []
    matches = (_SIMPLE.match(selector.strip()) for selector in selectors.split(","))
    return [(m.group(1), m.group(2)) for m in matches if m and m.group(1)]


def _interesting(body: str) -> dict[str, float]:
    """What the body of a rule says of an element's box."""
    return {
        str(m.lastgroup): float(m.group(m.lastgroup)) if m.lastgroup in {"width", "height"} else 1.0
        for m in _INTERESTING.finditer(body)
        if m.lastgroup
    }


def declared(view: PageView) -> list[tuple[int, str]]:
    """Elements with a ``style`` attribute, and what it says (at most 500 characters)."""
    return [(element, style[:500]) for element, style in view.having("style") if style]


def pixels(value: str) -> float:
    """Pixels of a ``width`` or ``height`` attribute; 0 if it is relative or no number."""
    match = re.match(r"\s*+(\d{1,5})(?:\.\d++)?\s*+(?:px\s*+)?$", value)
    return float(match.group(1)) if match else 0.0
