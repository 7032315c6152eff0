"""The learning curve: what more labelled pages bring."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from boilerplate.errors import DatasetError, UsageError
from boilerplate.model.model import Prediction
from boilerplate.training.corpus import Example
from boilerplate.training.evaluation import Evaluation, evaluate_predictions
from boilerplate.training.folds import site_folds
from boilerplate.training.trainer import Settings, fit_model

__all__ = ["SHARES", "check_same_models", "learning_curve", "learning_point"]

#: Shares of the training sites that models are trained on; all of them is what the evaluation itself does.
SHARES = (0.125, 0.25, 0.5)


def check_same_models(protocol: dict[str, Any], settings: Settings) -> int:
    """Whether an evaluation can be the last point of a curve: it measured folds, trained by the same settings.

    Parameters
    ----------
    protocol : dict
        Of the evaluation.
    settings : Settings
        That the models of the curve will be trained by.

    Returns
    -------
    int
        Its folds.

    Raises
    ------
    UsageError
        If it cannot.
    """
    folds, trained_by = protocol.get("folds"), protocol.get("settings")
    if type(folds) is not int or folds < 2 or not isinstance(trained_by, dict):
        raise UsageError("--learning-curve needs predictions that --folds made, and these are of a given model.")
    wanted = json.loads(json.dumps(asdict(settings)))  # as a file holds them
    others = sorted(name for name, value in wanted.items() if trained_by.get(name, value) != value)
    if others:
        raise UsageError(
            f"These predictions are of models trained with {others[0]} {trained_by[others[0]]}, and the learning curve "
            f"would be of models with {wanted[others[0]]}. Give the same --seed, or evaluate with --folds again."
        )
    return folds


def learning_point(share: float, train_pages: float, evaluation: Evaluation) -> dict[str, Any]:
    """A point of the curve from the figures of the models trained on a share of the pages."""
    words = evaluation.labels.get("words", {})
    texts = [row for row in evaluation.main_text if row["page_type"] == "all"]
    measured = sum(row["pages"] for row in texts)
    return {
        "share": share,
        "pages": train_pages,
        "macro_f1": words.get("macro_f1"),
        "macro_f1_interval": words.get("macro_f1_interval"),
        "main_text_f1": sum(row["f1"] * row["pages"] for row in texts) / measured if measured else None,
        "note": "",
    }


def learning_curve(
    examples: Sequence[Example],
    *,
    n_folds: int,
    settings: Settings | None = None,
    jobs: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[dict[str, Any]]:
    """Figures of models trained on ever larger shares of the sites of other folds.

    Parameters
    ----------
    examples : sequence of Example
    n_folds : int
        The folds are those of `out_of_fold`, so every point is measured on all pages.
    settings : Settings, optional
    jobs : int
    progress : callable, optional
        Called with a text, how many models are trained, and of how many.

    Returns
    -------
    list of dict
        For each of `SHARES`: ``share``, ``pages`` (mean number trained on), ``macro_f1`` with interval,
        ``main_text_f1`` (mean over all pages with a gold text), and ``note``, why there are no figures where so few
        pages cannot teach a model.
    """
    settings = settings or Settings()
    folds = site_folds(examples, n_folds, seed=settings.seed)
    n = int(folds.max()) + 1
    order = _site_order(examples, settings.seed)
    tasks = [(share, fold) for share in SHARES for fold in range(n)]
    results = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_predict)(examples, folds == fold, order < share, settings) for share, fold in tasks
    )
    predictions: dict[float, dict[int, Prediction]] = {share: {} for share in SHARES}
    pages: dict[float, list[int]] = {share: [] for share in SHARES}
    reasons: dict[float, str] = {}
    for done, ((share, _), result) in enumerate(zip(tasks, results, strict=True), start=1):
        if isinstance(result, str):
            reasons[share] = result
        else:
            predictions[share] |= result[0]
            pages[share].append(result[1])
        if progress:
            progress("learning curve", done, len(tasks))
    curve = []
    for share in SHARES:
        if share in reasons:
            curve.append({"share": share, "pages": None, "note": reasons[share]})
            continue
        said = [predictions[share][i] for i in range(len(examples))]
        evaluation = evaluate_predictions(examples, said, {"kind": "out of fold by site"})
        curve.append(learning_point(share, float(np.mean(pages[share])), evaluation))
    return curve


def _site_order(examples: Sequence[Example], seed: int) -> NDArray[np.float64]:
    """A random number of each example's site, 0 to 1: smaller shares are parts of larger ones."""
    sites = sorted({e.page.site for e in examples})
    numbers = np.random.default_rng(seed).permutation(len(sites)) / max(len(sites), 1)
    number = dict(zip(sites, numbers.tolist(), strict=True))
    return np.array([number[e.page.site] for e in examples])


def _predict(
    examples: Sequence[Example], held_out: NDArray[np.bool_], drawn: NDArray[np.bool_], settings: Settings
) -> tuple[dict[int, Prediction], int] | str:
    use = ~held_out & drawn
    try:
        model = fit_model(examples, settings=settings, use=use)
    except (DatasetError, ValueError) as error:
        # A few pages need not have every label.
        return str(error)
    return {i: model.predict(examples[i].reading) for i in np.flatnonzero(held_out).tolist()}, int(use.sum())
