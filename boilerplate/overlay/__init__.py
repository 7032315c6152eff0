"""A page with its labels in the browser, as one file."""

from __future__ import annotations

from boilerplate.overlay.document import overlay

__all__ = ["overlay"]
