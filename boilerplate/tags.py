"""Which elements are text, and which of them make blocks."""

from __future__ import annotations

__all__ = [
    "CODE_TAGS",
    "INLINE_TAGS",
    "ITEM_TAGS",
    "PARAGRAPH_TAGS",
    "PREFORMATTED_TAGS",
    "SKIPPED_TAGS",
    "UNCLOSED_TAGS",
]


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


#: Elements whose content is never text of the page.
SKIPPED_TAGS = _tags(
    "script style head title meta link base svg iframe noembed object applet canvas map area audio video param textarea"
)
#: Elements without content that libxml2 does not know as such: what follows one stands inside it in the tree.
UNCLOSED_TAGS = _tags("embed source track")
#: Phrasing elements: they neither start nor end a block. Unknown elements outside a paragraph do.
INLINE_TAGS = (
    _tags(
        "a abbr acronym b bdi bdo big blink cite code data del dfn em font i img ins kbd mark math nobr o:p "
        "output picture q rb rp rt rtc ruby s samp small span strike strong sub sup time tt u var wbr "
        "maction mfenced mfrac mi mn mo mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr "
        "munder munderover semantics annotation"
    )
    | UNCLOSED_TAGS
)
#: Within these a custom element is part of the sentence, and inline children are never items of a list.
PARAGRAPH_TAGS = _tags("p h1 h2 h3 h4 h5 h6 pre blockquote dt figcaption caption summary legend address")
#: Inline elements that makers of pages use as boxes when several of them stand side by side.
ITEM_TAGS = _tags("a span b strong font time small em i")
#: White space is kept in these.
PREFORMATTED_TAGS = _tags("pre listing xmp plaintext")
#: What stands in these is code or a formula.
CODE_TAGS = _tags("pre code kbd samp tt math")
