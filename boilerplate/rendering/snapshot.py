"""A page as the browser is to build it: its elements, text and looks, without anything that acts or loads.

Only what is known to be harmless gets through: tags that load or run something are left out or shown as an empty box,
and of attributes only those listed here are kept. That is the first of three walls; the others are the sandbox of the
frame and its content security policy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from boilerplate.blocks import BlockTable
from boilerplate.tags import SKIPPED_TAGS, UNCLOSED_TAGS

__all__ = ["Snapshot", "snapshot"]


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


#: Left out with everything inside; no block has text in them.
_DROPPED = _names("script link meta base noembed param area map") & SKIPPED_TAGS
#: Built under a name of our own, which no browser gives a meaning: they may hold blocks.
_RENAMES = {
    **dict.fromkeys(("template", "noframes"), "boilerplate-unseen"),
    **dict.fromkeys(("noscript", "portal", "fencedframe", "slot", *UNCLOSED_TAGS), "boilerplate-element"),
    **dict.fromkeys(("plaintext", "xmp", "listing"), "pre"),
}
#: Shown as an empty box: what they would show is not in the page.
_BOXES = _names("iframe frame object applet video audio canvas") & (SKIPPED_TAGS | {"frame"})
#: Attributes that only say how an element looks or what it is.
_ATTRIBUTES = _names(
    "abbr align alt aria-hidden axis bgcolor border cellpadding cellspacing char charoff checked class clear color "
    "cols colspan compact coords datetime dir disabled face frame frameborder headers height hidden high hspace id "
    "label lang low marginheight marginwidth max maxlength media min multiple name noshade nowrap open optimum "
    "placeholder readonly required reversed role rows rowspan rules scope scrolling selected shape size span start "
    "style summary title type valign value vspace width wrap"
)
#: The same for drawings, where names are written in upper and lower case.
_SVG_ATTRIBUTES = _names(
    "class clip-path clip-rule clipPathUnits cx cy d dx dy fill fill-opacity fill-rule font-family font-size "
    "font-style font-weight fx fy gradientTransform gradientUnits height id letter-spacing marker-end marker-mid "
    "marker-start markerHeight markerUnits markerWidth mask maskContentUnits maskUnits offset opacity orient overflow "
    "pathLength patternContentUnits patternTransform patternUnits points preserveAspectRatio r refX refY rotate rx ry "
    "spreadMethod stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin "
    "stroke-miterlimit stroke-opacity stroke-width style text-anchor transform vector-effect version viewBox "
    "visibility width x x1 x2 y y1 y2"
)
_SVG_TAGS = _names(
    "circle clipPath defs desc ellipse foreignObject g line linearGradient marker mask path pattern polygon "
    "polyline radialGradient rect stop svg switch symbol text textPath title tspan use view"
)
_SVG_CASE = {name.lower(): name for name in _SVG_ATTRIBUTES | _SVG_TAGS}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
#: An image within the page itself.
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpe?g|gif|webp|avif|bmp|x-icon|svg\+xml)[;,]", re.IGNORECASE)
_OUTER_URL = re.compile(r"url\(\s*+[\"']?\s*+(?!#)", re.IGNORECASE)
#: What a style sheet would load, as browsers read it unless it is spelt with escapes; the policy stops those. What
#: never ends is taken to the end, and nothing is given back, or each beginning of millions would be followed to there.
_LOADS = re.compile(
    r"@import\b[^;}]*+;?|@charset\b[^;]*+;?"
    r"|url\(\s*+(?![\"']?\s*+(?:data:|#))(?:\"[^\"]*+\"|'[^']*+'|[^)\"'])*+\)?",
    re.IGNORECASE,
)
_LENGTH = re.compile(r"\s*(\d{1,4})(?:px|\s*$)")
#: A longer address says no more to a reader.
_MAX_HREF = 500


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the browser needs to build a page.

    Attributes
    ----------
    tags : list of str
        By element of the block table; empty for one that is not to be built. Drawings begin with ``svg:``.
    attributes : list of dict or None
        By element.
    content : list of int or str
        The page in document order: the number of an element where it begins, -1 where one ends, and texts.
    text_block : list of int
        For each text of `content` the block it belongs to, -1 for none.
    links : dict of int to str
        Where links lead to, by element: for reading only.
    quirks : bool
        Whether browsers lay the page out in quirks mode.
    """

    tags: list[str]
    attributes: list[dict[str, str] | None]
    content: list[int | str]
    text_block: list[int]
    links: dict[int, str]
    quirks: bool

    def to_json(self) -> dict[str, Any]:
        return {
            "tags": self.tags,
            "attributes": self.attributes,
            "content": self.content,
            "text_block": self.text_block,
            "links": self.links,
            "quirks": self.quirks,
        }


