"""What is to be made of every page, and what became of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from boilerplate.decision import BALANCED
from boilerplate.errors import (
    BoilerplateError,
    EmptyPageError,
    InputError,
    LimitError,
    NotHTMLError,
)
from boilerplate.inputs.source import Source, read_html
from boilerplate.labelled import LabelledPage, label_page
from boilerplate.limits import DEFAULT_LIMITS, Limits
from boilerplate.model.choice import Models
from boilerplate.output import Options, render
from boilerplate.output.records import PAGE_COLUMNS, page_columns, page_object, page_record

__all__ = [
    "CRASHED",
    "ERROR",
    "LIMIT",
    "OK",
    "OUTCOME_COLUMNS",
    "STATUSES",
    "TIMEOUT",
    "TIMING_COLUMNS",
    "Cleaned",
    "Outcome",
    "Task",
    "clean_source",
    "failure_reason",
    "outcome_columns",
]

OK, EMPTY, NOT_HTML, UNREADABLE = "ok", "empty", "not_html", "unreadable"
LIMIT, TIMEOUT, CRASHED, ERROR = "limit", "timeout", "crashed", "error"
#: What can become of a page; all but the first come with a reason.
STATUSES = (OK, EMPTY, NOT_HTML, UNREADABLE, LIMIT, TIMEOUT, CRASHED, ERROR)
#: Seconds by the clock.
TIMING_COLUMNS = ("seconds_read", "seconds_label", "seconds_write")
_HEAD_COLUMNS = ("source", "status", "reason")
#: A row of a table of pages.
OUTCOME_COLUMNS = (*_HEAD_COLUMNS, *PAGE_COLUMNS, *TIMING_COLUMNS)
#: Formats with a record a page, which have a row for a page that failed too.
RECORD_FORMATS = ("json", "jsonl", "csv", "parquet")
_DIGITS = 5
#: The first that applies.
_STATUS_OF: dict[type[Exception], str] = {
    LimitError: LIMIT,
    MemoryError: LIMIT,
    EmptyPageError: EMPTY,
    NotHTMLError: NOT_HTML,
    InputError: UNREADABLE,
}


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be made of every page.

    Attributes
    ----------
    keep : tuple of str
        Labels.
    output_format : str
        One of `boilerplate.output.FORMATS`, or ``parquet``.
    url : str, optional
        Address of the page, if there is only one.
    options : Options
        What is written of the kept blocks.
    limits : Limits
        What a page may cost.
    focus : str
        What counts more when main text is kept, one of `boilerplate.decision.FOCUSES`.
    """

    keep: tuple[str, ...]
    output_format: str
    url: str | None = None
    options: Options = field(default_factory=Options)
    limits: Limits = DEFAULT_LIMITS
    focus: str = BALANCED


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a worker makes of a page: all of an outcome but the page itself.

    Attributes
    ----------
    status : str
        One of `STATUSES`.
    reason : str
        Why it failed; empty if it did not.
    record : dict
        The page's record, for formats with a record a page; empty for others and for a page that failed.
    rendered : str
        The page as text, for other formats.
    seconds : tuple of float
        By `TIMING_COLUMNS`, as far as it came.
    """

    status: str
    reason: str = ""
    record: dict[str, Any] = field(default_factory=dict)
    rendered: str = ""
    seconds: tuple[float, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one page.

    Attributes
    ----------
    source : Source
        Without the page itself.
    cleaned : Cleaned
    """

    source: Source
    cleaned: Cleaned

    @property
    def status(self) -> str:
        return self.cleaned.status

    @property
    def reason(self) -> str:
        return self.cleaned.reason

    @property
    def rendered(self) -> str:
        return self.cleaned.rendered

    @property
    def record(self) -> dict[str, Any]:
        return self.cleaned.record

    def row(self) -> dict[str, Any]:
        """The page as a row of a table: `OUTCOME_COLUMNS`, and whatever else its record has."""
        head = {"source": self.source.name, "status": self.status, "reason": self.reason}
        seconds = (*self.cleaned.seconds, None, None, None)
        timings = dict(zip(TIMING_COLUMNS, seconds, strict=False))
        return {**head, **dict.fromkeys(PAGE_COLUMNS), "url": self.source.url, **self.record, **timings}


def outcome_columns(options: Options) -> tuple[str, ...]:
    """Columns of a table of pages."""
    return (*_HEAD_COLUMNS, *page_columns(options), *TIMING_COLUMNS)


def clean_source(source: Source, models: Models, task: Task) -> Cleaned:
    """Read a page, label it, and write what is to be kept; never raises for what is wrong with the page."""
    seconds: list[float] = []
    started = perf_counter()

    def lap() -> None:
        nonlocal started
        now = perf_counter()
        seconds.append(round(now - started, _DIGITS))
        started = now

    try:
        html = read_html(source, task.limits)
        lap()
        page = label_page(
            html,
            models.of(source.input_format),
            url=source.url or task.url,
            charset=source.charset,
            input_format=source.input_format,
            language=source.language,
            focus=task.focus,
            limits=task.limits,
            look_for_hidden=not task.options.hidden or task.output_format in RECORD_FORMATS,
        )
        if not task.options.hidden:
            page = page.without_hidden()
        lap()
        record: dict[str, Any] = {}
        rendered = ""
        if task.output_format in RECORD_FORMATS:
            record = _record(page, task)
        else:
            rendered = render(page, page.kept(task.keep), task.output_format, task.options)
        lap()
        return Cleaned(OK, record=record, rendered=rendered, seconds=tuple(seconds))
    except Exception as error:
        lap()
        return Cleaned(_status(error), failure_reason(error), seconds=tuple(seconds))


def _record(page: LabelledPage, task: Task) -> dict[str, Any]:
    return (page_object if task.output_format == "json" else page_record)(page, page.kept(task.keep), task.options)


def _status(error: Exception) -> str:
    return next((status for kind, status in _STATUS_OF.items() if isinstance(error, kind)), ERROR)


def failure_reason(error: Exception) -> str:
    """Why a page failed. A fault of ours must not cost the other pages, so it is a reason like any other."""
    if isinstance(error, BoilerplateError):
        return str(error)
    if isinstance(error, MemoryError):
        return "The page takes more memory than there is for it. Leave it out, or raise max-memory."
    return f"The page could not be processed ({type(error).__name__}: {error}). Please report it with the page."
