"""Predictions in a file: measured once, reported and compared as often as one likes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from boilerplate.errors import DatasetError, ModelError
from boilerplate.labels import LABELS
from boilerplate.model.file import read_model_file, write_model_file
from boilerplate.model.model import Prediction
from boilerplate.training.corpus import Example
from boilerplate.training.overlap import page_prefix

__all__ = ["load_predictions", "save_predictions"]

_KIND = "predictions"


def save_predictions(
    path: Path, examples: Sequence[Example], predictions: Sequence[Prediction], protocol: dict[str, Any]
) -> None:
    """Write what was predicted of each page's blocks, and how.

    The file is a safetensors file as a model is, and holds data only: probabilities of all blocks one below the other,
    and in its header the pages' ids, the first digits of the SHA-256 of their HTML, and how many blocks each has.

    Raises
    ------
    ModelError
        If it cannot be written.
    """
    arrays = {
        "probabilities": np.vstack([p.probabilities for p in predictions]).astype(np.float64),
        "main": np.concatenate([p.main for p in predictions]).astype(np.float64),
    }
    pages = [[e.page.id, page_prefix(e.page), len(e)] for e in examples]
    write_model_file(path, arrays, {"kind": _KIND, "labels": list(LABELS), "pages": pages, "protocol": protocol})


def load_predictions(path: Path, examples: Sequence[Example]) -> tuple[list[Prediction], dict[str, Any]]:
    """Read the predictions of these pages.

    Parameters
    ----------
    path : Path
        A file that `save_predictions` wrote; it may hold more pages.
    examples : sequence of Example

    Returns
    -------
    predictions : list of Prediction, length n_examples
    protocol : dict
        How they were made.

    Raises
    ------
    DatasetError
        If the file is none of these, or lacks a page, or a page or its blocks have changed since.
    """
    try:
        arrays, header = read_model_file(path)
    except ModelError as error:
        raise DatasetError(
            f"{path} cannot be read as predictions. Make it with: boilerplate evaluate … --save-predictions"
        ) from error
    pages, protocol = header.get("pages"), header.get("protocol")
    probabilities, main = arrays.get("probabilities"), arrays.get("main")
    if header.get("kind") != _KIND or header.get("labels") != list(LABELS) or not _says_how(protocol):
        raise DatasetError(f"{path} holds no predictions. Make it with: boilerplate evaluate … --save-predictions")
    if not isinstance(pages, list) or not all(_is_page(p) for p in pages) or probabilities is None or main is None:
        raise DatasetError(f"{path} is damaged: its pages cannot be read. Make it again.")
    ends = np.cumsum([p[2] for p in pages])
    n = int(ends[-1]) if len(ends) else 0
    fits = probabilities.shape == (n, len(LABELS)) and main.shape == (n,)
    if not fits or not all(np.isfinite(a).all() and (a >= 0).all() and (a <= 1).all() for a in (probabilities, main)):
        raise DatasetError(f"{path} is damaged: it does not hold a probability for each block. Make it again.")
    place = {p[0]: (p[1], int(end) - p[2], int(end)) for p, end in zip(pages, ends, strict=True)}
    predictions = []
    for example in examples:
        name = example.page.id
        if name not in place:
            raise DatasetError(f"{path} has no predictions of page {name!r}. Evaluate the dataset again.")
        digits, first, end = place[name]
        if digits != page_prefix(example.page) or end - first != len(example):
            raise DatasetError(
                f"Page {name!r} or the way it is cut into blocks has changed since {path} was written. "
                "Evaluate the dataset again."
            )
        predictions.append(Prediction(probabilities[first:end].astype(np.float64), main[first:end].astype(np.float64)))
    return predictions, protocol


def _says_how(protocol: object) -> TypeGuard[dict[str, Any]]:
    if not isinstance(protocol, dict) or not isinstance(protocol.get("kind"), str):
        return False
    overlap = protocol.get("overlap", {"note": ""})
    return type(protocol.get("folds", 2)) is int and isinstance(overlap, dict) and isinstance(overlap.get("note"), str)


def _is_page(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and isinstance(value[1], str)
        and type(value[2]) is int
        and value[2] >= 0
    )
