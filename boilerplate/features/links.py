"""Features of a block's links: how much of the text they are, and where they go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import numpy as np

from boilerplate.features.view import FloatArray, IntArray, PageView

__all__ = ["DESCRIPTIONS", "compute", "link_texts", "nearest_link"]

_TRACKING = re.compile(r"[?&](?:utm_\w+|gclid|fbclid|aff\w*|ref\w*|tag|cid|mc_\w+|click\w*|campaign\w*|partner\w*|sponsor\w*)=", re.I)
_REDIRECT = re.compile(r"=https?(?::|%3a)//?|=https?%3A%2F%2F|/(?:go|out|click|redirect|track|adclick|r)/", re.I)
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


@dataclass(frozen=True, slots=True)
class _Target:
    """What one address says of where it goes, relative to the page."""

    href: str
    host: str
    steps: tuple[str, ...]
    query: str
    kind: str  # "web", "fragment", "script", "contact"


def nearest_link(view: PageView) -> IntArray:
    """The link each block lies in, else the one that begins in it with the most text, else -1, shape (n_blocks,)."""
    table = view.table
    links = view.has_tag("a") & view.has_attribute("href")
    around = np.full(table.n_elements, -1, dtype=np.int64)
    for link in np.flatnonzero(links).tolist():
        around[link : table.end[link]] = link
    result = np.full(len(view), -1, dtype=np.int64)
    best = np.zeros(len(view))
    node_link = around[table.node_owner] if len(table.node_owner) else np.zeros(0, dtype=np.int64)
    for node in np.flatnonzero(node_link >= 0).tolist():
        block = table.node_block[node]
        if block >= 0 and view.node_chars[node] > best[block]:
            best[block], result[block] = view.node_chars[node], node_link[node]
    return result


def link_texts(view: PageView) -> tuple[list[str], IntArray]:
    """Addresses of the blocks' links as texts for hashing, and which of them each block has (-1: none)."""
    nearest = nearest_link(view)
    numbers: dict[str, int] = {}
    which = np.full(len(view), -1, dtype=np.int64)
    for block in np.flatnonzero(nearest >= 0).tolist():
        attributes = view.table.attributes[nearest[block]]
        text = f"{attributes.get('href', '')[:200]} {attributes.get('rel', '')} {attributes.get('target', '')}"
        which[block] = numbers.setdefault(text, len(numbers))
    return list(numbers), which


def compute(view: PageView) -> dict[str, FloatArray]:
    """Features of each block's links, each of shape (n_blocks,); see `DESCRIPTIONS`."""
    table, n = view.table, len(view)
    nearest = nearest_link(view)
    result = {name: np.zeros(n) for name in DESCRIPTIONS}
    result["link_share"] = np.minimum(view.link_chars / np.maximum(view.chars, 1.0), 1.0)
    is_link = view.has_tag("a") & view.has_attribute("href")
    # A link begins in the block that its first text node belongs to.
    first_nodes = table.first_node[is_link & (table.last_node > table.first_node)]
    blocks = table.node_block[first_nodes] if len(first_nodes) else np.zeros(0, dtype=np.int64)
    result["links"] = np.log1p(np.bincount(blocks[blocks >= 0], minlength=n))
    holders = view.has_tag("a")
    inside = holders[table.inner] if n else np.zeros(0, dtype=np.bool_)
    result["is_one_link"] = (inside & (result["link_share"] > 0.99)).astype(np.float64)
    result["link_here"] = (nearest >= 0).astype(np.float64)

    base, own_host, own_steps = _page_address(view)
    targets = {int(link): _target(table.attributes[link].get("href", ""), base) for link in np.flatnonzero(is_link)}
    hosts: dict[str, int] = {}
    hrefs: dict[str, int] = {}
    for target in targets.values():
        hrefs[target.href] = hrefs.get(target.href, 0) + 1
        if target.kind == "web":
            hosts[target.host] = hosts.get(target.host, 0) + 1
    if not own_host and hosts:
        named = {h: c for h, c in hosts.items() if h}
        own_host = max(named, key=lambda h: named[h]) if named and not hosts.get("") else ""
    total = max(sum(hosts.values()), 1)
    images = view.subtree_count(view.has_tag("img", "picture", "svg")) > 0
    described: dict[int, dict[str, float]] = {}
    for block in np.flatnonzero(nearest >= 0).tolist():
        link = int(nearest[block])
        values = described.get(link)
        if values is None:
            target, attributes = targets[link], table.attributes[link]
            values = _describe(target, own_host, own_steps, hosts.get(target.host, 0) / total)
            values["link_repeats"] = float(np.log(hrefs[target.href]))
            values["link_image"] = float(images[link])
            values.update(_relation(attributes))
            described[link] = values
        for name, value in values.items():
            result[name][block] = value
    return result


