"""Compressed inputs that are far larger, or far more, than they look."""

from __future__ import annotations

import gzip
import io
import random
import resource
import time
import tracemalloc
import zlib
from collections import Counter
from contextlib import suppress

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
    found = list(read_warc(io.BufferedReader(io.BytesIO(data)), FILE, LIMITS, Counter()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [source.past_limit for source in found] == [True]
    assert "larger than the limit of 1,000,000 bytes" in found[0].problem
    assert peak < 20_000_000


def test_bombs_in_tables() -> None:
    data = gzip.compress(b'{"html": "' + b"a" * SIZE + b'"}\n{"html": "<p>Tea"}\n')
    tracemalloc.start()
    found = list(read_jsonl(io.BufferedReader(io.BytesIO(data)), FILE, LIMITS))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(source.past_limit, source.html) for source in found] == [(True, None), (False, "<p>Tea")]
    assert peak < 40_000_000


def test_lines_of_more_values_than_there_is_memory_for() -> None:
    lists = b'{"html": "<p>Tea", "x": [' + b"[]," * 5_000_000 + b"1]}\n"
    quoted = b'{"html": "' + b'[,{\\"' * 2_000_000 + b'"}\n'
    tracemalloc.start()
    found = list(read_jsonl(io.BufferedReader(io.BytesIO(lists + quoted)), FILE, Limits()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [source.past_limit for source in found] == [True, False]
    assert "more than 1,000,000 values" in found[0].problem
    assert found[1].html == '[,{"' * 2_000_000
    assert peak < 100_000_000


def test_encodings_on_top_of_each_other() -> None:
    # Each is undone by itself: a thousand of them around a page of 20 MB would take minutes.
    for n, readable in ((4, True), (5, False)):
        body = b"<p>Tea"
        for _ in range(n):
            body = gzip.compress(body)
        names = b", ".join([b"gzip"] * n)
        http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: " + names + b"\r\n\r\n" + body
        archive = io.BufferedReader(io.BytesIO(record(http, len(http)) + b"\r\n\r\n"))
        (found,) = read_warc(archive, FILE, LIMITS, Counter())
        assert (found.html == b"<p>Tea") is readable
        assert readable or "5 encodings on top of each other" in found.problem


def test_heads_of_records_and_responses_are_bounded_by_what_is_read() -> None:
    # A head without end is unpacked a line at a time, and packed it is a thousandth of its size.
    for head in (record(b"", 0)[:-4], record(b"HTTP/1.1 200 OK\r\n", 10**9)):
        packer = zlib.compressobj(9, wbits=31)
        data = packer.compress(head + b"X: ") + b"".join(packer.compress(b"a" * 1_000_000) for _ in range(60))
        data += packer.flush()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with suppress(InputError):
            list(read_warc(io.BufferedReader(io.BytesIO(data)), FILE, LIMITS, Counter()))
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000


def test_no_more_is_unpacked_than_there_is_room_for() -> None:
    # What does not shrink comes first, so that much of the file is looked at together by the time of the zeros.
    packer = zlib.compressobj(9, wbits=31)
    late = packer.compress(random.Random(0).randbytes(900_000)) + b"".join(
        packer.compress(bytes(1_000_000)) for _ in range(200)
    )
    late += packer.flush()
    for unpack, data in ((unpack_gzip, late), (unpack_deflate, zeros(200_000_000, wbits=15))):
        tracemalloc.start()
        with pytest.raises(LimitError):
            unpack(data, LIMITS)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 10_000_000


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
