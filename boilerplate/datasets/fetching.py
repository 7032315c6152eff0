"""Get public pages from the projects that publish them, check them, and make a dataset of them."""

from __future__ import annotations

import gzip
import hashlib
import io
import posixpath
import re
import shutil
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from boilerplate.datasets.formats import evaldata, readability, wcxb
from boilerplate.datasets.manifest import Manifest, ManifestPage, SourceInfo
from boilerplate.datasets.records import Failed, Gold
from boilerplate.datasets.upstream import MAX_FILE_BYTES, ArchiveUpstream, GitUpstream, Progress, Upstream
from boilerplate.datasets.writing import DatasetWriter, json_text, write_atomically
from boilerplate.errors import BoilerplateError, DatasetError

__all__ = ["DEFAULT_UPSTREAM", "FetchReport", "fetch_source"]

#: The host of the repositories that the manifest names.
DEFAULT_UPSTREAM = "https://github.com"
#: Directory within a dataset for what has arrived of a repository; removed when all of it is there.
CACHE = ".upstream"
_UPSTREAM_GOLD = frozenset({"main_text", "snippets"})
_LICENCE = re.compile(r"(?:licen[cs]e|copying|notice|citation|authors)[^/]*", re.IGNORECASE)

#: By format: the gold file of a page, and its reader.
_GOLD: Mapping[str, tuple[Callable[[str], str], Callable[[bytes, str], Gold]]] = {
    "wcxb": (wcxb.gold_path, wcxb.read_gold),
    "readability": (readability.gold_path, readability.read_gold),
}


@dataclass(slots=True)
class FetchReport:
    """What came of fetching a source.

    Attributes
    ----------
    source : str
    fetched, present : int
        Pages that arrived, and pages that were there already, their checksums in order.
    failed : list of Failed
    """

    source: str
    fetched: int = 0
    present: int = 0
    failed: list[Failed] = field(default_factory=list)


def fetch_source(
    manifest: Manifest,
    pages: Sequence[ManifestPage],
    root: Path,
    *,
    base: str = DEFAULT_UPSTREAM,
    via_archive: bool = False,
    progress: Progress | None = None,
) -> FetchReport:
    """Fetch pages of one source into a dataset, with their gold, labels, licence and citation.

    Pages that are there, with the checksum of the manifest, are not fetched again; labels that are there are kept,
    as they may have been corrected.

    Parameters
    ----------
    manifest : Manifest
    pages : sequence of ManifestPage
        Of one source.
    root : Path
        The dataset's directory; pages of other sources may be in it.
    base : str
        Where the repositories are: ``<base>/<owner>/<name>``, an address or a directory.
    via_archive : bool
        Fetch the commit's archive over HTTPS instead of using git.
    progress : callable, optional
        Called with what is being done, how much of it is done, and of how much.

    Returns
    -------
    FetchReport

    Raises
    ------
    DatasetError
        If the source cannot be reached or the dataset not written. Pages that have arrived are in the dataset.
    """
    first = pages[0]
    source = manifest.sources.get(first.source) or SourceInfo(first.source)
    report = FetchReport(source.name)
    tell = progress or (lambda text, done, total: None)
    writer = DatasetWriter(root)
    job = _Job(writer, source, report, tell)
    for number, page in enumerate(pages, start=1):
        job.add(page)
        tell("checksums", number, len(pages))
    cache = root / CACHE / source.name
    try:
        # All of a source is at one commit; a manifest of several is served one after the other.
        for repository, commit in dict.fromkeys((p.repository, p.commit) for p in pages):
            mine = [p for p in pages if (p.repository, p.commit) == (repository, commit)]
            place = cache / commit[:16]
            job.run(mine, _open(base, repository, commit, place, via_archive=via_archive, progress=tell))
            _write_citation(root, source, repository, commit)
    finally:
        there = [p for p in pages if p.id in job.complete]
        for page in there:
            labels = manifest.read_labels(page.id)
            if labels is not None and not writer.labels_path(page.id).exists():
                write_atomically(writer.labels_path(page.id), labels)
        if there:
            writer.declare(page.record for page in there)
            writer.finish()
    if not report.failed:
        shutil.rmtree(cache, ignore_errors=True)
        if (root / CACHE).is_dir() and not any((root / CACHE).iterdir()):
            (root / CACHE).rmdir()
    return report


def _open(base: str, repository: str, commit: str, place: Path, *, via_archive: bool, progress: Progress) -> Upstream:
    address = f"{base.rstrip('/')}/{repository}"
    if not via_archive:
        return GitUpstream(address, commit, place / "repository.git", progress)
    if "://" not in address:
        address = Path(address).absolute().as_uri()
    return ArchiveUpstream(f"{address}/archive/{commit}.tar.gz", place, progress)


