"""From the kept blocks of a page to the small tree that every writer walks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from boilerplate.output.document import CONTAINERS, Node, Options, Run
from boilerplate.output.layout import Layout
from boilerplate.output.notes import name_notes
from boilerplate.output.pieces import Pieces
from boilerplate.structure import Kind
from boilerplate.words import collapse_spaces

if TYPE_CHECKING:
    from boilerplate.labelled import Block, LabelledPage

__all__ = ["build"]

_SPACES_BEFORE_BREAK = re.compile(" +\n")
_BLANK_LINES_FIRST = re.compile(r"^(?:[ \t]*\n)+")
#: Ranks at which pages repeat their headline.
_HEADLINES = frozenset({1, 2})
_LANGUAGE = re.compile(r"(?:^|\s)(?:language-|lang-|highlight-source-|highlight-text-|brush:\s*)([\w+#.-]{1,20})", re.A)
_LANGUAGE_NAME = re.compile(r"[\w+#.-]{1,20}", re.ASCII)
#: What stands in a list, a definition list, a table or a row, if nothing else says what it is.
_WRAPPED = {"ul": "li", "ol": "li", "dl": "dd", "table": "tr", "tr": "td"}
_LISTS = frozenset({"ul", "ol", "menu", "dl"})
#: What an item or a cell stands in.
_HOLDERS = {"li": ("ul", "ol"), "dt": ("dl",), "dd": ("dl",), "td": ("tr",), "th": ("tr",)}
_HOLDERS |= dict.fromkeys(("tr", "caption"), ("table",))
_MAX_SPAN = 1000
_MAX_NUMBER = 999_999_999

#: An element of the page by number, and what was put in around it by name.
_Key = tuple[int, str]


def build(page: LabelledPage, blocks: Sequence[Block], options: Options) -> list[Node]:
    """The document of the given blocks of a page.

    A heading that repeats the headline is left out. Linear in the page.
    """
    return _Builder(page, blocks, options).document()


class _Builder:
    def __init__(self, page: LabelledPage, blocks: Sequence[Block], options: Options) -> None:
        self._layout: Layout | None = page.layout
        self._pieces = Pieces(page.layout, page.url, options) if page.layout is not None else None
        self._options = options
        self._unwanted = options.unwanted
        numbers = {id(block): i for i, block in enumerate(page.blocks)}
        self._kept = [(numbers[id(block)], block) for block in _once(blocks)]
        self._paths: dict[int, tuple[int, ...]] = {}
        self._root = Node("body")
        #: What is open, outermost first; and the element each cell of the present row is of.
        self._open: list[tuple[_Key, Node]] = []
        self._cells: dict[int, Node] = {}
        self._notes: dict[int, str] = {}
        #: Numbers of the items of numbered lists, by list.
        self._numbers: dict[int, dict[int, int]] = {}
        #: First cells of the rows of cells that stand in none, by cell, by what they stand in.
        self._rows: dict[int, dict[int, int]] = {}

    def document(self) -> list[Node]:
        kept = {number for number, _ in self._kept}
        texts = []
        for number, block in self._kept:
            texts.append(self._runs(number, block))
        if self._pieces is not None and self._layout is not None:
            self._notes = name_notes(self._layout, self._pieces, kept, self._paths)
        before: tuple[Block, Node, tuple[int, ...]] | None = None
        for (number, block), found in zip(self._kept, texts, strict=True):
            self._stand(number, kept)
            runs = _with_notes(found, self._notes)
            if not runs:
                continue
            path = self._path(number, block)
            if path is None:
                continue
            node = self._join(before, block, path, runs)
            if node is None:
                node = self._leaf(number, block, path)
                node.runs += runs
            before = (block, node, path)
        if self._kept:
            self._stand(self._kept[-1][0] + 1, kept)
        _finish(self._root.children)
        return self._root.children

    # --- text ------------------------------------------------------------------------------------------------------

    def _runs(self, number: int, block: Block) -> list[Run]:
        if block.form.kind is Kind.CODE:
            return [Run(self._unwanted.sub("", block.raw or f"\n{block.text}"), block=number)]
        if self._pieces is None:
            return _visible([Run(block.text, block=number)], self._unwanted)
        return _visible(self._pieces.runs(number, block), self._unwanted)

    def _join(
        self, before: tuple[Block, Node, tuple[int, ...]] | None, block: Block, path: tuple[int, ...], runs: list[Run]
    ) -> Node | None:
        """The node of the block before, with this block added, if they are parts of the same passage."""
        if before is None or before[2] != path:
            return None
        last, node, _ = before
        form = block.form
        if form.kind is not last.form.kind:
            return None
        same = form.box >= 0 and form.box == last.form.box
        if form.kind is Kind.CODE and same:
            node.runs += runs
            return node
        if (form.line >= 0 and form.line == last.form.line) or (form.kind is Kind.HEADING and same):
            node.runs += [Run(" "), *runs]
            return node
        return None

    # --- structure -------------------------------------------------------------------------------------------------

    def _path(self, number: int, block: Block) -> tuple[int, ...] | None:
        """Structure around a block, outermost first; None if it is of a table and tables are left out."""
        if self._layout is None:
            return ()
        path = self._layout.structure(int(self._layout.container[number]), self._paths)
        return None if not self._options.tables and any(self._layout.tags[e] == "table" for e in path) else path

    def _leaf(self, number: int, block: Block, path: tuple[int, ...]) -> Node:
        form = block.form
        node = Node("p")
        if form.kind is Kind.HEADING:
            node = Node(f"h{form.level}")
        elif form.kind is Kind.CODE:
            node = Node("pre")
            language = self._language(form.box)
            if language:
                node.attributes["language"] = language
        self._enter(path).children.append(node)
        if self._layout is not None and not path and int(self._layout.container[number]) in self._notes:
            node.attributes["note"] = self._notes[int(self._layout.container[number])]
        return node

    def _enter(self, path: tuple[int, ...]) -> Node:
        """The innermost node of a path, which is opened as far as it is not open yet."""
        layout = self._layout
        keys: list[_Key] = []
        tag = ""
        for element in path:
            assert layout is not None
            inner = "ul" if layout.tags[element] == "menu" else layout.tags[element]
            row = self._row_of(element) if inner in ("td", "th") and tag == "table" else element
            keys += _between(tag, inner, row, int(layout.parent[element]))
            keys.append((element, inner))
            tag = inner
        # Text in a list but in no item of it.
        while tag in _WRAPPED:
            tag = _WRAPPED[tag]
            keys.append((keys[-1][0], tag))
        common = 0
        while common < min(len(keys), len(self._open)) and self._open[common][0] == keys[common]:
            common += 1
        del self._open[common:]
        for key in keys[common:]:
            parent = self._open[-1][1] if self._open else self._root
            node = self._cells.get(key[0]) if key[1] in ("td", "th") else None
            if node is None and key[1] == "li" and layout is not None and layout.tags[key[0]] in _LISTS:
                # A list that should stand in the item before it, but stands beside it.
                node = parent.children[-1] if parent.children and parent.children[-1].tag == "li" else None
            if node is None:
                node = self._container(key)
                # Browsers show a caption above its table, wherever it stands in it.
                place = 0 if key[1] == "caption" and parent.tag == "table" else len(parent.children)
                parent.children.insert(place, node)
            self._open.append((key, node))
        return self._open[-1][1] if self._open else self._root

    def _row_of(self, cell: int) -> int:
        """The first cell of the row that a cell without a row is in: where pages forget them, cells go on in the next
        row when there are as many as in the first row of the table."""
        layout = self._layout
        assert layout is not None
        parent = int(layout.parent[cell])
        if parent not in self._rows:
            table = parent if layout.tags[parent] == "table" else int(layout.parent[parent])
            width = _first_row_width(layout, table)
            firsts = self._rows[parent] = {}
            first, length = -1, 0
            for child in _children(layout, parent):
                if layout.tags[child] not in ("td", "th"):
                    length = 0
                    continue
                if length in (0, width):
                    first, length = child, 0
                firsts[child] = first
                length += 1
        return self._rows[parent].get(cell, cell)

    def _container(self, key: _Key) -> Node:
        element, tag = key
        node = Node(tag)
        layout = self._layout
        assert layout is not None
        attributes = layout.attributes[element]
        if layout.tags[element] != tag and not (tag == "ul" and layout.tags[element] == "menu"):
            return node
        if tag == "li" and layout.tags[int(layout.parent[element])] == "ol":
            node.attributes["value"] = str(self._number(element, int(layout.parent[element])))
        elif tag in ("td", "th"):
            for name in ("colspan", "rowspan"):
                span = min(_whole(attributes.get(name, ""), 1), _MAX_SPAN)
                if span > 1:
                    node.attributes[name] = str(span)
        elif tag == "tr":
            if layout.tags[int(layout.parent[element])] == "thead":
                node.attributes["head"] = "1"
            self._row(element, node)
        if tag == "li" and len(self._open) == 1 and element in self._notes:
            node.attributes["note"] = self._notes[element]
        return node

    def _number(self, item: int, whole: int) -> int:
        """Number of an item; one that the page gives goes on from there."""
        if whole not in self._numbers:
            layout = self._layout
            assert layout is not None
            items = [i for i in _children(layout, whole) if layout.tags[i] == "li"]
            backwards = "reversed" in layout.attributes[whole]
            number = _whole(layout.attributes[whole].get("start", ""), len(items) if backwards else 1)
            numbers = self._numbers[whole] = {}
            for i in items:
                number = _whole(layout.attributes[i].get("value", ""), number)
                numbers[i] = min(max(number, 0), _MAX_NUMBER)
                number += -1 if backwards else 1
        return self._numbers[whole][item]

    def _row(self, row: int, node: Node) -> None:
        """All cells of a row, so that what is not kept or empty leaves its place; signs without a word are kept."""
        layout = self._layout
        assert layout is not None
        for cell in _children(layout, row):
            if layout.tags[cell] in ("td", "th") and cell in layout.structural:
                child = self._container((cell, layout.tags[cell]))
                self._cells[cell] = child
                node.children.append(child)
                child.children += self._signs(cell)

    def _signs(self, cell: int) -> list[Node]:
        layout = self._layout
        assert layout is not None
        nodes = range(int(layout.first_node[cell]), int(layout.last_node[cell]))
        if not nodes or any(layout.node_block[node] >= 0 for node in nodes):
            return []
        text = collapse_spaces(self._unwanted.sub("", " ".join(layout.node_text[node] for node in nodes)))
        return [Node("p", runs=[Run(text)])] if text else []

    def _language(self, box: int) -> str:
        """Language of a code block, from the names that highlighters give."""
        layout = self._layout
        if layout is None or box < 0:
            return ""
        inside = [i for i in range(box + 1, min(int(layout.end[box]), box + 2)) if layout.tags[i] == "code"]
        for element in (*inside, *islice(layout.ancestors(box), 3)):
            attributes = layout.attributes[element]
            found = _LANGUAGE.search(attributes.get("class", ""))
            name = found[1] if found else attributes.get("data-lang") or attributes.get("data-language") or ""
            if _LANGUAGE_NAME.fullmatch(name):
                return name
        return ""

    # --- images and formulas -----------------------------------------------------------------------------------------

    def _stand(self, number: int, kept: set[int]) -> None:
        """Write images and formulas that stand before a block, if what is around them is kept."""
        if self._pieces is None or self._layout is None or number not in self._pieces.standing:
            return
        for element in self._pieces.standing.pop(number):
            figure = self._figure(element)
            inside = figure is not None and any(
                figure <= int(self._layout.container[n]) < self._layout.end[figure]
                for n in (number - 1, number)
                if n in kept
            )
            if not inside and not (number - 1 in kept and (number in kept or number == len(self._layout.container))):
                continue
            run = self._pieces.object_run(element)
            path = self._layout.structure(element, self._paths)
            if run is None or (not self._options.tables and any(self._layout.tags[e] == "table" for e in path)):
                continue
            node = Node("p", runs=self._standing(run))
            self._enter(path).children.append(node)

    def _standing(self, run: Run) -> list[Run]:
        if run.kind != "image":
            return _visible([run], self._unwanted)
        return [run.with_text(collapse_spaces(self._unwanted.sub("", run.text)))]

    def _figure(self, element: int) -> int | None:
        assert self._layout is not None
        for depth, above in enumerate(self._layout.ancestors(element)):
            if self._layout.tags[above] == "figure":
                return above
            if depth > 8:
                break
        return None


def _children(layout: Layout, element: int) -> Iterator[int]:
    child = element + 1
    while child < int(layout.end[element]):
        yield child
        child = int(layout.end[child])


def _first_row_width(layout: Layout, table: int) -> int:
    """Cells in the first row of a table; 0 if it has no row."""
    waiting = list(_children(layout, table))[:3] if table >= 0 else []
    for element in waiting:
        rows = [element] if layout.tags[element] == "tr" else _children(layout, element)
        for row in rows:
            if layout.tags[row] == "tr":
                return sum(layout.tags[cell] in ("td", "th") for cell in _children(layout, row))
    return 0


def _between(outer: str, inner: str, element: int, parent: int) -> list[_Key]:
    """What has to be put in between two elements: a list around an item without one, an item around what is in none."""
    holders = _HOLDERS.get(inner, ())
    if outer in holders:
        return []
    keys: list[_Key] = []
    while outer in _WRAPPED and outer not in holders:
        # Lists directly within lists belong to no item; each run of them makes one.
        outer = _WRAPPED[outer]
        keys.append((element, outer))
    if holders and outer not in holders:
        if inner in ("td", "th"):
            keys.append((parent, "table"))
        keys.append((parent, holders[0]))
    return keys


def _whole(text: str, otherwise: int) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else otherwise


def _once(blocks: Sequence[Block]) -> list[Block]:
    """Blocks without headings that repeat the headline."""
    kept: list[Block] = []
    headlines: set[str] = set()
    for block in blocks:
        form = block.form
        if form.kind is Kind.HEADING:
            if form.level in _HEADLINES and block.text in headlines:
                continue
            if form.level == 1:
                headlines.add(block.text)
        kept.append(block)
    return kept


def _visible(runs: list[Run], unwanted: re.Pattern[str]) -> list[Run]:
    """Runs without unwanted characters, nor the gaps they leave at ends of lines and between words."""
    found: list[Run] = []
    at_gap = True
    for run in runs:
        if run.kind != "text":
            found.append(run.with_text(unwanted.sub("", run.text)))
            at_gap = False
            continue
        text = unwanted.sub("", run.text)
        if "  " in text or text is not run.text:
            text = "\n".join(_squeezed(line) for line in text.split("\n"))
        if " \n" in text:
            text = _SPACES_BEFORE_BREAK.sub("\n", text)
        if at_gap:
            text = text.lstrip(" \n")
        if not text:
            continue
        if text.startswith("\n") and found and found[-1].kind == "text":
            found[-1] = found[-1].with_text(found[-1].text.rstrip(" "))
        at_gap = text[-1] in " \n"
        found.append(run.with_text(text))
    while found and found[-1].kind == "text" and not found[-1].text.strip(" \n"):
        found.pop()
    if found and found[-1].kind == "text":
        found[-1] = found[-1].with_text(found[-1].text.rstrip(" \n"))
    return [run for run in found if run.text or run.kind == "image"]


def _squeezed(line: str) -> str:
    """Runs of spaces made one; those at the ends may divide this piece of a line from the next."""
    inner = collapse_spaces(line)
    if not inner:
        return " " if line else ""
    return f"{' ' * line.startswith(' ')}{inner}{' ' * line.endswith(' ')}"


def _with_notes(runs: list[Run], names: dict[int, str]) -> list[Run]:
    if not any(run.kind == "note" for run in runs):
        return runs
    return [
        Run(run.text, "note", names.get(run.link_id, ""), block=run.block) if run.kind == "note" else run
        for run in runs
    ]


def _finish(nodes: list[Node]) -> None:
    """Take empty lines off the ends of code, and items out that hold nothing but a list, as where their own text is not
    kept: what they hold takes their place."""
    for node in nodes:
        if node.tag in CONTAINERS:
            _finish(node.children)
            if node.tag == "ul":
                node.children = [item for child in node.children for item in _items(child)]
        elif node.tag == "pre":
            _trim_code(node.runs)


def _items(item: Node) -> list[Node]:
    if item.children and "note" not in item.attributes and all(child.tag == "ul" for child in item.children):
        return [inner for child in item.children for inner in child.children]
    return [item]


def _trim_code(runs: list[Run]) -> None:
    while runs:
        text = _BLANK_LINES_FIRST.sub("", runs[0].text)
        if text.strip():
            runs[0] = runs[0].with_text(text)
            break
        del runs[0]
    while runs:
        text = runs[-1].text.rstrip()
        if text:
            runs[-1] = runs[-1].with_text(text)
            break
        del runs[-1]
