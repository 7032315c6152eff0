"""Whether an archive of records ends within the head of one, which readers take for its end."""

from __future__ import annotations

import io
import re
import zlib
from typing import Any

from boilerplate.inputs.packed import GZIP

__all__ = ["TAIL", "Remembering", "ends_in_head"]

#: Bytes at the end that are looked at: heads are a few hundred.
TAIL = 1 << 16
_HEAD, _HEAD_END, _RESPONSE = b"WARC/", b"\r\n\r\n", b"HTTP/"
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})\s*$", re.I | re.M)
#: A gzip member as archives have them: deflated.
_MEMBER = GZIP + b"\x08"


class Remembering:
    """A stream that remembers the last bytes that were read of it.

    Attributes
    ----------
    tail : bytes
        At most `TAIL` of them.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        self.tail = data[-TAIL:] if len(data) >= TAIL else self.tail[len(data) - TAIL :] + data
        return data

    def tell(self) -> int:
        return int(self._stream.tell())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        position = int(self._stream.tell())
        moved = int(self._stream.seek(offset, whence))
        if moved != position:
            self.tail = b""
        return moved


def ends_in_head(tail: bytes) -> bool:
    """Whether the last record of a WARC archive has no more than a part of its head.

    Parameters
    ----------
    tail : bytes
        The end of the archive, plain or packed by gzip; readers refuse a frame of Zstandard that is cut off.
    """
    at = tail.find(_MEMBER)
    while at >= 0:
        rest = _cut_off_member(tail[at:])
        # The magic bytes may stand within a member by chance, and then nothing can be unpacked from there.
        if rest is not None:
            return _is_part_of_head(rest)
        at = tail.find(_MEMBER, at + 1)
    begin = tail.rfind(_HEAD)
    return begin >= 0 and (begin == 0 or tail[:begin].endswith(b"\n")) and _is_part_of_head(tail[begin:])


def _is_part_of_head(text: bytes) -> bool:
    """Whether a record's head, or that of the HTTP response in it, is cut off."""
    if text[: len(_HEAD)] != _HEAD[: len(text)]:
        return False
    head, _, content = text.partition(_HEAD_END)
    if len(head) == len(text):
        return True
    length = _LENGTH.search(head)
    whole = length is None or len(content) >= int(length[1])
    return content.startswith(_RESPONSE) and _HEAD_END not in content and not whole


def _cut_off_member(data: bytes) -> bytes | None:
    """The beginning of the last member if that is cut off, a whole head if it is not, None if these are no members."""
    while data:
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        begin, packed = b"", data
        # In portions: a few bytes may unpack to very many.
        while packed and not unpacker.eof:
            try:
                piece = unpacker.decompress(packed, TAIL)
            except zlib.error:
                return None
            begin, packed = begin or piece, unpacker.unconsumed_tail
        if not unpacker.eof:
            return begin
        data = unpacker.unused_data
    return _HEAD_END
