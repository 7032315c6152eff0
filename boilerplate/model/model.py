"""The trained model: learned scores, two ensembles of trees, and what they say of a page's blocks."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boilerplate import features
from boilerplate.errors import ModelError
from boilerplate.features import PageReading, Plan
from boilerplate.features.hashing import HashedWeights
from boilerplate.features.scores import OUTPUTS
from boilerplate.features.view import PageView
from boilerplate.input_format import HTML, TEXT, check_input_format
from boilerplate.labels import ARTICLE, LABELS
from boilerplate.model.agreement import blend, reconcile
from boilerplate.model.file import read_model_file, write_model_file
from boilerplate.model.trees import TreeEnsemble, softmax

__all__ = ["DEFAULT_MODEL_NAMES", "Look", "Model", "Prediction", "default_model_path", "load_model"]

#: The models that come with the package, by what they label.
DEFAULT_MODEL_NAMES = {HTML: "default.safetensors", TEXT: "text.safetensors"}

#: Scales of scorers lie far below; sums of weights with larger ones could leave the range of float32.
_MAX_SCALE = 1e6


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of the blocks of a page.

    Attributes
    ----------
    probabilities : ndarray of float64, shape (n_blocks, len(LABELS))
        Of the four labels; rows sum to 1.
    main : ndarray of float64, shape (n_blocks,)
        Of being part of the main text.
    """

    probabilities: NDArray[np.float64]
    main: NDArray[np.float64]

    def stacked(self) -> NDArray[np.float64]:
        """Both side by side, shape (n_blocks, len(LABELS) + 1)."""
        return np.column_stack([self.probabilities, self.main])


@dataclass(frozen=True)
class Look:
    """Two ensembles that look at the same features: one for the labels, one for the main text.

    Attributes
    ----------
    columns : tuple of str
        Features that the trees look at, in the order of their columns.
    label_trees : TreeEnsemble
        One output a label.
    main_trees : TreeEnsemble
        One output: main text or not.
    """

    columns: tuple[str, ...]
    label_trees: TreeEnsemble
    main_trees: TreeEnsemble

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """Where the columns stand among `features.NAMES`, shape (n_columns,)."""
        number = {name: k for k, name in enumerate(features.NAMES)}
        return np.array([number[name] for name in self.columns], dtype=np.int64)

    @cached_property
    def _both(self) -> TreeEnsemble:
        return TreeEnsemble.joined([self.label_trees, self.main_trees])

    def predict(self, matrix: NDArray[np.float32], numbers: NDArray[np.int64] | None = None) -> Prediction:
        """Probabilities for the rows of a matrix.

        Parameters
        ----------
        matrix : ndarray of float32, shape (n_blocks, n)
        numbers : ndarray of int64, shape (n_columns,), optional
            Where the look's columns stand in the matrix; if left out, the matrix has the columns of `features.NAMES`,
            or the first of them.
        """
        margins = self._both.margins(matrix[:, self.numbers if numbers is None else numbers])
        n_labels = self.label_trees.n_outputs
        return Prediction(softmax(margins[:, :n_labels]), softmax(margins[:, n_labels:])[:, 1])

    def to_arrays(self, prefix: str) -> dict[str, NDArray[Any]]:
        return self.label_trees.to_arrays(f"{prefix}labels.") | self.main_trees.to_arrays(f"{prefix}main.")

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], prefix: str, columns: object, known: Sequence[str]
    ) -> Look:
        """Read and check one look.

        Raises
        ------
        ModelError
            If it does not fit itself or the features this release computes.
        """
        if not isinstance(columns, list) or not columns or not all(isinstance(c, str) for c in columns):
            raise ModelError("The model does not say which features it looks at. Train it again.")
        unknown = set(columns) - set(known)
        if unknown:
            raise ModelError(
                f"The model looks at a feature {min(unknown)[:80]!r} that this release does not compute. Train it "
                "again, or use the release it was made with."
            )
        look = cls(
            columns=tuple(columns),
            label_trees=TreeEnsemble.from_arrays(arrays, f"{prefix}labels."),
            main_trees=TreeEnsemble.from_arrays(arrays, f"{prefix}main."),
        )
        for trees, outputs in ((look.label_trees, len(LABELS)), (look.main_trees, 1)):
            if trees.n_outputs != outputs or trees.n_features != len(columns):
                raise ModelError("The model's trees do not fit its labels and features. Train it again.")
        return look


