"""Which model labels a page: the one that was given, or the default one for what the page is."""

from __future__ import annotations

from dataclasses import dataclass, field

from boilerplate.errors import UsageError
from boilerplate.input_format import TEXT
from boilerplate.model.model import Model, load_model

__all__ = ["Models", "check_fits"]

_KINDS = {True: "texts without markup", False: "web pages"}


@dataclass
class Models:
    """The models of a run, each loaded when the first page comes that it is for.

    Attributes
    ----------
    given : Model, optional
        Labels all pages, if there is one; pages of another kind than it was trained on are refused.
    loaded : dict of str to Model
        Default models, by what they label.
    """

    given: Model | None = None
    loaded: dict[str, Model] = field(default_factory=dict)

    def of(self, input_format: str) -> Model:
        """The model for pages of a kind.

        Raises
        ------
        UsageError
            If the given model is for others.
        ModelError
            If there is no default model for them.
        """
        if self.given is not None:
            check_fits(self.given, input_format)
            return self.given
        if input_format not in self.loaded:
            self.loaded[input_format] = load_model(input_format=input_format)
        return self.loaded[input_format]


def check_fits(model: Model, input_format: str) -> None:
    """Refuse a model for pages that it was not made for.

    Raises
    ------
    UsageError
        If it was trained on web pages and these are texts, or the other way round.
    """
    if model.input_format != input_format:
        here, there = (_KINDS[name == TEXT] for name in (input_format, model.input_format))
        raise UsageError(
            f"The model was trained on {there}, and this is one of {here}. Leave the model out, or train one on "
            f"{here}: boilerplate train … --input-format {input_format}"
        )
