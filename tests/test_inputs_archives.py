"""Pages of archives and tables."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import pytest
from archives import PACKINGS, record, zstd
from conftest import PAGE, Run
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate import Limits
from boilerplate.encoding import decode
from boilerplate.errors import UsageError
from boilerplate.inputs import Inputs, Source, read_html
from boilerplate.inputs.archive_end import ends_in_head

HTML = (("Content-Type", "text/html"),)


def deflated(data: bytes, *, head: bool) -> bytes:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS if head else -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def brotli(data: bytes) -> bytes:
    import brotli as package

    return bytes(package.compress(data))


def chunked(data: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (data[:7], data[7:])) + b"0\r\n\r\n"


def page_of(source: Source) -> str:
    html = read_html(source)
    return html if isinstance(html, str) else decode(html, charset=source.charset)[0]


@pytest.mark.parametrize("suffix", PACKINGS)
def test_warc(tmp_path: Path, suffix: str) -> None:
    records = [
        record(b"software: x", kind="warcinfo"),
        record(b"GET / HTTP/1.1", kind="request"),
        record(b"<p>one", url="https://example.org/1"),
        record(b"\x89PNG", headers=[("Content-Type", "image/png")]),
        record(b"<p>gone", status=404),
        record("<p>Привет".encode("koi8-r"), headers=[("content-type", "text/html; charset=KOI8-R")]),
        record(b"<p>no type", headers=[]),
        record(b"<p>resource", headers=[("Content-Type", "application/xhtml+xml")], kind="resource"),
        record(b"plain", headers=[("Content-Type", "text/plain")], kind="resource"),
    ]
    path = tmp_path / f"crawl{suffix}"
    pack = PACKINGS[suffix]
    path.write_bytes(b"".join(map(pack, records)))
    inputs = Inputs([str(tmp_path)])
    sources = list(inputs)
    assert [page_of(source) for source in sources] == ["<p>one", "<p>Привет", "<p>no type", "<p>resource"]
    assert sources[0].url == "https://example.org/1"
    offset = sum(len(pack(r)) for r in records[:2])
    assert sources[0].name == f"{path}#{offset}" or suffix == ".warc.gz"
    assert [source.relative for source in sources[:2]] == [f"crawl{suffix}-00000{n}.html" for n in (1, 2)]
    assert inputs.skipped == {"records that are not HTML": 2, "responses without success": 1}
    assert inputs.n_bytes() == path.stat().st_size
    assert 0 < sum(source.n_bytes for source in sources) <= path.stat().st_size


@pytest.mark.parametrize("suffix", PACKINGS)
def test_offset_of_a_record_leads_to_it(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"crawl{suffix}"
    path.write_bytes(b"".join(PACKINGS[suffix](record(b"<p>%d" % number)) for number in range(3)))
    last = list(Inputs([str(path)]))[-1]
    rest = tmp_path / f"rest{suffix}"
    rest.write_bytes(path.read_bytes()[int(last.name.rpartition("#")[2]) :])
    assert [read_html(source) for source in Inputs([str(rest)])] == [b"<p>2"]


ENCODED = {
    "gzip": gzip.compress(PAGE.encode(), mtime=0),
    "x-gzip": gzip.compress(PAGE.encode()),
    "deflate": deflated(PAGE.encode(), head=True),
    "Deflate": deflated(PAGE.encode(), head=False),
    "br": brotli(PAGE.encode()),
    "zstd": zstd(PAGE.encode()),
    "gzip, br": brotli(gzip.compress(PAGE.encode(), mtime=0)),
    "identity": PAGE.encode(),
}


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("transfer", [False, True])
def test_encodings_of_http(tmp_path: Path, encoding: str, transfer: bool) -> None:
    body = chunked(ENCODED[encoding]) if transfer else ENCODED[encoding]
    headers = [*HTML, ("Content-Encoding", encoding), *([("Transfer-Encoding", "chunked")] if transfer else [])]
    # Crawlers often unpack what they store and leave the header as it was.
    (tmp_path / "a.warc").write_bytes(record(body, headers=headers) + record(PAGE.encode(), headers=headers))
    assert [page_of(source) for source in Inputs([str(tmp_path)])] == [PAGE] * 2


@pytest.mark.parametrize(
    ("encoding", "body", "problem"),
    [
        ("br", b"\xff\xff\xff\xff", "br encoding is damaged"),
        ("deflate", b"\xff\xff\xff\xff", "compression is damaged"),
        ("gzip", gzip.compress(b"<p>x" * 1000, mtime=0)[:-20], "cut off"),
        ("compress", b"x", "'compress', which is unknown"),
        *((name, data, "larger than the limit") for name, data in ENCODED.items()),
    ],
)
def test_record_that_cannot_be_read_costs_no_other(tmp_path: Path, encoding: str, body: bytes, problem: str) -> None:
    headers = [*HTML, ("Content-Encoding", encoding)]
    (tmp_path / "a.warc").write_bytes(record(body, headers=headers) + record(b"<p>next"))
    bad, good = Inputs([str(tmp_path)], limits=Limits(max_bytes=300))
    assert problem in bad.problem
    assert bad.past_limit == ("limit" in problem)
    assert read_html(good) == b"<p>next"


@pytest.mark.parametrize("suffix", PACKINGS)
@given(cut=st.floats(0.01, 0.99))
@settings(max_examples=25, deadline=None)
def test_archive_cut_off_anywhere(tmp_path_factory: pytest.TempPathFactory, suffix: str, cut: float) -> None:
    pages = [b"<p>" + bytes([65 + number]) * 50 for number in range(4)]
    packed = [PACKINGS[suffix](record(page)) for page in pages]
    whole = b"".join(packed)
    path = tmp_path_factory.mktemp("cut") / f"a{suffix}"
    path.write_bytes(whole[: max(1, int(cut * len(whole)))])
    sources = list(Inputs([str(path)]))
    read = [read_html(source) for source in sources if not source.problem]
    # Never a page that is not one, and never a failure without a reason.
    assert read == pages[: len(read)]
    assert all(source.problem.endswith((".", "read.")) for source in sources if source.problem)
    complete = sum(sum(map(len, packed[: n + 1])) <= len(whole) * cut for n in range(4))
    assert len(read) >= complete


@pytest.mark.parametrize("suffix", PACKINGS)
@pytest.mark.parametrize("kind", ["response", "resource", "conversion"])
def test_archive_cut_off_within_a_record_says_so(tmp_path: Path, suffix: str, kind: str) -> None:
    headers = [("Content-Type", "text/plain" if kind == "conversion" else "text/html")]
    first, last = (PACKINGS[suffix](record(body, kind=kind, headers=headers)) for body in (b"tea " * 40, b"milk " * 40))
    path = tmp_path / f"a{suffix}"
    for cut in range(1, len(last), 7):
        path.write_bytes(first + last[:cut])
        sources = list(Inputs([str(path)]))
        assert read_html(sources[0]) == b"tea " * 40
        assert len(sources) == 2, f"cut off after {cut} bytes"
        if sources[1].problem:
            assert "cut off" in sources[1].problem or "damaged" in sources[1].problem
        else:  # what is missing only closes the record
            assert read_html(sources[1]) == b"milk " * 40
    path.write_bytes(first + last)
    assert not any(source.problem for source in Inputs([str(path)]))


def test_magic_bytes_within_a_record_do_not_make_its_archive_cut_off() -> None:
    assert not ends_in_head(record(b"\x1f\x8b\x08 tea " * 5 + b"\r\n\r\nWARC/ milk WARC/1.0\r\n", kind="conversion"))
    assert ends_in_head(record(b"\x1f\x8b\x08 tea", kind="conversion") + b"WARC/1.0\r\nWARC-Type: conv")
    assert ends_in_head(gzip.compress(record(b"tea", kind="conversion"), mtime=0) + b"\x1f\x8b\x08")
    assert not ends_in_head(gzip.compress(b"\x00" * 10_000_000, mtime=0)[2000:])


@pytest.mark.parametrize("data", [b"", b"no archive", b"\x1f\x8bno gzip", b"WARC/1.0\r\n", b"\x28\xb5\x2f\xfdxx"])
def test_no_archive(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.warc").write_bytes(data)
    found = list(Inputs([str(tmp_path / "a.warc")]))
    assert all("no WARC" in source.problem or "cut off" in source.problem for source in found)
    assert len(found) == (1 if data else 0)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd])
def test_json_lines(tmp_path: Path, pack: object) -> None:
    lines = [
        json.dumps({"url": "https://example.org/1", "html": "<p>Čaj\u2028"}),
        "",
        json.dumps({"html": "<p>no address", "url": None}),
        "no JSON",
        json.dumps(["html"]),
        json.dumps({"html": 7}),
        json.dumps({"html": "<p>" + "x" * 3000}),
        json.dumps({"html": "<p>" + "x" * 2_000_000}),
        json.dumps({"html": "<p>last"}),
    ]
    path = tmp_path / "pages.jsonl"
    path.write_bytes(pack("\n".join(lines).encode()))  # type: ignore[operator]
    sources = list(Inputs([str(path)], limits=Limits(max_bytes=2000)))
    assert [source.name.rpartition("#")[2] for source in sources] == ["1", "3", "4", "5", "6", "7", "8", "9"]
    assert [source.html for source in sources if not source.problem] == ["<p>Čaj\u2028", "<p>no address", "<p>last"]
    assert [source.url for source in sources[:2]] == ["https://example.org/1", None]
    problems = [source.problem for source in sources if source.problem]
    for problem, part in zip(
        problems, ["not JSON", "no page", "no page", "limit of 2,000", "longer than a page"], strict=True
    ):
        assert part in problem
    assert [source.past_limit for source in sources] == [False] * 5 + [True] * 2 + [False]


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_json_lines_cut_off(tmp_path: Path, pack: object) -> None:
    data = pack(b'{"html": "<p>x"}\n' * 5 + bytes(range(256)) * 100)  # type: ignore[operator]
    (tmp_path / "a.jsonl.gz").write_bytes(data[: len(data) // 2])
    assert list(Inputs([str(tmp_path / "a.jsonl.gz")]))[-1].problem.startswith("The ")


def test_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "pages.parquet"
    table = pa.table({"n": [1, 2, 3], "html": [b"<p>one", None, "<p>né".encode("latin-1")], "url": ["u", None, ""]})
    parquet.write_table(table, path)
    one, two, three = Inputs([str(path)])
    assert (one.html, one.url, one.name) == (b"<p>one", "u", f"{path}#1")
    assert "html is empty" in two.problem
    assert (three.html, three.url) == ("<p>né".encode("latin-1"), None)
    parquet.write_table(pa.table({"html": ["<p>text"]}), path)
    assert [source.html for source in Inputs([str(path)])] == ["<p>text"]
    parquet.write_table(pa.table({"body": ["<p>text"]}), path)
    (source,) = Inputs([str(path)])
    assert "no column html or text, but body" in source.problem
    path.write_bytes(b"PAR1 no table")
    (source,) = Inputs([str(path)])
    assert "no Parquet table" in source.problem


def test_archives_are_streamed(tmp_path: Path) -> None:
    line = json.dumps({"html": "<p>" + "x" * 100_000}) + "\n"
    path = tmp_path / "pages.jsonl.gz"
    path.write_bytes(gzip.compress((line * 300).encode()))
    warc = tmp_path / "pages.warc.gz"
    warc.write_bytes(gzip.compress(record(b"<p>" + b"x" * 100_000)) * 300)
    for name in (path, warc):
        tracemalloc.start()
        assert sum(1 for _ in Inputs([str(name)])) == 300
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
        tracemalloc.stop()


def test_patterns_and_lists_of_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/1.html", "a/b/2.html", "c.html", "d [1].html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("<p>x", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert [s.name for s in Inputs(["**/*.html"])] == ["a/1.html", "a/b/2.html", "c.html", "d [1].html"]
    assert [s.name for s in Inputs(["a*"])] == ["a/1.html", "a/b/2.html"]
    # A file of that very name is meant by it.
    assert [s.name for s in Inputs(["d [1].html"])] == ["d [1].html"]
    (nothing,) = Inputs(["*.htm"])
    assert "No file or directory has a name of this pattern" in nothing.problem
    Path("names").write_bytes(b"c.html\r\na\n\nmissing\n")
    found = list(Inputs(["d*"], files_from="names"))
    assert [s.name for s in found] == ["d [1].html", "c.html", "a/1.html", "a/b/2.html", "missing"]
    assert found[-1].problem
    with pytest.raises(UsageError, match="no file nowhere"):
        Inputs([], files_from="nowhere")
    with pytest.raises(UsageError, match="only once"):
        Inputs(["-"], files_from="-")
    with pytest.raises(UsageError, match="is no form of input"):
        Inputs(["c.html"], form="pdf")


def test_one_page_or_many(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<p>x", encoding="utf-8")
    page = str(tmp_path / "a.html")
    assert Inputs([page]).is_one_page()
    assert Inputs([page], form="html").is_one_page()
    assert not Inputs([page], form="jsonl").is_one_page()
    assert not Inputs([page], files_from=page).is_one_page()
    assert not Inputs([str(tmp_path / "*.html")]).is_one_page()
    assert not Inputs(["a.warc.gz"]).is_one_page()
    assert not Inputs(["a.JSONL"]).is_one_page()


# --- through the command line -------------------------------------------------------------------------------------


def rows(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


LINE = json.dumps({"url": "https://example.org/tea", "html": PAGE}).encode()
STREAMS = {
    "page": (PAGE.encode(), [None]),
    "packed page": (gzip.compress(PAGE.encode()), [None]),
    "json lines": (LINE + b"\n" + LINE, ["https://example.org/tea"] * 2),
    "packed json lines": (zstd(LINE), ["https://example.org/tea"]),
    "warc": (record(PAGE.encode()) + record(b"", headers=[("Content-Type", "a/b")]), ["https://example.org/"]),
    "packed warc": (gzip.compress(record(PAGE.encode())) * 2, ["https://example.org/"] * 2),
    "zstd warc": (zstd(record(PAGE.encode())), ["https://example.org/"]),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_standard_input_is_known_by_its_bytes(run: Run, kind: str) -> None:
    data, urls = STREAMS[kind]
    done = run("clean", "-", "-f", "jsonl", stdin=data)
    assert done.returncode == 0, done.stderr
    assert [row["url"] for row in rows(done)] == urls
    assert all("Tea is brewed" in str(row["text"]) for row in rows(done))
    if kind == "warc":
        assert b"1 records that are not HTML skipped" in done.stderr


def test_input_format_and_names_from_standard_input(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(LINE)
    (tmp_path / "more").write_bytes(LINE + b"\n{}")
    done = run(
        "clean", "--files-from", "-", "--input-format", "jsonl", "-f", "jsonl", stdin=b"lines\nmore\n", cwd=tmp_path
    )
    assert done.returncode == 1
    assert [(row["source"], row["status"]) for row in rows(done)] == [
        ("lines#1", "ok"),
        ("more#1", "ok"),
        ("more#2", "unreadable"),
    ]
    assert b"more#2: The line has no page" in done.stderr


def test_parquet_from_a_pipe_is_refused(run: Run) -> None:
    done = run("clean", "-", "-f", "jsonl", stdin=b"PAR1....")
    assert done.returncode == 1
    assert b"cannot be read from a pipe" in done.stderr


@pytest.mark.parametrize(
    ("package", "name"), [("fastwarc", "a.warc"), ("pyarrow", "a.parquet"), ("fastwarc", "z.jsonl")]
)
def test_without_a_package(package: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).write_bytes(zstd(LINE))
    for module in (package, f"{package}.warc", f"{package}.stream_io"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match="Install it with: pip install 'boilerplate"):
        list(Inputs([str(tmp_path / name)]))
