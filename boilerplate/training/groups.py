"""Groups of pages that have figures of their own: by page type, language and source."""

from __future__ import annotations

import re

from boilerplate.dataset import DatasetPage
from boilerplate.errors import DatasetError

__all__ = ["GROUPINGS", "NOT_DECLARED", "declared_language"]

#: Fields of a page's row that figures are given by, with how a person calls them.
GROUPINGS = {"page_type": "page type", "lang": "language", "source": "source", "style": "style of the text"}
#: Group of pages whose type or language nobody says.
NOT_DECLARED = "not declared"

#: Beyond this no page has its <html> tag, and a page may be long.
_HEAD_BYTES = 16_384
#: The attribute within the start tag of the root, quoted or not.
_HTML_LANG = re.compile(rb"""<html\b[^>]{0,2000}?\s(?:xml:)?lang\s*=\s*["']?\s*([A-Za-z]{2,3})(?![A-Za-z])""", re.I)


def declared_language(page: DatasetPage) -> str | None:
    """Language of a page: as the dataset declares it, else as the page itself does.

    Parameters
    ----------
    page : DatasetPage

    Returns
    -------
    str or None
        Primary subtag of BCP 47 in lower case, such as ``de``; None if nobody declares one.
    """
    if page.lang:
        return page.lang.replace("_", "-").split("-")[0].lower()
    try:
        head = page.read_html()[:_HEAD_BYTES]
    except DatasetError:
        return None
    found = _HTML_LANG.search(head.replace(b"\x00", b""))
    return found[1].decode("ascii").lower() if found else None