@dataclass(frozen=True)
class Model:
    """A trained model, ready to apply; neither training nor scikit-learn is needed for that.

    Labels are those of the final look; for web pages in agreement with the blocks around, by
    `boilerplate.model.agreement`.

    Attributes
    ----------
    scorers : dict of str to HashedWeights
        By scorer.
    first : Look
        Small ensembles: the first guess.
    final : Look
        Ensembles that know the first guesses around each block.
    info : dict
        What it was trained on and how: plain JSON values.
    """

    scorers: Mapping[str, HashedWeights]
    first: Look
    final: Look
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def input_format(self) -> str:
        """What pages it was trained on: `HTML` or `TEXT`."""
        return TEXT if self.info.get("input_format") == TEXT else HTML

    def matrix(self, reading: PageReading) -> NDArray[np.float32]:
        """All features of a page's blocks, shape (n_blocks, len(features.NAMES))."""
        first = features.first_matrix(reading, self.scorers)
        return features.full_matrix(first, reading, self.first.predict(first).stacked())

    def predict(self, reading: PageReading) -> Prediction:
        """Probabilities for every block of a page."""
        if len(reading) == 0:
            return Prediction(np.zeros((0, len(LABELS))), np.zeros(0))
        return self.decide(self.matrix(reading), reading)

    def decide(self, matrix: NDArray[np.float32], reading: PageReading) -> Prediction:
        """The same as `predict`, where the features are known already, as `matrix` gives them."""
        return self._told(self.final.predict(matrix), reading)

    @cached_property
    def plan(self) -> Plan:
        """The features that the model looks at."""
        return Plan.of({*self.first.columns, *self.final.columns})

    @cached_property
    def plan_columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the columns of the two looks stand among those of the plan."""
        number = {name: k for k, name in enumerate(self.plan.names)}
        first, final = ([number[name] for name in look.columns] for look in (self.first, self.final))
        return np.array(first, dtype=np.int64), np.array(final, dtype=np.int64)

    def predict_view(self, view: PageView) -> Prediction:
        """Probabilities for every block of a page, of which no more is read than the model looks at.

        The result is that of `predict` for all that can be read.
        """
        if len(view) == 0:
            return Prediction(np.zeros((0, len(LABELS))), np.zeros(0))
        plan, (of_first, of_final) = self.plan, self.plan_columns
        reading = features.read_view(view, plan)
        first = features.first_matrix(reading, self.scorers, plan)
        guess = self.first.predict(first, of_first).stacked()
        return self._told(self.final.predict(features.full_matrix(first, reading, guess, plan), of_final), reading)

    def _told(self, prediction: Prediction, reading: PageReading) -> Prediction:
        """What is said of blocks, after what the final look says of each."""
        probabilities = prediction.probabilities
        if self.input_format != TEXT:
            probabilities = blend(probabilities, reading.around)
            return Prediction(probabilities, reconcile(prediction.main, probabilities))
        # Without a tree nearly all blocks are built the same way: on texts of other sites than those trained on, to
        # agree with them costs macro F1 .005. Both answers rest on little, so main text is what both hold for it, by
        # their geometric mean: word F1 .875, by the label alone .866.
        return Prediction(probabilities, np.sqrt(prediction.main * probabilities[:, ARTICLE]))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file that holds data only; it is complete or not there.

        Raises
        ------
        ModelError
            If the file cannot be written.
        """
        arrays: dict[str, NDArray[Any]] = {}
        # Of texts there is nothing that scorers of markup could read, and they take megabytes.
        told = [name for name, scorer in self.scorers.items() if scorer.values.any()]
        for name in told:
            arrays[f"scorer.{name}.values"] = self.scorers[name].values
            arrays[f"scorer.{name}.scale"] = self.scorers[name].scale
        arrays |= self.first.to_arrays("first.") | self.final.to_arrays("final.")
        header = {
            "labels": list(LABELS),
            "outputs": list(OUTPUTS),
            "scorers": told,
            "first_features": list(self.first.columns),
            "features": list(self.final.columns),
            "info": self.info,
        }
        write_model_file(path, arrays, header)

    @classmethod
    def load(cls, source: str | os.PathLike[str] | bytes) -> Model:
        """Read a model file; nothing in it is executed, and every index in it is checked.

        Raises
        ------
        ModelError
            If the file is missing, damaged, no model, or made for other features than this release has.
        """
        return cls.from_arrays(*read_model_file(source))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], header: Mapping[str, Any]) -> Model:
        """Make a model of the content of a model file, checking everything that applying it relies on.

        Parameters
        ----------
        arrays : mapping of str to ndarray
        header : mapping of str to JSON values
            As `read_model_file` gives them.

        Raises
        ------
        ModelError
            If they make no model for the features this release has.
        """
        if header.get("labels") != list(LABELS) or header.get("outputs") != list(OUTPUTS):
            raise ModelError("The model was made for other labels than this release has. Train it again.")
        info, told = header.get("info"), header.get("scorers", list(features.SCORERS))
        if not isinstance(told, list) or not all(name in features.SCORERS for name in told):
            raise ModelError("The model was made with other scorers than this release has. Train it again.")
        return cls(
            scorers={
                name: _scorer(arrays, name, bits) if name in told else _silent(bits)
                for name, bits in features.SCORERS.items()
            },
            first=Look.from_arrays(arrays, "first.", header.get("first_features"), features.FIRST_NAMES),
            final=Look.from_arrays(arrays, "final.", header.get("features"), features.NAMES),
            info=info if isinstance(info, dict) else {},
        )


