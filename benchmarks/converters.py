"""How faithful other converters to Markdown are, given the same documents as HTML."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Sequence

from lxml import etree
from reading_back import PLAIN_READER, READER, outline_of_markdown, words_of_markdown

from boilerplate.words import split_words

__all__ = ["compare"]

#: Run by the interpreter that has the converters: a line of standard input is a document.
CONVERTERS = """
import io, json, sys
import html2text, markdownify
from markitdown import MarkItDown, StreamInfo
known = MarkItDown()
def by_html2text(html):
    writer = html2text.HTML2Text()
    writer.body_width = 0
    writer.unicode_snob = True
    return writer.handle(html)
def by_markdownify(html):
    return markdownify.markdownify(html, heading_style="ATX")
def by_markitdown(html):
    kind = StreamInfo(extension=".html", charset="utf-8")
    return known.convert_stream(io.BytesIO(html.encode()), stream_info=kind).text_content
for line in sys.stdin:
    html = json.loads(line)
    found = {}
    for name, convert in (("markdownify", by_markdownify), ("markitdown", by_markitdown), ("html2text", by_html2text)):
        try:
            found[name] = convert(html)
        except Exception as error:
            found[name] = ""
    print(json.dumps(found), flush=True)
"""

#: Parts that are told apart, and what stands within a part.
_KINDS = frozenset(("blockquote", "li", "td", "pre", "p", "h1", "h2", "h3", "h4", "h5", "h6"))
_INLINE = frozenset(
    (
        *("a", "strong", "em", "code", "del", "ins", "sub", "sup", "u", "q", "mark", "cite"),
        *("ruby", "rt", "rp", "img", "span", "br"),
    )
)


def outline_of_html(html: str) -> Counter[tuple[str, str]]:
    """What each part of a document says, by its kind; of HTML as `boilerplate` writes it."""
    found: Counter[tuple[str, str]] = Counter()
    body = etree.fromstring(html, etree.HTMLParser(huge_tree=True)).find("body")
    gathered: list[str] = []
    kinds: list[str] = ["p"]

    def close() -> None:
        words = " ".join(split_words("".join(gathered)))
        gathered.clear()
        if words:
            found[kinds[-1], words] += 1

    for event, element in etree.iterwalk(body, events=("start", "end")):
        tag = {"dt": "li", "dd": "li", "th": "td"}.get(element.tag, element.tag)
        if tag == "br":
            if event == "start":
                gathered.append("\n")
        elif tag not in _INLINE and not (tag == "code" and kinds[-1] == "pre"):
            close()
            if event == "start":
                kinds.append(kinds[-1] if tag == "p" or tag not in _KINDS else tag)
            else:
                kinds.pop()
        text = element.text if event == "start" else element.tail if element is not body else None
        gathered.append(text or "")
    close()
    return found


def words_of_html(html: str) -> list[str]:
    """Words of the body of a document, in order."""
    return [word for kind, words in outline_of_html(html).elements() for word in words.split(" ") if kind]


def compare(documents: Sequence[tuple[str, str]], python: str) -> None:
    """Print how faithful converters are to the same documents."""
    # Without a head, whose title some write and others do not.
    bodies = [html.partition("<body>")[2].rpartition("</body>")[0] for html, _ in documents]
    lines = "".join(json.dumps(f"<body>{body}</body>") + "\n" for body in bodies)
    done = subprocess.run([python, "-c", CONVERTERS], input=lines, capture_output=True, text=True, check=True)
    written = [json.loads(line) for line in done.stdout.splitlines()]
    for row, (_, own) in zip(written, documents, strict=True):
        row["boilerplate"] = own
    print("\n| converter | pages | all words, no others | words lost of 10,000 | invented | parts kept as they are |")
    print("|---|---|---|---|---|---|")
    for name in ("boilerplate", "markdownify", "markitdown", "html2text"):
        same = lost = invented = total = kept = parts = 0
        reader = READER if name == "boilerplate" else PLAIN_READER
        for (html, _), row in zip(documents, written, strict=True):
            wanted = Counter(words_of_html(html))
            there = Counter(words_of_markdown(row[name], reader, marks=True))
            lost += (wanted - there).total()
            invented += (there - wanted).total()
            total += wanted.total()
            same += wanted == there
            outline = outline_of_html(html)
            parts += outline.total()
            kept += (outline & outline_of_markdown(row[name], reader)).total()
        print(
            f"| {name} | {len(documents)} | {same / len(documents):.1%} | {1e4 * lost / total:.2f} | "
            f"{1e4 * invented / total:.2f} | {kept / parts:.1%} |"
        )
