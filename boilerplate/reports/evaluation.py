"""The evaluation as one HTML page: tables, plots, and the worst pages to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from boilerplate.labels import LABELS
from boilerplate.model.model import Prediction
from boilerplate.reports.markup import document, el, section, table
from boilerplate.reports.overlay import overlays, worst_pages
from boilerplate.reports.plots import Series, confusion_table, plot
from boilerplate.training.corpus import Example
from boilerplate.training.evaluation import Evaluation
from boilerplate.training.groups import GROUPINGS
from boilerplate.training.report import (
    COMPARISON_HEADER,
    GROUP_HEADER,
    calibration_rows,
    comparison_rows,
    group_rows,
    label_rows,
    learning_rows,
    main_text_rows,
    ngram_rows,
    notes,
    precision_recall_rows,
    protocol_text,
    snippet_rows,
)

__all__ = ["evaluation_html"]


def evaluation_html(
    evaluation: Evaluation,
    examples: Sequence[Example],
    predictions: Sequence[Prediction],
    *,
    title: str = "Evaluation",
    worst: int = 20,
    overlay_links: Mapping[str, str] | None = None,
) -> str:
    """The report as HTML that needs nothing else, executes nothing and fetches nothing.

    Parameters
    ----------
    evaluation : Evaluation
    examples : sequence of Example
    predictions : sequence of Prediction, length n_examples
        What `evaluation` was made of.
    title : str
    worst : int
        Number of pages to show block by block, those with the lowest figures first.
    overlay_links : mapping of str to str, optional
        By page id, relative address of a file that shows the page as it looks.
    """
    parts: list[etree._Element | None] = [el("p", protocol_text(evaluation.data, evaluation.protocol))]
    seen = evaluation.protocol.get("overlap", {}).get("seen")
    parts += [el("p", note, class_="note" if seen is False else "warning") for note in notes(evaluation.protocol)]
    parts += [
        _comparison(evaluation),
        _labels(evaluation),
        _main_text(evaluation),
        _groups(evaluation),
        _plots(evaluation),
        _learning(evaluation),
        _worst(evaluation, examples, predictions, worst, overlay_links or {}),
    ]
    return document(title, [part for part in parts if part is not None])


def _labels(evaluation: Evaluation) -> etree._Element | None:
    if not evaluation.labels:
        return None
    parts = []
    for unit, figures in evaluation.labels.items():
        parts.append(
            table([f"label, by {unit}", "precision", "recall", "F1", "95 % interval", unit], label_rows(figures))
        )
        parts.append(
            table(
                [f"label, by {unit}", "precision", "95 % interval", "recall", "95 % interval"],
                precision_recall_rows(figures),
            )
        )
        parts.append(el("h3", f"Confusion matrix, by {unit}"))
        parts.append(confusion_table(LABELS, figures["confusion"]))
    return section("Labels", parts)


def _main_text(evaluation: Evaluation) -> etree._Element | None:
    parts = []
    header = ["pages", "precision", "recall", "F1", "95 % interval"]
    if evaluation.main_text:
        parts.append(table(["main text, words", *header], main_text_rows(evaluation.main_text)))
        parts.append(table(["main text, 4-grams", *header], ngram_rows(evaluation.main_text)))
    if evaluation.snippets:
        parts.append(table(["snippets", *header[:-1]], snippet_rows(evaluation.snippets)))
    return section("Main text", parts) if parts else None


def _groups(evaluation: Evaluation) -> etree._Element | None:
    parts = [
        table([f"by {name}", *GROUP_HEADER], rows)
        for by, name in GROUPINGS.items()
        if (rows := group_rows(evaluation.groups, by))
    ]
    note = (
        "Macro F1 of the labels that occur, by words; mean word and 4-gram F1 of main texts; shares of wanted snippets "
        "found and of unwanted ones kept out. An interval of few sites says little."
    )
    return section("By page type, language and source", el("p", note, class_="note"), parts) if parts else None


def _plots(evaluation: Evaluation) -> etree._Element | None:
    figures = []
    curves = [
        Series(
            f"{name} ({curve['average_precision']:.3f})",
            [(p["recall"], p["precision"]) for p in curve["points"]],
            name,
        )
        for name, curve in evaluation.curves.items()
    ]
    if curves:
        caption = "Precision over recall, by words, of each label and of the main text; average precision in brackets."
        figures.append(plot(curves, x="recall", y="precision", caption=caption))
    reliability = [
        Series(name, [(b["said"], b["so"]) for b in evaluation.calibration[name]["words"]["bins"]], name, dots=True)
        for name in ("article", "main")
        if evaluation.calibration.get(name, {}).get("words", {}).get("bins")
    ]
    if reliability:
        caption = "Reliability: share of words that are of the label over the probability said. Right is the diagonal."
        figures.append(plot(reliability, x="probability", y="share", caption=caption, diagonal=True))
    if not figures:
        return None
    rows = calibration_rows(evaluation.calibration)
    return section(
        "Probabilities",
        el("div", figures, class_="plots"),
        table(["calibration", "blocks", "words"], rows) if rows else None,
    )


def _learning(evaluation: Evaluation) -> etree._Element:
    curve = evaluation.learning_curve
    title = "Learning curve"
    if not curve:
        return section(title, el("p", "Not measured. Measure with --folds and --learning-curve.", class_="note"))
    measured = [p for p in curve if p["pages"]]
    labelled = [p for p in measured if p.get("macro_f1") is not None]
    texts = [p for p in measured if p.get("main_text_f1") is not None]
    series = []
    if labelled:
        points = [(p["pages"], p["macro_f1"]) for p in labelled]
        errors = [tuple(p["macro_f1_interval"]) for p in labelled]
        series.append(Series("labels, macro F1", points, "article", dots=True, errors=errors))
    if texts:
        series.append(Series("main text, word F1", [(p["pages"], p["main_text_f1"]) for p in texts], "main", dots=True))
    drawn = None
    if series:
        pages = [p["pages"] for p in measured]
        caption = "Figures over the number of pages trained on, out of fold; bars are 95 % intervals."
        low = min(y for s in series for _, y in s.points)
        drawn = plot(
            series,
            x="training pages",
            y="F1",
            caption=caption,
            x_range=(min(pages) * 0.8, max(pages) * 1.25),
            y_range=(max(0.0, low - 0.1), 1.0),
            log=True,
        )
    header = ["share of sites", "pages", "macro F1", "95 % interval", "word F1", "note"]
    return section(title, drawn, table(header, learning_rows(curve)))


def _comparison(evaluation: Evaluation) -> etree._Element | None:
    comparison = evaluation.comparison
    if not comparison:
        return None
    return section(
        "Comparison",
        el("p", f"First: {comparison['first']}. Second: {comparison['second']}."),
        [el("p", note, class_="note") for note in comparison["notes"]],
        table(COMPARISON_HEADER, comparison_rows(comparison["figures"])),
    )


def _worst(
    evaluation: Evaluation,
    examples: Sequence[Example],
    predictions: Sequence[Prediction],
    worst: int,
    overlay_links: Mapping[str, str],
) -> etree._Element | None:
    chosen = worst_pages(evaluation.pages, worst)
    if not chosen:
        return None
    note = (
        "The pages with the lowest share of words under the right label, or the lowest main-text F1. The bar at the "
        "left is the gold label; blocks in a frame are wrong; runs of right blocks are folded."
    )
    return section(
        "Worst pages",
        el("p", note, class_="note"),
        overlays(chosen, examples, predictions, evaluation.pages, overlay_links),
    )
