"""The examples of README and docs: what is run, what they show, and how what they show is brought up to date.

A console example is a command after ``$ boilerplate`` and what it prints; a line "…" stands for any lines. Commands run
in a directory of their own, which holds ``datasets/own`` and ``datasets/seed``.
"""

from __future__ import annotations

import difflib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ELLIPSIS = "…"
#: Lines less alike than this are not the same line of a newer output.
_ALIKE = 0.6
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_COMMAND = re.compile(r"^\$ boilerplate (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A command in a page of the documentation.

    Attributes
    ----------
    path : Path
    command : str
        What follows ``boilerplate``.
    shown : str
        What the page says that it prints.
    span : tuple of int
        Where in the page that stands.
    """

    path: Path
    command: str
    shown: str
    span: tuple[int, int]


def doc_paths() -> list[Path]:
    """README and the pages of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def examples() -> Iterator[Example]:
    """All console examples."""
    for path in doc_paths():
        text = path.read_text(encoding="utf-8")
        for block in _BLOCK.finditer(text):
            for match in _COMMAND.finditer(block[1]):
                start = block.start(1) + match.start(2)
                yield Example(path, match[1], match[2], (start, start + len(match[2])))


def python_examples() -> Iterator[tuple[Path, str]]:
    """All Python examples."""
    for path in doc_paths():
        for code in re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            yield path, code


def is_slow(command: str) -> bool:
    """Whether a command trains a model."""
    return command.startswith(("train", "benchmark")) or "--folds" in command


def writes_for(one: Example, other: Example) -> bool:
    """Whether a command reads what another has written."""
    words = shlex.split(one.command)
    return any(word == "-o" and words[i + 1] in shlex.split(other.command) for i, word in enumerate(words[:-1]))


def prepare(directory: Path) -> None:
    """Put what examples read into the directory they run in."""
    for name in ("own", "seed"):
        if not (directory / "datasets" / name).exists():
            shutil.copytree(ROOT / "datasets" / name, directory / "datasets" / name)


def matches(shown: str, printed: str) -> bool:
    """Whether an output is what a page shows."""
    pieces = [piece.strip("\n") for piece in re.split(rf"^{ELLIPSIS}\n", shown, flags=re.M)]
    pattern = ".*?".join(re.escape(piece) for piece in pieces)
    return re.fullmatch(pattern, printed.strip("\n"), re.S) is not None


def refreshed(shown: str, printed: str) -> str:
    """What a page should show of a newer output: the same selection of lines, as they are now."""
    new = printed.strip("\n").splitlines()
    if ELLIPSIS not in shown.splitlines():
        return "".join(f"{line}\n" for line in new)
    old = [line for line in shown.splitlines() if line != ELLIPSIS]
    chosen = _aligned(old, new)
    lines: list[str] = []
    before = -1
    for number in chosen:
        if number != before + 1:
            lines.append(ELLIPSIS)
        lines.append(new[number])
        before = number
    if before != len(new) - 1:
        lines.append(ELLIPSIS)
    return "".join(f"{line}\n" for line in lines)


def _aligned(old: list[str], new: list[str]) -> list[int]:
    """Numbers of the new lines that are the old ones: the ascending sequence that is most alike."""
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    likeness: dict[tuple[int, int], float] = {}
    for i in range(len(old) - 1, -1, -1):
        matcher = difflib.SequenceMatcher(b=old[i], autojunk=False)
        for j in range(len(new) - 1, -1, -1):
            matcher.set_seq1(new[j])
            alike = 1.0 if new[j] == old[i] else 0.0
            if not alike and matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE:
                alike = matcher.ratio()
            # Exact lines first, else near ones.
            likeness[i, j] = alike + (alike == 1.0) if alike >= _ALIKE else 0.0
            take = likeness[i, j] + best[i + 1][j + 1] if likeness[i, j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], take)
    chosen: list[int] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if likeness[i, j] and best[i][j] == likeness[i, j] + best[i + 1][j + 1]:
            chosen.append(j)
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return chosen


def serve_and_stop(arguments: list[str], directory: Path, env: dict[str, str], seconds: float = 60.0) -> str:
    """Run a command that serves until it is interrupted, interrupt it, and give what it said on standard error."""
    process = subprocess.Popen(
        [sys.executable, "-m", "boilerplate", *arguments], cwd=directory, env=env, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = ""
    deadline = time.monotonic() + seconds
    try:
        while "http://" not in said and time.monotonic() < deadline:
            line = process.stderr.readline()
            if not line:
                break
            said += line
        # It takes requests from here on, and so interrupts.
        with urllib.request.urlopen(re.findall(r"http://\S+", said)[0], timeout=seconds) as response:
            assert response.status == 200
        process.send_signal(signal.SIGINT)
        said += process.communicate(timeout=seconds)[1]
    finally:
        process.kill()
    return said
