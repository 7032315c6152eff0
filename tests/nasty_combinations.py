"""Pages on which things that are harmless alone are put together: depth and width, rules and elements, and so on."""

from __future__ import annotations

import json
from collections.abc import Callable

__all__ = ["COMBINATIONS"]

Page = bytes | str

_HEAD = "<!DOCTYPE html><html><head><title>Tea</title></head><body><h1>Tea</h1>"
_TEXT = "Tea is brewed from leaves, and some people drink it with milk, which others find hard to understand. "
_MILLION = 1_000_000


def _ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>{_HEAD}<p>{_TEXT}'


def _body(markup: str) -> str:
    return _HEAD + markup


def _styled(rules: str, markup: str) -> str:
    return f"<style>{rules}</style>{_HEAD}{markup}"


COMBINATIONS: dict[str, Callable[[], Page]] = {
    # Depth and width.
    "77,000 paragraphs below 1,900 divs": lambda: _body("<div>" * 1900 + "<p>tea" * 77_000),
    "38,000 boxes below 1,900 divs": lambda: _body("<div>" * 1900 + "<div><p>tea</p></div>" * 38_000),
    "40 links on each of 1,900 levels": lambda: _body(("<div>" + "<a href=/x>tea</a>" * 40) * 1900),
    "classes on 1,900 levels and below": lambda: _body(
        "<div class='a b c d e f g'>" * 1900 + "<p class='x y z'>tea" * 77_000
    ),
    "names of 9,000 letters on 1,900 levels": lambda: _body(("<" + "x" * 9000 + ">") * 1900 + "<p>tea" * 60_000),
    "40 paragraphs in each of 1,900 quotes": lambda: _body(("<blockquote>" + "<p>tea" * 40) * 1900),
    "80 items in each of 950 lists": lambda: _body(("<ol start=99999999>" + "<li>tea</li>" * 80 + "<li>") * 950),
    "9 million lines of code in 900 lists": lambda: _body(
        "<ol start=99999999><li>" * 900 + "<pre>" + "a\n" * 9 * _MILLION
    ),
    "9 million lines of code in 1,900 quotes": lambda: _body("<blockquote>" * 1900 + "<pre>" + "a\n" * 9 * _MILLION),
    "77,000 line breaks in 900 lists": lambda: _body("<ul><li>" * 900 + "<p>" + "tea<br>" * 77_000),
    "75,000 links in 1,900 marks": lambda: _body("<span>" * 1900 + "<a href=/x>tea</a> " * 75_000),
    "77,000 images in 1,900 marks": lambda: _body("<span>" * 1900 + "<img src=a.png alt=tea>" * 77_000 + _TEXT),
    "20 combs of 1,900 teeth": lambda: _body(("<div><p>t</p>" * 1900 + "</div>" * 1900) * 20),
    "20 combs of marks": lambda: _body(("<span>t<a href=x>u</a>" * 1900 + "</span>" * 1900) * 20),
    "75,000 pieces of a drawing below 1,900 groups": lambda: _body(
        "<svg>" + "<g>" * 1900 + "<text>tea</text>" * 75_000
    ),
    "37,000 headings below 1,800 divs": lambda: _body("<div>" * 1800 + "<h3>tea</h3><p>tea" * 37_000),
    # Tables.
    "39,000 cells that span all rows": lambda: _body("<table>" + "<tr><td rowspan=65534>tea" * 39_000),
    "75,000 cells that span both ways": lambda: _body(
        "<table>" + ("<tr>" + "<td colspan=1000 rowspan=65534>tea" * 30) * 2500
    ),
    "16,000 tables with wide spans": lambda: _body(
        "<table><tr><td colspan=1000 rowspan=1000>tea<td>x</table>" * 16_000
    ),
    "480 tables within tables": lambda: _body(("<table><tr>" + "<td>tea" * 150) * 480),
    "a row of 39,000 cells above 19,000 rows": lambda: _body("<table><tr>" + "<td>a" * 39_000 + "<tr><td>b" * 19_000),
    "rows of 1 to 390 cells": lambda: _body("<table>" + "".join("<tr>" + "<td>a" * i for i in range(390))),
    # Code, footnotes and annotations.
    "1,900 codes within codes": lambda: _body("<pre>a\n" * 1900 + "<p>tea\n" * 70_000),
    "75,000 pieces of code of 250 letters": lambda: _body("<pre>" + f"<span>{'a' * 235}</span>\n" * 75_000),
    "backticks in runs of any length": lambda: _body("<p><code>" + " ".join("`" * i for i in range(6000)) + "</code>"),
    "the mark of a footnote of 75,000 pieces": lambda: _body("<p>tea<sup><a href=#x>" + "<b>a</b><i>b</i>" * 37_000),
    "12,000 footnotes that lead back": lambda: _body(
        "".join(f"<p>tea<sup><a href=#x{i} id=y{i}>{i}</a></sup>" for i in range(12_000))
        + "<ol>"
        + "".join(f"<li id=x{i}>milk <a href=#y{i}>back</a>" for i in range(12_000))
    ),
    "footnotes named alike": lambda: _body(
        "".join(f"<p>tea<sup><a href=#x{i}>{('1', f'1-{i}')[i % 2]}</a></sup>" for i in range(12_000))
        + "<ol>"
        + "".join(f"<li id=x{i}>milk" for i in range(12_000))
    ),
    "900 annotations within annotations": lambda: _body("<ruby>茶<rt>ちゃ" * 900 + "<ruby>茶<rt>ちゃ</ruby>" * 20_000),
    "a formula of 70,000 pieces on 1,900 levels": lambda: _body(
        "<p>tea <math>" + "<mrow>" * 1900 + "<mi>x</mi>" * 70_000
    ),
    "a formula of 16 MB": lambda: _body(
        "<p>tea <math><annotation encoding='application/x-tex'>" + "x^2 " * 4 * _MILLION + "</annotation></math>"
    ),
    "70,000 formulas for the eye": lambda: _body(
        "<p>tea <math alttext=x^2></math>" + ("<span>" + "<b aria-hidden=true>x</b>" * 900 + "</span>") * 77
    ),
    "19 MB of formulas that never end": lambda: _body("<p>tea " + r"\( \[ $$ " * 2_100_000),
    # Style sheets.
    "descent through 1,900 classes": lambda: _styled(
        (".q " + ".x " * 12 + ".y{display:none}") * 5000, "<div class=x>" * 1900 + "<p class=y>tea" * 70_000
    ),
    "a million rules for 70,000 paragraphs": lambda: _styled(".y{display:none}" * _MILLION, "<p class=y>tea" * 70_000),
    "a rule of 4 million selectors": lambda: _styled(
        ".y," * 4 * _MILLION + ".y{display:none}", "<p class=y>tea" * 70_000
    ),
    "a selector that fits in two ways a letter": lambda: _styled(
        f".{'é' * 1900}[x]{{display:none}}", f"<p class={'é' * 1900}>{_TEXT}"
    ),
    "a value of 450,000 letters for 70,000 paragraphs": lambda: _styled(
        f"p{{clip:rect({'0 ' * 225_000}); overflow:a{' ' * 40_000}!b}}", "<p>tea" * 70_000
    ),
    "19 million braces": lambda: _styled("{" * 9 * _MILLION + "a{}}" * 2 * _MILLION, _TEXT),
    "nested conditions": lambda: _styled("@media screen and (min-width:1px){" * 500_000, _TEXT),
    "75,000 styles": lambda: _body(("<p style='" + "color:#123;" * 20 + "'>tea") * 75_000),
    "5,000 styles full of spaces": lambda: _body(
        "".join(f"<p style='color:{i}{' ' * 3900}!x'>tea" for i in range(5000))
    ),
    "7 million classes": lambda: _styled(
        ".aa{display:none}", ("<p class='" + " ".join(f"{i:x}" for i in range(256, 1556)) + "'>t") * 3800
    ),
    "75,000 paragraphs with 30 classes of their own": lambda: _body(
        "".join("<p class='" + " ".join(f"{j}{i}" for j in range(30)) + "'>t" for i in range(75_000))
    ),
    # Metadata.
    "JSON-LD of empty lists": lambda: _ld("[" + "[]," * 600_000 + "[]]"),
    "JSON-LD of lists within lists": lambda: _ld(json.dumps([[[]] * 100] * 5000)),
    "JSON-LD of 150,000 articles": lambda: _ld(
        '{"@graph":[' + '{"@type":"NewsArticle","headline":"Tea","author":[{"name":"x"}]},' * 28_000 + "{}]}"
    ),
    "JSON-LD that leads in circles": lambda: _ld(
        json.dumps(
            {
                "@graph": [
                    {
                        "@id": str(i),
                        "@type": "Article",
                        "author": {"@id": str((i + 1) % 9000)},
                        "mainEntity": {"@id": "1"},
                    }
                    for i in range(9000)
                ]
            }
        )
    ),
    "JSON-LD of 78,000 scripts": lambda: (
        '<script type="application/ld+json">{"@type":"NewsArticle","headline":"x"}</script>' * 78_000 + _HEAD + _TEXT
    ),
    "38,000 items that refer to each other": lambda: _body(
        "".join(
            f"<div itemscope itemtype=http://schema.org/Article id=a{i} itemref='a{i + 1} a{i + 7}'>"
            "<i itemprop=author>x</i></div>"
            for i in range(38_000)
        )
    ),
    "75,000 properties within 1,900": lambda: _body(
        "<div itemscope itemtype=http://schema.org/Article itemprop=author>" * 1900 + "<p itemprop=author>tea" * 75_000
    ),
    "75,000 authors within 1,900": lambda: _body(
        "<div class='author byline'>" * 1900 + "<span class='author byline'>By Ann</span>" * 75_000
    ),
    "15 MB within 1,900 authors": lambda: _body("<div class=author>" * 1900 + "<p>" + _TEXT * 150_000),
    "an author of 15 MB": lambda: f"<meta name=citation_author content='{'a' * 15 * _MILLION}'>{_HEAD}{_TEXT}",
    "a title of 15 MB of no-break spaces": lambda: f"<title>a{chr(160) * 7_500_000}b</title><h1>Tea</h1>{_TEXT}",
    "70,000 headings against 40 titles": lambda: (
        "".join(f"<meta property='og:title twitter:title' content='{i} {'tea ' * 1000}'>" for i in range(20))
        + "".join(f"<h1>milk {i}</h1>" for i in range(70_000))
    ),
    "12 blocks of dates that are none": lambda: _body(f"{'<p>' + '1 qq 2026 ' * 19}" * 12 + _TEXT),
    "a million dates in one block": lambda: _body("<p>" + "1 January 2026 " * _MILLION),
    "75,000 dates": lambda: _body("<time datetime=2026-01-01>x</time>" * 75_000),
    # Addresses.
    "38,000 links below a base of 8,000 letters": lambda: (
        f"<base href='http://a.test/{'b' * 8000}'>" + _HEAD + "<p><a href=x>tea</a>" * 38_000
    ),
    "38,000 links below a base of 4,000 steps": lambda: (
        f"<base href='http://a.test/{'b/' * 4000}'>" + _HEAD + "<p><a href=../x>tea</a>" * 38_000
    ),
    "a link of 8,000 letters around 77,000 blocks": lambda: _body(
        f"<a href='http://a.test/{'b' * 8000}'>" + "<div>tea</div>" * 77_000
    ),
    "78,000 links of 220 letters": lambda: _body(
        "".join(f"<a href='http://h{i}.example/{'p/' * 100}'>t</a>" for i in range(78_000))
    ),
    # Words and bytes.
    "78,000 words of 230 digits": lambda: _body("".join(f"<p>{i:0230d}" for i in range(78_000))),
    "15 MB of no-break spaces": lambda: _body("<p>" + "\xa0 " * 5 * _MILLION + "tea"),
    "19 MB of 80,000 marked words": lambda: _body("<p>" + f"<b>{'tea ' * 57}</b>" * 79_000),
    "19 MB of bytes that become three": lambda: (
        b"<meta charset=windows-1252>" + _HEAD.encode() + b"<p>" + b"\x80" * 19 * _MILLION
    ),
    "tags behind null bytes": lambda: _body("<\0\0\0\0\0p>tea" * 1_500_000),
    "tags behind end tags": lambda: _body("<</body>p>tea" * 1_400_000),
    "odd end tags": lambda: _body("</1>tea" * 2_500_000),
}
