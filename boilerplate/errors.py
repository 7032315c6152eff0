"""Everything that can go wrong, as one exception tree.

Each message is a sentence that says what is wrong and what to do next; the command line prints it as it is.
"""

from __future__ import annotations

__all__ = [
    "BoilerplateError",
    "DatasetError",
    "EmptyPageError",
    "FetchError",
    "InputError",
    "LabelMismatchError",
    "LimitError",
    "MissingInputError",
    "ModelError",
    "ModelVersionError",
    "NotHTMLError",
    "UsageError",
]


class BoilerplateError(Exception):
    """Base of every error this package raises on purpose."""


class UsageError(BoilerplateError, ValueError):
    """A call or a command line that cannot mean anything, such as an unknown output format."""


class InputError(BoilerplateError, ValueError):
    """A page that cannot be read."""


class MissingInputError(InputError):
    """A file or directory that is not there, or a directory without pages."""


class FetchError(InputError):
    """A page that cannot or may not be fetched from the web."""


class EmptyPageError(InputError):
    """A page without a single character of markup or text."""


class NotHTMLError(InputError):
    """Bytes that are no web page: an image, an archive, a PDF."""


class LimitError(InputError):
    """A page that is larger, deeper or slower than the limits allow (`boilerplate.limits`)."""


class ModelError(BoilerplateError, ValueError):
    """A file that is not a usable model."""


class ModelVersionError(ModelError):
    """A model written in a version of the format that this release does not read."""


class DatasetError(BoilerplateError, ValueError):
    """A dataset directory that does not follow the documented format."""


class LabelMismatchError(DatasetError):
    """Labels that do not fit the tree of their page."""
