"""The extractors that this package is measured against."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from boilerplate.errors import UsageError

__all__ = ["BASELINE", "OURS", "PEERS", "REFERENCE", "Peer", "choose_peers"]

_ADAPTERS = Path(__file__).resolve().parent / "child" / "adapters"


@dataclass(frozen=True, slots=True)
class Peer:
    """An extractor.

    Attributes
    ----------
    name : str
    adapter : Path
        Python file with a function ``load``, which takes a dict of options and gives a function from a page
        (`boilerplate.benchmark.child.runner.Page`) to its main text. A global ``OUTPUT = "html"`` says that it gives
        HTML, ``DISTRIBUTIONS`` names what the report gives versions of.
    requirements : tuple of str
        What pip has to install for it; nothing if any interpreter runs it.
    pythons : tuple of (int, int)
        Oldest and, if given, newest minor version of Python that its releases run on.
    sources : tuple of str
        Distributions among what it needs that have no wheel, or only older ones that it does not work with.
    """

    name: str
    adapter: Path
    requirements: tuple[str, ...] = ()
    pythons: tuple[tuple[int, int], ...] = ((3, 9),)
    sources: tuple[str, ...] = ()

    def runs_on(self, version: tuple[int, int]) -> bool:
        """Whether its releases run on a version of Python."""
        return self.pythons[0] <= version and (len(self.pythons) < 2 or version <= self.pythons[1])

    @property
    def python_range(self) -> str:
        """The versions of Python it runs on, for people."""
        first, last = (".".join(map(str, version)) for version in (self.pythons[0], self.pythons[-1]))
        if len(self.pythons) < 2:
            return f"Python {first} or later"
        return f"Python {first}" if first == last else f"Python {first} to {last}"


def _peer(
    name: str,
    *requirements: str,
    pythons: tuple[tuple[int, int], ...] = ((3, 9),),
    sources: tuple[str, ...] = (),
) -> Peer:
    return Peer(name, _ADAPTERS / f"{name.replace('-', '_')}.py", requirements, pythons, sources)


#: This package itself.
OURS = _peer("boilerplate")
#: The text of the whole page.
BASELINE = _peer("visible-text")
#: Parses a page and does nothing else: what CPU time is given as a ratio to.
REFERENCE = _peer("lxml-parse")

PEERS = (
    # lxml 6 has its cleaner in a package of its own.
    _peer("trafilatura", "trafilatura", "lxml_html_clean"),
    # Its only wheels are for this version, and its source needs a compiler and crates.
    _peer("rs-trafilatura", "rs-trafilatura", pythons=((3, 12), (3, 12))),
    _peer("resiliparse", "resiliparse"),
    _peer("readability-lxml", "readability-lxml", "lxml_html_clean"),
    _peer("justext", "jusText", "lxml_html_clean"),
    _peer("boilerpy3", "boilerpy3"),
    # With what its extras for Chinese, Japanese, Thai and Indian languages bring: it fails on their pages without.
    _peer(
        "newspaper4k",
        "newspaper4k",
        "lxml_html_clean",
        "jieba",
        "tinysegmenter",
        "pythainlp",
        "indic-nlp-library",
        sources=("jieba", "tinysegmenter"),
    ),
    _peer("goose3", "goose3", "lxml_html_clean", sources=("langdetect",)),
    _peer("magic-html", "magic-html", pythons=((3, 12),), sources=("docopt",)),
)


def choose_peers(names: Sequence[str] | None) -> list[Peer]:
    """The peers to measure against.

    Parameters
    ----------
    names : sequence of str or None
        Names in any case, or Python files that are adapters; none of them for ``none``, all for None.

    Raises
    ------
    UsageError
        If a name is unknown, or is given twice.
    """
    if names is None:
        return list(PEERS)
    known = {peer.name: peer for peer in PEERS}
    chosen: dict[str, Peer] = {}
    for given in (n.strip() for n in names):
        if given.lower() in {"", "none", OURS.name, BASELINE.name}:
            continue
        peer = known.get(given.lower())
        if peer is None and given.endswith(".py"):
            path = Path(given)
            if not path.is_file():
                raise UsageError(
                    f"{given} is not there. Name a Python file with a function load, or a known extractor."
                )
            peer = Peer(path.stem, path.resolve(), pythons=(sys.version_info[:2],))
        if peer is None:
            raise UsageError(
                f"{given!r} is no extractor that is known here. Use {', '.join(known)}, none, or the path of an "
                "adapter."
            )
        if peer.name in chosen or peer.name in {OURS.name, BASELINE.name}:
            raise UsageError(f"{peer.name} is named twice. Name each extractor once.")
        chosen[peer.name] = peer
    return list(chosen.values())
