"""HTML built as a tree, so that no text of a page or a model can become markup.

The document forbids itself scripts and every request by its Content Security Policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources

from lxml import etree, html

from boilerplate.output.characters import CONTROLS

__all__ = ["Child", "document", "el", "section", "table"]

#: What an element may hold.
Child = etree._Element | str | None

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def el(tag: str, *children: Child | Iterable[Child], **attributes: str | float) -> etree._Element:
    """An element.

    Parameters
    ----------
    tag : str
    *children
        Elements, texts, and sequences of both; None is left out.
    **attributes
        A trailing underscore is dropped and others become hyphens, as in ``class_`` and ``stroke_width``.
    """
    element = etree.Element(tag)
    for name, value in attributes.items():
        element.set(name.rstrip("_").replace("_", "-"), CONTROLS.sub("", str(value)))
    for child in children:
        if child is None:
            continue
        if isinstance(child, str):
            _add_text(element, child)
        elif isinstance(child, etree._Element):
            element.append(child)
        else:
            for inner in child:
                if isinstance(inner, str):
                    _add_text(element, inner)
                elif inner is not None:
                    element.append(inner)
    return element


def _add_text(element: etree._Element, text: str) -> None:
    # Control characters have no place in a tree, and some turn the text around them.
    text = CONTROLS.sub("", text)
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def table(header: Sequence[str], rows: Iterable[Sequence[Child]], *, ours: str | None = None) -> etree._Element:
    """A table; a row whose first cell is `ours` stands out."""
    body = [
        el("tr", [el("td", cell) for cell in row], class_="ours" if ours is not None and row[0] == ours else "")
        for row in rows
    ]
    head = el("thead", el("tr", [el("th", name) for name in header]))
    return el("div", el("table", head, el("tbody", body)), class_="scroll")


def section(title: str, *children: Child | Iterable[Child]) -> etree._Element:
    """A part of the report with its heading."""
    return el("section", el("h2", title), *children)


def document(title: str, *children: Child | Iterable[Child]) -> str:
    """The whole page as text."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", title),
        el("style", resources.files("boilerplate.reports").joinpath("report.css").read_text(encoding="utf-8")),
    )
    root = el("html", head, el("body", el("h1", title), *children), lang="en")
    return str(html.tostring(root, encoding="unicode", doctype="<!DOCTYPE html>")) + "\n"
