"""Markdown of a document: CommonMark, with tables, strikethrough and footnotes as GitHub has them, formulas in dollars.

A mark of emphasis that would not be read as one where it stands, as between letters and closing quotes in scripts
without spaces, is left out: the text is more than its marks.
"""

from __future__ import annotations

import builtins
import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby

from boilerplate.output.document import Node, Run, plain_text, with_quotes
from boilerplate.words import collapse_spaces

__all__ = ["to_markdown"]

#: Escaped wherever they stand; the backslash first, as the others get some.
_SPECIAL = "\\`*[]<>~|"
#: An underscore within a word is no mark of emphasis.
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
#: What makes something else than a paragraph of a line that begins with it.
_LINE_START = re.compile(r"^(?:(#{1,6}(?=\s|$)|[-+](?=\s|$)|=+\s*$|:?-+:?\s*$)|(\d{1,9})([.)])(?=\s|$))", re.M)
_THEMATIC_BREAK = re.compile(r"^(-)(?=(?:[ \t]*-)+[ \t]*$)", re.M)
_HEADING_END = re.compile(r"(#+)$")
_BACKTICKS = re.compile("`+")
_ENTITY = re.compile(r"&(?=#?\w+;)")
#: A dollar sign in an address would make a formula with one in the text.
_ADDRESS = re.compile(r"[\\()<>|$]")
_NOTE_COLON = re.compile(r"^(\[\^[^\]]+\]):", re.M)
_OUTER_BREAKS = re.compile(r"^(?: *<br>)+|(?:<br> *)+$")
_ORDER = ("link", "strong", "em", "del", "sup", "sub", "code")
#: What Markdown has no mark for, but HTML within it has: without it, powers of ten would be other numbers.
_AS_HTML = frozenset(("sup", "sub"))
#: Tables wider or larger than this do without the empty cells that spans leave.
_MAX_CELLS = 100_000
_MAX_SPAN = 50
#: Characters that quotes and lists may put before lines; what is beyond stands as if it were in none.
_MAX_INDENTATION = 20_000_000


def to_markdown(nodes: Sequence[Node]) -> str:
    """Markdown of a document."""
    text = _Writer().blocks(nodes)
    return text + "\n" if text else ""


