"""Break each promise of SECURITY.md in a copy, and see that the test that is to hold it fails.

``python tests/promises.py [WORD...]`` puts each fault of `promise_faults` whose promise, file or test has one of these
words into a copy of the repository, and runs its test there: it must pass before and fail after. With ``--document``
the table of promises is written into the document, without running anything.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from promise_faults import FAULTS, Fault

__all__ = ["BEGIN", "DOCUMENT", "END", "ROOT", "Copy", "main", "table"]

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "robustness.md"
#: Between these stands the table in the document.
BEGIN, END = "<!-- written by python tests/promises.py --document -->\n", "<!-- end of the promises -->\n"
#: What tests look at and no fault is put into: linked to, not copied.
_LINKED = ("datasets", "notebooks", "benchmarks")
_NEVER = shutil.ignore_patterns("__pycache__", ".git", ".*_cache", "*venv*", "node_modules", "dist", "build")
#: By the clock, and memory: a fault may make a test go on for ever.
_MAX_SECONDS = 300.0
_MAX_MEMORY = 6_000_000_000
#: What pytest ends with where tests failed.
_TESTS_FAILED = 1


@dataclass(frozen=True, slots=True)
class Result:
    """What a test said.

    Attributes
    ----------
    outcome : str
        ``passed``, ``failed``, ``does not end``, or what it ended with.
    seconds : float
        By the clock.
    last : str
        The last lines that it printed.
    """

    outcome: str
    seconds: float
    last: str


class Copy:
    """A copy of the repository to put faults into.

    Parameters
    ----------
    root : Path
        An empty directory.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for entry in ROOT.iterdir():
            if entry.name in _LINKED:
                (root / entry.name).symlink_to(entry)
            elif entry.is_dir():
                if not _NEVER(str(ROOT), [entry.name]):
                    shutil.copytree(entry, root / entry.name, ignore=_NEVER)
            elif entry.is_file():
                shutil.copy2(entry, root / entry.name)

    def put(self, fault: Fault) -> None:
        """Put a fault in."""
        path = self.root / fault.file
        if not fault.old:
            path.write_bytes(path.read_bytes() + fault.new.encode())
            return
        text = path.read_text(encoding="utf-8")
        if text.count(fault.old) != 1:
            sys.exit(f"{fault.file} has {text.count(fault.old)} times: {fault.old}")
        path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")

    def restore(self, fault: Fault) -> None:
        """Take it out again."""
        shutil.copy2(ROOT / fault.file, self.root / fault.file)

    def run(self, test: str) -> Result:
        """Run a test in this copy."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=1"]
        env = os.environ | {"PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"}
        started = time.monotonic()
        process = subprocess.Popen(
            [*command, "-m", "slow or not slow", f"tests/{test}"],
            cwd=self.root,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (_MAX_MEMORY, _MAX_MEMORY)),  # noqa: PLW1509 - no threads
        )
        try:
            printed, _ = process.communicate(timeout=_MAX_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.communicate()
            return Result("does not end", time.monotonic() - started, "")
        lines = printed.decode("utf-8", "replace").strip().splitlines()
        last = lines[-1] if lines else ""
        outcome = {0: "passed", _TESTS_FAILED: "failed"}.get(process.returncode, f"ended with {process.returncode}")
        if outcome == "passed" and " passed" not in last:
            outcome = "was skipped"
        return Result(outcome, time.monotonic() - started, "\n".join(lines[-12:]))


def chosen(words: list[str]) -> Iterator[Fault]:
    """Faults whose promise, file or test has one of the words; all without words."""
    for fault in FAULTS:
        if not words or any(word in text for word in words for text in (fault.promise, fault.file, fault.test)):
            yield fault


def table() -> str:
    """The promises with what is changed and the test that fails then, in Markdown."""
    lines = ["| promise | held by | test that fails without it |", "|---|---|---|"]
    before = ""
    for fault in FAULTS:
        promise = fault.promise if fault.promise != before else ""
        before = fault.promise
        name = fault.test.replace(".py::", ": ").partition("[")[0]
        lines.append(f"| {promise} | {fault.without} (`{fault.file.removeprefix('boilerplate/')}`) | `{name}` |")
    return "\n".join(lines) + "\n"


def written_into(document: str) -> str:
    """The document with the present table."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{DOCUMENT} has no lines {BEGIN.strip()} and {END.strip()} to write between.")
    return f"{before}{begin}\n{table()}\n{end}{after}"


def main() -> None:
    """Try the faults, or write the table."""
    words = [word for word in sys.argv[1:] if word != "--document"]
    if "--document" in sys.argv:
        DOCUMENT.write_text(written_into(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
        return
    unnoticed = tried = 0
    whole: dict[str, Result] = {}
    with tempfile.TemporaryDirectory() as directory:
        copy = Copy(Path(directory))
        for fault in chosen(words):
            if fault.test not in whole:
                whole[fault.test] = copy.run(fault.test)
            copy.put(fault)
            result = copy.run(fault.test) if whole[fault.test].outcome == "passed" else whole[fault.test]
            copy.restore(fault)
            good = whole[fault.test].outcome == "passed" and result.outcome in ("failed", "does not end")
            tried += 1
            unnoticed += not good
            state = "noticed" if good else "NOT NOTICED"
            print(f"{state}: {fault.promise} | {fault.without} | {fault.test} ({result.seconds:.0f} s)", flush=True)
            if not good:
                print(
                    f"  before: {whole[fault.test].outcome}; with the fault: {result.outcome}\n{result.last}",
                    flush=True,
                )
    print(f"{tried - unnoticed} of {tried} faults are noticed.")
    sys.exit(bool(unnoticed))


if __name__ == "__main__":
    main()
