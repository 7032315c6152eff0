"""From the bytes of a web page to its tree: find the encoding, mend the text, parse.

Pages come as they were crawled: with a wrong charset or none, cut off in the middle of a character, with
``</html>`` halfway down, or without a single tag. :func:`parse` makes a tree of all of them and writes
down in :attr:`Page.notes` what had to be mended. Only two things are refused: a page with nothing in it
(:class:`~boilerplate.errors.EmptyPageError`) and bytes that are no page at all
(:class:`~boilerplate.errors.NotHTMLError`).
"""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from dataclasses import dataclass

import webencodings
from lxml import etree

from boilerplate.errors import EmptyPageError, LimitError, NotHTMLError

__all__ = ["Page", "decode", "parse", "read_text"]


#: Elements that a head may hold.
HEAD_TAGS = frozenset(
    ("title", "meta", "link", "base", "script", "style", "noscript", "template", "basefont", "bgsound")
)
MAX_DEPTH = 2048
"""Nesting depth at which libxml2 stops reading a page."""

PRESCAN_BYTES = 16 * 1024
"""How far into a page a declared encoding is looked for."""

LONG_TAG_BYTES = 8 * 1024
"""Tags below this length cannot have enough attributes to take long."""

MAX_ATTRIBUTES = 1000
"""How many attributes of a long tag are read."""

SNIFF_BYTES = 4096
"""How many bytes decide whether this is a page at all."""

DETECT_BYTES = 256 * 1024
"""How far into a page text is looked for when its encoding has to be guessed."""

DETECT_SAMPLE = 16 * 1024
"""How many bytes of text are guessed from."""

MAX_CONTROL_SHARE = 0.05
"""Share of control bytes above which bytes are no text; compressed data has 11 %."""

MIN_CONTROL_COUNT = 4
"""Fewer control bytes than this say nothing."""

_BOMS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (b"\xff\xfe\x00\x00", "utf-32le"),
    (b"\x00\x00\xfe\xff", "utf-32be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16le"),
    (b"\xfe\xff", "utf-16be"),
)

# What the Encoding Standard's names mean where Python's codec of the same name knows fewer characters.
_CODECS = {
    "big5": "big5hkscs",
    "euc-kr": "cp949",
    "gbk": "gb18030",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-8-i": "iso8859_8",
    "macintosh": "mac_roman",
    "shift_jis": "cp932",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac_cyrillic",
}

# What a page in another script than Latin may be in if it declares nothing: codecs of Python, with their
# names in the Encoding Standard.
_DETECTABLE = {
    "cp1251": "windows-1251",
    "koi8_r": "koi8-r",
    "cp1253": "windows-1253",
    "cp1255": "windows-1255",
    "cp1256": "windows-1256",
    "cp874": "windows-874",
    "big5": "big5",
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "euc_jp": "euc-jp",
    "gb18030": "gb18030",
}

# The same for Latin script: encodings, each with the letters beyond ASCII of a language, commonest first.
_LATIN = (
    ("windows-1252", "üäößéàè"),
    ("windows-1252", "éàèêçôûîùâïëœ"),
    ("windows-1252", "óíáéñúüº"),
    ("windows-1252", "ãçáéíóõêâúàô"),
    ("windows-1252", "àèòùìéóç"),
    ("windows-1252", "äåöøæéü"),
    ("windows-1252", "íáðéóöþúýæ"),
    ("windows-1250", "łąęóśżćńź"),
    ("iso-8859-2", "łąęóśżćńź"),
    ("windows-1250", "íáěéšřžčýůúóťňď"),
    ("iso-8859-2", "íáěéšřžčýůúóťňď"),
    ("windows-1250", "áíéčýšžúľťôóňďäĺŕ"),
    ("windows-1250", "áéöóőíüúű"),
    ("iso-8859-2", "áéöóőíüúű"),
    ("windows-1250", "čšžćđ"),
    ("windows-1250", "ăîâşţ"),
    ("windows-1254", "ışüğçöİâ"),
    ("windows-1257", "ėšųžčūįąę"),
    ("windows-1257", "āīēšūžņļķģč"),
    ("windows-1257", "äõüöšž"),
)
_TYPOGRAPHIC = frozenset("\xa0\xad‘’‚“”„–—…•·«»‹›©®™°§€£¥¡¿")
_SYMBOLS = frozenset("¢¤¦ª¬±²³´µ¶¹º¼½¾×÷†‡‰")