class _Writer:
    """Writes one document."""

    def __init__(self) -> None:
        # What is escaped in the passage at hand.
        self._special = _SPECIAL
        self._room = _MAX_INDENTATION

    # --- blocks ----------------------------------------------------------------------------------------------------

    def blocks(self, nodes: Sequence[Node], gap: str = "\n\n") -> str:
        """Nodes one below the other; lists that follow each other use different marks, or they would be one."""
        pieces: list[str] = []
        before = last = ""
        alternate = False
        for node in nodes:
            kind = _list_kind(node)
            alternate = bool(kind) and kind == before and not alternate
            text = self.list(node, alternate) if kind else self.block(node)
            if text:
                # Only a list can follow a line of text directly, if it does not begin with another number than 1.
                close = kind and last == "p" and (kind == "ul" or _begins_with_one(node))
                pieces += [gap if close else "\n\n", text] if pieces else [text]
                before, last = kind, node.tag
        return "".join(pieces)

    def block(self, node: Node) -> str:  # noqa: PLR0911 - a table of tags
        tag = node.tag
        if tag == "pre":
            return self.code(node)
        if tag == "table":
            return self.table(node)
        if tag == "blockquote":
            inner = self.blocks(node.children)
            return self._prefixed(inner, "> ", "> ") if inner else ""
        if node.children:
            return self.blocks(node.children)
        if tag.startswith("h") and node.runs:
            # Headings are bold by themselves.
            runs = [_without(run, "strong") for run in node.runs]
            text = collapse_spaces(self.inline(runs, "").replace("\n", " "))
            return f"{'#' * int(tag[1])} " + _HEADING_END.sub(r"\\\1", text) if text else ""
        text = self.paragraph(node.runs)
        if node.attributes.get("note") and text:
            return self._prefixed(text, f"[^{node.attributes['note']}]: ", "    ")
        return text

    def paragraph(self, runs: Sequence[Run]) -> str:
        """Text whose line breaks are hard ones and whose lines do not begin as something else would."""
        lines = (line.strip(" ") for line in self.inline(runs, "\n").split("\n"))
        text = "\n".join(filter(None, lines))
        text = _LINE_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", text)
        text = _NOTE_COLON.sub(r"\1\\:", _THEMATIC_BREAK.sub(r"\\\1", text))
        return text.replace("\n", "  \n")

    def code(self, node: Node) -> str:
        text = "".join(run.text for run in node.runs)
        if not text:
            return ""
        fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))
        return f"{fence}{node.attributes.get('language', '')}\n{text}\n{fence}"

    def list(self, node: Node, alternate: bool) -> str:
        if node.tag == "dl":
            node = _as_list(node)
        if any(child.attributes.get("note") for child in node.children):
            parts: builtins.list[str] = []
            for is_note, group in groupby(node.children, lambda child: bool(child.attributes.get("note"))):
                items_of_part = list(group)
                if is_note:
                    parts += map(self.footnote, items_of_part)
                else:
                    parts.append(self.list(Node(node.tag, children=items_of_part), alternate))
            return "\n\n".join(filter(None, parts))
        ordered = node.tag == "ol"
        loose = any(sum(child.tag not in ("ul", "ol", "dl") for child in item.children) > 1 for item in node.children)
        gap = "\n\n" if loose else "\n"
        items: list[str] = []
        for item in node.children:
            inner = self.blocks(item.children, gap)
            if inner:
                mark = (item.attributes.get("value", "1") + ".)"[alternate]) if ordered else "-*"[alternate]
                items.append(self._prefixed(inner, mark + " ", " " * (len(mark) + 1)))
        return gap.join(items)

    def _prefixed(self, text: str, first: str, other: str) -> str:
        """A text with something before its first line and something else before the others; empty lines stay empty."""
        self._room -= text.count("\n") * len(other)
        if self._room < 0:
            return text
        lines = text.split("\n")
        blank = other.rstrip()
        return "\n".join([first + lines[0], *((other + line if line else blank) for line in lines[1:])])

    def footnote(self, item: Node) -> str:
        inner = self.blocks(item.children)
        return self._prefixed(inner, f"[^{item.attributes['note']}]: ", "    ") if inner else ""

    # --- tables ----------------------------------------------------------------------------------------------------

    def table(self, node: Node) -> str:
        """A table; cells that span others are followed, or stood upon, by empty ones."""
        rows = [child for child in node.children if child.tag == "tr"]
        above = [self.blocks(child.children) for child in node.children if child.tag != "tr"]
        grid = _grid([[(cell, self.cell(cell)) for cell in row.children] for row in rows])
        if not any(any(row) for row in grid):
            return "\n\n".join(filter(None, above))
        width = max(map(len, grid))
        first = rows[0]
        named = "head" in first.attributes or (
            bool(first.children) and all(cell.tag == "th" for cell in first.children) and len(rows) > 1
        )
        # A table must have a row of headers.
        header, body = (grid[0], grid[1:]) if named else ([""] * width, grid)
        lines = [_line(header, width), "| " + " | ".join(["---"] * width) + " |"]
        # Rows may have fewer cells than the first; one of tens of thousands must not make all of them as long.
        least = width if width * len(grid) <= _MAX_CELLS else 0
        lines += [_line(row, least) for row in body if any(row)]
        return "\n\n".join([*filter(None, above), "\n".join(lines)])

    def cell(self, cell: Node) -> str:
        """A cell on one line: what stands on lines of its own is divided by ``<br>``."""
        runs: list[Run] = []
        for leaf in _leaves(cell):
            if runs and leaf.runs:
                runs.append(Run("\n"))
            if leaf.tag != "pre":
                runs += leaf.runs
                continue
            for line in "".join(run.text for run in leaf.runs).split("\n"):
                runs += [_code(leaf.runs[0], line), Run("\n")] if line.strip() else []
        return _OUTER_BREAKS.sub("", self.inline(runs, "<br>")).strip()

    # --- text ------------------------------------------------------------------------------------------------------

    def escape(self, text: str) -> str:
        # A pass for each sign is many times faster than one that has a match for every one of millions.
        for sign in self._special:
            text = text.replace(sign, "\\" + sign)
        text = _UNDERSCORE.sub(r"\\_", text) if "_" in text else text
        return _ENTITY.sub(r"\\&", text) if "&" in text else text

    def inline(self, runs: Sequence[Run], line_break: str) -> str:
        """Text with its marks; line breaks within it are written as given."""
        # Two dollar signs may enclose a formula, to readers who know formulas; a price needs no escape.
        dollars = sum(2 if run.kind == "math" else run.text.count("$") for run in runs)
        self._special = _SPECIAL + "$" if dollars > 1 else _SPECIAL
        out = _Line()
        self._marked(_flat(runs), 0, out, line_break or " ", "")
        return "".join(out.pieces)

    def _marked(self, runs: Sequence[Run], level: int, out: _Line, line_break: str, after: str) -> None:
        """Write runs, grouped by what they are marked with, the outermost mark first.

        Parameters
        ----------
        after : str
            What is written next, if that is known to be a mark.
        """
        if level == len(_ORDER):
            for run in runs:
                self._plain(run, out, line_break)
            return
        groups = [(key, list(group)) for key, group in groupby(runs, lambda run: _mark(run, _ORDER[level]))]
        for i, (key, group) in enumerate(groups):
            following = groups[i + 1][1][0].text[:1] or "!" if i + 1 < len(groups) else after
            if not key:
                self._marked(group, level + 1, out, line_break, following)
            elif _ORDER[level] == "link":
                self._link(group, out, line_break)
            elif _ORDER[level] == "code":
                self._code_lines(group, out, line_break)
            elif _ORDER[level] in _AS_HTML:
                self._html(group, level, out, line_break)
            else:
                self._emphasis(group, level, out, line_break, following)

    def _plain(self, run: Run, out: _Line, line_break: str) -> None:
        if run.kind == "math":
            sign = "$$" if run.display else "$"
            tex = run.value.replace("|", r"\|") if line_break == "<br>" else run.value
            if line_break == "\n" and out.last == "\\":
                out.add(" ")
            out.add(f"{sign}{tex}{sign}")
        elif run.kind == "note" and run.value:
            out.add_bracket(f"[^{run.value}]")
        elif run.kind == "image":
            alt = self.escape(run.text.replace("\n", " "))
            out.add(f"![{alt}]({_address(run.value)})")
        else:
            out.add(self.escape(run.text).replace("\n", line_break))

    def _link(self, group: Sequence[Run], out: _Line, line_break: str) -> None:
        inner = _Line("[")
        self._marked(group, 1, inner, line_break, "]")
        text = "".join(inner.pieces)
        if not text.strip() or "[^" in text:
            self._marked(group, 1, out, line_break, "")
            return
        # White space belongs outside.
        lead, body, trail = _trimmed(text)
        out.add(lead)
        out.add_bracket(f"[{body}]({_address(group[0].link)})")
        out.add(trail)

    def _html(self, group: Sequence[Run], level: int, out: _Line, line_break: str) -> None:
        inner = _Line(">")
        self._marked(group, level + 1, inner, line_break, "<")
        text = "".join(inner.pieces)
        # A line that begins with a tag of its own is none of a paragraph's to some readers.
        tag = _ORDER[level] if text.strip() and text == text.strip() and "\n" not in text else ""
        out.add(f"<{tag}>{text}</{tag}>" if tag else text)

    def _code_lines(self, group: Sequence[Run], out: _Line, line_break: str) -> None:
        """Code with line breaks is a span a line; within a line of its own, white space."""
        runs = list(group)
        if line_break not in ("\n", "<br>") or not any("\n" in run.text for run in runs):
            self._code_span(runs, out, line_break)
            return
        lines: list[list[Run]] = [[]]
        for run in runs:
            first, *others = run.text.split("\n") if run.kind == "text" else [run.text]
            lines[-1].append(run.with_text(first))
            lines += [[run.with_text(text)] for text in others]
        for i, line in enumerate(lines):
            out.add(line_break if i else "")
            self._code_span(line, out, line_break)

    def _code_span(self, group: Sequence[Run], out: _Line, line_break: str) -> None:
        text = "".join(run.text for run in group)
        lead, body, trail = _trimmed(text.replace("\n", " "))
        if not body:
            out.add(text.replace("\n", line_break))
            return
        if out.last == "`" or any(run.kind != "text" for run in group):
            for run in group:
                self._plain(run, out, line_break)
            return
        if line_break == "<br>":
            if "\\" in body and "|" in body:
                out.add(self.escape(text).replace("\n", line_break))
                return
            body = body.replace("|", r"\|")
        fence = "`" * (1 + max(map(len, _BACKTICKS.findall(body)), default=0))
        pad = " " if body[0] == "`" or body[-1] == "`" else ""
        out.add(f"{lead}{fence}{pad}{body}{pad}{fence}{trail}")

    def _emphasis(self, group: Sequence[Run], level: int, out: _Line, line_break: str, after: str) -> None:
        plain = "".join(run.text for run in group)
        lead, body, trail = _trimmed(plain)
        before = lead[-1:] or out.last
        following = trail[:1] or after
        mark = {"strong": "**", "em": "_", "del": "~~"}[_ORDER[level]]
        if mark == "_" and any(c and _within_word(c) for c in (before, following)):
            mark = "*"
        inner = _Line(mark[-1])
        self._marked(group, level + 1, inner, line_break, mark[0])
        text = "".join(inner.pieces)
        lead, content, trail = _trimmed(text)
        first, last = content[:1], content[-1:]
        fits = (
            bool(body)
            and bool(content)
            # Signs such as the point after a link look the same; marks around them only divide what belongs together.
            and not all(map(_punctuation, body))
            and not content.startswith("<br>")
            and not content.endswith("<br>")
            and before != mark[0]
            and (not _punctuation(first) or not before or not _within_word(before))
            and (not _punctuation(last) or not following or not _within_word(following))
            and (mark == "_" or (first != mark[0] and last != mark[0]))
        )
        if fits:
            out.add(f"{lead}{mark}{content}{mark}{trail}")
        else:
            self._marked(group, level + 1, out, line_break, after)


