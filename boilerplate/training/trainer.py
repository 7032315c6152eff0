"""Train a model: scorers out of fold, features chosen by what trees make of them, two ensembles of trees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from boilerplate import features
from boilerplate.dataset import fingerprint
from boilerplate.errors import DatasetError
from boilerplate.labels import ARTICLE, LABELS, UNKNOWN
from boilerplate.model.model import Model
from boilerplate.training.classifier import BlockClassifier
from boilerplate.training.corpus import Example
from boilerplate.training.folds import site_folds
from boilerplate.training.scorers import ScorerDesign, fit_scorers

__all__ = ["STEPS", "Settings", "describe_data", "fit_model", "with_label_content"]

#: What `fit_model` reports through ``progress``, in order: scorers by fold and for good, choice, two ensembles.
STEPS = ("learned scores", "choice of features", "trees for the labels", "trees for the main text")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is trained; the defaults are those of the default model.

    Attributes
    ----------
    seed : int
        Everything random follows from it: same data, same settings, same file.
    inner_folds : int
        The scorers' outputs on training pages come from models that have not seen the page's site.
    n_features : int
        Features that the trees may look at, chosen by the gain they bring to a small ensemble.
    max_page_blocks : int
        A page gives at most this many blocks, chosen at random.
    learning_rate, max_leaf_nodes, min_samples_leaf :
        As in `BlockClassifier`.
    label_rounds, main_rounds : int
        Rounds of boosting of the two ensembles.
    choice_rounds : int
        Rounds of the small ensembles that choose features.
    """

    seed: int = 0
    inner_folds: int = 4
    n_features: int = 220
    max_page_blocks: int = 400
    learning_rate: float = 0.12
    label_rounds: int = 100
    main_rounds: int = 140
    choice_rounds: int = 25
    max_leaf_nodes: int = 31
    min_samples_leaf: int = 40


def with_label_content(example: Example) -> NDArray[np.int8]:
    """Whether each block is main text: by the gold text, and where a page has none, by its labels.

    Returns
    -------
    ndarray of int8, shape (n_blocks,)
        1, 0 or `UNKNOWN`.
    """
    # On pages of other types than articles the two golds differ, so a gold text is never mixed with labels.
    if example.has_labels and not example.has_main_text:
        return np.where(example.label >= 0, example.label == ARTICLE, example.content).astype(np.int8)
    return example.content


def describe_data(examples: Sequence[Example]) -> dict[str, object]:
    """What a model says of the data it was trained on: counts and a SHA-256 of pages and gold."""
    labelled = [e for e in examples if e.has_labels]
    counts = np.zeros(len(LABELS), dtype=np.int64)
    for example in labelled:
        counts += np.bincount(example.label[example.label >= 0], minlength=len(LABELS))
    return {
        "sha256": fingerprint([e.page for e in examples]),
        "pages": len(examples),
        "sites": len({e.page.site for e in examples}),
        "pages_with_labels": len(labelled),
        "pages_with_main_text": sum(e.has_main_text for e in examples),
        "blocks": int(sum(len(e) for e in examples)),
        "labelled_blocks": {label: int(n) for label, n in zip(LABELS, counts, strict=True)},
        "sources": {s: sum(e.page.source == s for e in examples) for s in sorted({e.page.source for e in examples})},
    }


