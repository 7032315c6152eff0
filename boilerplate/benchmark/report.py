"""A benchmark as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boilerplate.benchmark.figures import Benchmark, Row
from boilerplate.benchmark.peers import OURS
from boilerplate.benchmark.process import KINDS
from boilerplate.training.report import interval, text_table, value

__all__ = [
    "DIFFERENCE_HEADER",
    "FAILURE_HEADER",
    "QUALITY_HEADER",
    "SNIPPET_HEADER",
    "SPEED_HEADER",
    "benchmark_table",
    "difference_rows",
    "failure_rows",
    "group_table",
    "left_out",
    "machine_text",
    "measured_rows",
    "protocol_lines",
    "quality_rows",
    "reason_rows",
    "snippet_rows",
    "speed_rows",
    "speed_table",
    "version_rows",
]

QUALITY_HEADER = ["pages", "precision", "recall", "word F1", "95 % interval", "4-gram F1", "95 % interval"]
SNIPPET_HEADER = ["source", "pages", "with", "without", "precision", "F1", "95 % interval"]
SPEED_HEADER = [
    *("CPU ms: median", "mean", "p95"),
    *("ratio: median", "mean", "p95", "total"),
    *("start CPU s", "start wall s", "peak MB"),
]
RATIO_HEADER = ["pages", "median", "mean", "p95", "total"]
FAILURE_HEADER = [*KINDS, "of pages", "processes"]
DIFFERENCE_HEADER = ["F1 of boilerplate", "its own", "difference", "95 % interval", "p", "boilerplate is"]
#: What a group's figures are of, with the heading of their table.
GOLDS = {"main_text": "main text, word F1", "article": "blocks labelled article, word F1", "snippets": "snippets, F1"}


def measured_rows(benchmark: Benchmark) -> list[Row]:
    """The extractors that were measured."""
    return [row for row in benchmark.rows if row.status == "measured"]


def left_out(benchmark: Benchmark) -> list[list[str]]:
    """Rows of name and reason of the extractors that were not."""
    return [[row.name, row.reason] for row in benchmark.rows if row.status != "measured"]


def quality_rows(rows: Sequence[Row], gold: str) -> list[list[str]]:
    """Rows by `QUALITY_HEADER`, the best first."""
    measured = [(row, row.quality[gold]) for row in rows if gold in row.quality]
    return [
        [
            row.name,
            f"{f['pages']:,}",
            value(f["precision"]),
            value(f["recall"]),
            value(f["f1"]),
            interval(f["f1_interval"]),
            value(f["ngram_f1"]),
            interval(f["ngram_f1_interval"]),
        ]
        for row, f in sorted(measured, key=lambda pair: -pair[1]["f1"])
    ]


def snippet_rows(rows: Sequence[Row]) -> list[list[str]]:
    """Rows by `SNIPPET_HEADER`."""
    return [
        [
            row.name,
            source,
            f"{f['pages']:,}",
            value(f["recall"]),
            value(f["kept_out"]),
            value(f["precision"]),
            value(f["f1"]),
            interval(f["f1_interval"]),
        ]
        for row in rows
        for source, f in row.quality.get("snippets", {}).items()
    ]


def group_table(rows: Sequence[Row], by: str, gold: str) -> tuple[list[str], list[list[str]]] | None:
    """A table of F1 by group: extractors in rows, groups in columns; None if no group has such a figure.

    Returns
    -------
    header, rows
        The number of pages follows each group's name; half the width of the 95 % interval follows each figure of more
        than one site.
    """
    tables = [
        (row, {g["value"]: g[gold] for g in row.quality.get("groups", []) if g["by"] == by and gold in g})
        for row in rows
    ]
    names = list(dict.fromkeys(name for _, groups in tables for name in groups))
    if not names or not tables:
        return None
    header = [f"{name} ({tables[0][1][name]['pages']:,})" for name in names if name in tables[0][1]]
    body = [[row.name, *(_group_cell(groups[name]) for name in names if name in groups)] for row, groups in tables]
    return header, body


def _group_cell(figures: dict[str, Any]) -> str:
    if figures["sites"] < 2:
        return value(figures["f1"])
    low, high = figures["f1_interval"]
    return f"{value(figures['f1'])} ±{(high - low) / 2:.3f}"


def speed_rows(rows: Sequence[Row]) -> list[list[str]]:
    """Rows by `SPEED_HEADER`, the fastest first."""
    return [
        [
            row.name,
            *(f"{row.speed['cpu'][k] * 1000:.1f}" for k in ("median", "mean", "p95")),
            *(f"{row.speed['ratio'][k]:.1f}" for k in ("median", "mean", "p95")),
            f"{row.speed['total_ratio']:.1f}",
            *("" if row.cold_start is None else f"{row.cold_start[k]:.2f}" for k in ("cpu", "wall")),
            "" if row.peak_memory is None else f"{row.peak_memory / 1e6:,.0f}",
        ]
        for row in sorted((r for r in rows if r.speed), key=lambda r: r.speed["ratio"]["median"])
    ]


def failure_rows(rows: Sequence[Row]) -> list[list[str]]:
    """Rows by `FAILURE_HEADER`."""
    return [
        [
            row.name,
            *(f"{row.failures['counts'][kind]:,}" for kind in KINDS),
            f"{row.failures['pages']:,}",
            str(row.starts),
        ]
        for row in rows
        if row.failures
    ]


def reason_rows(rows: Sequence[Row]) -> list[list[str]]:
    """Rows of name, kind, how often, first page and reason of crashes, timeouts and exceptions."""
    return [
        [row.name, r["kind"], f"{r['count']:,}", r["page"], r["reason"]]
        for row in rows
        for r in row.failures.get("reasons", [])
        if r["kind"] != "empty"
    ]


def difference_rows(benchmark: Benchmark) -> list[list[str]]:
    """Rows of name and figure, then `DIFFERENCE_HEADER`."""
    return [
        [
            f"{d['peer']}: {d['figure']}",
            value(d["ours"]),
            value(d["theirs"]),
            f"{d['difference']:+.3f}",
            f"{d['interval'][0]:+.3f} to {d['interval'][1]:+.3f}",
            f"{d['p_value']:.3f}",
            d["verdict"],
        ]
        for d in benchmark.differences
    ]


def version_rows(rows: Sequence[Row]) -> list[list[str]]:
    """Rows of name, Python and versions."""
    return [[row.name, row.python, ", ".join(f"{k} {v}" for k, v in row.versions.items())] for row in rows]


def machine_text(run: dict[str, Any]) -> str:
    """When and on what it ran."""
    machine = run["machine"]
    memory = f", {machine['memory'] / 2**30:.0f} GiB" if machine.get("memory") else ""
    return f"{run['date']}; {machine['processor']}, {machine['cores']} cores{memory}; {machine['system']}"


def protocol_lines(run: dict[str, Any]) -> list[str]:
    """On which pages, how long each may take, and how this package's own texts came about."""
    data, settings = run["data"], run["settings"]
    drawn = f", drawn at random with seed {settings['seed']}" if settings.get("sample") else ""
    lines = [f"{data['pages']:,} pages of {data['sites']:,} sites{drawn}; {settings['timeout']:g} s for each page."]
    if run.get("protocol"):
        lines.append(f"Quality of {OURS.name}: {run['protocol']}.")
    return [*lines, *run.get("notes", [])]


