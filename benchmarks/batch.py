"""Batches under measurement: memory of the workers over many pages, and pages a second by number of processes.

    python benchmarks/batch.py memory --pages 200000
    python benchmarks/batch.py scaling --pages 400 --jobs 1 2 [--dataset DATASET]
    python benchmarks/batch.py dispatch

The pages are those of ``datasets/own`` and ``datasets/seed``, each time changed: parts of them left out or repeated,
and new text put in. No two are the same, and every thousandth has two megabytes. ``scaling`` may take those of a
dataset instead, as they are. Linux only.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from boilerplate import Model, load_model
from boilerplate.batch import Task, clean_sources
from boilerplate.batch.local import map_processes
from boilerplate.batch.summary import Summary
from boilerplate.batch.worker import Setup
from boilerplate.inputs import Inputs, Source
from boilerplate.model.choice import Models

ROOT = Path(__file__).resolve().parents[1]
#: The one page in so many that is large, and its bytes.
LARGE_EVERY, LARGE_BYTES = 1000, 2_000_000
_ELEMENT = re.compile(r"<(p|li|div|section|article|ul|tr)\b[^>]*>")


def originals() -> list[str]:
    """The pages that all others are made of."""
    files = sorted([*(ROOT / "datasets" / "own" / "html").glob("*.html"), ROOT / "datasets" / "seed" / "page.html"])
    return [path.read_text(encoding="utf-8", errors="replace") for path in files]


def changed(page: str, chance: random.Random) -> str:
    """A page with a part left out, a part repeated, and new words at ten places."""
    starts = [match.start() for match in _ELEMENT.finditer(page)]
    if len(starts) < 4:
        return page
    first, second = sorted(chance.sample(starts, 2))
    second = min(second, first + len(page) // 4)
    part = page[first:second]
    page = page[:first] + (part * 2 if chance.random() < 0.5 else "") + page[second:]
    for _ in range(10):
        at = page.find(">", chance.randrange(len(page))) + 1
        page = page[:at] + f" {chance.getrandbits(64):x} words {chance.getrandbits(32)} " + page[at:]
    return page


def sources(count: int, *, large_every: int = LARGE_EVERY, seed: int = 0) -> Iterator[Source]:
    """Changed pages, no two the same, always the same ones for a seed; 0 for no large ones."""
    chance = random.Random(seed)
    pages = originals()
    for number in range(count):
        html = changed(chance.choice(pages), chance)
        if large_every and number % large_every == large_every - 1:
            html *= max(1, LARGE_BYTES // len(html))
        yield Source(f"page {number}", f"{number}.html", url=f"https://example.org/{number}", html=html)


def worker_memory() -> dict[int, int]:
    """Resident bytes of the processes this one has started, by their ids."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        try:
            for child in (task / "children").read_text().split():
                resident = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{child}/status").read_text())
                if resident is not None:
                    found[int(child)] = int(resident[1]) * 1024
        except OSError:
            continue  # gone in the meantime
    return found


def memory(pages: int, jobs: int, minutes: float | None) -> None:
    """Print the resident set of the workers, by tenths of the run."""
    samples: list[tuple[int, dict[int, int]]] = []
    done = 0
    over = threading.Event()

    def sample() -> None:
        while not over.wait(0.5):
            samples.append((done, worker_memory()))

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    summary = Summary()
    started = time.monotonic()
    outcomes = clean_sources(sources(pages), models=Models(load_model()), task=Task(("article",), "jsonl"), jobs=jobs)
    for outcome in outcomes:
        summary.outcomes[outcome.status] += 1
        done += 1
        if minutes is not None and time.monotonic() - started > 60 * minutes:
            outcomes.close()
            break
    over.set()
    sampler.join()
    print(f"{done} pages through {jobs} workers: {dict(summary.outcomes)}")
    print(f"{len({pid for _, found in samples for pid in found})} processes in all")
    print("pages            median MB   highest MB")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    for tenth in range(10):
        low, high = tenth * done // 10, (tenth + 1) * done // 10
        sizes = [size / 1e6 for at, found in samples if low <= at < high for size in found.values()]
        if sizes:
            print(f"{low:7d}-{high:7d}  {statistics.median(sizes):8.0f}  {max(sizes):11.0f}")
    print(f"this process at most {own:.0f} MB")


