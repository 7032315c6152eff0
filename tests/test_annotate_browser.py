"""The annotator in a real browser, by keyboard and mouse; skipped where there is no Chromium."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from conftest import ROOT

from boilerplate.dataset import read_dataset, read_regions

sync_api = pytest.importorskip("playwright.sync_api", reason="the annotator is tested with playwright")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
OWN = ROOT / "datasets" / "own"
SEED = ROOT / "datasets" / "seed" / "page.html"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@contextmanager
def annotator(*arguments: str | Path) -> Iterator[str]:
    """Run the command as a user does; gives the address it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "boilerplate", "annotate", *map(os.fspath, arguments), "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stderr is not None
    said = []
    try:
        for line in process.stderr:
            said.append(line)
            if line.startswith("http://127.0.0.1:"):
                break
        else:
            pytest.fail("".join(said))
        yield line.strip()
    finally:
        process.send_signal(signal.SIGINT)
        out, rest = process.communicate(timeout=30)
        process.kill()
    assert process.returncode == 0, rest
    assert "steps were saved" in rest
    assert out == ""


class Tab:
    """A browser tab with the annotator in it."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.unanswered = 0
        page.on("request", lambda _: self._count(1))
        page.on("requestfinished", lambda _: self._count(-1))
        page.on("requestfailed", lambda _: self._count(-1))
        page.goto(url)
        page.wait_for_selector("html[data-revision]")

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector)).strip()

    def press(self, *keys: str) -> None:
        """Press keys; each has been dealt with when this returns."""
        for key in keys:
            self.page.keyboard.press(key)
            self.settle()

    def settle(self) -> None:
        """Wait until the server has answered and what it said is shown."""
        # The load state "networkidle" is of the navigation: once reached, it says nothing of later requests.
        quiet = 0
        for _ in range(1000):
            self.page.wait_for_timeout(20)
            quiet = 0 if self.unanswered else quiet + 1
            if quiet == 5:
                return
        pytest.fail("The page still waits for the server.")

    def _count(self, change: int) -> None:
        self.unanswered += change

    def select(self, text: str) -> None:
        """Choose the block with this text by the search."""
        self.page.keyboard.press("/")
        self.page.keyboard.insert_text(text)
        self.press("Escape")
        assert text in self.text("#text")

    def point(self, selector: str, nth: int = 0) -> tuple[float, float]:
        """Where the start of an element of the page is in the window."""
        box = self.page.frames[1].locator(selector).nth(nth).bounding_box()
        return box["x"] + min(20, box["width"] / 2), box["y"] + min(8, box["height"] / 2)

    def click(self, selector: str, nth: int = 0) -> None:
        self.page.mouse.click(*self.point(selector, nth))
        self.settle()


@pytest.fixture
def tab(browser: Any) -> Iterator[Callable[[str], Tab]]:
    contexts = []
    tabs = []

    def make(url: str) -> Tab:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        contexts.append(context)
        tabs.append(Tab(context.new_page(), url))
        return tabs[-1]

    yield make
    for context in contexts:
        context.close()
    for opened in tabs:
        assert opened.errors == []


def regions_of(path: Path) -> dict[str, str]:
    return {region.xpath: region.label for region in read_regions(path)}


def test_labelling_by_keyboard(tab: Callable[[str], Tab], tmp_path: Path) -> None:
    target = tmp_path / "labels"
    with annotator(OWN / "html", "-o", target) as url:
        one = tab(url)
        assert "1 of 26" in one.text("#place")
        first = one.text("#name").rsplit("/", 1)[-1].removesuffix(".html")
        file = target / "labels" / f"{first}.json"
        assert not file.exists()
        total = int(re.search(r"0 of (\d+) blocks", one.text("#progress"))[1])
        one.press("ArrowDown", "3")
        assert len(regions_of(file)) == 1
        assert set(regions_of(file).values()) == {"feed"}
        # Wider: an ancestor with more text; narrower: back to where it was.
        narrow = one.text("#path [aria-current]")
        one.press("ArrowLeft")
        wide = one.text("#path [aria-current]")
        assert wide != narrow
        assert "blocks" in one.text("#facts")
        one.press("ArrowRight")
        assert one.text("#path [aria-current]") == narrow
        one.press("ArrowLeft", "4")
        assert list(regions_of(file).values()) == ["chrome"]
        one.press("u")
        assert list(regions_of(file).values()) == ["feed"]
        one.press("Control+z")
        assert not file.exists()
        one.press("Shift+U", "Control+y")
        assert list(regions_of(file).values()) == ["chrome"]
        # The next undecided block is not one of those just decided.
        one.press("j")
        assert one.text("#facts").startswith("undecided")
        one.press("a")
        assert one.text("#facts").startswith("decided")
        one.press("0")
        assert one.text("#facts").startswith("undecided")
        one.press("Shift+A")
        assert f"{total} of {total} blocks decided, 1 of 26 pages finished" in one.text("#progress")
        assert one.text("#list") == "Nothing is undecided."
        one.press("n")
        assert "2 of 26" in one.text("#place")
        one.press("p")
        assert "1 of 26" in one.text("#place")
        one.press("Shift+N")
        assert "2 of 26" in one.text("#place")
    assert first in [page.id for page in read_dataset(target)]


def test_closing_and_reopening(tab: Callable[[str], Tab], tmp_path: Path) -> None:
    target = tmp_path / "labels"
    with annotator(SEED, "-o", target) as url:
        one = tab(url)
        one.select("Прошлый онлайн-саммит")
        one.press("1")
        # Reloaded, and in a second tab, all is there.
        one.page.reload()
        one.page.wait_for_selector("html[data-revision]")
        assert "1 of 63 blocks decided" in one.text("#progress")
        assert "1 of 63 blocks decided" in tab(url).text("#progress")
    with annotator(SEED, "-o", target) as url:
        one = tab(url)
        assert "1 of 63 blocks decided" in one.text("#progress")
        one.select("Прошлый онлайн-саммит")
        assert one.text("#facts").startswith("decided")


def test_labelling_by_mouse(tab: Callable[[str], Tab], tmp_path: Path) -> None:
    target = tmp_path / "labels"
    with annotator(SEED, "-o", target) as url:
        one = tab(url)
        one.click("h1")
        assert "Глава МИДа Лавров" in one.text("#text")
        outline = one.page.locator("#outline").bounding_box()
        heading = one.page.frames[1].locator("h1").first.bounding_box()
        assert abs(outline["y"] - heading["y"]) < 6
        one.page.click("#labels button:nth-child(1)")
        one.settle()
        (xpath,) = regions_of(target / "labels" / "page.json")
        assert xpath.endswith("/h1") or "/h1/" in xpath
        one.page.click("#undo")
        one.settle()
        assert not (target / "labels" / "page.json").exists()
        # The wheel scrolls the page; what is chosen from the list is scrolled to.
        one.page.mouse.move(300, 300)
        one.page.mouse.wheel(0, 700)
        one.settle()
        assert one.page.frames[1].evaluate("scrollY") == 700
        one.page.locator("#list li").nth(2).click()
        one.settle()
        assert one.page.frames[1].evaluate("scrollY") < 700
        one.page.click("#path button:last-child")
        assert "63 blocks" in one.text("#facts")
        one.page.click("#accept")
        one.settle()
        assert "63 of 63" in one.text("#progress")
        one.page.click("#tab-pages")
        assert "●" in one.text("#list")


def test_several_blocks_in_a_row(tab: Callable[[str], Tab], tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        "<body><main><h1>Tea</h1><p>One</p><p>Two</p><p>Three</p></main><p>Four</p><p>Five</p></body>", encoding="utf-8"
    )
    file = tmp_path / "labels" / "labels" / "page.json"
    with annotator(path, "-o", tmp_path / "labels") as url:
        one = tab(url)
        one.select("Two")
        one.press("Shift+ArrowDown", "Shift+ArrowDown")
        assert one.text("#facts") == "3 blocks, 0 of them decided"
        assert one.text("#text") == "Two\nThree\nFour"
        one.press("3")
        two, three = "/html/body/main/p[2]", "/html/body/main/p[3]"
        assert regions_of(file) == {two: "feed", three: "feed", "/html/body/p[1]": "feed"}
        one.press("u")
        assert not file.exists()
        # The end moves back, and past the beginning.
        one.press("Shift+ArrowUp", "Shift+ArrowUp", "Shift+ArrowUp", "2")
        assert regions_of(file) == {"/html/body/main/p[1]": "promo", two: "promo"}
        one.press("0")
        assert not file.exists()
        # A wider selection is where several begin; an arrow alone leaves them.
        one.press("ArrowUp", "ArrowLeft", "Shift+ArrowDown", "a")
        assert "5 of 6 blocks decided" in one.text("#progress")
        one.press("ArrowDown")
        assert one.text("#text") == "Five"
        one.click("h1")
        x, y = one.point("p", 1)
        one.page.keyboard.down("Shift")
        one.page.mouse.click(x, y)
        one.page.keyboard.up("Shift")
        assert one.text("#text") == "Tea\nOne\nTwo"


def test_pages_are_found_by_name(tab: Callable[[str], Tab], tmp_path: Path) -> None:
    with annotator(OWN, "-o", tmp_path / "labels") as url:
        one = tab(url)
        one.page.click("#tab-pages")
        one.page.keyboard.press("/")
        one.page.keyboard.insert_text("news-z")
        assert one.page.locator("#list li").count() == 1
        one.press("Enter")
        assert "own-news-zh" in one.text("#name")
        one.page.click("#tab-open")
        assert one.page.input_value("#search") == ""


def test_search_and_plain_view(tab: Callable[[str], Tab], tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        "<h1>Tea and milk</h1><p>ＴＥＡ is brewed.</p><p style='display:none!important'>Hidden tea</p><p>Coffee</p>",
        encoding="utf-8",
    )
    with annotator(path, "-o", tmp_path / "labels") as url:
        one = tab(url)
        one.page.keyboard.press("/")
        one.page.keyboard.type("tEa")
        one.settle()
        assert one.text("#tab-found") == "Found 3"
        one.page.keyboard.press("Enter")
        assert "ＴＥＡ" in one.text("#text")
        one.press("Enter")
        assert "Hidden tea" in one.text("#text")
        assert "not shown" in one.text("#message")
        # Letters in the search are no keys.
        assert "0 of 4 blocks" in one.text("#progress")
        one.press("Escape", "2")
        assert "1 of 4 blocks" in one.text("#progress")
        one.press("s")
        assert one.page.locator("#outline").is_visible() is True


def test_colours_follow_the_labels(tab: Callable[[str], Tab], tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<style>body{background:#fff}</style>" + "<p>Some words of a paragraph here.</p>" * 3)
    with annotator(path, "-o", tmp_path / "labels") as url:
        one = tab(url)
        count = "(name) => CSS.highlights.get('boilerplate-' + name).size"
        frame = one.page.frames[1]
        assert sum(frame.evaluate(count, name) for name in "abcd") == 3
        one.press("2")
        assert frame.evaluate(count, "1") == 1
        assert sum(frame.evaluate(count, name) for name in "abcd") == 2
        shot = one.page.screenshot(clip={"x": 5, "y": 45, "width": 300, "height": 120})
        one.press("u")
        assert frame.evaluate(count, "1") == 0
        assert one.page.screenshot(clip={"x": 5, "y": 45, "width": 300, "height": 120}) != shot


def long_page() -> str:
    """5,000 blocks in sections of cards."""
    rng = random.Random(3)
    words = ["tea", "milk", "cup", "river", "stone", "house", "light", "paper", "garden", "winter", "bread", "music"]

    def text(length: int) -> str:
        return " ".join(rng.choices(words, k=length))

    cards = [f"<div class=card><h3>{text(4)}</h3><p>{text(25)}.</p></div>" for _ in range(2_450)]
    sections = [f"<section><h2>Part {i}</h2>{''.join(cards[i::50])}</section>" for i in range(50)]
    links = "".join(f"<li><a href=/{i}>Section {i}</a></li>" for i in range(50))
    return f"<!DOCTYPE html><style>.card{{border:1px solid}}</style><ul>{links}</ul><main>{''.join(sections)}</main>"


#: Milliseconds from a key to the frame that shows what it did, the labels saved.
_TIMED = """async (key) => {
  const start = performance.now();
  const done = new Promise((resolve) => {
    const observer = new MutationObserver(() => { observer.disconnect(); resolve(); });
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-revision"] });
  });
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  await done;
  await new Promise((resolve) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = resolve;
    channel.port2.postMessage(0);
  }));
  return performance.now() - start;
}"""


def test_a_key_takes_less_than_a_tenth_of_a_second_on_a_page_of_5000_blocks(
    tab: Callable[[str], Tab], tmp_path: Path
) -> None:
    path = tmp_path / "long.html"
    path.write_text(long_page())
    with annotator(path, "-o", tmp_path / "labels") as url:
        one = tab(url)
        assert "of 5000 blocks" in one.text("#progress")
        one.page.wait_for_timeout(500)
        times: dict[str, list[float]] = {}
        for round_ in range(5):
            for key in ("ArrowDown", "1", "j", "ArrowLeft", "2", "u", "ArrowDown", "3", "A", "u"):
                # At the top, in the middle and at the end of the page.
                times.setdefault(key, []).append(one.page.evaluate(_TIMED, key))
            one.page.keyboard.press("/")
            one.page.fill("#search", f"part {round_ * 12}")
            one.press("Escape")
        # What else the machine does can only add to it, and other tests run beside this one.
        quickest = {key: round(statistics.median(sorted(values)[:3]), 1) for key, values in times.items()}
        print("milliseconds a key:", quickest)
        assert max(quickest.values()) < 100, quickest


@contextmanager
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A server that writes down whoever connects to it."""
    heard: list[bytes] = []
    sock = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = sock.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(1)
                try:
                    heard.append(connection.recv(1000))
                except OSError:
                    heard.append(b"(connected)")

    Thread(target=serve, daemon=True).start()
    yield sock.getsockname()[1], heard
    sock.close()


