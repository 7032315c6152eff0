"""HTML output and overlays of a hostile page in a real browser, with a listener that must see nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from misbehaving_server import Server

from boilerplate import LabelledPage, Model, label
from boilerplate.labels import LABELS

sync_api = pytest.importorskip("playwright.sync_api", reason="output is opened with playwright")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)"),
]

#: Ways to run something, as markup; the function they call leaves a mark.
RUNNING = """
<script>hit('script')</script><svg onload=hit('svg')><script>hit('svg script')</script></svg>
<img src=x onerror=hit('img')><body onload=hit('body')><details open ontoggle=hit('toggle')><summary>x</summary></details>
<p onmouseover=hit('over') onclick=hit('click')>hover here <a href="javascript:hit('link')">one</a>
<a href=" java&#9;script:hit('tab')">two</a> <a href="&#1;javascript:hit('control')">three</a>
<a href="data:text/html,<script>opener.hit('data')</script>">four</a> <a href="vbscript:hit('vb')">five</a></p>
<iframe srcdoc="<script>parent.hit('srcdoc')</script>"></iframe><iframe src="javascript:parent.hit('frame')"></iframe>
<object data="data:text/html,<script>parent.hit('object')</script>"></object><embed src="javascript:hit('embed')">
<form action="javascript:hit('form')"><button formaction="javascript:hit('button')">x</button><input autofocus onfocus=hit('focus')></form>
<math><maction actiontype="statusline#http://x" xlink:href="javascript:hit('math')">click</maction></math>
<svg><a xlink:href="javascript:hit('svg link')"><text>x</text></a><animate onbegin=hit('begin') attributeName=x dur=1s></svg>
<p style="width:expression(hit('style'));behavior:url(x)">styled text of a paragraph</p><marquee onstart=hit('marquee')>x</marquee>
<noscript><p title="</noscript><img src=x onerror=hit('noscript')>">text</p></noscript>
<p><code>&lt;script&gt;hit('escaped')&lt;/script&gt;</code> &lt;img src=x onerror=hit('text')&gt; text of a paragraph</p>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=hit('mxss')&gt;"></table></mtext></math>
<textarea></textarea><title><img src=x onerror=hit('title')></title><xmp><img src=x onerror=hit('xmp')></xmp>
<pre><code class="language-x&quot; onclick=hit('class')">code here = 1</code></pre><x onclick=hit('x')>text of an unknown</x>
"""
#: Ways to load something from {base}.
LOADING = """
<link rel=stylesheet href={base}/css><link rel=preload as=image href={base}/preload><link rel=icon href={base}/icon>
<link rel=dns-prefetch href={base}><link rel=prefetch href={base}/prefetch><link rel=manifest href={base}/manifest>
<meta http-equiv=refresh content="0;url={base}/refresh"><base href="{base}/base/">
<style>@import '{base}/import';@font-face{{font-family:f;src:url({base}/font)}}p{{font-family:f;background:url({base}/bg)}}</style>
<p style="background:url({base}/style);list-style:url({base}/list);cursor:url({base}/cursor),auto">Tea is brewed from leaves.</p>
<p style="background:\\75\\72\\6c({base}/escaped);content:image-set('{base}/set' 1x)">Some people drink tea with milk.</p>
<img src={base}/img.png alt=one><img srcset="{base}/set.png 2x" alt=two><picture><source srcset={base}/source.png><img></picture>
<video poster={base}/poster src={base}/video autoplay><track src={base}/track></video><audio src={base}/audio autoplay></audio>
<iframe src={base}/frame></iframe><object data={base}/object></object><embed src={base}/embed><frame src={base}/frame2>
<script src={base}/script></script><script type=module>import '{base}/module'</script>
<svg><image href={base}/image /><use href="{base}/use#x"/><filter><feImage href={base}/fe /></filter><style>@import '{base}/svgcss'</style></svg>
<table background={base}/table><tr><td background={base}/td>Cell of a table</td></tr></table><input type=image src={base}/input>
<body background={base}/body><a ping={base}/ping href="#x">Link with a ping</a><p><a href="{base}/link">Link to a page</a></p>
<math href={base}/math><mi>x</mi></math><portal src={base}/portal></portal><q cite={base}/cite>quoted text</q>
"""
TEXT = (
    "<p>Tea is brewed from leaves, and some people drink it with milk, which others find hard to understand at all.</p>"
)


def hostile(base: str) -> str:
    loading = LOADING.format(base=base)
    return f"<!DOCTYPE html><html><head><title>Tea</title></head><body>{TEXT}{RUNNING}{TEXT}{loading}{TEXT * 3}</body></html>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def opened(browser: Any, html: str, path: Path) -> tuple[list[str], list[str]]:
    """What ran and what was asked for while a file was open and everything on it was touched."""
    path.write_text(html, encoding="utf-8")
    context = browser.new_context()
    ran: list[str] = []
    asked: list[str] = []
    # Functions, since playwright marks what it is given.
    context.expose_function("hit", lambda what: [ran.append(what)])
    context.on("request", lambda request: asked.append(request.url))
    context.on("requestfailed", lambda request: request.failure == "csp" and asked.remove(request.url))
    page = context.new_page()
    page.on("dialog", lambda dialog: (ran.append("dialog"), dialog.dismiss()))
    page.goto(path.as_uri())
    page.wait_for_timeout(300)
    for number, link in enumerate(page.query_selector_all("a, p, button, summary, input, td, code, [tabindex]")[:60]):
        target = link.get_attribute("href") or ""
        if target.startswith(("http:", "https:", "mailto:")) and number >= 0:
            continue  # to follow a link is to ask for what it leads to
        try:
            link.hover(timeout=200, force=True)
            link.click(timeout=200, force=True, no_wait_after=True)
        except sync_api.Error:
            pass  # folded away
    page.wait_for_timeout(300)
    context.close()
    return ran, [url for url in asked if url.partition("#")[0] != path.as_uri()]


def overlay(page: LabelledPage) -> str:
    return page.overlay()


def html(page: LabelledPage) -> str:
    return page.render("html", LABELS, with_metadata=True)


def check_the_listener(browser: Any, server: Server, tmp_path: Path) -> None:
    base = f"http://127.0.0.1:{server.port}"
    ran, _ = opened(browser, hostile(base), tmp_path / "as-it-came.html")
    assert ran, "the page is hostile"
    assert server.requests, "and it loads"
    server.requests.clear()


@pytest.mark.parametrize("written", [html, overlay])
def test_nothing_runs_and_nothing_is_loaded(
    browser: Any, server: Server, model: Model, tmp_path: Path, written: Callable[[LabelledPage], str]
) -> None:
    check_the_listener(browser, server, tmp_path)
    base = f"http://127.0.0.1:{server.port}"
    for url in (None, f"{base}/page"):
        page = label(hostile(base), model=model, url=url, explain=written is overlay)
        assert len(page.blocks) > 10
        ran, asked = opened(browser, written(page), tmp_path / "page.html")
        assert ran == []
        assert asked == []
        assert server.requests == []


def test_images_are_loaded_if_asked_for_and_nothing_else(
    browser: Any, server: Server, model: Model, tmp_path: Path
) -> None:
    base = f"http://127.0.0.1:{server.port}"
    page = label(hostile(base), model=model, url=f"{base}/page")
    server.requests.clear()
    ran, asked = opened(browser, page.render("html", LABELS, images=True), tmp_path / "page.html")
    assert ran == []
    assert f"{base}/img.png" in asked
    assert {path for path in server.paths if not path.endswith((".png", "/x", "/1"))} == set()