def _scorer(arrays: Mapping[str, NDArray[Any]], name: str, bits: int) -> HashedWeights:
    values, scale = arrays.get(f"scorer.{name}.values"), arrays.get(f"scorer.{name}.scale")
    shape = (1 << bits, len(OUTPUTS))
    if values is None or values.dtype != np.int8 or values.shape != shape:
        raise ModelError(f"The model's weights for {name!r} are missing or of another shape. Train it again.")
    if scale is None or scale.dtype != np.float32 or scale.shape != shape[1:]:
        raise ModelError(f"The model's scales for {name!r} are missing or of another shape. Train it again.")
    if not ((scale >= 0) & (scale <= _MAX_SCALE)).all():  # not a number compares as false
        raise ModelError(f"The model's scales for {name!r} are not between 0 and {_MAX_SCALE:g}. Train it again.")
    return HashedWeights(values, scale)


def _silent(bits: int) -> HashedWeights:
    """A scorer that says nothing."""
    return HashedWeights(np.zeros((1 << bits, len(OUTPUTS)), np.int8), np.zeros(len(OUTPUTS), np.float32))


def default_model_path(input_format: str = HTML) -> Path:
    """The model that comes with the package for pages of a kind.

    Raises
    ------
    ModelError
        If this installation has none.
    """
    # An installed package holds the models; in a checkout they stand beside it.
    for directory in (
        Path(__file__).resolve().parents[1] / "models",
        Path(__file__).resolve().parents[2] / "models",
    ):
        path = directory / DEFAULT_MODEL_NAMES[input_format]
        if path.is_file():
            return path
    raise ModelError(
        f"This installation has no default model for {input_format}. Install the package again, or name a model of "
        "your own (--model)."
    )


def load_model(path: str | os.PathLike[str] | None = None, *, input_format: str = HTML) -> Model:
    """Load a model file, or a default model.

    Parameters
    ----------
    path : path-like, optional
        A file that `Model.save` or ``boilerplate train`` wrote; the default model if left out.
    input_format : {"html", "txt"}
        Which default model: that for web pages or that for texts.

    Returns
    -------
    Model
        Load it once and pass it to `boilerplate.clean` and `boilerplate.label` when there are many pages.

    Raises
    ------
    UsageError
        If there is no such format.
    ModelError
        If the file is no usable model.
    """
    check_input_format(input_format)
    return Model.load(default_model_path(input_format) if path is None else path)