@dataclass(frozen=True)
class Cost:
    """What a run took.

    Attributes
    ----------
    pages : int
    wall : float
        Seconds by the clock.
    workers, own : float
        Seconds of processor time, of the workers and of this process.
    """

    pages: int
    wall: float
    workers: float
    own: float


def cost_of(given: Sequence[Source], model: Model, task: Task, jobs: int) -> Cost:
    """Clean pages and say what that took."""
    wall, workers, own = time.monotonic(), _seconds_of_children(), time.process_time()
    count = sum(1 for _ in clean_sources(given, models=Models(model), task=task, jobs=jobs))
    return Cost(count, time.monotonic() - wall, _seconds_of_children() - workers, time.process_time() - own)


def _seconds_of_children() -> float:
    """Processor time of the processes this one has started and seen ending."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def scaling(pages: int, jobs: list[int], repeat: int, dataset: Path | None) -> None:
    """Print pages a second and processor time a page, by number of processes."""
    model, task = load_model(), Task(("article",), "jsonl")
    if dataset is None:
        given = list(sources(pages, large_every=0))
    else:
        given = random.Random(0).sample(list(Inputs([str(dataset / "html")])), pages)
    print("jobs  pages/s  workers' ms a page  this process's ms a page  busy workers")
    for number in [number for _ in range(repeat) for number in jobs]:
        # Once for the start of the processes, which a long run does not notice.
        start, whole = (cost_of(pages, model, task, number) for pages in (given[: 4 * number], given))
        count = whole.pages - start.pages
        wall, workers, own = whole.wall - start.wall, whole.workers - start.workers, whole.own - start.own
        print(
            f"{number:4d}  {count / wall:7.1f}  {1e3 * workers / count:18.2f}  {1e3 * own / count:24.2f}  "
            f"{workers / wall:12.2f}"
        )


def dispatch(items: int, jobs: list[int], seconds: float) -> None:
    """Print the speed-up of items that only wait, which shows what giving out work costs, however busy the machine."""
    setup = Setup(partial, (time.sleep,), lambda *_: None)
    print(f"{items} items of {1e3 * seconds:g} ms\njobs  items/s  speed-up")
    first = None
    for number in jobs:
        # All processes are there when the first of these is done.
        results = map_processes([seconds] * (items + 8 * number), setup, jobs=number)
        for _ in range(8 * number):
            next(results)
        started = time.monotonic()
        rate = sum(1 for _ in results) / (time.monotonic() - started)
        first = first or rate / number
        print(f"{number:4d}  {rate:7.1f}  {rate / first:8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    of_memory = commands.add_parser("memory")
    of_memory.add_argument("--pages", type=int, default=200_000)
    of_memory.add_argument("--jobs", type=int, default=2)
    of_memory.add_argument("--minutes", type=float, help="stop after so many, however many pages that is")
    of_scaling = commands.add_parser("scaling")
    of_scaling.add_argument("--pages", type=int, default=400)
    of_scaling.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    of_scaling.add_argument("--dataset", type=Path)
    of_scaling.add_argument("--repeat", type=int, default=3)
    of_dispatch = commands.add_parser("dispatch")
    of_dispatch.add_argument("--items", type=int, default=500)
    of_dispatch.add_argument("--jobs", type=int, nargs="+", default=[1, 2, 4, 8])
    of_dispatch.add_argument("--seconds", type=float, default=0.02)
    options = parser.parse_args()
    if options.command == "memory":
        memory(options.pages, options.jobs, options.minutes)
    elif options.command == "dispatch":
        dispatch(options.items, options.jobs, options.seconds)
    else:
        scaling(options.pages, options.jobs, options.repeat, options.dataset)


if __name__ == "__main__":
    main()
