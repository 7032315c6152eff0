"""Pages that are there twice, and sites on both sides of a split."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

__all__ = ["Twice", "canonical_url", "groups"]

#: Parameters that say how a reader came to a page and do not change it.
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|yclid|_ga", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


def canonical_url(url: str) -> str:
    """An address in one form: pages of equal addresses in this form are taken for the same page.

    Parameters
    ----------
    url : str

    Returns
    -------
    str
        Without scheme, ``www.``, usual port, fragment, tracking parameters, order of parameters and closing slash;
        empty if the address names no page.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    place = host.removeprefix("www.")
    if port and port != _PORTS.get(parts.scheme.lower()):
        place += f":{port}"
    # Percent escapes are written in one way: browsers and crawlers differ in what they escape.
    path = quote(unquote(parts.path, errors="surrogateescape"), safe="/:@!$&'()*+,;=~", errors="surrogateescape")
    query = sorted((k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(k))
    return place + path.rstrip("/") + (f"?{urlencode(query, errors='surrogateescape')}" if query else "")


@dataclass(frozen=True, slots=True)
class Twice:
    """Things that share a key, by the split they are in.

    Attributes
    ----------
    key : str
    members : tuple of str
    splits : tuple of str
        The splits they are in, each once.
    """

    key: str
    members: tuple[str, ...]
    splits: tuple[str, ...]


def groups(keys: Sequence[Hashable], names: Sequence[str], splits: Sequence[str]) -> list[Twice]:
    """Groups of two or more that share a key; an empty key is none.

    Parameters
    ----------
    keys : sequence
    names, splits : sequence of str, same length

    Returns
    -------
    list of Twice
        In the order of their first members.
    """
    by_key: Mapping[Hashable, list[int]] = _positions(keys)
    return [
        Twice(
            key=str(key),
            members=tuple(names[i] for i in positions),
            splits=tuple(dict.fromkeys(splits[i] for i in positions)),
        )
        for key, positions in by_key.items()
        if len(positions) > 1
    ]


def _positions(keys: Iterable[Hashable]) -> dict[Hashable, list[int]]:
    positions: dict[Hashable, list[int]] = defaultdict(list)
    for i, key in enumerate(keys):
        if key:
            positions[key].append(i)
    return positions
