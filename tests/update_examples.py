"""Rewrites what the examples of README and docs show, in place: to be run when the default model has changed.

    python tests/update_examples.py [--slow]

Lines that stand between "…" are looked for in the new output, exactly or nearly so, and what is shown is that selection
again. Look at what git says has changed. With --slow, examples that train a model are run too.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from doc_examples import ROOT, doc_paths, examples, is_slow, matches, prepare, refreshed


def main() -> int:
    """Run all examples and rewrite their pages."""
    slow = "--slow" in sys.argv[1:]
    env = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        # In one place and in order, since some read what others above them have written.
        prepare(directory)
        new: dict[Path, list[tuple[tuple[int, int], str]]] = {path: [] for path in doc_paths()}
        for example in examples():
            # These print nothing.
            if example.command.startswith(("annotate", "datasets fetch")) or (is_slow(example.command) and not slow):
                continue
            done = subprocess.run(
                [sys.executable, "-m", "boilerplate", *shlex.split(example.command)],
                cwd=directory,
                env=env,
                capture_output=True,
                check=False,
            )
            printed = done.stdout.decode()
            if done.returncode:
                failed += 1
                print(f"{example.path.name}: boilerplate {example.command}: {done.stderr.decode().strip()}")
            elif not matches(example.shown, printed):
                new[example.path].append((example.span, refreshed(example.shown, printed)))
                print(f"{example.path.relative_to(ROOT)}: boilerplate {example.command}")
    for path, changes in new.items():
        text = path.read_text(encoding="utf-8")
        for (start, end), shown in reversed(changes):
            text = text[:start] + shown + text[end:]
        if changes:
            path.write_text(text, encoding="utf-8")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
