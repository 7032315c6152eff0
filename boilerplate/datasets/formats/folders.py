"""Pages in one directory and their main texts in another, as CleanEval and dragnet's data have them.

A page and a text belong together when their names agree: ``104.html`` with ``104.txt``, ``104-cleaned.txt`` or
``104.html.corrected.txt``. Directories may have any names; the text may stand beside the page too.

- CleanEval (Baroni et al. 2008, "CleanEval: a competition for cleaning web pages") wraps pages in an element
  ``text`` with the facts about them, begins texts with ``URL:`` and their lines with ``<h>``, ``<p>`` or ``<l>``.
- dragnet's data (Peters and Lecocq 2013, "Content extraction using diverse feature sets") sets comments off from
  the text with a line of punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from boilerplate.datasets.formats.common import html_name, read_file, read_text
from boilerplate.datasets.records import Failed, Gold, NewPage, page_id, site_of
from boilerplate.errors import BoilerplateError, DatasetError

__all__ = ["main_text", "read_pages", "unwrap"]

_WRAPPER = re.compile(rb"\A\s*<text\b(?P<attributes>[^<>]{0,4000})>", re.IGNORECASE)
_WRAPPER_END = re.compile(rb"</text>\s*\Z", re.IGNORECASE)
_WRAPPER_URL = re.compile(rb"""\bid\s*=\s*["'](?P<url>https?://[^"']{1,2000})["']""", re.IGNORECASE)
_URL_LINE = re.compile(r"\A\s*URL:[ \t]*(?P<url>\S*)[^\n]*(?:\n|\Z)")
_LINE_MARK = re.compile(r"^[ \t]*<(?:/?(?:h|p|l|o)\d?)>[ \t]*", re.IGNORECASE | re.MULTILINE)
_COMMENTS = re.compile(r"^!@#\$%\^&\*\(\)\s+COMMENTS\b", re.MULTILINE)
#: What names of texts have after the page's name.
_TEXT_ENDINGS = re.compile(r"(?:\.html?)?(?:[._-](?:cleaned|clean|corrected|gold|gt|content))*\Z", re.IGNORECASE)


def unwrap(html: bytes) -> tuple[bytes, str | None]:
    """Take CleanEval's wrapper off a page.

    Returns
    -------
    html : bytes
        As crawled.
    url : str or None
        Of the wrapper, where it tells.
    """
    start = _WRAPPER.match(html)
    if start is None:
        return html, None
    found = _WRAPPER_URL.search(start["attributes"])
    return _WRAPPER_END.sub(b"", html[start.end() :]), found["url"].decode("utf-8", "replace") if found else None


def main_text(text: str) -> tuple[str, str | None]:
    """The main text of a gold file, without what the collections add to it.

    Returns
    -------
    text : str
        Without CleanEval's marks, and without the comments that dragnet's data append.
    url : str or None
        Of the first line, if it tells.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    comments = _COMMENTS.search(text)
    if comments:
        text = text[: comments.start()]
    first = _URL_LINE.match(text)
    if first:
        text = text[first.end() :]
    return _LINE_MARK.sub("", text).strip(), (first["url"] or None) if first else None


def read_pages(root: Path, source: str) -> Iterator[NewPage | Failed]:
    """The pages below a directory that have a text of the same name.

    Parameters
    ----------
    root : Path
    source : str

    Yields
    ------
    NewPage or Failed
        A page without a text fails; a text without a page does too.

    Raises
    ------
    DatasetError
        If there are no pages, or none has a text.
    """
    html: dict[str, Path] = {}
    texts: dict[str, Path] = {}
    twice: list[Failed] = []
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        name = html_name(path)
        if name is not None:
            kept = html.setdefault(name, path)
        elif path.suffix.lower() == ".txt":
            name = _TEXT_ENDINGS.sub("", path.stem)
            kept = texts.setdefault(name, path)
        else:
            continue
        if kept != path:
            twice.append(
                Failed(str(path.relative_to(root)), f"{kept.relative_to(root)} has the same name. Import them apart.")
            )
    if not html.keys() & texts.keys():
        raise DatasetError(
            f"{root} holds no page with a main text: {len(html)} HTML files, {len(texts)} .txt files, and no two of "
            "them of the same name. Give the directory that holds both folders."
        )
    yield from twice
    for name in sorted(html.keys() | texts.keys()):
        if name not in html or name not in texts:
            what = "main text (.txt)" if name in html else "page (.html)"
            yield Failed(name, f"There is no {what} of this name. Add it, or leave the other out.")
            continue
        try:
            data, declared = unwrap(read_file(html[name]))
            text, url = main_text(read_text(texts[name]))
        except BoilerplateError as error:
            yield Failed(name, str(error))
            continue
        url = declared or url
        key = page_id(source, name)
        yield NewPage(id=key, html=data, source=source, url=url, site=site_of(url) or key, gold=Gold(main_text=text))
