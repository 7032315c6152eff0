"""Whether a model was trained on the pages it is measured on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from boilerplate.dataset import DatasetPage, fingerprint

__all__ = ["hash_prefixes", "page_prefix", "training_overlap"]

#: Hexadecimal digits that stand for a page or a site: by chance two of a million agree once in 30 million cases.
_DIGITS = 16


def page_prefix(page: DatasetPage) -> str:
    """First digits of the SHA-256 of a page's HTML."""
    return hashlib.sha256(page.read_html()).hexdigest()[:_DIGITS]


def _site_prefix(site: str) -> str:
    return hashlib.sha256(site.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def hash_prefixes(pages: Sequence[DatasetPage]) -> dict[str, list[str]]:
    """What a model's header says of each page and site it learned from, without naming them.

    Returns
    -------
    dict
        ``page_prefixes`` and ``site_prefixes``: sorted first digits of SHA-256.
    """
    return {
        "page_prefixes": sorted({page_prefix(p) for p in pages}),
        "site_prefixes": sorted({_site_prefix(p.site) for p in pages}),
    }


def training_overlap(told: object, pages: Sequence[DatasetPage]) -> dict[str, Any]:
    """How far a model knows the pages it is to be measured on.

    Parameters
    ----------
    told : object
        ``data`` of the model's header, as a rule a mapping; neither it nor anything in it is trusted to be of the right
        form.
    pages : sequence of DatasetPage

    Returns
    -------
    dict
        ``pages`` and ``sites`` it knows (None where its header does not tell), ``seen`` (True, False, or None where
        nobody knows) and ``note``, a sentence for people.
    """
    trained_on: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    n = len(pages)
    known_pages, known_sites = (_texts(trained_on.get(f"{kind}_prefixes")) for kind in ("page", "site"))
    if known_pages is not None and known_sites is not None:
        seen = sum(page_prefix(p) in known_pages for p in pages)
        of_site = sum(_site_prefix(p.site) in known_sites for p in pages)
        note = (
            f"The model was trained on {seen} of these {n} pages, and on pages of the sites of {of_site}: "
            "the figures flatter it. Measure with --folds instead."
            if of_site or seen
            else "The model was trained on none of these pages, nor on any other page of their sites."
        )
        return {"pages": seen, "sites": of_site, "seen": bool(seen or of_site), "note": note}
    if trained_on.get("sha256") == fingerprint(pages):
        note = f"The model was trained on these very {n} pages: the figures flatter it. Measure with --folds instead."
        return {"pages": n, "sites": n, "seen": True, "note": note}
    sources = _texts(list(trained_on["sources"])) if isinstance(trained_on.get("sources"), dict) else None
    shared = sorted({p.source for p in pages} & (sources or set()))
    if shared:
        note = (
            f"The model was trained on pages of {', '.join(shared)}, from which these pages are too, and its header "
            "does not say on which: the figures may flatter it. Measure with --folds instead."
        )
    else:
        note = "Whether the model was trained on these pages its header does not say."
    return {"pages": None, "sites": None, "seen": None, "note": note}


def _texts(value: object) -> set[str] | None:
    return set(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else None
