"""The overlay: one file that loads nothing and runs nothing of the page, for eyes, hands and screen readers."""

from __future__ import annotations

import os
import pickle
import re
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from conftest import PAGE, ROOT, Run
from lxml import html as lxml_html

from boilerplate import Model, label
from boilerplate.blocks import segment
from boilerplate.errors import UsageError
from boilerplate.labels import LABELS
from boilerplate.page import parse
from boilerplate.rendering import snapshot
from boilerplate.rendering.snapshot import _without_loads
from fuzz.oracles import check_overlay

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SEED = (ROOT / "datasets" / "seed" / "page.html").read_bytes()
CSS = (ROOT / "boilerplate" / "overlay" / "overlay.css").read_text(encoding="utf-8")

#: Whatever a page may do to act or to load, at an address to be filled in.
HOSTILE = """<!DOCTYPE html><html onload="parent.hacked=1"><head><title></title><script>top.hacked=1</script></title>
<base href="@/base/"><link rel=stylesheet href="@/style.css"><link rel=preload as=image href="@/preload">
<link rel=dns-prefetch href="@/dns"><link rel="shortcut icon" href="@/icon">
<meta http-equiv=refresh content="0;url=@/refresh">
<meta http-equiv=Content-Security-Policy content="default-src *">
<style>@import "@/import.css"; @import url(@/import2.css); @font-face{font-family:f;src:url(@/font.woff2)}
p{background:url('@/bg.png');font-family:f;cursor:url(@/c.cur),auto} h1::before{content:url("@/content.png")}
li{list-style-image:u\\72l(@/escaped.png);background:image-set("@/set.png" 1x)}
#stage,#card,#legend{display:none!important}
</style></head><body onload="top.hacked=2" background="@/body.png">
<h1 onclick="top.hacked=3" onmouseover="top.hacked=4" onfocus="top.hacked=5" tabindex=0 autofocus>Headline of all</h1>
<p style="background-image:url(@/inline.png)">A paragraph that is long enough to be the main text of a page.</p>
<p><a href="javascript:top.hacked=6">Run me</a> <a href="@/link" ping="@/ping" target=_top>A link</a></p>
<ul><li>One <img src="@/img.png" onerror="top.hacked=7" srcset="@/set.png 2x">
<li>Two<picture><source srcset="@/s"></picture></ul>
<iframe src="@/frame"></iframe><iframe srcdoc="<script>top.hacked=8</script>"></iframe><object data="@/object"></object>
<embed src="@/embed"><video src="@/video" poster="@/poster" autoplay></video><audio src="@/audio" autoplay></audio>
<svg><script>top.hacked=9</script><image href="@/svg.png"/><use href="@/use.svg#x"/>
<animate attributeName=href values="javascript:1"/>
<style>svg{fill:url(@/fill)}</style><foreignObject><img src="@/foreign.png"></foreignObject></svg>
<form action="@/form"><input type=image src="@/input.png" formaction="@/fa"><button>Send it</button></form>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=@/m onerror=top.hacked=10&gt;"></table>
</math>
<noscript><p title="</noscript><img src=@/ns onerror=top.hacked=11>">Without scripts</p></noscript>
<template><img src="@/template.png"><p>Template</p></template>
<p>--&gt; ]]&gt; &lt;/script&gt;&lt;script&gt;top.hacked=12&lt;/script&gt;</p>
<!-- </script><script>top.hacked=13</script> --><xmp></script><script>top.hacked=14</script></xmp>
<p>\u202eesrever <bdo dir=rtl>text</bdo></p></body></html>"""


@pytest.fixture(scope="module")
def seed(model: Model) -> str:
    return label(SEED, model=model, explain=True).overlay()


# --- the file


def test_the_file_of_a_page(seed: str, model: Model) -> None:
    data = check_overlay(seed)
    page = label(SEED, model=model)
    assert [LABELS[int(k)] for k in data["labels"]] == [block.label for block in page.blocks]
    assert [k == "1" for k in data["kept"]] == [block.is_main for block in page.blocks]
    root = lxml_html.document_fromstring(seed)
    items = root.xpath("//ol[@id='blocks']/li")
    assert [item.get("class") for item in items] == [block.label for block in page.blocks]
    for name in LABELS:
        (count,) = root.xpath(f"//label[input[@id='show-{name}']]/span[@class='count']")
        assert count.text == str(sum(block.label == name for block in page.blocks))
    assert all(item.xpath(".//div[@class='why']/ul/li") for item in items)


