"""The benchmark as one HTML page: tables, plots, versions and machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree

from boilerplate.benchmark.figures import Benchmark, Row
from boilerplate.benchmark.peers import BASELINE, OURS
from boilerplate.benchmark.report import (
    DIFFERENCE_HEADER,
    FAILURE_HEADER,
    GOLDS,
    QUALITY_HEADER,
    SNIPPET_HEADER,
    SPEED_HEADER,
    difference_rows,
    failure_rows,
    group_table,
    left_out,
    machine_text,
    measured_rows,
    protocol_lines,
    quality_rows,
    reason_rows,
    snippet_rows,
    speed_rows,
    version_rows,
)
from boilerplate.reports.markup import document, el, section, table
from boilerplate.reports.plots import Series, plot
from boilerplate.training.groups import GROUPINGS

__all__ = ["benchmark_html"]


def benchmark_html(benchmark: Benchmark) -> str:
    """The report as HTML that needs nothing else, executes nothing and fetches nothing.

    Parameters
    ----------
    benchmark : Benchmark
    """
    rows = measured_rows(benchmark)
    lines = protocol_lines(benchmark.run)
    parts = [
        el("p", machine_text(benchmark.run)),
        *(el("p", line, class_="warning" if "flatter" in line else "note") for line in lines),
        *(el("p", f"{name} is left out: {reason}.", class_="note") for name, reason in left_out(benchmark)),
        _overview(rows),
        _quality(rows),
        _differences(benchmark),
        _groups(rows),
        _speed(rows),
        _failures(rows),
        section("Versions", table(["extractor", "Python", "versions"], version_rows(rows))),
    ]
    names = ", ".join(benchmark.run["settings"].get("datasets", []))
    return document(f"Benchmark: {names}", [part for part in parts if part is not None])


def _overview(rows: Sequence[Row]) -> etree._Element | None:
    """Quality over cost, a dot an extractor."""
    figures = []
    for gold, what in GOLDS.items():
        if gold == "snippets":
            continue
        known = [row for row in rows if gold in row.quality and row.speed]
        if len(known) > 1:
            figures.append(_scatter(known, gold, what))
    return section("Quality and cost", el("div", figures, class_="plots")) if figures else None


def _scatter(rows: Sequence[Row], gold: str, what: str) -> etree._Element:
    def one(name: str, colour: str, chosen: Iterable[Row]) -> Series:
        found = list(chosen)
        return Series(
            name,
            [(row.speed["ratio"]["median"], row.quality[gold]["f1"]) for row in found],
            colour,
            line=False,
            dots=True,
            names=[row.name for row in found],
            errors=[tuple(row.quality[gold]["f1_interval"]) for row in found],
        )

    series = [
        one("", "plain", (row for row in rows if row.name not in {OURS.name, BASELINE.name})),
        one("", "promo", (row for row in rows if row.name == BASELINE.name)),
        one("", "article", (row for row in rows if row.name == OURS.name)),
    ]
    ratios = [row.speed["ratio"]["median"] for row in rows]
    low = min(row.quality[gold]["f1_interval"][0] for row in rows)
    return plot(
        series,
        x="median CPU time of a page, in lxml parses",
        y="F1",
        caption=f"{what[0].upper()}{what[1:]}, over CPU time; bars are 95 % intervals.",
        x_range=(min(1.0, *ratios) * 0.8, max(ratios) * 2.0),
        y_range=(max(0.0, low - 0.05), 1.0),
        log=True,
    )


def _quality(rows: Sequence[Row]) -> etree._Element | None:
    parts = []
    for gold in ("main_text", "article"):
        if body := quality_rows(rows, gold):
            parts.append(table([GOLDS[gold].rpartition(",")[0], *QUALITY_HEADER], body, ours=OURS.name))
    if body := snippet_rows(rows):
        parts.append(table(["snippets", *SNIPPET_HEADER], body, ours=OURS.name))
    note = (
        "Means over pages; a page that an extractor failed on counts as an empty text. Intervals are bootstraps by "
        "site. with and without: shares of wanted snippets that are in the text, and of unwanted ones that are not."
    )
    return section("Quality", el("p", note, class_="note"), parts) if parts else None


def _differences(benchmark: Benchmark) -> etree._Element | None:
    body = difference_rows(benchmark)
    note = "Paired bootstrap by site on the same pages."
    return (
        section(
            "Is the difference more than noise?",
            el("p", note, class_="note"),
            table(["compared", *DIFFERENCE_HEADER], body),
        )
        if body
        else None
    )


def _groups(rows: Sequence[Row]) -> etree._Element | None:
    parts = []
    for by, name in GROUPINGS.items():
        for gold, what in GOLDS.items():
            found = group_table(rows, by, gold)
            if found is not None:
                header, body = found
                parts.append(table([f"{what}, by {name}", *header], body, ours=OURS.name))
    note = (
        "Pages in brackets; ± is half the width of the 95 % interval. Groups of one site have none, and "
        "one of few sites says little."
    )
    return section("By page type, language and source", el("p", note, class_="note"), parts) if parts else None


def _speed(rows: Sequence[Row]) -> etree._Element:
    note = (
        "From a page's bytes to its text, on one core, after a first page; ratio: in parses of the same page by lxml, "
        "the fastest of three, timed beside it. total: all pages over all parses. start: from starting an interpreter "
        "to the text of a small page, median of five. peak: largest resident set."
    )
    return section(
        "CPU time and memory",
        el("p", note, class_="note"),
        table(["a page", *SPEED_HEADER], speed_rows(rows), ours=OURS.name),
    )


def _failures(rows: Sequence[Row]) -> etree._Element:
    reasons = reason_rows(rows)
    return section(
        "Failures",
        table(["extractor", *FAILURE_HEADER], failure_rows(rows), ours=OURS.name),
        table(["extractor", "kind", "times", "first on", "reason"], reasons) if reasons else None,
    )
