"""What a page's own style rules and ``style`` attributes declare for its elements, as a wide screen would apply it.

A small part of CSS, read in time linear in the page: selectors of tags, classes, ids and descent, the cascade by
importance, specificity and order. Rules with conditions that depend on the reader (``:hover``) or that cannot be told
without a layout are left out, and so are style sheets that the page loads: nothing is fetched.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from boilerplate.blocks import BlockTable

__all__ = ["Declarations", "declarations", "loads_stylesheets", "parse_declarations"]

#: Declarations of an element: what each property is set to, lower case.
Declarations = dict[str, str]

#: Style sheets are read up to this many characters a page, a ``style`` attribute and a selector up to so many.
_MAX_SHEET_CHARS = 500_000
_MAX_ATTRIBUTE_CHARS = 4_000
_MAX_SELECTOR_CHARS = 2_000
#: Of a value only the beginning is kept, as it is looked at once for each element that it is declared for.
_MAX_VALUE_CHARS = 200
#: A selector of more parts is left out.
_MAX_PARTS = 16
#: How often elements of a page are compared with parts of selectors, at most.
_MAX_STEPS = 300_000
#: A screen that conditions on the width are decided for, in CSS pixels.
_SCREEN_WIDTH = 1280
#: Properties that may hide text.
PROPERTIES = frozenset(
    (
        *("display", "visibility", "content-visibility", "opacity", "font-size", "font", "position", "left", "right"),
        *("top", "bottom", "text-indent", "margin-left", "margin-top", "width", "height", "max-width", "max-height"),
        *("overflow", "overflow-x", "overflow-y", "clip", "clip-path", "transform", "scale", "color", "background"),
        *("background-color", "-webkit-text-fill-color"),
    )
)
#: A rule whose body has none of these is not looked at any further.
_INTERESTING = re.compile(
    r"display|visibility|opacity|font|position|text-indent|margin|width|height|clip|transform|scale|zoom|colou?r|backgr",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_COMPOUND = re.compile(r"(?P<tag>\*|[A-Za-z][\w-]*)?(?P<names>(?:[.#](?:[\w-]|[^\x00-\x7f\w])+)*)")
_NAME = re.compile(r"[.#][^.#:\[\s>+~]+")
_WIDTH = re.compile(r"\(\s*(min|max)-(?:device-)?width\s*:\s*([\d.]+)\s*(px|r?em)\s*\)")
_IMPORTANT = re.compile(r"!\s*important\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Compound:
    """A part of a selector without combinators."""

    tag: str
    identifier: str
    classes: frozenset[str]


#: Parts of a selector before the last, innermost first, each with the combinator between it and what is inside it.
_Above = tuple[tuple[str, _Compound], ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """One selector with what it declares."""

    last: _Compound
    above: _Above
    specificity: tuple[int, int, int]
    plain: Declarations
    important: Declarations


def declarations(table: BlockTable) -> dict[int, Declarations]:
    """What is declared for each element, the cascade applied.

    Parameters
    ----------
    table : BlockTable

    Returns
    -------
    dict of int to dict
        By element; those without text, and without any declaration of `PROPERTIES`, are left out.
    """
    index = _Index(table)
    read: dict[str, tuple[Declarations, Declarations]] = {}
    result: dict[int, Declarations] = {}
    holds_text = (table.last_node > table.first_node).tolist()
    for element, attributes in enumerate(table.attributes):
        if not holds_text[element]:
            continue
        found = index.matching(element)
        style = attributes.get("style")
        if not style and not found:
            continue
        own = read.get(style or "")
        if own is None:
            own = read[style or ""] = parse_declarations((style or "")[:_MAX_ATTRIBUTE_CHARS])
        merged: Declarations = {}
        for given in (*[rule.plain for rule in found], own[0], *[rule.important for rule in found], own[1]):
            merged.update(given)
        if merged:
            result[element] = merged
    return result


class _Index:
    """The rules of a page by what an element must have to match them.

    Parameters
    ----------
    table : BlockTable
    """

    def __init__(self, table: BlockTable) -> None:
        self._table = table
        self._classes: dict[int, frozenset[str]] = {}
        self._known: dict[tuple[int, _Above], bool] = {}
        self._steps = _MAX_STEPS
        self._by_key: dict[str, list[tuple[int, _Rule]]] = defaultdict(list)
        for order, rule in enumerate(_rules(table)):
            last = rule.last
            key = f"#{last.identifier}" if last.identifier else f".{min(last.classes)}" if last.classes else last.tag
            self._by_key[key].append((order, rule))

    def matching(self, element: int) -> list[_Rule]:
        """Rules that hold for an element, those that win last."""
        if not self._by_key or self._steps < 0:
            return []
        keys = [self._table.tags[element], *[f".{name}" for name in self._classes_of(element)]]
        if "id" in self._table.attributes[element]:
            keys.append(f"#{self._table.attributes[element]['id']}")
        found: list[tuple[tuple[int, int, int], int, _Rule]] = []
        for key in keys:
            for order, rule in self._by_key.get(key, ()):
                if self._holds(element, rule):
                    found.append((rule.specificity, order, rule))
                elif self._steps < 0:
                    return []
        found.sort(key=lambda item: item[:2])
        return [rule for _, _, rule in found]

    def _holds(self, element: int, rule: _Rule) -> bool:
        """Whether an element and those around it match a selector.

        The nearest ancestor that matches is taken, which is right for descent alone and misses a few mixtures of
        descent and children.
        """
        if not self._fits(element, rule.last):
            return False
        if not rule.above:
            return True
        # Children of one element share the answer.
        parent = int(self._table.parent[element])
        key = (parent, rule.above)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._holds_above(parent, rule.above)
        return known

    def _holds_above(self, at: int, above: _Above) -> bool:
        for combinator, compound in above:
            while at >= 0 and not self._fits(at, compound):
                if combinator == ">":
                    return False
                at = int(self._table.parent[at])
            if at < 0:
                return False
            at = int(self._table.parent[at])
        return True

    def _fits(self, element: int, compound: _Compound) -> bool:
        # A page may have many rules for many elements; when this is used up, the rest is as if it were not styled.
        self._steps -= 1
        if self._steps < 0 or (compound.tag and compound.tag != self._table.tags[element]):
            return False
        if compound.identifier and self._table.attributes[element].get("id") != compound.identifier:
            return False
        return compound.classes <= self._classes_of(element)

    def _classes_of(self, element: int) -> frozenset[str]:
        text = self._table.attributes[element].get("class")
        if not text:
            return frozenset()
        known = self._classes.get(element)
        if known is None:
            known = self._classes[element] = frozenset(text[:_MAX_ATTRIBUTE_CHARS].split())
        return known


def loads_stylesheets(table: BlockTable) -> bool:
    """Whether the page asks for style sheets that are not in it."""
    for element, tag in enumerate(table.tags):
        if tag == "link" and "stylesheet" in table.attributes[element].get("rel", "").lower():
            return True
    return any("@import" in (sheet.text or "") for sheet in table.page.root.iter("style"))


def parse_declarations(text: str) -> tuple[Declarations, Declarations]:
    """Declarations of a rule's body or a ``style`` attribute: plain ones, and those marked important."""
    plain: Declarations = {}
    important: Declarations = {}
    for part in text.split(";"):
        name, colon, value = part.partition(":")
        name = name.strip().lower()
        if not colon or name not in PROPERTIES:
            continue
        value = value.strip().lower()
        if "!" in value and (mark := _IMPORTANT.search(value)):
            important[name] = value[: mark.start()].rstrip()[:_MAX_VALUE_CHARS]
            plain.pop(name, None)
        elif name not in important:
            plain[name] = value[:_MAX_VALUE_CHARS]
    return plain, important


