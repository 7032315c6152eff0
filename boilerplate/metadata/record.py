"""Metadata as a record."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Metadata"]


@dataclass(frozen=True)
class Metadata:
    """What is known of a page; empty where nothing is.

    Attributes
    ----------
    title : str
        Headline of the content, without the name of the site.
    authors : tuple of str
        Names, in the order of the page.
    published, modified : str
        Dates, as ``YYYY-MM-DD``.
    language : str
        As the page declares it (BCP 47).
    site_name, description : str
    canonical_url, image : str
        Absolute addresses.
    page_type : str
        As the page declares it: a type of schema.org such as ``NewsArticle``, or an Open Graph type.
    sources : dict of str to str
        Where each value that is known comes from, by the name of its attribute: ``json-ld``, ``open-graph``, ``meta``,
        ``microdata``, ``link``, ``html`` (an element of the page), ``blocks`` (labelled blocks), ``url``, or
        ``htmldate`` (found by that library).
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    modified: str = ""
    language: str = ""
    site_name: str = ""
    description: str = ""
    canonical_url: str = ""
    image: str = ""
    page_type: str = ""
    sources: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self) | {"authors": list(self.authors)}
