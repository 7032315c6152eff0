"""Label every block of a web page as article, promo, feed or chrome, and keep what you want.

Functions: `clean`, `label`, `load_model`. Types: `LabelledPage`, `Block`, `Limits`, `Model`, and for training
`BlockClassifier`. Errors: `boilerplate.errors`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boilerplate import errors
    from boilerplate.api import clean, label
    from boilerplate.labelled import Block, LabelledPage
    from boilerplate.limits import Limits
    from boilerplate.model.model import Model, load_model
    from boilerplate.training.classifier import BlockClassifier

__version__ = "0.1.0"
__all__ = ["Block", "BlockClassifier", "LabelledPage", "Limits", "Model", "clean", "errors", "label", "load_model"]

#: Where each name is defined. They are imported when first asked for: the command line has settings to make before
#: numpy is, and scikit-learn, which takes a second, is needed for training only.
_HOMES = {
    "Block": "labelled",
    "BlockClassifier": "training.classifier",
    "LabelledPage": "labelled",
    "Limits": "limits",
    "Model": "model.model",
    "clean": "api",
    "label": "api",
    "load_model": "model.model",
}


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module("boilerplate.errors")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
