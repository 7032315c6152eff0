"""Files of a public repository at a pinned commit: through git, or from an archive over HTTPS.

Both keep what has arrived, so that a run that was cut off goes on where it was, and both use the proxy that the
environment names (``https_proxy``, ``no_proxy``; git its own settings too).
"""

from __future__ import annotations

import os
import subprocess
import tarfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Protocol

from boilerplate.errors import DatasetError

__all__ = ["ArchiveUpstream", "GitUpstream", "Upstream"]

#: A larger file is no page and no gold, and would only fill the memory.
MAX_FILE_BYTES = 64 * 1024 * 1024
#: Files asked for at a time: few enough that progress shows and little is lost when the line breaks.
BATCH = 50
#: A connection that carries nothing for this long is given up.
TIMEOUT_SECONDS = 60
_CHUNK = 256 * 1024

Progress = Callable[[str, int, int | None], None]


class Upstream(Protocol):
    """Where files come from."""

    def names(self) -> list[str]:
        """Paths of all files at the commit."""

    def read(self, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The contents of the files there are among some paths, in any order."""


def _silent(text: str, done: int, total: int | None) -> None:
    pass


class GitUpstream:
    """A repository read with git: only the commit's tree and the files that are asked for are transferred.

    Parameters
    ----------
    url : str
        Anything git can fetch from.
    commit : str
        Full hash. Git checks everything against it, so it is a checksum of gold and licence too.
    cache : Path
        Directory for the objects that have arrived.
    progress : callable, optional
        Called with what is being done, how much of it is done, and of how much.

    Raises
    ------
    DatasetError
        By every method, if git is not installed or does not succeed; the message holds git's own.
    """

    def __init__(self, url: str, commit: str, cache: Path, progress: Progress | None = None) -> None:
        if url.startswith("-"):
            raise DatasetError(f"{url!r} is no address of a repository. Give another with --upstream.")
        self.url = url
        self.commit = commit
        self.cache = cache
        self._progress = progress or _silent
        self._objects: dict[str, str] = {}
        self._missing: set[str] = set()

    def names(self) -> list[str]:
        """Paths of all files at the commit."""
        self._open()
        return list(self._objects)

    def read(self, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The contents of the files there are among some paths; links and submodules are none."""
        self._open()
        wanted = [p for p in dict.fromkeys(paths) if p in self._objects]
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            objects = [self._objects[p] for p in batch]
            missing = sorted(self._missing.intersection(objects))
            if missing:
                self._fetch("--filter=blob:none", "--stdin", stdin="".join(f"{o}\n" for o in missing))
                self._missing.difference_update(missing)
            yield from zip(batch, self._contents(objects), strict=True)

    def _open(self) -> None:
        if self._objects:
            return
        if not (self.cache / "HEAD").is_file():
            self.cache.mkdir(parents=True, exist_ok=True)
            self._run("init", "--quiet", "--bare", str(self.cache), inside=False)
        self._run("config", "remote.origin.url", self.url)
        if not self._has_commit():
            self._progress("commit", 0, None)
            self._fetch("--depth=1", "--filter=blob:none", self.commit, remote_first=True)
        listing = self._run("ls-tree", "-r", "-z", "--full-tree", self.commit)
        for line in listing.split(b"\0"):
            facts, _, path = line.partition(b"\t")
            entry = facts.split()
            if len(entry) == 3 and entry[1] == b"blob" and entry[0] != b"120000":
                self._objects[path.decode("utf-8", "surrogateescape")] = entry[2].decode("ascii")
        absent = self._run("rev-list", "--objects", "--missing=print", "--no-object-names", self.commit)
        self._missing = {line[1:].decode("ascii") for line in absent.split() if line.startswith(b"?")}

    def _has_commit(self) -> bool:
        # A commit without its trees would be asked for again, one by one; a run cut off leaves none.
        found = subprocess.run(
            self._command("rev-parse", "--verify", "--quiet", f"{self.commit}^{{tree}}"),
            env=_environment({"GIT_NO_LAZY_FETCH": "1"}),
            capture_output=True,
            check=False,
        )
        return found.returncode == 0

    def _fetch(self, *arguments: str, stdin: str = "", remote_first: bool = False) -> None:
        *options, last = arguments
        order = [*options, "origin", last] if remote_first else [*options, last, "origin"]
        self._run(
            *("-c", "fetch.negotiationAlgorithm=noop", "-c", "http.lowSpeedLimit=1"),
            *("-c", f"http.lowSpeedTime={TIMEOUT_SECONDS}"),
            *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
            *("--recurse-submodules=no", *order),
            stdin=stdin,
        )

    def _contents(self, objects: Sequence[str]) -> Iterator[bytes]:
        with subprocess.Popen(
            self._command("cat-file", "--batch"),
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for name in objects:
                process.stdin.write(f"{name}\n".encode())
                process.stdin.flush()
                facts = process.stdout.readline().split()
                if len(facts) != 3:
                    raise DatasetError(f"The object {name} of {self.url} is damaged. Remove {self.cache}; run again.")
                yield _cut(process.stdout, int(facts[2]))
                process.stdout.read(1)

    def _command(self, *arguments: str, inside: bool = True) -> list[str]:
        # Nothing is checked out and no hook is run: the repository is only a store of files.
        place = ["--git-dir", str(self.cache)] if inside else []
        return ["git", *place, "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", *arguments]

    def _run(self, *arguments: str, stdin: str = "", inside: bool = True) -> bytes:
        try:
            done = subprocess.run(
                self._command(*arguments, inside=inside),
                env=_environment(),
                input=stdin.encode(),
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise DatasetError("git is not installed. Install it, or fetch with --via archive.") from error
        if done.returncode:
            said = " ".join(done.stderr.decode("utf-8", "replace").split()) or f"exit status {done.returncode}"
            raise DatasetError(
                f"git could not read {self.url}: {said[-400:]}. Check the network (a proxy is named by https_proxy) "
                "and run this again: what has arrived is kept. Without git's protocol: --via archive."
            )
        return done.stdout


def _environment(more: dict[str, str] | None = None) -> dict[str, str]:
    # A repository that the user stands in must not be taken for ours, and nobody is there to answer a question.
    theirs = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"}
    kept = {key: value for key, value in os.environ.items() if key not in theirs}
    ours = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file", "LC_ALL": "C"}
    return kept | ours | (more or {})


def _cut(stream: IO[bytes], size: int) -> bytes:
    """Read so many bytes, keeping no more than a page may have."""
    data = stream.read(min(size, MAX_FILE_BYTES + 1))
    left = size - len(data)
    while left > 0:
        left -= len(stream.read(min(left, _CHUNK))) or left
    return data


class ArchiveUpstream:
    """A repository read from the archive that its host makes of a commit, ``…/archive/<commit>.tar.gz``.

    Parameters
    ----------
    url : str
        Address of the archive.
    cache : Path
        Directory for the archive.
    progress : callable, optional
        Called with what is being done, bytes that have arrived, and of how many.

    Raises
    ------
    DatasetError
        By every method, if the archive cannot be fetched or read.

    Notes
    -----
    The archive's own bytes are not the same each time a host makes it, so they cannot be pinned. What is taken
    from it can be, by checksums of the pages.
    """

    def __init__(self, url: str, cache: Path, progress: Progress | None = None) -> None:
        self.url = url
        self.cache = cache
        self._progress = progress or _silent
        self._path = cache / "archive.tar.gz"

    def names(self) -> list[str]:
        """Paths of all files in the archive."""
        return [name for name, _, _ in self._members()]

    def read(self, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The contents of the files there are among some paths, in the archive's order."""
        wanted = set(paths)
        for name, archive, member in self._members():
            if name in wanted:
                stream = archive.extractfile(member)
                if stream is not None:
                    yield name, stream.read(MAX_FILE_BYTES + 1)

    def _members(self) -> Iterator[tuple[str, tarfile.TarFile, tarfile.TarInfo]]:
        # Members are read one at a time and never unpacked to the disk, so where their names lead does not matter.
        if not self._path.is_file():
            self._download()
        try:
            with tarfile.open(self._path, mode="r|gz") as archive:
                for member in archive:
                    if member.isreg():
                        yield member.name.partition("/")[2], archive, member
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            self._path.unlink(missing_ok=True)
            raise DatasetError(f"The archive {self.url} cannot be read ({error}). Run this again.") from error

    def _download(self) -> None:
        self.cache.mkdir(parents=True, exist_ok=True)
        part, mark = self.cache / "archive.part", self.cache / "archive.etag"
        have = part.stat().st_size if part.is_file() and mark.is_file() else 0
        request = urllib.request.Request(self.url, headers={"User-Agent": "boilerplate", "Accept-Encoding": "identity"})
        if have:
            request.add_header("Range", f"bytes={have}-")
            request.add_header("If-Range", mark.read_text(encoding="utf-8"))
        opener = urllib.request.build_opener(_NoDowngrade)
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                goes_on = getattr(answer, "status", None) == 206
                have = have if goes_on else 0
                length = answer.headers.get("Content-Length")
                total = have + int(length) if length and length.isdigit() else None
                # A part can be continued only if the host says which version of the archive it belongs to.
                tag = answer.headers.get("ETag") or ""
                if not goes_on:
                    mark.unlink(missing_ok=True)
                if tag and not tag.startswith("W/"):
                    mark.write_text(tag, encoding="utf-8")
                with part.open("ab" if goes_on else "wb") as file:
                    while chunk := answer.read(_CHUNK):
                        file.write(chunk)
                        have += len(chunk)
                        self._progress("archive", have, total)
            if total is not None and have < total:
                raise OSError(f"the connection ended after {have} of {total} bytes")
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise DatasetError(
                f"{self.url} cannot be fetched: {reason}. Check the network (a proxy is named by https_proxy) and run "
                "this again: what has arrived is kept where the host allows."
            ) from error
        os.replace(part, self._path)
        mark.unlink(missing_ok=True)


class _NoDowngrade(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but not from an encrypted connection to an open one."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise urllib.error.URLError(f"it redirects to {newurl[:80]}, which is not encrypted")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
