"""Archives of crawls made for tests, byte by byte, so that no library reads what it has written itself."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence


def record(
    body: bytes,
    *,
    url: str = "https://example.org/",
    headers: Sequence[tuple[str, str]] = (("Content-Type", "text/html"),),
    status: int = 200,
    kind: str = "response",
) -> bytes:
    """A WARC record: an HTTP response, or for other kinds the bare body of the type that `headers` names."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    content_type = dict(headers).get("Content-Type", "text/plain")
    if kind == "response":
        body = f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + body
        content_type = "application/http; msgtype=response"
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-01-02T03:04:05Z\r\n"
        "WARC-Record-ID: <urn:uuid:12345678-1234-1234-1234-123456789abc>\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def zstd(data: bytes) -> bytes:
    import pyarrow as pa

    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


#: By the suffix of an archive, how each of its records is packed.
PACKINGS: dict[str, Callable[[bytes], bytes]] = {".warc": bytes, ".warc.gz": gzip.compress, ".warc.zst": zstd}
