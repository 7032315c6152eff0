"""What a page says of itself: title, authors, dates and so on, each with where it comes from."""

from __future__ import annotations

from boilerplate.metadata.extract import read_metadata
from boilerplate.metadata.record import Metadata

__all__ = ["Metadata", "read_metadata"]
