"""The feature matrix as a whole: complete, finite, in range, the same every time, in time linear in the page."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate import features
from boilerplate.blocks import BlockTable, segment
from boilerplate.features import SCORERS, box_scores, neighbours, scores
from boilerplate.features.guesses import GUESSED
from boilerplate.features.hashing import HashedWeights
from boilerplate.features.scores import OUTPUTS
from boilerplate.page import parse

RNG = np.random.default_rng(0)
WEIGHTS = {
    name: HashedWeights.rounded(RNG.normal(size=(1 << bits, len(OUTPUTS))).astype(np.float32))
    for name, bits in SCORERS.items()
}
URL = "https://www.news.example/world/2024/story-one"


def table_of(html: str, url: str | None = None) -> BlockTable:
    return segment(parse(html, url=url))


def full(reading: features.PageReading) -> np.ndarray:
    """The whole matrix, with a first guess that follows from the features."""
    first = features.first_matrix(reading, WEIGHTS)
    guess = 0.5 + 0.5 * np.sin(first[:, : len(GUESSED)].astype(np.float64) + np.arange(len(GUESSED)) + len(first))
    return features.full_matrix(first, reading, guess)


def matrix_of(html: str, url: str | None = None) -> np.ndarray:
    return full(features.read(table_of(html, url)))


def check(matrix: np.ndarray, n_blocks: int) -> None:
    assert matrix.shape == (n_blocks, len(features.NAMES))
    assert matrix.dtype == np.float32
    assert np.isfinite(matrix).all()
    if n_blocks == 0:
        return
    for name, low, high in RANGES:
        column = matrix[:, features.NAMES.index(name)]
        assert column.min() >= low, name
        assert column.max() <= high, name


def _ranges() -> list[tuple[str, float, float]]:
    """What descriptions promise: "1 if", "0 to 30", "at most 5", "log(1 + …)", "share of"."""
    unlimited = 1e6
    of_page = {n: d for n, d in features.DESCRIPTIONS.items() if n not in scores.DESCRIPTIONS | box_scores.DESCRIPTIONS}
    ranges = []
    for name, what in of_page.items():
        if name in neighbours.DESCRIPTIONS:
            continue
        between = re.search(r"(\d+) to (\d+)", what)
        at_most = re.search(r"at most (\d+)", what)
        if what.startswith("1 if"):
            ranges.append((name, 0.0, 1.0))
        elif between:
            low = -1.0 if "-1 if unknown" in what else 0.0
            ranges.append((name, low, float(between.group(2))))
        elif at_most:
            ranges.append((name, 0.0, float(at_most.group(1))))
        elif what.startswith("share"):
            ranges.append((name, 0.0, 1.0))
        elif what.startswith(("log", "standard deviation")):
            ranges.append((name, 0.0, unlimited))
    return ranges


RANGES = _ranges()

RICH = """<html><head><title>One story</title><style>.gone{display:none}</style></head><body>
<nav><ul><li><a href="/">Home</a><li><a href="/world">World</a><li><a href="http://[">Odd</a></ul></nav>
<main><article class="story"><h1>One story</h1><p>By Me, 3.4.2021 at 12:30</p><p>First words, and more of them: it
cost $5 (or 3,50 €).</p><p>漢字と仮名。 คำไทย مرحبا بالعالم</p><blockquote>“So it was!”</blockquote></article>
<aside class="gone" style="width:30px"><a href="https://ads.example/go/?utm_x=1" rel="sponsored" target="_blank">
<img src="x">Buy now</a></aside></main><table width="90"><tr><td>a</td><td>b</td></tr></table>
<footer>© 2024 <a href="#top">Top</a> <a href="mailto:a@b.example">Write</a></footer></body></html>"""


LINKS = [
    '<a href="#x">a</a>',
    '<a href="/2024/11/one-two" rel="nofollow" title="t">b</a>',
    '<a href="/a/12345" rel="tag">c</a>',
    '<a href="https://x.example/one/two">d</a>',
    '<a href="/a/12345">e</a>',
]
IN_TAGS = ["section", "header", "form", "figure", "button", "label", "code", "details", "dialog", "ins", "template"]
OF_TAGS = ["div", "span", "dl><dt", "figcaption", "time", "p><b", "p><small", "center", "x-y", "div width=9 height=9"]
VARIED = f"""<link rel="canonical" href="https://x.example/one/two">
<meta property="og:type" content="article">
<meta name="description" content="some words">
<script type="application/ld+json">[{{"@type": "Product"}}, {{"@type": "ItemList"}}, {{"@type": "QAPage"}}]</script>
{"".join(f"<p>{link}</p>" for link in LINKS)}{"".join(f"<{tag}><p>in {tag}</p></{tag}>" for tag in IN_TAGS)}
{"".join(f"<{tag}>{tag[:3]} words</{tag}>" for tag in OF_TAGS)}<div><b>x1</b><b>x2</b><b>x3</b></div>
<ul><li>what:<li>what?<li>what!<li>more…<li>5% a|b<li>a@b.example<li>same<li>same</ul><p>a<br>b
<div aria-hidden="true"><p>x</p></div><div style="float:left;position:fixed"><p>y</p></div>
<div itemprop="x" tabindex="0"><input><iframe></iframe><p>z</p></div><div><div><div><div><div>
<p>{"long " * 40}</p></div></div></div></div></div>
{"<section><div><div><p>deep</p></div></div></section>" * 2}
{"<section><div><p>less deep</p></div></section>" * 2}<noscript><p>none</p></noscript>"""


def test_every_feature_says_something_somewhere() -> None:
    found = np.vstack([matrix_of(RICH, URL), matrix_of(VARIED)])
    constant = [name for name, column in zip(features.NAMES, found.T, strict=True) if len(np.unique(column)) < 2]
    assert constant == []


def test_every_feature_has_one_name_and_one_description() -> None:
    assert len(set(features.NAMES)) == len(features.NAMES) == len(features.DESCRIPTIONS)
    assert all(what and what == what.strip() and "{" not in what for what in features.DESCRIPTIONS.values())
    assert len(RANGES) > 150


def test_columns_come_in_the_order_of_the_descriptions() -> None:
    # A first guess reads the first columns only.
    digest = hashlib.sha256("\n".join(features.NAMES).encode()).hexdigest()
    assert (len(features.NAMES), digest[:16]) == (660, "f8d1dc6819f7fd52")


@pytest.mark.parametrize("url", [None, URL, "http://[", "nonsense"])
def test_a_rich_page(url: str | None) -> None:
    check(matrix_of(RICH, url), len(table_of(RICH)))


@pytest.mark.parametrize(
    ("html", "n_blocks"),
    [
        ("<body></body>", 0),
        ("<img src=x>", 0),
        ("<p>...</p>", 0),
        ("<a href=x></a><h1></h1><style>.a{display:none}</style>", 0),
        ("<p>word</p>", 1),
        ("word", 1),
        ("<h1>word</h1>", 1),
        ("<a href=x>word</a>", 1),
        ("<p>a</p><p>b</p>", 2),
        ("<h1>a</h1><a href=x>b</a>", 2),
        ("<p>漢字仮名交じり文。</p><p>ภาษาไทยไม่มีเว้นวรรค</p>", 2),
        ("<p dir=rtl>مرحبا بالعالم؟</p><p>𠀀😀 İß</p>", 2),
    ],
)
@pytest.mark.parametrize("url", [None, URL])
def test_small_pages_and_other_scripts(html: str, n_blocks: int, url: str | None) -> None:
    check(matrix_of(html, url), n_blocks)


HOSTILE = {
    "hrefs": "".join(
        f"<p><a href='{href}'>word</a></p>"
        for href in ["http://[", "http://]a[", "javascript:", " ", "a b", "//", "://", "http://a@:x/", "?", "\\\\x",
                     "http://\u2100.example", "x" * 10_000, "http://" + "a." * 5000, "%", "/" * 5000]
    ),
    "base": "<base href='http://['><a href=x>a</a><a href=/y>b</a>",
    "canonical": "<link rel=canonical href='http://['><a href=x>a</a>",
    "sizes": "".join(
        f"<p width='{w}' height='{w}' style='width:{w}px'>word</p>"
        for w in ("9e99", "-1", "NaN", "٣", "1" * 999, "5" + " " * 90_000 + "x")
    ),
    "rel": f"<p><a href=x rel='{'a b ' * 5000}' target='{'x' * 9999}'>word</a></p>",
    "class": f"<div class='{'aB ' * 30_000}' id='{'-' * 9999}' role='{'x' * 9999}'><p>word</p></div>",
    "styles": f"<style>{'{' * 200_000}</style><style>.a{{</style><p style='{';' * 9999}'>word</p>",
    "json": '<script type="application/ld+json">{"@type": "\\ud800", "@type": [[[</script><p>word</p>',
    "meta": f"<title>{'x ' * 9999}</title><meta name=description content='{'y ' * 9999}'><p>x y</p>",
    "headings": "<h1><h2><h3>word<p>a</h1></h2><h6></h6><h1> </h1><p>b",
    "nesting": "<a href=x><b><i><a href=y>word</b></a></i><table><a href=z>b<tr><p>c</table>",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages(name: str) -> None:
    started = time.process_time()
    table = table_of(HOSTILE[name])
    assert len(table) > 0
    check(full(features.read(table)), len(table))
    assert time.process_time() - started < 3


PIECES = [
    "<div class=a>", "</div>", "<p>", "</p>", "<a href='/x/y'>", "<a href='http://b.example'>", "</a>", "<h2>",
    "</h2>", "<li>", "<b>", "</b>", "<span>", "</span>", "<br>", "<table>", "<td>", "<main>", "</main>", "<x-y>",
    "<p hidden>", "<div style='width:9px'>", "<img>", "words here.", "漢字", "كلمة", "12:30 $5", " ", "&amp;", "Σİ",
]  # fmt: skip
PAGES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map("".join)


@given(PAGES, st.sampled_from([None, URL]))
@settings(max_examples=80, deadline=None)
def test_random_pages(html: str, url: str | None) -> None:
    page = f"<body>{html}</body>"
    table = table_of(page, url)
    reading = features.read(table)
    matrix = full(reading)
    check(matrix, len(table))
    assert len(reading) == len(table)
    assert matrix.tobytes() == matrix_of(page, url).tobytes()
    # What a worker process sends back gives the same matrix.
    assert full(pickle.loads(pickle.dumps(reading))).tobytes() == matrix.tobytes()


def test_without_weights_the_scores_are_zero_and_the_rest_stays() -> None:
    reading = features.read(table_of(RICH, URL))
    zero = {name: replace(weights, values=np.zeros_like(weights.values)) for name, weights in WEIGHTS.items()}
    blank, scored = features.first_matrix(reading, zero), features.first_matrix(reading, WEIGHTS)
    learned = np.array([name in scores.DESCRIPTIONS for name in features.FIRST_NAMES])
    assert not blank[:, learned].any()
    assert scored[:, learned].any(axis=0).mean() > 0.9
    own = reading.columns.shape[1]
    assert (blank[:, :own] == scored[:, :own]).all()


def test_python_hash_seed_does_not_matter() -> None:
    code = (
        "import sys, numpy as np, hashlib\n"
        "from boilerplate import features\n"
        "from boilerplate.blocks import segment\n"
        "from boilerplate.page import parse\n"
        "from boilerplate.features import SCORERS\n"
        "from boilerplate.features.scores import OUTPUTS\n"
        "from boilerplate.features.hashing import HashedWeights\n"
        "w = {n: HashedWeights.rounded(np.sin(np.arange((1 << b) * 5, dtype=np.float32)).reshape(-1, 5))\n"
        "     for n, b in SCORERS.items()}\n"
        f"reading = features.read(segment(parse(sys.stdin.read(), url={URL!r})))\n"
        "m = features.first_matrix(reading, w)\n"
        "m = features.full_matrix(m, reading, 0.5 + 0.5 * np.sin(m[:, :5].astype(float)))\n"
        "print(m.shape, hashlib.sha256(m.tobytes()).hexdigest())\n"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"},
            input=RICH,
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for seed in ("1", "77")
    }
    assert len(runs) == 1


SHAPES = {
    "siblings": lambda n: "<p>x</p>" * n,
    "links": lambda n: "".join(f'<p><a href="/a/{i}?x=1">link {i}</a></p>' for i in range(n)),
    "one link": lambda n: f'<a href="/x" rel="{"z " * n}">' + "<p>word</p>" * n + "</a>",
    "long base": lambda n: f"<base href='http://x.example/{'y' * n}?[]'>" + "<p><a href=z>x</a></p>" * n,
    "deep": lambda n: "".join(f"<div width={i % 90 + 1}>t{i} " for i in range(n // 10)),
    "deep links": lambda n: "".join(f"<section><h2>t{i}</h2>text <b>more</b>" for i in range(n // 10)),
    "many in deep": lambda n: "<main width=9>" * 1000 + "<p>p</p><h3>x</h3>" * n,
    "deep many times": lambda n: ("<div>" * 50 + "<h3>x</h3><p>p</p>" + "</div>" * 50) * (n // 20),
    "headings": lambda n: "<h1>h</h1>" * n,
    "inline": lambda n: "<p>" + "<b>bold</b> <a href=x>t</a> " * n + "</p>",
    "digits": lambda n: ("<p>" + "1 . ," * 60 + "</p>") * (n // 4),
    "names": lambda n: "".join(f'<p data-x{i}="1" class="c{i}">x</p>' for i in range(n)),
    "rules": lambda n: (
        "<style>"
        + "".join(f".c{i}{{width:{i % 99}px}}" for i in range(n))
        + "</style>"
        + "".join(f"<p class=c{i}>x</p>" for i in range(n))
    ),
}


def seconds(table: BlockTable, times: int) -> float:
    best = np.inf
    for _ in range(times):
        started = time.process_time()
        full(features.read(table))
        best = min(best, time.process_time() - started)
    return best


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_time_is_linear_in_the_page(shape: str) -> None:
    small, large = (table_of(SHAPES[shape](n)) for n in (2_000, 20_000))
    # Ten times the page: 10 if linear, 100 if quadratic. On a busy machine the larger arrays lose their cache.
    assert seconds(large, 2) < 25 * seconds(small, 4) + 0.05


@given(st.lists(st.sampled_from(features.NAMES), max_size=40))
@settings(max_examples=15, deadline=None)
def test_a_plan_gives_the_columns_of_the_whole_matrix(names: list[str]) -> None:
    table = table_of(RICH, URL)
    guess = RNG.random((len(table), len(GUESSED)))
    everything = features.read(table)
    whole = features.full_matrix(features.first_matrix(everything, WEIGHTS), everything, guess)
    plan = features.Plan.of(names)
    reading = features.read(table, plan)
    first = features.first_matrix(reading, WEIGHTS, plan)
    planned = features.full_matrix(first, reading, guess, plan)
    assert set(names) <= set(plan.names)
    assert planned.shape == (len(table), len(plan.names))
    for column, name in zip(planned.T, plan.names, strict=True):
        np.testing.assert_array_equal(column, whole[:, features.NAMES.index(name)], name)
