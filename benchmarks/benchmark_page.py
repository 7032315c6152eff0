"""Write a run of ``boilerplate benchmark`` into the page that shows it.

    python benchmarks/benchmark_page.py RUN.json [docs/benchmark.md]

RUN.json is what ``boilerplate benchmark … -f json`` wrote. The text between the two marks of the page is replaced by
the run's tables; what stands around them is left alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

from boilerplate.benchmark.report import benchmark_table
from boilerplate.cli.benchmark import read_run

BEGIN, END = "<!-- run: begins -->\n", "<!-- run: ends -->\n"
PAGE = Path(__file__).parents[1] / "docs" / "benchmark.md"


def replaced(page: str, table: str) -> str:
    """The page with another run in it."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"The page lacks the marks {BEGIN.strip()} and {END.strip()}.")
    return f"{before}{BEGIN}\n```text\n{table.rstrip()}\n```\n\n{END}{after}"


def main(run: str, page: str | None = None) -> None:
    path = Path(page) if page else PAGE
    text = path.read_text(encoding="utf-8")
    path.write_text(replaced(text, benchmark_table(read_run(Path(run)))), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
