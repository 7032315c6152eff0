"""Options of commands that read pages within limits."""

from __future__ import annotations

import typer

from boilerplate.limits import DEFAULT_LIMITS, Limits

__all__ = [
    "MAX_BYTES",
    "MAX_BYTES_OPTION",
    "MAX_DEPTH",
    "MAX_DEPTH_OPTION",
    "MAX_MEMORY",
    "MAX_MEMORY_OPTION",
    "MAX_NODES",
    "MAX_NODES_OPTION",
    "MAX_SECONDS",
    "MAX_SECONDS_OPTION",
    "MAX_WALL_SECONDS",
    "MAX_WALL_SECONDS_OPTION",
    "page_limits",
]

MAX_BYTES_OPTION = typer.Option(
    "--max-bytes", metavar="BYTES", min=0, help="Bytes of a page, unpacked; 0 for no limit."
)
MAX_NODES_OPTION = typer.Option("--max-nodes", metavar="N", min=0, help="Tags of a page; 0 for no limit.")
MAX_DEPTH_OPTION = typer.Option("--max-depth", metavar="N", min=0, help="Levels of nested elements; 0 for no limit.")
MAX_SECONDS_OPTION = typer.Option(
    "--max-seconds", metavar="SECONDS", min=0, help="Seconds of processor time for a page; 0 for no limit."
)
MAX_MEMORY_OPTION = typer.Option(
    "--max-memory", metavar="BYTES", min=0, help="Bytes of memory of a process; 0 for no limit."
)
MAX_WALL_SECONDS_OPTION = typer.Option(
    "--max-wall-seconds", metavar="SECONDS", min=0, help="Seconds for a page by the clock; 0 for no limit."
)
MAX_BYTES = DEFAULT_LIMITS.max_bytes or 0
MAX_NODES = DEFAULT_LIMITS.max_nodes or 0
MAX_DEPTH = DEFAULT_LIMITS.max_depth or 0
MAX_SECONDS = DEFAULT_LIMITS.max_seconds or 0.0
MAX_MEMORY = DEFAULT_LIMITS.max_memory or 0
MAX_WALL_SECONDS = DEFAULT_LIMITS.max_wall_seconds or 0.0


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
