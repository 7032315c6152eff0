"""Pages shown in a browser as they look, without anything of theirs that acts or loads.

`snapshot` writes a page down as harmless elements, ``view.js`` builds it from them in a frame and colours its blocks.
The annotator and the overlay share both.
"""

from __future__ import annotations

from importlib.resources import files

from boilerplate.rendering.snapshot import Snapshot, snapshot

__all__ = ["Snapshot", "snapshot", "view_script"]


def view_script() -> bytes:
    """The script that builds and colours a page, an ECMAScript module with the class ``PageView``."""
    return files("boilerplate.rendering").joinpath("view.js").read_bytes()
