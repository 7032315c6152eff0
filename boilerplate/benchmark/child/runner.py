"""What a peer's interpreter executes: hand it pages, one at a time, and say how each went.

Runs by its path in an environment that need not have this package. It imports the standard library, the peer and, for
peers that write HTML, lxml. Frames on standard input and output begin with their length in four bytes.

A request is a JSON header with ``url``, ``language`` and ``sizes``, followed by the page's bytes and its decoded text.
A reply is JSON: first whether the peer is ready, then for each page the text or the error, with the time it took.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

#: A reason longer than this says no more.
_REASON_CHARACTERS = 300
_BLOCK_TAGS = {
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hgroup", "hr", "legend", "li", "main", "menu", "nav", "ol", "option", "p", "pre", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_UNSEEN_TAGS = {"head", "noscript", "script", "style", "template", "textarea", "svg", "iframe", "object"}


@dataclass(frozen=True)
class Page:
    """A page as an adapter gets it.

    Attributes
    ----------
    html : bytes
        As crawled.
    text : str
        The same, decoded; for peers that take no bytes.
    url : str
        Its address, or nothing.
    language : str
        Language that the dataset or the page declares (BCP 47 primary subtag), or nothing.
    """

    html: bytes
    text: str
    url: str
    language: str


def plain_text(markup: str) -> str:
    """All visible text of HTML: a line a block-level element, without what is hidden by an attribute."""
    from lxml import etree

    data = markup.encode("utf-8", "replace")
    if not data.strip():
        return ""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    root = etree.fromstring(data, parser)
    if root is None:
        return ""
    parts: list[str] = []
    walker = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walker:
        block = element.tag in _BLOCK_TAGS
        if event == "start":
            if block:
                parts.append("\n")
            style = (element.get("style") or "").replace(" ", "").lower()
            if element.tag in _UNSEEN_TAGS or element.get("hidden") is not None or "display:none" in style:
                walker.skip_subtree()
            else:
                parts.append(element.text or "")
        else:
            if block:
                parts.append("\n")
            parts.append(element.tail or "")
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _read_frame(stream: BinaryIO) -> bytes:
    return _read(stream, struct.unpack(">I", _read(stream, 4))[0])


def _write_frame(stream: BinaryIO, value: dict[str, Any]) -> None:
    data = json.dumps(value).encode("ascii")
    stream.write(struct.pack(">I", len(data)) + data)
    stream.flush()


def _peak_memory() -> int | None:
    """Largest resident set of this process so far, in bytes."""
    try:
        # Not getrusage: it begins with what the parent had when it started this process.
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _limit_memory(limit: int) -> None:
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _describe(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:_REASON_CHARACTERS] if text else type(error).__name__


def _adapter(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("adapter", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _versions(names: tuple[str, ...]) -> dict[str, str]:
    from importlib import metadata

    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _extract(function: Callable[[Page], Any], markup: bool, page: Page) -> dict[str, Any]:
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        found = function(page)
        if found is not None and not isinstance(found, str):
            raise TypeError(f"the adapter gave {type(found).__name__}, not text")
        text = plain_text(found or "") if markup else found or ""
        reply: dict[str, Any] = {"text": text}
    except BaseException as error:  # SystemExit too: what a peer raises is a row of the report
        reply = {"error": _describe(error)}
    return {**reply, "cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "peak": _peak_memory()}


def main() -> None:
    """Serve pages until standard input ends."""
    # What a peer prints must not come between the frames, and it has no business reading them.
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    here = Path(__file__).resolve().parent
    sys.path[:] = [p for p in sys.path if Path(p or ".").resolve() != here]
    settings = json.loads(sys.argv[2])
    if settings["memory_limit"]:
        _limit_memory(settings["memory_limit"])
    try:
        adapter = _adapter(sys.argv[1])
        function = adapter.load(settings["options"])
        markup = getattr(adapter, "OUTPUT", "text") == "html"
        versions = _versions(tuple(getattr(adapter, "DISTRIBUTIONS", ())))
    except BaseException as error:
        _write_frame(replies, {"ready": False, "error": _describe(error)})
        return
    _write_frame(
        replies, {"ready": True, "python": platform.python_version(), "versions": versions, "peak": _peak_memory()}
    )
    while True:
        try:
            header = json.loads(_read_frame(requests))
            html, text = (_read(requests, size) for size in header["sizes"])
        except EOFError:
            return
        page = Page(html, text.decode("utf-8", "replace"), header["url"], header["language"])
        reply = _extract(function, markup, page)
        # Of a process that serves one page: all it took, from its start.
        _write_frame(replies, {**reply, "cpu_since_start": time.process_time()})


if __name__ == "__main__":
    main()
