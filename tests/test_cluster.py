"""The same batch on a Dask cluster, one of whose workers is killed half way."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from conftest import PAGE, ROOT, Run

from boilerplate.batch.outcome import TIMING_COLUMNS

PAGES = 450


@contextmanager
def dask(log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
            stdout=out,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=log.parent,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def awaited(log: Path, pattern: str) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = re.search(pattern, log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace"))


def rows(path: Path) -> list[dict[str, object]]:
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{name: value for name, value in row.items() if name not in TIMING_COLUMNS} for row in found]


@pytest.mark.slow
def test_cluster_equals_local_though_a_worker_is_killed(tmp_path: Path, run: Run) -> None:
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    pages = tmp_path / "pages.jsonl"
    html = [PAGE.replace("Tea", f"Tea {number}") * (1 + number % 5) for number in range(PAGES)]
    html[5] = ""
    lines = [json.dumps({"url": f"https://example.org/{n}", "html": page}) for n, page in enumerate(html)]
    pages.write_text("\n".join(lines), encoding="utf-8")
    # A file that only this machine has.
    (tmp_path / "one.html").write_text(PAGE, encoding="utf-8")
    inputs = [str(pages), str(tmp_path / "one.html"), "missing.html"]
    local = run("clean", *inputs, "-f", "jsonl", "-o", tmp_path / "local.jsonl", "--jobs", "2")
    assert local.returncode == 1
    with ExitStack() as stack:
        logs = [tmp_path / f"{name}.log" for name in ("scheduler", "one", "two")]
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        stack.enter_context(dask(logs[0], "scheduler", *options))
        address = awaited(logs[0], r"Scheduler at:\s+(tcp://\S+)")
        # Without a nanny, which would start another in its place.
        settings = (address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        workers = [stack.enter_context(dask(log, "worker", *settings)) for log in logs[1:]]
        for log in logs[1:]:
            awaited(log, r"(Registered to)")
        command = [sys.executable, "-m", "boilerplate", "clean", *inputs, "-f", "jsonl", "-o", "cluster.jsonl"]
        job = subprocess.Popen(
            [*command, "--cluster", address],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
        )
        # Half way: some pages are done, and both workers are busy.
        partial = tmp_path / ".cluster.jsonl.partial"
        while job.poll() is None and not (partial.is_file() and partial.stat().st_size):
            time.sleep(0.02)
        assert job.poll() is None
        workers[0].send_signal(signal.SIGKILL)
        stderr = job.communicate(timeout=240)[1].decode()
        assert job.returncode == 1, stderr
        assert workers[1].poll() is None
    assert f"{PAGES} of {PAGES + 2} pages cleaned; 1 empty, 1 unreadable" in stderr
    assert rows(tmp_path / "cluster.jsonl") == rows(tmp_path / "local.jsonl")


def test_no_scheduler(page: Path, run: Run) -> None:
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    done = run("clean", page, "--cluster", "tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert b"There is no Dask scheduler at tcp://127.0.0.1:1" in done.stderr
    done = run("clean", page, "--cluster", "nonsense://x")
    assert done.returncode == 2
    assert b"'nonsense://x' is no address of a Dask scheduler" in done.stderr
