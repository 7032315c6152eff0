"""Addresses in pages: made absolute, and left out where following them would run something."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from boilerplate.output.layout import Layout

__all__ = ["Addresses"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)")
#: What addresses may begin with.
SCHEMES = frozenset({"http", "https", "mailto", "tel", "ftp"})
#: As browsers do: these are no part of an address wherever they stand, and control characters not at its ends.
_IGNORED = re.compile(r"[\t\n\r]")
_ENDS = "".join(map(chr, range(0x21)))
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_MAX_LENGTH = 8192
#: Steps of the path of an address that others are relative to; each of these takes as long as there are steps.
_MAX_STEPS = 100
#: Characters that the addresses of a page may have together: no more than a page may have itself.
_MAX_TOTAL = 20_000_000


class Addresses:
    """Resolves the addresses of one page.

    Parameters
    ----------
    layout : Layout
    url : str or None
        Where the page is from. Without it, a ``<base>`` or canonical address on the page that is absolute stands in for
        it; without these relative addresses stay as they are.
    """

    def __init__(self, layout: Layout, url: str | None) -> None:
        self._base = ""
        self._room = _MAX_TOTAL
        base = canonical = ""
        for tag, attributes in zip(layout.tags, layout.attributes, strict=True):
            if tag == "base" and not base:
                base = attributes.get("href", "")
            elif tag == "link" and not canonical and "canonical" in attributes.get("rel", "").lower().split():
                canonical = attributes.get("href", "")
            elif tag == "body":
                break
        self._page = self._base = _http(url or "")
        self._here = (self._page or _http(canonical)).partition("#")[0]
        self._base = _http(self.resolve(base)) or self._base or _http(canonical)

    def resolve(self, address: str) -> str:
        """The address to write down.

        Returns
        -------
        str
            Absolute if the page's own address is known. Empty if there is none, it is a place on the page of unknown
            address, or of a scheme other than http, https, ftp, mailto and tel; and if the addresses of the page have
            become longer together than a page may be, as thousands of short ones under a long base do.
        """
        address = _IGNORED.sub("", address).strip(_ENDS)
        if not address or len(address) > _MAX_LENGTH:
            return ""
        scheme = _SCHEME.match(address)
        if scheme is not None and scheme[0].lower() not in SCHEMES:
            return ""
        try:
            if address.startswith("#"):
                full = urljoin(self._page, address) if self._page else ""
            else:
                full = urljoin(self._base, address)
        except ValueError:  # as for "http://[": nobody can follow it
            return ""
        # Opened from a disk, an address without a scheme would lead to a file server of that name.
        full = f"https:{full}" if full.startswith("//") else full
        self._room -= len(full)
        if self._room < 0:
            return ""
        # Most addresses are plain, and tens of thousands of long ones are looked at faster than searched.
        plain = full.isascii() and full.isprintable() and " " not in full
        return full if plain else _UNPRINTABLE.sub(_percent, full)

    def fragment(self, address: str) -> str:
        """The place on this page that an address leads to; empty if it leads elsewhere or to the page as a whole."""
        address = _IGNORED.sub("", address).strip(_ENDS)
        if address.startswith("#"):
            return address[1:]
        if "#" not in address or not self._here:
            return ""
        full, _, place = self.resolve(address).partition("#")
        return place if full == self._here else ""


def _http(url: str) -> str:
    return url if url.lower().startswith(("http://", "https://")) and url.count("/") <= _MAX_STEPS else ""


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace"))
