"""Stop a batch in the middle, in any way, and run the same command again: every page is there once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import PAGE, ROOT

from boilerplate.batch.outcome import TIMING_COLUMNS

PAGES = 80
FORMATS = {
    "parquet": ["-f", "parquet", "-o", "out", "--shard-rows", "6"],
    "jsonl": ["-f", "jsonl", "-o", "out.jsonl"],
    "csv": ["-f", "csv", "-o", "out.csv"],
    "txt": ["-f", "txt", "-o", "texts"],
}
#: Stops of each format: 20 in all.
STOPS = 5


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "pages.jsonl"
    html = [PAGE.replace("Tea", f"Tea {number}") * (1 + number % 7) for number in range(PAGES)]
    html[17] = ""
    lines = [json.dumps({"url": f"https://example.org/{n}", "html": page}) for n, page in enumerate(html)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def start(pages: Path, directory: Path, options: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "boilerplate", "clean", str(pages), *options, "--jobs", "2"],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finished(process: subprocess.Popen[bytes]) -> str:
    stderr = process.communicate(timeout=120)[1].decode()
    assert process.returncode == 1, stderr  # one page is empty
    assert f"{PAGES - 1} of {PAGES} pages cleaned; 1 empty" in stderr
    return stderr


def content(directory: Path) -> dict[str, object]:
    """All that was written, timings aside; half-written files would be among them."""
    found: dict[str, object] = {}
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if path.suffix == ".parquet":
            from pyarrow import parquet

            found[name] = parquet.read_table(path).drop_columns(list(TIMING_COLUMNS)).to_pylist()
        elif path.suffix == ".jsonl":
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            found[name] = [{k: v for k, v in row.items() if k not in TIMING_COLUMNS} for row in rows]
        elif path.suffix == ".csv":
            # Timings are the last three columns.
            found[name] = [line.rsplit(",", 3)[0] for line in path.read_text(encoding="utf-8").split("\n")]
        elif path.is_file() and path.name != ".boilerplate.journal":
            found[name] = path.read_bytes()
    return found


def saved_pages(directory: Path) -> int:
    """How many pages a run has saved."""
    try:
        (journal,) = directory.rglob(".*journal")
        return int(json.loads(journal.read_bytes())["pages"])
    except (ValueError, OSError):
        return 0


@pytest.mark.slow
@pytest.mark.parametrize("output_format", FORMATS)
def test_stopped_at_random_points(output_format: str, pages: Path, tmp_path: Path) -> None:
    options = FORMATS[output_format]
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    whole.mkdir()
    stopped.mkdir()
    finished(start(pages, whole, options))
    expected = content(whole)
    chance = random.Random(output_format)
    signals = [signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT]
    # The first stop is before any page is done.
    for number, pages_done in enumerate([0, *sorted(chance.sample(range(1, PAGES - 10), STOPS - 1))]):
        process = start(pages, stopped, options)
        while process.poll() is None and (
            saved_pages(stopped) < pages_done or (number and not children_of(process.pid))
        ):
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.5))
        process.send_signal(signals[number])
        stderr = process.communicate(timeout=60)[1]
        assert b"Traceback" not in stderr
        # What has its final name is whole at any time.
        for name, rows in content(stopped).items():
            if not Path(name).name.startswith("."):
                assert rows == expected[name]
    last = finished(start(pages, stopped, options))
    assert content(stopped) == expected
    # A run that was done before the signal came has left nothing; this one began anew.
    assert ("of them before this run" in last) == (process.returncode != 1 or output_format == "parquet")


@pytest.mark.slow
def test_workers_do_not_outlive_the_command(pages: Path, tmp_path: Path) -> None:
    process = start(pages, tmp_path, FORMATS["jsonl"])
    deadline = time.monotonic() + 30
    while not (children := children_of(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    children = children_of(process.pid) or children
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert children
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


def children_of(process_id: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{process_id}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        pytest.skip("the system does not list the children of a process")
