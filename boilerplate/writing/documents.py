"""Pages as documents: one after the other, one to a file, or each in a file of its own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

from boilerplate.batch.outcome import ERROR, Cleaned, Outcome
from boilerplate.errors import BoilerplateError
from boilerplate.files import make_directory, unwritable
from boilerplate.inputs.source import PAGE_SUFFIXES, Source
from boilerplate.output.records import json_text
from boilerplate.writing.journal import Journal, Run, after
from boilerplate.writing.writer import Writer

__all__ = ["DocumentFiles", "DocumentStream", "FileNames", "SingleDocument"]

_SUFFIX = {"txt": ".txt", "markdown": ".md", "html": ".html", "json": ".json"}
_JOURNAL = ".boilerplate.journal"


def _document(outcome: Outcome, output_format: str) -> str:
    return json_text(outcome.record) if output_format == "json" else outcome.rendered


class DocumentStream(Writer):
    """One document after the other, an empty line between them."""

    def __init__(self, emit: Callable[[str], None], output_format: str) -> None:
        super().__init__()
        self._emit = emit
        self._format = output_format
        self._first = True

    def write(self, outcome: Outcome) -> str:
        text = "" if outcome.reason else _document(outcome, self._format)
        if text:
            self._emit(text if self._first else f"\n{text}")
            self._first = False
        self.progress.add(outcome)
        return outcome.reason


class SingleDocument(Writer):
    """One document to one file, which a page that failed leaves as it is."""

    def __init__(self, write_text: Callable[[str], None], output_format: str) -> None:
        super().__init__()
        self._write_text = write_text
        self._format = output_format

    def write(self, outcome: Outcome) -> str:
        if not outcome.reason:
            self._write_text(_document(outcome, self._format))
        self.progress.add(outcome)
        return outcome.reason


class DocumentFiles(Writer):
    """A file a page, named as the page is; each is complete or absent.

    Raises
    ------
    UsageError
        If the directory cannot be made, or belongs to another run that is not finished.
    """

    def __init__(self, directory: Path, output_format: str, run: Run) -> None:
        super().__init__()
        make_directory(directory)
        self._directory = directory
        self._format = output_format
        self._names = FileNames(_SUFFIX[output_format])
        self._journal = Journal(directory / _JOURNAL, run)
        self.progress = self._journal.progress
        self._unsafe: list[Path] = []
        self._saved = monotonic()

    def rest(self, sources: Iterable[Source]) -> Iterator[Source]:
        # The pages that are done have taken their names.
        return after(self.progress, sources, seen=self._names.of)

    def write(self, outcome: Outcome) -> str:
        path = self._directory / self._names.of(outcome.source)
        reason = outcome.reason
        if not reason and _is_file_of(outcome.source, path):
            reason = "What is written would take the place of this file. Give another directory with -o."
            outcome = replace(outcome, cleaned=Cleaned(ERROR, reason))
        if not reason:
            try:
                self._put(path, _document(outcome, self._format))
            except (OSError, ValueError) as error:
                reason = unwritable(path, error)
                outcome = replace(outcome, cleaned=Cleaned(ERROR, reason))
        self.progress.add(outcome)
        if monotonic() - self._saved > self.seconds_between_saves:
            self._save()
        return reason

    def finish(self) -> None:
        self._make_safe()
        self._journal.remove()

    def _put(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{hashlib.sha256(path.name.encode('utf-8', 'replace')).hexdigest()[:16]}.partial")
        try:
            temporary.write_bytes(text.encode("utf-8", "replace"))
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        self._unsafe.append(path)

    def _make_safe(self) -> None:
        """Have all that was written outlast a loss of power; after each page, that would take longer than the page."""
        try:
            for path in self._unsafe:
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        except OSError as error:
            raise BoilerplateError(unwritable(path, error)) from error
        self._unsafe.clear()

    def _save(self) -> None:
        self._make_safe()
        self._journal.save()
        self._saved = monotonic()


def _is_file_of(source: Source, path: Path) -> bool:
    try:
        return path.samefile(source.name)
    except (OSError, ValueError):
        return False


class FileNames:
    """File names for what is made of pages: none leads out of the directory, and no two are the same."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        # Digests rather than names: there may be millions.
        self._taken: set[bytes] = set()
        self._numbers: dict[str, int] = {}

    def of(self, source: Source) -> str:
        name = _stem(source)
        path = f"{name}{self._suffix}"
        # Names that differ in case only are one file on some systems.
        while (digest := _digest(path)) in self._taken:
            number = self._numbers[name] = self._numbers.get(name, 1) + 1
            path = f"{name}-{number}{self._suffix}"
        self._taken.add(digest)
        return path


def _digest(path: str) -> bytes:
    return hashlib.blake2b(path.casefold().encode("utf-8", "surrogatepass"), digest_size=12).digest()


def _stem(source: Source) -> str:
    """Name for what is made of a page, without suffix; it cannot lead out of a directory."""
    parts = [part for part in Path(source.relative).parts if part not in ("..", "/")] or ["page"]
    # The longest suffix first: .html.gz ends in .gz too.
    for suffix in sorted(PAGE_SUFFIXES, key=len, reverse=True):
        if parts[-1].lower().endswith(suffix) and len(parts[-1]) > len(suffix):
            parts[-1] = parts[-1][: -len(suffix)]
            break
    return str(Path(*parts))
