"""Build the labelled pages of ``datasets/own`` out of their annotated sources.

A page is written with its labels in it: an element that starts a region carries ``data-gold="article"`` (or
``promo``, ``feed``, ``chrome``), and everything below it inherits that label up to the next such attribute.
This script takes the attributes out and writes, below ``datasets/own``:

* ``html/<id>.html``: the page as a browser or crawler would get it, with no trace of the labels;
* ``labels/<id>.json``: the regions as XPaths, each with a checksum of its text;
* ``pages.jsonl``: one line a page, out of ``annotated/index.json`` and the built files.

The same sources always give the same bytes. Run it from anywhere::

    python datasets/tools/label_from_attributes.py           # build
    python datasets/tools/label_from_attributes.py --table   # print the counts of its README
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lxml import etree

LABELS = ("article", "promo", "feed", "chrome")
OWN = Path(__file__).resolve().parents[1] / "own"
LICENCE = "Apache-2.0"

GOLD_ATTRIBUTE = "data-gold"
_GOLD = re.compile(rf'\s{GOLD_ATTRIBUTE}="({"|".join(LABELS)})"')
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_END_TAGS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_WHITE_SPACE = re.compile(r"\s+")

# Text below these is never shown to a reader.
_UNSEEN = frozenset({"head", "script", "style", "template", "noscript"})
# Elements inside a line of text: they do not start a text block of their own.
# fmt: off
_INLINE = frozenset({
    "a", "abbr", "acronym", "amp-img", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn",
    "em", "font", "i", "img", "ins", "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "samp",
    "small", "span", "strike", "strong", "sub", "sup", "svg", "time", "tt", "u", "var", "wbr",
})
# fmt: on
# Scripts written without spaces: each of their letters counts as a word.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")


class Region(NamedTuple):
    """A labelled element: where it is, what it is, and a checksum of its text."""

    xpath: str
    label: str
    text_sha1: str


class BuildError(ValueError):
    """An annotated source breaks a rule of the format."""


def parse(text: str) -> etree._ElementTree:
    """Parse a decoded page into the tree that the XPaths of the labels refer to."""
    text = _END_TAGS.sub("", _XML_DECLARATION.sub("", text.replace("\0", "")))
    return etree.ElementTree(etree.fromstring(text, etree.HTMLParser(huge_tree=True)))


def text_sha1(element: etree._Element) -> str:
    """Return the first ten hex digits of the SHA-1 of an element's text without its white space."""
    text = _WHITE_SPACE.sub("", "".join(map(str, element.itertext())))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:10]


def strip_gold(source: str) -> str:
    """Return the page without its label attributes."""
    page = _GOLD.sub("", source)
    if GOLD_ATTRIBUTE in page:
        raise BuildError(f'a {GOLD_ATTRIBUTE} attribute has no known label, or is not name="value"')
    return page


def inherited_label(element: etree._Element) -> str | None:
    """Return the label of the nearest labelled ancestor, if there is one."""
    for ancestor in element.iterancestors():
        if label := ancestor.get(GOLD_ATTRIBUTE):
            return label
    return None


def regions_of(source: str) -> list[Region]:
    """Return the regions of an annotated source, in document order, checked on the page without labels."""
    annotated, page = parse(source), parse(strip_gold(source))
    regions = []
    for element in annotated.iter(etree.Element):
        label = element.get(GOLD_ATTRIBUTE)
        if label is None:
            continue
        xpath = annotated.getpath(element)
        if label == inherited_label(element):
            raise BuildError(f"{xpath} repeats the label {label!r} of its ancestor")
        found = page.find(xpath.removeprefix("/html/"))
        if found is None or page.getpath(found) != xpath or text_sha1(found) != text_sha1(element):
            raise BuildError(f"{xpath} is another element once the labels are gone")
        regions.append(Region(xpath, label, text_sha1(element)))
    if len(regions) != len(_GOLD.findall(source)):
        raise BuildError("the parser dropped a labelled element")
    if not regions or regions[0].xpath != "/html/body":
        raise BuildError("/html/body has no label")
    return regions


