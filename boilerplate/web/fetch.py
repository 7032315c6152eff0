"""Fetch pages: every address checked, every step bounded, and sites asked first."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore
import httpx

from boilerplate import __version__
from boilerplate.errors import FetchError, InputError, LimitError
from boilerplate.inputs.packed import unpack_deflate, unpack_gzip
from boilerplate.limits import Limits
from boilerplate.web.network import Deadline, Resolver, Transport, look_up
from boilerplate.web.options import FetchOptions, WebPage
from boilerplate.web.robots import MAX_ROBOTS_BYTES, TOKEN, Robots, RobotsAnswer

__all__ = ["USER_AGENT", "Fetcher"]

#: Says what this is, so that sites can address rules to it.
USER_AGENT = f"{TOKEN}/{__version__} (fetches single pages that a user names)"

_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html, application/xhtml+xml;q=0.9",
    # What can be unpacked piece by piece without more than there is room for.
    "Accept-Encoding": "gzip, deflate",
}
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
_MAX_PORT = 65535
_REDIRECTS_OF_ROBOTS = 5
#: Longest wait that a site's crawl delay can impose.
_MAX_DELAY_SECONDS = 30.0


class Fetcher:
    """Fetches pages one after the other, and remembers the rules of their sites.

    Parameters
    ----------
    options : FetchOptions
    resolve : callable
        Gives the IP addresses of a host; by default the system's resolver.
    backend : httpcore.NetworkBackend, optional
        Makes connections; by default those of the system.
    certificates : ssl.SSLContext, optional
        Which certificates are good; by default those of httpx.
    """

    def __init__(
        self,
        options: FetchOptions | None = None,
        *,
        resolve: Resolver = look_up,
        backend: httpcore.NetworkBackend | None = None,
        certificates: ssl.SSLContext | None = None,
    ) -> None:
        self._options = options or FetchOptions()
        self._resolve = resolve
        self._backend = backend
        # Reading the list of certificates takes longer than many a page.
        self._certificates = certificates or httpx.create_ssl_context()
        self._deadline = Deadline(self._options.max_seconds)
        self._robots = Robots(self._ask_robots)
        self._last: dict[str, float] = {}

    def fetch(self, url: str) -> WebPage:
        """Fetch a page.

        Cookies are kept from one redirect to the next and forgotten with the page.

        Raises
        ------
        FetchError
            If it cannot or may not be fetched.
        LimitError
            If it is larger than allowed.
        InputError
            If its compression is damaged.
        """
        options = self._options
        self._deadline = Deadline(options.max_seconds)
        with self._client() as client:
            request = client.build_request("GET", _checked(url))
            for step in range(options.max_redirects + 1):
                if not options.ignore_robots:
                    self._robots.check(request.url)
                    if step == 0:  # or a page could take minutes by leading to itself
                        self._wait(request.url)
                with _sending(client, request, self._deadline) as response:
                    if response.next_request is None:
                        return self._page(response)
                    request = response.next_request
                    _check(request.url, "The server redirects to ")
        raise FetchError(f"The page redirects more than {options.max_redirects} times. Check the address in a browser.")

    def _client(self) -> httpx.Client:
        transport = Transport(
            self._deadline,
            allow_private=self._options.allow_private,
            resolve=self._resolve,
            certificates=self._certificates,
            backend=self._backend,
        )
        return httpx.Client(transport=transport, headers=_HEADERS, trust_env=False, timeout=None)

    def _wait(self, url: httpx.URL) -> None:
        """Keep to the site's crawl delay; the time is not the page's."""
        delay = min(self._robots.delay(url), _MAX_DELAY_SECONDS)
        wait = self._last.get(url.host, float("-inf")) + delay - time.monotonic()
        if wait > 0:
            time.sleep(wait)
            self._deadline.extend(wait)
        self._last[url.host] = time.monotonic()

    def _page(self, response: httpx.Response) -> WebPage:
        if not response.is_success:
            raise FetchError(f"The server answers {_status(response)}. Check the address.")
        # What is no page gives itself away when it is parsed, if the server does not say what it is.
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind and kind not in _HTML_TYPES:
            raise FetchError(f"The server says that this is {kind[:80]!r}, not a web page. Leave it out.")
        limit = self._options.max_bytes
        length = response.headers.get("Content-Length", "")
        if limit is not None and length.isascii() and length.isdecimal() and int(length[:18]) > limit:
            raise _too_large(limit)
        data = _read(response, limit)
        if limit is not None and len(data) > limit:
            raise _too_large(limit)
        data = _unpacked(data, response.headers.get("Content-Encoding", ""), limit)
        return WebPage(data, str(response.url.copy_with(fragment=None)), response.charset_encoding)

    def _ask_robots(self, url: httpx.URL) -> RobotsAnswer:
        with self._client() as client:
            request = client.build_request("GET", url, headers={"Accept": "text/plain", "Accept-Encoding": "identity"})
            for _ in range(_REDIRECTS_OF_ROBOTS + 1):
                with _sending(client, request, self._deadline) as response:
                    if response.next_request is None:
                        body = _read(response, MAX_ROBOTS_BYTES) if response.is_success else b""
                        return RobotsAnswer(response.status_code, body[:MAX_ROBOTS_BYTES])
                    request = response.next_request
                    _check(request.url, "it redirects to ")
        # By the protocol, rules that cannot be reached in so many steps may be taken for absent.
        return RobotsAnswer(httpx.codes.NOT_FOUND, b"")


def _checked(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        _check(parsed, "")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FetchError(f"This is no address of a page ({error}). Check it.") from error
    return parsed


def _check(url: httpx.URL, before: str) -> None:
    """Refuse what is no plain address of the web."""
    where = f"{before}{str(url)[:200]!r}; only" if before else "Only"
    if url.scheme not in ("http", "https"):
        raise FetchError(f"{where} http and https addresses are fetched. Save the page to a file instead.")
    if not url.host or (url.port or 0) > _MAX_PORT:
        raise FetchError(f"{where} addresses with a host and a port up to {_MAX_PORT} are fetched. Check the address.")
    if url.userinfo:
        raise FetchError(f"{before}An address with a user's name in it is not fetched. Leave the name out.")


@contextmanager
def _sending(client: httpx.Client, request: httpx.Request, deadline: Deadline) -> Iterator[httpx.Response]:
    """The answer to a request, its body still to come; whatever goes wrong is a `FetchError`."""
    try:
        response = client.send(request, stream=True)
        try:
            yield response
        finally:
            response.close()
    except InputError:
        raise
    except (httpcore.TimeoutException, httpx.TimeoutException) as error:
        raise deadline.passed() from error
    except (httpcore.ConnectError, httpcore.NetworkError, httpx.NetworkError) as error:
        raise FetchError(f"The connection fails ({error}). Try again later.") from error
    except (httpcore.ProtocolError, httpx.ProtocolError, httpx.InvalidURL, httpx.StreamError, ValueError) as error:
        raise FetchError(f"The server does not keep to HTTP ({error}). Save the page in a browser instead.") from error


def _status(response: httpx.Response) -> str:
    # The phrase is the server's own words, so it is looked up instead.
    return f"{response.status_code} {httpx.codes.get_reason_phrase(response.status_code)}".rstrip()


def _too_large(limit: int) -> LimitError:
    return LimitError(f"The page is larger than the limit of {limit:,} bytes. Leave it out, or raise max-bytes.")


def _read(response: httpx.Response, limit: int | None) -> bytes:
    """The body as it comes, still packed; little more than the limit of it."""
    body = bytearray()
    for piece in response.iter_raw():
        body += piece
        if limit is not None and len(body) > limit:
            break
    return bytes(body)


def _unpacked(data: bytes, encoding: str, limit: int | None) -> bytes:
    limits = Limits(max_bytes=limit)
    names = [name.strip().lower() for name in encoding.split(",")]
    steps = [name for name in reversed(names) if name not in ("", "identity")]
    if len(steps) > 1 or not set(steps) <= {"gzip", "x-gzip", "deflate"}:
        raise FetchError(
            f"The page is encoded as {encoding[:80]!r}, which was not asked for. Save it in a browser instead."
        )
    for name in steps:
        data = unpack_deflate(data, limits) if name == "deflate" else unpack_gzip(data, limits)
    return data