_DECOMPRESS = "decompress it first"
_CONVERT = "convert it to HTML first"
_SKIP = "leave it out"

# Bytes that files other than web pages begin with, what such a file is, and what to do with it.
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

# Control characters but white space and ESC, which ISO-2022-JP uses.
_CONTROLS = bytes(sorted({*range(0x20), 0x7F} - {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1B}))

_PRINTABLE = bytes((*range(0x20, 0x7F), *range(0xA0, 0x100), 0x09, 0x0A, 0x0D))

_MARKUP_START = re.compile(rb"[\s\x00]*<\x00*[!?/A-Za-z]")
_WIDE_STARTS = (
    ("utf-32le", re.compile(rb"<\x00\x00\x00")),
    ("utf-32be", re.compile(rb"\x00\x00\x00<")),
    ("utf-16le", re.compile(rb"(?:\s\x00)*<\x00[!?/A-Za-z]\x00")),
    ("utf-16be", re.compile(rb"(?:\x00\s)*\x00<\x00[!?/A-Za-z]")),
)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_JIS_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\([IJ])")
_BEYOND_ASCII = re.compile("[^\x00-\x7f\ufffd]+")
_TEXT_BORDER = re.compile(rb"[<>]")

# A comment that never ends runs to the end, so that the scan stays linear.
_META = re.compile(rb"<!--.*?(?:-->|\Z)|<meta[\s/]([^>]*)", re.IGNORECASE | re.DOTALL)
_ATTRIBUTE = re.compile(
    rb"""(?P<name>[^\s=/>"']+)\s*=\s*(?:"(?P<double>[^"]*)"?|'(?P<single>[^']*)'?|(?P<bare>[^\s>"']+))"""
)
_CONTENT_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([^\s"';,]+)""", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]+)""")

_XML_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]*>")
# Spelt out, as this is searched for in every page and IGNORECASE is slow.
_END_OF_PAGE = re.compile(rb"</(?:[bB][oO][dD][yY]|[hH][tT][mM][lL])(?:[\s/][^<>]*)?>")
_FRAMES_TAG = re.compile(rb"(</?)(?:frameset|noframes)(?=[\s/>])", re.IGNORECASE)
# As HTML has it, where quotes mean something only after "="; what follows an attribute's name is taken for
# good, so that each byte is looked at once.
_ATTRIBUTE_SOURCE = rb"""=?[^\s/>=]+(?:\s*=\s*(?:"[^"]*+"?|'[^']*+'?|[^\s>"'][^\s>]*+)?)?+"""
_TAG_SOURCE = rb"<([A-Za-z][^\s/>]*+)(?:[\s/=]|" + _ATTRIBUTE_SOURCE + rb")*+"
_TAG = re.compile(_TAG_SOURCE)
_TAG_ATTRIBUTE = re.compile(_ATTRIBUTE_SOURCE)
_TAG_OR_COMMENT = re.compile(rb"<!--(?:.*?-->|.*+)|" + _TAG_SOURCE, re.DOTALL)
# What makes a node of UTF-8 markup: an element, a comment, or a declaration or odd end tag, which become comments.
_OPENING = re.compile(rb"<(?:[A-Za-z!?]|/[^A-Za-z>])")
_RAW_TEXT = frozenset((b"script", b"style", b"textarea", b"title", b"xmp", b"iframe", b"noembed", b"noframes"))


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page.

    Attributes
    ----------
    root : lxml.etree._Element
        The ``<html>`` element. It always has a ``<body>``.
    url : str or None
        The address of the page, as given.
    encoding : str
        The Encoding Standard's name of the encoding the bytes were decoded with, such as ``"windows-1251"``;
        ``"str"`` if the page was given as text.
    notes : tuple of str
        One sentence for each thing that had to be mended.
    """

    root: etree._Element
    url: str | None
    encoding: str
    notes: tuple[str, ...]


def _lookup(label: str) -> str | None:
    """Name of an encoding in the Encoding Standard, or None if there is none with this label."""
    try:
        found = webencodings.lookup(label.strip(" \t\n\f\r\"'"))
        if found is None:
            return None
        name = "windows-1252" if found.name == "x-user-defined" else str(found.name)
        codecs.lookup(_CODECS.get(name, name))
    except (LookupError, ValueError):
        return None
    return name


def _decode_as(data: bytes, name: str, notes: list[str]) -> str:
    """Decode with the encoding of this name, putting U+FFFD where that is impossible."""
    codec = _CODECS.get(name, name)
    try:
        return data.decode(codec)
    except UnicodeError:
        notes.append(f"Some bytes are not valid {name} and were replaced by U+FFFD.")
    return data.decode(codec, "replace")


def _declared(head: bytes) -> str | None:
    """Label of the encoding that the page itself declares, as it is written there."""
    for match in _META.finditer(head):
        if match.group(1) is None:
            continue
        attributes: dict[bytes, bytes] = {}
        for attribute in _ATTRIBUTE.finditer(match.group(1)):
            value = attribute["double"] or attribute["single"] or attribute["bare"] or b""
            attributes.setdefault(attribute["name"].lower(), value)
        label = attributes.get(b"charset", b"")
        if not label.strip() and attributes.get(b"http-equiv", b"").strip().lower() == b"content-type":
            charset = _CONTENT_CHARSET.search(attributes.get(b"content", b""))
            label = charset.group(1) if charset else b""
        if label.strip():
            return label.strip().decode("ascii", "replace")
    xml = _XML_ENCODING.match(head)
    return xml.group(1).decode("ascii", "replace") if xml else None


def _wide(data: bytes) -> str | None:
    """Whether bytes without a mark are UTF-16 or UTF-32, told by where their NULs are."""
    head = data[:512]
    if b"\x00" not in head:
        return None
    for name, start in _WIDE_STARTS:
        if start.match(head):
            return name
    even, odd = head[0::2], head[1::2]
    for name, low, high in (("utf-16le", even, odd), ("utf-16be", odd, even)):
        characters = bytes(byte for byte, zero in zip(low, high, strict=False) if zero == 0)
        if len(characters) < max(4, 0.2 * len(high)) or low.count(0) > 0.05 * len(low):
            continue
        if len(characters.translate(None, _PRINTABLE)) <= 0.05 * len(characters):
            return name
    return None


def _nearly_utf8(data: bytes) -> bool:
    """Whether bytes that are not valid UTF-8 are so but for a few damaged places."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(map(len, _BEYOND_ASCII.findall(text)))
    return good > 10 * bad


def _cut_utf8(data: bytes) -> bool:
    """Whether bytes that are not valid UTF-8 are so but for a last character cut in two."""
    for cut in range(1, min(4, len(data))):
        if data[-cut] >= 0xC0:
            head = data[:-cut]
            try:
                head.decode("utf-8")
            except UnicodeError:
                return False
            return not head.isascii()
    return False


def _sample(data: bytes) -> bytes:
    """Pieces of text that are not ASCII, from the beginning of a page."""
    runs: list[bytes] = []
    size = 0
    for run in _TEXT_BORDER.split(data[:DETECT_BYTES]):
        if run.isascii():
            continue
        if runs and size + len(run) > DETECT_SAMPLE:
            break
        runs.append(run[:DETECT_SAMPLE])
        size += len(run)
    return b"\n".join(runs)


def _latin_score(sample: bytes, name: str, letters: str) -> float:
    """Log-likelihood of a sample being in an encoding and a language with these letters."""
    known = {letter for other, alphabet in _LATIN if other == name for letter in alphabet}
    weights = {letter: 1 / (rank + 2) for rank, letter in enumerate(letters)}
    total = sum(weights.values())
    # windows-1252 is by far the most common.
    score = 4.0 if name == "windows-1252" else 0.0
    for character, count in Counter(sample.decode(_CODECS.get(name, name), "replace").lower()).items():
        if character in weights:
            likelihood = 0.7 * weights[character] / total
        elif character < "\x80":
            continue
        elif character in _TYPOGRAPHIC:
            likelihood = 0.01
        elif character in known:
            likelihood = 0.005
        elif character in _SYMBOLS:
            likelihood = 1e-4
        elif character.isalpha():
            likelihood = 1e-3
        else:
            likelihood = 1e-6
        score += count * math.log(likelihood)
    return score


def _detect(data: bytes) -> str:
    """Guess the encoding of bytes that are not UTF-8 and declare none."""
    sample = _sample(data)
    runs = [len(run) for run in _HIGH_RUN.findall(sample)]
    # In Latin script the bytes beyond ASCII stand alone, in the others they make up whole words.
    if 2 * sum(length for length in runs if length > 1) < sum(runs):
        return max(_LATIN, key=lambda latin: _latin_score(sample, *latin))[0]
    # Slow to import and seldom needed.
    from charset_normalizer import from_bytes

    try:
        best = from_bytes(sample, cp_isolation=list(_DETECTABLE), enable_fallback=False).best()
    except Exception:  # a guess that fails is no reason to lose the page
        return "windows-1252"
    return _DETECTABLE.get(best.encoding, "windows-1252") if best is not None else "windows-1252"


def decode(data: bytes, *, charset: str | None = None) -> tuple[str, str, tuple[str, ...]]:
    """Turn the bytes of a page into text. Never raises.

    The first of these that applies decides: a byte order mark; `charset`; the bytes being UTF-8, which hardly
    happens by chance; what the page declares in ``<meta>`` or an XML declaration; a guess from the bytes.

    Parameters
    ----------
    data : bytes
        The page as it came.
    charset : str, optional
        The encoding as the server named it, if it did. A name that does not exist is left out, with a note.

    Returns
    -------
    text : str
        The text, with U+FFFD for what cannot be decoded. A byte order mark is not part of it.
    encoding : str
        The Encoding Standard's name of the encoding.
    notes : tuple of str
        Sentences on what had to be mended.

    Examples
    --------
    >>> decode("<p>Привет".encode("koi8-r"), charset="KOI8-R")
    ('<p>Привет', 'koi8-r', ())
    """
    notes: list[str] = []
    skip, name, _ = _choose(data, charset, notes)
    return _decode_as(data[skip:], name, notes), name, tuple(notes)


def read_text(source: bytes | str, *, charset: str | None = None) -> tuple[str, str, tuple[str, ...]]:
    """Text of a file that is not markup; parameters and errors as of :func:`parse`.

    Returns
    -------
    text : str
        Without byte order mark, NULs and halves of characters.
    encoding : str
        As `Page.encoding`.
    notes : tuple of str
        Sentences on what had to be mended.
    """
    notes: list[str] = []
    if isinstance(source, str):
        _refuse_binary(source[:SNIFF_BYTES].encode("latin-1", "replace"), wide=False)
        text, encoding = _to_utf8(source.removeprefix("\ufeff"), notes).decode("utf-8"), "str"
    else:
        _refuse_binary(source, wide=_is_wide(source, charset))
        text, encoding, decoding = decode(source, charset=charset)
        notes.extend(decoding)
    if "\x00" in text:
        text = text.replace("\x00", "")
        notes.append("NUL characters were removed.")
    if not text or text.isspace():
        raise EmptyPageError("The page is empty, without a single character; fetch it again or leave it out.")
    return text, encoding, tuple(notes)


def _choose(data: bytes, charset: str | None, notes: list[str]) -> tuple[int, str, bool]:
    """Length of the byte order mark, name of the encoding, and whether the bytes are valid UTF-8 for sure."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return len(mark), name, False
    if charset is not None and charset.strip():
        given = _lookup(charset)
        if given is not None:
            return 0, given, False
        notes.append(f"The given charset {charset[:40]!r} is unknown and was ignored.")
    wide = _wide(data)
    if wide is not None:
        return 0, wide, False
    try:
        data.decode("utf-8")
    except UnicodeError:
        return 0, _not_utf8(data, notes), False
    # ISO-2022-JP is written in ASCII bytes; only its escapes tell.
    if b"\x1b" in data and data.isascii() and _JIS_ESCAPE.search(data):
        return 0, "iso-2022-jp", False
    return 0, "utf-8", True


def _not_utf8(data: bytes, notes: list[str]) -> str:
    """Name of the encoding of bytes that are not valid UTF-8 and that nothing outside them tells."""
    if _cut_utf8(data) or _nearly_utf8(data):
        return "utf-8"
    label = _declared(data[:PRESCAN_BYTES])
    if label is not None:
        declared = _lookup(label)
        if declared is None:
            notes.append(f"The page declares an unknown charset {label[:40]!r}, which was ignored.")
        elif declared.startswith("utf-"):
            # What can be read as ASCII is not UTF-16, and UTF-8 was tried.
            notes.append(f"The page declares {label[:40]!r}, which it is not; its encoding was guessed.")
        else:
            return declared
    return _detect(data)


def _is_wide(data: bytes, charset: str | None) -> bool:
    """Whether NULs and control bytes are to be expected, since characters have two or four bytes."""
    if data.startswith(tuple(mark for mark, _ in _BOMS)):
        return True
    return ((_lookup(charset) if charset else None) or "").startswith("utf-16") or _wide(data) is not None


def _refuse_binary(data: bytes, *, wide: bool) -> None:
    """Raise NotHTMLError if the bytes are those of another kind of file."""
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


def _clean(markup: bytes, notes: list[str]) -> bytes:
    """Take out of UTF-8 markup what libxml2 stumbles over."""
    if b"\x00" in markup:
        markup = markup.replace(b"\x00", b"")
        notes.append("NUL characters were removed.")
    declaration = _XML_DECLARATION.match(markup)
    if declaration:
        markup = markup[declaration.end() :]
    # libxml2 drops what follows the first of these, and pages have them in the middle.
    return _cut_attributes(_END_OF_PAGE.sub(b"", markup), notes)


def _check_nodes(markup: bytes, max_nodes: int) -> None:
    """Refuse markup with too many tags, as libxml2 will see it: what was taken out may have hidden some."""
    # Seldom counted one by one, as most pages have fewer "<" than the limit, end tags and all.
    if markup.count(b"<") > max_nodes and sum(1 for _ in _OPENING.finditer(markup)) > max_nodes:
        raise LimitError(f"The page has more tags than the limit of {max_nodes:,}. Leave it out, or raise max-nodes.")


def _may_have_too_many_attributes(markup: bytes) -> bool:
    """Whether there could be a tag with more than `MAX_ATTRIBUTES`; quick to say no."""
    step = LONG_TAG_BYTES // 2
    start = 0
    while start < len(markup):
        # Such a tag is long, and a page without a long stretch free of "<" has none.
        if markup.find(b"<", start, start + step) >= 0:
            start += step
            continue
        opening = max(markup.rfind(b"<", 0, start), 0)
        following = markup.find(b"<", start)
        tag = _TAG.match(markup, opening)
        if tag is not None and tag.end() - opening >= LONG_TAG_BYTES:
            attributes = _TAG_ATTRIBUTE.finditer(markup, tag.end(1), tag.end())
            if any(count == MAX_ATTRIBUTES for count, _ in enumerate(attributes)):
                return True
            start = tag.end()
        start = max(start, following) if following >= 0 else len(markup)
    return False


def _cut_attributes(markup: bytes, notes: list[str]) -> bytes:
    """Shorten tags with thousands of attributes, for which libxml2 takes quadratic time."""
    if not _may_have_too_many_attributes(markup):
        return markup
    lower = markup.lower()
    pieces: list[bytes] = []
    done = position = 0
    while (tag := _TAG_OR_COMMENT.search(markup, position)) is not None:
        position = tag.end()
        if tag.group(1) is None:
            continue
        if tag.end() - tag.start() >= LONG_TAG_BYTES:
            for count, attribute in enumerate(_TAG_ATTRIBUTE.finditer(markup, tag.end(1), tag.end())):
                if count == MAX_ATTRIBUTES:
                    pieces.append(markup[done : attribute.start()])
                    done = tag.end()
                    notes.append(f"Only the first {MAX_ATTRIBUTES} attributes of an element were read.")
                    break
        name = tag.group(1).lower()
        if name in _RAW_TEXT:
            end = lower.find(b"</" + name, position)
            position = end if end >= 0 else len(markup)
    return b"".join((*pieces, markup[done:]))


def _to_utf8(text: str, notes: list[str]) -> bytes:
    """Encode text, joining pairs of surrogates and replacing single ones."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        notes.append("Surrogates were joined to pairs or replaced by U+FFFD.")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode("utf-8")


def _blank(markup: bytes) -> bool:
    """Whether UTF-8 markup has nothing but white space and NULs."""
    start = markup[:SNIFF_BYTES].lstrip(b"\x00 \t\n\v\f\r")
    if start and start[0] < 0x80:
        return False
    text = markup.decode("utf-8", "replace").replace("\x00", "")
    return not text or text.isspace()


def _tree(data: bytes, notes: list[str]) -> etree._Element | None:
    """Parse UTF-8 bytes; None if there is no element and no text in them."""
    parser = etree.HTMLParser(huge_tree=True, encoding="utf-8")
    try:
        root: etree._Element | None = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        root = None
    last = parser.error_log.last_error
    if last is not None and last.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT and "depth" in last.message:
        notes.append(f"Elements are nested more than {MAX_DEPTH} deep; what is deeper and what follows it was lost.")
    return root


def _empty_head(root: etree._Element) -> None:
    """Move what belongs to the body out of the head, in place.

    A page need not say where its head ends. Browsers end it where something begins that no head holds; libxml2 does so
    only for elements that it knows, and not for ``<main>``, ``<section>`` or ``<details>``.
    """
    head, body = root.find("head"), root.find("body")
    if head is None or body is None:
        return
    in_heads = HEAD_TAGS if len(body) or (body.text or "").strip() else HEAD_TAGS - {"noscript", "template"}
    misplaced = [child for child in head if isinstance(child.tag, str) and child.tag not in in_heads]
    if misplaced:
        before, body.text = body.text, None
        for place, child in enumerate(misplaced):
            body.insert(place, child)
        misplaced[-1].tail = (misplaced[-1].tail or "") + (before or "") or None


def parse(
    html: bytes | str, *, url: str | None = None, charset: str | None = None, max_nodes: int | None = None
) -> Page:
    """Parse a page, whatever state it is in.

    Parameters
    ----------
    html : bytes or str
        The page. Bytes are decoded as :func:`decode` does it.
    url : str, optional
        The address of the page; it is only passed on.
    charset : str, optional
        The encoding as the server named it; without meaning for text.
    max_nodes : int, optional
        Tags that open an element, comments and declarations that the page may have: an upper bound of what its
        tree has, known before memory is taken for it.

    Returns
    -------
    Page
        The tree, and notes on what had to be mended.

    Raises
    ------
    EmptyPageError
        If there is nothing but white space.
    NotHTMLError
        If these are the bytes of another kind of file, such as an image.
    LimitError
        If the page has more tags than it may.

    Examples
    --------
    >>> page = parse("<h1>News</h1><p>It rained.")
    >>> [element.tag for element in page.root.iter()]
    ['html', 'body', 'h1', 'p']
    """
    notes: list[str] = []
    if isinstance(html, str):
        encoding = "str"
        _refuse_binary(html[:SNIFF_BYTES].encode("latin-1", "replace"), wide=False)
        markup = _to_utf8(html.removeprefix("\ufeff"), notes)
    else:
        _refuse_binary(html, wide=_is_wide(html, charset))
        skip, encoding, valid = _choose(html, charset, notes)
        markup = html[skip:] if valid else _to_utf8(_decode_as(html[skip:], encoding, notes), notes)
    if _blank(markup):
        raise EmptyPageError("The page is empty, without a single character; fetch it again or leave it out.")
    markup = _clean(markup, notes)
    if max_nodes is not None:
        _check_nodes(markup, max_nodes)
    root = _tree(markup, notes)
    if root is not None and root.find("frameset") is not None and root.find("body") is None:
        # The text for browsers without frames is all the text there is; libxml2 does not parse it.
        root = _tree(_FRAMES_TAG.sub(rb"\1div", markup), notes)
        notes.append("The page is a frameset; its frames were read as ordinary blocks.")
    if root is None:
        notes.append("The page has neither elements nor text.")
        root = etree.Element("html")
    elif root.tag != "html":
        inner, root = root, etree.Element("html")
        etree.SubElement(root, "body").append(inner)
    if root.find("body") is None:
        etree.SubElement(root, "body")
    _empty_head(root)
    return Page(root=root, url=url, encoding=encoding, notes=tuple(dict.fromkeys(notes)))
