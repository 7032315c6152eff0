"""The annotator's server: who may ask, and what the browser is told it may do with a page."""

from __future__ import annotations

import http.client
import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest
import uvicorn

from boilerplate import Model
from boilerplate.annotate.pages import find_pages
from boilerplate.annotate.server import FRAME_POLICY, HOST, application, listen, new_token, serve
from boilerplate.annotate.store import LabelStore
from boilerplate.annotate.workspace import Workspace
from boilerplate.blocks import segment
from boilerplate.errors import UsageError
from boilerplate.page import parse
from boilerplate.rendering import snapshot

TOKEN = "a-token-for-tests"
#: In headers the server's port stands for PORT.
ORIGIN = f"http://{HOST}:PORT"
STEP = {"action": "accept_all"}


@pytest.fixture
def work(model: Model, page: Path, tmp_path: Path) -> Workspace:
    store = LabelStore(tmp_path / "labels")
    pages, _ = find_pages([str(page)], store.records)
    return Workspace(pages, store, model)


@dataclass
class Answer:
    """What the server said."""

    status_code: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


class Client:
    """Sends requests as they are given, without mending anything."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.send("GET", path, headers or {}, None)

    def post(self, path: str, headers: dict[str, str], body: bytes = json.dumps(STEP).encode()) -> Answer:
        return self.send("POST", path, {"content-type": "application/json", **headers}, body)

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        given = {"host": f"{HOST}:PORT", **headers}
        try:
            connection.request(
                method, quote(path, safe="/?=%"), body, {k: v.replace("PORT", str(self.port)) for k, v in given.items()}
            )
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read().decode())
        finally:
            connection.close()


@pytest.fixture
def client(work: Workspace) -> Iterator[Client]:
    sock = listen()
    port = sock.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(application(work, TOKEN, port), lifespan="off", log_level="error"))
    thread = Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    yield Client(port)
    server.should_exit = True
    thread.join(20)


def test_the_annotator_itself_is_served(client: Client) -> None:
    index = client.get(f"/{TOKEN}/")
    assert index.status_code == 200
    assert "script-src 'self'" in index.headers["content-security-policy"]
    assert 'sandbox="allow-same-origin"' in index.text
    for name in re.findall(r'(?:src|href)="(static/[^"]+)"', index.text):
        answer = client.get(f"/{TOKEN}/{name}")
        assert answer.status_code == 200
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"].startswith(("text/javascript", "text/css"))
    assert client.get(f"/{TOKEN}/static/..%2fserver.py").status_code == 404
    assert client.get(f"/{TOKEN}/static/server.py").status_code == 404


def test_a_step_is_taken_and_saved(client: Client, work: Workspace) -> None:
    assert client.get(f"/{TOKEN}/api/pages").json()["pages"][0]["id"] == "page"
    assert client.get(f"/{TOKEN}/api/pages/0").json()["blocks"]["text"][0] == "Home"
    answer = client.post(f"/{TOKEN}/api/pages/0/steps", {"origin": ORIGIN})
    assert answer.json()["undecided"] == 0
    assert work.store.has("page")
    refused = client.post(f"/{TOKEN}/api/pages/7/steps", {"origin": ORIGIN})
    assert refused.status_code == 400
    assert "no page number 8" in refused.json()["error"]


@pytest.mark.parametrize("path", ["/", "/wrong/", "/wrong/api/pages", f"//{TOKEN}/api/pages", f"/{TOKEN}x/", "/ä/"])
def test_nothing_without_the_token(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 403
    assert TOKEN not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:PORT"},
        {"origin": f"http://{HOST}:1PORT"},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
        {"origin": ORIGIN, "host": "evil.example:PORT"},
        # A page whose own name leads to this machine by now.
        {"origin": "http://evil.example:PORT", "host": "evil.example:PORT"},
        {"origin": ORIGIN, "content-type": "text/plain"},
    ],
)
def test_no_step_from_another_origin(client: Client, work: Workspace, headers: dict[str, str]) -> None:
    answer = client.post(f"/{TOKEN}/api/pages/0/steps", headers)
    assert answer.status_code in (403, 415, 421)
    assert not work.store.has("page")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"host": "evil.example"},
    ],
)
def test_nothing_is_read_from_another_origin(client: Client, headers: dict[str, str]) -> None:
    answer = client.get(f"/{TOKEN}/api/pages/0", headers)
    assert answer.status_code in (403, 421)
    assert "Home" not in answer.text


def test_damaged_and_endless_steps(client: Client) -> None:
    for body, status in ((b"{", 400), (b"[]", 400), (b"[" * 9_000, 400), (b" " * 20_000, 413), (b"\xff", 400)):
        answer = client.post(f"/{TOKEN}/api/pages/0/steps", {"origin": ORIGIN}, body)
        assert answer.status_code == status
        assert answer.json()["error"]


def test_the_frame_lets_nothing_run_or_load(client: Client) -> None:
    answer = client.get(f"/{TOKEN}/frame")
    policy = dict(part.split(" ", 1) for part in FRAME_POLICY.split("; "))
    assert answer.headers["content-security-policy"] == FRAME_POLICY
    assert policy["default-src"] == policy["script-src"] == policy["connect-src"] == "'none'"
    # Scripts and the origin together would be no sandbox.
    assert policy["sandbox"] == "allow-same-origin"
    assert policy["img-src"] == policy["font-src"] == "data:"
    assert policy["style-src"] == "'unsafe-inline'"
    assert answer.text == "<!DOCTYPE html><html><head></head><body></body></html>"
    assert client.get(f"/{TOKEN}/frame?quirks").text.startswith("<html>")


HOSTILE = """<!DOCTYPE html><html onload=a()><head><base href=http://evil.example><script>a()</script>
<meta http-equiv=refresh content="0;url=http://evil.example"><link rel=preconnect href=http://evil.example>
<style>p{color:red}</style></head><body onclick=a() background=http://evil.example/b data-x=1 is=x-y>
<a href="javascript:a()" ping=http://evil.example target=_top>link text</a><img src=http://evil.example/i onerror=a()
srcset="http://evil.example/j 2x"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><img src="data:text/html,x">
<iframe src=http://evil.example srcdoc="<script>a()</script>" width=300 height=99>frame text</iframe>
<object data=http://evil.example>object text</object><video src=x poster=y autoplay></video><embed src=x></embed>
<form action=http://evil.example><input type=image src=http://evil.example/k formaction=http://evil.example autofocus>
<button formaction=javascript:a() accesskey=1>button text</button></form>
<svg viewbox="0 0 1 1" onload=a()><script>a()</script><use href="http://evil.example#x"/><use xlink:href="#y"/>
<rect fill="url(http://evil.example)" stroke="url(#ok)"/><animate attributeName=href to=javascript:a() />
<a xlink:href="javascript:a()"><lineargradient gradientunits=x></lineargradient></a></svg>
<template><p>template text</p></template><noscript><p>noscript text</p></noscript><o:p>office text</o:p>
<x"y>odd text</x"y><p contenteditable=true tabindex=3 popover>plain text</p></body></html>"""


def test_what_acts_or_loads_does_not_reach_the_browser() -> None:
    table = segment(parse(HOSTILE))
    shown = snapshot(table)
    sent = json.dumps([shown.tags, shown.attributes, shown.content])
    assert "evil.example" not in sent
    assert "javascript:" not in sent
    assert not re.search(
        r'"(?:on\w+|src(?:set|doc)|ping|action|formaction|is|autofocus|contenteditable|to)":(?! "data:image)', sent
    )
    assert not {"script", "iframe", "object", "embed", "link", "meta", "base", "template", "svg:animate"} & set(
        shown.tags
    )
    by_tag = dict(zip(shown.tags, shown.attributes, strict=True))
    assert by_tag["a"] == {"href": "#"}
    assert by_tag["svg:svg"] == {"viewBox": "0 0 1 1"}
    assert by_tag["svg:rect"] == {"stroke": "url(#ok)"}
    assert by_tag["svg:linearGradient"] == {"gradientUnits": "x"}
    assert {"src": "data:image/gif;base64,R0lGODlhAQABAAAAACw="} in shown.attributes
    assert {"width": "300", "height": "99", "style": "width:300px;height:99px;"} in shown.attributes
    # Where the link leads is told to the annotator, as text.
    assert "javascript:a()" in shown.links.values()
    # All text that belongs to a block is there.
    texts = [item for item in shown.content if isinstance(item, str)]
    by_block: dict[int, str] = {}
    for text, block in zip(texts, shown.text_block, strict=True):
        by_block[block] = by_block.get(block, "") + text
    assert [" ".join(by_block[i].split()) for i in range(len(table))] == table.text


def test_the_real_server_listens_on_loopback_alone(work: Workspace) -> None:
    sock = listen()
    assert sock.getsockname()[0] == HOST
    token = new_token()
    assert len(token) >= 30
    assert token != new_token()
    Thread(target=serve, args=(work, sock, token), daemon=True).start()
    port = sock.getsockname()[1]
    with urllib.request.urlopen(f"http://{HOST}:{port}/{token}/api/pages", timeout=20) as answer:
        assert json.load(answer)["labels"] == ["article", "promo", "feed", "chrome"]
    with pytest.raises(UsageError, match="Give another with --port"):
        listen(port)