def _page_address(view: PageView) -> tuple[str, str, tuple[str, ...]]:
    """Base for relative links, host and path steps of the page: as given, else as the page itself declares."""
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
    target = _target(url, "")
    return base or url, target.host, target.steps


def _target(href: str, base: str) -> _Target:
    href = href.strip()[:2000]
    lower = href[:30].lower()
    if not href or href.startswith("#"):
        return _Target(href, "", (), "", "fragment" if len(href) > 1 else "script")
    if lower.startswith(("javascript:", "data:", "about:")):
        return _Target(href, "", (), "", "script")
    if lower.startswith(("mailto:", "tel:", "sms:", "whatsapp:", "tg:", "viber:")):
        return _Target(href, "", (), "", "contact")
    try:
        parts = urlsplit(urljoin(base, href)) if base else urlsplit(href)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:  # an address that is none, such as an unclosed [
        return _Target(href, "", (), "", "script")
    steps = tuple(s for s in parts.path.split("/") if s)
    return _Target(href, host, steps, parts.query, "web")


def _describe(target: _Target, own_host: str, own_steps: tuple[str, ...], host_share: float) -> dict[str, float]:
    if target.kind != "web":
        return {f"link_{target.kind}": 1.0}
    steps = target.steps
    shared = 0
    for mine, theirs in zip(own_steps, steps, strict=False):
        if mine != theirs:
            break
        shared += 1
    same_site = not target.host or not own_host or _same_site(target.host, own_host)
    path = "/".join(steps)
    return {
        "link_other_site": float(not same_site),
        "link_same_host_share": host_share,
        "link_root": float(not steps),
        "link_depth": float(min(len(steps), 8)),
        "link_slug_words": float(min(steps[-1].count("-") + steps[-1].count("_"), 15)) if steps else 0.0,
        "link_path_chars": float(np.log1p(len(path))),
        "link_query": float(bool(target.query)),
        "link_tracking": float(bool(_TRACKING.search(target.href))),
        "link_redirect": float(bool(_REDIRECT.search(target.href))),
        "link_long_number": float(bool(_LONG_NUMBER.search(path))),
        "link_date_path": float(bool(_DATE_PATH.search(target.href))),
        "link_same_section": float(same_site and shared > 0),
        "link_shares_path": shared / len(own_steps) if same_site and own_steps else 0.0,
        "link_itself": float(same_site and bool(own_steps) and steps == own_steps),
    }


def _same_site(host: str, own: str) -> bool:
    return host == own or host.endswith("." + own) or own.endswith("." + host)


def _relation(attributes: dict[str, str]) -> dict[str, float]:
    rel = attributes.get("rel", "").lower().split()
    plain = {"nofollow", "noopener", "noreferrer", "external", "sponsored", "ugc"}
    return {
        "link_nofollow": float("nofollow" in rel),
        "link_sponsored": float("sponsored" in rel or "ugc" in rel),
        "link_rel_other": float(any(r not in plain for r in rel)),
        "link_new_window": float(attributes.get("target", "").lower() == "_blank"),
        "link_titled": float("title" in attributes),
    }
