"""Addresses on the command line, against a server that misbehaves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PAGE, ROOT, Run
from misbehaving_server import Server, answer


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    running.answers |= {
        "/tea": answer(PAGE.encode()),
        "/robots.txt": answer(b"User-agent: boilerplate\nDisallow: /closed", kind="text/plain"),
        "/closed": answer(PAGE.encode()),
        "/koi8-page": answer(PAGE.replace("Tea", "Чай").encode("koi8-r", "replace"), kind="text/html; charset=koi8-r"),
    }
    yield running
    running.close()


def test_one_address(server: Server, run: Run) -> None:
    url = f"http://127.0.0.1:{server.port}/tea"
    done = run("clean", url, "--allow-private", "--output-format", "json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["url"] == url
    assert "brewed from leaves" in record["text"]
    done = run("label", url, "--allow-private")
    assert done.returncode == 0
    assert b"brewed from leaves" in done.stdout


def test_the_charset_of_the_header_is_used(server: Server, run: Run) -> None:
    done = run("label", f"http://127.0.0.1:{server.port}/koi8-page", "--allow-private", "--output-format", "json")
    assert "Чай is brewed" in done.stdout.decode()


@pytest.mark.parametrize("command", ["clean", "label"])
def test_private_addresses_and_disallowed_pages(server: Server, run: Run, command: str) -> None:
    base = f"http://127.0.0.1:{server.port}"
    before = len(server.requests)
    done = run(command, f"{base}/tea", "ftp://pages.test/x", f"{base}/image")
    assert done.returncode == 1
    assert done.stderr.count(b"no address of the public internet. Allow it with --allow-private") == 2
    assert b"Only http and https" in done.stderr
    assert len(server.requests) == before
    done = run(command, f"{base}/closed", f"{base}/image", f"{base}/untyped-image", f"{base}/bomb", "--allow-private")
    assert done.returncode == 1
    for reason in (b"robots.txt of 127.0.0.1 disallows this page", b"not a web page", b"a PNG image", b"larger than"):
        assert reason in done.stderr
    assert run(command, f"{base}/closed", "--allow-private", "--ignore-robots").returncode == 0


def test_time(server: Server, run: Run) -> None:
    done = run("clean", f"http://127.0.0.1:{server.port}/slow-drip", "--allow-private", "--fetch-seconds", "1")
    assert done.returncode == 1
    assert b"within 1 seconds" in done.stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_list_of_addresses(server: Server, run: Run, tmp_path: Path, jobs: str) -> None:
    base = f"http://127.0.0.1:{server.port}"
    names = tmp_path / "names"
    names.write_text(f"{base}/tea\n{base}/missing\n{base}/moved-to-tea?x=*\n")
    server.answers["/moved-to-tea?x=*"] = answer(b"", "302 Found", "", "Location: /tea")
    output = tmp_path / "rows.jsonl"
    done = run("clean", "--files-from", names, "--allow-private", "-f", "jsonl", "--jobs", jobs, "-o", output)
    assert done.returncode == 1
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [(row["source"], row["status"], row["url"]) for row in rows] == [
        (f"{base}/tea", "ok", f"{base}/tea"),
        (f"{base}/missing", "unreadable", None),
        (f"{base}/moved-to-tea?x=*", "ok", f"{base}/tea"),
    ]
    assert "answers 404 Not Found" in rows[1]["reason"]


def test_files_are_named_after_addresses(server: Server, run: Run, tmp_path: Path) -> None:
    base = f"http://127.0.0.1:{server.port}"
    done = run("clean", f"{base}/tea", f"{base}/../../tea?a/../b", "--allow-private", "-o", tmp_path / "texts")
    assert done.returncode == 1
    assert [path.name for path in tmp_path.glob("**/*.txt")] == [f"127.0.0.1-{server.port}-tea.txt"]


def test_without_the_extra(tmp_path: Path) -> None:
    (tmp_path / "httpx.py").write_text("raise ImportError('not installed')")
    done = subprocess.run(
        [sys.executable, "-m", "boilerplate", "clean", "https://pages.test/"],
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert b"pip install 'boilerplate[web]'" in done.stderr
    assert b"Traceback" not in done.stderr


def test_fetching_costs_nothing_if_no_address_is_given() -> None:
    code = "import sys, boilerplate.cli; print({'httpx', 'httpcore', 'protego'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == b"set()"
