"""Options of commands that read pages within limits."""

from __future__ import annotations

from typing import Annotated

import typer

from boilerplate.limits import Limits

__all__ = [
    "MaxBytes",
    "MaxDepth",
    "MaxMemory",
    "MaxNodes",
    "MaxSeconds",
    "MaxWallSeconds",
    "page_limits",
]

MaxBytes = Annotated[
    int, typer.Option("--max-bytes", metavar="BYTES", min=0, help="Bytes of a page, unpacked; 0 for no limit.")
]
MaxNodes = Annotated[int, typer.Option("--max-nodes", metavar="N", min=0, help="Tags of a page; 0 for no limit.")]
MaxDepth = Annotated[
    int, typer.Option("--max-depth", metavar="N", min=0, help="Levels of nested elements; 0 for no limit.")
]
MaxSeconds = Annotated[
    float,
    typer.Option(
        "--max-seconds", metavar="SECONDS", min=0, help="Seconds of processor time for a page; 0 for no limit."
    ),
]
MaxMemory = Annotated[
    int, typer.Option("--max-memory", metavar="BYTES", min=0, help="Bytes of memory of a process; 0 for no limit.")
]
MaxWallSeconds = Annotated[
    float,
    typer.Option(
        "--max-wall-seconds", metavar="SECONDS", min=0, help="Seconds for a page by the clock; 0 for no limit."
    ),
]


def page_limits(
    *, max_bytes: int, max_nodes: int, max_depth: int, max_seconds: float, max_memory: int, max_wall_seconds: float
) -> Limits:
    """Limits by the values of the options, of which 0 stands for none."""
    return Limits(
        max_bytes=max_bytes or None,
        max_nodes=max_nodes or None,
        max_depth=max_depth or None,
        max_seconds=max_seconds or None,
        max_memory=max_memory or None,
        max_wall_seconds=max_wall_seconds or None,
    )
