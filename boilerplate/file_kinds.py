"""Files that are no web pages, told by what they begin with."""

from __future__ import annotations

import re

from boilerplate.errors import NotHTMLError

__all__ = ["SNIFF_BYTES", "refuse_other_files"]

#: How many bytes decide whether this is a page at all.
SNIFF_BYTES = 4096
#: Share of control bytes above which bytes are no text; compressed data has 11 %.
MAX_CONTROL_SHARE = 0.05
#: Fewer control bytes than this say nothing.
MIN_CONTROL_COUNT = 4
_DECOMPRESS = "decompress it first"
_CONVERT = "convert it to HTML first"
_SKIP = "leave it out"
#: Bytes that files other than web pages begin with, what such a file is, and what to do with it.
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "gzip-compressed data", _DECOMPRESS),
    (b"BZh", "bzip2-compressed data", _DECOMPRESS),
    (b"\xfd7zXZ\x00", "xz-compressed data", _DECOMPRESS),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data", _DECOMPRESS),
    (b"PK\x03\x04", "a ZIP archive (or an Office or EPUB file)", "unpack it first"),
    (b"PK\x05\x06", "an empty ZIP archive", _SKIP),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (b"WARC/1.", "a WARC file", "read its records first and pass the body of each response"),
    (b"%PDF-", "a PDF file", _CONVERT),
    (b"%!PS", "a PostScript file", _CONVERT),
    (b"{\\rtf", "an RTF file", _CONVERT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file", _CONVERT),
    (b"\x89PNG\r\n", "a PNG image", _SKIP),
    (b"\xff\xd8\xff", "a JPEG image", _SKIP),
    (b"GIF87a", "a GIF image", _SKIP),
    (b"GIF89a", "a GIF image", _SKIP),
    (b"II*\x00", "a TIFF image", _SKIP),
    (b"MM\x00*", "a TIFF image", _SKIP),
    (b"\x00\x00\x01\x00", "an icon file", _SKIP),
    (b"wOFF", "a font file", _SKIP),
    (b"wOF2", "a font file", _SKIP),
    (b"OggS\x00", "an Ogg audio or video file", _SKIP),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video", _SKIP),
    (b"fLaC\x00", "a FLAC audio file", _SKIP),
    (b"ID3\x02", "an MP3 audio file", _SKIP),
    (b"ID3\x03", "an MP3 audio file", _SKIP),
    (b"ID3\x04", "an MP3 audio file", _SKIP),
    (b"\x7fELF", "a program (ELF)", _SKIP),
    (b"\x00asm", "a WebAssembly program", _SKIP),
    (b"\xca\xfe\xba\xbe", "a Java class or a macOS program", _SKIP),
    (b"SQLite format 3\x00", "an SQLite database", _SKIP),
)
_MAGIC_BYTES = tuple(magic for magic, _, _ in _MAGIC)
#: Control characters but white space and ESC, which ISO-2022-JP uses.
_CONTROLS = bytes(sorted({*range(0x20), 0x7F} - {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1B}))
_MARKUP_START = re.compile(rb"[\s\x00]*<\x00*[!?/A-Za-z]")


def refuse_other_files(data: bytes, *, wide: bool) -> None:
    """Refuse the bytes of another kind of file.

    Parameters
    ----------
    data : bytes
        The first `SNIFF_BYTES` are enough.
    wide : bool
        Whether characters have two or four bytes, so that NULs and control bytes say nothing.

    Raises
    ------
    NotHTMLError
        If they are; it says of what kind, and what to do.
    """
    head = data[:SNIFF_BYTES]
    start = head.lstrip()[:64] or head
    kind = ""
    advice = _SKIP
    if head.startswith(_MAGIC_BYTES) or start.startswith(_MAGIC_BYTES):
        kind, advice = next(
            (what, then) for magic, what, then in _MAGIC if head.startswith(magic) or start.startswith(magic)
        )
    elif head[:2] == b"\x00\x00" and head[4:8] == b"ftyp":
        kind = "an MP4 video or a HEIF or AVIF image"
    elif head.startswith(b"RIFF") and head[8:12] in (b"WEBP", b"AVI ", b"WAVE"):
        kind = f"a RIFF file ({head[8:12].decode().strip()})"
    elif not wide and not _MARKUP_START.match(head):
        controls = len(head) - len(head.translate(None, _CONTROLS))
        if controls >= MIN_CONTROL_COUNT and controls > MAX_CONTROL_SHARE * len(head):
            kind = "binary or compressed data"
            advice = "decompress it if it is compressed, or leave it out"
    if kind:
        raise NotHTMLError(f"This is not a web page but looks like {kind}; {advice}.")
