"""Progress bars on standard error; none where that is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["page_progress", "progress_bar", "run_progress"]


@contextmanager
def run_progress(count_bytes: Callable[[], int | None], *, done: int) -> Iterator[Callable[[int], None]]:
    """A function to be called after each page with the bytes of input it took up, which moves a progress bar.

    For runs over inputs of which the size is known rather than the number of pages.

    The bar stands on standard error, with pages, rate, and the time that is left by the bytes; there is none where that
    is no terminal.

    Parameters
    ----------
    count_bytes : callable
        Gives the size of all inputs, None if it cannot be known. Called only if there is a bar.
    done : int
        Pages of earlier runs.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    # Rich takes time to import, which those who do not see it need not pay for.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.fields[pages]} pages"),
        BarColumn(),
        TextColumn("{task.fields[rate]:.1f} pages/s"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as progress:
        task = progress.add_task("", total=count_bytes() or None, pages=done, rate=0.0)
        here = 0

        def advance(n_bytes: int) -> None:
            nonlocal here
            here += 1
            elapsed = progress.tasks[0].elapsed or 0.0
            progress.update(task, advance=n_bytes, pages=done + here, rate=here / elapsed if elapsed else 0.0)

        yield advance


@contextmanager
def page_progress(total: int) -> Iterator[Callable[[], None]]:
    """A function to be called after each page, which moves a progress bar if there is a terminal to show it."""
    # Rich takes time to import, which a single page need not pay for.
    if total < 2 or sys.stderr is None or not sys.stderr.isatty():
        yield lambda: None
        return
    with progress_bar() as bar:
        task = bar.add_task("pages", total=total)
        yield lambda: bar.advance(task)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on standard error; silent where that is no terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        yield progress
