"""Evaluations as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boilerplate.labels import LABELS
from boilerplate.training.evaluation import Evaluation
from boilerplate.training.groups import GROUPINGS

__all__ = [
    "calibration_rows",
    "comparison_rows",
    "evaluation_table",
    "group_rows",
    "interval",
    "label_rows",
    "learning_rows",
    "main_text_rows",
    "ngram_rows",
    "notes",
    "precision_recall_rows",
    "protocol_text",
    "snippet_rows",
    "text_table",
    "value",
]

GROUP_HEADER = ["pages", "macro F1", "95 % interval", "word F1", "95 % interval", "4-gram F1", "with", "without"]
COMPARISON_HEADER = ["compared", "first", "second", "difference", "95 % interval", "p", "verdict"]


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, the first to the left and the others to the right, aligned with spaces."""
    table = [list(header), *(list(r) for r in rows)]
    widths = [max(len(row[k]) for row in table) for k in range(len(header))]
    lines = []
    for row in table:
        cells = [
            cell.ljust(w) if k == 0 else cell.rjust(w) for k, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def interval(bounds: Sequence[float]) -> str:
    """Two bounds."""
    return f"{bounds[0]:.3f}-{bounds[1]:.3f}"


def value(number: float | None) -> str:
    """A figure, or nothing where it was not measured."""
    return "" if number is None else f"{number:.3f}"


def label_rows(figures: dict[str, Any]) -> list[list[str]]:
    """Rows of label, precision, recall, F1, interval, count; the macro F1 last."""
    rows = []
    for label in LABELS:
        f = figures["by_label"][label]
        rows.append(
            [
                label,
                f"{f['precision']:.3f}",
                f"{f['recall']:.3f}",
                f"{f['f1']:.3f}",
                interval(f["f1_interval"]),
                f"{f['count']:,}",
            ]
        )
    rows.append(["macro", "", "", f"{figures['macro_f1']:.3f}", interval(figures["macro_f1_interval"]), ""])
    return rows


def main_text_rows(main_text: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Rows of source and page type, pages, precision, recall, F1, interval."""
    return [
        [
            f"{f['source']}, {f['page_type']}",
            str(f["pages"]),
            f"{f['precision']:.3f}",
            f"{f['recall']:.3f}",
            f"{f['f1']:.3f}",
            interval(f["f1_interval"]),
        ]
        for f in main_text
    ]


def snippet_rows(snippets: dict[str, Any]) -> list[list[str]]:
    """Rows of source, pages, precision, recall, F1."""
    return [
        [source, str(f["pages"]), f"{f['precision']:.3f}", f"{f['recall']:.3f}", f"{f['f1']:.3f}"]
        for source, f in snippets.items()
    ]


def precision_recall_rows(figures: dict[str, Any]) -> list[list[str]]:
    """Rows of label, precision and recall, each with its interval; none in figures of older releases."""
    return [
        [
            label,
            value(f["precision"]),
            interval(f["precision_interval"]),
            value(f["recall"]),
            interval(f["recall_interval"]),
        ]
        for label, f in figures["by_label"].items()
        if "precision_interval" in f
    ]


def ngram_rows(main_text: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Rows of source and page type, pages, 4-gram precision, recall, F1, interval."""
    return [
        [
            f"{f['source']}, {f['page_type']}",
            str(f["pages"]),
            value(f["ngram_precision"]),
            value(f["ngram_recall"]),
            value(f["ngram_f1"]),
            interval(f["ngram_f1_interval"]),
        ]
        for f in main_text
        if "ngram_f1" in f
    ]


def group_rows(groups: Sequence[dict[str, Any]], by: str) -> list[list[str]]:
    """Rows by `GROUP_HEADER` of the groups of one kind, the largest first."""
    rows = []
    for g in sorted((g for g in groups if g["by"] == by), key=lambda g: (-g["pages"], g["value"])):
        several = g["sites"] > 1  # one site has no interval
        labels, text, snippets = (g.get(k, {}) for k in ("labels", "main_text", "snippets"))
        rows.append(
            [
                g["value"],
                f"{g['pages']:,}",
                value(labels.get("macro_f1")),
                interval(labels["macro_f1_interval"]) if several and labels.get("macro_f1_interval") else "",
                value(text.get("f1")),
                interval(text["f1_interval"]) if several and text else "",
                value(text.get("ngram_f1")),
                value(snippets.get("recall")),
                value(snippets.get("kept_out")),
            ]
        )
    return rows


def comparison_rows(rows: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Rows by `COMPARISON_HEADER`."""
    return [
        [
            r["figure"],
            value(r["ours"]),
            value(r["theirs"]),
            f"{r['difference']:+.3f}",
            f"{r['interval'][0]:+.3f} to {r['interval'][1]:+.3f}",
            f"{r['p_value']:.3f}",
            r["verdict"],
        ]
        for r in rows
    ]


def learning_rows(curve: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Rows of training pages, macro F1, interval, main-text F1, and why figures are missing."""
    return [
        [
            f"{p['share']:.1%}",
            "" if p["pages"] is None else f"{p['pages']:,.0f}",
            value(p.get("macro_f1")),
            interval(p["macro_f1_interval"]) if p.get("macro_f1_interval") else "",
            value(p.get("main_text_f1")),
            p["note"],
        ]
        for p in curve
    ]


def protocol_text(data: dict[str, Any], protocol: dict[str, Any]) -> str:
    """On what, and how, it was measured."""
    how = str(protocol["kind"]) + (f", {protocol['folds']} folds" if "folds" in protocol else "")
    texts = f"{data['texts']} texts of " if "texts" in data else ""
    return f"{texts}{data['pages']} pages of {data['sites']} sites; {how}"


def notes(protocol: dict[str, Any]) -> list[str]:
    """What a reader of the figures has to know: whether the model has seen the pages."""
    return [str(protocol["overlap"]["note"])] if "overlap" in protocol else []


def calibration_rows(calibration: dict[str, Any]) -> list[list[str]]:
    """Rows of what a probability is of, and its expected calibration error by blocks and by words."""
    return [
        [f"error of p({name})", *(f"{calibration[name][unit]['error']:.3f}" for unit in ("blocks", "words"))]
        for name in ("article", "main")
        if name in calibration
    ]


def evaluation_table(evaluation: Evaluation) -> str:
    """All figures as text."""
    parts = ["\n".join([protocol_text(evaluation.data, evaluation.protocol), *notes(evaluation.protocol)]) + "\n"]
    for unit, figures in evaluation.labels.items():
        header = [f"label, by {unit}", "precision", "recall", "F1", "95 % interval", unit]
        parts.append(text_table(header, label_rows(figures)))
        header = [f"label, by {unit}", "precision", "95 % interval", "recall", "95 % interval"]
        parts.append(text_table(header, precision_recall_rows(figures)))
    if evaluation.labels:
        confusion = evaluation.labels["words"]["confusion"]
        rows = [[label, *(f"{n:,}" for n in row)] for label, row in zip(LABELS, confusion, strict=True)]
        parts.append(text_table(["words: gold in rows", *LABELS], rows))
    if evaluation.main_text:
        header = ["main text, words", "pages", "precision", "recall", "F1", "95 % interval"]
        parts.append(text_table(header, main_text_rows(evaluation.main_text)))
        header = ["main text, 4-grams", *header[1:]]
        parts.append(text_table(header, ngram_rows(evaluation.main_text)))
    if evaluation.snippets:
        header = ["snippets", "pages", "precision", "recall", "F1"]
        parts.append(text_table(header, snippet_rows(evaluation.snippets)))
    for by, name in GROUPINGS.items():
        rows = group_rows(evaluation.groups, by)
        if rows:
            parts.append(text_table([f"by {name}", *GROUP_HEADER], rows))
    if evaluation.calibration:
        parts.append(text_table(["calibration", "blocks", "words"], calibration_rows(evaluation.calibration)))
        rows = [[s, f"{r:.3f}"] for s, r in evaluation.calibration.get("confidence", {}).items() if r is not None]
        if rows:
            parts.append(text_table(["rank correlation of confidence with F1", ""], rows))
    if evaluation.learning_curve:
        header = ["learning curve, share", "pages", "macro F1", "95 % interval", "word F1", "note"]
        parts.append(text_table(header, learning_rows(evaluation.learning_curve)))
    if evaluation.comparison:
        comparison = evaluation.comparison
        parts.append(f"First: {comparison['first']}. Second: {comparison['second']}. {' '.join(comparison['notes'])}\n")
        parts.append(text_table(COMPARISON_HEADER, comparison_rows(comparison["figures"])))
    ceiling = [[f"{source}, main text", f"{f1:.4f}"] for source, f1 in evaluation.ceiling["main_text_f1"].items()]
    if "labels_macro_f1" in evaluation.ceiling:
        ceiling.insert(0, ["four labels, macro, by words", f"{evaluation.ceiling['labels_macro_f1']:.4f}"])
    parts.append(text_table(["F1 with every block decided by its gold", ""], ceiling))
    return "\n".join(parts)