def snapshot(table: BlockTable) -> Snapshot:
    """Write a page down for the browser.

    Parameters
    ----------
    table : BlockTable

    Returns
    -------
    Snapshot
        Its elements are numbered as those of the table, its texts know their blocks.
    """
    tags: list[str] = []
    attributes: list[dict[str, str] | None] = []
    content: list[int | str] = []
    text_block: list[int] = []
    links: dict[int, str] = {}
    blocks = table.node_block.tolist()
    node = 0
    skipped = dropped = drawing = 0

    def add(text: str | None) -> None:
        # The order and the conditions of the walk that made the table: a text node is one here if it is one there.
        nonlocal node
        if not text:
            return
        block = -1
        if not skipped and not text.isspace():
            block = blocks[node]
            node += 1
        if not dropped:
            content.append(text)
            text_block.append(block)

    for event, element in etree.iterwalk(table.page.root, events=("start", "end", "comment", "pi")):
        if event == "start":
            tag = str(element.tag)
            index = len(tags)
            skipped += skipped > 0 or tag in SKIPPED_TAGS
            drawing += drawing > 0 or tag == "svg"
            dropped += dropped > 0 or tag in _DROPPED
            tags.append("" if dropped else _tag(tag, drawing > 0))
            attributes.append(None if dropped else _attributes(element, tag, drawing > 0))
            if not dropped:
                content.append(index)
                href = element.get("href") if tag in ("a", "area") else None
                if href:
                    links[index] = href.strip()[:_MAX_HREF]
            if tag in _BOXES:
                dropped += 1
            add(_without_loads(element.text) if tag == "style" else element.text)
        elif event == "end":
            tag = str(element.tag)
            if tag in _BOXES:
                dropped -= 1
            skipped -= skipped > 0
            drawing -= drawing > 0
            if dropped:
                dropped -= 1
            else:
                content.append(-1)
            if element.getparent() is not None:
                add(element.tail)
        else:
            add(element.tail)
    return Snapshot(tags, attributes, content, text_block, links, _quirks(table))


def _without_loads(style: str | None) -> str | None:
    """A style sheet or declarations without what they would load."""
    return _LOADS.sub(lambda found: "none" if found[0][0] in "uU" else "", style) if style else style


def _tag(tag: str, drawing: bool) -> str:
    if tag in _BOXES:
        return "boilerplate-box"
    if drawing:
        name = _SVG_CASE.get(tag, tag)
        return f"svg:{name}" if name in _SVG_TAGS else "svg:g"
    return _RENAMES.get(tag, tag) if _NAME.fullmatch(tag) else "boilerplate-element"


def _attributes(element: etree._Element, tag: str, drawing: bool) -> dict[str, str] | None:
    kept: dict[str, str] = {}
    for key, text in element.items():
        name, value = str(key), str(text)
        if drawing:
            written = _SVG_CASE.get(name, name)
            if written in _SVG_ATTRIBUTES and (written in ("style", "class") or not _OUTER_URL.search(value)):
                kept[written] = _without_loads(value) or ""
            elif name in ("href", "xlink:href") and value.startswith("#"):
                kept["href"] = value
        elif name == "href" and tag == "a":
            kept[name] = "#"  # looks like a link and leads nowhere
        elif _is_harmless(tag, name, value):
            kept[name] = (_without_loads(value) or "") if name == "style" else value
    if tag in _BOXES:
        sizes = ((side, _LENGTH.match(kept.get(side, ""))) for side in ("width", "height"))
        size = "".join(f"{side}:{found[1]}px;" for side, found in sizes if found)
        kept["style"] = size + kept.get("style", "")
    if tag == "input" and kept.get("type", "").strip().lower() in ("image", "file"):
        kept["type"] = "button"
    return kept or None


def _is_harmless(tag: str, name: str, value: str) -> bool:
    if name in _ATTRIBUTES:
        return True
    if name.startswith(("data-", "aria-")):
        return _NAME.fullmatch(name) is not None
    return name == "src" and tag == "img" and _DATA_IMAGE.match(value) is not None


def _quirks(table: BlockTable) -> bool:
    """Whether a browser takes the page for one written before there were standards (a coarse reading of the rule)."""
    docinfo = table.page.root.getroottree().docinfo
    if docinfo.internalDTD is None:
        return True
    public = (docinfo.public_id or "").lower()
    # libxml2 gives a page without a doctype that of HTML 4.0, which is one of the old ones.
    old = ("html 2.0", "html 3", "html 4.0 tr", "html 4.0 fr", "html//en", "netscape", "softquad", "ietf")
    loose = "html 4.01 transitional" in public or "html 4.01 frameset" in public
    return any(part in public for part in old) or (loose and not docinfo.system_url)  # type: ignore[attr-defined]  # the stubs lack it
