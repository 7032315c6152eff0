"""Public pages are fetched from a repository that stands in for upstream."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import typer
from conftest import ROOT, Run
from upstream_repository import UpstreamRepository

from boilerplate.cli.datasets import app as datasets_app
from boilerplate.dataset import read_dataset
from boilerplate.datasets.fetching import fetch_source
from boilerplate.datasets.manifest import read_manifest
from boilerplate.datasets.upstream import ArchiveUpstream, GitUpstream
from boilerplate.errors import DatasetError

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def upstream(tmp_path: Path) -> UpstreamRepository:
    return UpstreamRepository(tmp_path / "upstream")


def fetch(run: Run, upstream: UpstreamRepository, out: Path, *arguments: str, base: str | None = None):
    given = ("--manifest", upstream.manifest, "--upstream", base or f"file://{upstream.base}", "-o", out)
    return run("datasets", "fetch", *(arguments or ("all",)), *given)


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("via", ["git", "archive"])
def test_fetches_pages_gold_labels_licence_and_citation(
    run: Run, upstream: UpstreamRepository, tmp_path: Path, via: str
) -> None:
    upstream.make_archive()
    out = tmp_path / "pages"
    done = fetch(run, upstream, out, "all", "--via", via)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    pages = {p.id: p for p in read_dataset(out)}
    assert {name: p.read_html() for name, p in pages.items()} == upstream.html
    assert (
        pages["wcxb-0001"].main_text
        == json.loads(upstream.files["dev/ground-truth/0001.json"])["ground_truth"]["main_content"]
    )
    assert pages["traf-0001"].wanted == ("Rain fell",)
    assert pages["traf-0001"].unwanted == ("Home",)
    assert "page 2 was as grey" in (pages["moz-0002"].main_text or "")
    assert all(p.regions and p.regions[1].label == "article" for p in pages.values())
    assert (out / "licences/wcxb/LICENSE").read_bytes() == upstream.files["LICENSE"]
    assert (out / "licences/wcxb/CITATION.cff").is_file()
    about = (out / "licences/wcxb/ABOUT.md").read_text()
    assert "CC-BY-4.0" in about
    assert "A. Author" in about
    assert upstream.commit in about
    assert not (out / ".upstream").exists()
    # What was fetched can be trained on and measured with: the format is one.
    checked = run("datasets", "check", out, "-j", "1")
    assert b"unreadable" not in checked.stdout
    assert b"labels do not fit" not in checked.stdout


def test_a_second_run_fetches_nothing_and_keeps_corrected_labels(
    run: Run, upstream: UpstreamRepository, tmp_path: Path
) -> None:
    out = tmp_path / "pages"
    assert fetch(run, upstream, out, "wcxb").returncode == 0
    labels = out / "labels" / "wcxb-0000.json"
    labels.write_text('{"regions": [{"xpath": "/html/body", "label": "promo"}]}')
    before = snapshot(out)
    # Nothing is asked of upstream.
    done = fetch(run, upstream, out, "wcxb", base="file:///nowhere")
    assert done.returncode == 0, done.stderr
    assert b"0 pages fetched, 3 were there" in done.stderr
    assert snapshot(out) == before


def test_goes_on_where_it_was_cut_off(upstream: UpstreamRepository, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    manifest = read_manifest(upstream.manifest)
    pages = manifest.pages["wcxb"]

    class CutOffError(Exception):
        pass

    def cut(text: str, done: int, total: int | None) -> None:
        if text == "pages" and done == 2:
            raise CutOffError

    with pytest.raises(CutOffError):
        fetch_source(manifest, pages, out, base=f"file://{upstream.base}", progress=cut)
    # What had arrived is a dataset already.
    assert len(read_dataset(out)) == 2
    assert (out / ".upstream").is_dir()
    report = fetch_source(manifest, pages, out, base=f"file://{upstream.base}")
    assert (report.fetched, report.present, report.failed) == (1, 2, [])
    assert [p.read_html() for p in read_dataset(out)] == [upstream.html[p.id] for p in pages]
    assert not (out / ".upstream").exists()


def test_a_damaged_page_is_fetched_again(run: Run, upstream: UpstreamRepository, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    assert fetch(run, upstream, out, "moz").returncode == 0
    (out / "html/moz-0001.html.gz").write_bytes(b"\x1f\x8b damaged")
    done = fetch(run, upstream, out, "moz")
    assert done.returncode == 0
    assert b"1 pages fetched, 2 were there" in done.stderr
    assert {p.id: p.read_html() for p in read_dataset(out)}["moz-0001"] == upstream.html["moz-0001"]


@pytest.mark.parametrize("via", ["git", "archive"])
def test_a_wrong_checksum_costs_its_page_only(run: Run, upstream: UpstreamRepository, tmp_path: Path, via: str) -> None:
    upstream.make_archive()
    upstream.lines[0]["sha256"] = "0" * 64
    upstream.lines[3]["upstream"]["path"] = "dev/html/9999.html.gz"
    upstream.write_lines()
    out = tmp_path / "pages"
    done = fetch(run, upstream, out, "all", "--via", via)
    assert done.returncode == 1
    assert b"wcxb-0000: What the repository holds has another checksum" in done.stderr
    assert b"9999" in done.stderr
    assert len(read_dataset(out)) == len(upstream.lines) - 2


def test_pages_are_those_of_the_pinned_commit(run: Run, upstream: UpstreamRepository, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    assert fetch(run, upstream, out, "wcxb").returncode == 0
    page = read_dataset(out)[0]
    assert hashlib.sha256(page.read_html()).hexdigest() == upstream.lines[0]["sha256"]
    assert b"changed" not in page.read_html()


def test_git_transfers_only_what_is_asked_for(upstream: UpstreamRepository, tmp_path: Path) -> None:
    source = GitUpstream(f"file://{upstream.repository}", upstream.commit, tmp_path / "cache")
    assert set(upstream.files) <= set(source.names())
    assert dict(source.read(["LICENSE", "no such file"])) == {"LICENSE": upstream.files["LICENSE"]}
    big = upstream.files["unrelated.bin"]
    assert sum(p.stat().st_size for p in (tmp_path / "cache").rglob("*.pack")) < len(big)


def test_git_without_partial_clones_is_enough(upstream: UpstreamRepository, tmp_path: Path) -> None:
    (upstream.repository / ".git/config").write_text("[core]\n\trepositoryformatversion = 0\n")
    source = GitUpstream(f"file://{upstream.repository}", upstream.commit, tmp_path / "cache")
    wanted = ["LICENSE", "tests/eval/seite-ü1.html"]
    assert dict(source.read(wanted)) == {path: upstream.files[path] for path in wanted}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing",), b"There is no collection 'nothing'"),
        (("all", "--via", "pigeon"), b"--via cannot be 'pigeon'"),
        (("all", "--gold", "labels", "--limit", "0"), b"--limit"),
        (("all", "--gold", "stars"), b"--gold cannot be 'stars'"),
    ],
)
def test_wrong_usage(
    run: Run, upstream: UpstreamRepository, tmp_path: Path, arguments: tuple[str, ...], said: bytes
) -> None:
    done = fetch(run, upstream, tmp_path / "out", *arguments)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize("via", ["git", "archive"])
def test_an_upstream_that_is_not_there_is_named(
    run: Run, upstream: UpstreamRepository, tmp_path: Path, via: str
) -> None:
    done = fetch(run, upstream, tmp_path / "out", "wcxb", "--via", via, base=f"file://{tmp_path}/none")
    assert done.returncode == 1
    assert b"none/owner/name" in done.stderr
    assert b"run this again" in b" ".join(done.stderr.split())


def test_limit_and_gold_choose_pages(run: Run, upstream: UpstreamRepository, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    assert fetch(run, upstream, out, "all", "--gold", "main_text", "--limit", "1").returncode == 0
    assert [p.id for p in read_dataset(out)] == ["wcxb-0000", "moz-0000"]
    assert fetch(run, upstream, out, "traf", "--limit", "2").returncode == 0
    assert [p.id for p in read_dataset(out)] == ["wcxb-0000", "moz-0000", "traf-0000", "traf-0001"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
@pytest.mark.parametrize("via", ["git", "archive"])
def test_progress_is_shown_at_a_terminal(upstream: UpstreamRepository, tmp_path: Path, via: str) -> None:
    from terminal import run_at_terminal

    upstream.make_archive()
    given = ("--manifest", upstream.manifest, "--upstream", f"file://{upstream.base}", "-o", tmp_path / "pages")
    status, out, lines = run_at_terminal("datasets", "fetch", "all", "--via", via, *given)
    assert status == 0, lines
    assert out == b""
    sources = {str(page["source"]) for page in upstream.lines}
    assert len(sources) > 1
    for name in sources:
        number = sum(page["source"] == name for page in upstream.lines)
        bars = [line for line in lines if line.startswith(f"{name}: ") and "━" in line]
        # The last state of the bar is that all pages are there; what was fetched is said below it.
        assert f"{number}/{number}" in bars[-1], bars
        assert f"{name}: {number} pages fetched, 0 were there; in {tmp_path / 'pages'}." in lines
    # A sentence for each collection, and one for the licences.
    shown = [line for line in lines if "━" not in line]
    assert len(shown) == len(sources) + 1, shown


class Handler(BaseHTTPRequestHandler):
    """Serves one file with ranges; breaks off the first answer when told to; and acts as a proxy of itself."""

    def do_GET(self) -> None:
        server = self.server
        server.requests.append((self.path, self.headers.get("Range")))  # type: ignore[attr-defined]
        data: bytes = server.data  # type: ignore[attr-defined]
        if "archive" not in self.path:
            self.send_error(404)
            return
        start = 0
        asked = self.headers.get("Range")
        if asked and self.headers.get("If-Range") == '"v1"':
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        self.send_header("ETag", '"v1"')
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        cut = len(data) // 2 if server.breaks.pop() else len(data)  # type: ignore[attr-defined]
        self.wfile.write(data[start:cut] if cut < len(data) else data[start:])

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serve(data: bytes, breaks: list[bool]) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.data, server.breaks, server.requests = data, breaks, []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_archive_download_goes_on_where_it_broke_off(
    upstream: UpstreamRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    data = upstream.make_archive().read_bytes()
    with serve(data, breaks=[False, True]) as server:
        url = f"http://127.0.0.1:{server.server_port}/archive.tar.gz"
        with pytest.raises(DatasetError, match="run this again"):
            ArchiveUpstream(url, tmp_path / "cache").names()
        seen: list[tuple[int, int | None]] = []
        source = ArchiveUpstream(url, tmp_path / "cache", lambda text, done, total: seen.append((done, total)))
        assert set(upstream.files) <= set(source.names())
        assert [asked for _, asked in server.requests] == [None, f"bytes={len(data) // 2}-"]  # type: ignore[attr-defined]
        assert seen[-1] == (len(data), len(data))


def test_archive_comes_through_the_proxy_of_the_environment(
    run: Run, upstream: UpstreamRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = upstream.make_archive().read_bytes()
    with serve(data, breaks=[False]) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_port}")
        monkeypatch.setenv("no_proxy", "")
        done = fetch(run, upstream, tmp_path / "out", "moz", "--via", "archive", base="http://pages.invalid")
        assert done.returncode == 0, done.stderr
        address = f"http://pages.invalid/owner/name/archive/{upstream.commit}.tar.gz"
        assert proxy.requests == [(address, None)]  # type: ignore[attr-defined]


def test_git_goes_through_the_proxy_of_the_environment(
    run: Run, upstream: UpstreamRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(b"", breaks=[]) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_port}")
        monkeypatch.setenv("no_proxy", "")
        done = fetch(run, upstream, tmp_path / "out", "moz", "--via", "git", base="http://pages.invalid")
        assert done.returncode == 1
        assert proxy.requests[0][0].startswith("http://pages.invalid/owner/name/info/refs")  # type: ignore[attr-defined]


def test_a_hostile_archive_writes_nothing_outside(upstream: UpstreamRepository, tmp_path: Path) -> None:
    path = upstream.make_archive()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, kind in (("x/../../escaped", tarfile.REGTYPE), ("x/LICENSE", tarfile.SYMTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, "/etc/passwd", 4 if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(b"evil"))
    path.write_bytes(buffer.getvalue())
    manifest = read_manifest(upstream.manifest)
    out = tmp_path / "a" / "b" / "out"
    report = fetch_source(manifest, manifest.pages["moz"], out, base=str(upstream.base), via_archive=True)
    assert report.fetched == 0
    assert len(report.failed) == 2 * len(manifest.pages["moz"])  # page and gold of each
    assert not list(tmp_path.rglob("escaped"))
    assert not (out / "licences/moz/LICENSE").exists()


def test_a_page_that_grows_when_unpacked_is_refused(upstream: UpstreamRepository, tmp_path: Path) -> None:
    bomb = gzip.compress(b"a" * 50_000_000)
    path = upstream.repository / "archive" / f"{upstream.commit}.tar.gz"
    path.parent.mkdir()
    with tarfile.open(path, mode="w:gz") as archive:
        info = tarfile.TarInfo("name/dev/html/0000.html.gz")
        info.size = len(bomb)
        archive.addfile(info, io.BytesIO(bomb))
    manifest = read_manifest(upstream.manifest)
    report = fetch_source(
        manifest, manifest.pages["wcxb"][:1], tmp_path / "out", base=str(upstream.base), via_archive=True
    )
    assert "checksum" in report.failed[0].reason


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "../../etc/passwd"),
        ("source", "--exec"),
        ("sha256", "xyz"),
        ("bytes", -1),
        ("gold", "labels"),
        ("repo", "--upload-pack=evil/x"),
        ("repo", "a/../../b"),
        ("commit", "HEAD"),
        ("path", "/etc/passwd"),
        ("path", "a\nb"),
    ],
)
def test_a_manifest_cannot_lead_elsewhere(upstream: UpstreamRepository, key: str, value: object) -> None:
    line = upstream.lines[0]
    (line["upstream"] if key in {"repo", "commit", "path"} else line)[key] = value  # type: ignore[index]
    text = json.dumps(line)
    (upstream.manifest / "manifest.jsonl").write_text(text + "\n")
    with pytest.raises(DatasetError, match=f"line 1: '{key}'"):
        read_manifest(upstream.manifest)


def test_labels_are_read_from_an_archive_too(upstream: UpstreamRepository) -> None:
    plain = read_manifest(upstream.manifest)
    expected = plain.read_labels("wcxb-0000")
    with zipfile.ZipFile(upstream.manifest / "labels.zip", "w") as archive:
        for path in (upstream.manifest / "labels").glob("*.json"):
            archive.write(path, f"labels/{path.name}")
    shutil.rmtree(upstream.manifest / "labels")
    packed = read_manifest(upstream.manifest)
    assert expected is not None
    assert packed.read_labels("wcxb-0000") == expected
    assert packed.read_labels("absent") is None


def test_the_package_has_a_manifest(run: Run) -> None:
    manifest = read_manifest()
    pages = [p for of in manifest.pages.values() for p in of]
    assert len(pages) == 2198
    assert all(manifest.sources[name].citation for name in manifest.pages)
    for page in pages:
        assert ("labels" in page.gold) <= (manifest.read_labels(page.id) is not None)
    done = run("datasets", "list")
    assert done.returncode == 0
    assert all(name.encode() in done.stdout for name in manifest.pages)
    assert done.stdout.decode() in (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
    rows = json.loads(run("datasets", "list", "-f", "json").stdout)
    assert sum(row["pages"] for row in rows) == len(pages)


@pytest.mark.slow
def test_an_installed_wheel_finds_manifest_and_labels(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", str(ROOT), "-w", str(tmp_path)],
        capture_output=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr.decode()
    wheel = next(tmp_path.glob("*.whl"))
    assert wheel.stat().st_size < 6_000_000  # two models
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "from boilerplate.datasets.manifest import read_manifest; import boilerplate; m = read_manifest();"
        "p = next(p for of in m.pages.values() for p in of if 'labels' in p.gold);"
        "print(boilerplate.__file__, len(m.pages), len(m.read_labels(p.id)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        check=True,
    )
    place, n_sources, n_bytes = done.stdout.decode().split()
    assert place.startswith(str(tmp_path))
    assert int(n_sources) == 5
    assert int(n_bytes) > 100


def test_every_option_of_every_command_has_help_and_every_command_an_example() -> None:
    group = typer.main.get_command(datasets_app)
    commands = group.commands  # type: ignore[attr-defined]
    assert set(commands) == {"list", "fetch", "check", "import"}
    for name, command in commands.items():
        assert f"boilerplate datasets {name} " in command.help, name
        assert all(getattr(p, "help", None) for p in command.params), name
