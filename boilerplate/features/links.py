"""Features of a block's links: how much of the text they are, and where they go."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import numpy as np

from boilerplate.features.view import FloatArray, IntArray, PageView

__all__ = ["DESCRIPTIONS", "compute", "link_texts", "nearest_link"]

#: Of an address this many characters are read.
_MAX_ADDRESS_CHARS = 2000
_TRACKING = re.compile(
    r"[?&](?:utm_\w+|gclid|fbclid|aff\w*|ref\w*|tag|cid|mc_\w+|click\w*|campaign\w*|partner\w*|sponsor\w*)=",
    re.I,
)
_REDIRECT = re.compile(r"=https?(?::|%3a)//?|=https?%3A%2F%2F|/(?:go|out|click|redirect|track|adclick|r)/", re.I)
#: Addresses with a plain host, and paths from the root: most links, and many times faster than `urlsplit`.
_PLAIN_ADDRESS = re.compile(
    r"(?:[Hh][Tt][Tt][Pp][Ss]?://(?P<host>[A-Za-z0-9.-]+)(?::[0-9]*)?(?=[/?#]|\Z)|(?=/)(?!//))"
    r"(?P<path>(?:/[^?#\x00-\x20]*)?)(?:\?(?P<query>[^#\x00-\x20]*))?(?:#[^\x00-\x20]*)?"
)
_LONG_NUMBER = re.compile(r"\d{4,}")
_DATE_PATH = re.compile(r"/(?:19|20)\d\d/?[01]?\d(?:/|-)")

DESCRIPTIONS = {
    "link_share": "share of the text that stands in links, 0 to 1",
    "links": "log(1 + links that begin in the block)",
    "is_one_link": "1 if a single link holds all of the text",
    "link_here": "1 if the block has or lies in a link",
    "link_other_site": "1 if its link goes to another site",
    "link_same_host_share": "share of the page's links that go to the same host, 0 to 1",
    "link_fragment": "1 if its link goes to a place on this page",
    "link_script": "1 if its link runs a script or goes nowhere",
    "link_contact": "1 if its link is mailto:, tel: or a messenger",
    "link_root": "1 if its link goes to a site's front page",
    "link_depth": "steps in the path of its link, at most 8",
    "link_slug_words": "hyphenated words in the last step of its link, at most 15",
    "link_path_chars": "log(1 + characters of the path of its link)",
    "link_query": "1 if its link has a query",
    "link_tracking": "1 if its link has a tracking or partner parameter",
    "link_redirect": "1 if its link goes through a redirector",
    "link_long_number": "1 if the path of its link holds a number of four digits or more",
    "link_date_path": "1 if the path of its link holds a year and month",
    "link_same_section": "1 if its link shares the first step of the path with this page",
    "link_shares_path": "share of this page's path steps that its link begins with, 0 to 1",
    "link_itself": "1 if its link goes to this page",
    "link_repeats": "log of how often the page has a link to the same place",
    "link_nofollow": "1 if rel says nofollow",
    "link_sponsored": "1 if rel says sponsored or ugc",
    "link_rel_other": "1 if rel says something else, such as tag, author, bookmark, next",
    "link_new_window": "1 if its link opens a new window",
    "link_image": "1 if its link holds an image",
    "link_titled": "1 if its link has a title attribute",
}
#: What an address says of where a link goes: what is known of addresses of the web, and the other kinds of them.
_KINDS = ("fragment", "script", "contact")
_OF_TARGET = (
    "link_other_site", "link_same_host_share", "link_root", "link_depth", "link_slug_words", "link_path_chars",
    "link_query", "link_tracking", "link_redirect", "link_long_number", "link_date_path", "link_same_section",
    "link_shares_path", "link_itself", *(f"link_{kind}" for kind in _KINDS),
)  # fmt: skip
_OF_RELATION = ("link_nofollow", "link_sponsored", "link_rel_other", "link_new_window", "link_titled")
_PLAIN_RELATIONS = frozenset(("nofollow", "noopener", "noreferrer", "external", "sponsored", "ugc"))
#: What is known of a link, and so of each block that has it.
_OF_LINK = (*_OF_TARGET, *_OF_RELATION, "link_repeats", "link_image")
#: What makes features of counts.
_SCALES = {"link_path_chars": np.log1p, "link_repeats": np.log}


class _Target(NamedTuple):
    """What one address says of where it goes, relative to the page."""

    href: str
    host: str
    steps: tuple[str, ...]
    query: str
    kind: str  # "web", "fragment", "script", "contact"


def nearest_link(view: PageView) -> IntArray:
    """The link with the longest piece of each block's text, -1 without one, shape (n_blocks,)."""
    table = view.table
    node_link = view.innermost(np.flatnonzero(view.is_link))[table.node_owner]
    nodes = np.flatnonzero((node_link >= 0) & (table.node_block >= 0))
    nodes = nodes[np.lexsort((-view.node_chars[nodes], table.node_block[nodes]))]
    # The longest node of each block comes first, and of equal ones the first.
    blocks, longest = np.unique(table.node_block[nodes], return_index=True)
    result = np.full(len(view), -1, dtype=np.int64)
    result[blocks] = node_link[nodes[longest]]
    return result


