"""The functions most users need: label a page, clean a page."""

from __future__ import annotations

from collections.abc import Iterable

from boilerplate.decision import BALANCED
from boilerplate.input_format import HTML
from boilerplate.labelled import DEFAULT_KEEP, LabelledPage, label_page
from boilerplate.limits import DEFAULT_LIMITS, Limits
from boilerplate.model.model import Model, load_model
from boilerplate.output import DOCUMENT_FORMATS

__all__ = ["clean", "label"]


def label(
    html: bytes | str,
    *,
    url: str | None = None,
    model: Model | None = None,
    input_format: str = HTML,
    explain: bool = False,
    focus: str = BALANCED,
    limits: Limits = DEFAULT_LIMITS,
) -> LabelledPage:
    """Label every block of a page.

    Parameters
    ----------
    html : bytes or str
        The page as received (its encoding is found as browsers do), or its text.
    url : str, optional
        Its address; tells links within the site from others.
    model : Model, optional
        As `load_model` gives it; the default model if left out, loaded anew at each call.
    input_format : {"html", "txt"}
        Whether the page is a web page, or text without markup, as crawlers and copies leave it of one.
    explain : bool
        Whether blocks say why they have their label: `Block.reasons`. Takes about as long again.
    focus : {"balanced", "precision", "recall"}
        What counts more when main text is kept: that nothing else is, or that all of it is.
    limits : Limits
        What the page may have of bytes, tags and levels.

    Returns
    -------
    LabelledPage

    Raises
    ------
    InputError
        If the page is empty or no HTML; its subclass `LimitError` if the page is past a limit.
    UsageError
        If the focus or the input format is unknown, or the model is for pages of the other kind.
    ModelError
        If there is no default model.

    Examples
    --------
    >>> import boilerplate
    >>> page = boilerplate.label("<h1>Tea</h1><p>Tea is brewed from leaves, and some drink it with milk.</p>")
    >>> [block.tag for block in page.blocks]
    ['h1', 'p']
    """
    return label_page(
        html,
        model or load_model(input_format=input_format),
        url=url,
        input_format=input_format,
        explain=explain,
        focus=focus,
        limits=limits,
    )


def clean(
    html: bytes | str,
    *,
    url: str | None = None,
    keep: Iterable[str] = DEFAULT_KEEP,
    output_format: str = "txt",
    model: Model | None = None,
    input_format: str = HTML,
    focus: str = BALANCED,
    links: bool = True,
    images: bool = False,
    tables: bool = True,
    with_metadata: bool = False,
    hidden: str = "keep",
    keep_controls: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> str:
    """Keep a page's main text, or the blocks of other labels.

    Parameters
    ----------
    html : bytes or str
    url : str, optional
    keep : iterable of str
        One or more of ``article`` (the main text), ``promo``, ``feed``, ``chrome``.
    output_format : str
        ``txt``, ``markdown``, ``html``, ``json``, ``jsonl`` or ``csv``.
    model : Model, optional
    input_format : {"html", "txt"}
        Whether the page is a web page, or text without markup.
    focus : {"balanced", "precision", "recall"}
        What counts more when main text is kept: that nothing else is, or that all of it is.
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
    limits : Limits
        What the page may have of bytes, tags and levels.

    Returns
    -------
    str
        Empty if nothing is to be kept.

    Raises
    ------
    InputError
        If the page is empty or no HTML; its subclass `LimitError` if the page is past a limit.
    UsageError
        If a label, a format, the focus, or what is to be done with hidden text is unknown, or the model is for pages of
        the other kind.
    ModelError
        If there is no default model.
    """
    # What a page hides is part of records; a document of all that the page holds does not ask.
    asks = hidden != "keep" or output_format not in DOCUMENT_FORMATS
    page = label_page(
        html,
        model or load_model(input_format=input_format),
        url=url,
        input_format=input_format,
        focus=focus,
        limits=limits,
        look_for_hidden=asks,
    )
    return page.render(
        output_format,
        keep,
        links=links,
        images=images,
        tables=tables,
        with_metadata=with_metadata,
        hidden=hidden,
        keep_controls=keep_controls,
    )