class _Line:
    """Inline Markdown as it grows."""

    def __init__(self, before: str = "") -> None:
        self.pieces: list[str] = []
        self.last = before

    def add(self, text: str) -> None:
        if text:
            self.pieces.append(text)
            self.last = text[-1]

    def add_bracket(self, text: str) -> None:
        """Add what begins with a bracket, which an exclamation mark before it would make an image."""
        if self.last == "!" and self.pieces:
            self.pieces[-1] = self.pieces[-1][:-1] + r"\!"
        self.add(text)


def _flat(runs: Sequence[Run]) -> list[Run]:
    """Runs with readings of annotated characters in parentheses."""
    found: list[Run] = []
    images = iter([run for run in runs if run.kind == "image"])
    if not any(run.ruby[1] for run in runs):
        return with_quotes(list(runs))
    for text, run in plain_text([run for run in runs if run.kind != "image"]):
        found.append(run.with_text(text))
    return [*found, *images]


def _mark(run: Run, name: str) -> object:
    if name == "link":
        return (run.link_id, run.link) if run.link else None
    return name in run.marks


def _without(run: Run, mark: str) -> Run:
    if mark not in run.marks:
        return run
    return Run(
        run.text, run.kind, run.value, run.link, run.link_id, run.marks - {mark}, run.ruby, run.display, run.block
    )