def _rules(table: BlockTable) -> Iterator[_Rule]:
    # Most rules of most pages are for elements that the page does not have.
    names = {f"#{a['id']}" for a in table.attributes if "id" in a}
    for text in {a["class"] for a in table.attributes if "class" in a}:
        names.update([f".{name}" for name in text[:_MAX_ATTRIBUTE_CHARS].split()])
    budget = _MAX_SHEET_CHARS
    for element in table.page.root.iter("style"):
        media = (element.get("media") or "").lower()
        text = (element.text or "")[:budget]
        budget -= len(text)
        if text and _applies("@media " + media if media else ""):
            yield from _rules_of(text, names)
        if budget <= 0:
            return


def _rules_of(sheet: str, names: set[str]) -> Iterator[_Rule]:
    """Rules that apply and that the page may have elements for, in order.

    Each piece up to a ``}`` opens blocks, and the last of them ends there.
    """
    open_: list[bool] = []
    *closed, _ = (_COMMENT.sub(" ", sheet) if "/*" in sheet else sheet).split("}")
    for piece in closed:
        *heads, body = piece.split("{")
        if not heads:
            # The end of a block that holds rules.
            if open_:
                open_.pop()
            continue
        for head in heads[:-1]:
            open_.append((open_[-1] if open_ else True) and _applies(head.rpartition(";")[2].strip().lower()))
        selectors = heads[-1].rpartition(";")[2].strip()
        if (open_ and not open_[-1]) or selectors.startswith("@") or not _INTERESTING.search(body):
            continue
        rules = [_rule(selector.strip(), names) for selector in selectors[:_MAX_SELECTOR_CHARS].split(",")]
        wanted = [rule for rule in rules if rule is not None]
        if wanted:
            plain, important = parse_declarations(body)
            if plain or important:
                yield from (_Rule(*rule, plain, important) for rule in wanted)


