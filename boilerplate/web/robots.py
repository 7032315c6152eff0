"""Rules of sites for programs that fetch pages: robots.txt, by the Robots Exclusion Protocol (RFC 9309)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from protego import Protego

from boilerplate.errors import FetchError

__all__ = ["MAX_ROBOTS_BYTES", "TOKEN", "Robots", "RobotsAnswer", "parse_rules"]

#: What rules for this program are addressed to.
TOKEN = "boilerplate"
#: How much of a robots.txt is read, which is what the protocol asks for.
MAX_ROBOTS_BYTES = 500 * 1024

#: A line that says whom the following rules are for, however it is spelt.
_AGENT = re.compile(r"\s*user[\s-]*agent[\s:]*", re.IGNORECASE)
#: Stands for all programs but this one.
_OTHERS = "others"

_HTTP_UNAVAILABLE = range(400, 500)
#: Not that there are no rules, but that the server will not say now.
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True)
class RobotsAnswer:
    """What a site answered when asked for its robots.txt.

    Attributes
    ----------
    status : int
        Of HTTP.
    body : bytes
        At most `MAX_ROBOTS_BYTES` of it.
    """

    status: int
    body: bytes


class Robots:
    """Rules of the sites met so far, each asked once.

    Parameters
    ----------
    ask : callable
        Gets a robots.txt, following redirects; raises `FetchError` if the server cannot be reached.
    """

    def __init__(self, ask: Callable[[httpx.URL], RobotsAnswer]) -> None:
        self._ask = ask
        self._rules: dict[tuple[str, str, int | None], Protego | str] = {}

    def check(self, url: httpx.URL) -> None:
        """See whether a page may be fetched.

        A site without a robots.txt (4xx) has no rules; one whose server fails (5xx) or cannot be reached is left alone.

        Raises
        ------
        FetchError
            If it may not.
        """
        rules = self._rules_of(url)
        if isinstance(rules, str):
            raise FetchError(
                f"The robots.txt of {url.host} cannot be read ({rules}), so its pages are left alone. Try again "
                "later, or fetch the page all the same with --ignore-robots, if you may."
            )
        if not rules.can_fetch(str(url), TOKEN):
            raise FetchError(
                f"The robots.txt of {url.host} disallows this page for programs such as this one. Respect it, or fetch "
                "the page all the same with --ignore-robots, if you may."
            )

    def delay(self, url: httpx.URL) -> float:
        """Seconds that the site wants between two requests; 0 if it does not say."""
        rules = self._rules_of(url)
        return 0.0 if isinstance(rules, str) else float(rules.crawl_delay(TOKEN) or 0.0)

    def _rules_of(self, url: httpx.URL) -> Protego | str:
        """Rules of the site, or why they are not known."""
        site = (url.scheme, url.host, url.port)
        if site not in self._rules:
            self._rules[site] = self._read(url.copy_with(raw_path=b"/robots.txt", fragment=None))
        return self._rules[site]

    def _read(self, url: httpx.URL) -> Protego | str:
        try:
            answer = self._ask(url)
        except FetchError as error:
            return str(error).rstrip(".")
        if answer.status in _HTTP_UNAVAILABLE and answer.status != _TOO_MANY_REQUESTS:
            return Protego.parse("")
        if not 200 <= answer.status < 300:
            return f"its server answers {answer.status}"
        return parse_rules(answer.body.decode("utf-8", "replace"))


def parse_rules(text: str) -> Protego:
    """Rules of a robots.txt, as far as they are for this program.

    All other programs go by one name: rules are kept for each name that they are for, which makes hundreds of millions
    of a robots.txt with thousands of names and thousands of rules for all of them.
    """
    return Protego.parse("\n".join(map(_renamed, text.splitlines())))


def _renamed(line: str) -> str:
    head = _AGENT.match(line)
    if head is None:
        return line
    name = line[head.end() :].partition("#")[0].strip().lower()
    if name not in ("", "*"):
        # Stars within a name are passed over, and names that this program's begins with are meant for it.
        name = name.replace("*", "").strip()
        name = name if name and TOKEN.startswith(name) else _OTHERS
    return f"User-agent: {name}"