def link_texts(view: PageView, nearest: IntArray) -> tuple[list[str], IntArray]:
    """Addresses of the blocks' links as texts for hashing, and which of them each block has (-1: none).

    Parameters
    ----------
    view : PageView
    nearest : ndarray of int64, shape (n_blocks,)
        As `nearest_link` gives it.
    """
    links, link_of_block = np.unique(nearest, return_inverse=True)  # a link may hold many blocks
    numbers: dict[str, int] = {}
    of_link: list[int] = []
    for link in links.tolist():
        if link < 0:
            of_link.append(-1)
            continue
        attributes = view.table.attributes[link]
        address, rel, target = (attributes.get(name, "") for name in ("href", "rel", "target"))
        of_link.append(numbers.setdefault(f"{address[:200]} {rel} {target}", len(numbers)))
    return list(numbers), np.array(of_link, dtype=np.int64)[link_of_block]


def compute(view: PageView, nearest: IntArray) -> dict[str, FloatArray]:
    """Features of each block's links, each of shape (n_blocks,); see `DESCRIPTIONS`.

    Parameters
    ----------
    view : PageView
    nearest : ndarray of int64, shape (n_blocks,)
        As `nearest_link` gives it.
    """
    table, n = view.table, len(view)
    result = {name: np.zeros(n) for name in DESCRIPTIONS}
    result["link_share"] = np.minimum(view.link_chars / np.maximum(view.chars, 1.0), 1.0)
    # A link begins in the block that its first text node belongs to.
    first_nodes = table.first_node[view.is_link & (table.last_node > table.first_node)]
    blocks = table.node_block[first_nodes]
    result["links"] = np.log1p(np.bincount(blocks[blocks >= 0], minlength=n))
    inside = view.in_link[table.inner]
    result["is_one_link"] = (inside & (result["link_share"] > 0.99)).astype(np.float64)
    result["link_here"] = (nearest >= 0).astype(np.float64)

    base, base_host, own_host, own_steps = _page_address(view)
    target_of: dict[str, _Target] = {}
    hosts: dict[str, int] = defaultdict(int)
    hrefs: dict[str, int] = defaultdict(int)
    for link in np.flatnonzero(view.is_link).tolist():
        href = table.attributes[link]["href"]
        target = target_of.get(href)
        if target is None:
            target = target_of[href] = _target(href, base, base_host)
        hrefs[target.href] += 1
        if target.kind == "web":
            hosts[target.host] += 1
    if not own_host and hosts and "" not in hosts:
        own_host = max(hosts, key=hosts.__getitem__)
    total = max(sum(hosts.values()), 1)
    images = view.subtree_count(view.has_tag("img", "picture", "svg")) > 0
    with_link = np.flatnonzero(nearest >= 0)
    used, link_of_block = np.unique(nearest[with_link], return_inverse=True)
    described: list[tuple[float, ...]] = []
    told: dict[str, tuple[float, ...]] = {}
    for link, image in zip(used.tolist(), images[used].tolist(), strict=True):
        attributes = table.attributes[link]
        target = target_of[attributes["href"]]
        of_target = told.get(target.href)
        if of_target is None:
            share = hosts.get(target.host, 0) / total
            of_target = told[target.href] = _describe(target, own_host, own_steps, share)
        described.append((*of_target, *_relation(attributes), float(hrefs[target.href]), float(image)))
    columns = np.array(described, dtype=np.float64).reshape(len(described), len(_OF_LINK)).T
    for name, column in zip(_OF_LINK, columns, strict=True):
        result[name][with_link] = _SCALES.get(name, np.asarray)(column)[link_of_block]
    return result


