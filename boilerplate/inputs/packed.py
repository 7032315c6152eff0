"""Unpack what is compressed, no further than a page may be long."""

from __future__ import annotations

import io
import zlib
from typing import IO

from boilerplate.errors import InputError
from boilerplate.limits import Limits

__all__ = ["GZIP", "ZSTANDARD", "Forward", "unpack_deflate", "unpack_gzip"]

#: What gzip and Zstandard files begin with.
GZIP = b"\x1f\x8b"
ZSTANDARD = b"\x28\xb5\x2f\xfd"

#: Bytes given to the unpacker at once: few at first, since a part may be short.
_FIRST_CHUNK, _LARGEST_CHUNK = 256, 1 << 20


class Forward:
    """A stream that cannot be moved about in, such as a pipe, for a reader that only asks where it is."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._position += len(data)
        return data

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if (offset, whence) not in ((0, io.SEEK_CUR), (self._position, io.SEEK_SET)):
            raise io.UnsupportedOperation("seek")
        return self._position


def unpack_gzip(data: bytes, limits: Limits) -> bytes:
    """Unpack gzip, which may consist of several parts.

    Raises
    ------
    InputError
        If it is cut off or damaged; its subclass `LimitError` if it holds more than ``limits.max_bytes``.
    """
    pieces: list[bytes] = []
    size = position = 0
    view = memoryview(data)
    try:
        while data.startswith(GZIP, position):
            unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            chunk = _FIRST_CHUNK
            # In chunks, as what follows a part is copied, which a million parts would make a million times.
            while not unpacker.eof:
                if position >= len(data):
                    raise InputError("The gzip file is cut off. Fetch it again.")
                piece = _unpack(unpacker, view[position : position + chunk], size, limits)
                pieces.append(piece)
                size += len(piece)
                position += min(chunk, len(data) - position) - len(unpacker.unused_data)
                chunk = min(2 * chunk, _LARGEST_CHUNK)
    except zlib.error as error:
        raise InputError(f"The gzip file is damaged ({error}). Fetch it again.") from error
    return b"".join(pieces)


def unpack_deflate(data: bytes, limits: Limits) -> bytes:
    """Unpack what HTTP calls deflate: zlib's format by the standard, without its head by some servers.

    Raises
    ------
    InputError
        If it is damaged; its subclass `LimitError` if it holds more than ``limits.max_bytes``.
    """
    try:
        return _unpack(zlib.decompressobj(), data, 0, limits)
    except zlib.error:
        try:
            return _unpack(zlib.decompressobj(wbits=-zlib.MAX_WBITS), data, 0, limits)
        except zlib.error as error:
            raise InputError(f"The page's compression is damaged ({error}). Fetch it again.") from error


def _unpack(unpacker: zlib._Decompress, data: bytes | memoryview, size: int, limits: Limits) -> bytes:
    if limits.max_bytes is None:
        return unpacker.decompress(data)
    piece = unpacker.decompress(data, limits.max_bytes + 1 - size)
    limits.check_size(size + len(piece))
    return piece
