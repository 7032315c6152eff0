"""A labelled page as one self-contained HTML file: the page as it looks, coloured by label, with the reasons.

Three walls stand between a hostile page and whoever opens the file. The page is in it as a list of harmless elements
(`boilerplate.rendering`), in JSON, and is never parsed as HTML again. It is built in a frame whose sandbox runs no
script. And the file's own content security policy lets nothing load, and no script run but the one whose hash it names.
Where that script does not run either, the file is a list of the blocks.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from lxml import etree, html

from boilerplate.blocks import BlockTable, segment
from boilerplate.errors import UsageError
from boilerplate.labels import LABELS
from boilerplate.rendering import snapshot, view_script
from boilerplate.reports.markup import el

if TYPE_CHECKING:
    from boilerplate.explanation import Reason
    from boilerplate.labelled import Block, LabelledPage

__all__ = ["overlay"]

#: Blocks that are listed and explained, at most.
_MAX_LISTED = 5_000
#: Characters of a block in the list.
_MAX_CHARS = 200
_LETTERS = {label: label[0].upper() for label in LABELS}
_MEANINGS = {
    "article": "the article",
    "promo": "advertising and promotion",
    "feed": "lists of news and links",
    "chrome": "navigation and other furniture",
}


def overlay(page: LabelledPage, show: Iterable[str] = LABELS) -> str:
    """Write the overlay of a page.

    Parameters
    ----------
    page : LabelledPage
        Explained, if reasons are to be shown.
    show : iterable of str
        Labels that are coloured at first; the reader can change that.

    Returns
    -------
    str
        An HTML document that loads nothing.

    Raises
    ------
    UsageError
        If the page has lost its tree, as a pickled copy has.
    """
    if page.document is None:
        raise UsageError("An overlay needs the page's tree, which a copy from another process lacks. Label it again.")
    table = segment(page.document)
    script = _script()
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", f"{page.title or 'Page'} – labelled"),
        el("style", _asset("overlay.css")),
    )
    data = el("script", _data(page, table), type="application/json", id="page-data")
    own = el("script", script, type="module")
    root = el("html", head, el("body", _header(page), _main(page, set(show)), data, own), lang="en")
    return str(html.tostring(root, encoding="unicode", doctype="<!DOCTYPE html>")) + "\n"


def _asset(name: str) -> str:
    return files("boilerplate.overlay").joinpath(name).read_text(encoding="utf-8")


def _script() -> str:
    """The shared view and what is the overlay's own, as one script that imports nothing."""
    shared = view_script().decode("utf-8").replace("export class", "class")
    return f"{shared}\n{_asset('overlay.js')}"


def _data(page: LabelledPage, table: BlockTable) -> str:
    number = {label: str(k) for k, label in enumerate(LABELS)}
    shown = snapshot(table).to_json()
    del shown["links"]
    data = {
        "names": LABELS,
        "labels": "".join(number[block.label] for block in page.blocks),
        "kept": "".join(str(int(block.is_main)) for block in page.blocks),
        "elements": table.container.tolist(),
        "tree": shown,
    }
    # In a script nothing but a tag can end it.
    return json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")


def _header(page: LabelledPage) -> etree._Element:
    kept = sum(block.is_main for block in page.blocks)
    facts = f"{_plural(len(page.blocks), 'block')}, {kept} of them main text"
    return el(
        "header",
        el("h1", page.title or "Page without a title", dir="auto"),
        el("p", facts),
        el(
            "p",
            f"confidence {page.confidence:.2f}",
            title="Expected word F1 of the main text, by the model's own probabilities",
        ),
        el("p", page.url, dir="ltr") if page.url else None,
    )


