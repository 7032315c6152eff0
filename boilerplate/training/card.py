"""The model card: what a model is, what it learned from, how good it is and where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boilerplate.labels import LABELS
from boilerplate.model.model import Model
from boilerplate.training.report import label_rows, main_text_rows, snippet_rows

__all__ = ["model_card"]

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
    data, settings = model.info.get("data", {}), model.info.get("settings", {})
    parts = [
        f"# {name}\n",
        f"Labels the blocks of a web page as {', '.join(LABELS)}, and says which of them are its main text. Two "
        "ensembles of gradient-boosted trees on features of text, links, layout and neighbours, and on scores learned "
        "from words and names. The file holds data only.\n",
        "## Data\n",
        _markdown_table(
            ["", ""],
            [
                ["pages", f"{data.get('pages', 0):,}"],
                ["sites", f"{data.get('sites', 0):,}"],
                ["pages with the four labels", f"{data.get('pages_with_labels', 0):,}"],
                ["pages with a gold main text", f"{data.get('pages_with_main_text', 0):,}"],
                *([f"labelled blocks: {k}", f"{v:,}"] for k, v in data.get("labelled_blocks", {}).items()),
                *([f"source {k}", f"{v:,} pages"] for k, v in data.get("sources", {}).items()),
                ["SHA-256 of pages and gold", f"`{data.get('sha256', '')}`"],
            ],
        ),
        "## Figures\n",
        _figures(model.info.get("figures")),
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
        _LIMITS,
    ]
    return "\n".join(parts)


def _figures(figures: dict[str, Any] | None) -> str:
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
    return "\n".join(parts)
