"""HTML of a document: the kept part of the page, without scripts, styles, classes or anything that could run.

What is written here is built from text and checked addresses, and goes through a sanitiser all the same (Ammonia, by
nh3): whatever mistake is made before it, only what is listed here comes out. The last wall is the document's policy,
by which a browser loads nothing but the images that were asked for.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from boilerplate.output.addresses import SCHEMES
from boilerplate.output.characters import CONTROLS
from boilerplate.output.document import CONTAINERS, Node, Run, walk_runs

if TYPE_CHECKING:
    from boilerplate.labelled import LabelledPage

__all__ = ["to_html"]

#: Outermost first. What a run is marked with beyond these is written in alphabetical order.
_ORDER = ("ins", "del", "mark", "q", "cite", "strong", "em", "u", "sub", "sup", "code")
#: Elements that hold text without a paragraph, if there is but one.
_SNUG = frozenset({"li", "dt", "dd", "td", "th", "caption", "figcaption"})
#: Elements that may stand in a document.
_TAGS = frozenset(
    (*_ORDER, "a", "br", "img", "span", "ruby", "rb", "rt", "rp", "p", "pre", "h1", "h2", "h3", "h4", "h5", "h6")
) | (CONTAINERS | {"tbody"})
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "li": {"value", "id"},
    "p": {"id"},
    "code": {"class"},
    "span": {"class"},
}
#: Text between two tags that is longer than this is handed to the sanitiser in pieces of it.
_LONG_TEXT = 4_000
_TEXT_BETWEEN_TAGS = re.compile(f">[^<>]{{{_LONG_TEXT},}}")
#: The longest reference that this module writes in a text, but for its semicolon.
_REFERENCE_LENGTH = len("&amp")
_CLASS = re.compile(r"language-[\w+#.-]{1,20}|math|math math-display", re.ASCII)
#: Nothing is loaded, and names of hosts that links lead to are not looked up before somebody follows them.
_POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'{images}; base-uri 'none'; "
    'form-action \'none\'">\n<meta http-equiv="x-dns-prefetch-control" content="off">\n'
)


def to_html(
    page: LabelledPage, nodes: Sequence[Node], head: Mapping[str, str] | None = None, *, right_to_left: bool = False
) -> str:
    """A document of its own.

    Parameters
    ----------
    page : LabelledPage
        Its title and language are those of the document.
    nodes : sequence of Node
    head : mapping of str to str, optional
        Metadata, by the name it has in ``<meta>``.
    right_to_left : bool
    """
    title = html.escape(CONTROLS.sub("", page.title))
    attributes = f' lang="{html.escape(page.language)}"' if page.language else ""
    attributes += ' dir="rtl"' if right_to_left else ""
    metas = "".join(
        f'<meta name="{html.escape(name)}" content="{html.escape(CONTROLS.sub("", value))}">\n'
        for name, value in (head or {}).items()
    )
    policy = _POLICY.format(images="; img-src *" if any(run.kind == "image" for run in walk_runs(list(nodes))) else "")
    return (
        f'<!DOCTYPE html>\n<html{attributes}>\n<head>\n<meta charset="utf-8">\n{policy}<title>{title}</title>\n{metas}'
        f"</head>\n<body>\n{_sanitized(_Writer(nodes).blocks(nodes))}\n</body>\n</html>\n"
    )


def _sanitized(body: str) -> str:
    # Other formats need not wait for it.
    import nh3

    return nh3.clean(
        _TEXT_BETWEEN_TAGS.sub(_in_pieces, body),
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=_allowed,
        url_schemes=set(SCHEMES),
        link_rel=None,
    )


def _in_pieces(match: re.Match[str]) -> str:
    """A long text with comments in it, which the sanitiser drops.

    It writes each text by itself, and takes the square of its length if it is full of ampersands or of characters
    from U+0080 to U+00BF.
    """
    text = match[0]
    pieces: list[str] = []
    start = 0
    while len(text) - start > _LONG_TEXT:
        end = start + _LONG_TEXT
        reference = text.rfind("&", end - _REFERENCE_LENGTH, end)
        if reference >= 0 and ";" not in text[reference:end]:
            end = reference
        pieces.append(text[start:end])
        start = end
    return "<!---->".join([*pieces, text[start:]])


def _allowed(tag: str, name: str, value: str) -> str | None:
    return None if name == "class" and not _CLASS.fullmatch(value) else value


class _Writer:
    def __init__(self, nodes: Sequence[Node]) -> None:
        self._notes = {run.value for run in walk_runs(list(nodes)) if run.kind == "note" and run.value}

    def blocks(self, nodes: Sequence[Node]) -> str:
        return "\n".join(filter(None, (self.block(node) for node in nodes)))

    def block(self, node: Node) -> str:
        tag = node.tag
        if tag == "pre":
            text = html.escape("".join(run.text for run in node.runs), quote=False)
            language = node.attributes.get("language")
            if language:
                text = f'<code class="language-{html.escape(language)}">{text}</code>'
            return f"<pre>{text}</pre>" if text else ""
        if tag not in CONTAINERS:
            text = self.inline(node.runs)
            if text and all(run.kind == "image" for run in node.runs):
                return text
            note = node.attributes.get("note")
            return f"<{tag}{self._id(note)}>{text}</{tag}>" if text else ""
        if tag in _SNUG and len(node.children) == 1 and node.children[0].tag == "p":
            inner = self.inline(node.children[0].runs)
        elif tag in _SNUG and node.children and node.children[0].tag == "p":
            first = self.inline(node.children[0].runs)
            rest = node.children[1:]
            # Text with a list below it is one line of its own, paragraphs are paragraphs.
            lists = all(child.tag in ("ul", "ol", "dl") for child in rest)
            inner = f"{first}\n{self.blocks(rest)}" if lists else self.blocks(node.children)
        elif tag in ("ul", "ol", "dl", "table"):
            inner = "\n" + self._items(node) + "\n"
        elif tag == "tr":
            inner = "".join(self.block(child) for child in node.children)
        else:
            inner = self.blocks(node.children)
        if not inner.strip() and tag not in ("td", "th"):
            return ""
        return f"<{tag}{self._attributes(node)}>{inner}</{tag}>"

    def _items(self, node: Node) -> str:
        """Items of a list; numbers are written only where they do not follow from those before."""
        pieces = []
        expected = 1
        for child in node.children:
            text = self.block(child)
            value = child.attributes.get("value")
            if text and value is not None:
                if int(value) != expected:
                    text = text.replace("<li", f'<li value="{value}"', 1)
                expected = int(value) + 1
            pieces.append(text)
        return "\n".join(filter(None, pieces))

    def _attributes(self, node: Node) -> str:
        spans = (f' {name}="{node.attributes[name]}"' for name in ("colspan", "rowspan") if name in node.attributes)
        return self._id(node.attributes.get("note")) + "".join(spans)

    def _id(self, note: str | None) -> str:
        return f' id="note-{html.escape(note)}"' if note and note in self._notes else ""

    def inline(self, runs: Sequence[Run]) -> str:
        pieces = []
        for (link, _), group in groupby(runs, lambda run: (run.link, run.link_id if run.link else -1)):
            inner = self._ruby(list(group))
            pieces.append(f'<a href="{html.escape(link)}">{inner}</a>' if link and inner else inner)
        return "".join(pieces)

    def _ruby(self, runs: Sequence[Run]) -> str:
        pieces = []
        for number, group in groupby(runs, lambda run: run.ruby[0]):
            if number < 0:
                pieces.append(_marked(list(group), 0))
                continue
            inner = []
            for part, runs_of_part in groupby(group, lambda run: run.ruby[1]):
                text = _marked(list(runs_of_part), 0)
                inner.append(text if part == "rb" else f"<{part}>{text}</{part}>")
            pieces.append("<ruby>" + "".join(inner) + "</ruby>")
        return "".join(pieces)


def _marked(runs: Sequence[Run], level: int) -> str:
    if level == len(_ORDER):
        return "".join(map(_plain, runs))
    pieces = []
    for marked, group in groupby(runs, lambda run: _ORDER[level] in run.marks):
        inner = _marked(list(group), level + 1)
        pieces.append(f"<{_ORDER[level]}>{inner}</{_ORDER[level]}>" if marked else inner)
    return "".join(pieces)


def _plain(run: Run) -> str:
    if run.kind == "image":
        return f'<img src="{html.escape(run.value)}" alt="{html.escape(run.text)}">'
    text = html.escape(run.text, quote=False).replace("\n", "<br>")
    if run.kind == "math":
        display = " math-display" if run.display else ""
        return f'<span class="math{display}">{text}</span>'
    if run.kind == "note":
        inner = f'<a href="#note-{html.escape(run.value)}">{text}</a>' if run.value else text
        return f"<sup>{inner}</sup>"
    return text
