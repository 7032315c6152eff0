"""Reading a page, and writing it down, runs nothing that it holds and opens nothing that it names."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from misbehaving_server import Server

#: Reads the page on standard input twice, the second time while the interpreter tells what it does.
SCRIPT = """
import json, sys
from boilerplate import label, load_model
from boilerplate.labels import LABELS
from boilerplate.output import FORMATS

html, model = sys.stdin.buffer.read(), load_model()

def read():
    page = label(html, model=model, explain=True)
    texts = [page.render(name, LABELS, images=True, with_metadata=True) for name in FORMATS]
    return "".join([*texts, page.overlay()])

watched = ("open", "exec", "compile", "import", "socket.", "subprocess.", "os.", "ctypes.", "urllib.", "shutil.")
seen = []

def watch(event, arguments):
    if event.startswith(watched) and not str(arguments[0] if arguments else "").startswith(OWN):
        seen.append(f"{event} {arguments!r:.200}")

first = read()
sys.addaudithook(watch)
second = read()
watched = ("nothing any more",)
print(json.dumps({"seen": seen, "text": first, "same": first == second}))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def read(html: str, directory: Path) -> dict[str, Any]:
    """What the interpreter did while it read the page, and what was written of it."""
    own = f"OWN = ({str(ROOT / 'boilerplate')!r}, {str(ROOT / 'models')!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", own + SCRIPT],
        input=html.encode(),
        capture_output=True,
        cwd=directory,
        env={"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return dict(json.loads(done.stdout))


TEXT = "<p>Tea is brewed from leaves, and some people drink it with milk, which others find hard to understand."


def test_reading_a_page_runs_nothing(tmp_path: Path) -> None:
    code = "__import__('os').mkdir('it-ran')"
    yaml = "!!python/object/apply:os.mkdir ['it-ran']"
    html = f"""<!DOCTYPE html><html><head><title>{{{{ {code} }}}} ${{{code}}} {yaml}</title>
    <script type="application/ld+json">{{"@type": "Article", "headline": {code}}}</script>
    <script type="application/ld+json">{code}</script>
    <meta name="author" content="{yaml}"><meta property="article:published_time" content="{code}">
    <script>require('fs').mkdirSync('it-ran')</script><?php mkdir('it-ran'); ?><% {code} %>
    </head><body onload="{code}"><h1>{code}</h1>{TEXT}<p>{{% {code} %}} `{code}` $(mkdir it-ran) {yaml}
    <time datetime="{code}">{code}</time><pre><code class="language-{code}">{code}</code></pre></body></html>"""
    found = read(html, tmp_path)
    assert found["seen"] == []
    assert found["same"]
    assert not list(tmp_path.iterdir())
    assert "it-ran" in found["text"], "it is text"


def test_reading_a_page_opens_nothing(tmp_path: Path, server: Server) -> None:
    secret = tmp_path / "secret"
    secret.write_text("ANISEED", encoding="utf-8")
    base, file = f"http://127.0.0.1:{server.port}", secret.as_uri()
    for place in (file, str(secret), "secret", f"{base}/x"):
        html = f"""<?xml version="1.0"?><?xml-stylesheet href="{place}" type="text/css"?>
        <!DOCTYPE html SYSTEM "{place}" [<!ENTITY a SYSTEM "{place}"><!ENTITY % b SYSTEM "{place}"> %b;]>
        <html xmlns="http://www.w3.org/1999/xhtml" xmlns:xi="http://www.w3.org/2001/XInclude"><head>
        <title>Tea &a;</title><base href="{base}/"/><link rel="stylesheet" href="{place}"/>
        <link rel="canonical" href="{place}"/><meta http-equiv="refresh" content="0;url={place}"/>
        <style>@import url({place});</style><script src="{place}"></script></head><body>{TEXT} &a;</p>
        <xi:include href="{place}" parse="text"/><p><a href="{place}">Link to it</a> <img src="{place}"/></p>
        <iframe src="{place}"></iframe><object data="{place}"></object></body></html>"""
        found = read(html, tmp_path)
        assert found["seen"] == []
        assert "Tea is brewed" in found["text"]
        assert "ANISEED" not in found["text"]
    assert server.requests == []
