"""Take each extractor through the same pages, and write down what came out of each."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boilerplate.benchmark.material import Material
from boilerplate.benchmark.peers import Peer
from boilerplate.benchmark.process import Outcome, PeerProcess, PeerStartError, Request
from boilerplate.training.figures import SNIPPET_COUNTS
from boilerplate.training.metrics import ngram_f1, snippet_counts, word_f1

__all__ = ["Candidate", "Measured", "cold_start", "measure"]

#: Parses of a page by the reference, of which the fastest counts: a parse is so short that others' noise shows.
_PARSES = 3
_COLD_STARTS = 5
#: Extracted before anything is timed: imports that wait for the first page, tables that are filled by it.
_WARM_UP = (
    "<!DOCTYPE html><html lang='en'><head><title>Tea</title></head><body><nav><a href='/'>Home</a></nav><article>"
    "<h1>Tea</h1>"
    + "<p>Tea is brewed from leaves, and some people drink it with milk, which others find hard to understand.</p>" * 8
    + "</article><footer>Tea Society</footer></body></html>"
)


@dataclass(frozen=True)
class Candidate:
    """An extractor with the interpreter that has it.

    Attributes
    ----------
    peer : Peer
    interpreter : Path
    options : dict
        For its adapter.
    texts : mapping of str to str
        By page id, texts that quality is measured on instead of those that come out: kept predictions of models that
        have not seen the pages.
    """

    peer: Peer
    interpreter: Path
    options: dict[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Measured:
    """What came out of an extractor.

    Attributes
    ----------
    python : str
        Version of its interpreter.
    versions : dict of str to str
        Of what it is made of.
    rows : list of dict
        A row a page: ``kind`` (``ok`` or how it failed), ``reason``, ``cpu`` and ``wall`` (seconds, None of a page that
        crashed), ``parse_cpu`` (of the reference); with gold ``precision``, ``recall``, ``f1`` and the same of 4-grams;
        with snippets their counts. A page that failed is measured as an empty text.
    peak : int or None
        Largest resident set of its processes, in bytes.
    starts : int
        Processes it took: one, and one more for each crash and timeout.
    """

    python: str
    versions: dict[str, str]
    rows: list[dict[str, Any]]
    peak: int | None
    starts: int


def measure(
    candidate: Candidate,
    reference: Candidate,
    material: Sequence[Material],
    *,
    timeout: float,
    memory_limit: int = 0,
    quality: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Measured:
    """Take an extractor through the pages, with a parse of each page timed beside it.

    Parameters
    ----------
    candidate, reference : Candidate
    material : sequence of Material
    timeout : float
        Seconds of wall time for a page.
    memory_limit : int
        Bytes of address space, 0 for any number.
    quality : bool
        Whether texts are measured against the gold.
    progress : callable, optional
        Called with the number of pages done after each.

    Raises
    ------
    PeerStartError
        If the extractor cannot be started.
    """
    process = PeerProcess(candidate.peer, candidate.interpreter, candidate.options, memory_limit)
    parser = PeerProcess(reference.peer, reference.interpreter, reference.options)
    warm = Request(_WARM_UP.encode(), _WARM_UP, "", "en")
    rows = []
    with process, parser:
        ready = process.start()
        peaks = [ready.get("peak")]
        starts = 1
        for one in (process, parser):
            one.extract(warm, timeout)
        for done, page in enumerate(material, start=1):
            request = page.request()
            parses = [parser.extract(request, timeout).cpu for _ in range(_PARSES)]
            outcome = process.extract(request, timeout)
            starts += outcome.kind in {"crash", "timeout"}
            peaks.append(outcome.peak)
            row = {
                "kind": outcome.kind,
                "reason": outcome.reason,
                "cpu": outcome.cpu,
                "wall": outcome.wall,
                "parse_cpu": min((p for p in parses if p is not None), default=None),
            }
            rows.append(row | (_quality(page, _text(candidate, page, outcome)) if quality else {}))
            if progress:
                progress(done)
    return Measured(
        python=str(ready.get("python", "")),
        versions=dict(ready.get("versions", {})),
        rows=rows,
        peak=max((p for p in peaks if p is not None), default=None),
        starts=starts,
    )


def _text(candidate: Candidate, page: Material, outcome: Outcome) -> str:
    return outcome.text if candidate.texts is None else candidate.texts.get(page.page.id, "")


def _quality(material: Material, text: str) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if material.gold is not None:
        row["precision"], row["recall"], row["f1"] = word_f1(text, material.gold)
        row["ngram_precision"], row["ngram_recall"], row["ngram_f1"] = ngram_f1(text, material.gold)
    if material.has_snippets:
        counts = snippet_counts(text, material.page.wanted, material.page.unwanted)
        row.update(zip(SNIPPET_COUNTS, counts, strict=True))
    return row


def cold_start(candidate: Candidate, *, timeout: float) -> dict[str, float] | None:
    """What the first page costs: median CPU and wall time from starting an interpreter to having a small page's text.

    Returns
    -------
    dict or None
        ``cpu`` and ``wall``, in seconds; None if it does not get that far.
    """
    request = Request(_WARM_UP.encode(), _WARM_UP, "", "en")
    taken: list[tuple[float, float]] = []
    for _ in range(_COLD_STARTS):
        with PeerProcess(candidate.peer, candidate.interpreter, candidate.options) as process:
            began = time.perf_counter()
            try:
                process.start()
            except PeerStartError:
                return None
            outcome = process.extract(request, timeout)
            if outcome.cpu_since_start is None:
                return None
            taken.append((outcome.cpu_since_start, time.perf_counter() - began))
    return {
        name: statistics.median(times) for name, times in zip(("cpu", "wall"), zip(*taken, strict=True), strict=True)
    }
