"""The result: a page whose every block has a label, with its probabilities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boilerplate import features
from boilerplate.blocks import BlockTable, segment
from boilerplate.collector import without_collector
from boilerplate.decision import BALANCED, check_focus, expected_f1, main_text_cut
from boilerplate.errors import UsageError
from boilerplate.features.view import PageView
from boilerplate.hidden import find_hidden, nothing_hidden
from boilerplate.hidden.shown import shown_page
from boilerplate.input_format import HTML, TEXT, check_input_format
from boilerplate.labels import ARTICLE, LABELS
from boilerplate.limits import DEFAULT_LIMITS, Limits
from boilerplate.model.choice import check_fits
from boilerplate.model.model import Model, Prediction
from boilerplate.output import Options, render
from boilerplate.output.layout import Layout, layout_of
from boilerplate.page import Page, parse
from boilerplate.structure import BlockForm, block_forms, raw_texts

if TYPE_CHECKING:
    from boilerplate.explanation import Explanation, Reason
    from boilerplate.metadata import Metadata

__all__ = [
    "DEFAULT_KEEP",
    "HIDDEN_CHOICES",
    "Block",
    "LabelledPage",
    "assemble",
    "check_labels",
    "keeps_hidden",
    "label_page",
]

#: What is kept when nothing else is asked for.
DEFAULT_KEEP = ("article",)

#: What can be done with text that a page does not show.
HIDDEN_CHOICES = ("keep", "drop")

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text at block level, with what the model says of it.

    Attributes
    ----------
    text : str
        White space runs are one space; ``<br>`` is a line break.
    label : str
        The most probable of ``article``, ``promo``, ``feed`` and ``chrome``.
    probabilities : dict of str to float
        By label; they sum to 1.
    main : float
        Probability of belonging to the page's main text, 0 to 1. The label ``article`` follows the labelling guide,
        which on lists, shops and forums is wider than what main-text benchmarks hold.
    is_main : bool
        Whether ``main`` passes the page's cut: what ``clean`` keeps for ``article``.
    xpath : str
        Path of the element the block stands in, as lxml's ``getpath`` writes it. Several blocks may share it, as when
        text stands directly beside paragraphs. Where that is longer than 1,000 characters, ``(//*)[n]``.
        Empty for blocks of a text without markup.
    tag : str
        Tag of that element.
    ancestors : tuple of str
        Tags around it, innermost first; at most 100.
    link_share : float
        Share of the text that stands in links, 0 to 1.
    hidden : bool
        Whether the page shows nothing of the block, as far as the page itself says so.
    form : BlockForm
        What the block is: its ``kind`` is ``paragraph``, ``heading``, ``item``, ``cell``, ``quote``, ``code`` or
        ``caption``, its ``level`` the rank of a heading or the depth of an item.
    hidden_share : float
        Share of the block's characters that the page does not show, 0 to 1.
    hidden_reason : str
        Why they are not shown, one of `boilerplate.hidden.REASONS`; empty if all of the block is shown.
    raw : str
        The text of a block in ``<pre>`` with the line breaks and spaces it has there; empty for other blocks.
    lines : tuple of two int, optional
        First and last line of a block in a text without markup, from 1; None for blocks of web pages.
    reasons, main_reasons : tuple of Reason, optional
        What moved the probability of the label most, and that of main text; None if the page was not explained.
    """

    text: str
    label: str
    probabilities: dict[str, float]
    main: float
    is_main: bool
    xpath: str
    tag: str
    ancestors: tuple[str, ...]
    link_share: float
    hidden: bool
    form: BlockForm
    raw: str = ""
    hidden_share: float = 0.0
    hidden_reason: str = ""
    lines: tuple[int, int] | None = None
    reasons: tuple[Reason, ...] | None = None
    main_reasons: tuple[Reason, ...] | None = None


