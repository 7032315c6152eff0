"""CPU time of cleaning pages, as multiples of an lxml parse of the same pages in the same run.

    python benchmarks/speed.py DATASET [--pages N] [--against PYTHON]   ratio, stages of the work, other tools
    python benchmarks/speed.py --scaling                                time by the number of blocks of a page
    python benchmarks/speed.py DATASET --together                       what many pages at once would save at most
    python benchmarks/speed.py DATASET --profile                        functions by their share of the time

DATASET has ``pages.jsonl`` and ``html/``. PYTHON is an interpreter that has lxml and any of trafilatura,
rs-trafilatura, resiliparse and justext, which are no dependencies of this project. Processor time is measured, not time
by the clock, and of each page the best of several runs, so that other work on the machine counts for little.
"""

from __future__ import annotations

import argparse
import copy
import cProfile
import json
import pstats
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import process_time

import numpy as np
from lxml import etree
from numpy.typing import NDArray

import boilerplate
from boilerplate import features
from boilerplate.blocks import segment
from boilerplate.dataset import read_dataset
from boilerplate.encoding import decode
from boilerplate.features.view import PageView
from boilerplate.labelled import assemble
from boilerplate.page import Page, parse

Times = dict[str, NDArray[np.float64]]

#: Run by the interpreter of other tools: a line of the file named by the argument is a path and an address.
OTHERS = """
import gzip, importlib, json, sys
from time import process_time
from lxml import etree

def trafilatura():
    from trafilatura import extract
    return lambda text, url: extract(text, url=url)

def rs_trafilatura():
    from rs_trafilatura import extract_bytes
    return lambda text, url: extract_bytes(text.encode("utf-8", "replace"), url=url).main_content

def resiliparse():
    from resiliparse.extract.html2text import extract_plain_text
    return lambda text, url: extract_plain_text(text, main_content=True)

def justext():
    from justext import get_stoplist, justext
    words = get_stoplist("English")
    return lambda text, url: justext(text.encode("utf-8", "replace"), words, encoding="utf-8")

tools = {"lxml": lambda text, url: etree.fromstring(
    text.encode("utf-8", "replace"), etree.HTMLParser(huge_tree=True, encoding="utf-8"))}
for make in (trafilatura, rs_trafilatura, resiliparse, justext):
    try:
        tools[make.__name__] = make()
    except ImportError as error:
        print(f"{make.__name__} is left out: {error}", file=sys.stderr)
repeats = int(sys.argv[2])
times = {name: [] for name in tools}
for line in open(sys.argv[1], encoding="utf-8"):
    path, url = json.loads(line)
    text = open(path, encoding="utf-8", newline="").read()
    for name, tool in tools.items():
        best = float("inf")
        for _ in range(repeats):
            start = process_time()
            try:
                tool(text, url)
            except Exception:
                pass
            best = min(best, process_time() - start)
        times[name].append(best)
print(json.dumps(times))
"""


def read_pages(dataset: Path, count: int, seed: int) -> list[tuple[bytes, str | None]]:
    """A sample of pages with their addresses, the same ones for a seed."""
    pages = read_dataset(dataset)
    random.Random(seed).shuffle(pages)
    return [(page.read_html(), page.url or None) for page in pages[:count]]


def parse_with_lxml(markup: bytes) -> None:
    """What the times are multiples of."""
    with suppress(etree.XMLSyntaxError):  # an empty page
        etree.fromstring(markup, etree.HTMLParser(huge_tree=True, encoding="utf-8"))


def stages(data: bytes, url: str | None, model: boilerplate.Model) -> Iterator[str]:
    """Clean a page as `boilerplate.clean` does, and name each stage when it is done."""
    page = parse(data, url=url)
    yield "decode and parse"
    table = segment(page)
    yield "cut into blocks"
    view = PageView(table)
    plan, (of_first, of_final) = model.plan, model.plan_columns
    reading = features.read_view(view, plan)
    yield "features of the page"
    if len(view):
        first = features.first_matrix(reading, model.scorers, plan)
        yield "learned scores"
        guess = model.first.predict(first, of_first).stacked()
        yield "trees of the first guess"
        matrix = features.full_matrix(first, reading, guess, plan)
        yield "features of the first guess"
        prediction = model.final.predict(matrix, of_final)
        yield "trees"
    else:
        prediction = model.predict_view(view)
    labelled = assemble(table, prediction, view=view, look_for_hidden=False)
    yield "labelled page"
    labelled.render("txt")
    yield "text"


