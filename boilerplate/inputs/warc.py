"""Pages of WARC archives (ISO 28500), as crawlers write them; plain or packed by gzip or Zstandard."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from boilerplate.errors import InputError, LimitError, UsageError
from boilerplate.input_format import HTML, TEXT
from boilerplate.inputs.archive_end import Remembering, ends_in_head
from boilerplate.inputs.packed import GZIP, ZSTANDARD, unpack_deflate, unpack_gzip
from boilerplate.inputs.source import Source
from boilerplate.limits import Limits

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

__all__ = ["read_warc"]

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
#: Encodings of HTTP put on top of each other; each is undone, which takes the time of the whole page.
_MAX_ENCODINGS = 4
_LANGUAGE = "WARC-Identified-Content-Language"
#: What is said of records that are no page.
_NOT_HTML, _NOT_FOUND = "records that are not HTML", "responses without success"


def read_warc(stream: Any, path: Source, limits: Limits, skipped: Counter[str]) -> Iterator[Source]:
    """Pages of an archive: its responses of status 2xx and its resources, if they are HTML, and what WET files hold,
    conversions to text.

    Content and transfer encodings of HTTP are undone; the charset of the HTTP header goes along.

    Parameters
    ----------
    stream : binary file
        Only read from front to back.
    path : Source
        The archive.
    limits : Limits
    skipped : Counter
        Counts responses and resources of other types, and responses of other status.

    Raises
    ------
    InputError
        If it is no WARC archive, is cut off or damaged.
    UsageError
        If fastwarc is not installed.
    """
    try:
        from fastwarc.warc import ArchiveIterator, WarcRecordType
    except ImportError as error:
        raise UsageError("WARC archives need fastwarc. Install it with: pip install 'boilerplate[warc]'") from error
    last = number = 0
    told = False
    stream = Remembering(stream)
    try:
        archive = ArchiveIterator(
            stream,
            record_types=WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion,
            parse_http=True,
            auto_decode="none",
        )
        for record in archive:
            kind = _refusal(record)
            if kind:
                skipped[kind] += 1
                continue
            number += 1
            start = record.stream_pos
            page = _page(record, path, number, limits, start - last)
            told = bool(page.problem)
            yield page
            last = start
    except BaseException as error:
        # Faults of the reader itself are no `Exception`.
        if not isinstance(error, OSError) and type(error).__name__ != "PanicException":
            raise
        raise InputError(
            f"The archive is no WARC, or damaged after {number} pages ({error}). Fetch it again; what stands before is "
            "read."
        ) from error
    # The reader takes the rest of a head for the end of the archive.
    if not told and ends_in_head(stream.tail):
        raise InputError(
            f"The archive is cut off within the head of a record, after {number} pages. Fetch it again; what stands "
            "before is read."
        )


def _refusal(record: WarcRecord) -> str:
    """Why a record is no page, or an empty text."""
    http = record.http_headers
    if not record.headers.get("Content-Length"):
        return ""  # its head is cut off, and may lack the type too; `_page` says so
    if _kind(record) == "conversion":
        return "" if _media_type(record.headers.get("Content-Type")) == "text/plain" else _NOT_HTML
    if http is not None:
        if http.status_code is not None and not 200 <= http.status_code < 300:
            return _NOT_FOUND
        # A server that names no type leaves it to the browser, and here to the parser, to find out.
        declared = http.get("Content-Type") or "text/html"
    else:
        # A response that is not HTTP has been cut off within its head; `_page` says so.
        declared = "text/html" if _is_response(record) else record.headers.get("Content-Type") or ""
    return "" if _media_type(declared) in _HTML_TYPES else _NOT_HTML


def _media_type(declared: str | None) -> str:
    return (declared or "").split(";")[0].strip().lower()


def _kind(record: WarcRecord) -> str:
    return (record.headers.get("WARC-Type") or "").strip().lower()


def _is_response(record: WarcRecord) -> bool:
    return _kind(record) == "response"


def _page(record: WarcRecord, path: Source, number: int, limits: Limits, n_bytes: int) -> Source:
    url = (record.headers.get("WARC-Target-URI") or "").strip("<> ") or None
    input_format = TEXT if _kind(record) == "conversion" else HTML
    # Identified by the crawler: codes of ISO 639-3, the likeliest first.
    language = (record.headers.get(_LANGUAGE) or "").split(",")[0].strip() if input_format == TEXT else ""
    problem, past_limit, html = "", False, b""
    try:
        html = _body(record, limits)
    except InputError as error:
        problem, past_limit = str(error), isinstance(error, LimitError)
    return Source(
        name=f"{path.name}#{record.stream_pos}",
        relative=f"{path.relative}-{number:06d}.{input_format}",
        problem=problem,
        past_limit=past_limit,
        url=url,
        html=html,
        charset=record.http_charset if record.http_headers is not None else None,
        input_format=input_format,
        language=language,
        n_bytes=n_bytes,
    )


def _body(record: WarcRecord, limits: Limits) -> bytes:
    """The page in a record, with the encodings of HTTP undone.

    Raises
    ------
    InputError
        If it is cut off, its encoding is damaged or unknown; its subclass `LimitError` if it is too long.
    """
    length = record.content_length
    body = record.reader.read(length if limits.max_bytes is None else min(length, limits.max_bytes + 1))
    limits.check_size(len(body))
    http = record.http_headers
    # Where the archive ends within a record's head, the length is missing too.
    if len(body) < length or not record.headers.get("Content-Length") or (http is None and _is_response(record)):
        raise InputError("The record is cut off. Fetch the archive again.")
    if http is None:
        return body
    # The encoding applied last stands last, and is undone first; that of the transfer was applied after the others.
    names = [
        name
        for header in ("Transfer-Encoding", "Content-Encoding")
        for name in reversed([part.strip().lower() for part in (http.get(header) or "").split(",")])
        if name
    ]
    if len(names) > _MAX_ENCODINGS:
        raise InputError(f"The page has {len(names)} encodings on top of each other. Leave it out.")
    for name in names:
        body = _decode(body, name, limits)
    return body


def _decode(body: bytes, encoding: str, limits: Limits) -> bytes:
    from fastwarc.stream_io import BrotliReader, ChunkedReader, ZstdReader

    if encoding in ("identity", "none", "utf-8"):
        return body
    if encoding in ("gzip", "x-gzip"):
        # Crawlers that store what they have unpacked often leave the header as it was.
        return unpack_gzip(body, limits) if body.startswith(GZIP) else body
    if encoding == "deflate":
        return body if body.lstrip()[:1] == b"<" else unpack_deflate(body, limits)
    readers = {"br": BrotliReader, "chunked": ChunkedReader, "zstd": ZstdReader}
    if encoding not in readers:
        raise InputError(f"The page is encoded as {encoding[:40]!r}, which is unknown. Leave it out.")
    if encoding == "zstd" and not body.startswith(ZSTANDARD):
        return body
    try:
        unpacked = bytes(
            readers[encoding](io.BytesIO(body)).read(-1 if limits.max_bytes is None else limits.max_bytes + 1)
        )
    except OSError as error:
        # As above: these formats have nothing to know them by, but a page begins with a tag.
        if body.lstrip()[:1] == b"<":
            return body
        raise InputError(f"The page's {encoding} encoding is damaged ({error}). Fetch it again.") from error
    limits.check_size(len(unpacked))
    return unpacked
