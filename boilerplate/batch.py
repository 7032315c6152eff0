"""Clean many pages: each gives a row, the unreadable ones with the reason, and none costs another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boilerplate.errors import BoilerplateError
from boilerplate.labelled import label_page
from boilerplate.model.model import Model
from boilerplate.output.records import page_record
from boilerplate.sources import Source, read_source

__all__ = ["Outcome", "clean_sources"]

#: Pages a worker takes at a time; it loads the model once for them.
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one page.

    Attributes
    ----------
    source : Source
    reason : str
        Why it failed; empty if it did not.
    record : dict
        The page's record, for formats with a row a page.
    rendered : str
        The page in the format asked for.
    """

    source: Source
    reason: str
    record: dict[str, Any]
    rendered: str

    def row(self) -> dict[str, Any]:
        """The page as a row of a table."""
        status = "failed" if self.reason else "ok"
        return {"source": self.source.name, "status": status, "reason": self.reason, **self.record}


_EMPTY_RECORD: dict[str, Any] = {
    "url": None,
    "title": None,
    "confidence": None,
    "share_article": None,
    "share_promo": None,
    "share_feed": None,
    "share_chrome": None,
    "text": None,
}


def _clean_one(source: Source, model: Model, keep: Sequence[str], output_format: str, url: str | None) -> Outcome:
    try:
        page = label_page(read_source(source), model, url=url)
        blocks = page.kept(keep)
        return Outcome(source, "", page_record(page, blocks), page.render(output_format, keep))
    except BoilerplateError as error:
        return Outcome(source, str(error), _EMPTY_RECORD, "")
    except (RecursionError, MemoryError, ValueError, ArithmeticError, LookupError) as error:
        # A fault of ours must not cost the other pages; it is reported like any other reason.
        return Outcome(source, f"The page could not be processed ({type(error).__name__}: {error}).", _EMPTY_RECORD, "")


def _clean_chunk(
    sources: Sequence[Source], model_path: Path, keep: Sequence[str], output_format: str, url: str | None
) -> list[Outcome]:
    model = Model.load(model_path)
    return [_clean_one(source, model, keep, output_format, url) for source in sources]


def clean_sources(
    sources: Sequence[Source],
    *,
    model: Model,
    model_path: Path,
    keep: Sequence[str],
    output_format: str,
    url: str | None = None,
    jobs: int = 1,
) -> Iterator[Outcome]:
    """Clean pages one after the other or in several processes; outcomes come in the order of the sources.

    Parameters
    ----------
    sources : sequence of Source
    model : Model
        Used in this process.
    model_path : Path
        The same model's file, loaded by worker processes.
    keep : sequence of str
    output_format : str
    url : str, optional
        Address of the page, if there is only one.
    jobs : int
        Processes; 0 for as many as there are cores.
    """
    if jobs == 1 or len(sources) <= 1:
        for source in sources:
            yield _clean_one(source, model, keep, output_format, url)
        return
    # A second to import, which a single page need not pay for.
    from joblib import Parallel, delayed

    size = max(1, min(_CHUNK, -(-len(sources) // max(jobs, 2) // 4) or 1))
    chunks = [sources[i : i + size] for i in range(0, len(sources), size)]
    parallel = Parallel(n_jobs=jobs or -1, return_as="generator")
    for outcomes in parallel(delayed(_clean_chunk)(c, model_path, keep, output_format, url) for c in chunks):
        yield from outcomes
