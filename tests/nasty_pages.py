"""Pages that try to break their reader, made by code, and what each of them costs.

``python tests/nasty_pages.py [NAME...]`` reads every page in a process of its own, under the default limits, writes it
in every format, with images and metadata, and prints what came of it, the processor time with the format that takes
longest, and the most memory with any, as a table. Names are those of pages or parts of them. With ``--document`` it puts
the rows into ``docs/robustness.md`` as well.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from nasty_combinations import COMBINATIONS

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from boilerplate import Model, label, load_model  # noqa: E402
from boilerplate.errors import BoilerplateError  # noqa: E402
from boilerplate.labels import LABELS  # noqa: E402
from boilerplate.output import FORMATS  # noqa: E402

DOCUMENT = ROOT / "docs" / "robustness.md"
HEADER = "| page | MB | seconds | with | memory, MB | outcome |\n|---|---|---|---|---|---|\n"
#: Between these stands the table in the document.
BEGIN, END = "<!-- written by python tests/nasty_pages.py --document -->\n", "<!-- end of the table -->\n"
#: Promised for a page under the default limits.
MAX_SECONDS = 10.0
MAX_MEGABYTES = 1000.0

HEAD = "<!DOCTYPE html><html><head><title>Tea</title></head><body><h1>Tea</h1>"
TEXT = "Tea is brewed from leaves, and some people drink it with milk, which others find hard to understand. "
Page = bytes | str


def _pages() -> dict[str, Callable[[], Page]]:  # noqa: PLR0915 - a table
    million = 1_000_000
    pages: dict[str, Callable[[], Page]] = {}

    def add(name: str, make: Callable[[], Page]) -> None:
        pages[name] = make

    # Depth.
    add("200,000 nested divs", lambda: HEAD + "<div>" * 200_000 + TEXT)
    add("50,000 nested divs", lambda: HEAD + "<div>" * 50_000 + TEXT)
    add("1,990 nested divs", lambda: HEAD + "<div>" * 1990 + TEXT)
    add("1,990 nested divs with text at each level", lambda: HEAD + f"<div>{TEXT}" * 1990)
    add("1,900 nested quotes", lambda: HEAD + f"<blockquote><p>{TEXT}" * 1900)
    add("950 nested lists", lambda: HEAD + f"<ul><li>{TEXT}" * 950)
    add("450 nested tables", lambda: HEAD + f"<table><tr><td>{TEXT}" * 450)
    add("1,900 nested links and marks", lambda: HEAD + "<b><i><em><u><a href=x>" * 380 + TEXT)
    add("900 nested marks around 200 paragraphs", lambda: HEAD + "<span>" * 900 + f"<p>{TEXT}" * 200)
    add("misnested marks", lambda: HEAD + "<b><i><p></b></i>x" * 26_000)
    add("300 times 250 levels up and down", lambda: HEAD + ("<div>" * 250 + TEXT + "</div>" * 250) * 300)

    # Width.
    add("a million siblings", lambda: HEAD + "<p>tea" * million)
    add("79,000 siblings", lambda: HEAD + "<p>tea" * 79_000)
    add("100,000 tiny paragraphs", lambda: HEAD + "<p>a</p>" * 100_000)
    add("79,000 line breaks", lambda: HEAD + "tea<br>" * 79_000)
    add("79,000 links side by side", lambda: HEAD + "<a href=/x>tea</a>" * 40_000 + "<a href=/y>milk</a>" * 39_000)
    add("79,000 empty elements", lambda: HEAD + "<i></i>" * 79_000 + TEXT)
    add("39,000 comments between letters", lambda: HEAD + "a<!---->" * 39_000)
    add("39,000 headings", lambda: HEAD + f"<h1>Tea</h1><p>{TEXT[:20]}" * 39_000)
    add("39,000 list items", lambda: HEAD + "<ul>" + "<li><a href=/x>Tea and milk</a>" * 39_000)
    add("26,000 table rows", lambda: HEAD + "<table>" + "<tr><td>tea<td>milk" * 26_000)
    add("a table of 250 by 300 cells", lambda: HEAD + "<table>" + ("<tr>" + "<td>tea" * 300) * 250)
    add("cells that span thousands", lambda: HEAD + "<table>" + "<tr><td colspan=1000 rowspan=65534>tea" * 20_000)
    add("79,000 names of elements", lambda: HEAD + "".join(f"<x-{i}>tea</x-{i}>" for i in range(79_000)))
    add(
        "79,000 paragraphs with three classes each",
        lambda: HEAD + "".join(f"<p class='c{i} d{i} e{i}'>tea" for i in range(79_000)),
    )
    add("forms by the thousand", lambda: HEAD + "<form><select>" + "<option>tea" * 50_000 + "<input value=x>" * 28_000)

    # Attributes.
    add("a million attributes", lambda: HEAD + "<p " + " ".join(f"a{i}=1" for i in range(million)) + ">" + TEXT)
    add("a million attributes of one name", lambda: HEAD + "<p " + "a=1 " * million + ">" + TEXT)
    add(
        "1,000 attributes on 1,000 elements",
        lambda: HEAD + ("<p " + " ".join(f"a{i}=1" for i in range(999)) + ">x") * 1000,
    )
    add("an attribute of 15 MB", lambda: HEAD + "<p title='" + "x" * 15 * million + "'>" + TEXT)
    add(
        "a million classes on one element",
        lambda: HEAD + "<p class='" + " ".join(f"c{i}" for i in range(million)) + "'>x",
    )
    add("a style of 15 MB", lambda: HEAD + "<p style='" + "display:block;" * million + "'>" + TEXT)
    add("an address of 15 MB", lambda: HEAD + "<p><a href='http://x/" + "%41/" * 4 * million + "'>tea</a> " + TEXT)
    add(
        "a set of a million images", lambda: HEAD + "<p><img srcset='" + ", ".join(["a.png 1x"] * million) + f"'>{TEXT}"
    )
    add(
        "78,000 images",
        lambda: HEAD + "<img src=a.png alt='tea and milk'><img data-src='data:image/png,x'>" * 39_000 + TEXT,
    )

    # Text.
    add("50 MB of text", lambda: HEAD + "<p>" + TEXT * 500_000)
    add("19 MB of text", lambda: HEAD + "<p>" + TEXT * 188_000)
    add("19 MB without a space", lambda: HEAD + "<p>" + "tea" * 6_300_000)
    add("19 MB of spaces", lambda: HEAD + "<p>" + " " * 19 * million + TEXT)
    add("19 MB of Chinese", lambda: HEAD + "<p>" + "茶葉泡茶，有人加牛奶。" * 570_000)
    add("19 MB of Arabic", lambda: HEAD + "<p>" + "الشاي يُحضَّر من أوراق. " * 480_000)
    add("19 MB of combining marks", lambda: HEAD + "<p>a" + "\u0301" * 9_000_000)
    add("19 MB of emoji and joiners", lambda: HEAD + "<p>tea" + "👩\u200d👧\ufe0f" * 1_400_000)
    add("19 MB of code", lambda: HEAD + "<pre><code>" + "tea = milk  \n" * 1_400_000)
    add("a million backticks", lambda: HEAD + "<p>tea " + "`" * million + " milk<pre>" + "`" * million + "x</pre>")
    add("Markdown signs by the million", lambda: HEAD + "<p>tea " + r"*_[](<>)!\|~`#+-=$&" * 250_000)
    add("formulas that never end", lambda: HEAD + "<p>tea " + r"\( \[ $$ " * 500_000)
    add("brackets by the million", lambda: HEAD + "<p>tea " + "[" * 3 * million + "]" * 3 * million)
    add("digits by the million", lambda: HEAD + "<p>" + "20" * 5 * million + "<p>" + "2026-01-" * million)
    add("a title of 15 MB", lambda: "<title>" + TEXT * 150_000 + "</title><p>" + TEXT)

    # Nothing closed, nothing in order.
    add("everything unclosed", lambda: "<html><body>" + "<div><p><table><tr><td><b><a href=x>tea" * 11_000)
    add("everything closed twice", lambda: HEAD + "</p></div></b></a></td></table>tea" * 100_000)
    add("quotes unclosed", lambda: HEAD + "<a href=\"x<p>tea'" * 39_000)
    add("tags unclosed", lambda: HEAD + "<p tea " * 79_000)
    add("19 million <", lambda: HEAD + "tea" + "<" * 19 * million)
    add("9 million </", lambda: HEAD + "tea" + "</" * 9 * million)
    add("comments unclosed", lambda: HEAD + TEXT + "<!-- tea " * 79_000)
    add("declarations unclosed", lambda: HEAD + TEXT + "<!x<?y<![CDATA[" * 26_000)
    add(
        "a script that never ends",
        lambda: HEAD + TEXT + "<script>" + "if (a < b && '</scr' + 'ipt>') tea();\n" * 450_000,
    )
    add("a style that never ends", lambda: HEAD + TEXT + "<style>" + "p { color: red }\n" * million)
    add("79,000 style rules", lambda: f"<style>{'.a>b:not(c)~d::e[f=g]{{display:none}}' * 79_000}</style>{HEAD}{TEXT}")
    add(
        "hidden by 20,000 rules",
        lambda: (
            "<style>"
            + "".join(f".c{i}{{display:none}}" for i in range(20_000))
            + f"</style>{HEAD}"
            + "".join(f"<p class=c{i}>tea" for i in range(20_000))
        ),
    )
    add("text areas that never end", lambda: HEAD + TEXT + "<textarea><title><xmp><plaintext>" + "<p>tea" * 79_000)
    add("39,000 duplicate ids", lambda: HEAD + "<p id=x>tea <a href=#x>milk</a>" * 39_000)
    add(
        "footnotes to one place", lambda: HEAD + "<p>tea<sup><a href=#x>1</a></sup>" * 26_000 + "<ol><li id=x>milk</ol>"
    )
    add(
        "footnotes to many places",
        lambda: (
            HEAD
            + "".join(f"<p>tea<sup><a href=#x{i}>{i}</a></sup>" for i in range(19_000))
            + "<ol>"
            + "".join(f"<li id=x{i}>milk" for i in range(19_000))
        ),
    )
    add("ruby by the thousand", lambda: HEAD + "<p>" + "<ruby>茶<rt>ちゃ</ruby>" * 39_000)
    add(
        "formulas by the thousand",
        lambda: (
            HEAD + "<p>" + "<math alttext='x^2'><mi>x</mi><annotation encoding=TeX>x^2</annotation></math>" * 26_000
        ),
    )
    add(
        "drawings and templates",
        lambda: HEAD + "<svg><text>tea</text></svg><template><p>milk</template><noscript><p>x</noscript>" * 13_000,
    )
    add("frames in frames", lambda: "<frameset>" * 5000 + f"<noframes><p>{TEXT}")
    add(
        "iframes and objects",
        lambda: HEAD + "<iframe srcdoc='<p>x'></iframe><object><embed><p>tea</object>" * 19_000 + TEXT,
    )

    # Metadata.
    add(
        "78,000 meta elements",
        lambda: "<meta property=og:title content='Tea'><meta name=author content=x>" * 39_000 + HEAD + TEXT,
    )
    add(
        "JSON-LD a million levels deep",
        lambda: f"<script type=application/ld+json>{'[' * million}</script>{HEAD}<p>{TEXT}",
    )
    add(
        "JSON-LD of 15 MB",
        lambda: (
            '<script type="application/ld+json">['
            + '{"@type":"Article","author":{"name":"x"}},' * 350_000
            + "1]</script>"
            + HEAD
            + f"<p>{TEXT}"
        ),
    )
    add(
        "JSON-LD with a number of 10 MB",
        lambda: (
            '<script type="application/ld+json">{"@type":"Article","x":'
            + "9" * 10 * million
            + "}</script>"
            + HEAD
            + f"<p>{TEXT}"
        ),
    )
    add(
        "a base that leads nowhere",
        lambda: "<base href='http://[::1'><link rel=canonical href='//['>" + HEAD + "<a href=x>tea</a> " * 50_000,
    )

    # Encodings.
    add("UTF-16 without a mark", lambda: (HEAD + f"<p>{TEXT}" * 1000).encode("utf-16-le"))
    add(
        "UTF-16 with halves of characters",
        lambda: (HEAD + f"<p>\ud83d{TEXT}\ude00" * 1000).encode("utf-16-be", "surrogatepass"),
    )
    add("UTF-16 of odd length", lambda: b"\xff\xfe" + (HEAD + f"<p>{TEXT}").encode("utf-16-le") + b"x")
    add(
        "UTF-32 with impossible characters",
        lambda: (HEAD + f"<p>{TEXT}").encode("utf-32-le") + b"\xff\xff\xff\xff" * 1000,
    )
    add(
        "UTF-7",
        lambda: b"<meta charset=utf-7>" + (HEAD + "<p>+ADw-script+AD4-alert(1)+ADw-/script+AD4- " + TEXT).encode(),
    )
    add("surrogates in UTF-8", lambda: (HEAD + f"<p>\ud800{TEXT}\udfff" * 1000).encode("utf-8", "surrogatepass"))
    add("surrogates in text", lambda: HEAD + f"<p>\ud800{TEXT}\udfff\ud83d\ude00" * 1000)
    add(
        "five encodings in one page",
        lambda: (
            b"".join(
                (f"<p>Чай и молоко, {TEXT}".encode(name, "replace"))
                for name in ("utf-8", "cp1251", "koi8-r", "shift_jis", "utf-16")
            )
            * 100
        ),
    )
    add(
        "an encoding declared a thousand times",
        lambda: (
            b"<meta charset=x-unknown><meta charset=shift_jis>" * 1000 + (HEAD + f"<p>{TEXT}").encode() + b"\xff\x81"
        ),
    )
    add("19 MB of no encoding", lambda: HEAD.encode() + bytes(range(128, 256)) * 148_000)
    add("escapes of ISO-2022-JP", lambda: HEAD.encode() + b"tea \x1b$B\x1b(J" * million)
    add("overrides of direction", lambda: HEAD + f"<p>\u202e{TEXT}\u2066\u2067\u2068" * 50_000)
    add("19 MB of null bytes", lambda: (HEAD + f"<p>{TEXT}").encode() + bytes(19 * million))
    add("null bytes everywhere", lambda: "\0".join(HEAD + f"<p>{TEXT}" * 1000))
    add("nothing but null bytes", lambda: bytes(million))
    add(
        "control characters everywhere",
        lambda: HEAD + "<p>" + "".join(map(chr, (*range(1, 32), *range(127, 160)))) * 50_000 + TEXT,
    )

    # Entities.
    add("3 million entities", lambda: HEAD + "<p>tea" + "&amp;" * 3 * million)
    add("3 million spaces as entities", lambda: HEAD + "<p>tea" + "&nbsp;" * 3 * million)
    add("2 million numbered entities", lambda: HEAD + "<p>tea" + "&#128104;" * 2 * million)
    add(
        "impossible entities",
        lambda: HEAD + "<p>tea" + "&#xD800;&#0;&#1114112;&#99999999999;&#x;&;&nosuch;&#128;" * 300_000,
    )
    add("19 million &", lambda: HEAD + "<p>tea" + "&" * 18 * million)
    add(
        "entities in entities",
        lambda: (
            "<!DOCTYPE html [<!ENTITY a 'tea'>"
            + "".join(f"<!ENTITY b{i} '&b{i - 1};&b{i - 1};'>" for i in range(1, 60))
            + f"]><html><p>&b59; {TEXT}"
        ),
    )
    add(
        "an entity from a file",
        lambda: f"<?xml version='1.0'?><!DOCTYPE html [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><html><p>&a; {TEXT}",
    )

    # No page at all.
    add("nothing", lambda: b"")
    add("a byte", lambda: b"<")
    add("one letter a million times", lambda: b"a" * million)
    add("random bytes", lambda: bytes((i * 2654435761 >> 13) & 255 for i in range(300_000)))
    return pages


PAGES = _pages() | COMBINATIONS


@dataclass(frozen=True)
class Cost:
    """What came of a page and what it took.

    Attributes
    ----------
    name : str
    n_bytes : int
        Length of the page.
    outcome : str
        ``N blocks``, or the reason why there is none.
    seconds : float
        Processor time of reading, labelling, looking for metadata and writing in the format that takes longest.
    slowest : str
        That format; empty if the page is refused.
    megabytes : float
        Most memory that the process had at a time.
    """

    name: str
    n_bytes: int
    outcome: str
    seconds: float
    slowest: str
    megabytes: float


def _record(page: Page, model: Model) -> dict[str, object]:
    """Read a page and write it in every format; what of `Cost` can be told from within."""
    started = time.process_time()
    times = {"": 0.0}
    try:
        labelled = label(page, model=model)
        _ = labelled.metadata  # the same for all formats, and read once
        outcome = f"{len(labelled.blocks):,} blocks"
    except BoilerplateError as error:
        outcome = str(error)
    spent = time.process_time() - started

    def write(output_format: str, name: str) -> None:
        started = time.process_time()
        labelled.render(output_format, LABELS, images=True, with_metadata=True)
        times[name] = time.process_time() - started

    if outcome.endswith(" blocks"):
        for output_format in FORMATS:
            write(output_format, output_format)
        # What JSON says of feeds depends on what the model takes for one.
        labelled = replace(labelled, blocks=tuple(replace(b, label="feed") for b in labelled.blocks))
        write("json", "json of a feed")
    slowest = max(times, key=lambda name: times[name])
    n_bytes = len(page if isinstance(page, bytes) else page.encode("utf-8", "surrogatepass"))
    return {"n_bytes": n_bytes, "outcome": outcome, "seconds": spent + times[slowest], "slowest": slowest}


def measure(names: list[str]) -> Iterator[Cost]:
    """Read pages, each in a fork of this process, which has all that is needed loaded."""
    model = load_model()
    _record(HEAD + TEXT, model)  # what is imported late is imported by now
    for name in names:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            code = 1
            try:
                page = PAGES[name]()
                # Several times what is promised is as good as for ever.
                resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
                record = _record(page, model)
                with os.fdopen(writer, "w") as stream:
                    json.dump(record, stream)
                code = 0
            finally:
                os._exit(code)
        os.close(writer)
        with os.fdopen(reader) as stream:
            told = stream.read()
        _, status, usage = os.wait4(child, 0)
        died = {"n_bytes": 0, "outcome": f"DIED ({status})", "seconds": usage.ru_utime, "slowest": ""}
        found = json.loads(told) if told else died
        yield Cost(name=name, megabytes=usage.ru_maxrss / 1000, **found)


def row(cost: Cost) -> str:
    """A line of the table."""
    return (
        f"| {cost.name} | {cost.n_bytes / 1e6:.1f} | {cost.seconds:.1f} | {cost.slowest} | {cost.megabytes:.0f} | "
        f"{cost.outcome} |\n"
    )


def put_into(document: Path, costs: Iterable[Cost]) -> None:
    """Replace the rows of these pages in the document's table, or add them; its rows stand in the order of `PAGES`."""
    before, begin, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    table, end, after = rest.partition(END)
    if not (begin and end):
        sys.exit(f"{document} has no lines {BEGIN.strip()} and {END.strip()} to write between.")
    names = list(PAGES)
    rows = {line[2:].partition(" | ")[0]: f"{line}\n" for line in table.splitlines() if line.startswith("| ")}
    rows |= {cost.name: row(cost) for cost in costs}
    wanted = "".join(rows[name] for name in names if name in rows)
    document.write_text(f"{before}{begin}\n{HEADER}{wanted}\n{end}{after}", encoding="utf-8")


def main() -> None:
    """Print a table for people; with ``--json`` a line a page; with ``--document`` put it into the document."""
    options = {"--json", "--document"}
    wanted = [word for word in sys.argv[1:] if word not in options]
    names = [name for name in PAGES if not wanted or any(word == name for word in wanted)]
    names = names or [name for name in PAGES if any(word in name for word in wanted)]
    if "--json" in sys.argv:
        for cost in measure(names):
            print(json.dumps(asdict(cost)), flush=True)
        return
    print(HEADER, end="")
    for cost in measure(names):
        print(row(cost), end="", flush=True)
        if "--document" in sys.argv:
            put_into(DOCUMENT, [cost])


if __name__ == "__main__":
    main()
