"""What all writers of outcomes have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType

from boilerplate.batch.outcome import Outcome
from boilerplate.inputs.source import Source
from boilerplate.writing.journal import Progress, after

__all__ = ["Writer"]


class Writer:
    """Takes outcomes in the order of the pages.

    As a context: leaving it without an error completes the run; with one, what is done is kept for the next.

    Attributes
    ----------
    progress : Progress
    seconds_between_saves : float
        How much work a stop costs at most, beside what was not finished.
    """

    seconds_between_saves = 0.5

    def __init__(self) -> None:
        self.progress = Progress()

    def rest(self, sources: Iterable[Source]) -> Iterator[Source]:
        """The sources that an earlier run has left.

        Raises
        ------
        UsageError
            If the inputs have changed since.
        """
        return after(self.progress, sources)

    def write(self, outcome: Outcome) -> str:
        """Write what became of a page.

        Returns
        -------
        str
            Why it failed, if it did, in reading or writing.

        Raises
        ------
        BoilerplateError
            If nothing can be written any more.
        """
        raise NotImplementedError

    def finish(self) -> None:
        """Called when every page is written."""

    def leave(self) -> None:
        """Called when the run stops before that."""

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.leave()
