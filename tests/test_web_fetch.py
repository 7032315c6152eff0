"""Fetching pages from a server that misbehaves in each way."""

from __future__ import annotations

import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import httpcore
import pytest
import trustme
from misbehaving_server import PAGE, Server, answer, redirect
from protego import Protego

from boilerplate.errors import FetchError, InputError, LimitError, UsageError
from boilerplate.web import is_address
from boilerplate.web.address import is_public
from boilerplate.web.fetch import USER_AGENT, Fetcher
from boilerplate.web.options import FetchOptions
from boilerplate.web.robots import MAX_ROBOTS_BYTES, TOKEN, parse_rules

PUBLIC = "93.184.215.14"


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def local(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def fetcher(**options: object) -> Fetcher:
    given = {"allow_private": True, "max_bytes": 1_000_000, "max_seconds": 10.0, **options}
    return Fetcher(FetchOptions(**given), resolve=local)  # type: ignore[arg-type]


def at(server: Server, path: str, host: str = "pages.test") -> str:
    return f"http://{host}:{server.port}{path}"


def test_a_page(server: Server) -> None:
    page = fetcher().fetch(at(server, "/"))
    assert (page.html, page.url, page.charset) == (PAGE, at(server, "/"), "utf-8")
    assert server.paths == ["/robots.txt", "/"]
    for _, headers in server.requests:
        assert headers["user-agent"] == USER_AGENT
        assert headers["host"] == f"pages.test:{server.port}"
    assert "boilerplate/" in USER_AGENT


@pytest.mark.parametrize("path", ["/gzip", "/deflate", "/moved", "/cookie", "/untyped"])
def test_what_is_allowed(server: Server, path: str) -> None:
    assert fetcher().fetch(at(server, path)).html == PAGE


def test_charset_of_the_header(server: Server) -> None:
    page = fetcher().fetch(at(server, "/koi8"))
    assert page.charset == "koi8-r"


def test_where_it_came_from(server: Server) -> None:
    server.answers["/first"] = redirect("http://other.test:{port}/second#part")
    server.answers["/second"] = redirect("third", "308 Permanent Redirect")
    server.answers["/third"] = answer()
    assert fetcher().fetch(at(server, "/first")).url == at(server, "/third", "other.test")
    # The rules of the second site were asked too.
    assert server.paths.count("/robots.txt") == 2


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/loop", "redirects more than 10 times"),
        ("/to-file", "redirects to 'file://.*/etc/passwd'; only http and https"),
        ("/to-data", "redirects to 'data:.*'; only http and https|does not keep to HTTP"),
        ("/to-script", "redirects to 'javascript:.*'; only http and https|does not keep to HTTP"),
        ("/to-nonsense", "does not keep to HTTP|no address"),
        ("/gzip-cut", "cut off"),
        ("/brotli", "encoded as 'br', which was not asked for"),
        ("/twice", "encoded as 'gzip, gzip'"),
        ("/image", "'image/png', not a web page"),
        ("/json", "'application/json', not a web page"),
        ("/cut-off", "does not keep to HTTP"),
        ("/negative", "does not keep to HTTP"),
        ("/garbage", "does not keep to HTTP"),
        ("/nothing", "does not keep to HTTP|connection fails"),
        ("/reset", "connection fails|does not keep to HTTP"),
        ("/missing", "answers 404 Not Found"),
        ("/broken", "answers 500 Internal Server Error"),
        ("/endless-head", "does not keep to HTTP"),
    ],
)
def test_what_is_refused(server: Server, path: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        fetcher().fetch(at(server, path))
    assert str(caught.value).endswith(".")
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("most", [1, 4])
def test_redirects_are_counted(server: Server, most: int) -> None:
    with pytest.raises(FetchError, match=f"redirects more than {most} times"):
        fetcher(max_redirects=most).fetch(at(server, "/loop"))
    assert server.paths.count("/loop") == most + 1


@pytest.mark.parametrize("path", ["/slow-drip", "/slow-head", "/silent"])
def test_time_is_limited_however_it_is_wasted(server: Server, path: str) -> None:
    started = time.monotonic()
    with pytest.raises(FetchError, match="did not arrive within 1 seconds"):
        fetcher(max_seconds=1.0).fetch(at(server, path))
    assert time.monotonic() - started < 5


def test_time_counts_robots_and_names_too(server: Server) -> None:
    server.answers["/robots.txt"] = server.drip
    with pytest.raises(FetchError, match="did not arrive within 1 seconds"):
        fetcher(max_seconds=1.0).fetch(at(server, "/"))

    def slow(host: str, port: int) -> list[str]:
        server.stopped.wait(10)
        return ["127.0.0.1"]

    with pytest.raises(FetchError, match="did not arrive within 1 seconds"):
        Fetcher(FetchOptions(max_seconds=1.0), resolve=slow).fetch(at(server, "/"))


@pytest.mark.parametrize("path", ["/endless", "/endless-chunks", "/bomb", "/too-long"])
def test_size_is_limited_however_it_is_sent(server: Server, path: str) -> None:
    tracemalloc.start()
    # A byte at a time, the time may be over first.
    with pytest.raises(InputError, match=r"larger than the limit of 300,000 bytes|did not arrive") as caught:
        fetcher(max_bytes=300_000, max_seconds=3.0).fetch(at(server, path))
    assert isinstance(caught.value, LimitError) or path == "/endless-chunks"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The server's own copy of the bomb is 200 kB.
    assert peak < 20_000_000


# --- addresses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://pages.test/", "Only http and https"),
        ("file:///etc/passwd", "Only http and https"),
        ("javascript://pages.test/%0aalert(1)", "Only http and https"),
        ("http://", "with a host"),
        ("http:///path", "with a host"),
        ("http://[::1", "no address"),
        ("http://pages.test:99999/", "a port up to 65535"),
        ("http://pages.test:x/", "no address"),
        ("http://a\x00b/", "no address"),
        ("http://user:secret@pages.test/", "user's name"),
        ("http://" + "a" * 70_000, "no address|no host"),
        ("http://xn--/", "no address|no host"),
    ],
)
def test_addresses_that_are_not_fetched(url: str, message: str) -> None:
    with pytest.raises(FetchError, match=message) as caught:
        Fetcher(FetchOptions(ignore_robots=True)).fetch(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 192.0.2.1 198.18.0.1",
        "224.0.0.1 240.0.0.1 255.255.255.255 192.0.0.1 203.0.113.7 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd12::1 ff02::1",
        "fec0::1 2001:db8::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 2002:7f00:1:: 2002:a00:1::1 64:ff9b::7f00:1",
        "64:ff9b::192.168.0.1 64:ff9b:1::1 2001::7f00:1 ::ffff:0:127.0.0.1 nonsense",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert [a for a in address.split() if is_public(a)] == []


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:0808:0808::1"],
)
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "0", "127.1"])
def test_this_machine_is_not_fetched_from(server: Server, host: str) -> None:
    with pytest.raises(FetchError, match=r"no address of the public internet|There is no host|cannot be connected"):
        Fetcher(FetchOptions(ignore_robots=True)).fetch(f"http://{host}:{server.port}/")
    assert server.requests == []