def fit_model(
    examples: Sequence[Example],
    *,
    settings: Settings | None = None,
    design: ScorerDesign | None = None,
    use: NDArray[np.bool_] | None = None,
    jobs: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Model:
    """Train a model on examples.

    Parameters
    ----------
    examples : sequence of Example
    settings : Settings, optional
    design : ScorerDesign, optional
        The examples' sparse inputs, if they are at hand.
    use : ndarray of bool, shape (n_examples,), optional
        Which examples to learn from; all of them if left out.
    jobs : int
        Threads for the scorers; the result does not depend on it.
    progress : callable, optional
        Called with a step of `STEPS`, how much of it is done, and of how much.

    Returns
    -------
    Model

    Raises
    ------
    DatasetError
        If the gold does not hold what is needed: two sites at least, main text and other blocks, and each label.
    """
    settings = settings or Settings()
    report = progress or (lambda step, done, total: None)
    use = np.ones(len(examples), dtype=np.bool_) if use is None else use
    _check(examples, use)
    design = design or ScorerDesign(examples)

    chosen = np.flatnonzero(use)
    folds = site_folds([examples[i] for i in chosen.tolist()], settings.inner_folds, seed=settings.seed)
    n_folds = int(folds.max()) + 1
    matrices: dict[int, NDArray[np.float32]] = {}
    for fold in range(n_folds):
        report(STEPS[0], fold, n_folds + 1)
        others = np.zeros(len(examples), dtype=np.bool_)
        others[chosen[folds != fold]] = True
        scorers = fit_scorers(design, others, seed=settings.seed, jobs=jobs)
        weights = {name: scorer.weights() for name, scorer in scorers.items()}
        for i in chosen[folds == fold].tolist():
            matrices[i] = features.matrix(examples[i].reading, weights)
    report(STEPS[0], n_folds, n_folds + 1)
    scorers = fit_scorers(design, use, seed=settings.seed, jobs=jobs)
    report(STEPS[0], n_folds + 1, n_folds + 1)

    labels = _gather(examples, matrices, [e.label for e in examples], settings)
    main = _gather(examples, matrices, [with_label_content(e) for e in examples], settings)
    del matrices
    report(STEPS[1], 0, 1)
    columns = _choose(labels, main, settings)
    report(STEPS[1], 1, 1)
    fitted = []
    for step, rows, rounds in ((2, labels, settings.label_rounds), (3, main, settings.main_rounds)):
        report(STEPS[step], 0, 1)
        fitted.append(_fit_trees(rows, columns, rounds, settings))
        report(STEPS[step], 1, 1)
    return Model(
        scorers=scorers,
        columns=tuple(features.NAMES[c] for c in columns.tolist()),
        label_trees=fitted[0].to_trees(),
        main_trees=fitted[1].to_trees(),
        info={"settings": asdict(settings)},
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    X: NDArray[np.float32]
    y: NDArray[np.int8]
    weight: NDArray[np.float64]


def _check(examples: Sequence[Example], use: NDArray[np.bool_]) -> None:
    used = [e for e, wanted in zip(examples, use, strict=True) if wanted]
    sites = {e.page.site for e in used}
    if len(sites) < 2:
        raise DatasetError(
            f"The training data has {len(sites)} site(s), and at least 2 are needed to learn what holds beyond one. "
            "Add pages of other sites, and give every page its site in pages.jsonl."
        )
    seen = np.zeros(len(LABELS), dtype=np.int64)
    for example in used:
        seen += np.bincount(example.label[example.label >= 0], minlength=len(LABELS))
    missing = [label for label, n in zip(LABELS, seen, strict=True) if n == 0]
    if missing:
        raise DatasetError(
            f"No block of the training data is labelled {' or '.join(missing)}. Label some: every label needs examples."
        )


def _gather(
    examples: Sequence[Example],
    matrices: dict[int, NDArray[np.float32]],
    gold: Sequence[NDArray[np.int8]],
    settings: Settings,
) -> _Rows:
    rng = np.random.default_rng(settings.seed)
    xs, ys, weights = [], [], []
    for i in sorted(matrices):
        rows = np.flatnonzero(gold[i] != UNKNOWN)
        if len(rows) == 0:
            continue
        if len(rows) > settings.max_page_blocks:
            rows = np.sort(rng.choice(rows, settings.max_page_blocks, replace=False))
        # Words matter more than blocks, and pages alike: the square root stands between the two on both levels.
        weight = np.sqrt(1.0 + examples[i].words[rows])
        xs.append(matrices[i][rows])
        ys.append(gold[i][rows])
        weights.append(weight / np.sqrt(weight.sum()))
    weight = np.concatenate(weights)
    return _Rows(np.vstack(xs), np.concatenate(ys), weight / weight.mean())


def _fit_trees(rows: _Rows, columns: NDArray[np.int64], rounds: int, settings: Settings) -> BlockClassifier:
    return BlockClassifier(
        learning_rate=settings.learning_rate,
        max_iter=rounds,
        max_leaf_nodes=settings.max_leaf_nodes,
        # A small dataset has leaves of a few blocks, else it would learn nothing at all.
        min_samples_leaf=max(2, min(settings.min_samples_leaf, len(rows.y) // 200)),
        random_state=settings.seed,
    ).fit(rows.X[:, columns], rows.y, sample_weight=rows.weight)


def _choose(labels: _Rows, main: _Rows, settings: Settings) -> NDArray[np.int64]:
    """Columns with the highest share of gain over small ensembles for both questions, in the matrix's order."""
    n = labels.X.shape[1]
    everything = np.arange(n)
    share = np.zeros(n)
    for rows in (labels, main):
        sample = np.random.default_rng(settings.seed).permutation(len(rows.y))[:40_000]
        part = _Rows(rows.X[sample], rows.y[sample], rows.weight[sample])
        gain = np.zeros(n)
        trees = _fit_trees(part, everything, settings.choice_rounds, settings).trees_
        for round_trees in trees._predictors:
            for tree in round_trees:
                inner = tree.nodes[tree.nodes["is_leaf"] == 0]
                np.add.at(gain, inner["feature_idx"], inner["gain"])
        share += gain / max(gain.sum(), 1e-12)
    return np.sort(np.argsort(-share, kind="stable")[: settings.n_features])