def measure(pages: list[tuple[bytes, str | None]], model: boilerplate.Model, repeats: int) -> Times:
    """Seconds of lxml's parse, of cleaning, and of each stage of it; an array over pages for each."""
    best: dict[str, NDArray[np.float64]] = {}

    def note(name: str, number: int, seconds: float) -> None:
        row = best.setdefault(name, np.full(len(pages), np.inf))
        row[number] = min(row[number], seconds)

    for _ in range(repeats):
        for number, (data, url) in enumerate(pages):
            markup = decode(data)[0].encode("utf-8", "replace")
            start = process_time()
            parse_with_lxml(markup)
            note("lxml", number, process_time() - start)
            start = process_time()
            try:
                boilerplate.clean(data, url=url, model=model)
            except boilerplate.errors.BoilerplateError:
                continue
            finally:
                note("boilerplate.clean", number, process_time() - start)
            start = process_time()
            for stage in stages(data, url, model):
                note(stage, number, process_time() - start)
                start = process_time()
    return {name: np.where(np.isfinite(row), row, 0.0) for name, row in best.items()}


def measure_others(pages: list[tuple[bytes, str | None]], python: str, repeats: int) -> Times:
    """Seconds of lxml's parse and of other tools, in a process of their own."""
    with tempfile.TemporaryDirectory() as directory:
        lines = []
        for number, (data, url) in enumerate(pages):
            path = Path(directory, f"{number}.html")
            path.write_bytes(decode(data)[0].encode("utf-8", "replace"))
            lines.append(json.dumps([str(path), url]))
        listing = Path(directory, "pages")
        listing.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [python, "-c", OTHERS, str(listing), str(repeats)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return {name: np.array(row) for name, row in json.loads(done.stdout).items()}


def print_ratios(times: Times, title: str) -> None:
    """Times as multiples of lxml's parse: of all pages together, and page by page."""
    lxml = times["lxml"]
    print(f"\n{title}\n")
    print("| | ms a page | × lxml, all pages | × lxml, mean of pages | median | 90 % of pages below |")
    print("|---|---|---|---|---|---|")
    for name, row in times.items():
        ratio = row / lxml
        print(
            f"| {name} | {1e3 * row.mean():.2f} | {row.sum() / lxml.sum():.2f} | {ratio.mean():.2f} "
            f"| {np.median(ratio):.2f} | {np.quantile(ratio, 0.9):.2f} |"
        )


def page_of(n_blocks: int) -> bytes:
    """A page of paragraphs, links and list items."""
    parts = ["<html><head><title>Tea and milk</title></head><body><main>"]
    for i in range(n_blocks // 4):
        parts.append(
            f'<div class="part"><h2>Part {i} of the story</h2><p>Tea number {i} is brewed from leaves, and some '
            f"people drink it with milk, which others find hard to understand.</p>"
            f'<ul class="more"><li><a href="/tea/{i}">More '
            f"about tea {i}</a></li><li>{i % 24}:{i % 60:02d} News of milk</li></ul></div>"
        )
    return "".join([*parts, "</main></body></html>"]).encode()


def seconds_of(work: Callable[[], object], repeats: int) -> float:
    """Best processor time of several runs."""
    best = float("inf")
    for _ in range(repeats):
        start = process_time()
        work()
        best = min(best, process_time() - start)
    return best


def scaling(model: boilerplate.Model, sizes: tuple[int, ...], repeats: int) -> list[tuple[int, float, float]]:
    """Blocks, seconds of cleaning, and seconds of lxml's parse, by size."""
    limits = boilerplate.Limits(max_nodes=None)
    rows = []
    for size in sizes:
        page = page_of(size)
        clean = seconds_of(partial(boilerplate.clean, page, model=model, limits=limits), repeats)
        rows.append((size, clean, seconds_of(partial(parse_with_lxml, page), repeats)))
    return rows


def print_scaling(rows: list[tuple[int, float, float]]) -> None:
    print("| blocks | ms | µs a block | × lxml | × the time of the row above |\n|---|---|---|---|---|")
    before = None
    for size, clean, lxml in rows:
        growth = "" if before is None else f"{clean / before:.1f}"
        print(f"| {size:,} | {1e3 * clean:.1f} | {1e6 * clean / size:.0f} | {clean / lxml:.1f} | {growth} |")
        before = clean


def merged(pages: list[Page]) -> Page:
    """One page whose body holds the bodies of others, one after the other."""
    root = etree.Element("html")
    body = etree.SubElement(root, "body")
    for page in pages:
        for part in copy.deepcopy(page.root):
            if part.tag == "body":
                part.tag = "div"
            body.append(part)
    return Page(root, None, "str", ())


def seconds_a_page(pages: list[Page], model: boilerplate.Model) -> dict[str, float]:
    """Processor time of what needs many small array operations a page: blocks, features and trees."""
    totals = dict.fromkeys(("cut into blocks", "features and trees"), 0.0)
    for page in pages:
        start = process_time()
        table = segment(page)
        middle = process_time()
        model.predict_view(PageView(table))
        totals["cut into blocks"] += middle - start
        totals["features and trees"] += process_time() - middle
    return totals


def together(
    pages: list[tuple[bytes, str | None]], model: boilerplate.Model, sizes: tuple[int, ...], repeats: int
) -> None:
    """Print what it would save at most to work on many pages at once: their time as one page, and as many.

    Labels differ, as what is counted by page is not then; the work does not.
    """
    parsed = []
    for data, url in pages:
        with suppress(boilerplate.errors.BoilerplateError):
            parsed.append(parse(data, url=url))
    best: dict[int, dict[str, float]] = {}
    for _ in range(repeats):
        for size in (1, *sizes):
            groups = [parsed[at : at + size] for at in range(0, len(parsed), size)]
            found = seconds_a_page(parsed if size == 1 else [merged(group) for group in groups], model)
            best[size] = {name: min(found[name], best.get(size, found)[name]) for name in found}
    print("| pages at once | cut into blocks, ms a page | features and trees, ms a page |\n|---|---|---|")
    for size, found in best.items():
        print(f"| {size} | " + " | ".join(f"{1e3 * seconds / len(parsed):.2f}" for seconds in found.values()) + " |")


def profile(pages: list[tuple[bytes, str | None]], model: boilerplate.Model) -> None:
    profiler = cProfile.Profile(process_time)
    for data, url in pages:
        profiler.enable()
        with suppress(boilerplate.errors.BoilerplateError):
            boilerplate.clean(data, url=url, model=model)
        profiler.disable()
    found = pstats.Stats(profiler).sort_stats("cumtime").print_stats(60)
    rows: dict[tuple[str, int, str], tuple[int, ...]] = found.stats  # type: ignore[attr-defined]
    calls = sum(row[1] for (_, _, name), row in rows.items() if "numpy" in name)
    print(f"{calls / len(pages):.0f} calls of numpy a page")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, nargs="?")
    parser.add_argument("--pages", type=int, default=500, help="how many pages (default 500)")
    parser.add_argument("--seed", type=int, default=0, help="which pages (default 0)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each page, of which the best counts")
    parser.add_argument("--model", type=Path, help="a model file; the default model if left out")
    parser.add_argument("--against", metavar="PYTHON", help="interpreter that has other tools")
    parser.add_argument("--scaling", action="store_true", help="time by the number of blocks")
    parser.add_argument("--together", action="store_true", help="what many pages at once would save at most")
    parser.add_argument("--profile", action="store_true", help="functions by their share of the time")
    parser.add_argument("--max-ratio", type=float, help="exit with 1 if cleaning takes more than this many parses")
    options = parser.parse_args()
    model = boilerplate.load_model(options.model)
    if options.scaling:
        boilerplate.clean(page_of(100), model=model)
        print_scaling(scaling(model, (100, 1_000, 10_000, 100_000), options.repeats))
        return
    if options.dataset is None:
        parser.error("Name a dataset, or ask for --scaling.")
    pages = read_pages(options.dataset, options.pages, options.seed)
    if options.together:
        together(pages, model, (4, 16), options.repeats)
        return
    if options.profile:
        profile(pages, model)
        return
    times = measure(pages, model, options.repeats)
    print_ratios(times, f"boilerplate {boilerplate.__version__}, {len(pages)} pages, best of {options.repeats}")
    if options.against:
        print_ratios(measure_others(pages, options.against, options.repeats), "Other tools, the same pages")
    ratio = times["boilerplate.clean"].sum() / times["lxml"].sum()
    if options.max_ratio is not None and ratio > options.max_ratio:
        sys.exit(f"Cleaning takes {ratio:.1f} parses by lxml, more than {options.max_ratio:g}.")


if __name__ == "__main__":
    main()