HOSTILE = """<!DOCTYPE html><html manifest="{evil}/m" onload="{script}"><head><title>t</title>
<base href="{evil}/"><meta http-equiv="refresh" content="0;url={evil}/refresh"><meta http-equiv="refresh" content="0">
<link rel="stylesheet" href="{evil}/a.css"><link rel="preconnect" href="{evil}"><link rel="dns-prefetch" href="{evil}">
<link rel="prefetch" href="{evil}/p"><link rel="icon" href="{evil}/i"><link rel="modulepreload" href="{evil}/mod.js">
<script>{script}</script><script src="{evil}/s.js"></script>
<script type="speculationrules">{{"prefetch":[{{"urls":["{evil}/spec"]}}]}}</script>
<style>@import url("{evil}/imported.css"); @font-face {{ font-family: x; src: url("{evil}/font") }}
body {{ background: url("{evil}/background.png"); font-family: x; list-style-image: url({evil}/list.png) }}
p::before {{ content: url("{evil}/content.png") }} li {{ cursor: url({evil}/cursor), auto; mask-image: url({evil}/mask) }}
</style></head>
<body onload="{script}" onfocus="{script}" background="{evil}/b.png">
<h1 onclick="{script}" onmouseover="{script}">A hostile page</h1>
<p style="background-image:url({evil}/style.png)">It would like to <a href="javascript:{script}">call</a> the
<a href="{evil}/link" ping="{evil}/ping" target="_top" autofocus onfocus="{script}">network</a> and the interface.</p>
<img src="{evil}/img.png" onerror="{script}" srcset="{evil}/set.png 2x"><img src="x:y" onerror="{script}" loading="eager">
<picture><source srcset="{evil}/source.png"><img src="{evil}/picture.png"></picture>
<img src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' onload='{script}'%3E%3Cimage href='{evil}/inner.png'/%3E%3C/svg%3E">
<iframe src="{evil}/frame"></iframe><iframe srcdoc="<script>{script}</script>"></iframe><iframe src="javascript:{script}"></iframe>
<object data="{evil}/object" type="image/png"></object><embed src="{evil}/embed"></embed>
<video src="{evil}/video" poster="{evil}/poster" autoplay></video><audio src="{evil}/audio" autoplay></audio>
<form action="{evil}/form" method="post"><input name="a" autofocus onfocus="{script}"><input type="image" src="{evil}/in.png">
<button formaction="{evil}/button">Send</button></form>
<svg onload="{script}" width="9" height="9"><image href="{evil}/svg.png" xlink:href="{evil}/x.png"/><script>{script}</script>
<use href="{evil}/use.svg#a"/><rect fill="url({evil}/fill.svg#a)" width="5" height="5"/>
<a href="javascript:{script}"><text y="9">x</text></a><animate attributeName="href" values="javascript:{script}"/></svg>
<table background="{evil}/table.png"><tr><td background="{evil}/td.png">cell text</td></tr></table>
<details open ontoggle="{script}"><summary>More</summary>text</details><marquee onstart="{script}">moving</marquee>
<ul><li>an item</li></ul><x-y is="z" data-gold="article">custom text</x-y></body></html>"""  # noqa: E501 - markup


