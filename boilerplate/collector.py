"""Python's collector of cyclic garbage, and when it is not wanted."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_collector"]


@contextmanager
def without_collector() -> Iterator[None]:
    """Run something without looks for cyclic garbage; also a decorator.

    Reading a page makes hundreds of thousands of small objects and hardly a cycle. Python looks through those that are
    alive again and again, the more often the more there are: 7 % of the time of an ordinary page, a fifth of a very
    large one. What is left behind is collected afterwards.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
