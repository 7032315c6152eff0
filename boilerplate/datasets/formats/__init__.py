"""Formats of other projects, one module each: from a directory to pages with gold.

Nothing in a collection is executed: Python files are read as literals, and paths out of a collection are refused.
"""

from __future__ import annotations

__all__ = ["FORMATS"]

#: Formats by name, each a module here: what they are.
FORMATS = {
    "wcxb": "Web Content eXtraction Benchmark: a checkout, or one of its splits",
    "zyte": "Zyte's article-extraction-benchmark: a checkout",
    "evaldata": "trafilatura's evaluation set: a checkout",
    "readability": "Readability's test pages: a checkout",
    "folders": "a folder of HTML and one of texts, as of CleanEval and dragnet",
    "csv": "a folder of HTML and a CSV file with page, xpath and label",
}