@pytest.fixture
def connections(server: Server, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses connected to; those of the public internet lead to the server here."""
    seen: list[str] = []
    connect = httpcore.SyncBackend.connect_tcp

    def record(self: httpcore.SyncBackend, host: str, port: int, *rest: object, **more: object) -> object:
        seen.append(host)
        return connect(self, "127.0.0.1" if host == PUBLIC else host, port, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", record)
    return seen


def seemingly_public(host: str, port: int) -> list[str]:
    return [host if host[0].isdigit() else PUBLIC]


def test_a_redirect_does_not_lead_to_this_machine(server: Server, connections: list[str]) -> None:
    guarded = Fetcher(FetchOptions(ignore_robots=True), resolve=seemingly_public)
    with pytest.raises(
        FetchError, match=r"127\.0\.0\.1 is at 127\.0\.0\.1, which is no address of the public internet"
    ):
        guarded.fetch(at(server, "/to-loopback"))
    assert connections == [PUBLIC]
    assert server.paths == ["/to-loopback"]


def test_robots_do_not_lead_to_this_machine(server: Server, connections: list[str]) -> None:
    server.answers["/robots.txt"] = redirect("http://127.0.0.1:{port}/admin")
    guarded = Fetcher(FetchOptions(), resolve=seemingly_public)
    with pytest.raises(FetchError, match=r"robots\.txt of pages\.test cannot be read"):
        guarded.fetch(at(server, "/"))
    assert connections == [PUBLIC]


def test_a_name_that_changes_its_address_gains_nothing(server: Server, connections: list[str]) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"], [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC]])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    guarded = Fetcher(FetchOptions(ignore_robots=True), resolve=rebinding)
    # What was checked is what is connected to: there is no second question in between.
    assert guarded.fetch(at(server, "/")).html == PAGE
    assert asked == ["pages.test"]
    assert connections == [PUBLIC]
    with pytest.raises(FetchError, match="no address of the public internet"):
        guarded.fetch(at(server, "/"))
    # Of several only the public ones.
    for _ in range(2):
        assert guarded.fetch(at(server, "/")).html == PAGE
    assert connections == [PUBLIC] * 3


def test_private_addresses_if_allowed(server: Server) -> None:
    assert Fetcher(FetchOptions(allow_private=True)).fetch(f"http://127.0.0.1:{server.port}/").html == PAGE


def test_an_address_that_does_not_answer_is_passed_over(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        closed = listening.getsockname()[1]
    several = Fetcher(FetchOptions(allow_private=True), resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"])
    assert several.fetch(at(server, "/")).html == PAGE
    with pytest.raises(FetchError, match="cannot be connected to"):
        Fetcher(FetchOptions(allow_private=True, ignore_robots=True)).fetch(f"http://127.0.0.1:{closed}/")


def test_proxies_of_the_environment_are_not_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert fetcher().fetch(at(server, "/")).html == PAGE


def test_certificates_are_checked_against_the_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificates = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(certificates))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("pages.test").configure_cert(context)
    names: list[str | None] = []
    context.sni_callback = lambda stream, name, context: names.append(name)
    secure = Server(context)
    try:
        with pytest.raises(FetchError, match="certificate verify failed"):
            fetcher(ignore_robots=True).fetch(f"https://pages.test:{secure.port}/")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates))
        assert fetcher().fetch(f"https://pages.test:{secure.port}/").html == PAGE
        with pytest.raises(FetchError, match="certificate verify failed"):
            fetcher(ignore_robots=True).fetch(f"https://other.test:{secure.port}/")
    finally:
        secure.close()
    assert set(names) == {"pages.test", "other.test"}


# --- robots.txt ----------------------------------------------------------------------------------------------------


def rules(server: Server, text: str) -> None:
    server.answers["/robots.txt"] = answer(text.encode(), kind="text/plain")


def test_robots_are_respected(server: Server) -> None:
    rules(server, "User-agent: boilerplate\nDisallow: /private\nUser-agent: *\nDisallow: /")
    server.answers["/private/x"] = answer()
    one = fetcher()
    with pytest.raises(FetchError, match=r"robots\.txt of pages\.test disallows this page.*--ignore-robots"):
        one.fetch(at(server, "/private/x"))
    assert "/private/x" not in server.paths
    assert one.fetch(at(server, "/")).html == PAGE
    assert server.paths.count("/robots.txt") == 1
    assert fetcher(ignore_robots=True).fetch(at(server, "/private/x")).html == PAGE
    assert server.paths.count("/robots.txt") == 1


def test_robots_hold_after_redirects(server: Server) -> None:
    rules(server, "User-agent: *\nDisallow: /private")
    server.answers["/open"] = redirect("/private/x")
    with pytest.raises(FetchError, match="disallows this page"):
        fetcher().fetch(at(server, "/open"))
    assert "/private/x" not in server.paths


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        ("404 Not Found", True),
        ("403 Forbidden", True),
        ("503 Service Unavailable", False),
        ("429 Too Many Requests", False),
    ],
)
def test_robots_that_cannot_be_had(server: Server, status: str, allowed: bool) -> None:
    server.answers["/robots.txt"] = answer(b"User-agent: *\nDisallow: /", status)
    if allowed:
        assert fetcher().fetch(at(server, "/")).html == PAGE
        return
    with pytest.raises(FetchError, match=r"robots\.txt of pages\.test cannot be read \(its server answers \d+\)"):
        fetcher().fetch(at(server, "/"))
    assert server.paths == ["/robots.txt"]


def test_odd_robots(server: Server) -> None:
    server.answers["/robots.txt"] = server.endless
    assert fetcher().fetch(at(server, "/")).html == PAGE
    rules(server, "\ufeffUser-agent: *\r\nDisallow: /*?x=*$\x00\r\nDisallow\r\n:::\n" + "Allow: /" + "*" * 5000 + "z\n")
    assert fetcher().fetch(at(server, "/")).html == PAGE
    server.answers["/robots.txt"] = redirect("/rules")
    server.answers["/rules"] = answer(b"User-agent: *\nDisallow: /", kind="text/plain")
    with pytest.raises(FetchError, match="disallows"):
        fetcher().fetch(at(server, "/"))
    server.answers["/rules"] = redirect("/robots.txt")
    assert fetcher().fetch(at(server, "/")).html == PAGE


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: other\nDisallow: /\nUser-agent: *\nAllow: /", True),
        ("User-agent: other\nUser-agent: Boilerplate # all\nDisallow: /a\nUser-agent: *\nAllow: /", False),
        ("user agent: boiler*\nDisallow: /a\nUseragent : *\nAllow: /", False),
        ("User-agent:\nDisallow: /", True),
        ("User-agent: **\nDisallow: /", True),
        (
            "User-agent: a\nDisallow: /\nUser-agent: boilerplate\nUser-agent: b\nAllow: /\nUser-agent: b\nDisallow: /",
            True,
        ),
        ("User-agent: boilerplates\nDisallow: /", True),
        ("Disallow: /", True),
    ],
)
def test_whom_rules_are_for(text: str, allowed: bool) -> None:
    address = "https://pages.test/a/b"
    assert parse_rules(text).can_fetch(address, TOKEN) is allowed
    # The names of others make no difference.
    assert Protego.parse(text).can_fetch(address, TOKEN) is allowed


def test_rules_for_thousands_of_programs() -> None:
    names = "".join(f"User-agent: {i}\n" for i in range(15_000))
    rules = "".join(f"Disallow: /{i}\n" for i in range(15_000))
    assert len(names + rules) < MAX_ROBOTS_BYTES
    started = time.process_time()
    found = parse_rules(names + "User-agent: *\n" + rules)
    assert not found.can_fetch("https://pages.test/77", TOKEN)
    assert found.can_fetch("https://pages.test/x", TOKEN)
    assert time.process_time() - started < 5
    # Patterns are searched for piece by piece, never tried in all ways.
    stars = parse_rules("User-agent: *\n" + f"Disallow: /{'*a' * 100}*b\n" * 2000)
    assert stars.can_fetch("https://pages.test/" + "a" * 2000, TOKEN)
    assert time.process_time() - started < 10


def test_crawl_delay(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    rules(server, "User-agent: *\nCrawl-delay: 7")
    slept: list[float] = []
    sleep = time.sleep
    # Threads that other tests have left may sleep as they like.
    here = threading.current_thread()

    def record(seconds: float) -> None:
        if threading.current_thread() is here:
            slept.append(seconds)
        else:
            sleep(seconds)

    monkeypatch.setattr(time, "sleep", record)
    one = fetcher()
    one.fetch(at(server, "/"))
    assert slept == []
    one.fetch(at(server, "/"))
    assert 0 < slept.pop() <= 7
    rules(server, "User-agent: *\nCrawl-delay: 86400")
    two = fetcher()
    two.fetch(at(server, "/"))
    two.fetch(at(server, "/"))
    assert 0 < slept.pop() <= 30
    # A page that leads to itself does not make it longer.
    with pytest.raises(FetchError, match="redirects more than 10 times"):
        two.fetch(at(server, "/loop"))
    assert len(slept) == 1


def test_is_address() -> None:
    assert all(map(is_address, ["http://a", "HTTPS://a", "file:///x", "x-y+z.1://"]))
    assert not any(map(is_address, ["-", "page.html", "a/b://c", "//a", "1http://a", "C:\\x", ""]))


@pytest.mark.parametrize("name", ["max_bytes", "max_seconds", "max_redirects"])
def test_limits_are_positive(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is 0"):
        FetchOptions(**{name: 0})  # type: ignore[arg-type]
