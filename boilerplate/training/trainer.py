"""Train a model: scorers out of fold, features chosen by what trees make of them, two ensembles of trees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from boilerplate import features
from boilerplate.dataset import fingerprint
from boilerplate.errors import DatasetError
from boilerplate.features.hashing import HashedWeights
from boilerplate.input_format import HTML
from boilerplate.labels import ARTICLE, LABELS
from boilerplate.model.model import Look, Model
from boilerplate.training.classifier import BlockClassifier
from boilerplate.training.corpus import Example
from boilerplate.training.folds import site_folds
from boilerplate.training.rows import ChosenRows, TreeRows, choose_rows, filled_rows
from boilerplate.training.scorers import ScorerDesign, fit_scorers

__all__ = [
    "STEPS",
    "ScoredPages",
    "Settings",
    "describe_data",
    "fit_model",
    "fit_trees",
    "score_pages",
    "with_label_content",
]

#: What `fit_model` reports through ``progress``, in order.
STEPS = ("learned scores", "choice of features", "first guess", "trees")
#: Blocks that features are chosen on.
_CHOICE_ROWS = 30_000
#: The small ensembles of the first guess and of the choice of features.
_SMALL_LEARNING_RATE = 0.25
_SMALL_LEAVES = 24


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is trained; the defaults are those of the default model.

    Attributes
    ----------
    seed : int
        Everything random follows from it: same data, same settings, same file.
    inner_folds : int
        The scorers' outputs on training pages come from models that have not seen the page's site.
    first_features, n_features : int
        Features that the trees of the first guess and of the final look may use, chosen by the gain they bring to a
        small ensemble.
    max_page_blocks : int
        A page gives at most this many blocks, chosen at random.
    word_power, page_power, label_power : float
        What trees learn most from, see `boilerplate.training.rows.choose_rows`. Words matter more than blocks, and
        pages alike: the square root stands between the two on both levels, and raises rare labels half way.
    learning_rate, max_leaf_nodes, min_samples_leaf :
        As in `BlockClassifier`.
    first_rounds : int
        Rounds of boosting of the first guess.
    label_rounds, main_rounds : int
        Rounds of boosting of the two final ensembles.
    choice_rounds : int
        Rounds of the small ensembles that choose features.
    leave_out : tuple of str
        Features that are never chosen, by name or pattern such as ``guess_*``: to measure what they are worth.
    scorers : tuple of str
        Scorers that are trained; the others say nothing.
    input_format : str
        What the examples are: ``html``, or ``txt`` for texts without markup.
    """

    seed: int = 0
    inner_folds: int = 3
    first_features: int = 110
    n_features: int = 190
    max_page_blocks: int = 220
    word_power: float = 0.5
    page_power: float = 0.5
    label_power: float = 0.5
    learning_rate: float = 0.15
    first_rounds: int = 30
    label_rounds: int = 65
    main_rounds: int = 100
    choice_rounds: int = 20
    max_leaf_nodes: int = 31
    min_samples_leaf: int = 40
    leave_out: tuple[str, ...] = ()
    scorers: tuple[str, ...] = tuple(features.SCORERS)
    input_format: str = HTML


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
    styles = sorted({e.style for e in examples if e.style})
    return {
        "sha256": fingerprint([e.page for e in examples]),
        # Of a page there may be several texts.
        "pages": len({(e.page.html_path, e.page.url) for e in examples}) if styles else len(examples),
        **(
            {"texts": len(examples), "styles": {s: sum(e.style == s for e in examples) for s in styles}}
            if styles
            else {}
        ),
        "sites": len({e.page.site for e in examples}),
        "pages_with_labels": len(labelled),
        "pages_with_main_text": sum(e.has_main_text for e in examples),
        "blocks": int(sum(len(e) for e in examples)),
        "labelled_blocks": {label: int(n) for label, n in zip(LABELS, counts, strict=True)},
        "sources": {s: sum(e.page.source == s for e in examples) for s in sorted({e.page.source for e in examples})},
    }