def test_the_file_of_a_hostile_page(model: Model) -> None:
    text = label(HOSTILE.replace("@", "http://evil.example"), model=model, explain=True).overlay()
    check_overlay(text)
    assert text.count("<script") == text.count("</script") == 2


def test_pages_without_text_and_without_tree(model: Model) -> None:
    check_overlay(label("<img src=x>", model=model).overlay())
    page = pickle.loads(pickle.dumps(label(PAGE, model=model)))
    with pytest.raises(UsageError, match="Label it again"):
        page.overlay()
    with pytest.raises(UsageError, match="is no label"):
        label(PAGE, model=model).overlay(["advert"])


@pytest.mark.parametrize(
    ("style", "left"),
    [
        ("a{background:url(http://x/y.png) no-repeat}", "a{background:none no-repeat}"),
        ("@import 'x.css'; b{}", " b{}"),
        ("@import url(x.css) screen;b{}", "b{}"),
        ('@font-face{src:url( "http://x/(a).woff" )}', "@font-face{src:none}"),
        ("a{background:URL(//x)}", "a{background:none}"),
        ("a{background:url('data:image/png;base64,AA==')}", "a{background:url('data:image/png;base64,AA==')}"),
        ("a{fill:url(#gradient)}", "a{fill:url(#gradient)}"),
        ("a{color:red}", "a{color:red}"),
    ],
)
def test_style_sheets_load_nothing(style: str, left: str) -> None:
    assert _without_loads(style) == left


def test_drawings_keep_their_looks() -> None:
    looks = {"font-style": "italic", "stroke-linejoin": "round", "stroke-linecap": "round", "marker-start": "url(#a)"}
    acts = {"onload": "x()", "marker-end": "url(http://x/a.svg#b)", "style": "fill:url(http://x/y)"}
    given = " ".join(f'{name}="{value}"' for name, value in (looks | acts).items())
    shown = snapshot(segment(parse(f"<svg><path {given} d='M0 0'/></svg><p>Text</p>")))
    assert {"d": "M0 0", "style": "fill:none", **looks} in shown.attributes


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_labels_can_be_told_apart_without_colour() -> None:
    """Text on and beside each colour has the contrast of WCAG 2 AA; letters and underlines differ."""
    colours = dict(re.findall(r"--(article|promo|feed|chrome|soft|ink|focus): (#[0-9a-f]{6})", CSS))
    for name in (*LABELS, "soft", "ink", "focus"):
        assert contrast(colours[name], "#ffffff") >= 4.5, name
        assert contrast(colours[name], "#f3f5f7") >= 4.5, name
    styles = dict(re.findall(r"\.(article|promo|feed|chrome) \{ --colour: [^;]*; --style: (\w+)", CSS))
    assert len(set(styles.values())) == len(LABELS)
    assert len({name[0] for name in LABELS}) == len(LABELS)
    script = (ROOT / "boilerplate" / "overlay" / "overlay.js").read_text(encoding="utf-8")
    assert len(set(re.findall(r"text-decoration: underline (\w+)", script))) == len(LABELS)


def test_command_line(run: Run, page: Path, tmp_path: Path) -> None:
    out = tmp_path / "overlay.html"
    assert run("label", page, "-f", "overlay", "-o", out).returncode == 0
    check_overlay(out.read_text(encoding="utf-8"))
    several = run("label", page, page, "-f", "overlay")
    assert several.returncode == 2
    assert b"directory" in several.stderr
    directory = tmp_path / "overlays"
    assert run("label", page, page, "-f", "overlay", "-o", directory, "--only", "promo").returncode == 0
    files = sorted(directory.iterdir())
    assert [file.name for file in files] == ["page-2.html", "page.html"]
    root = lxml_html.document_fromstring(files[0].read_text(encoding="utf-8"))
    assert [box.get("id") for box in root.xpath("//input[@checked]")] == ["show-promo"]


# --- in a browser


def browser_test(function: Any) -> Any:
    """Mark a test that needs a browser."""
    there = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")
    return pytest.mark.slow(there(function))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