@dataclass(frozen=True)
class LabelledPage:
    """A page with all its blocks labelled.

    Attributes
    ----------
    blocks : tuple of Block
        In document order; hidden ones too.
    title : str
        The page's own title: its ``og:title``, else ``<title>``, else first heading.
    url : str or None
    confidence : float
        Expected word F1 of the kept main text by the model's own probabilities, 0 to 1. Low where the model cannot
        tell, as on pages unlike those it learned from.
    notes : tuple of str
        What had to be mended to read the page.
    language : str
        As the page declares it (BCP 47, such as ``pt-BR``); empty if it does not.
    layout : Layout, optional
        Where the blocks' text stands in the page: links, lists, tables. Without it, blocks are written as plain
        paragraphs.
    document : Page, optional
        The parsed page, which metadata are read from; not part of a pickled copy.
    keeps_hidden : bool
        Whether hidden blocks are among those `kept` gives.
    """

    blocks: tuple[Block, ...]
    title: str
    url: str | None
    confidence: float
    notes: tuple[str, ...] = field(default=())
    language: str = ""
    layout: Layout | None = field(default=None, repr=False, compare=False)
    document: Page | None = field(default=None, repr=False, compare=False)
    keeps_hidden: bool = True

    @cached_property
    def metadata(self) -> Metadata:
        """Title, authors, dates and so on, each with where it comes from; read when first asked for."""
        from boilerplate.metadata import read_metadata

        return read_metadata(self)

    def __getstate__(self) -> dict[str, Any]:
        # A tree cannot be pickled; what is wanted of it is read before it is left behind.
        if self.document is not None:
            _ = self.metadata
        return self.__dict__ | {"document": None}

    def kept(self, keep: Iterable[str] = DEFAULT_KEEP) -> list[Block]:
        """Blocks of the labels asked for, in reading order; ``article`` stands for the main text.

        All four labels together stand for every block, those too that are labelled ``article`` and are not main text.

        Raises
        ------
        UsageError
            If a label is unknown.
        """
        wanted = check_labels(keep)
        everything = wanted >= set(LABELS)
        others = wanted - {LABELS[ARTICLE]}
        main = LABELS[ARTICLE] in wanted
        given = (b for b in self.blocks if self.keeps_hidden or not b.hidden)
        return [b for b in given if everything or (main and b.is_main) or b.label in others]

    def without_hidden(self) -> LabelledPage:
        """The page with what it shows: hidden blocks are not kept, and of others what is hidden is cut out.

        Labels and the confidence are those of the whole page.
        """
        return shown_page(self)

    def overlay(self, show: Iterable[str] = LABELS) -> str:
        """One HTML file that shows the page as it looks, coloured by label, with the reasons if it was explained.

        Parameters
        ----------
        show : iterable of str
            Labels that are coloured at first.

        Raises
        ------
        UsageError
            If a label is unknown, or the page has lost its tree, as a pickled copy has.
        """
        from boilerplate.overlay import overlay

        return overlay(self, check_labels(show))

    @without_collector()
    def render(
        self,
        output_format: str = "txt",
        keep: Iterable[str] = DEFAULT_KEEP,
        *,
        links: bool = True,
        images: bool = False,
        tables: bool = True,
        with_metadata: bool = False,
        hidden: str = "keep",
        keep_controls: bool = False,
    ) -> str:
        """Write the kept blocks down.

        Parameters
        ----------
        output_format : str
            ``txt``, ``markdown``, ``html``, ``json``, ``jsonl`` or ``csv``.
        keep : iterable of str
            Labels to keep.
        links, images : bool
            Whether Markdown and HTML have links, and images.
        tables : bool
            Whether tables of data are written.
        with_metadata : bool
            Whether the page's metadata go before the text, or into fields of their own.
        hidden : {"keep", "drop"}
            Whether text that the page does not show is kept.
        keep_controls : bool
            Whether text, Markdown and records keep control characters, bidi overrides and invisible characters.

        Raises
        ------
        UsageError
            If the format, a label, or what is to be done with hidden text is unknown.
        """
        options = Options(
            links=links,
            images=images,
            tables=tables,
            metadata=with_metadata,
            hidden=keeps_hidden(hidden),
            controls=keep_controls,
        )
        page = self if options.hidden else self.without_hidden()
        return render(page, page.kept(keep), output_format, options)


