"""``boilerplate annotate``: label pages by hand, in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boilerplate.cli.options import ModelFile, check_choice
from boilerplate.cli.output import report_failures, say
from boilerplate.cli.progress import page_progress
from boilerplate.errors import InputError, UsageError
from boilerplate.input_format import HTML

if TYPE_CHECKING:
    from boilerplate.annotate.pages import AnnotationPage
    from boilerplate.annotate.store import LabelStore
    from boilerplate.annotate.survey import Survey
    from boilerplate.model.model import Model

__all__ = ["annotate"]

_ORDERS = ("given", "uncertain")


def annotate(
    pages: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PAGES",
            help="HTML files, directories of them, datasets; may be left out with --review: then the dataset reviewed.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="LABELS",
            help="Dataset to write labels to; made if it is not there. With --review by default the one reviewed.",
        ),
    ] = None,
    order: Annotated[
        str,
        typer.Option(
            "--order",
            metavar="given|uncertain",
            help="given; or uncertain: pages first whose labels would teach the model most.",
        ),
    ] = "given",
    review: Annotated[
        Path | None,
        typer.Option(
            "--review",
            metavar="LABELS",
            help="Dataset whose labels to check: shows the blocks where model and labels disagree.",
        ),
    ] = None,
    labels_only: Annotated[
        bool,
        typer.Option(
            "--labels-only",
            help="Write label files alone, without copies of the pages and pages.jsonl; for pages of a dataset.",
        ),
    ] = False,
    model: ModelFile = None,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", "-j", metavar="N", min=0, help="Processes for --order uncertain and --review; 0 for all cores."
        ),
    ] = 0,
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="Of the local server; 0 for a free one.")
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the browser, or only print the address.")
    ] = True,
) -> None:
    """Label pages in the browser: click, press 1 to 4, go on.

    The page is shown as it looks, without scripts and without loading anything, coloured by the model's suggestion.
    Every step is saved at once; end with Ctrl+C and start again with the same command at any time.

    Examples:

      boilerplate annotate pages/ -o my-labels/

      boilerplate annotate pages/ -o my-labels/ --order uncertain

      boilerplate annotate --review my-labels/
    """
    check_choice(order, _ORDERS, "--order")
    if not pages and review is None:
        raise UsageError("No pages are given. Name HTML files, directories of them, or datasets.")
    target = output or review
    if target is None or str(target) == "-":
        raise UsageError("Labels need a directory. Give one with -o.")
    _check_extra()
    from boilerplate.annotate.pages import find_pages
    from boilerplate.annotate.server import HOST, listen, new_token, serve
    from boilerplate.annotate.store import LabelStore
    from boilerplate.annotate.workspace import Workspace
    from boilerplate.model.choice import check_fits
    from boilerplate.model.model import load_model

    store = LabelStore(target, labels_only=labels_only)
    reviewed = LabelStore(review) if review is not None else None
    if reviewed is not None and not (reviewed.root / "labels").is_dir():
        raise UsageError(f"{reviewed.root} has no labels to review: it holds no directory labels/.")
    found, failures = find_pages(pages or [str(review)], store.records)
    if labels_only and any(page.is_file for page in found):
        raise UsageError("--labels-only is for pages of datasets: labels of other files need their pages beside them.")
    loaded = load_model(model)
    check_fits(loaded, HTML)
    if reviewed is not None:
        found = [page for page in found if reviewed.has(page.id) or store.has(page.id)]
    if reviewed is not None or order == "uncertain":
        found, problems = _sorted_pages(found, store, reviewed, order, loaded, jobs)
        failures += problems
    if not found:
        for name, reason in failures:
            say(f"{name}: {reason}")
        if reviewed is not None and not failures:
            say("Model and labels agree on every block; there is nothing to review.")
            return
        raise InputError("There is no page to label. Check the paths.")
    workspace = Workspace(found, store, loaded, reviewed)
    sock = listen(port)
    token = new_token()
    url = f"http://{HOST}:{sock.getsockname()[1]}/{token}/"
    say(f"{len(found)} pages; labels go to {target}. Open this address in a browser; Ctrl+C here ends the work.\n{url}")
    if browser:
        _open_browser(url)
    serve(workspace, sock, token)
    say(f"Ended; {workspace.saved_steps} steps were saved to {target}.")
    report_failures(failures)


def _check_extra() -> None:
    from importlib.util import find_spec

    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise UsageError(
            "Annotating needs starlette and uvicorn. Install them with: pip install 'boilerplate[annotate]'"
        )


def _sorted_pages(
    pages: list[AnnotationPage], store: LabelStore, reviewed: LabelStore | None, order: str, model: Model, jobs: int
) -> tuple[list[AnnotationPage], list[tuple[str, str]]]:
    """The pages that have something to show, in the order asked for, and those that cannot be used."""
    from boilerplate.annotate.survey import most_instructive_first, survey_pages

    labels = []
    for page in pages:
        origin = store if reviewed is None or store.has(page.id) else reviewed
        labels.append(origin.read(page.id))
    surveys: list[tuple[AnnotationPage, Survey]] = []
    failures: list[tuple[str, str]] = []
    with page_progress(len(pages)) as advance:
        for page, survey in zip(pages, survey_pages(pages, labels, model=model, jobs=jobs), strict=True):
            if survey.reason:
                failures.append((page.name, survey.reason))
            elif reviewed is None or survey.disagreements:
                surveys.append((page, survey))
            advance()
    if order == "uncertain":
        ranks = most_instructive_first(
            [s.uncertainty if reviewed is None else float(s.disagreements) for _, s in surveys],
            [page.site for page, _ in surveys],
        )
        surveys = [surveys[i] for i in ranks]
    return [page for page, _ in surveys], failures


def _open_browser(url: str) -> None:
    import threading
    import webbrowser

    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return
    # A browser within the terminal would take it over, and runs no scripts.
    if type(found) is not webbrowser.GenericBrowser:
        threading.Thread(target=found.open, args=(url,), daemon=True).start()
