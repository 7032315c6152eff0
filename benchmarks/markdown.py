"""Whether text and Markdown say what the kept blocks say, and how faithful other converters to Markdown are.

    python benchmarks/markdown.py DATASET [--limit N] [--seed N] [--against PYTHON] [--show N]
    python benchmarks/markdown.py --golden --against PYTHON

DATASET has ``pages.jsonl`` and ``html/``. Of each page all blocks are kept, and then a random half of them, so that no
model has a say. What is written is read back by a CommonMark parser, and its words are compared with those of the
blocks: none may be lost, and none invented. A repeated headline counts once, and a formula as its TeX.

PYTHON is an interpreter that has markdownify, markitdown and html2text. They are given the same kept part as HTML, with
the options they have by default. --golden compares on the articles of the project's golden pages, which are made of
what is difficult.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from lxml import etree
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from boilerplate import Block, LabelledPage
from boilerplate.blocks import segment
from boilerplate.errors import BoilerplateError
from boilerplate.labelled import assemble
from boilerplate.model.model import Prediction
from boilerplate.output import Options, render
from boilerplate.output.build import build
from boilerplate.output.document import NOT_TEXT, Node, walk_runs
from boilerplate.output.text import document_text
from boilerplate.page import parse
from boilerplate.words import split_words

READER = (
    MarkdownIt("commonmark")
    .enable(["table", "strikethrough"])
    .use(footnote_plugin)
    .use(dollarmath_plugin, allow_space=False)
)
#: For what other converters write: they know neither footnotes nor formulas.
PLAIN_READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_BODY = re.compile("<body>.*</body>", re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^>]*>|<!--.*?-->", re.DOTALL)

CONVERTERS = """
import io, json, sys
import html2text, markdownify
from markitdown import MarkItDown, StreamInfo
known = MarkItDown()
def by_html2text(html):
    writer = html2text.HTML2Text()
    writer.body_width = 0
    writer.unicode_snob = True
    return writer.handle(html)
def by_markdownify(html):
    return markdownify.markdownify(html, heading_style="ATX")
def by_markitdown(html):
    kind = StreamInfo(extension=".html", charset="utf-8")
    return known.convert_stream(io.BytesIO(html.encode()), stream_info=kind).text_content
for line in sys.stdin:
    html = json.loads(line)
    found = {}
    for name, convert in (("markdownify", by_markdownify), ("markitdown", by_markitdown), ("html2text", by_html2text)):
        try:
            found[name] = convert(html)
        except Exception as error:
            found[name] = ""
    print(json.dumps(found), flush=True)
