"""The model card: what a model is, what it learned from, how good it is and where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boilerplate.input_format import TEXT
from boilerplate.labels import LABELS
from boilerplate.model.model import Model
from boilerplate.training.report import label_rows, main_text_rows, snippet_rows, value

__all__ = ["figures_text", "model_card"]

_TEXT_LIMITS = """\
- It knows texts that were made of labelled web pages in the styles above: texts made otherwise, and kinds of pages that
  are not among them, may be labelled badly. Each page's `confidence` falls there.
- Where an item of a list ends and whether lines belong together, only the text tells; promotion that is written like
  the items around it cannot be told from them without the page.
- `article` follows the labelling guide and is wider than most main-text benchmarks on lists, shops and forums;
  `clean` keeps the main text, which is learned from gold texts where there are any.
- Labels say what a text does on its page, not whether it is true, lawful or safe.
"""
_LIMITS = """\
- It knows the web pages it was trained on: pages unlike them (chats, maps, pages that a script fills in) may be
  labelled badly. Each page's `confidence` falls there.
- Promotion is the hardest label: sponsored items that look like the items around them are often missed.
- `article` follows the labelling guide and is wider than most main-text benchmarks on lists, shops and forums;
  `clean` keeps the main text, which is learned from gold texts where there are any.
- It sees the HTML as it was saved, without rendering: what only a style sheet or script decides, it cannot know.
- Labels say what a text does on its page, not whether it is true, lawful or safe.
"""


def _markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    lines.extend("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join(lines) + "\n"


def model_card(model: Model, name: str) -> str:
    """The card as Markdown, from what the model file itself holds.

    Parameters
    ----------
    model : Model
    name : str
        The model's file name.
    """
    data = model.info.get("data", {})
    settings = {k: v for k, v in model.info.get("settings", {}).items() if k not in ("scorers", "input_format")}
    is_text = model.input_format == TEXT
    parts = [
        f"# {name}\n",
        f"Labels the blocks of {'a text without markup' if is_text else 'a web page'} as {', '.join(LABELS)}, and says "
        "which of them are its main text. Two ensembles of gradient-boosted trees on features of "
        + (
            "text, words, neighbours and position, and on scores learned from words."
            if is_text
            else "text, links, layout and neighbours, and on scores learned from words and names."
        )
        + " The file holds data only.\n",
        "## Data\n",
        _markdown_table(
            ["", ""],
            [
                ["pages", f"{data.get('pages', 0):,}"],
                *([["texts made of them", f"{data['texts']:,}"]] if "texts" in data else []),
                *([f"style {name}", f"{n:,} texts"] for name, n in data.get("styles", {}).items()),
                ["sites", f"{data.get('sites', 0):,}"],
                ["pages with the four labels", f"{data.get('pages_with_labels', 0):,}"],
                ["pages with a gold main text", f"{data.get('pages_with_main_text', 0):,}"],
                *([f"labelled blocks: {k}", f"{v:,}"] for k, v in data.get("labelled_blocks", {}).items()),
                *(
                    [f"source {k}", f"{v:,} {'texts' if is_text else 'pages'}"]
                    for k, v in data.get("sources", {}).items()
                ),
                ["SHA-256 of pages and gold", f"`{data.get('sha256', '')}`"],
            ],
        ),
        "## Figures\n",
        figures_text(model.info.get("figures")),
        "## Model\n",
        _markdown_table(
            ["", ""],
            [
                ["trees for the labels", f"{model.first.label_trees.n_trees} + {model.final.label_trees.n_trees}"],
                ["trees for the main text", f"{model.first.main_trees.n_trees} + {model.final.main_trees.n_trees}"],
                ["features used", f"{len(set(model.first.columns) | set(model.final.columns))}"],
                *([k.replace("_", " "), str(v)] for k, v in settings.items() if k != "leave_out" or v),
            ],
        ),
        "## Limits\n",
        _TEXT_LIMITS if is_text else _LIMITS,
    ]
    return "\n".join(parts)


def figures_text(figures: dict[str, Any] | None) -> str:
    """The card's tables of figures.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError or IndexError
        If they do not have the form of what ``evaluate`` writes.
    """
    if not figures:
        return "Not measured. Measure with `boilerplate evaluate DATASET --folds 5`.\n"
    protocol = figures["protocol"]
    parts = [
        f"Measured {protocol['kind']}"
        + (
            f", {protocol['folds']} folds: every page by a model that saw no page of its site."
            if "folds" in protocol
            else "."
        )
        + "\n"
    ]
    for unit, table in figures.get("labels", {}).items():
        header = [f"label, by {unit}", "precision", "recall", "F1", "95 % interval", unit]
        parts.append(_markdown_table(header, label_rows(table)))
    if figures.get("main_text"):
        header = ["main text, words", "pages", "precision", "recall", "F1", "95 % interval"]
        parts.append(_markdown_table(header, main_text_rows(figures["main_text"])))
    if figures.get("snippets"):
        header = ["snippets", "pages", "precision", "recall", "F1"]
        parts.append(_markdown_table(header, snippet_rows(figures["snippets"])))
    if figures.get("styles"):
        header = ["style of the text", "texts", "macro F1", *(f"F1 of {label}" for label in LABELS), "main text"]
        parts.append(_markdown_table(header, style_rows(figures["styles"])))
    return "\n".join(parts)


def style_rows(groups: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Rows of style, texts, macro F1, F1 by label and of the main text."""
    return [
        [
            g["value"],
            str(g["pages"]),
            value(g.get("labels", {}).get("macro_f1")),
            *(value(g.get("labels", {}).get("f1", {}).get(label)) for label in LABELS),
            value(g.get("main_text", {}).get("f1")),
        ]
        for g in groups
    ]
