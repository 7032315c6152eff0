"""Texts without markup: what crawlers, archives and copies leave of a page whose HTML is gone."""

from __future__ import annotations

from boilerplate.plaintext.reading import TextPage, read_text_page

__all__ = ["TextPage", "read_text_page"]