@dataclass(frozen=True, slots=True)
class ScoredPages:
    """Training pages and what scorers say of them that have not seen their sites.

    Attributes
    ----------
    scorers : dict of str to HashedWeights
        Those that have seen all of them, for the model.
    matrices : dict of int to ndarray of float32, shape (n_blocks, len(features.FIRST_NAMES))
        By the number of the example.
    fold_of : dict of int to int
        Number of the inner fold that each example was left out in.
    """

    scorers: dict[str, HashedWeights]
    matrices: dict[int, NDArray[np.float32]]
    fold_of: dict[int, int]

    @property
    def n_folds(self) -> int:
        """Number of inner folds."""
        return max(self.fold_of.values()) + 1

    def in_fold(self, fold: int) -> list[int]:
        """Numbers of the examples that were left out in a fold."""
        return [i for i, f in self.fold_of.items() if f == fold]


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
        Processes; the result does not depend on it.
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
    scored = score_pages(examples, settings=settings, design=design, use=use, jobs=jobs, progress=progress)
    return fit_trees(examples, scored, settings=settings, jobs=jobs, progress=progress)


def score_pages(
    examples: Sequence[Example],
    *,
    settings: Settings,
    design: ScorerDesign | None = None,
    use: NDArray[np.bool_] | None = None,
    jobs: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> ScoredPages:
    """Fit the scorers: the first half of `fit_model`, whose parameters these are.

    Raises
    ------
    DatasetError
        As `fit_model`.
    """
    report = progress or _silent
    use = np.ones(len(examples), dtype=np.bool_) if use is None else use
    _check(examples, use)
    design = design or ScorerDesign(examples, settings.scorers)

    chosen = np.flatnonzero(use)
    folds = site_folds([examples[i] for i in chosen.tolist()], settings.inner_folds, seed=settings.seed)
    n_folds = int(folds.max()) + 1
    # What each scorer fit learns from: all folds but one, and at last all pages.
    masks = []
    for fold in range(n_folds):
        others = np.zeros(len(examples), dtype=np.bool_)
        others[chosen[folds != fold]] = True
        masks.append(others)
    masks.append(use)
    report(STEPS[0], 0, len(masks))
    # Processes, as neither the linear models nor the trees make good use of threads.
    fitted = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(fit_scorers)(design, mask, seed=settings.seed) for mask in masks
    )
    matrices: dict[int, NDArray[np.float32]] = {}
    for number, scorers in enumerate(fitted):
        report(STEPS[0], number + 1, len(masks))
        if number < n_folds:
            for i in chosen[folds == number].tolist():
                matrices[i] = features.first_matrix(examples[i].reading, scorers)
    return ScoredPages(scorers, matrices, dict(zip(chosen.tolist(), folds.tolist(), strict=True)))


def fit_trees(
    examples: Sequence[Example],
    scored: ScoredPages,
    *,
    settings: Settings,
    jobs: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Model:
    """Grow the trees over scored pages: the second half of `fit_model`, whose parameters these are.

    Variants that differ in the trees only, or in the gold that trees learn from, can share the scored pages.
    """
    report = progress or _silent
    chosen = _choose_rows(examples, scored, settings)
    first_rows = filled_rows(chosen, scored.matrices.items())
    report(STEPS[1], 0, 1)
    first_columns = _choose(first_rows, settings.first_features, settings, jobs)
    report(STEPS[1], 1, 1)
    first_cut = [r.cut(first_columns) for r in first_rows]
    del first_rows

    # A first guess on a training page comes from trees that have not seen its fold; the last one is for good.
    report(STEPS[2], 0, scored.n_folds + 1)
    looks = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_fit_look)([r.without(fold, scored.fold_of) for r in first_cut], first_columns, True, settings)
        for fold in range(scored.n_folds + 1)
    )
    guessers: list[Look] = []
    for number, look in enumerate(looks):
        report(STEPS[2], number + 1, scored.n_folds + 1)
        guessers.append(look)
    first = guessers.pop()
    del first_cut, looks

    rows = filled_rows(chosen, _full_matrices(examples, scored, guessers))
    report(STEPS[3], 0, 2)
    columns = _choose(rows, settings.n_features, settings, jobs)
    report(STEPS[3], 1, 2)
    final = _fit_look([r.cut(columns) for r in rows], columns, False, settings, jobs)
    report(STEPS[3], 2, 2)
    return Model(
        scorers=scored.scorers,
        first=first,
        final=final,
        info={
            "input_format": settings.input_format,
            "settings": asdict(settings) | {"leave_out": list(settings.leave_out), "scorers": list(settings.scorers)},
        },
    )


