"""Choose a page's metadata among what is declared and what its blocks say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from lxml import etree

from boilerplate.metadata.dates import day_in, day_of_address
from boilerplate.metadata.declared import (
    CONTENT_TYPES,
    MAX_TEXT,
    first_texts,
    json_ld,
    meta_tags,
    microdata,
    text_of,
    types_of,
)
from boilerplate.metadata.names import declared_names, family_name_last, names_in, names_of_byline
from boilerplate.metadata.record import Metadata
from boilerplate.metadata.shown import shown_date
from boilerplate.metadata.titles import is_site, parts_after_first, without_site
from boilerplate.output.addresses import Addresses
from boilerplate.output.document import Options, Run
from boilerplate.output.pieces import Pieces
from boilerplate.structure import Kind
from boilerplate.words import collapse_spaces, split_words

if TYPE_CHECKING:
    from boilerplate.labelled import Block, LabelledPage

__all__ = ["read_metadata"]

#: Dates are looked for in this many characters of a page.
_MAX_SEARCHED = 2_000_000
#: Main headings that are compared with the titles declared.
_MAX_HEADINGS = 100
#: How much of an element is looked at that may be a byline: nodes, and characters of its source.
_MAX_BYLINE_NODES, _MAX_BYLINE_SOURCE = 100, 2000
_BYLINE_NAMES = re.compile(r"(?:^|[\s_-])(?:author|byline|auteur|autor|writer)(?:$|[\s_-]|name)", re.IGNORECASE)
#: Elements around another one that are looked at.
_MAX_LEVELS = 50
#: A heading shares at least this part of all words with the title that the page declares.
_LEAST_IN_COMMON = 0.15
#: Names of meta tags that say when a page was published, and changed, the most trustworthy first.
_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "citation_publication_date",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date",
    "sailthru.date",
    "article.published",
    "publishdate",
    "pubdate",
    "published_time",
    "date",
)
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified")

#: A value, empty for none, and where it comes from.
Candidate = tuple[str, str]


def read_metadata(page: LabelledPage) -> Metadata:
    """Metadata of a labelled page.

    For each value the most trustworthy source that has one is taken: for the title a headline in JSON-LD, then the main
    heading, Open Graph and ``<title>``; for authors and dates JSON-LD, meta tags, microdata, then what the page shows.
    A date that nothing declares is looked for by htmldate.
    """
    return _Reader(page).metadata()


class _Reader:
    def __init__(self, page: LabelledPage) -> None:
        self._page = page
        self._root = page.document.root if page.document is not None else None
        self._meta = meta_tags(self._root) if self._root is not None else {}
        self._items = json_ld(self._root) if self._root is not None else []
        self._props = microdata(self._root) if self._root is not None else {}
        self._addresses = Addresses(page.layout, page.url) if page.layout is not None else None
        self._content = self._best_item()
        self._pieces = Pieces(page.layout, page.url, Options(links=False)) if page.layout is not None else None
        self._numbers = {id(block): i for i, block in enumerate(page.blocks)}

    def metadata(self) -> Metadata:
        values: dict[str, Any] = {}
        sources: dict[str, str] = {}
        site, site_source = _first(self._site_names())
        for name, candidates in (
            ("title", self._titles(site)),
            ("published", self._dates("datePublished", _PUBLISHED, first=True)),
            ("modified", self._dates("dateModified", _MODIFIED, first=False)),
            ("language", self._languages()),
            ("description", self._descriptions()),
            ("canonical_url", self._canonicals()),
            ("image", self._images()),
            ("page_type", self._types()),
        ):
            value, source = _first(candidates)
            if value:
                values[name], sources[name] = value, source
        if site:
            values["site_name"], sources["site_name"] = site, site_source
        authors, source = self._authors(site)
        if authors:
            values["authors"], sources["authors"] = authors, source
        return Metadata(**values, sources=sources)

    def _best_item(self) -> dict[str, Any]:
        ranks = {name: rank for rank, name in enumerate(CONTENT_TYPES)}
        best: tuple[int, dict[str, Any]] = (len(ranks), {})
        for item in self._items:
            rank = min((ranks.get(t, len(ranks)) for t in types_of(item)), default=len(ranks))
            if rank < best[0]:
                best = (rank, item)
        return best[1]

    def _meta_values(self, names: Iterable[str], source: str) -> Iterator[Candidate]:
        for name in names:
            for value in self._meta.get(name, ()):
                yield value, source

    # --- title and site --------------------------------------------------------------------------------------------

    def _site_names(self) -> Iterator[Candidate]:
        yield from self._meta_values(("og:site_name",), "open-graph")
        publisher = self._content.get("publisher")
        if isinstance(publisher, dict):
            yield text_of(publisher.get("name")), "json-ld"
        for item in self._items:
            if "WebSite" in types_of(item):
                yield text_of(item.get("name")), "json-ld"
        yield from self._meta_values(("application-name",), "meta")

    def _titles(self, site: str) -> Iterator[Candidate]:
        declared = [text_of(self._content.get("headline")), *self._meta.get("og:title", ())]
        declared += [*self._meta.get("twitter:title", ()), self._title_element()]
        site = site or self._site_in_its_head(declared)
        heading = self._heading([without_site(d, site) for d in declared if d], site)
        if heading:
            yield heading, "blocks"
        yield text_of(self._content.get("headline")), "json-ld"
        for names, source in ((("og:title",), "open-graph"), (("twitter:title", "dc.title", "citation_title"), "meta")):
            for value, _ in self._meta_values(names, source):
                yield without_site(value, site), source
        yield without_site(self._title_element(), site), "html"
        yield next((b.text for b in self._page.blocks if b.form.kind is Kind.HEADING), ""), "blocks"

    def _title_element(self) -> str:
        root = self._root
        for element in root.iter("title") if root is not None else ():
            if next(element.iterancestors("svg"), None) is None:
                return collapse_spaces("".join(map(str, element.itertext()))[: 2 * MAX_TEXT])[:MAX_TEXT]
        return ""

    def _heading(self, declared: list[str], site: str) -> str:
        """The main heading, if what the page declares says the same: the one that says most of it."""
        wanted = [set(split_words(text)) for text in declared]
        headings = self._main_headings()
        best: tuple[float, str] = (0.0, "")
        for block in headings:
            text = self._heading_text(block)
            if is_site(text, site):
                continue
            words = set(split_words(text[:MAX_TEXT]))
            common = max((len(words & other) / len(words | other) for other in wanted if words), default=0.0)
            covered = any(len(words & other) >= 0.6 * len(words) for other in wanted)
            if covered and common > max(best[0], _LEAST_IN_COMMON):
                best = (common, text)
        if best[1]:
            return best[1]
        # A heading that says something else than all that is declared is that of a part, or a slogan.
        texts = (self._heading_text(b) for b in headings if not wanted)
        return next((text for text in texts if not is_site(text, site)), "")

    def _main_headings(self) -> list[Block]:
        found = (b for b in self._page.blocks if b.form.kind is Kind.HEADING and b.form.level == 1 and not b.hidden)
        return list(islice(found, _MAX_HEADINGS))

    def _site_in_its_head(self, declared: list[str]) -> str:
        """The name of the site, if it is a heading above the content and a part of the declared titles."""
        parts = {tuple(split_words(part)) for text in declared for part in parts_after_first(text)}
        for block in self._main_headings():
            text = self._heading_text(block)
            if not block.is_main and block.label != "article" and tuple(split_words(text)) in parts:
                return text
        return ""

    def _heading_text(self, block: Block) -> str:
        """A heading without readings of its characters."""
        pieces = self._pieces
        runs = pieces.runs(self._numbers[id(block)], block) if pieces is not None else [Run(block.text)]
        text = "".join(run.text for run in runs if run.ruby[1] not in ("rt", "rp"))
        return collapse_spaces(text.replace("\n", " "))

    # --- authors ---------------------------------------------------------------------------------------------------

    def _authors(self, site: str) -> tuple[tuple[str, ...], str]:
        publisher: tuple[tuple[str, ...], str] = ((), "")
        for texts, source in self._author_candidates():
            found = names_in(texts)
            people = tuple(name for name in found if not is_site(name, site))
            if people:
                return people, source
            if found and not publisher[0]:
                publisher = (tuple(found), source)
        return publisher

    def _author_candidates(self) -> Iterator[tuple[list[str], str]]:
        yield declared_names(self._content.get("author"), self._items), "json-ld"
        yield declared_names([i.get("author") for i in self._items if i.get("author")], self._items), "json-ld"
        # Libraries write the family name first.
        yield [family_name_last(name) for name in self._meta.get("citation_author", ())], "meta"
        for name in ("author", "parsely-author", "dc.creator", "dcterms.creator", "sailthru.author"):
            yield list(self._meta.get(name, ())), "meta"
        for name in ("article:author", "og:article:author"):
            yield list(self._meta.get(name, ())), "open-graph"
        # What is said by others further down has authors of its own.
        yield self._props.get("author", [])[:1], "microdata"
        yield self._bylines(), "html"

    def _bylines(self) -> list[str]:
        root = self._root
        if root is None:
            return []
        for element in root.iter("a"):
            if "author" in (element.get("rel") or "").lower().split():
                text = collapse_spaces("".join(first_texts(element, _MAX_BYLINE_NODES, _MAX_BYLINE_SOURCE) or ()))
                if text:
                    return [text]
        for number, element in enumerate(root.iter("a", "span", "p", "div", "address", "cite", "strong")):
            if number > 20_000:
                break
            names = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('data-testid') or ''}"
            # Forms for comments have a field for their author's name.
            if _BYLINE_NAMES.search(names) and not _in_form(element):
                texts = first_texts(element, _MAX_BYLINE_NODES, _MAX_BYLINE_SOURCE) or ()
                found = names_of_byline([collapse_spaces(text) for text in texts[:20]])
                if found:
                    return found
        return []

    # --- dates -----------------------------------------------------------------------------------------------------

    def _dates(self, name: str, metas: tuple[str, ...], *, first: bool) -> Iterator[Candidate]:
        yield day_in(text_of(self._content.get(name))), "json-ld"
        for item in self._items:
            if set(types_of(item)) & set(CONTENT_TYPES):
                yield day_in(text_of(item.get(name))), "json-ld"
        for value, _ in self._meta_values(metas, "meta"):
            yield day_in(value), "meta"
        for value in self._props.get(name, ()):
            yield day_in(value), "microdata"
        if not first or self._root is None:
            return
        for element in self._root.iter("time"):
            if element.get("datetime") and ({"published", "entry-date"} & set((element.get("class") or "").split())):
                yield day_in(element.get("datetime") or ""), "html"
        url = self._page.url or _first(self._canonicals())[0]
        yield day_of_address(url), "url"
        yield shown_date(self._page.blocks, self._headline(), self._page.language), "blocks"
        yield self._searched(), "htmldate"

    def _headline(self) -> int:
        """Number of the block that is the headline, else of the first block of the main text."""
        blocks = self._page.blocks
        for number, block in enumerate(blocks):
            if (
                block.form.kind is Kind.HEADING
                and block.form.level == 1
                and (block.is_main or block.label == "article")
            ):
                return number
        return next((number for number, block in enumerate(blocks) if block.is_main), 0)

    def _searched(self) -> str:
        """What htmldate finds in the page's text."""
        if self._root is None or not any(b.is_main for b in self._page.blocks):
            return ""
        import logging

        from htmldate import find_date

        logging.getLogger("htmldate").setLevel(logging.CRITICAL)
        try:
            # As text, since it changes the tree it is given and wants one of another class.
            text = etree.tostring(self._root, encoding="unicode", method="html")
            found = find_date(text[:_MAX_SEARCHED], original_date=True, url=self._page.url) or ""
            # Of a year alone, as a copyright has it, it makes the first of January.
            return "" if found.endswith("-01-01") else found
        except Exception:  # a page that a library stumbles over has no date; the rest of it is good
            return ""

    # --- others ----------------------------------------------------------------------------------------------------

    def _languages(self) -> Iterator[Candidate]:
        yield self._page.language, "html"
        for value in ("content-language", "dc.language", "language"):
            yield from self._meta_values((value,), "meta")
        yield text_of(self._content.get("inLanguage")), "json-ld"
        for value, source in self._meta_values(("og:locale",), "open-graph"):
            yield value.replace("_", "-"), source

    def _descriptions(self) -> Iterator[Candidate]:
        yield from self._meta_values(("og:description",), "open-graph")
        yield from self._meta_values(("description", "twitter:description", "dc.description"), "meta")
        yield text_of(self._content.get("description")), "json-ld"

    def _canonicals(self) -> Iterator[Candidate]:
        root = self._root
        for element in root.iter("link") if root is not None else ():
            if "canonical" in (element.get("rel") or "").lower().split():
                yield self._absolute(element.get("href") or ""), "link"
        for value, source in self._meta_values(("og:url",), "open-graph"):
            yield self._absolute(value), source

    def _images(self) -> Iterator[Candidate]:
        for value, source in self._meta_values(("og:image", "og:image:url", "og:image:secure_url"), "open-graph"):
            yield self._absolute(value), source
        for value, source in self._meta_values(("twitter:image", "twitter:image:src"), "meta"):
            yield self._absolute(value), source
        image = self._content.get("image")
        image = image[0] if isinstance(image, list) and image else image
        yield self._absolute(text_of(image.get("url") if isinstance(image, dict) else image)), "json-ld"

    def _absolute(self, address: str) -> str:
        return self._addresses.resolve(address) if self._addresses is not None else ""

    def _types(self) -> Iterator[Candidate]:
        known = [t for t in types_of(self._content) if t in CONTENT_TYPES]
        yield (known[0] if known else ""), "json-ld"
        yield from self._meta_values(("og:type",), "open-graph")


def _in_form(element: etree._Element) -> bool:
    """Whether a form is around an element, not too far out."""
    return any(above.tag == "form" for above in islice(element.iterancestors(), _MAX_LEVELS))


def _first(candidates: Iterable[Candidate]) -> Candidate:
    """The first candidate that is not empty."""
    for value, source in candidates:
        text = collapse_spaces(value)[:MAX_TEXT]
        if text:
            return text, source
    return "", ""
