"""``boilerplate datasets check``: find what is wrong with datasets, and count what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boilerplate.cli.options import Jobs, Output, TableFormat
from boilerplate.cli.output import report_failures, say, write_output
from boilerplate.cli.places import check_place, choose_format
from boilerplate.cli.progress import progress_bar
from boilerplate.errors import UsageError
from boilerplate.files import printable

if TYPE_CHECKING:
    from boilerplate.datasets.checking import CheckReport
    from boilerplate.training.corpus import Example

__all__ = ["check"]

_CHOICES = ("table", "json")
#: Of each kind of finding, and of doubtful labels, a table shows so many.
_SHOWN = 20
_SHOWN_PAGES = 4
_TEXT_CHARACTERS = 60


def check(
    datasets: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATASET...", help="Directories with pages.jsonl; several are parts of one collection, kept apart."
        ),
    ],
    suspicious: Annotated[
        bool,
        typer.Option("--suspicious", help="Look for doubtful labels too: train out of fold, show where it disagrees."),
    ] = False,
    folds: Annotated[int, typer.Option("--folds", metavar="N", min=2, help="Folds for --suspicious.")] = 5,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Decides folds and training for --suspicious.")
    ] = 0,
    output: Output = None,
    output_format: TableFormat = None,
    jobs: Jobs = 0,
) -> None:
    """Check labelled pages and count them.

    Found are labels that do not fit their page, text without a label, empty gold and gold that is not on its page,
    files without a page, pages that are there twice (same bytes, address or text) and, where there are splits, pages
    and sites on both sides. Splits are the datasets given, and the `split` in pages.jsonl.

    Exit status 1 if there are errors: pages of no use as they are, and whatever makes figures wrong.

    Examples:

      boilerplate datasets check my-pages/ --suspicious

      boilerplate datasets check train/ test/ -f json -o report.json
    """
    output_format = choose_format(output_format, output, _CHOICES, "table")
    from boilerplate.datasets.checking import check_datasets

    check_place(output)
    if len({p.resolve() for p in datasets}) < len(datasets):
        raise UsageError("A dataset is given twice. Give each once.")
    with progress_bar() as bar:
        task = bar.add_task("pages checked", total=None)
        report = check_datasets(
            datasets, jobs=jobs or -1, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    failed: list[tuple[str, str]] = []
    if suspicious:
        report.suspects, failed = _suspects(datasets, folds, seed, jobs)
    if output_format == "json":
        write_output(output, json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n")
    else:
        write_output(output, _table(report))
    warnings = len(report.findings) - report.errors
    say(f"{report.counts['pages']} pages, {report.errors} errors, {warnings} warnings.")
    report_failures(failed)
    if report.errors:
        raise typer.Exit(1)


def _suspects(
    datasets: list[Path], folds: int, seed: int, jobs: int
) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    # scikit-learn takes a second to import, which a check without training need not pay for.
    from boilerplate.dataset import scan_dataset
    from boilerplate.datasets.suspects import find_suspects
    from boilerplate.training.corpus import read_corpus
    from boilerplate.training.trainer import Settings

    # What cannot be read was reported by the check.
    found = {p.id: p for path in datasets for p in scan_dataset(path, lambda page, reason: None)}
    pages = [p for p in found.values() if p.regions or p.main_text or p.wanted or p.unwanted]
    with progress_bar() as bar:
        reading = bar.add_task("pages read", total=len(pages))
        examples, _ = read_corpus(pages, jobs=jobs or -1, progress=lambda done: bar.update(reading, completed=done))
        task = bar.add_task("folds trained", total=folds)
        try:
            suspects = find_suspects(
                examples,
                _xpaths,
                n_folds=folds,
                settings=Settings(seed=seed),
                jobs=jobs or -1,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        except ValueError as error:
            return [], [("--suspicious", str(error))]
    return [asdict(s) for s in suspects], []


def _xpaths(example: Example) -> list[str]:
    from boilerplate.blocks import segment
    from boilerplate.page import parse

    table = segment(parse(example.page.read_html(), url=example.page.url or None))
    return [table.xpath(element) for element in table.container.tolist()]


def _table(report: CheckReport) -> str:
    from boilerplate.labels import LABELS

    lines: list[str] = []
    head = ["pages", "sites", "labelled", *(f"{label} words" for label in LABELS)]
    for name in ("split", "source", "page_type", "lang", "gold"):
        rows = [[row[name], *_cells(row, LABELS)] for row in report.counts[name]]
        lines += [*_aligned([[name.replace("_", " "), *head], *rows]), ""]
    lines += [*_aligned([["all", *head], ["", *_cells(report.counts["total"], LABELS)]]), ""]
    kinds = dict.fromkeys(f.kind for f in sorted(report.findings, key=lambda f: not f.is_error))
    for kind in kinds:
        found = [f for f in report.findings if f.kind == kind]
        what = "error" if found[0].is_error else "warning"
        lines.append(f"{what}: {kind} ({len(found)})")
        for finding in found[:_SHOWN]:
            more = f" and {len(finding.pages) - _SHOWN_PAGES} more" if len(finding.pages) > _SHOWN_PAGES else ""
            lines.append(f"  {', '.join(finding.pages[:_SHOWN_PAGES])}{more}: {finding.detail}")
        lines += _more(len(found))
    if not report.findings:
        lines.append("nothing is wrong")
    if report.suspects is not None:
        lines += ["", f"doubtful labels ({len(report.suspects)}), the likeliest mistakes first"]
        for s in report.suspects[:_SHOWN]:
            text = " ".join(s["text"].split())[:_TEXT_CHARACTERS]
            lines.append(
                f"  {s['page']}: {s['label']} ({s['probability']:.2f}), rather {s['suggested']} "
                f"({s['suggested_probability']:.2f}): {s['xpath']} “{text}”"
            )
        lines += _more(len(report.suspects))
    return "".join(printable(line) + "\n" for line in lines)


def _more(found: int) -> list[str]:
    return [f"  … and {found - _SHOWN} more; -f json shows all"] if found > _SHOWN else []


def _cells(row: dict[str, Any], labels: Iterable[str]) -> list[str]:
    counts = [row["pages"], row["sites"], row["labelled"], *(row["words"][label] for label in labels)]
    return [f"{n:,}" for n in counts]


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
