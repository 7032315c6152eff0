"""Cells of the tables that several measurements print."""

from __future__ import annotations

from typing import Any

from boilerplate.labels import LABELS
from boilerplate.training.evaluation import Evaluation

__all__ = ["difference_cell", "label_cells"]

#: Standard errors between the ends of a 95 % interval of a normal distribution.
_INTERVAL_WIDTH = 3.92


def label_cells(evaluation: Evaluation) -> list[str]:
    """F1 of each label by words, and their mean."""
    words = evaluation.labels["words"]
    return [f"{value:.3f}" for value in (*(words["by_label"][k]["f1"] for k in LABELS), words["macro_f1"])]


def difference_cell(row: dict[str, Any] | None, digits: int) -> str:
    """A row of `boilerplate.training.comparison.compare` with its standard error; empty for no row."""
    if row is None:
        return ""
    low, high = row["interval"]
    return f"{row['difference']:+.{digits}f} ± {(high - low) / _INTERVAL_WIDTH:.{digits}f}"
