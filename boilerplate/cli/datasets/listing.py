"""``boilerplate datasets list``: the public pages that can be fetched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from boilerplate.cli.options import ManifestDirectory, Output, TableFormat
from boilerplate.cli.output import write_output
from boilerplate.cli.places import choose_format

if TYPE_CHECKING:
    from boilerplate.datasets.manifest import Manifest

__all__ = ["list_sources"]

_CHOICES = ("table", "json")


def list_sources(
    manifest: ManifestDirectory = None,
    output: Output = None,
    output_format: TableFormat = None,
) -> None:
    """Print the public collections that `boilerplate datasets fetch` knows.

    Example:

      boilerplate datasets list -f json
    """
    from boilerplate.datasets.manifest import read_manifest

    output_format = choose_format(output_format, output, _CHOICES, "table")
    rows = _rows(read_manifest(manifest))
    if output_format == "json":
        write_output(output, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return
    write_output(output, _table(rows))


def _rows(manifest: Manifest) -> list[dict[str, Any]]:
    rows = []
    for name, pages in manifest.pages.items():
        about = manifest.sources[name]
        rows.append(
            {
                "name": name,
                "pages": len(pages),
                "labels": sum("labels" in p.gold for p in pages),
                "main_text": sum("main_text" in p.gold for p in pages),
                "snippets": sum("snippets" in p.gold for p in pages),
                "bytes": sum(p.size for p in pages),
                "licence": about.licence,
                "title": about.title,
                "what": about.what,
                "citation": about.citation,
                "upstream": sorted({f"{p.repository}@{p.commit}" for p in pages}),
            }
        )
    return rows


def _table(rows: list[dict[str, Any]]) -> str:
    width = max(len("all"), *(len(r["name"]) for r in rows))
    line = f"{{:<{width}}}  {{:>6}}  {{:>6}}  {{:>9}}  {{:>8}}  {{:>6}}  {{}}\n"
    text = line.format("name", "pages", "labels", "main text", "snippets", "MB", "what")
    counts = ("pages", "labels", "main_text", "snippets")
    for row in rows:
        what = ": ".join(t for t in (row["title"], row["what"]) if t)
        size = f"{row['bytes'] / 1e6:.1f}"
        text += line.format(row["name"], *(row[c] for c in counts), size, f"{what} [{row['licence']}]")
    size = f"{sum(r['bytes'] for r in rows) / 1e6:.1f}"
    return (
        text + line.format("all", *(sum(r[c] for r in rows) for c in counts), size, "everything above").rstrip() + "\n"
    )
