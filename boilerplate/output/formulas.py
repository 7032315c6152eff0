"""Formulas of a page: the TeX that elements bring along, and what stands between delimiters in running text."""

from __future__ import annotations

import re
from dataclasses import replace

from boilerplate.output.document import Run
from boilerplate.output.layout import Layout

__all__ = ["cut_at_formulas", "holds_formula", "math_run", "tex_of_elements"]

_TEX_ENCODINGS = frozenset({"application/x-tex", "tex", "latex", "application/x-latex", "text/x-tex"})
_DISPLAY_STYLE = re.compile(r"^\{\\displaystyle\s*(.*)\}$", re.DOTALL)
#: Formulas in running text, as scripts that set formulas read them.
#: None begins within another, so that each is looked for once, however many begin and never end.
_DELIMITED = re.compile(
    r"\\\(((?:(?!\\\().){1,1000}?)\\\)|\\\[((?:(?!\\\[).){1,1000}?)\\\]|\$\$(.{1,1000}?)\$\$", re.DOTALL
)


def tex_of_elements(layout: Layout) -> dict[int, str]:
    """TeX of ``<math>`` elements that bring it along, by element."""
    found: dict[int, str] = {}
    done = 0
    for element, tag in enumerate(layout.tags):
        if tag != "math" or element < done:
            continue
        done = int(layout.end[element])
        tex = layout.attributes[element].get("alttext", "")
        for inner in range(element + 1, int(layout.end[element])):
            if layout.tags[inner] == "annotation":
                encoding = layout.attributes[inner].get("encoding", "").strip().lower()
                if encoding in _TEX_ENCODINGS:
                    lo, hi = int(layout.first_node[inner]), int(layout.last_node[inner])
                    tex = "".join(layout.node_text[lo:hi]) or tex
                    break
        tex = " ".join(tex.split())
        # A dollar sign would end the formula in Markdown.
        if tex and "$" not in tex:
            found[element] = tex
    return found


def math_run(tex: str, display: bool, like: Run) -> Run:
    """A formula as a run: its TeX between the signs that Markdown has for it.

    Parameters
    ----------
    tex : str
    display : bool
        Whether it stands on a line of its own.
    like : Run
        Of which it has the block and the link.
    """
    tex = " ".join(tex.split())
    wrapped = _DISPLAY_STYLE.match(tex)
    if wrapped is not None and _balanced(wrapped[1]):
        tex = wrapped[1].strip() or tex
    sign = "$$" if display else "$"
    return replace(like, text=f"{sign}{tex}{sign}", kind="math", value=tex, marks=frozenset(), display=display)


def cut_at_formulas(run: Run, most: int) -> list[Run]:
    """A run cut at the formulas in it, as many as may be; plain text keeps them as the page has them."""
    found: list[Run] = []
    position = 0
    for match in _DELIMITED.finditer(run.text):
        if not most:
            break
        tex = " ".join((match[1] or match[2] or match[3]).split())
        if not _is_tex(tex):
            continue
        if match.start() > position:
            found.append(run.with_text(run.text[position : match.start()]))
        found.append(replace(run, text=match[0], kind="math", value=tex, display=match[1] is None))
        most -= 1
        position = match.end()
    if position < len(run.text):
        found.append(run.with_text(run.text[position:]))
    return found


def holds_formula(text: str) -> bool:
    """Whether there is something between delimiters of formulas."""
    # Looking for a sign is many times faster than looking for the pattern.
    return ("\\" in text or "$$" in text) and _DELIMITED.search(text) is not None


def _balanced(tex: str) -> bool:
    depth = 0
    for character in tex:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0


def _is_tex(text: str) -> bool:
    """Whether what stands between delimiters is a formula rather than code with escaped parentheses."""
    if not text or "$" in text or '"' in text:
        return False
    return len(text) == 1 or any(character in text for character in "\\^_={}<>+-")