def _code(run: Run, text: str) -> Run:
    return Run(text, marks=frozenset({"code"}), block=run.block)


def _trimmed(text: str) -> tuple[str, str, str]:
    body = text.strip()
    if not body:
        return text, "", ""
    start = text.index(body[0])
    return text[:start], body, text[start + len(body) :]


def _within_word(character: str) -> bool:
    """Whether a character is neither white space nor punctuation as CommonMark has it."""
    return not character.isspace() and not _punctuation(character)


def _punctuation(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] in "PS"


def _address(address: str) -> str:
    # Code binds tighter than links: a backtick in an address would begin some.
    return _ENTITY.sub("&amp;", _ADDRESS.sub(r"\\\g<0>", address)).replace("`", "%60")


def _leaves(node: Node) -> list[Node]:
    return [leaf for child in node.children for leaf in _leaves(child)] if node.children else [node]


def _list_kind(node: Node) -> str:
    return {"ul": "ul", "dl": "ul", "ol": "ol"}.get(node.tag, "")


def _begins_with_one(node: Node) -> bool:
    return not node.children or node.children[0].attributes.get("value", "1") == "1"


def _as_list(node: Node) -> Node:
    """Terms as items, with what is said of them as items within."""
    result = Node("ul")
    for child in node.children:
        if child.tag == "dt" or not result.children:
            result.children.append(Node("li", children=list(child.children) if child.tag == "dt" else []))
            if child.tag == "dt":
                continue
        term = result.children[-1]
        if not term.children:
            term.children += child.children
            continue
        if term.children[-1].tag != "ul" or term.children[-1].attributes.get("terms") != "1":
            term.children.append(Node("ul", attributes={"terms": "1"}))
        # A list that is all that is said of a term needs no item around it.
        only = child.children[0] if len(child.children) == 1 else None
        if only is not None and only.tag == "ul":
            term.children[-1].children += only.children
        else:
            term.children[-1].children.append(Node("li", children=list(child.children)))
    return result


def _line(row: Sequence[str], width: int) -> str:
    return "| " + " | ".join([*row, *[""] * (width - len(row))]) + " |"


def _grid(rows: Sequence[Sequence[tuple[Node, str]]]) -> list[list[str]]:
    """Cells by row and column; the places that a cell spans besides its own are empty."""
    spans = [[_spans(cell) for cell, _ in row] for row in rows]
    width = max((sum(columns for columns, _ in row) for row in spans), default=0)
    if width * len(rows) > _MAX_CELLS:
        return [[text for _, text in row] for row in rows]
    grid: list[list[str]] = []
    # Rows that each column is taken for by a cell above.
    taken: dict[int, int] = {}
    for row, sizes in zip(rows, spans, strict=True):
        line: list[str] = []

        def skip(line: list[str] = line) -> None:
            while taken.get(len(line), 0) > 0:
                taken[len(line)] -= 1
                line.append("")

        for (_, text), (columns, deep) in zip(row, sizes, strict=True):
            skip()
            for column in range(columns):
                if deep > 1:
                    taken[len(line)] = deep - 1
                line.append("" if column else text)
        skip()
        for column in list(taken):
            if column >= len(line):
                taken[column] -= 1
        grid.append(line)
    return grid


def _spans(cell: Node) -> tuple[int, int]:
    columns, rows = (int(cell.attributes.get(name, "1")) for name in ("colspan", "rowspan"))
    return min(columns, _MAX_SPAN), rows