def text_blocks(source: str) -> Iterator[tuple[str, str]]:
    """Yield ``(label, text)`` for each run of text of an annotated source between two block borders."""
    tree = parse(source)
    run: list[str] = []
    run_label = ""

    def flush() -> Iterator[tuple[str, str]]:
        text = " ".join("".join(run).split())
        run.clear()
        if any(char.isalnum() for char in text):
            yield run_label, text

    def walk(element: etree._Element, label: str) -> Iterator[tuple[str, str]]:
        nonlocal run_label
        if not isinstance(element.tag, str) or element.tag in _UNSEEN:
            return
        label = element.get(GOLD_ATTRIBUTE) or label
        block = element.tag not in _INLINE
        if block or label != run_label:
            yield from flush()
        run_label = label
        run.append(element.text or "")
        for child in element:
            yield from walk(child, label)
            if label != run_label:
                yield from flush()
                run_label = label
            run.append(child.tail or "")
        if block:
            yield from flush()

    yield from walk(tree.getroot(), "chrome")


def count_words(text: str) -> int:
    """Count words: tokens between spaces, and every letter of a script written without spaces."""
    unspaced = len(_UNSPACED.findall(text))
    rest = _UNSPACED.sub(" ", text)
    return unspaced + sum(any(char.isalnum() for char in token) for token in rest.split())


def read_index(own: Path) -> list[dict[str, str]]:
    """Read the hand-written facts about the pages: id, url, page type, language, note."""
    index: list[dict[str, str]] = json.loads((own / "annotated" / "index.json").read_text(encoding="utf-8"))
    return index


def read_source(own: Path, page_id: str) -> str:
    """Read an annotated source with its line ends as they are."""
    return (own / "annotated" / f"{page_id}.html").read_bytes().decode("utf-8")


def build(own: Path = OWN, target: Path | None = None) -> list[dict[str, Any]]:
    """Build html, labels and ``pages.jsonl`` below ``target`` (by default ``own``); return the records."""
    target = target or own
    for name in ("html", "labels"):
        (target / name).mkdir(parents=True, exist_ok=True)
    records: list[dict[str, Any]] = []
    for entry in read_index(own):
        page_id = entry["id"]
        source = read_source(own, page_id)
        try:
            regions, raw = regions_of(source), strip_gold(source).encode()
        except BuildError as error:
            raise BuildError(f"{page_id}: {error}") from error
        (target / "html" / f"{page_id}.html").write_bytes(raw)
        labels = {"page": page_id, "regions": [region._asdict() for region in regions], "note": entry["note"]}
        text = json.dumps(labels, ensure_ascii=False, indent=1) + "\n"
        (target / "labels" / f"{page_id}.json").write_bytes(text.encode())
        records.append(
            {
                "id": page_id,
                "source": "own",
                "url": entry["url"],
                "site": (urlsplit(entry["url"]).hostname or "").removeprefix("www."),
                "page_type": entry["page_type"],
                "lang": entry["lang"],
                "sha256": hashlib.sha256(raw).hexdigest(),
                "bytes": len(raw),
                "licence": LICENCE,
                "gold": ["labels"],
            }
        )
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    (target / "pages.jsonl").write_bytes(lines.encode())
    return records


def table(own: Path = OWN) -> str:
    """Return the Markdown table of blocks and words by label, a line a page."""
    header = "| page | " + " | ".join(LABELS) + " | all |"
    lines = [header, "|---|" + "---:|" * (len(LABELS) + 1)]
    all_blocks: Counter[str] = Counter()
    all_words: Counter[str] = Counter()

    def line(name: str, blocks: Counter[str], words: Counter[str]) -> str:
        cells = [f"{blocks[label]:,} / {words[label]:,}" for label in LABELS]
        return f"| {name} | " + " | ".join(cells) + f" | {blocks.total():,} / {words.total():,} |"

    for entry in read_index(own):
        blocks: Counter[str] = Counter()
        words: Counter[str] = Counter()
        for label, text in text_blocks(read_source(own, entry["id"])):
            blocks[label] += 1
            words[label] += count_words(text)
        all_blocks += blocks
        all_words += words
        lines.append(line(f"`{entry['id']}`", blocks, words))
    lines.append(line("**all**", all_blocks, all_words))
    return "\n".join(lines)


def main() -> None:
    """Build the dataset, or print its counts."""
    parser = argparse.ArgumentParser(description="Build datasets/own out of its annotated sources.")
    parser.add_argument("--table", action="store_true", help="print blocks / words by label, build nothing")
    if parser.parse_args().table:
        print(table())
        return
    records = build()
    print(f"{len(records)} pages, {sum(record['bytes'] for record in records):,} bytes")


if __name__ == "__main__":
    main()
