"""Fuzz all targets in turn and keep count: ``python -m fuzz.campaign DIRECTORY [TARGET...]``.

The directory gets the inputs that reach new code (``corpus/TARGET``), those that break a promise (``findings``), the
output of the fuzzer (``logs``) and a line of JSON a session (``sessions.jsonl``).  A target that has found something is
left out until the finding is removed from ``findings``.  It runs until it is interrupted, one target at a time, slow
ones for longer; ``--document`` writes the counts into the document instead.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Session", "main", "table"]

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "robustness.md"
#: Between these stands the table in the document.
BEGIN, END = "<!-- written by python -m fuzz.campaign -->\n", "<!-- end of the counts -->\n"

#: Processor time that a turn of a target takes, as a share of ``--seconds``: what takes a page through everything is
#: slow, and most archives and model files end early.  The order is that of the document.
TURNS = {
    "decode": 0.3,
    "segment": 0.6,
    "features": 0.8,
    "outputs": 1.0,
    "clean": 1.0,
    "overlay": 1.0,
    "model-file": 0.1,
    "model-rewritten": 0.4,
    "trees": 0.4,
    "options": 0.2,
    "warc": 0.2,
    "jsonl": 0.2,
    "packed": 0.2,
    "addresses": 0.4,
    "answers": 0.4,
}
#: Targets whose inputs are pages.
PAGES = frozenset({"decode", "segment", "features", "outputs", "clean", "overlay"})
#: What libFuzzer ends with where it is interrupted, which is no finding.
_INTERRUPTED = 72
#: Most bytes of an input: longer ones are slower, and have little that short ones have not.
MAX_BYTES = 2048


@dataclass(frozen=True, slots=True)
class Session:
    """A turn of a target.

    Attributes
    ----------
    target : str
    executions : int
    processor_seconds : float
    reached : int
        Places in the code of the package that inputs of the target have reached, as the fuzzer counts them.
    finding : bool
        Whether it ended with one.
    date : str
        Day of its end, UTC.
    code : str
        The package as it was, by the beginning of ``git rev-parse HEAD:boilerplate``.
    """

    target: str
    executions: int
    processor_seconds: float
    reached: int
    finding: bool
    date: str
    code: str


def run(directory: Path, target: str, seconds: float) -> Session:
    """Fuzz a target for some seconds of processor time."""
    corpus, findings, logs = (directory / name for name in (f"corpus/{target}", "findings", "logs"))
    for needed in (corpus, findings, logs):
        needed.mkdir(parents=True, exist_ok=True)
    now = datetime.datetime.now(datetime.UTC)
    command = ["git", "rev-parse", "HEAD:boilerplate"]
    code = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout[:10]
    options = {
        "max_processor_seconds": round(seconds, 1),
        "max_len": MAX_BYTES,
        "timeout": 600,  # by the clock; `fuzz.run` looks at processor time
        "report_slow_units": 600,
        "rss_limit_mb": 2000,
        "print_final_stats": 1,
        "artifact_prefix": f"{findings}/{target}-",
    }
    if target in PAGES:
        options["dict"] = "fuzz/html.dict"
    log = logs / f"{target}-{now:%Y%m%dT%H%M%S}.log"
    before = _processor_seconds()
    with log.open("wb") as out:
        command = [sys.executable, "-m", "fuzz.run", target, *(f"-{name}={value}" for name, value in options.items())]
        ended = subprocess.run([*command, str(corpus)], cwd=ROOT, stdout=out, stderr=out, check=False)
    text = log.read_text(encoding="utf-8", errors="replace")
    # What ends early leaves no statistics, but a line now and then.
    counts = re.findall(r"^stat::number_of_executed_units:\s*(\d+)", text, re.M) or re.findall(r"^#(\d+)", text, re.M)
    reached = re.findall(r"^#\d+.* cov: (\d+)", text, re.M)
    return Session(
        target=target,
        executions=int(counts[-1]) if counts else 0,
        processor_seconds=round(_processor_seconds() - before, 1),
        reached=int(reached[-1]) if reached else 0,
        finding=ended.returncode not in (0, _INTERRUPTED),
        date=f"{now:%Y-%m-%d}",
        code=code,
    )


def _processor_seconds() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def rounds(directory: Path, targets: list[str], seconds: float) -> Iterator[Session]:
    """Sessions of the targets in turn, without end, or until every target has found something."""
    while True:
        left = [target for target in targets if not list((directory / "findings").glob(f"{target}-*"))]
        if not left:
            return
        for target in left:
            yield run(directory, target, max(1.0, seconds * TURNS[target]))


def table(sessions: list[Session]) -> str:
    """Executions of each target since its last finding, as a table in Markdown."""
    since: dict[str, list[Session]] = {target: [] for target in TURNS}
    for session in sessions:
        if session.finding:
            since[session.target].clear()
        else:
            since[session.target].append(session)
    counted = {target: sum(s.executions for s in since[target]) for target in TURNS}
    lines = ["| target | executions | minutes of processor time | places reached |", "|---|---|---|---|"]
    for target, found in since.items():
        minutes = sum(s.processor_seconds for s in found) / 60
        reached = max((s.reached for s in found), default=0)
        lines.append(f"| `{target}` | {counted[target]:,} | {minutes:.1f} | {reached:,} |")
    everything = [s for s in sessions if s in since[s.target]]
    minutes = sum(s.processor_seconds for s in everything) / 60
    total = sum(counted.values())
    lines.append(f"| together | {total:,} | {minutes:.1f} | |")
    lines.append(
        f"| without `model-file`, most of which ends at the first check | {total - counted['model-file']:,} | | |"
    )
    if everything:
        first, last = min(s.date for s in everything), max(s.date for s in everything)
        n_states, n_findings = len({s.code for s in everything}), sum(s.finding for s in sessions)
        lines.append(
            f"\nFrom {first} to {last}, on {n_states} states of the package, the last of which is "
            f"`{everything[-1].code}` (`git rev-parse HEAD:boilerplate`). Findings in that time: {n_findings}."
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run sessions, each counted as it ends; or write the counts down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="by default all")
    parser.add_argument("--seconds", type=float, default=300.0, help="the longest turn, of processor time (300)")
    parser.add_argument("--document", action="store_true", help="write the counts into docs/robustness.md")
    options = parser.parse_args()
    if unknown := set(options.targets) - set(TURNS):
        parser.error(f"There are no targets {', '.join(sorted(unknown))}. There are {', '.join(TURNS)}.")
    record = options.directory / "sessions.jsonl"
    if options.document:
        lines = record.read_text(encoding="utf-8").splitlines()
        written = table([Session(**json.loads(line)) for line in lines])
        before, begin, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if not end:
            sys.exit(f"{DOCUMENT} has no lines {BEGIN.strip()} and {END.strip()} to write between.")
        DOCUMENT.write_text(f"{before}{begin}\n{written}\n{end}{after}", encoding="utf-8")
        return
    for session in rounds(options.directory, options.targets or list(TURNS), options.seconds):
        with record.open("a", encoding="utf-8") as file:
            print(json.dumps(asdict(session)), file=file)
        print(
            f"{session.target}: {session.executions:,} executions{', a finding' if session.finding else ''}", flush=True
        )


if __name__ == "__main__":
    main()