def _main(page: LabelledPage, show: set[str]) -> etree._Element:
    stage = el(
        "section",
        el("iframe", id="frame", title="The page", sandbox="allow-same-origin", tabindex="-1", aria_hidden="true"),
        el("div", id="tags", aria_hidden="true"),
        el("div", el("div", id="outline", hidden="hidden"), id="glass"),
        el("div", id="card", role="status", aria_live="polite", hidden="hidden"),
        id="stage",
        tabindex="0",
        role="application",
        aria_label="The page with its blocks. Arrow keys move from block to block, Escape leaves.",
    )
    blocks = page.blocks[:_MAX_LISTED]
    aside = el(
        "aside",
        _legend(page, show),
        el("p", id="said", role="status"),
        el("ol", [_item(block) for block in blocks], id="blocks", aria_label="Blocks in reading order"),
        el("p", f"{len(page.blocks) - len(blocks):,} further blocks are not listed.")
        if len(page.blocks) > len(blocks)
        else None,
    )
    return el("main", stage, aside)


def _legend(page: LabelledPage, show: set[str]) -> etree._Element:
    choices = []
    for label in LABELS:
        box = el("input", type="checkbox", id=f"show-{label}")
        if label in show:
            box.set("checked", "checked")
        count = sum(block.label == label for block in page.blocks)
        choices.append(
            el(
                "label",
                box,
                el("span", _LETTERS[label], class_="key", aria_hidden="true"),
                el("span", label, class_="sample", title=_MEANINGS[label]),
                el("span", f"{count:,}", class_="count", aria_label=_plural(count, "block")),
                class_=label,
            )
        )
    hidden = sum(block.hidden for block in page.blocks)
    more = [
        ("show-kept", "fade what is not main text", ""),
        ("show-all", "show hidden text, plainly", f"{hidden:,} hidden"),
    ]
    for name, text, count_text in more:
        choices.append(
            el(
                "label",
                el("input", type="checkbox", id=name),
                el("span", text),
                el("span", count_text, class_="count") if count_text else None,
                class_="wide scripted",
            )
        )
    return el("fieldset", el("legend", "Labels", hidden="hidden"), choices, id="legend")


def _item(block: Block) -> etree._Element:
    text = " ".join(block.text.split())
    summary = el(
        "summary",
        el("span", _LETTERS[block.label], class_="key", aria_label=block.label),
        el("span", text if len(text) <= _MAX_CHARS else text[: _MAX_CHARS - 1] + "…", class_="text", dir="auto"),
        el("span", f"{block.probabilities[block.label]:.2f}", class_="p"),
    )
    return el("li", el("details", summary, _why(block), name="block"), class_=block.label)


def _why(block: Block) -> etree._Element:
    bars = []
    for label in LABELS:
        p = block.probabilities[label]
        bars += [
            el("dt", label),
            el("dd", el("meter", value=f"{p:.4f}", aria_label=label, class_=label)),
            el("dd", f"{p:.2f}", class_="n"),
        ]
    decided = "main text, kept by clean" if block.is_main else "not main text"
    facts = [el("p", f"{decided} (p = {block.main:.2f})", class_="kept")]
    if block.hidden_reason:
        extent = "Hidden" if block.hidden else f"{100 * block.hidden_share:.0f} % of it hidden"
        facts.append(el("p", f"{extent}: {block.hidden_reason}", class_="kept"))
    facts.append(el("p", block.xpath, dir="ltr"))
    return el(
        "div",
        el(
            "h2",
            el("span", _LETTERS[block.label], class_="key", aria_hidden="true"),
            el("span", block.label),
            el("span", f"{100 * block.probabilities[block.label]:.0f} %"),
        ),
        el("dl", bars, class_="bars"),
        _reasons(block.reasons),
        facts,
        class_="why",
    )


def _reasons(reasons: Sequence[Reason] | None) -> etree._Element | None:
    if not reasons:
        return None
    return el(
        "ul",
        [
            el(
                "li",
                el("span", reason.text, dir="auto"),
                el("span", f"{reason.contribution:+.1f}".replace("-", "−"), class_="n"),
                class_="for" if reason.contribution > 0 else "against",
            )
            for reason in reasons
        ],
        aria_label="What speaks for the label, and against it",
    )


def _plural(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