def _silent(step: str, done: int, total: int) -> None:
    """Report to nobody."""


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


def _full_matrices(
    examples: Sequence[Example], scored: ScoredPages, guessers: Sequence[Look]
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """All features of each scored page, its first guess by trees that have not seen its fold; one page at a time."""
    for fold, look in enumerate(guessers):
        for i in scored.in_fold(fold):
            guess = look.predict(scored.matrices[i]).stacked()
            yield i, features.full_matrix(scored.matrices[i], examples[i].reading, guess)


def _choose_rows(examples: Sequence[Example], scored: ScoredPages, settings: Settings) -> tuple[ChosenRows, ChosenRows]:
    """Rows for the labels, rare ones raised, and rows for the main text."""
    gold = ([e.label for e in examples], [with_label_content(e) for e in examples])
    labels, main = (
        choose_rows(
            examples,
            scored.matrices,
            of_blocks,
            max_page_blocks=settings.max_page_blocks,
            word_power=settings.word_power,
            page_power=settings.page_power,
            label_power=power,
            seed=settings.seed,
        )
        for of_blocks, power in zip(gold, (settings.label_power, 0.0), strict=True)
    )
    return labels, main


def _grow(rows: TreeRows, rounds: int, settings: Settings, *, learning_rate: float, leaves: int) -> BlockClassifier:
    return BlockClassifier(
        learning_rate=learning_rate,
        max_iter=rounds,
        max_leaf_nodes=leaves,
        # A small dataset has leaves of a few blocks, else it would learn nothing at all.
        min_samples_leaf=max(2, min(settings.min_samples_leaf, len(rows.y) // 200)),
        random_state=settings.seed,
    ).fit(rows.X, rows.y, sample_weight=rows.weight)


def _fit_small(rows: TreeRows, rounds: int, settings: Settings) -> BlockClassifier:
    return _grow(rows, rounds, settings, learning_rate=_SMALL_LEARNING_RATE, leaves=_SMALL_LEAVES)


def _fit_large(rows: TreeRows, rounds: int, settings: Settings) -> BlockClassifier:
    return _grow(rows, rounds, settings, learning_rate=settings.learning_rate, leaves=settings.max_leaf_nodes)


def _fit_look(
    rows: Sequence[TreeRows], columns: NDArray[np.int64], small: bool, settings: Settings, jobs: int = 1
) -> Look:
    rounds = [settings.first_rounds] * 2 if small else [settings.label_rounds, settings.main_rounds]
    fit = _fit_small if small else _fit_large
    labels, main = Parallel(n_jobs=jobs)(delayed(fit)(r, n, settings) for r, n in zip(rows, rounds, strict=True))
    return Look(tuple(features.NAMES[c] for c in columns.tolist()), labels.to_trees(), main.to_trees())


def _gains(rows: TreeRows, settings: Settings) -> NDArray[np.float64]:
    """Share of the gain that each feature brings to a small ensemble, shape (n_features,)."""
    gain = np.zeros(rows.X.shape[1])
    for round_trees in _fit_small(rows, settings.choice_rounds, settings).trees_._predictors:
        for tree in round_trees:
            inner = tree.nodes[tree.nodes["is_leaf"] == 0]
            np.add.at(gain, inner["feature_idx"], inner["gain"])
    return np.asarray(gain / max(gain.sum(), 1e-12))


def _choose(rows: Sequence[TreeRows], n_features: int, settings: Settings, jobs: int) -> NDArray[np.int64]:
    """Columns with the highest share of gain over small ensembles for both questions, in the matrix's order."""
    shares = Parallel(n_jobs=jobs)(delayed(_gains)(r.sample(_CHOICE_ROWS, settings.seed), settings) for r in rows)
    names = features.NAMES[: rows[0].X.shape[1]]
    left_out = np.array([any(fnmatchcase(name, pattern) for pattern in settings.leave_out) for name in names])
    order = np.argsort(-np.where(left_out, -1.0, np.sum(shares, axis=0)), kind="stable")
    return np.sort(order[: min(n_features, int((~left_out).sum()))])
