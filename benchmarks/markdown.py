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
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from converters import compare
from reading_back import words_of_markdown

from boilerplate import Block, LabelledPage
from boilerplate.blocks import segment
from boilerplate.dataset import DatasetPage, read_dataset
from boilerplate.errors import BoilerplateError
from boilerplate.labelled import assemble
from boilerplate.labels import LABELS
from boilerplate.model.model import Prediction
from boilerplate.output import Options, render
from boilerplate.output.build import build
from boilerplate.output.document import NOT_TEXT, Node, walk_runs
from boilerplate.output.text import document_text
from boilerplate.page import parse
from boilerplate.words import split_words


def read_page(page: DatasetPage) -> LabelledPage:
    """A page of which nothing is known but its blocks."""
    table = segment(parse(page.read_html(), url=page.url))
    probabilities = np.full((len(table), len(LABELS)), 1 / len(LABELS))
    return assemble(table, Prediction(probabilities, np.full(len(table), 0.5)))


def words_of_document(nodes: Sequence[Node]) -> list[str]:
    """Words of the document that is written, as a reader of its Markdown should see them."""
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
        if options.against is None:
            parser.error("--golden is for comparing: give --against PYTHON too")
        compare(golden_documents(), options.against)
        return 0
    if options.dataset is None:
        parser.error("give a dataset, or --golden")
    chance = random.Random(options.seed)
    pages = read_dataset(options.dataset)
    if options.limit:
        pages = chance.sample(pages, min(options.limit, len(pages)))
    wrong = read = words = 0
    documents: list[tuple[str, str]] = []
    left_to_show = options.show
    for dataset_page in pages:
        try:
            page = read_page(dataset_page)
        except BoilerplateError as error:
            print(f"{dataset_page.id}: {error}")
            continue
        read += 1
        half = [block for block in page.blocks if chance.random() < 0.5]
        found = differences(page, page.blocks) + differences(page, half)
        words += sum(len(split_words(block.text)) for block in page.blocks)
        wrong += bool(found)
        for sentence in found[: max(left_to_show, 0)]:
            left_to_show -= 1
            print(f"{dataset_page.id}: {sentence[:300]}")
        if options.against:
            documents.append((render(page, half, "html"), render(page, half, "markdown")))
    print(f"{read} pages of {words:,} words: {wrong} of them lose, invent or reorder a word.")
    if options.against:
        compare(documents, options.against)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
