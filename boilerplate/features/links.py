"""Features of a block's links: how much of the text they are, and where they go."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import numpy as np

from boilerplate.features.view import FloatArray, IntArray, PageView, only_wanted

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
_PLAIN_RELATIONS = frozenset(("nofollow", "noopener", "noreferrer", "external", "sponsored", "ugc"))
#: What makes features of counts.
_SCALES = {"link_path_chars": np.log1p, "link_repeats": np.log}


class _Target(NamedTuple):
    """What one address says of where it goes, relative to the page."""

    href: str
    host: str
    steps: tuple[str, ...]
    query: str
    kind: str  # "web", "fragment", "script", "contact"


@dataclass(frozen=True, slots=True)
class _Site:
    """The page among its links.

    Attributes
    ----------
    host : str
        Its own, "" if unknown.
    steps : tuple of str
        Those of the path of its address.
    targets : dict of str to _Target
        By ``href``, as links have it.
    hosts, repeats : mapping of str to int
        How many links go to each host, and to each address.
    total : int
        Links to hosts.
    """

    host: str
    steps: tuple[str, ...]
    targets: dict[str, _Target]
    hosts: Mapping[str, int]
    repeats: Mapping[str, int]
    total: int

    @classmethod
    def of(cls, view: PageView) -> _Site:
        base, base_host, host, steps = _page_address(view)
        targets: dict[str, _Target] = {}
        hosts: dict[str, int] = defaultdict(int)
        repeats: dict[str, int] = defaultdict(int)
        for link in np.flatnonzero(view.is_link).tolist():
            href = view.table.attributes[link]["href"]
            target = targets.get(href)
            if target is None:
                target = targets[href] = _target(href, base, base_host)
            repeats[target.href] += 1
            if target.kind == "web":
                hosts[target.host] += 1
        if not host and hosts and "" not in hosts:
            host = max(hosts, key=hosts.__getitem__)
        return cls(host, steps, targets, hosts, repeats, max(sum(hosts.values()), 1))

    def holds(self, target: _Target) -> bool:
        """Whether a target is a page of this site, as far as one knows."""
        host, own = target.host, self.host
        return not host or not own or host == own or host.endswith("." + own) or own.endswith("." + host)

    def shared_steps(self, target: _Target) -> int:
        """How many steps of the page's own path the target's begins with; none on another site."""
        if not self.holds(target):
            return 0
        return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(self.steps, target.steps, strict=False))))


def _slug_words(target: _Target) -> float:
    last = target.steps[-1] if target.steps else ""
    return min(last.count("-") + last.count("_"), 15)


def _of_web(describe: Callable[[_Target, _Site], float]) -> Callable[[_Target, _Site], float]:
    """What is known of addresses of the web, and 0 for other kinds of them."""
    return lambda target, site: describe(target, site) if target.kind == "web" else 0.0


def _is(kind: str) -> Callable[[_Target, _Site], float]:
    return lambda target, _: target.kind == kind


#: What an address says of where a link goes.
_OF_TARGET: dict[str, Callable[[_Target, _Site], float]] = {
    "link_other_site": _of_web(lambda target, site: not site.holds(target)),
    "link_same_host_share": _of_web(lambda target, site: site.hosts.get(target.host, 0) / site.total),
    "link_root": _of_web(lambda target, _: not target.steps),
    "link_depth": _of_web(lambda target, _: min(len(target.steps), 8)),
    "link_slug_words": _of_web(lambda target, _: _slug_words(target)),
    "link_path_chars": _of_web(lambda target, _: len("/".join(target.steps))),
    "link_query": _of_web(lambda target, _: bool(target.query)),
    "link_tracking": _of_web(lambda target, _: bool(_TRACKING.search(target.href))),
    "link_redirect": _of_web(lambda target, _: bool(_REDIRECT.search(target.href))),
    "link_long_number": _of_web(lambda target, _: bool(_LONG_NUMBER.search("/".join(target.steps)))),
    "link_date_path": _of_web(lambda target, _: bool(_DATE_PATH.search(target.href))),
    "link_same_section": _of_web(lambda target, site: site.shared_steps(target) > 0),
    "link_shares_path": _of_web(lambda target, site: site.shared_steps(target) / max(len(site.steps), 1)),
    "link_itself": _of_web(lambda t, site: site.holds(t) and bool(site.steps) and t.steps == site.steps),
    "link_fragment": _is("fragment"),
    "link_script": _is("script"),
    "link_contact": _is("contact"),
}


def _relations(attributes: Mapping[str, str]) -> list[str]:
    return attributes["rel"].lower().split() if "rel" in attributes else []


#: What a link says of itself.
_OF_LINK: dict[str, Callable[[Mapping[str, str]], float]] = {
    "link_nofollow": lambda attributes: "nofollow" in _relations(attributes),
    "link_sponsored": lambda attributes: not {"sponsored", "ugc"}.isdisjoint(_relations(attributes)),
    "link_rel_other": lambda attributes: not _PLAIN_RELATIONS.issuperset(_relations(attributes)),
    "link_new_window": lambda attributes: attributes.get("target", "").lower() == "_blank",
    "link_titled": lambda attributes: "title" in attributes,
}


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


def compute(view: PageView, nearest: IntArray, wanted: Collection[str] = DESCRIPTIONS.keys()) -> dict[str, FloatArray]:
    """Features of each block's links that are wanted, each of shape (n_blocks,); see `DESCRIPTIONS`.

    Parameters
    ----------
    view : PageView
    nearest : ndarray of int64, shape (n_blocks,)
        As `nearest_link` gives it.
    wanted : collection of str
        Features that are needed.
    """
    table, n = view.table, len(view)

    def share() -> FloatArray:
        return np.minimum(view.link_chars / np.maximum(view.chars, 1.0), 1.0)

    def beginning() -> FloatArray:
        # A link begins in the block that its first text node belongs to.
        first_nodes = table.first_node[view.is_link & (table.last_node > table.first_node)]
        blocks = table.node_block[first_nodes]
        return np.log1p(np.bincount(blocks[blocks >= 0], minlength=n))

    result = only_wanted(
        {
            "link_share": share,
            "links": beginning,
            "is_one_link": lambda: (view.in_link[table.inner] & (share() > 0.99)).astype(np.float64),
            "link_here": lambda: (nearest >= 0).astype(np.float64),
        },
        wanted,
    )
    told_by_target = [name for name in _OF_TARGET if name in wanted]
    told_by_link = [name for name in _OF_LINK if name in wanted]
    names = [*told_by_target, *told_by_link, *(name for name in ("link_repeats", "link_image") if name in wanted)]
    if not names:
        return result

    site = _Site.of(view)
    images = view.subtree_count(view.has_tag("img", "picture", "svg")) > 0
    with_link = np.flatnonzero(nearest >= 0)
    used, link_of_block = np.unique(nearest[with_link], return_inverse=True)
    described: list[tuple[float, ...]] = []
    told: dict[str, tuple[float, ...]] = {}
    for link, image in zip(used.tolist(), images[used].tolist(), strict=True):
        attributes = table.attributes[link]
        target = site.targets[attributes["href"]]
        of_target = told.get(target.href)
        if of_target is None:
            of_target = told[target.href] = tuple([_OF_TARGET[name](target, site) for name in told_by_target])
        of_link = [_OF_LINK[name](attributes) for name in told_by_link]
        if "link_repeats" in wanted:
            of_link.append(site.repeats[target.href])
        if "link_image" in wanted:
            of_link.append(image)
        described.append((*of_target, *of_link))
    columns = np.array(described, dtype=np.float64).reshape(len(described), len(names)).T
    for name, column in zip(names, columns, strict=True):
        result[name] = np.zeros(n)
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
