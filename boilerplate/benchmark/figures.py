"""Figures of a benchmark from what is known of each page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boilerplate.benchmark.material import Material
from boilerplate.benchmark.peers import OURS
from boilerplate.benchmark.process import KINDS
from boilerplate.benchmark.run import Measured
from boilerplate.training.comparison import difference_record
from boilerplate.training.figures import SNIPPET_COUNTS, group_figures, mean_figures, snippet_figures
from boilerplate.training.groups import GROUPINGS
from boilerplate.training.metrics import paired_difference

__all__ = ["Benchmark", "Row", "differences", "failure_figures", "quality_figures", "speed_figures"]

_P95 = 0.95


@dataclass(frozen=True, slots=True)
class Row:
    """What is reported of one extractor.

    Attributes
    ----------
    name : str
    status : str
        ``measured``, or ``left out``.
    reason : str
        Why it was left out.
    python, versions
        What it ran on.
    quality : dict
        As `quality_figures` gives it.
    speed : dict
        As `speed_figures` gives it.
    cold_start : dict or None
        ``cpu`` and ``wall`` of the first page, in seconds.
    peak_memory : int or None
        Largest resident set, in bytes.
    failures : dict
        As `failure_figures` gives it.
    starts : int
        Processes it took.
    """

    name: str
    status: str = "measured"
    reason: str = ""
    python: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    quality: dict[str, Any] = field(default_factory=dict)
    speed: dict[str, Any] = field(default_factory=dict)
    cold_start: dict[str, float] | None = None
    peak_memory: int | None = None
    failures: dict[str, Any] = field(default_factory=dict)
    starts: int = 0


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A run, all of it plain values.

    Attributes
    ----------
    run : dict
        ``date``, ``machine``, ``versions``, ``settings``, ``data``, and ``protocol`` of this package's own texts with
        ``notes`` on it.
    rows : list of Row
        This package first, then the baseline, then the others.
    differences : list of dict
        This package against each other on the same pages, as `differences` gives them.
    pages : list of dict
        A row a page, with what each extractor made of it; no text of the page.
    """

    run: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)
    pages: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Benchmark:
        """The inverse of `to_dict`; raises KeyError, TypeError or ValueError for anything else."""
        rows = [Row(**row) for row in value["rows"]]
        return cls(dict(value["run"]), rows, list(value["differences"]), list(value["pages"]))


def _frame(material: Sequence[Material], rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    columns = [
        {
            "site": m.page.site,
            "source": m.page.source,
            "page_type": m.page.page_type,
            "lang": m.language,
            "gold": m.gold_kind,
            **row,
        }
        for m, row in zip(material, rows, strict=True)
    ]
    return pd.DataFrame(columns)


def quality_figures(material: Sequence[Material], measured: Measured) -> dict[str, Any]:
    """How good the texts are; a page without one counts as an empty text.

    Returns
    -------
    dict
        ``main_text`` against texts that somebody wrote down and ``article`` against the blocks labelled article, both
        as `boilerplate.training.figures.mean_figures`; ``snippets`` by source; ``groups`` by page type, language and
        source, each with the same three. What there is no gold for is left out.
    """
    frame = _frame(material, measured.rows)
    figures: dict[str, Any] = {}
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for gold, name in (("main text", "main_text"), ("labels", "article")):
        part = frame[frame["gold"] == gold].reset_index(drop=True)
        if len(part):
            figures[name] = mean_figures(part)
            for group in group_figures(part.drop(columns=list(SNIPPET_COUNTS), errors="ignore"), {}):
                key = (group["by"], group["value"])
                groups.setdefault(key, {"by": key[0], "value": key[1]})[name] = group["main_text"] | {
                    "sites": group["sites"]
                }
    snippets = snippet_figures(frame)
    if snippets:
        figures["snippets"] = snippets
        part = frame[frame[SNIPPET_COUNTS[0]].notna()].reset_index(drop=True)
        for group in group_figures(part, {}):
            key = (group["by"], group["value"])
            groups.setdefault(key, {"by": key[0], "value": key[1]})["snippets"] = group["snippets"] | {
                "sites": group["sites"]
            }
    if groups:
        order = list(GROUPINGS)
        figures["groups"] = sorted(groups.values(), key=lambda g: (order.index(g["by"]), -_pages(g), g["value"]))
    return figures


def _pages(group: dict[str, Any]) -> int:
    return sum(group[k]["pages"] for k in ("main_text", "article", "snippets") if k in group)


def speed_figures(measured: Measured) -> dict[str, Any]:
    """What a page costs.

    Returns
    -------
    dict
        ``pages`` timed; ``cpu``, seconds of CPU a page, and ``ratio``, the same in parses of the page by lxml, each
        with ``median``, ``mean`` and ``p95``; ``total_ratio``, CPU time of all pages over that of all parses. Pages
        that timed out count with the deadline, pages that crashed are left out. Empty without a page.
    """
    timed = [(r["cpu"], r["parse_cpu"]) for r in measured.rows if r["cpu"] is not None and r["parse_cpu"]]
    if not timed:
        return {}
    cpu, parse = np.array(timed, dtype=np.float64).T
    return {
        "pages": len(timed),
        "cpu": _spread(cpu),
        "ratio": _spread(cpu / parse),
        "total_ratio": float(cpu.sum() / parse.sum()),
    }


def _spread(values: NDArray[np.float64]) -> dict[str, float]:
    return {
        "median": float(np.median(values)),
        "mean": float(values.mean()),
        "p95": float(np.quantile(values, _P95)),
    }


def failure_figures(material: Sequence[Material], measured: Measured) -> dict[str, Any]:
    """How often it failed, and why.

    Returns
    -------
    dict
        ``pages``, ``counts`` by kind, and ``reasons``: the different reasons of a kind, each with how often and on
        which page first.
    """
    counts = dict.fromkeys(KINDS, 0)
    reasons: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], str] = {}
    for page, row in zip(material, measured.rows, strict=True):
        if row["kind"] == "ok":
            continue
        counts[row["kind"]] += 1
        key = (row["kind"], row["reason"])
        reasons[key] += 1
        first.setdefault(key, page.page.id)
    listed = [
        {"kind": kind, "reason": reason, "count": count, "page": first[kind, reason]}
        for (kind, reason), count in reasons.most_common()
    ]
    return {"pages": len(material), "counts": counts, "reasons": listed}


def differences(material: Sequence[Material], measured: dict[str, Measured]) -> list[dict[str, Any]]:
    """This package against each other extractor, with a paired bootstrap by site.

    Returns
    -------
    list of dict
        ``peer``, ``figure`` and the fields of `boilerplate.training.comparison.difference_record`; better means that
        this package's figure is higher.
    """
    ours = measured[OURS.name].rows
    found = []
    for gold, figure in (("main text", "main text, mean word F1"), ("labels", "article, mean word F1")):
        at = [i for i, m in enumerate(material) if m.gold_kind == gold]
        if not at:
            continue
        sites = [material[i].page.site for i in at]
        own = np.array([ours[i]["f1"] for i in at])
        for name, other in measured.items():
            if name == OURS.name:
                continue
            theirs = np.array([other.rows[i]["f1"] for i in at])
            difference = paired_difference(sites, partial(_mean, own), partial(_mean, theirs))
            found.append({"peer": name, "figure": figure, **difference_record(difference)})
    return found


def _mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return float(weights @ values / max(weights.sum(), 1.0))
