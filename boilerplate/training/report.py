"""Evaluations as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boilerplate.labels import LABELS
from boilerplate.training.evaluation import Evaluation

__all__ = ["calibration_rows", "evaluation_table", "label_rows", "main_text_rows", "snippet_rows", "text_table"]


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


def _interval(bounds: Sequence[float]) -> str:
    return f"{bounds[0]:.3f}-{bounds[1]:.3f}"


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
                _interval(f["f1_interval"]),
                f"{f['count']:,}",
            ]
        )
    rows.append(["macro", "", "", f"{figures['macro_f1']:.3f}", _interval(figures["macro_f1_interval"]), ""])
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
            _interval(f["f1_interval"]),
        ]
        for f in main_text
    ]


def snippet_rows(snippets: dict[str, Any]) -> list[list[str]]:
    """Rows of source, pages, precision, recall, F1."""
    return [
        [source, str(f["pages"]), f"{f['precision']:.3f}", f"{f['recall']:.3f}", f"{f['f1']:.3f}"]
        for source, f in snippets.items()
    ]


def calibration_rows(calibration: dict[str, Any]) -> list[list[str]]:
    """Rows of what a probability is of, and its expected calibration error by blocks and by words."""
    return [
        [f"error of p({name})", *(f"{calibration[name][unit]['error']:.3f}" for unit in ("blocks", "words"))]
        for name in ("article", "main")
        if name in calibration
    ]


def evaluation_table(evaluation: Evaluation) -> str:
    """All figures as text."""
    data, protocol = evaluation.data, evaluation.protocol
    how = protocol["kind"] + (f", {protocol['folds']} folds" if "folds" in protocol else "")
    parts = [f"{data['pages']} pages of {data['sites']} sites; {how}\n"]
    for unit, figures in evaluation.labels.items():
        header = [f"label, by {unit}", "precision", "recall", "F1", "95 % interval", unit]
        parts.append(text_table(header, label_rows(figures)))
    if evaluation.labels:
        confusion = evaluation.labels["words"]["confusion"]
        rows = [[label, *(f"{n:,}" for n in row)] for label, row in zip(LABELS, confusion, strict=True)]
        parts.append(text_table(["words: gold in rows", *LABELS], rows))
    if evaluation.main_text:
        header = ["main text, words", "pages", "precision", "recall", "F1", "95 % interval"]
        parts.append(text_table(header, main_text_rows(evaluation.main_text)))
    if evaluation.snippets:
        header = ["snippets", "pages", "precision", "recall", "F1"]
        parts.append(text_table(header, snippet_rows(evaluation.snippets)))
    if evaluation.calibration:
        parts.append(text_table(["calibration", "blocks", "words"], calibration_rows(evaluation.calibration)))
        rows = [[s, f"{r:.3f}"] for s, r in evaluation.calibration.get("confidence", {}).items() if r is not None]
        if rows:
            parts.append(text_table(["rank correlation of confidence with F1", ""], rows))
    ceiling = [[f"{source}, main text", f"{f1:.4f}"] for source, f1 in evaluation.ceiling["main_text_f1"].items()]
    if "labels_macro_f1" in evaluation.ceiling:
        ceiling.insert(0, ["four labels, macro, by words", f"{evaluation.ceiling['labels_macro_f1']:.4f}"])
    parts.append(text_table(["F1 with every block decided by its gold", ""], ceiling))
    return "\n".join(parts)