def test_a_hostile_page_reaches_neither_the_network_nor_the_interface(
    tab: Callable[[str], Tab], browser: Any, tmp_path: Path
) -> None:
    target = tmp_path / "labels"
    path = tmp_path / "hostile.html"
    path.write_text("<p>later")
    with listener() as (port, heard), annotator(path, "-o", target, "--port", "0") as url:
        evil = f"http://127.0.0.1:{port}"
        # The page knows all there is to know, as if the token had leaked: it still cannot do anything.
        call = f"{url}api/pages/0/steps"
        script = (
            "window.pwned=1;window.top.pwned=1;"
            f"fetch('{evil}/fetch');new Image().src='{evil}/image';navigator.sendBeacon('{evil}/beacon');"
            f"fetch('{call}',{{method:'POST',headers:{{'Content-Type':'application/json'}},body:JSON.stringify({{action:'accept_all'}})}});"
            f"top.location='{evil}/top'"
        )
        html = HOSTILE.replace("{{", "{").replace("}}", "}").replace("{evil}", evil).replace("{script}", script)
        path.write_text(html)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        asked: list[str] = []
        context.on("requestfinished", lambda request: asked.append(f"{request.method} {request.url}"))
        # A request that the policy stops is announced too, but never sent.
        context.on(
            "requestfailed", lambda r: None if r.failure == "csp" else asked.append(f"{r.method} {r.url} ({r.failure})")
        )
        page.goto(url)
        page.wait_for_selector("html[data-revision]")
        frame = page.frames[1]
        assert "A hostile page" in frame.inner_text("h1")
        # Whatever a user may do: move over it, click, type, tab, select, use the plain view.
        for x in range(20, 900, 120):
            for y in range(60, 780, 60):
                page.mouse.move(x, y)
                page.mouse.click(x, y)
        for key in ("Tab", "Tab", "Enter", "Tab", "Enter", "Space", "s", "s", "ArrowDown", "ArrowLeft", "j"):
            page.keyboard.press(key)
        page.wait_for_timeout(1500)
        own = re.compile(r"GET " + re.escape(url) + r"($|#|static/|frame\?|api/pages(/0)?$)")
        foreign = [request for request in asked if not own.match(request) and not request.startswith("GET data:")]
        assert foreign == []
        assert heard == []
        assert not target.exists()
        assert page.evaluate("window.pwned === undefined")
        assert frame.evaluate("window.pwned === undefined")
        assert page.url.startswith(url)
        assert len(context.pages) == 1

        # The other walls, without the first: what the list of harmless elements would let through by mistake.
        page.evaluate(
            """([evil, script]) => {
              const doc = document.getElementById("frame").contentDocument;
              const box = doc.createElement("div");
              box.innerHTML = `<img src="${evil}/wall.png" onerror="${script}"><iframe src="${evil}/wall"></iframe>
                <link rel="stylesheet" href="${evil}/wall.css"><a id="bad" href="javascript:${script}">x</a>
                <form id="form" action="${evil}/wall"><button>b</button></form><video src="${evil}/wall.mp4" autoplay></video>`;
              doc.body.append(box);
              const code = doc.createElement("script");
              code.textContent = script;
              doc.body.append(code);
              const meta = doc.createElement("meta");
              meta.httpEquiv = "refresh";
              meta.content = `0;url=${evil}/wall`;
              doc.head.append(meta);
              doc.getElementById("bad").click();
              doc.getElementById("form").submit();
            }""",  # noqa: E501 - markup
            [evil, script],
        )
        page.wait_for_timeout(1500)
        # Browsers may open a connection ahead of what the policy then stops, which is why the first wall matters.
        assert [said for said in heard if b"HTTP" in said] == []
        assert not target.exists()
        assert page.evaluate("window.pwned === undefined")
        context.close()


