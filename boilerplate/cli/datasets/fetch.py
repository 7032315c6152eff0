"""``boilerplate datasets fetch``: get public labelled pages from the projects that publish them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boilerplate.cli.options import ManifestDirectory, check_choice
from boilerplate.cli.output import report_failures, say
from boilerplate.cli.progress import progress_bar
from boilerplate.errors import DatasetError, UsageError
from boilerplate.files import make_directory

if TYPE_CHECKING:
    from rich.progress import TaskID

    from boilerplate.datasets.manifest import Manifest, ManifestPage

__all__ = ["fetch"]

_VIA = ("git", "archive")
_KINDS = ("labels", "main_text", "snippets")


def fetch(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", help="Collections that `boilerplate datasets list` names; or all."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="The dataset's directory; it may hold others already.")
    ] = Path("public-pages"),
    gold: Annotated[
        str | None, typer.Option("--gold", metavar="KIND", help="Only pages with this: labels, main_text or snippets.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Only so many pages of each collection.")
    ] = None,
    via: Annotated[
        str | None,
        typer.Option(
            "--via", metavar="git|archive", help="git or archive (one HTTPS download); git if it is installed."
        ),
    ] = None,
    upstream: Annotated[
        str,
        typer.Option("--upstream", metavar="BASE", help="A mirror: repositories are looked up at BASE/owner/name."),
    ] = "https://github.com",
    manifest: ManifestDirectory = None,
) -> None:
    """Fetch public labelled pages, at the commits the manifest pins, and check them.

    What is there already is kept, so a run that was cut off goes on where it was. A proxy is taken from the
    environment (https_proxy).

    Examples:

      boilerplate datasets fetch wcxb-dev -o pages/

      boilerplate datasets fetch all --gold labels -o pages/
    """
    # What only this command needs would slow down the start of the others.
    from boilerplate.datasets.fetching import fetch_source
    from boilerplate.datasets.manifest import read_manifest

    via = check_choice(via or ("git" if shutil.which("git") else "archive"), _VIA, "--via")
    if gold is not None:
        check_choice(gold, _KINDS, "--gold")
    known = read_manifest(manifest)
    chosen = _choose(known, names, gold, limit)
    make_directory(output)
    failures: list[tuple[str, str]] = []
    for name, pages in chosen.items():
        with progress_bar() as bar:
            task = bar.add_task(name, total=None)

            def show(text: str, done: int, total: int | None, *, name: str = name, task: TaskID = task) -> None:
                bar.update(task, description=f"{name}: {text}", completed=done, total=total)

            try:
                report = fetch_source(known, pages, output, base=upstream, via_archive=via == "archive", progress=show)
            except DatasetError as error:
                failures.append((name, str(error)))
                continue
        say(f"{name}: {report.fetched} pages fetched, {report.present} were there; in {output}.")
        failures += [(f.name, f.reason) for f in report.failed]
    if len(failures) < sum(map(len, chosen.values())):
        say(f"The pages belong to their publishers. Who made the annotations, and their licence: {output}/licences/.")
    report_failures(failures)


def _choose(known: Manifest, names: list[str], gold: str | None, limit: int | None) -> dict[str, list[ManifestPage]]:
    unknown = [n for n in names if n != "all" and n not in known.pages]
    if unknown:
        raise UsageError(f"There is no collection {unknown[0]!r}. Use one of {', '.join(known.pages)}, or all.")
    wanted = list(known.pages) if "all" in names else list(dict.fromkeys(names))
    chosen = {n: [p for p in known.pages[n] if gold is None or gold in p.gold][:limit] for n in wanted}
    if not any(chosen.values()):
        raise UsageError(f"No page of {', '.join(wanted)} has {gold}. See `boilerplate datasets list`.")
    return {n: pages for n, pages in chosen.items() if pages}
