"""Processor time of cleaning one page by the command line, from a cold start.

    python benchmarks/cold.py [--runs N] [--against PYTHON]

PYTHON is an interpreter that has trafilatura, which is no dependency of this project. The commands take turns; each has
its byte code written before, as installing does.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "datasets" / "seed" / "page.html"


def commands(other: str | None) -> dict[str, list[str]]:
    """What is timed, by what it is called."""
    python = [sys.executable, "-c"]
    found = {
        "Python": [*python, "pass"],
        "with numpy and lxml": [*python, "import numpy, lxml.etree"],
        "with typer too": [*python, "import numpy, lxml.etree, typer"],
        "boilerplate clean": [sys.executable, "-m", "boilerplate", "clean", str(PAGE)],
    }
    if other is not None:
        found["trafilatura"] = [other, "-m", "trafilatura.cli"]
    return found


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Processor time that a command takes, with the page as its standard input."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with PAGE.open("rb") as page:
        subprocess.run(command, stdin=page, stdout=subprocess.DEVNULL, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10, help="runs of each command (default 10)")
    parser.add_argument("--against", metavar="PYTHON", help="interpreter that has trafilatura")
    options = parser.parse_args()
    found = commands(options.against)
    times: dict[str, list[float]] = {name: [] for name in found}
    with tempfile.TemporaryDirectory() as directory:
        environment = os.environ | {"PYTHONPYCACHEPREFIX": directory}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for run in range(options.runs + 1):
            for name, command in found.items():
                taken = seconds(command, environment)
                if run > 0:  # the first one writes byte code
                    times[name].append(taken)
    print("| | median s | least s |\n|---|---|---|")
    for name, row in times.items():
        print(f"| {name} | {statistics.median(row):.3f} | {min(row):.3f} |")


if __name__ == "__main__":
    main()