class Opened:
    """An overlay in a tab, with all that it asked for and all that went wrong."""

    def __init__(self, tab: Any, path: Path, wait: str = "html[data-ready]") -> None:
        self.tab = tab
        self.requests: list[str] = []
        self.errors: list[str] = []
        tab.on("request", lambda request: self.requests.append(request.url))
        tab.on("pageerror", lambda error: self.errors.append(str(error)))
        tab.on("dialog", lambda dialog: self.errors.append(dialog.message))
        tab.goto(path.as_uri())
        tab.wait_for_selector(wait, state="attached")

    @property
    def card(self) -> str:
        return str(self.tab.inner_text("#card")) if self.tab.is_visible("#card") else ""

    def current(self) -> int:
        """The block that is selected, -1 without one."""
        return int(
            self.tab.evaluate(
                "[...document.querySelectorAll('#blocks > li')].findIndex(i => i.getAttribute('aria-current'))"
            )
        )

    def point(self, text: str) -> tuple[float, float]:
        """Where the first letters of a text stand in the window."""
        box = self.tab.frames[1].get_by_text(text).first.bounding_box()
        return box["x"] + 12, box["y"] + box["height"] / 2


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    contexts = []

    def make(text: str, wait: str = "html[data-ready]", **options: Any) -> Opened:
        path = tmp_path / f"overlay{len(contexts)}.html"
        path.write_text(text, encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": 1200, "height": 800}, **options))
        return Opened(contexts[-1].new_page(), path, wait)

    yield make
    for context in contexts:
        context.close()


@browser_test
def test_the_page_looks_as_it_does(opened: Any, seed: str) -> None:
    shown = opened(seed)
    assert shown.requests == [shown.tab.url]
    assert shown.errors == []
    frame = shown.tab.frames[1]
    assert "Контакты президентов России" in frame.inner_text("body")
    # Every block is coloured by its label.
    sizes = frame.evaluate("['0','1','2','3'].map(k => CSS.highlights.get('boilerplate-' + k).size)")
    assert all(size > 0 for size in sizes)
    assert shown.tab.locator("#tags .tag").count() > 5
    assert {tag.inner_text() for tag in shown.tab.locator("#tags .tag").all()} <= {"A", "P", "F", "C"}


@browser_test
def test_hover_says_label_probabilities_and_reasons(opened: Any, seed: str) -> None:
    shown = opened(seed)
    assert shown.card == ""
    shown.tab.mouse.move(*shown.point("Контакты президентов России"))
    card = shown.card
    assert card.split("\n")[:2] == ["A", "article"]
    assert all(name in card for name in LABELS)
    assert shown.tab.locator("#card ul li").count() >= 2
    shown.tab.mouse.move(*shown.point("Телеканал"))
    assert "chrome" in shown.card.split("\n")[1]
    shown.tab.mouse.move(1100, 10)
    assert shown.card == ""


@browser_test
def test_keyboard_alone(opened: Any, seed: str) -> None:
    shown = opened(seed)
    press = shown.tab.keyboard.press
    press("Tab")
    assert shown.tab.evaluate("document.activeElement.id") == "stage"
    assert shown.tab.evaluate("getComputedStyle(document.activeElement, '::after').borderStyle") == "solid"
    for expected in (0, 1, 2):
        press("ArrowDown")
        assert shown.current() == expected
        assert shown.card
    press("ArrowUp")
    assert shown.current() == 1
    press("End")
    assert shown.current() == 62
    assert shown.tab.evaluate("!document.getElementById('outline').hidden")
    press("Home")
    assert shown.current() == 0
    press("Escape")
    assert shown.current() == -1
    assert shown.card == ""
    # Next come the boxes of the legend, then the list.
    press("Tab")
    assert shown.tab.evaluate("document.activeElement.id") == "show-article"
    press("Space")
    assert not shown.tab.is_checked("#show-article")
    for _ in range(6):
        press("Tab")
    assert shown.tab.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert shown.current() == 0
    press("ArrowDown")
    assert shown.current() == 1
    press("Enter")
    assert shown.tab.is_visible("#blocks > li[aria-current] .why")


@browser_test
def test_labels_are_switched_on_and_off(opened: Any, seed: str) -> None:
    shown = opened(seed)
    frame = shown.tab.frames[1]
    size = "CSS.highlights.get('boilerplate-1').size"
    before = frame.evaluate(size)
    assert before > 0
    shown.tab.uncheck("#show-promo")
    assert frame.evaluate(size) == 0
    assert shown.tab.locator("#blocks > li.promo").first.is_hidden()
    assert shown.tab.locator("#blocks > li.feed").first.is_visible()
    shown.tab.check("#show-promo")
    assert frame.evaluate(size) == before
    shown.tab.check("#show-kept")
    faded = frame.evaluate("CSS.highlights.get('boilerplate-f').size")
    assert faded > 20


@browser_test
def test_hidden_text_can_be_shown(opened: Any, model: Model) -> None:
    html = PAGE.replace(
        "<footer>", "<div style='display:none'><p>You cannot see this text of the page</p></div><footer>"
    )
    shown = opened(label(html, model=model, explain=True).overlay())
    shown.tab.locator("#blocks summary", has_text="You cannot see").focus()
    assert "Hidden: display:none" in shown.card
    assert "does not show" in shown.tab.inner_text("#said")
    shown.tab.check("#show-all")
    assert shown.tab.frames[1].get_by_text("You cannot see").is_visible()
    assert shown.tab.inner_text("#said") == ""


@browser_test
def test_a_hostile_page_runs_and_loads_nothing(opened: Any, model: Model) -> None:
    seen: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(204)
            self.end_headers()

        do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - names that the library asks for

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        shown = opened(label(HOSTILE.replace("@", address), model=model, explain=True).overlay())
        tab = shown.tab
        before = tab.url
        assert tab.is_visible("#stage")  # the page's own style rules stay in their frame
        assert tab.is_visible("#legend")
        for text in ("Headline of all", "Run me", "A link", "Send it"):
            tab.mouse.move(*shown.point(text))
            tab.mouse.click(*shown.point(text))
        tab.focus("#stage")
        for _ in range(12):
            tab.keyboard.press("ArrowDown")
            tab.keyboard.press("Enter")
        tab.check("#show-all")
        tab.wait_for_timeout(300)
        assert tab.evaluate("window.hacked") is None
        assert tab.url == before
        assert len(tab.context.pages) == 1
        assert shown.errors == []
        assert seen == []
        # Not even asked for: what is left to the policy are addresses that style sheets spell in a way of their own.
        assert [url for url in shown.requests if url != before and "escaped" not in url and "set.png" not in url] == []
    finally:
        server.shutdown()


@browser_test
def test_without_scripts_it_is_a_list(opened: Any, seed: str) -> None:
    shown = opened(seed, wait="#blocks", java_script_enabled=False)
    assert shown.tab.locator("#stage").is_hidden()
    first = shown.tab.locator("#blocks > li").nth(12)
    first.locator("summary").click()
    assert first.locator(".why").is_visible()
    assert "article" in first.locator(".why").inner_text()
    shown.tab.uncheck("#show-article")
    assert first.is_hidden()


@browser_test
def test_inside_a_sandbox_it_is_a_list(opened: Any, seed: str, tmp_path: Path) -> None:
    (tmp_path / "inner.html").write_text(seed, encoding="utf-8")
    outer = "<!DOCTYPE html><title>T</title><iframe sandbox src=inner.html width=900 height=600></iframe>"
    shown = opened(outer, wait="iframe")
    inner = shown.tab.frame_locator("iframe")
    inner.locator("#blocks > li").nth(12).wait_for()
    assert inner.locator("#stage").is_hidden()


@browser_test
def test_a_long_page_stays_usable(opened: Any, model: Model) -> None:
    rows = "".join(f"<div class=c><p><a href=/{n}>Story number {n}</a></p></div>" for n in range(1200))
    shown = opened(label(rows, model=model).overlay())
    assert shown.tab.frames[1].evaluate("document.compatMode") == "BackCompat"  # the page has no doctype
    shown.tab.focus("#stage")
    started = shown.tab.evaluate("performance.now()")
    for _ in range(10):
        shown.tab.keyboard.press("ArrowDown")
    assert shown.current() == 9
    assert shown.tab.evaluate("performance.now()") - started < 10_000