def test_a_review_leads_through_disagreements(tab: Callable[[str], Tab], tmp_path: Path) -> None:
    target = tmp_path / "own"
    shutil.copytree(OWN, target)
    path = target / "labels" / "own-news-en.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    headline = next(r for r in record["regions"] if r["xpath"].endswith("h1") or r["label"] == "article")
    headline["label"] = "promo"
    path.write_text(json.dumps(record), encoding="utf-8")
    lines = (target / "pages.jsonl").read_text(encoding="utf-8").splitlines()
    (target / "pages.jsonl").write_text("\n".join(line for line in lines if '"own-news-en"' in line) + "\n", "utf-8")
    with annotator("--review", target) as url:
        one = tab(url)
        before = int(one.text("#tab-differ").split()[-1])
        assert before >= 1
        # Found right by the annotator: it does not come again.
        one.press("c")
        assert int(one.text("#tab-differ").split()[-1]) == before - 1
        checked = json.loads(path.read_text(encoding="utf-8"))
        assert len(checked["checked"]) == 1
        assert checked["regions"] == record["regions"]
        one.press("Control+z")
        assert one.text("#tab-differ") == f"Disagree {before}"
        one.press("j", "1")
    assert json.loads(path.read_text(encoding="utf-8"))["regions"] != record["regions"]


