"""The words that features are told in: by group, what each of them says of its value."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = [
    "ADDRESS",
    "ADDRESSES_AROUND",
    "ALIKE",
    "BOXES",
    "ELEMENT_NAMES",
    "GUESSES",
    "HEADING",
    "IN_BOX",
    "NOUNS",
    "OF_ALIKE",
    "OF_NEIGHBOURS",
    "ORDINALS",
    "OWN",
    "PLACES_IN",
    "SCORES",
    "TAGS",
    "TOPICS",
    "WORDS",
    "WORDS_AROUND",
    "Phrase",
    "flag",
    "percent",
]

#: What a label, or main text, looks like in a sentence.
NOUNS = {
    "article": "article text",
    "promo": "promotion",
    "feed": "a feed",
    "chrome": "page furniture",
    "main": "main text",
}
#: Groups whose reasons name words, names, parts of an address, and the heading.
WORDS, ELEMENT_NAMES, ADDRESS, HEADING = "words", "element names", "address", "heading"
WORDS_AROUND, ADDRESSES_AROUND = "words around", "addresses around"
BOX_WORDS, BOX_MARKUP = "words of the box", "make of the box"

Phrase = Callable[[float], str]


def percent(value: float) -> str:
    return f"{100.0 * min(max(value, 0.0), 1.0):.0f} %"


def _whole(logarithm: float) -> int:
    """The count that ``log(1 + count)`` was taken of."""
    return round(math.expm1(min(max(logarithm, 0.0), 30.0)))


def flag(yes: str, no: str) -> Phrase:
    return lambda value: yes if value > 0.5 else no


def _share(text: str) -> Phrase:
    """A share: the text has ``{}`` where the percentage stands."""
    return lambda value: text.format(percent(value))


def _count(one: str, many: str, *, logarithm: bool = True, none: str = "no {}") -> Phrase:
    """A count and what is counted, in the singular and plural."""

    def phrase(value: float) -> str:
        n = _whole(value) if logarithm else round(value)
        return none.format(many) if n <= 0 else f"{n:,} {one if n == 1 else many}"

    return phrase


def _number(text: str, *, logarithm: bool = False, digits: int = 0) -> Phrase:
    return lambda value: text.format(f"{math.expm1(min(value, 30.0)) if logarithm else value:,.{digits}f}")


def _factor(text: str) -> Phrase:
    """A logarithm of a ratio."""
    return lambda value: text.format(f"{math.exp(min(value, 30.0)):,.1f}")


def _blocks_away(value: float) -> int:
    return _whole(abs(value))


def _level(value: float) -> str:
    return f"is a heading of level {value:.0f}" if value >= 1 else "is no heading"


def _from_h1(value: float) -> str:
    n = _blocks_away(value)
    if n == 0:
        return "is the page's title heading, or there is none"
    return f"{n:,} {'block' if n == 1 else 'blocks'} {'after' if value > 0 else 'before'} the page's title heading"


def _from_long(value: float) -> str:
    n = _blocks_away(value)
    return "is a long passage" if n == 0 else f"{n:,} {'block' if n == 1 else 'blocks'} from the nearest long passage"


def _repeats(value: float) -> str:
    n = round(math.exp(min(max(value, 0.0), 30.0)))
    return "its text stands once on the page" if n <= 1 else f"its text stands {n:,} times on the page"


def _link_repeats(value: float) -> str:
    n = round(math.exp(min(max(value, 0.0), 30.0)))
    return "no other link goes to the same place" if n <= 1 else f"{n:,} links of the page go to the same place"


def _path_depth(value: float) -> str:
    return "the page's address is unknown" if value < 0 else f"{value:.0f} steps in the page's address"


OWN: dict[str, dict[str, Phrase]] = {
    "length": {
        "log_chars": _count("character", "characters"),
        "log_words": _count("word", "words"),
    },
    "shape of words": {
        "chars_per_word": _number("{} characters a word", digits=1),
        "share_upper": _share("{} capital letters"),
        "share_capitalised": _share("{} of the words begin with a capital"),
        "share_uncased": _share("{} letters of scripts without capitals"),
        "share_unspaced": _share("{} characters of scripts without spaces"),
        "begins_upper": flag("begins with a capital", "does not begin with a capital"),
    },
    "digits": {
        "share_digits": _share("{} digits"),
        "begins_digit": flag("begins with a digit", "does not begin with a digit"),
    },
    "punctuation": {
        "share_marks": _share("{} punctuation and symbols"),
        "comma_marks": _count("comma, colon or semicolon", "commas, colons or semicolons"),
        "commas_per_word": _share("a comma, colon or semicolon after {} of the words"),
        "quote_marks": _count("quotation mark", "quotation marks"),
        "brackets": _count("bracket", "brackets"),
        "separators": _count("bar, bullet, arrow or slash", "bars, bullets, arrows or slashes", logarithm=False),
        "other_signs": _count("other symbol", "other symbols"),
        "begins_mark": flag("begins with a mark", "begins with a letter or digit"),
        "begins_quote": flag("begins with a quotation mark", "does not begin with a quotation mark"),
        "ends_colon": flag("ends in a colon", "does not end in a colon"),
        "ends_ellipsis": flag("ends in an ellipsis", "does not end in an ellipsis"),
    },
    "sentences": {
        "sentence_marks": _count("sentence end", "sentence ends", logarithm=False),
        "chars_per_sentence_mark": _number("{} characters a sentence", logarithm=True),
        "ends_sentence": flag("ends like a sentence", "does not end like a sentence"),
        "ends_question": flag("ends in a question mark", "does not end in a question mark"),
        "ends_exclamation": flag("ends in an exclamation mark", "does not end in an exclamation mark"),
    },
    "copyright": {"holds_copyright": flag("holds ©", "does not hold ©")},
    "line breaks": {
        "line_breaks": _count("line break", "line breaks", logarithm=False),
        "text_nodes": _count("piece of text", "pieces of text"),
    },
    "repeated text": {"same_text": _repeats},
    "times": {
        "clock_times": _count("clock time", "clock times", logarithm=False),
        "years": _count("year", "years", logarithm=False),
        "dates": _count("date", "dates", logarithm=False),
    },
    "prices": {
        "prices": _count("price", "prices", logarithm=False),
        "percents": _count("percentage", "percentages", logarithm=False),
        "currency_signs": _count("currency sign", "currency signs", logarithm=False),
    },
    "addresses in the text": {"addresses": _count("e-mail or web address", "e-mail or web addresses", logarithm=False)},
    "link text": {
        "link_share": lambda v: "no link text" if v <= 0 else f"{percent(v)} link text",
        "links": _count("link", "links"),
        "is_one_link": flag("is one link", "is not one link"),
        "link_here": flag("has a link", "has no link"),
    },
    "where its link goes": {
        "link_other_site": flag("links to another site", "does not link to another site"),
        "link_same_host_share": _share("{} of the page's links go to the same site as its own"),
        "link_itself": flag("links to this very page", "does not link to this very page"),
        "link_fragment": flag("links to a place on this page", "does not link to a place on this page"),
        "link_root": flag("links to a front page", "does not link to a front page"),
        "link_same_section": flag("links to the page's own section", "does not link to the page's own section"),
        "link_shares_path": _share("its link begins with {} of the page's address"),
        "link_repeats": _link_repeats,
    },
    "kind of link": {
        "link_script": flag("its link runs a script or goes nowhere", "its link runs no script"),
        "link_contact": flag("links to an e-mail address or telephone", "its link is no e-mail address or telephone"),
        "link_image": flag("its link holds an image", "its link holds no image"),
        "link_titled": flag("its link has a title", "its link has no title"),
        "link_new_window": flag("its link opens a new window", "its link opens no new window"),
    },
    "tracked link": {
        "link_tracking": flag("its link is tracked", "its link is not tracked"),
        "link_redirect": flag("its link goes through a redirector", "its link goes through no redirector"),
        "link_nofollow": flag("its link says nofollow", "its link does not say nofollow"),
        "link_sponsored": flag("its link says sponsored", "its link does not say sponsored"),
        "link_rel_other": flag("its link says how it relates to the page", "its link does not say how it relates"),
    },
    "shape of its address": {
        "link_depth": _count("step in its link's address", "steps in its link's address", logarithm=False),
        "link_slug_words": _count(
            "hyphenated word in its link's address", "hyphenated words in its link's address", logarithm=False
        ),
        "link_path_chars": _count("character in its link's address", "characters in its link's address"),
        "link_query": flag("its link's address has a query", "its link's address has no query"),
        "link_long_number": flag("its link's address has a long number", "its link's address has no long number"),
        "link_date_path": flag("its link's address has a date", "its link's address has no date"),
    },
    "heading level": {
        "heading_level": _level,
    },
    "depth": {
        "depth": _number("{} elements deep"),
        "custom_elements": _count("custom element around it", "custom elements around it"),
    },
    "lists and tables": {
        "inline_item": flag("stands beside its like without a box of its own", "has a box of its own"),
        "list_depth": _count("list around it", "lists around it", logarithm=False),
        "table_depth": _count("table around it", "tables around it", logarithm=False),
    },
    "place on the page": {
        "position": _share("after {} of the page's blocks"),
        "text_position": _share("after {} of the page's text"),
        "log_blocks_before": _count("block before it", "blocks before it"),
        "log_blocks_after": _count("block after it", "blocks after it"),
        "text_before_in_main": _share("after {} of the text of the part it stands in"),
    },
    "distance to the title": {"blocks_from_h1": _from_h1},
    "distance to long text": {"blocks_from_long": _from_long},
    "hidden": {
        "hidden": flag("is hidden", "is not hidden"),
        "hidden_aria": flag("is hidden from screen readers", "is not hidden from screen readers"),
    },
    "floating": {
        "floats": flag("floats beside other text", "does not float"),
        "fixed": flag("stays in place when the page scrolls", "scrolls with the page"),
    },
    "declared size": {
        "declared_width": _count("pixel of declared width", "pixels of declared width", none="no declared width"),
        "declared_height": _count("pixel of declared height", "pixels of declared height", none="no declared height"),
    },
    "images nearby": {
        "images_in_container": _count("image in its own element", "images in its own element"),
        "images_near": _count("image nearby", "images nearby"),
    },
    "form controls nearby": {"inputs_near": _count("form control nearby", "form controls nearby")},
    "frames nearby": {"frames_near": _count("frame or advertising slot nearby", "frames or advertising slots nearby")},
    "gap before": {"empty_boxes_before": _count("empty element just before it", "empty elements just before it")},
    "marked data": {"itemprop": flag("stands in marked-up data", "does not stand in marked-up data")},
    "active element": {
        "editable": flag("stands in something to click or fill in", "does not stand in something to click")
    },
    HEADING: {
        "heading_above": flag("under a heading", "under no heading"),
        "heading_above_level": lambda v: f"under a heading of level {v:.0f}" if v >= 1 else "under no heading",
        "log_heading_chars": _count("character in the heading above", "characters in the heading above"),
    },
    "distance to the heading": {
        "blocks_since_heading": _count(
            "block after the heading above", "blocks after the heading above", none="directly at a heading, or none"
        ),
        "levels_to_heading": _count(
            "level below the heading above",
            "levels below the heading above",
            logarithm=False,
            none="at the level of the heading above",
        ),
        "blocks_under_heading": _count("block under the same heading", "blocks under the same heading"),
    },
    "first block nearby": {
        "first_in_box_chars": _count("character in the first block nearby", "characters in the first block nearby"),
        "first_in_box_here": flag("is the first block of its box", "is not the first block of its box"),
    },
    "page": {
        "page_log_blocks": _count("block on the page", "blocks on the page"),
        "page_log_chars": _count("character on the page", "characters on the page"),
        "page_link_share": _share("{} link text on the page"),
        "page_chars_per_block": _number("{} characters a block on the page", logarithm=True),
        "page_long_text_share": _share("{} of the page's text in long passages"),
        "page_paragraph_share": _share("{} of the page's text in paragraphs"),
        "page_uncased_share": _share("{} letters of scripts without capitals on the page"),
        "page_sentence_density": _number("{} sentence ends in 100 characters of the page", digits=1),
        "page_h1": _count("title heading on the page", "title headings on the page", logarithm=False),
        "page_articles": _count("article element on the page", "article elements on the page"),
        "page_forms": _count("form on the page", "forms on the page"),
        "page_lists": _share("{} of the page's text in lists"),
        "page_cells": _share("{} of the page's text in tables"),
        "page_path_depth": _path_depth,
        "page_declares_article": flag("the page declares an article", "the page declares no article"),
        "page_declares_product": flag("the page declares a product", "the page declares no product"),
        "page_declares_list": flag("the page declares a list", "the page declares no list"),
        "page_declares_discussion": flag("the page declares a discussion", "the page declares no discussion"),
    },
    "page title": {
        "title_in_block": _share("holds {} of the words of the page's title"),
        "block_in_title": _share("{} of its words are in the page's title"),
        "block_in_description": _share("{} of its words are in the page's description"),
        "block_in_h1": _share("{} of its words are in the page's title heading"),
    },
    "shared box": {
        "levels_to_previous": _number("shares a box {} levels up with the block before"),
        "levels_to_next": _number("shares a box {} levels up with the block after"),
        "same_path_previous": flag("built like the block before", "not built like the block before"),
        "same_path_next": flag("built like the block after", "not built like the block after"),
    },
    "place in the boxes": {
        "levels_to_part20": _number("{} levels below its part of the page"),
        "levels_to_part50": _number("{} levels below its half of the page"),
    },
}  # fmt: skip

PLACES_IN = {
    "main": "in the main part", "article": "in an article element", "section": "in a section",
    "nav": "in a navigation", "header": "in a header", "footer": "in a footer", "aside": "in an aside",
    "form": "in a form", "dialog": "in a dialog", "list": "in a list", "table": "in a table", "figure": "in a figure",
    "button": "in a button", "label": "in a label or choice", "quote": "in a quotation", "code": "in code",
    "details": "in a part that folds", "noscript": "in text for browsers without scripts",
    "template": "in a template", "ins": "in an inserted part",
}  # fmt: skip
TAGS = {
    "p": "a paragraph", "div": "a plain box (div)", "li": "a list item", "cell": "a table cell", "span": "a span",
    "a": "a link element", "term": "a term or its description", "caption": "a caption", "time": "a time element",
    "strong": "bold or emphasised", "small": "in small print", "body": "directly in the page's body",
}  # fmt: skip

BOXES = {
    "box0": "its own element", "box1": "the box around it", "box2": "the box two levels up",
    "box3": "the box three levels up", "box4": "the box four levels up", "box6": "the box six levels up",
    "part05": "its small part of the page", "part20": "its part of the page", "part50": "its half of the page",
    "part90": "nearly all of the page",
}  # fmt: skip

#: Of a box: the phrase has ``@`` where the box is named.
IN_BOX: dict[str, dict[str, Phrase]] = {
    "amount of text around": {
        "log_chars": _count("character in @", "characters in @"),
        "text_share": _share("{} of the page's text in @"),
        "log_blocks": _count("block in @", "blocks in @"),
    },
    "link text around": {
        "link_share": _share("{} link text in @"),
        "link_here": _share("{} of the blocks in @ have a link"),
    },
    "passages around": {
        "chars_per_block": _number("{} characters a block in @", logarithm=True),
        "sentences_per_block": _number("{} sentences a block in @", logarithm=True, digits=1),
        "long_text_share": _share("{} of the text in @ in long passages"),
        "paragraph_share": _share("{} of the blocks in @ are paragraphs"),
        "ends_sentence": _share("{} of the blocks in @ end like a sentence"),
        "share_capitalised": _share("{} of the words in @ begin with a capital"),
    },
    "place in the boxes": {"place": _share("after {} of the blocks in @")},
    "boxes alike": {
        "alike_siblings": _count("more box like @", "more boxes like @", none="no other box like @"),
        "place_among_alike": _share("after {} of the boxes like @"),
    },
    "where links around go": {
        "link_other_site": _share("{} of the links in @ go to other sites"),
        "link_repeats": _factor("links in @ stand about {} times on the page"),
    },
    "tracked links around": {
        "link_nofollow": _share("{} of the links in @ say nofollow"),
        "link_sponsored": _share("{} of the links in @ say sponsored"),
        "link_tracking": _share("{} of the links in @ are tracked"),
    },
    "kind of links around": {
        "link_new_window": _share("{} of the links in @ open a new window"),
        "link_image": _share("{} of the links in @ hold an image"),
    },
    "shape of addresses around": {
        "link_slug_words": _number("{} hyphenated words in the addresses of links in @"),
        "link_path_chars": _number("{} characters in the addresses of links in @", logarithm=True),
    },
    "times and prices around": {
        "clock_times": _number("{} clock times a block in @", digits=1),
        "years": _number("{} years a block in @", digits=1),
        "prices": _number("{} prices a block in @", digits=1),
    },
}
#: Of blocks with the same path: the phrase has ``@`` where they are named.
OF_ALIKE: dict[str, Phrase] = {
    "log_count": _count("block @", "blocks @"),
    "text_share": _share("{} of the page's text in blocks @"),
    "chars_per_block": _number("{} characters a block in blocks @", logarithm=True),
    "link_share": _share("{} link text in blocks @"),
    "deviation": _factor("lengths of blocks @ vary by a factor of {}"),
}
ALIKE = {"path": "built the same way", "tags": "with the same tags around them"}
#: Of a block nearby or of several.
OF_NEIGHBOURS: dict[str, tuple[Phrase, Phrase]] = {
    "log_chars": (_count("character in @", "characters in @"), _number("{} characters a block in @", logarithm=True)),
    "link_share": (_share("{} link text in @"), _share("{} link text in @")),
    "sentence_marks": (
        _count("sentence end in @", "sentence ends in @", logarithm=False),
        _number("{} sentence ends a block in @", digits=1),
    ),
    "heading_level": (flag("@ is a heading", "@ is no heading"), flag("headings in @", "no headings in @")),
    "tag_p": (flag("@ is a paragraph", "@ is no paragraph"), _share("{} of @ are paragraphs")),
}
ORDINALS = {1: "", 2: "second ", 3: "third "}
#: Learned scores: what reads, or is called, like something.
SCORES = {
    "words": (WORDS, "its words read {} {}"),
    "name": (ELEMENT_NAMES, "the names of its elements are {} those of {}"),
    "name_own": (ELEMENT_NAMES, "the name of its element is {} those of {}"),
    "name_box": (ELEMENT_NAMES, "the name of its element is {} those of {}"),
    "name_up1": (ELEMENT_NAMES, "the name of the box around it is {} those of {}"),
    "name_up2": (ELEMENT_NAMES, "the name of the box two levels up is {} those of {}"),
    "name_part20": (ELEMENT_NAMES, "the name of its part of the page is {} those of {}"),
    "name_highest": (ELEMENT_NAMES, "the names of its elements are {} those of {}"),
    "name_lowest": (ELEMENT_NAMES, "the names of its elements are {} those of {}"),
    "target": (ADDRESS, "its link's address is {} those of {}"),
    "above": (HEADING, "the heading above is {} those of {}"),
    "heading_words": (HEADING, "the heading above reads {} {}"),
    "box2_words": (WORDS_AROUND, "the words in the box two levels up read {} {}"),
    "box3_words": (WORDS_AROUND, "the words in the box three levels up read {} {}"),
    "part20_words": (WORDS_AROUND, "the words in its part of the page read {} {}"),
    "part05_words": (WORDS_AROUND, "the words in its small part of the page read {} {}"),
    "box2_target": (ADDRESSES_AROUND, "the addresses of links in the box two levels up are {} those of {}"),
    "part05_target": (ADDRESSES_AROUND, "the addresses of links in its small part of the page are {} those of {}"),
    "box_words_own": (WORDS, "its words read {} {}"),
    "box_words_part05": (BOX_WORDS, "its small part of the page reads as a whole {} {}"),
    "box_words_part20": (BOX_WORDS, "its part of the page reads as a whole {} {}"),
    "box_markup_part05": (BOX_MARKUP, "its small part of the page is built {} {}"),
    "box_markup_part20": (BOX_MARKUP, "its part of the page is built {} {}"),
    "first_words": ("words of the first block nearby", "the words of the first block nearby read {} {}"),
}
GUESSES = {
    "own": ("first sight", "at first sight it @"),
    "alike": ("look of blocks alike", "blocks built the same way @"),
    "page": ("look of the page", "the page as a whole @"),
    "best": ("look of the page", "one block of the page, the likeliest, @"),
}
TOPICS = {
    "main": ("the page's main text", "main text"),
    "article": ("the page's article text", "article text"),
    "feed": ("the page's feeds", "a feed"),
    "promo": ("the page's promotion", "promotion"),
    "chrome": ("the page's furniture", "furniture"),
}
