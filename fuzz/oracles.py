"""What must hold of anything that is made of a page, told without the code that makes it."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import math
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import lxml.html
from lxml import etree
from markdown_it import MarkdownIt

from boilerplate.blocks import BlockTable
from boilerplate.labelled import LabelledPage
from boilerplate.labels import LABELS
from boilerplate.output import FORMATS, Options, render
from boilerplate.output.records import BLOCK_COLUMNS, block_records, csv_header, csv_rows, json_lines, json_text

__all__ = [
    "check_blocks",
    "check_csv",
    "check_explained",
    "check_html",
    "check_markdown",
    "check_outputs",
    "check_overlay",
    "check_text",
    "unwanted_characters",
]


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


#: Characters that reorder the text around them, and deprecated ones that change how it is shown.
BIDI = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x2070))))
SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel", "ftp"})
#: Elements that load or run something, or change what the rest of a document means.
ACTIVE_TAGS = _names(
    "script style link base iframe frame frameset object embed applet form input button textarea select svg math video "
    "audio source track picture template noscript portal marquee"
)
#: What Markdown has no mark for: lines that end within a cell, and raised and lowered text.
MARKDOWN_TAGS = frozenset({"<br>", "<sub>", "</sub>", "<sup>", "</sup>"})
_URL_ATTRIBUTES = _names(
    "href src srcset action formaction background cite data poster ping longdesc manifest xlink:href usemap"
)
_SCHEME = re.compile(r"[\x00-\x20]*([a-zA-Z][a-zA-Z0-9+.-]*)[\x00-\x20]*:")
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠].", re.DOTALL)
_OPTIONS = (Options(), Options(images=True, metadata=True), Options(links=False, tables=False))


def check_blocks(table: BlockTable) -> None:
    """Every block has a word, a place, and a path that leads to it and nowhere else."""
    for number, text in enumerate(table.text):
        assert any(map(str.isalnum, text)), (number, text)
        assert 0 <= table.container[number] <= table.inner[number] < table.n_elements
    for container in sorted(set(table.container.tolist()))[:5]:
        path = table.xpath(container)
        if unwanted_characters(path):  # libxml2 makes such names, and XPath cannot say them
            continue
        assert len(table.page.root.xpath(path)) == 1, path


def check_outputs(page: LabelledPage, choice: int | None = None) -> None:
    """Every format keeps the promises, for all choices of labels and options or one of them."""
    choices = [(options, keep) for options in _OPTIONS for keep in (("article",), LABELS)]
    for options, keep in choices if choice is None else [choices[choice % len(choices)]]:
        blocks = page.kept(keep)
        for name in FORMATS:
            written = render(page, blocks, name, options)
            written.encode("utf-8")
            _CHECKS[name](written)
    records = block_records(page, page.blocks)
    check_csv(csv_header(BLOCK_COLUMNS) + csv_rows(records, BLOCK_COLUMNS))
    check_json_lines(json_lines(records))


def check_explained(page: LabelledPage) -> None:
    """Reasons in words, each with a finite share, that the records of blocks can hold."""
    for block in page.blocks:
        for reason in (*(block.reasons or ()), *(block.main_reasons or ())):
            assert reason.text
            assert math.isfinite(reason.contribution)
    records = block_records(page, page.blocks)
    check_json(json_text({"blocks": records}))
    check_json_lines(json_lines(records))


def unwanted_characters(text: str) -> list[str]:
    """Control characters but tab and line feed, bidi overrides and isolates, halves of characters, non-characters."""
    return [
        c
        for c in text
        if (c not in "\n\t" and not c.isprintable() and unicodedata.category(c) in ("Cc", "Cs"))
        or c in BIDI
        or ord(c) & 0xFFFE == 0xFFFE
    ]


def check_text(text: str) -> None:
    """Text that cannot steer a terminal or deceive a reader about its order."""
    assert not unwanted_characters(text), unwanted_characters(text)


def check_markdown(text: str) -> None:
    """Markdown that no renderer makes active HTML of."""
    check_text(text)
    for token in _tokens(_without_front_matter(text)):
        assert token.type not in ("html_block", "html_inline") or token.content in MARKDOWN_TAGS, token.content
        for name in ("href", "src"):
            address = token.attrGet(name)
            if address is not None:
                check_address(str(address))


def _tokens(text: str) -> Iterator:  # type: ignore[type-arg]
    # Deeply nested Markdown is beyond some readers, this one among them, but no fault of the text.
    reader = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table")
    # Not every reader refuses addresses by itself.
    reader.validateLink = lambda url: True  # type: ignore[method-assign]
    try:
        tokens = reader.parse(text)
    except RecursionError:
        return
    for token in tokens:
        yield token
        yield from token.children or ()


def _without_front_matter(text: str) -> str:
    if not text.startswith("---\n"):
        return text
    return text.partition("\n---\n")[2]


def check_address(address: str) -> None:
    """An address that nothing runs."""
    scheme = _SCHEME.match(address)
    assert scheme is None or scheme[1].lower() in SAFE_SCHEMES, address


def check_html(text: str) -> None:
    """A document in which nothing runs and that loads nothing but the images that were asked for."""
    check_text(text)
    tree = lxml.html.document_fromstring(text, parser=lxml.html.HTMLParser(huge_tree=True))
    for element in tree.iter():
        if not isinstance(element.tag, str):
            raise AssertionError(f"a comment or processing instruction: {etree.tostring(element)[:200]!r}")
        assert element.tag not in ACTIVE_TAGS, element.tag
        if element.tag == "meta":
            assert element.get("http-equiv", "").lower() in ("", "content-security-policy", "x-dns-prefetch-control")
        for name, value in element.items():
            assert not name.startswith("on"), name
            assert name not in ("style", "class") or name == "class", name
            if name in _URL_ATTRIBUTES:
                check_address(value)


def check_overlay(text: str) -> dict[str, Any]:
    """A file that has no means to load or run anything but its own script; gives the page's data."""
    root = lxml.html.document_fromstring(text)
    scripts = root.findall(".//script")
    assert [s.get("type") for s in scripts] == ["application/json", "module"]
    digest = base64.b64encode(hashlib.sha256((scripts[1].text or "").encode()).digest()).decode()
    (policy,) = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}';" in policy
    assert "unsafe-eval" not in policy
    assert not re.search(r"https?:|\*", policy)
    # The policy holds before anything that it is about.
    assert [child.tag for child in root.find("head")][:2] == ["meta", "meta"]
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on"), (element.tag, name)
            assert name not in ("href", "src", "srcset", "srcdoc", "action", "data", "background", "style"), name
            assert "javascript:" not in value.lower()
    (frame,) = root.findall(".//iframe")
    assert frame.get("sandbox") == "allow-same-origin"
    return dict(json.loads(scripts[0].text or ""))


def check_csv(text: str) -> None:
    """A table of one width in which no cell is a formula."""
    check_text(text)
    rows = list(csv.reader(io.StringIO(text)))
    assert len({len(row) for row in rows}) == 1
    for row in rows[1:]:
        for cell in row:
            try:
                float(cell)
            except ValueError:
                assert not _FORMULA.match(cell), cell


def check_json(text: str) -> None:
    """JSON in which control characters stand escaped, if at all."""
    check_text(text)
    json.loads(text)


def check_json_lines(text: str) -> None:
    """A JSON object a line, whatever a reader takes for the end of a line."""
    check_text(text)
    for line in text.splitlines():
        assert isinstance(json.loads(line), dict)


_CHECKS = {
    "txt": check_text,
    "markdown": check_markdown,
    "html": check_html,
    "json": check_json,
    "jsonl": check_json_lines,
    "csv": check_csv,
}