def test_a_page_that_cannot_be_shown_does_not_stop_the_others(tab: Callable[[str], Tab], tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "a.html").write_bytes(b"%PDF-1.7 not a page")
    (pages / "b.html").write_text("<p>Some text here</p>")
    with annotator(pages, "-o", tmp_path / "labels") as url:
        context_tab = tab(url)
        assert "PDF" in context_tab.text("#trouble")
        context_tab.press("1", "n")
        assert "Some text here" in context_tab.text("#text")
        context_tab.press("1")
    assert [p.id for p in read_dataset(tmp_path / "labels")] == ["b"]


@pytest.mark.parametrize("doctype", ["", "<!DOCTYPE html>"])
def test_pages_are_laid_out_as_their_doctype_asks(tab: Callable[[str], Tab], tmp_path: Path, doctype: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(f"{doctype}<table><tr><td>Some text here</td></tr></table>")
    with annotator(path, "-o", tmp_path / "labels") as url:
        mode = tab(url).page.frames[1].evaluate("document.compatMode")
    assert mode == ("CSS1Compat" if doctype else "BackCompat")


def test_pictures_of_the_docs_can_be_taken_anew(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "docs" / "screenshots.py"), "-o", str(tmp_path)]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=300)
    taken = {path.name for path in tmp_path.iterdir()}
    assert taken == {path.name for path in (ROOT / "docs" / "images").glob("*.png")}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())
