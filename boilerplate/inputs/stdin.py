"""What standard input holds, told by its first bytes: it has no name that would tell."""

from __future__ import annotations

import io
import sys
import zlib

from boilerplate.inputs.packed import GZIP, ZSTANDARD

__all__ = ["form_of_stdin"]

_HEAD = 4096


def form_of_stdin() -> str:
    """One of `boilerplate.inputs.names.FORMS`; nothing is taken from the stream."""
    peek = getattr(sys.stdin.buffer, "peek", None) if sys.stdin is not None else None
    head = _unpacked(peek(_HEAD)[:_HEAD]) if peek is not None else b""
    if head.startswith(b"WARC/"):
        return "warc"
    if head.startswith(b"PAR1"):
        return "parquet"
    # No page begins like this.
    if head.lstrip().startswith(b"{") and head.lstrip()[1:].lstrip().startswith(b'"'):
        return "jsonl"
    return "html"


def _unpacked(head: bytes) -> bytes:
    """The beginning of what is packed, as far as it can be told."""
    if head.startswith(GZIP):
        try:
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(head, 64)
        except zlib.error:
            return b""
    if head.startswith(ZSTANDARD):
        try:
            from fastwarc.stream_io import ZstdReader

            return bytes(ZstdReader(io.BytesIO(head)).read(64))
        except (ImportError, OSError):
            return b""
    return head
