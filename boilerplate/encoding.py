"""The encoding of a page, and its bytes as text."""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter

import webencodings

__all__ = ["choose_encoding", "decode", "decode_as", "is_wide", "to_utf8"]

#: How far into a page a declared encoding is looked for.
PRESCAN_BYTES = 16 * 1024
#: How far into a page text is looked for when its encoding has to be guessed.
DETECT_BYTES = 256 * 1024
#: How many bytes of text are guessed from.
DETECT_SAMPLE = 16 * 1024
_BOMS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (b"\xff\xfe\x00\x00", "utf-32le"),
    (b"\x00\x00\xfe\xff", "utf-32be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16le"),
    (b"\xfe\xff", "utf-16be"),
)
#: What the Encoding Standard's names mean where Python's codec of the same name knows fewer characters.
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
#: What a page in another script than Latin may be in if it declares nothing: codecs of Python, with their
#: names in the Encoding Standard.
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
#: The same for Latin script: encodings, each with the letters beyond ASCII of a language, commonest first.
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
_PRINTABLE = bytes((*range(0x20, 0x7F), *range(0xA0, 0x100), 0x09, 0x0A, 0x0D))
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
#: A comment that never ends runs to the end, so that the scan stays linear.
_META = re.compile(rb"<!--.*?(?:-->|\Z)|<meta[\s/]([^>]*)", re.IGNORECASE | re.DOTALL)
_ATTRIBUTE = re.compile(
    rb"""(?P<name>[^\s=/>"']+)\s*=\s*(?:"(?P<double>[^"]*)"?|'(?P<single>[^']*)'?|(?P<bare>[^\s>"']+))"""
)
_CONTENT_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([^\s"';,]+)""", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]+)""")


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
    skip, name, _ = choose_encoding(data, charset, notes)
    return decode_as(data[skip:], name, notes), name, tuple(notes)


def choose_encoding(data: bytes, charset: str | None, notes: list[str]) -> tuple[int, str, bool]:
    """What the bytes of a page are in, in the order that `decode` describes.

    Parameters
    ----------
    data : bytes
    charset : str or None
        The encoding as the server named it.
    notes : list of str
        Names that do not exist or cannot be right are added.

    Returns
    -------
    mark : int
        Length of the byte order mark.
    name : str
        The Encoding Standard's name of the encoding.
    is_valid : bool
        Whether the bytes are valid UTF-8 for sure, and need not be decoded to be UTF-8.
    """
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
        return 0, _encoding_of_other(data, notes), False
    # ISO-2022-JP is written in ASCII bytes; only its escapes tell.
    if b"\x1b" in data and data.isascii() and _JIS_ESCAPE.search(data):
        return 0, "iso-2022-jp", False
    return 0, "utf-8", True


def decode_as(data: bytes, name: str, notes: list[str]) -> str:
    """Decode with the encoding of this name, putting U+FFFD where that is impossible, which is added to the notes."""
    codec = _CODECS.get(name, name)
    try:
        return data.decode(codec)
    except UnicodeError:
        notes.append(f"Some bytes are not valid {name} and were replaced by U+FFFD.")
    return data.decode(codec, "replace")


def is_wide(data: bytes, charset: str | None) -> bool:
    """Whether NULs and control bytes are to be expected, since characters have two or four bytes."""
    if data.startswith(tuple(mark for mark, _ in _BOMS)):
        return True
    return ((_lookup(charset) if charset else None) or "").startswith("utf-16") or _wide(data) is not None


def to_utf8(text: str, notes: list[str]) -> bytes:
    """Encode text, joining pairs of surrogates and replacing single ones, which is added to the notes."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        notes.append("Surrogates were joined to pairs or replaced by U+FFFD.")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode("utf-8")


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


def _encoding_of_other(data: bytes, notes: list[str]) -> str:
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