class _Job:
    """Takes files as they arrive, in any order, to where they belong."""

    def __init__(self, writer: DatasetWriter, source: SourceInfo, report: FetchReport, tell: Progress) -> None:
        self.complete: set[str] = set()
        self._writer = writer
        self._source = source
        self._report = report
        self._tell = tell
        self._html: dict[str, list[ManifestPage]] = {}
        self._gold: dict[str, list[ManifestPage]] = {}

    def add(self, page: ManifestPage) -> None:
        """Note what a page still needs."""
        if _is_whole(self._writer.html_path(page.id), page):
            self.complete.add(page.id)
            self._report.present += 1
        else:
            self._html.setdefault(page.path, []).append(page)
        if _UPSTREAM_GOLD.isdisjoint(page.gold) or self._writer.main_text_path(page.id).is_file():
            return
        path = self._gold_path(page)
        if path is not None:
            self._gold.setdefault(path, []).append(page)

    def _gold_path(self, page: ManifestPage) -> str | None:
        if self._source.gold_format == "evaldata":
            return evaldata.GOLD_PATH
        found = _GOLD.get(self._source.gold_format or "")
        return found[0](page.path) if found else None

    def run(self, pages: Sequence[ManifestPage], upstream: Upstream) -> None:
        """Fetch what pages of one commit need; every page that does not get it has failed, with the reason."""
        names = {p.id for p in pages}
        html = {path: mine for path, of in self._html.items() if (mine := [p for p in of if p.id in names])}
        gold = {path: mine for path, of in self._gold.items() if (mine := [p for p in of if p.id in names])}
        directory = self._writer.root / "licences" / self._source.name
        if not html and not gold and directory.is_dir():
            return
        licences = {n for n in upstream.names() if _LICENCE.fullmatch(n)}
        # Page and gold side by side: a run that is cut off leaves few pages without their gold.
        order = sorted({*licences, *html, *gold}, key=lambda path: (path not in licences, _place(path)))
        arrived: set[str] = set()
        done, total = 0, sum(map(len, html.values()))
        for path, data in upstream.read(order):
            arrived.add(path)
            for page in gold.get(path, ()):
                if path != evaldata.GOLD_PATH:
                    self._take_gold(page, path, data)
            if path == evaldata.GOLD_PATH and path in gold:
                self._take_entries(gold[path], data)
            for page in html.get(path, ()):
                self._take_html(page, data)
                done += 1
                self._tell("pages", done, total)
            if path in licences:
                write_atomically(directory / posixpath.basename(path), data)
        for needed in (html, gold):
            for path in needed.keys() - arrived:
                for page in needed[path]:
                    self._fail(page, f"The repository has no file {path} at the pinned commit. Report this.")

    def _fail(self, page: ManifestPage, reason: str) -> None:
        self._report.failed.append(Failed(page.id, reason))

    def _take_html(self, page: ManifestPage, data: bytes) -> None:
        html = _unpack(data, page) if page.path.endswith(".gz") else data
        if html is None or hashlib.sha256(html).hexdigest() != page.sha256:
            self._fail(page, "What the repository holds has another checksum than the manifest; it was not taken.")
            return
        self._writer.write_html(page.id, html)
        self.complete.add(page.id)
        self._report.fetched += 1

    def _take_gold(self, page: ManifestPage, path: str, data: bytes) -> None:
        try:
            if len(data) > MAX_FILE_BYTES:
                raise DatasetError(f"{path} is too large to be a gold text.")
            self._write_gold(page, _GOLD[self._source.gold_format or ""][1](data, path))
        except BoilerplateError as error:
            self._fail(page, f"Its gold cannot be read: {error}")

    def _take_entries(self, pages: Sequence[ManifestPage], data: bytes) -> None:
        try:
            # Of a file that stands there twice the last entry counts, as in Python.
            entries = {e.file: e.gold for e in evaldata.read_entries(data, evaldata.GOLD_PATH)}
        except BoilerplateError as error:
            entries = {}
            problem = str(error)
        else:
            problem = "the evaluation set has no entry for its file. Report this."
        for page in pages:
            gold = entries.get(posixpath.basename(page.path))
            if gold is None:
                self._fail(page, f"Its gold cannot be read: {problem}")
            else:
                self._write_gold(page, gold)

    def _write_gold(self, page: ManifestPage, gold: Gold) -> None:
        text = json_text(gold.to_dict(page.id))
        write_atomically(self._writer.main_text_path(page.id), text.encode())


def _place(path: str) -> tuple[str, str]:
    """Sorts ``html/0001.html.gz`` beside ``ground-truth/0001.json``."""
    name = posixpath.basename(path)
    return (name.partition(".")[0] if name[:1].isdigit() else path, path)


def _unpack(data: bytes, page: ManifestPage) -> bytes | None:
    try:
        return gzip.GzipFile(fileobj=io.BytesIO(data)).read(page.size + 1)
    except (OSError, EOFError, zlib.error):
        return None


def _is_whole(path: Path, page: ManifestPage) -> bool:
    try:
        html = _unpack(path.read_bytes(), page)
    except OSError:
        return False
    return html is not None and hashlib.sha256(html).hexdigest() == page.sha256


def _write_citation(root: Path, source: SourceInfo, repository: str, commit: str) -> None:
    lines = [
        f"# {source.title or source.name}",
        "",
        f"Made by: {source.authors or 'see the repository'}",
        f"Licence: {source.licence or 'see the repository'}",
        f"Repository: {repository}, commit {commit}",
        "",
        f"Cite as: {source.citation or repository}",
        "",
        "The licence is that of the annotations or test data. The pages belong to their publishers: do not pass them",
        "on.",
    ]
    if source.labels:
        lines += ["", f"The labels in labels/: {source.labels}"]
    text = "\n".join(lines) + "\n"
    write_atomically(root / "licences" / source.name / "ABOUT.md", text.encode("utf-8", "replace"))