def speed_table(benchmark: Benchmark) -> str:
    """The ratios alone."""
    rows = [
        [
            row.name,
            f"{row.speed['pages']:,}",
            *(f"{row.speed['ratio'][k]:.2f}" for k in ("median", "mean", "p95")),
            f"{row.speed['total_ratio']:.2f}",
        ]
        for row in measured_rows(benchmark)
        if row.speed
    ]
    parts = [
        f"{machine_text(benchmark.run)}\n{protocol_lines(benchmark.run)[0]}\n",
        text_table(["CPU time in lxml parses", *RATIO_HEADER], rows),
    ]
    failed = [row for row in failure_rows(measured_rows(benchmark)) if any(cell != "0" for cell in row[1:-2])]
    if failed:
        parts.append(text_table(["failures", *FAILURE_HEADER], failed))
    return "\n".join([*parts, *_left_out_lines(benchmark)])


def benchmark_table(benchmark: Benchmark) -> str:
    """All figures as text."""
    rows = measured_rows(benchmark)
    parts = ["\n".join([machine_text(benchmark.run), *protocol_lines(benchmark.run)]) + "\n"]
    for gold in ("main_text", "article"):
        if body := quality_rows(rows, gold):
            parts.append(text_table([GOLDS[gold].rpartition(",")[0], *QUALITY_HEADER], body))
    if body := snippet_rows(rows):
        parts.append(text_table(["snippets", *SNIPPET_HEADER], body))
    if body := difference_rows(benchmark):
        parts.append(text_table(["compared", *DIFFERENCE_HEADER], body))
    for by, name in (("page_type", "page type"), ("lang", "language"), ("source", "source")):
        for gold, what in GOLDS.items():
            table = group_table(rows, by, gold)
            if table is not None:
                parts.append(_turned(f"{what}, by {name}", *table))
    parts.append(text_table(["a page", *SPEED_HEADER], speed_rows(rows)))
    parts.append(text_table(["failures", *FAILURE_HEADER], failure_rows(rows)))
    for name, kind, count, page, reason in reason_rows(rows):
        parts.append(f"{name}, {kind}, {count} times, first on {page}: {reason}\n")
    parts.append(text_table(["versions", "Python", ""], version_rows(rows)))
    return "\n".join([*parts, *_left_out_lines(benchmark)])


def _turned(title: str, header: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Groups in rows: there may be many languages."""
    return text_table(
        [title, *(row[0] for row in body)],
        [[name, *(row[k + 1] for row in body)] for k, name in enumerate(header)],
    )


def _left_out_lines(benchmark: Benchmark) -> list[str]:
    return [f"{name} is left out: {reason}.\n" for name, reason in left_out(benchmark)]
