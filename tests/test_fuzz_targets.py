"""The fuzz targets hold on a few inputs, so that they work when somebody fuzzes, and notice what they are to notice."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate.errors import ModelError
from boilerplate.model.file import write_model_file
from fuzz import oracles
from fuzz.targets import TARGETS

WARC = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.test/\r\nContent-Type: application/http\r\n"
HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=koi8-r\r\n\r\n<p>Tea is brewed"
PAGE = "<h1>Tea</h1><p>Чай, 茶 <a href=javascript:x>and</a> milk<ul><li>a</ul><table><td>=1<td>2</table><pre>x".encode()
SEEDS = [
    b"",
    b"\x00",
    PAGE,
    PAGE.decode().encode("utf-16"),
    bytes(range(256)) * 8,
    gzip.compress(PAGE, mtime=0),
    b"%sContent-Length: %d\r\n\r\n%s\r\n\r\n" % (WARC, len(HTTP), HTTP),
    b'{"html": "<p>Tea", "url": "http://a.test/"}\n{"html": 1}\n[\n',
    b"http://pages.test/\nUser-agent: *\nDisallow: /\nCrawl-delay: 1e309",
    b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n\n\0\nHTTP/1.1 302 x\r\nLocation: https://b.test/\r\n\r\n\n\0\n"
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<p>Tea",
    b'keep = ["article"]\nno-links = true\n[clean]\njobs = 2\n',
]


@pytest.mark.parametrize("name", TARGETS)
def test_targets_hold(name: str, tmp_path: Path) -> None:
    write_model_file(tmp_path / "model", {"a": np.zeros(3, np.float32)}, {"labels": []})
    for seed in (*SEEDS, (tmp_path / "model").read_bytes()):
        TARGETS[name](seed)


#: Pieces that break pages, put together in any way, in any encoding.
MARKUP = (
    "<p> </p> <table> <tr> <td/colspan=3> <ul> <li> <a/href= ' > <!-- --> <script> &#x202e; &lt; =1+1 \0 \u202e "
    "\ud800 <b> </i> <pre> ` $$ [x](y) <ruby> <rt> Чай 茶 Tea <math/alttext=x> <sup><a/href=#n>1</a></sup> "
    "<p/id=n> <!DOCTYPE ]]>"
)
PIECES = st.lists(st.sampled_from(MARKUP.split(" ")) | st.text(max_size=5), max_size=30).map(" ".join)


@given(PIECES, st.sampled_from(["utf-8", "utf-16", "utf-16-le", "windows-1251", "shift_jis", "utf-7", "utf-32-be"]))
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("name", ["decode", "segment", "features", "outputs"])
def test_pages_of_pieces(name: str, html: str, codec: str) -> None:
    errors = "surrogatepass" if codec.startswith("utf-") and codec != "utf-7" else "replace"
    TARGETS[name](b"abcd" + html.encode(codec, errors))


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
@pytest.mark.parametrize("name", ["trees", "model-file", "warc", "jsonl", "packed", "addresses", "answers"])
def test_bytes(name: str, data: bytes) -> None:
    TARGETS[name](data)


def test_raised_and_lowered_text_breaks_none() -> None:
    oracles.check_markdown("H<sub>2</sub>O, 10<sup>6</sup>")


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (oracles.check_text, "a\u202eb"),
        (oracles.check_text, "a\x1b[31m"),
        (oracles.check_html, "<p>x<script>y</script>"),
        (oracles.check_html, "<p onclick=x>x"),
        (oracles.check_html, "<p><a href=' java\tscript:x'>x</a>".replace("\t", "")),
        (oracles.check_html, "<meta http-equiv=refresh content=1><p>x"),
        (oracles.check_markdown, "[x](javascript:y)"),
        (oracles.check_markdown, "tea <img src=x onerror=y>"),
        (oracles.check_markdown, "tea <sub onclick=x>2</sub>"),
        (oracles.check_csv, "a,b\n1,=1+1\n"),
        (oracles.check_json, '{"a": "\u202e"}'),
    ],
)
def test_what_breaks_a_promise_is_noticed(check: object, text: str) -> None:
    with pytest.raises(AssertionError):
        check(text)  # type: ignore[operator]


def test_a_target_notices_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuzz.targets.TreeEnsemble.from_arrays", lambda arrays, prefix: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        TARGETS["trees"](b"abc")

    def refuse(arrays: object, prefix: str) -> None:
        raise ModelError("It is no model.")

    monkeypatch.setattr("fuzz.targets.TreeEnsemble.from_arrays", refuse)
    TARGETS["trees"](b"abc")
