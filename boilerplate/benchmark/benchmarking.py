"""A whole run: every extractor, one after the other, on the same pages."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from boilerplate.benchmark.environments import PeerUnavailableError, find_interpreter
from boilerplate.benchmark.figures import (
    Benchmark,
    Row,
    differences,
    failure_figures,
    quality_figures,
    speed_figures,
)
from boilerplate.benchmark.machine import describe_machine
from boilerplate.benchmark.material import Material
from boilerplate.benchmark.peers import BASELINE, OURS, REFERENCE, Peer
from boilerplate.benchmark.process import PeerStartError
from boilerplate.benchmark.run import Candidate, Measured, cold_start, measure
from boilerplate.dataset import fingerprint

__all__ = ["OwnTexts", "Plan", "run_benchmark"]


@dataclass(frozen=True)
class OwnTexts:
    """Where this package's own texts come from.

    Attributes
    ----------
    protocol : str
        A sentence's end: how the model that made them came about.
    notes : tuple of str
        What a reader of the figures has to know.
    texts : mapping of str to str or None
        By page id, of models that have not seen the page; None to measure what the model given writes.
    """

    protocol: str
    notes: tuple[str, ...] = ()
    texts: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Plan:
    """What is to be run.

    Attributes
    ----------
    peers : sequence of Peer
        Besides this package and the baseline.
    model : Path or None
        Model of this package; the default model for None.
    own : OwnTexts
    pythons : mapping of str to Path
        Interpreters by peer.
    install : bool
        Whether missing peers may be installed into environments of their own.
    cache : Path
        Directory of these environments.
    timeout : float
        Seconds of wall time for a page.
    memory_limit : int
        Bytes of address space for each process, 0 for any number.
    speed_only : bool
        Whether neither quality nor the start is measured.
    """

    peers: Sequence[Peer]
    model: Path | None
    own: OwnTexts
    pythons: Mapping[str, Path]
    install: bool
    cache: Path
    timeout: float
    memory_limit: int
    speed_only: bool = False


def run_benchmark(
    material: Sequence[Material],
    plan: Plan,
    *,
    settings: Mapping[str, Any],
    progress: Callable[[str, int, int], None] | None = None,
    keep: Callable[[Benchmark], None] | None = None,
) -> Benchmark:
    """Measure every extractor of a plan; one that cannot be run is a row that says why.

    Parameters
    ----------
    material : sequence of Material
    plan : Plan
    settings : mapping
        What else the report should say of how it was run; plain values.
    progress : callable, optional
        Called with a name, how many pages are done, and of how many.
    keep : callable, optional
        Called after each extractor with what is measured so far.

    Raises
    ------
    PeerStartError
        If this package itself, or the reference, cannot be run.
    """
    rows: list[Row] = []
    measured: dict[str, Measured] = {}
    run = _describe(material, plan, settings)
    reference = Candidate(REFERENCE, Path(sys.executable))
    for peer in (OURS, BASELINE, *plan.peers):
        if progress:
            progress(peer.name, 0, len(material))
        try:
            candidate = _candidate(peer, plan)
            result = measure(
                candidate,
                reference,
                material,
                timeout=plan.timeout,
                memory_limit=plan.memory_limit,
                quality=not plan.speed_only,
                progress=partial(_report, progress, peer.name, len(material)) if progress else None,
            )
        except (PeerUnavailableError, PeerStartError) as error:
            if peer in (OURS, BASELINE):
                raise
            rows.append(Row(peer.name, status="left out", reason=str(error)))
        else:
            measured[peer.name] = result
            rows.append(_row(peer.name, candidate, material, result, plan))
        if keep:
            keep(_benchmark(run, rows, material, measured, plan))
    return _benchmark(run, rows, material, measured, plan)


def _describe(material: Sequence[Material], plan: Plan, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": describe_machine(),
        "data": {
            "pages": len(material),
            "sites": len({m.page.site for m in material}),
            "sha256": fingerprint([m.page for m in material]),
        },
        "settings": {**settings, "timeout": plan.timeout, "memory_limit": plan.memory_limit},
        "protocol": "" if plan.speed_only else plan.own.protocol,
        "notes": [] if plan.speed_only else list(plan.own.notes),
        "speed_only": plan.speed_only,
    }


def _candidate(peer: Peer, plan: Plan) -> Candidate:
    if peer is OURS:
        options = {"model": str(plan.model)} if plan.model else {}
        return Candidate(peer, Path(sys.executable), options, plan.own.texts)
    if peer is BASELINE:
        return Candidate(peer, Path(sys.executable))
    return Candidate(peer, find_interpreter(peer, plan.pythons, install=plan.install, cache=plan.cache))


def _benchmark(
    run: dict[str, Any],
    rows: Sequence[Row],
    material: Sequence[Material],
    measured: dict[str, Measured],
    plan: Plan,
) -> Benchmark:
    compared = [] if plan.speed_only else differences(material, measured)
    return Benchmark(run, list(rows), compared, _page_rows(material, measured))


def _report(progress: Callable[[str, int, int], None], name: str, total: int, done: int) -> None:
    progress(name, done, total)


def _row(name: str, candidate: Candidate, material: Sequence[Material], result: Measured, plan: Plan) -> Row:
    return Row(
        name,
        python=result.python,
        versions=result.versions,
        quality={} if plan.speed_only else quality_figures(material, result),
        speed=speed_figures(result),
        cold_start=None if plan.speed_only else cold_start(candidate, timeout=plan.timeout),
        peak_memory=result.peak,
        failures=failure_figures(material, result),
        starts=result.starts,
    )


def _page_rows(material: Sequence[Material], measured: Mapping[str, Measured]) -> list[dict[str, Any]]:
    return [
        {
            "id": m.page.id,
            "source": m.page.source,
            "site": m.page.site,
            "page_type": m.page.page_type,
            "lang": m.language,
            "gold": m.gold_kind,
            "extractors": {name: result.rows[i] for name, result in measured.items()},
        }
        for i, m in enumerate(material)
    ]