"""


def read_page(path: Path, url: str) -> LabelledPage:
    """A page of which nothing is known but its blocks."""
    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    table = segment(parse(data, url=url))
    return assemble(table, Prediction(np.full((len(table), 4), 0.25), np.full(len(table), 0.5)))


def words_of_markdown(text: str, reader: MarkdownIt = READER, *, marks: bool = False) -> list[str]:
    """Words that a reader of rendered Markdown sees; with marks, those of footnotes that are there too."""
    pieces: list[str] = []
    for token in reader.parse(text):
        if token.type in ("fence", "code_block", "math_block"):
            pieces.append(token.content)
        elif token.type == "html_block":
            pieces.append(_TAG.sub(" ", token.content))
        elif token.type == "inline":
            pieces.append(_inline(token, marks=marks))
    return split_words("\n".join(pieces))


def _inline(token: Token, *, marks: bool = False) -> str:
    text = ""
    for child in token.children or ():
        if child.type in ("text", "text_special", "code_inline", "math_inline", "math_inline_double"):
            text += child.content
        elif child.type in ("softbreak", "hardbreak") or (child.type == "html_inline" and child.content == "<br>"):
            text += "\n"
        elif child.type == "footnote_ref" and marks:
            text += f"[{child.meta['label']}]"
    return text


def words_of_document(nodes: Sequence[Node]) -> list[str]:
    """The same of the document that is written."""
    text = ""
    for leaf in _leaves(nodes):
        for run in leaf.runs:
            if run.kind not in NOT_TEXT and not (run.kind == "note" and run.value):
                text += run.value if run.kind == "math" else run.text
        text += "\n"
    return split_words(text)


def _leaves(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        if node.children:
            yield from _leaves(node.children)
        else:
            yield node


def text_beside_formulas(page: LabelledPage) -> dict[int, str]:
    """Of blocks with parts of formulas that bring their TeX along, the text that is none of these, by number."""
    layout = page.layout
    found: dict[int, list[str]] = {}
    inside: set[int] = set()
    for element, tag in enumerate(layout.tags if layout is not None else ()):
        within = layout.tags[element : int(layout.end[element])] if tag == "math" else ()
        if "annotation" in within or (within and layout.attributes[element].get("alttext")):
            inside.update(range(int(layout.first_node[element]), int(layout.last_node[element])))
    for node in inside:
        found.setdefault(int(layout.node_block[node]), [])
    for node, number in enumerate(layout.node_block if found else ()):
        if int(number) in found and node not in inside:
            found[int(number)].append(layout.node_text[node])
    return {number: "".join(texts) for number, texts in found.items()}


def differences(page: LabelledPage, blocks: Sequence[Block]) -> list[str]:
    """What is lost or invented, as sentences; none if all is well."""
    found: list[str] = []
    options = Options()
    nodes = build(page, blocks, options)
    text, spans = document_text(nodes)
    formulas = {run.block for run in walk_runs(nodes) if run.kind == "math"}
    headings = {block.text for block in blocks if block.form.level == 1}
    numbers = {id(block): i for i, block in enumerate(page.blocks)}
    beside = text_beside_formulas(page)
    for block in blocks:
        number = numbers[id(block)]
        wanted = split_words(options.unwanted.sub("", block.text))
        # What scripts set for the eye stands beside its TeX, and is written as that.
        left_out = block.text in headings or (page.layout is not None and bool(page.layout.tex))
        if number in formulas or (number not in spans and left_out):
            continue
        start, end = spans.get(number, (0, 0))
        there = split_words(text[start:end])
        if number in beside:
            # Parts of a formula may be several blocks; it is written in one of them.
            wanted = split_words(options.unwanted.sub("", beside[number]))
        # Marks of footnotes are in brackets there: a word may be two.
        if "".join(there) != "".join(wanted):
            found.append(f"text: {' '.join(wanted)[:80]!r} is written as {' '.join(there)[:80]!r}")
    wanted, there = words_of_document(nodes), words_of_markdown(render(page, blocks, "markdown", options))
    lost, invented = Counter(wanted) - Counter(there), Counter(there) - Counter(wanted)
    if lost or invented:
        found.append(f"Markdown: lost {dict(lost)}, invented {dict(invented)}")
    elif there != wanted and not any(run.kind == "note" for run in walk_runs(nodes)):
        found.append("Markdown: the order of words differs")
    return found


# --- other converters -------------------------------------------------------------------------------------------------


#: Tokens of parts that hold text, and what they are in HTML; headings are what their token says.
_PARTS = {"blockquote": "blockquote", "list_item": "li", "footnote": "li", "td": "td", "th": "td", "heading": ""}


def outline_of_markdown(text: str, reader: MarkdownIt) -> Counter[tuple[str, str]]:
    """What each heading, item, cell, quotation and piece of code says, by its kind."""
    path: list[str] = []
    found: Counter[tuple[str, str]] = Counter()
    for token in reader.parse(text):
        name = token.type.removesuffix("_open").removesuffix("_close")
        if name in _PARTS and token.type.endswith("_open"):
            path.append(_PARTS[name] or token.tag)
        elif name in _PARTS:
            path.pop()
        elif token.type in ("fence", "code_block", "inline", "math_block"):
            kind = "pre" if token.type in ("fence", "code_block") else path[-1] if path else "p"
            words = " ".join(split_words(_inline(token, marks=True) if token.type == "inline" else token.content))
            if words:
                found[kind, words] += 1
    return found


_KINDS = frozenset(("blockquote", "li", "td", "pre", "p", "h1", "h2", "h3", "h4", "h5", "h6"))
_INLINE = frozenset(
    [
        "a",
        "strong",
        "em",
        "code",
        "del",
        "ins",
        "sub",
        "sup",
        "u",
        "q",
        "mark",
        "cite",
        "ruby",
        "rt",
        "rp",
        "img",
        "span",
        "br",
    ]
)


def outline_of_html(html: str) -> Counter[tuple[str, str]]:
    """The same of a document as `boilerplate` writes it."""
    found: Counter[tuple[str, str]] = Counter()
    body = etree.fromstring(html, etree.HTMLParser(huge_tree=True)).find("body")
    gathered: list[str] = []
    kinds: list[str] = ["p"]

    def close() -> None:
        words = " ".join(split_words("".join(gathered)))
        gathered.clear()
        if words:
            found[kinds[-1], words] += 1

    for event, element in etree.iterwalk(body, events=("start", "end")):
        tag = {"dt": "li", "dd": "li", "th": "td"}.get(element.tag, element.tag)
        if tag == "br":
            if event == "start":
                gathered.append("\n")
        elif tag not in _INLINE and not (tag == "code" and kinds[-1] == "pre"):
            close()
            if event == "start":
                kinds.append(kinds[-1] if tag == "p" or tag not in _KINDS else tag)
            else:
                kinds.pop()
        text = element.text if event == "start" else element.tail if element is not body else None
        gathered.append(text or "")
    close()
    return found


def words_of_html(html: str) -> list[str]:
    """Words of the body of a document, in order."""
    return [word for kind, words in outline_of_html(html).elements() for word in words.split(" ") if kind]


def compare(documents: Sequence[tuple[str, str]], python: str) -> None:
    """Print how faithful converters are to the same documents."""
    # Without a head, whose title some write and others do not.
    lines = "".join(json.dumps(_BODY.search(html)[0]) + "\n" for html, _ in documents)  # type: ignore[index]
    done = subprocess.run([python, "-c", CONVERTERS], input=lines, capture_output=True, text=True, check=True)
    written = [json.loads(line) for line in done.stdout.splitlines()]
    for row, (_, own) in zip(written, documents, strict=True):
        row["boilerplate"] = own
    print("\n| converter | pages | all words, no others | words lost of 10,000 | invented | parts kept as they are |")
    print("|---|---|---|---|---|---|")
    for name in ("boilerplate", "markdownify", "markitdown", "html2text"):
        same = lost = invented = total = kept = parts = 0
        reader = READER if name == "boilerplate" else PLAIN_READER
        for (html, _), row in zip(documents, written, strict=True):
            wanted = Counter(words_of_html(html))
            there = Counter(words_of_markdown(row[name], reader, marks=True))
            lost += (wanted - there).total()
            invented += (there - wanted).total()
            total += wanted.total()
            same += wanted == there
            outline = outline_of_html(html)
            parts += outline.total()
            kept += (outline & outline_of_markdown(row[name], reader)).total()
        print(
            f"| {name} | {len(documents)} | {same / len(documents):.1%} | {1e4 * lost / total:.2f} | "
            f"{1e4 * invented / total:.2f} | {kept / parts:.1%} |"
        )


def golden_documents() -> list[tuple[str, str]]:
    """The articles of the golden pages, as HTML and as Markdown."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    from golden_pages import gold_pages

    pages = [gold.read() for gold in gold_pages()]
    return [(page.render("html"), page.render("markdown")) for page in pages]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, nargs="?")
    parser.add_argument("--golden", action="store_true", help="compare on the golden pages")
    parser.add_argument("--limit", type=int, default=0, help="pages, chosen at random; 0 for all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--against", metavar="PYTHON", help="interpreter that has the converters")
    parser.add_argument("--show", type=int, default=20, help="differences to print")
    options = parser.parse_args()
    if options.golden:
        compare(golden_documents(), options.against)
        return 0
    if options.dataset is None:
        parser.error("give a dataset, or --golden")
    chance = random.Random(options.seed)
    records = [json.loads(line) for line in (options.dataset / "pages.jsonl").read_text(encoding="utf-8").splitlines()]
    if options.limit:
        records = chance.sample(records, min(options.limit, len(records)))
    wrong = pages = words = 0
    documents: list[tuple[str, str]] = []
    for record in records:
        path = next((options.dataset / "html").glob(f"{record['id']}.html*"))
        try:
            page = read_page(path, record["url"])
        except BoilerplateError as error:
            print(f"{record['id']}: {error}")
            continue
        pages += 1
        half = [block for block in page.blocks if chance.random() < 0.5]
        found = differences(page, page.blocks) + differences(page, half)
        words += sum(len(split_words(block.text)) for block in page.blocks)
        wrong += bool(found)
        for sentence in found[: max(options.show, 0)]:
            options.show -= 1
            print(f"{record['id']}: {sentence[:300]}")
        if options.against:
            documents.append((render(page, half, "html"), render(page, half, "markdown")))
    print(f"{pages} pages of {words:,} words: {wrong} of them lose, invent or reorder a word.")
    if options.against:
        compare(documents, options.against)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
