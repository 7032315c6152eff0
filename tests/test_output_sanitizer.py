"""HTML output has a wall behind the code that builds it."""

from __future__ import annotations

import time

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate import Model, label
from boilerplate.labels import LABELS
from boilerplate.output import html, render
from boilerplate.output.addresses import Addresses
from boilerplate.output.document import Options
from fuzz.oracles import check_html

PAGE = (
    "<h1>Tea</h1><p>Tea is brewed <a href='/x'>from leaves</a>."
    "<pre><code class=language-c++>x</code></pre><img src=//a/b.png>"
)


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<p onclick=alert(1) style='color:red' class=x>tea</p>",
        "<a href='javascript:alert(1)' target=_blank>tea</a>",
        "<a href='&#1;java&#10;script:alert(1)'>tea</a>",
        "<a href='data:text/html,x'>tea</a><img src='data:image/svg+xml,x'>",
        "<img src=x onerror=alert(1) srcset=y><iframe srcdoc=x></iframe>",
        "<svg><style><!--</style><img src=x onerror=alert(1)></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<code class='language-x onclick'>tea</code><span class='advert'>tea</span>",
        "<form><input><button formaction=javascript:x>tea</button></form><base href=x><meta http-equiv=refresh>",
        "<!-- --!><img src=x onerror=alert(1)> -->",
    ],
)
def test_whatever_is_written_nothing_active_comes_out(
    markup: str, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = label(PAGE, model=model)
    # As if the code before it had let all of this through.
    monkeypatch.setattr(html._Writer, "blocks", lambda self, nodes: f"<p>before</p>{markup}<p>after</p>")
    text = render(page, page.blocks, "html")
    check_html(text)
    tree = lxml.html.document_fromstring(text)
    assert not tree.xpath("//body//@*[name() != 'href' and name() != 'src' and name() != 'title']")
    assert tree.xpath("//p/text()")[0] == "before"


def test_what_is_written_comes_out(model: Model) -> None:
    text = label(PAGE, model=model, url="https://a.test/").render("html", LABELS, images=True)
    for expected in (
        '<a href="https://a.test/x">from leaves</a>',
        '<code class="language-c++">x</code>',
        '<img src="https://a/b.png" alt="">',
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("images", "policy"), [(False, "default-src 'none'; base"), (True, "default-src 'none'; img-src *; base")]
)
def test_the_document_forbids_itself_requests(images: bool, policy: str, model: Model) -> None:
    page = label(PAGE, model=model)
    text = render(page, page.blocks, "html", Options(images=images))
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}' in text
    assert ("<img" in text) is images


def test_addresses_without_a_scheme_lead_to_no_file_server(model: Model) -> None:
    page = label(PAGE, model=model)
    assert page.layout is not None
    assert Addresses(page.layout, None).resolve("//tracker/x.png") == "https://tracker/x.png"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "\x01javascript:alert(1)",
        "java\nscript:alert(1)",
        "java\tscript\r:alert(1)",
        "\x00\x1f vbscript:x",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "blob:x",
        "view-source:x",
    ],
)
def test_addresses_that_run_something_are_left_out(address: str, model: Model) -> None:
    page = label(PAGE, model=model)
    assert page.layout is not None
    for url in (None, "https://a.test/b"):
        assert Addresses(page.layout, url).resolve(address) == ""
    written = label(f"<p>Tea <a href='{html.html.escape(address)}'>is brewed</a>", model=model)
    for output_format in ("markdown", "html", "json"):
        assert "alert" not in written.render(output_format, LABELS)


@given(st.text(alphabet="a&<>;lt\xa0\x85", max_size=400), st.integers(5, 40))
@settings(max_examples=60, deadline=None)
def test_long_texts_come_out_of_the_sanitiser_whole(text: str, length: int) -> None:
    body = f"<p>{html.html.escape(text, quote=False)}</p><p>and</p>"
    whole = html._sanitized(body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "_LONG_TEXT", length)
        patch.setattr(html, "_TEXT_BETWEEN_TAGS", html.re.compile(f">[^<>]{{{length},}}"))
        assert html._sanitized(body) == whole


@pytest.mark.parametrize("sign", ["&", "\xa0", "é¡"])
def test_long_texts_take_linear_time(sign: str) -> None:
    body = f"<p>{html.html.escape(sign * 400_000, quote=False)}</p>"
    started = time.process_time()
    html._sanitized(body)
    # In one piece, between 1.5 and 60 s.
    assert time.process_time() - started < 1