def _applies(prelude: str) -> bool:
    """Whether what stands in this block holds on a wide screen."""
    if not prelude.startswith("@"):
        return prelude == ""  # nested rules are not read
    if prelude.startswith(("@layer", "@supports")):
        return "not" not in prelude
    if not prelude.startswith("@media"):
        return False
    return any(_query_applies(query) for query in prelude[len("@media") :].split(","))


def _query_applies(query: str) -> bool:
    for kind, number, unit in _WIDTH.findall(query):
        try:
            width = float(number) * (1 if unit == "px" else 16)
        except ValueError:
            return False
        if (kind == "min" and width > _SCREEN_WIDTH) or (kind == "max" and width < _SCREEN_WIDTH):
            return False
    rest = _WIDTH.sub(" ", query)
    # Every other condition, and everything that is not a screen, does not hold.
    return not set(rest.replace("and", " ").split()) - {"screen", "all", "only"}


#: What of a rule its selector says: the fields of `_Rule` up to the declarations.
_Selector = tuple[_Compound, _Above, tuple[int, int, int]]


def _rule(selector: str, names: set[str]) -> _Selector | None:
    """A selector made of tags, classes, ids, descent and children, of names on the page; None for any other."""
    parts = (selector.replace(">", " > ") if ">" in selector else selector).split()
    if not parts or len(parts) > _MAX_PARTS or not names.issuperset(_NAME.findall(selector)):
        return None
    compounds: list[tuple[str, _Compound]] = []
    combinator = " "
    ids = classes = tags = 0
    for part in parts:
        if part == ">":
            combinator = ">"
            continue
        compound = _compound(part)
        if compound is None:
            return None
        ids, classes = ids + bool(compound.identifier), classes + len(compound.classes)
        tags += bool(compound.tag)
        # With how it hangs together with the one before it.
        compounds.append((combinator, compound))
        combinator = " "
    last = compounds[-1][1] if compounds else None
    if last is None or not (last.tag or last.identifier or last.classes):
        return None
    above = tuple((compounds[k + 1][0], compounds[k][1]) for k in range(len(compounds) - 2, -1, -1))
    return last, above, (ids, classes, tags)


def _compound(part: str) -> _Compound | None:
    found = _COMPOUND.fullmatch(part)
    if found is None:
        return None
    names = _NAME.findall(found["names"])
    ids = [name[1:] for name in names if name[0] == "#"]
    if len(ids) > 1:
        return None
    classes = frozenset(name[1:] for name in names if name[0] == ".")
    return _Compound((found["tag"] or "").lower().replace("*", ""), ids[0] if ids else "", classes)
