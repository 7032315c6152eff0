"""A block's text as runs that are marked up alike: links, emphasis, code, formulas, marks of footnotes, images."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from boilerplate.output.addresses import Addresses
from boilerplate.output.document import Options, Run
from boilerplate.output.formulas import cut_at_formulas, holds_formula, math_run, tex_of_elements
from boilerplate.output.layout import Layout
from boilerplate.tags import INLINE_TAGS

if TYPE_CHECKING:
    from boilerplate.labelled import Block

__all__ = ["Pieces"]

_MARKS = {
    **dict.fromkeys(("em", "i", "var", "dfn"), "em"),
    **dict.fromkeys(("strong", "b"), "strong"),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), "code"),
    **dict.fromkeys(("del", "s", "strike"), "del"),
    **{tag: tag for tag in ("sub", "sup", "ins", "mark", "u", "q", "cite")},
}
#: Marks of footnotes are short.
_MAX_NOTE = 12
_SENTENCE_END = re.compile(r"[^\W\d_]{3}[.!?…]$")
_WORD_END = re.compile(r"[^\W\d_]{2}$")
#: Elements that belong to the word they stand beside.
_JOINED = frozenset({"sup", "sub", "ruby", "rt", "rp", "rb", "wbr", "q"})
_BRACKETS = "[](){} \n"
_SOURCES = ("data-src", "data-original", "data-lazy-src", "src")
_SET_DIVIDER = re.compile(r",\s+")
#: Characters that all links of a page may take as they are written down.
_MAX_LINKS = 20_000_000
#: Formulas in running text that are told from it on a page. Of more, the rest is text.
_MAX_FORMULAS = 50_000
_TINY = frozenset({"0", "1", "2", "0px", "1px", "2px"})


@dataclass(frozen=True, slots=True)
class _Style:
    """What an element passes on to the text inside it."""

    link: str = ""
    link_id: int = -1
    marks: frozenset[str] = frozenset()
    ruby: tuple[int, str] = (-1, "")
    #: The formula it is part of, the mark of a footnote it is, and whether it repeats a formula for the eye.
    math: int = -1
    note: int = -1
    repeats: bool = False
    #: The link to a place on the page itself that it is.
    local: int = -1


_PLAIN = _Style()


class Pieces:
    """Cuts the blocks of one page into runs.

    Parameters
    ----------
    layout : Layout
    url : str or None
        Address of the page.
    options : Options

    Attributes
    ----------
    addresses : Addresses
        Those of the page.
    standing : dict
        Images and formulas between blocks, by number of the block before which they stand.
    notes : dict of int to str
        Marks of footnotes in the runs given so far: their text, by the element that is the link.
    """

    def __init__(self, layout: Layout, url: str | None, options: Options) -> None:
        self._layout = layout
        self._options = options
        self.addresses = Addresses(layout, url)
        self._styles: dict[int, _Style] = {}
        blocks = layout.node_block
        # Nodes without a block take the number of the one before them, so that numbers ascend.
        self._so_far = np.maximum.accumulate(blocks) if len(blocks) else blocks
        #: Where the nodes of each block begin, and at last where those of the last one end.
        self._begins: list[int] = np.searchsorted(self._so_far, np.arange(len(layout.container) + 1)).tolist()
        self._tex = layout.tex | tex_of_elements(layout)
        self._with_tex = sorted(self._tex)
        self._formula_texts = set(self._tex.values())
        self._inline, self.standing = self._objects()
        self._said: set[int] = set()
        self._room = _MAX_LINKS
        self._formulas_left = _MAX_FORMULAS
        self.notes: dict[int, str] = {}

    def nodes_of(self, number: int) -> range:
        """The text nodes of a block, and among them those of no block."""
        return range(*self._begins[number : number + 2])

    # --- images and formulas of scripts ------------------------------------------------------------------------------

    def _objects(self) -> tuple[dict[tuple[int, int], list[int]], dict[int, list[int]]]:
        """Images, and formulas in scripts: those within a block, and those that stand between blocks.

        Returns
        -------
        inline : dict
            By number of a block and of the text node before which they stand.
        standing : dict
            By number of the block before which they stand.
        """
        layout = self._layout
        inline: dict[tuple[int, int], list[int]] = defaultdict(list)
        standing: dict[int, list[int]] = defaultdict(list)
        wanted = list(layout.tex)
        if self._options.images:
            wanted += [i for i, tag in enumerate(layout.tags) if tag == "img"]
        if not wanted:
            return inline, standing
        n_blocks = len(layout.container)
        boxes: dict[int, int] = {}
        for element in sorted(wanted):
            node = int(layout.first_node[element])
            before = int(self._so_far[node - 1]) if node else -1
            following = layout.node_block[node : node + 1000]
            ahead = following[following >= 0]
            after = int(ahead[0]) if len(ahead) else min(before + 1, n_blocks)
            box = self._box(element, boxes)
            if before >= 0 and (before == after or layout.container[before] == box):
                inline[before, node].append(element)
            elif after < n_blocks and layout.container[after] == box:
                inline[after, node].append(element)
            else:
                standing[after].append(element)
        return inline, standing

    def _box(self, element: int, known: dict[int, int]) -> int:
        """The innermost element around another one that is no inline element."""
        chain = []
        for above in self._layout.ancestors(element):
            if above in known:
                box = known[above]
                break
            chain.append(above)
            if self._layout.tags[above] not in INLINE_TAGS and self._layout.tags[above] not in ("img", "script"):
                box = above
                break
        else:
            box = 0
        known.update(dict.fromkeys(chain, box))
        return box

    def object_run(self, element: int, block: int = -1) -> Run | None:
        """An image or a formula as a run; None for an image that shows nothing."""
        layout = self._layout
        style = self._style(element)
        if element in layout.tex:
            display = "display" in layout.attributes[element].get("type", "")
            return math_run(layout.tex[element], display, Run("", block=block)) if layout.tex[element].strip() else None
        attributes = layout.attributes[element]
        if attributes.get("width", "").strip() in _TINY or attributes.get("height", "").strip() in _TINY:
            return None
        source = _best_of_set(attributes.get("data-srcset") or attributes.get("srcset") or "")
        for name in _SOURCES:
            if attributes.get(name, "").strip():
                source = attributes[name]
                break
        address = self.addresses.resolve(source)
        if not address:
            return None
        alt = " ".join(attributes.get("alt", "").split())
        if alt and alt in self._formula_texts:
            return None
        return Run(alt, "image", address, style.link, style.link_id, block=block)

    # --- styles ----------------------------------------------------------------------------------------------------

    def _style(self, element: int) -> _Style:
        chain = []
        while element >= 0 and element not in self._styles:
            chain.append(element)
            element = int(self._layout.parent[element])
        style = self._styles[element] if element >= 0 else _PLAIN
        for inner in reversed(chain):
            style = self._inside(inner, style)
            self._styles[inner] = style
        return style

    def _inside(self, element: int, outer: _Style) -> _Style:  # noqa: PLR0911 - a table of tags
        layout = self._layout
        tag, attributes = layout.tags[element], layout.attributes[element]
        if element in self._tex:
            return replace(outer, math=element)
        if self._tex and self._repeats_formula(element):
            return replace(outer, repeats=True)
        if tag in _MARKS:
            return replace(outer, marks=outer.marks | {_MARKS[tag]})
        if tag == "ruby":
            return replace(outer, ruby=(element, "rb"))
        if tag in ("rt", "rp", "rb") and outer.ruby[0] >= 0:
            return replace(outer, ruby=(outer.ruby[0], tag))
        if tag == "a" and attributes.get("href"):
            address = attributes["href"]
            link = self.addresses.resolve(address) if self._options.links else ""
            local = bool(self.addresses.fragment(address))
            note = element if local and self._is_note(element, outer) else -1
            # All fields by name: `replace` takes four times as long, and pages have links by the ten thousand.
            return _Style(
                link=link,
                link_id=element if link else -1,
                marks=outer.marks,
                ruby=outer.ruby,
                math=outer.math,
                note=note,
                repeats=outer.repeats,
                local=element if local else -1,
            )
        return outer

    def _repeats_formula(self, element: int) -> bool:
        """Whether an element shows a formula that stands beside it as TeX, as scripts leave them behind."""
        layout = self._layout
        names = layout.attributes[element].get("class", "").split()
        if layout.tex and any(name.startswith("MathJax") for name in names):
            return True
        parent = int(layout.parent[element])
        if layout.attributes[element].get("aria-hidden") != "true" or parent < 0:
            return False
        end = int(layout.end[parent])
        first = bisect_right(self._with_tex, parent)
        return end - parent < 1000 and first < len(self._with_tex) and self._with_tex[first] < end

    def _is_note(self, element: int, outer: _Style) -> bool:
        layout = self._layout
        attributes = layout.attributes[element]
        if "sup" in outer.marks or attributes.get("role") == "doc-noteref":
            return True
        if {"footnote", "footnote-ref", "noteref"} & set(attributes.get("class", "").lower().split()):
            return True
        end = min(int(layout.end[element]), element + 4)
        return "sup" in layout.tags[element + 1 : end]

    # --- blocks ----------------------------------------------------------------------------------------------------

    def runs(self, number: int, block: Block) -> list[Run]:
        """The runs of a block in order.

        Parameters
        ----------
        number : int
            Of the block on the page.
        block : Block

        Returns
        -------
        list of Run
            Their texts joined are the block's text, except that there is white space after the name of who is quoted
            and before links such as "Read more" where only a style sheet divides them from the text, that a formula
            which brings its TeX along stands there once, as TeX, that marks of footnotes are in brackets, and that
            links made of signs only which lead to a place on the page (back to the text, to the heading itself) are
            left out.
        """
        pieces = self._cut(number, block.text)
        runs: list[Run] = []
        waiting: tuple[int, list[Run]] = (-1, [])  # the mark of a footnote, as far as it has been read
        with_words = {s.local for s, run in pieces if s.local >= 0 and any(map(str.isalnum, run.text))}
        for style, run in pieces:
            if waiting[0] >= 0 and style.note != waiting[0]:
                runs += self._note(*waiting)
                waiting = (-1, [])
            if style.note >= 0 and run.kind == "text":
                waiting = (style.note, waiting[1])
                waiting[1].append(run)
            elif style.repeats or (style.local >= 0 and style.local not in with_words and run.kind == "text"):
                continue
            elif style.math >= 0 and style.math in self._tex and run.kind == "text":
                if style.math not in self._said:
                    self._said.add(style.math)
                    display = self._layout.attributes[style.math].get("display") == "block"
                    runs.append(math_run(self._tex[style.math], display, run))
            elif run.kind == "text" and "code" not in run.marks and holds_formula(run.text):
                cut = cut_at_formulas(run, self._formulas_left)
                self._formulas_left -= sum(piece.kind == "math" for piece in cut)
                runs += cut
            else:
                runs.append(run)
        if waiting[0] >= 0:
            runs += self._note(*waiting)
        return _without_double_brackets(self._affordable(runs))

    def _affordable(self, runs: list[Run]) -> list[Run]:
        """The runs, without links once these would be longer together than a page may be.

        A link around thousands of blocks is written down in each of them.
        """
        links = {run.link_id: len(run.link) for run in runs if run.link}
        self._room -= sum(links.values())
        return runs if self._room >= 0 else [replace(run, link="", link_id=-1) if run.link else run for run in runs]

    def _cut(self, number: int, text: str) -> list[tuple[_Style, Run]]:
        layout = self._layout
        lo, hi = self._begins[number : number + 2]
        if (
            hi - lo == 1
            and not self._inline.keys() & {(number, lo), (number, hi)}
            and _same(text, layout.node_text[lo])
        ):
            style = self._style(int(layout.node_owner[lo]))
            return [(style, _run(text, style, number))]
        pieces: list[tuple[_Style, Run]] = []
        position = 0
        before = -1
        for node in range(lo, hi + 1):
            objects = [self.object_run(element, number) for element in self._inline.get((number, node), ())]
            pictures = [run for run in objects if run is not None]
            follows = node < hi and layout.node_block[node] == number
            owner = int(layout.node_owner[node]) if follows else -1
            start = end = position
            for i, word in enumerate(layout.node_text[node].split() if follows else ()):
                while end < len(text) and text[end].isspace():
                    end += 1
                if not text.startswith(word, end):
                    return [(_PLAIN, Run(text, block=number))]
                start = start if i else end
                end += len(word)
            gap = text[position:start]
            style = self._style(self._around(before, owner)) if before >= 0 and owner >= 0 else _PLAIN
            if pictures and before >= 0 and gap and layout.node_text[node - 1][-1:].isspace():
                pieces.append((style, _run(gap, style, number)))
                gap = ""
            if pictures and not gap and follows:
                # What divides them in the page.
                on_new_line = self._line_ends_after(self._inline[number, node][-1], node)
                if on_new_line or layout.node_text[node][:1].isspace():
                    pictures.append(Run("\n" if on_new_line else " ", "gap"))
            pieces += [(_PLAIN, run) for run in pictures]
            if not gap and not pictures and before >= 0 and owner not in (-1, before):
                gap = self._gap_of_style(before, owner, text, position)
            if gap:
                pieces.append((style, _run(gap, style, number)))
            if end > start:
                style = self._style(owner)
                pieces.append((style, _run(text[start:end], style, number)))
                position, before = end, owner
        if position < len(text):
            pieces.append((_PLAIN, Run(text[position:], block=number)))
        return pieces

    def _gap_of_style(self, before: int, after: int, text: str, position: int) -> str:
        """White space between two elements that only a style sheet puts there.

        Nothing in a page says so, so what is looked for is narrow: the name of who is quoted, as forums write it; a
        link of several words after a whole sentence, such as "Read more"; and two elements side by side, one of several
        words, where the second begins with a capital or a figure and the first does not end with one.
        """
        layout = self._layout
        around = self._around(before, after)
        left, right = self._below(around, before), self._below(around, after)
        if text[position - 1] in ":：" and self._names_the_quoted(before, around):
            return "\n"
        if right < 0 or "code" in self._style(after).marks | self._style(before).marks:
            return ""
        start = text[position]
        if start.isupper() and _SENTENCE_END.search(text[max(position - 8, 0) : position]):
            link = next((i for i in layout.ancestors(after) if layout.tags[i] == "a" or i == right), right)
            return " " if layout.tags[link] == "a" and self._n_words(link) > 1 else ""
        tags = {layout.tags[element] for element in (left, right) if element >= 0}
        if left < 0 or tags & _JOINED or not (start.isupper() or start.isdecimal()):
            return ""
        if not text[position - 1].islower() or not _WORD_END.search(text[max(position - 8, 0) : position]):
            return ""
        return " " if max(self._n_words(left), self._n_words(right)) > 1 else ""

    def _below(self, around: int, element: int) -> int:
        """The child of an element that holds another one; -1 if they are the same."""
        below = -1
        while element != around:
            below, element = element, int(self._layout.parent[element])
        return below

    def _n_words(self, element: int) -> int:
        lo, hi = int(self._layout.first_node[element]), int(self._layout.last_node[element])
        return sum(len(text.split()) for text in self._layout.node_text[lo : min(hi, lo + 8)])

    def _names_the_quoted(self, element: int, around: int) -> bool:
        layout = self._layout
        while element != around:
            parent = int(layout.parent[element])
            above = layout.tags[max(int(layout.parent[parent]), 0)]
            if layout.tags[element] == "cite" and "blockquote" in (layout.tags[parent], above):
                return True
            element = parent
        return False

    def _line_ends_after(self, picture: int, node: int) -> bool:
        """Whether there is a line break between a picture and the text node that follows it."""
        layout = self._layout
        element = int(layout.end[picture])
        while element < len(layout.tags) and layout.first_node[element] == node and layout.tags[element] != "br":
            element += 1
        return element < len(layout.tags) and layout.first_node[element] == node

    def _around(self, before: int, after: int) -> int:
        """The innermost element that holds two others, the first of which comes first or holds the second."""
        parent, end = self._layout.parent, self._layout.end
        first, last = min(before, after), max(before, after)
        while end[first] <= last:
            first = int(parent[first])
        return first

    def _note(self, element: int, runs: Sequence[Run]) -> list[Run]:
        text = "".join(run.text for run in runs)
        core = text.strip(_BRACKETS) or text.strip()
        if not core or len(core) > _MAX_NOTE:
            return list(runs)
        self.notes[element] = core
        return [Run(f"[{core}]", "note", block=runs[0].block, link_id=element)]


def _same(text: str, node: str) -> bool:
    """Whether a block's text is all of a text node, but for white space within."""
    # Seldom word by word, as lists of millions of words take hundreds of megabytes.
    return text == text.strip() and (text == node.strip() or text.split() == node.split())


def _run(text: str, style: _Style, block: int) -> Run:
    return Run(text, link=style.link, link_id=style.link_id, marks=style.marks, ruby=style.ruby, block=block)


def _without_double_brackets(runs: list[Run]) -> list[Run]:
    """Brackets that the page sets around the mark of a footnote are not set twice."""
    for i in range(1, len(runs) - 1):
        before, after = runs[i - 1], runs[i + 1]
        if runs[i].kind != "note" or before.kind != "text" or after.kind != "text":
            continue
        if before.text.endswith("[") and after.text.startswith("]"):
            runs[i - 1] = before.with_text(before.text[:-1])
            runs[i + 1] = after.with_text(after.text[1:])
    return [run for run in runs if run.text or run.kind != "text"]


def _best_of_set(text: str) -> str:
    """The largest image of a ``srcset``."""
    best, size = "", -1.0
    for entry in _SET_DIVIDER.split(text[:8192].strip()):
        address, _, width = entry.partition(" ")
        try:
            number = float(width.strip(" wx,") or 1)
        except ValueError:
            number = 1.0
        if number > size:
            best, size = address.strip(","), number
    return best
