"""Check datasets: gold that does not fit, pages and sites on both sides of a split, doubtful labels; and count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from boilerplate.dataset import DatasetPage, scan_dataset
from boilerplate.datasets.duplicates import groups
from boilerplate.datasets.look import PageLook, look_at
from boilerplate.labels import LABELS

__all__ = ["CheckReport", "Finding", "check_datasets", "read_splits"]

#: What a collection without splits is called.
WHOLE = "all"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should be looked at.

    Attributes
    ----------
    kind : str
    is_error : bool
        Whether figures would be wrong if nothing is done; else it is a warning.
    pages : tuple of str
    detail : str
    """

    kind: str
    is_error: bool
    pages: tuple[str, ...]
    detail: str


@dataclass(slots=True)
class CheckReport:
    """What a check found.

    Attributes
    ----------
    findings : list of Finding
    counts : dict
        ``pages`` and ``sites``; and by ``split``, ``source``, ``page_type``, ``lang`` and ``gold`` a row each: pages,
        sites, labelled pages, blocks and words by label.
    suspects : list of dict or None
        Doubtful labels, where they were looked for.
    """

    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)
    suspects: list[dict[str, Any]] | None = None

    @property
    def errors(self) -> int:
        """How many of the findings are errors."""
        return sum(f.is_error for f in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        return asdict(self)


def read_splits(paths: Sequence[Path], report: CheckReport) -> list[tuple[str, DatasetPage]]:
    """The pages of datasets with the split each is in: the ``split`` of ``pages.jsonl``, the dataset, or both.

    Parameters
    ----------
    paths : sequence of Path
    report : CheckReport
        Gets what cannot be read.

    Returns
    -------
    list of (str, DatasetPage)

    Raises
    ------
    DatasetError
        If one of the paths is no dataset at all.
    """
    pages: list[tuple[str, DatasetPage]] = []
    names = [p.resolve().name for p in paths]
    for path, name in zip(paths, names, strict=True):
        shown = name if names.count(name) == 1 else str(path)

        def note(page: str, reason: str) -> None:
            report.findings.append(Finding("unreadable", True, (page,), reason))

        found = scan_dataset(path, note)
        for page in found:
            parts = ([shown] if len(paths) > 1 else []) + ([page.split] if page.split else [])
            pages.append(("/".join(parts) or WHOLE, page))
        _find_strays(path, found, report)
    return pages


def _find_strays(path: Path, pages: Sequence[DatasetPage], report: CheckReport) -> None:
    known = {p.id for p in pages}
    for directory in ("html", "labels", "main_text"):
        names = {f.name.removesuffix(".gz").rpartition(".")[0] for f in (path / directory).glob("[!.]*.*")}
        stray = sorted(n for n in names - known if not any(n in f.pages for f in report.findings))
        for name in stray:
            report.findings.append(
                Finding("stray file", False, (name,), f"{directory}/ has a file for it, but pages.jsonl has no line.")
            )


def check_datasets(
    paths: Sequence[Path], *, jobs: int = 1, progress: Callable[[int, int], None] | None = None
) -> CheckReport:
    """Check datasets; several are taken for parts of one collection, such as a training and a test set.

    Parameters
    ----------
    paths : sequence of Path
    jobs : int
        Processes; -1 for one a core.
    progress : callable, optional
        Called with the pages done, and their number.

    Returns
    -------
    CheckReport

    Raises
    ------
    DatasetError
        If one of the paths is no dataset at all.
    """
    report = CheckReport()
    pages = read_splits(paths, report)
    looks: list[PageLook] = []
    results = Parallel(n_jobs=jobs, return_as="generator", batch_size=8)(delayed(look_at)(p) for _, p in pages)
    for look in results:
        looks.append(look)
        report.findings += [Finding(kind, fatal, (look.id,), text) for kind, fatal, text in look.problems]
        if progress:
            progress(len(looks), len(pages))
    report.findings += _duplicates(pages, looks)
    report.findings += _leaks(pages)
    report.counts = _counts(pages, looks)
    return report


def _duplicates(pages: Sequence[tuple[str, DatasetPage]], looks: Sequence[PageLook]) -> list[Finding]:
    names = [p.id for _, p in pages]
    splits = [s for s, _ in pages]
    found: list[Finding] = []
    seen: set[frozenset[str]] = set()
    ways = (
        ("have one id", names),
        ("are the same bytes", [look.bytes_sha256 for look in looks]),
        ("have one address", [look.url for look in looks]),
        ("hold the same text", [look.text_sha256 for look in looks]),
    )
    for how, keys in ways:
        for group in groups(keys, names, splits):
            members = frozenset(group.members)
            # Byte-identical pages hold the same text too; they are named once, by the strongest likeness.
            if any(members <= earlier for earlier in seen if len(members) > 1):
                continue
            seen.add(members)
            apart = len(group.splits) > 1
            where = f" in {', '.join(group.splits)}" if apart else ""
            what = f" ({group.key})" if how == "have one address" else ""
            found.append(
                Finding(
                    "page in two splits" if apart else "page twice",
                    apart or how == "have one id",
                    tuple(dict.fromkeys(group.members)),
                    f"{len(group.members)} pages {how}{what}{where}. Keep one of them.",
                )
            )
    return found


def _leaks(pages: Sequence[tuple[str, DatasetPage]]) -> list[Finding]:
    found = []
    for group in groups([p.site for _, p in pages], [p.id for _, p in pages], [s for s, _ in pages]):
        if len(group.splits) > 1:
            found.append(
                Finding(
                    "site in two splits",
                    True,
                    group.members,
                    f"{group.key} has pages in {', '.join(group.splits)}. Move them to one of them.",
                )
            )
    return found


def _counts(pages: Sequence[tuple[str, DatasetPage]], looks: Sequence[PageLook]) -> dict[str, Any]:
    rows = list(zip(pages, looks, strict=True))
    counts: dict[str, Any] = {"pages": len(rows), "sites": len({p.site for (_, p), _ in rows})}
    keys: dict[str, Callable[[str, DatasetPage], str]] = {
        "split": lambda split, page: split,
        "source": lambda split, page: page.source,
        "page_type": lambda split, page: page.page_type or "not given",
        "lang": lambda split, page: page.lang or "not given",
        "gold": lambda split, page: _kinds(page),
    }
    for name, key in keys.items():
        values = Counter(key(split, page) for (split, page), _ in rows)
        counts[name] = [
            {name: value, **_row([(p, look) for (s, p), look in rows if key(s, p) == value])}
            for value, _ in values.most_common()
        ]
    counts["total"] = _row([(p, look) for (_, p), look in rows])
    return counts


def _row(rows: Sequence[tuple[DatasetPage, PageLook]]) -> dict[str, Any]:
    return {
        "pages": len(rows),
        "sites": len({p.site for p, _ in rows}),
        "labelled": sum(p.regions is not None for p, _ in rows),
        "blocks": {label: sum(look.blocks.get(label, 0) for _, look in rows) for label in LABELS},
        "words": {label: sum(look.words.get(label, 0) for _, look in rows) for label in LABELS},
    }


def _kinds(page: DatasetPage) -> str:
    kinds = (
        ("labels", page.regions is not None),
        ("main text", page.main_text is not None),
        ("snippets", bool(page.wanted or page.unwanted)),
    )
    return " + ".join(kind for kind, there in kinds if there) or "none"
