"""Pages on their way into a dataset: what one is, what it is called, which site it belongs to."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from boilerplate.labels import Region

__all__ = ["Failed", "Gold", "NewPage", "page_id", "site_of"]

#: Longer names are cut, as file systems end names at 255 bytes.
_MAX_NAME_BYTES = 80
_DIGEST_DIGITS = 6
_UNFIT = re.compile(r"[^\w.-]+")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Second-level names under which a country's registry gives out names: the site is one label longer.
_REGISTRY_NAMES = _names("ac co com edu gen gob gouv gov go gv ltd me mil muni ne net nhs nic or org plc sch")
#: Hosts whose subdomains are sites of their own.
_PLATFORMS = _names(
    "appspot.com blogspot.com fandom.com forumieren.com github.io gitlab.io herokuapp.com livejournal.com medium.com "
    "netlify.app pages.dev readthedocs.io substack.com tumblr.com typepad.com vercel.app webflow.io weebly.com "
    "wixsite.com wordpress.com"
)


@dataclass(frozen=True, slots=True)
class Gold:
    """What a collection says of a page's main text.

    Attributes
    ----------
    main_text : str or None
        The main text; None if the collection has none for the page, empty if it says that the page has none.
    wanted, unwanted : tuple of str
        Snippets that must, and must not, be in the main text.
    title : str or None
    """

    main_text: str | None = None
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    title: str | None = None

    def __bool__(self) -> bool:
        return self.main_text is not None or bool(self.wanted or self.unwanted)

    def to_dict(self, name: str) -> dict[str, Any]:
        """The contents of ``main_text/<id>.json``."""
        record: dict[str, Any] = {"page": name}
        if self.title:
            record["title"] = self.title
        if self.main_text is not None:
            record["main_content"] = self.main_text
        if self.wanted or self.unwanted:
            record |= {"with": list(self.wanted), "without": list(self.unwanted)}
        return record


@dataclass(frozen=True, slots=True)
class NewPage:
    """A page to be written into a dataset.

    Attributes
    ----------
    id : str
        As `page_id` makes it.
    html : bytes
        As crawled, not compressed.
    source : str
    url : str or None
    site : str
    page_type, lang, split, licence : str or None
    gold : Gold
    regions : tuple of Region or None
    note : str
        What a reader of the labels should know.
    """

    id: str
    html: bytes
    source: str
    url: str | None
    site: str
    page_type: str | None = None
    lang: str | None = None
    split: str | None = None
    licence: str | None = None
    gold: Gold = Gold()
    regions: tuple[Region, ...] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A page that could not be taken in, and why."""

    name: str
    reason: str


def page_id(source: str, name: str) -> str:
    """A page's id from the name it has in its collection: letters of any script, digits, ``_ . -``.

    Where something has to be taken out, a few digits of the name's SHA-256 keep it apart from its like.

    Parameters
    ----------
    source, name : str

    Returns
    -------
    str
    """
    fit = _UNFIT.sub("-", name)
    short = fit.encode("utf-8", "ignore")[:_MAX_NAME_BYTES].decode("utf-8", "ignore")
    if short != name:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_DIGITS]
        short = f"{short}-{digest}"
    return f"{_UNFIT.sub('-', source)}-{short}"


def site_of(url: str | None) -> str | None:
    """The site an address belongs to, None if it names no host.

    Parameters
    ----------
    url : str or None

    Returns
    -------
    str or None
        The part of the host that is registered, as far as its form tells: the last two labels, three under a
        country's registry (``bbc.co.uk``) or on a platform whose users have subdomains (``someone.github.io``).

    Notes
    -----
    The Public Suffix List decides such cases, but it is a large file that ages. Where this differs from it, more
    pages count as one site, which is the safe side when pages are split by site.
    """
    try:
        host = (urlsplit(url or "").hostname or "").rstrip(".")
    except ValueError:
        return None
    if not host:
        return None
    labels = host.split(".")
    if ":" in host or labels[-1].isdigit():
        return host  # an IP address
    registry = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _REGISTRY_NAMES
    size = 3 if registry or ".".join(labels[-2:]) in _PLATFORMS else 2
    site = labels[-size:]
    return ".".join(site[1:] if site[0] == "www" and len(site) > 2 else site)