def _page_address(view: PageView) -> tuple[str, str | None, str, tuple[str, ...]]:
    """Base for relative links and its host (None if it takes a parser), host and path steps of the page.

    The address is the one given, else the one that the page declares.
    """
    table = view.table
    url = view.table.page.url or ""
    base = ""
    for element in np.flatnonzero(view.has_tag("link", "meta", "base")).tolist():
        attributes = table.attributes[element]
        tag = table.tags[element]
        if tag == "base" and not base:
            base = attributes.get("href", "")
        elif not url and tag == "link" and "canonical" in attributes.get("rel", "").lower():
            url = attributes.get("href", "")
        elif not url and attributes.get("property", "").lower() == "og:url":
            url = attributes.get("content", "")
    target = _target(url, "", "")
    base = (base or url)[:_MAX_ADDRESS_CHARS]
    try:
        urlsplit(base)
    except ValueError:  # no link can be told relative to an address that is none
        base = ""
    plain = _PLAIN_ADDRESS.fullmatch(base)
    host = plain["host"] if plain else None
    return base, "" if not base else _site(host) if host else None, target.host, target.steps


def _site(host: str) -> str:
    return host.lower().removeprefix("www.")


def _target(href: str, base: str, base_host: str | None) -> _Target:
    href = href.strip()[:_MAX_ADDRESS_CHARS]
    lower = href[:30].lower()
    if not href or href.startswith("#"):
        return _Target(href, "", (), "", "fragment" if len(href) > 1 else "script")
    if lower.startswith(("javascript:", "data:", "about:")):
        return _Target(href, "", (), "", "script")
    if lower.startswith(("mailto:", "tel:", "sms:", "whatsapp:", "tg:", "viber:")):
        return _Target(href, "", (), "", "contact")
    plain = _PLAIN_ADDRESS.fullmatch(href)
    if plain and plain["host"]:
        host, path, query = _site(plain["host"]), plain["path"], plain["query"] or ""
    elif plain and base_host is not None and "/." not in plain["path"]:
        host, path, query = base_host, plain["path"], plain["query"] or ""
    else:
        try:
            parts = urlsplit(urljoin(base, href)) if base else urlsplit(href)
            host, path, query = _site(parts.hostname or ""), parts.path, parts.query
        except ValueError:  # an address that is none, such as an unclosed [
            return _Target(href, "", (), "", "script")
    return _Target(href, host, tuple([s for s in path.split("/") if s]), query, "web")


def _describe(target: _Target, own_host: str, own_steps: tuple[str, ...], host_share: float) -> tuple[float, ...]:
    """Values of `_OF_TARGET`."""
    if target.kind != "web":
        return (*(0.0,) * (len(_OF_TARGET) - len(_KINDS)), *(float(target.kind == kind) for kind in _KINDS))
    steps = target.steps
    shared = 0
    for mine, theirs in zip(own_steps, steps, strict=False):
        if mine != theirs:
            break
        shared += 1
    same_site = not target.host or not own_host or _same_site(target.host, own_host)
    path = "/".join(steps)
    return (
        not same_site,
        host_share,
        not steps,
        min(len(steps), 8),
        min(steps[-1].count("-") + steps[-1].count("_"), 15) if steps else 0.0,
        len(path),
        bool(target.query),
        bool(_TRACKING.search(target.href)),
        bool(_REDIRECT.search(target.href)),
        bool(_LONG_NUMBER.search(path)),
        bool(_DATE_PATH.search(target.href)),
        same_site and shared > 0,
        shared / len(own_steps) if same_site and own_steps else 0.0,
        same_site and bool(own_steps) and steps == own_steps,
        *(0.0,) * len(_KINDS),
    )


def _same_site(host: str, own: str) -> bool:
    return host == own or host.endswith("." + own) or own.endswith("." + host)


def _relation(attributes: dict[str, str]) -> tuple[float, ...]:
    """Values of `_OF_RELATION`."""
    rel = attributes.get("rel", "").lower().split()
    return (
        "nofollow" in rel,
        "sponsored" in rel or "ugc" in rel,
        any(r not in _PLAIN_RELATIONS for r in rel),
        attributes.get("target", "").lower() == "_blank",
        "title" in attributes,
    )
