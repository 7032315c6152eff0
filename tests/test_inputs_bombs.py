"""Compressed inputs that are far larger, or far more, than they look."""

from __future__ import annotations

import gzip
import io
import time
import tracemalloc
import zlib
from collections import Counter

import pytest

from boilerplate.errors import InputError, LimitError
from boilerplate.inputs.jsonl import read_jsonl
from boilerplate.inputs.packed import unpack_deflate, unpack_gzip
from boilerplate.inputs.source import Source
from boilerplate.inputs.warc import read_warc
from boilerplate.limits import Limits

LIMITS = Limits(max_bytes=1_000_000)
FILE = Source("file", "file")
SIZE = 60_000_000


def zeros(n_bytes: int, wbits: int = 31) -> bytes:
    packer = zlib.compressobj(9, wbits=wbits)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(n_bytes // 1_000_000)) + packer.flush()


def record(http: bytes, length: int) -> bytes:
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.test/\r\nContent-Type: application/http\r\n"
    return head + b"WARC-Record-ID: <urn:uuid:1>\r\nContent-Length: %d\r\n\r\n%s" % (length, http)


def archives() -> dict[str, bytes]:
    html = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    bomb = zeros(SIZE)
    encoded = html + b"Content-Encoding: gzip\r\n\r\n" + bomb
    packer = zlib.compressobj(9, wbits=31)
    long = packer.compress(record(html + b"\r\n<p>", len(html) + 5 + SIZE))
    long += b"".join(packer.compress(bytes(1_000_000)) for _ in range(SIZE // 1_000_000))
    return {
        "a body that is packed": record(encoded, len(encoded)) + b"\r\n\r\n",
        "a record that is packed": long + packer.compress(b"\r\n\r\n") + packer.flush(),
        "both": gzip.compress(record(encoded, len(encoded)) + b"\r\n\r\n"),
    }


@pytest.mark.parametrize("name", ["a body that is packed", "a record that is packed", "both"])
def test_bombs_in_archives(name: str) -> None:
    data = archives()[name]
    assert len(data) < 1_000_000
    tracemalloc.start()
    found = list(read_warc(io.BufferedReader(io.BytesIO(data)), FILE, LIMITS, Counter()))  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [source.past_limit for source in found] == [True]
    assert "larger than the limit of 1,000,000 bytes" in found[0].problem
    assert peak < 20_000_000


def test_bombs_in_tables() -> None:
    data = gzip.compress(b'{"html": "' + b"a" * SIZE + b'"}\n{"html": "<p>Tea"}\n')
    tracemalloc.start()
    found = list(read_jsonl(io.BufferedReader(io.BytesIO(data)), FILE, LIMITS))  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(source.past_limit, source.html) for source in found] == [(True, None), (False, "<p>Tea")]
    assert peak < 40_000_000


def test_bombs() -> None:
    with pytest.raises(LimitError):
        unpack_gzip(zeros(SIZE), LIMITS)
    with pytest.raises(LimitError):
        unpack_deflate(zeros(SIZE, wbits=15), LIMITS)
    with pytest.raises(LimitError):
        unpack_gzip(gzip.compress(bytes(500_000)) * 3, LIMITS)


def test_a_million_parts_take_linear_time() -> None:
    # Copying what is left after each part would take minutes.
    parts = gzip.compress(b"") * 200_000
    started = time.process_time()
    assert unpack_gzip(parts, Limits()) == b""
    assert time.process_time() - started < 10
    with pytest.raises(InputError, match="cut off"):
        unpack_gzip(parts[:-3], Limits())
    assert unpack_gzip(gzip.compress(b"tea") + gzip.compress(b" and milk") + b"\0\0", Limits()) == b"tea and milk"