def keeps_hidden(choice: str) -> bool:
    """What ``keep`` and ``drop`` mean for hidden text.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if choice not in HIDDEN_CHOICES:
        raise UsageError(f"{choice!r} is not known for hidden text. Use keep or drop.")
    return choice == "keep"


#: What people call labels, and what that is here.
_MEANT = {
    **dict.fromkeys(("main", "main_text", "main-text", "text", "content"), "; the main text is article"),
    **dict.fromkeys(("ad", "ads", "advert", "advertising", "advertisement"), "; advertising is promo"),
    **dict.fromkeys(("nav", "navigation", "menu", "boilerplate", "header", "footer"), "; that is chrome"),
    **dict.fromkeys(("all", "everything"), "; all four for everything"),
}


def check_labels(labels: Iterable[str]) -> frozenset[str]:
    """The labels as a set.

    Raises
    ------
    UsageError
        If there is none, or one is unknown.
    """
    if isinstance(labels, str):
        labels = (labels,)
    chosen = frozenset(labels)
    unknown = sorted(chosen - set(LABELS), key=str)
    if unknown:
        apart = ", each by itself" if "," in str(unknown[0]) else ""
        known = ", ".join(LABELS)
        meant = _MEANT.get(str(unknown[0]).lower(), "")
        raise UsageError(f"{unknown[0]!r} is no label. Use one or more of {known}{apart}{meant}.")
    if not chosen:
        raise UsageError(f"No label to keep is given. Use one or more of {', '.join(LABELS)}.")
    return chosen


@without_collector()
def label_page(
    html: bytes | str,
    model: Model,
    *,
    url: str | None = None,
    charset: str | None = None,
    input_format: str = HTML,
    language: str = "",
    explain: bool = False,
    focus: str = BALANCED,
    limits: Limits = DEFAULT_LIMITS,
    look_for_hidden: bool = True,
) -> LabelledPage:
    """Label every block of a page with a loaded model; see `boilerplate.label`.

    Looking for text that the page does not show takes as long as several parses of the page; without it, nothing counts
    as hidden. The language is that of a text without markup, which cannot declare it.
    """
    check_fits(model, check_input_format(input_format))
    if input_format == TEXT:
        # Imported by those who have texts: web pages should not wait for it.
        from boilerplate.plaintext import read_text_page

        text = read_text_page(html, url=url, charset=charset, language=language, limits=limits)
        table, lines = text.table, text.lines
        # A text has no way to hide any of itself.
        look_for_hidden = False
    else:
        limits.check_source(html)
        table, lines = segment(parse(html, url=url, charset=charset, max_nodes=limits.max_nodes)), None
        limits.check_table(table)
    if explain:
        # Imported by those who ask for it: what is only cleaned should not wait for it.
        from boilerplate.explanation import explain_blocks

        reading = features.read(table)
        if not len(reading):
            return assemble(table, model.predict(reading), focus=focus, lines=lines)
        matrix = model.matrix(reading)
        prediction = model.decide(matrix, reading)
        explanations = explain_blocks(table, reading, model, prediction, matrix)
        return assemble(table, prediction, explanations, focus=focus, lines=lines)
    view = PageView(table)
    return assemble(
        table, model.predict_view(view), view=view, focus=focus, look_for_hidden=look_for_hidden, lines=lines
    )


def assemble(
    table: BlockTable,
    prediction: Prediction,
    explanations: Sequence[Explanation] | None = None,
    *,
    view: PageView | None = None,
    focus: str = BALANCED,
    look_for_hidden: bool = True,
    lines: NDArray[np.int64] | None = None,
) -> LabelledPage:
    """A labelled page of what was predicted of its blocks, and why.

    Of a text without markup ``lines`` are the first and last line of each block, shape (n_blocks, 2).
    """
    page = table.page
    view = view or PageView(table)
    cut = main_text_cut(prediction.main, view.words, check_focus(focus))
    best = prediction.probabilities.argmax(axis=1) if len(table) else np.zeros(0, dtype=np.int64)
    hidden = find_hidden(view) if look_for_hidden else nothing_hidden(table)
    link_share = np.minimum(view.link_chars / np.maximum(view.chars, 1.0), 1.0)
    forms = block_forms(table)
    raw = raw_texts(table, forms)
    containers = table.container.tolist()
    above = table.tags_above(containers)
    # The tree of a text is none of the user's: its lines say where a block stands.
    xpaths = table.xpaths(containers) if lines is None else [""] * len(table)
    # Lists, as taking single numbers out of arrays is slow.
    labels, probabilities, main = best.tolist(), prediction.probabilities.tolist(), prediction.main.tolist()
    link_shares, hidden_shares = link_share.tolist(), hidden.share.tolist()
    blocks = [
        Block(
            text=text,
            label=LABELS[labels[i]],
            probabilities=dict(zip(LABELS, probabilities[i], strict=True)),
            main=main[i],
            is_main=main[i] >= cut,
            xpath=xpaths[i],
            tag=table.tags[containers[i]],
            ancestors=above[i],
            link_share=link_shares[i],
            hidden=hidden_shares[i] >= 1.0,
            hidden_share=hidden_shares[i],
            hidden_reason=hidden.reason[i],
            form=forms[i],
            raw=raw.get(i, ""),
            lines=None if lines is None else (int(lines[i, 0]), int(lines[i, 1])),
            reasons=explanations[i].label if explanations else None,
            main_reasons=explanations[i].main if explanations else None,
        )
        for i, text in enumerate(table.text)
    ]
    return LabelledPage(
        blocks=tuple(blocks),
        title=_title(table, blocks),
        url=page.url,
        confidence=min(max(expected_f1(prediction.main, view.words)[1], 0.0), 1.0),
        notes=page.notes,
        language=_language(page),
        layout=layout_of(table, hidden.nodes),
        document=page,
    )


def _language(page: Page) -> str:
    """Language that the page declares of itself."""
    body = page.root.find("body")
    declared = page.root.get("lang") or page.root.get("xml:lang") or (body.get("lang") if body is not None else "")
    found = _LANGUAGE_TAG.fullmatch((declared or "").strip().replace("_", "-"))
    return found[0] if found else ""


def _title(table: BlockTable, blocks: Sequence[Block]) -> str:
    title = ""
    for element in table.page.root.iter("title", "meta"):
        if element.tag == "title":
            # A drawing has a title of its own.
            if not title and next(element.iterancestors("svg"), None) is None:
                title = " ".join((element.text or "").split())
        elif (element.get("property") or "").lower() == "og:title" and (element.get("content") or "").strip():
            return " ".join((element.get("content") or "").split())
    return title or next((b.text for b in blocks if b.form.level == 1 and b.tag == "h1"), "")
