"""A web server that breaks every rule, one a path, and remembers what it was asked."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache

PAGE = b"<!DOCTYPE html><title>Tea</title><h1>Tea</h1><p>Tea is brewed from leaves, and some drink it with milk."


def answer(body: bytes = PAGE, status: str = "200 OK", kind: str = "text/html; charset=utf-8", *more: str) -> bytes:
    """An HTTP response that keeps to the rules."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *more]
    if kind:
        head.append(f"Content-Type: {kind}")
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    return answer(b"", status, "", f"Location: {to}")


@cache
def gzip_bomb(n_bytes: int) -> bytes:
    """Zeros, a thousandth of their size."""
    packer = zlib.compressobj(9, wbits=31)
    megabyte = bytes(1_000_000)
    return b"".join(packer.compress(megabyte) for _ in range(n_bytes // 1_000_000)) + packer.flush()


class Server:
    """Answers each request in a thread of its own, from a table of paths.

    An answer is bytes, or a function that gets the socket and does as it likes.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, bytes | Callable[[socket.socket], None]] = {
            "/": answer(),
            "/slow-drip": self.drip,
            "/slow-head": self.drip_head,
            "/silent": lambda stream: self.stopped.wait(20) and None,
            "/endless": self.endless,
            "/endless-head": self.endless_head,
            "/endless-chunks": self.endless_chunks,
            "/loop": redirect("/loop"),
            "/to-loopback": redirect("http://127.0.0.1:{port}/"),
            "/to-file": redirect("file:///etc/passwd"),
            "/to-data": redirect("data:text/html,<p>x"),
            "/to-script": redirect("javascript:alert(1)"),
            "/to-nonsense": redirect("http://[::1"),
            "/moved": redirect("/", "301 Moved Permanently"),
            "/bomb": answer(gzip_bomb(100_000_000), "200 OK", "text/html", "Content-Encoding: gzip"),
            "/gzip": answer(gzip.compress(PAGE), "200 OK", "text/html", "Content-Encoding: gzip"),
            "/deflate": answer(zlib.compress(PAGE), "200 OK", "text/html", "Content-Encoding: deflate"),
            "/gzip-cut": answer(gzip.compress(PAGE * 9)[:-30], "200 OK", "text/html", "Content-Encoding: gzip"),
            "/brotli": answer(PAGE, "200 OK", "text/html", "Content-Encoding: br"),
            "/twice": answer(gzip.compress(gzip.compress(PAGE)), "200 OK", "text/html", "Content-Encoding: gzip, gzip"),
            "/image": answer(b"\x89PNG\r\n\x1a\n", kind="image/png"),
            "/json": answer(b"{}", kind="application/json"),
            "/untyped": answer(kind=""),
            "/untyped-image": answer(b"\x89PNG\r\n\x1a\n" + bytes(100), kind=""),
            "/koi8": answer("<p>Чай заваривают из листьев.".encode("koi8-r"), kind="text/html; charset=KOI8-R"),
            "/too-long": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999999999\r\n\r\n<p>",
            "/cut-off": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<p>Half a page",
            "/negative": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: -5\r\n\r\n<p>",
            "/garbage": b"\x00\xff\xfe no HTTP at all\r\n\r\n",
            "/nothing": b"",
            "/reset": self.reset,
            "/missing": answer(b"<h1>Not here</h1>", "404 Not Found"),
            "/broken": answer(b"", "500 \x1b[31mBroken"),
            "/cookie": self.cookie,
        }
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.stopped = threading.Event()
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def close(self) -> None:
        self.stopped.set()
        self._socket.close()

    def _serve(self) -> None:
        while not self.stopped.is_set():
            try:
                stream, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(stream,), daemon=True).start()

    def _answer(self, stream: socket.socket) -> None:
        with suppress(OSError):
            if self._context is not None:
                stream = self._context.wrap_socket(stream, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = stream.recv(65536)
                if not piece:
                    return
                head += piece
            lines = head.decode("latin-1").split("\r\n")
            path = lines[0].split(" ")[1]
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
            self.requests.append((path, headers))
            found = self.answers.get(path, answer(b"", "404 Not Found"))
            if callable(found):
                found(stream)
            else:
                stream.sendall(found.replace(b"{port}", str(self.port).encode()))
        with suppress(OSError):
            stream.close()

    def drip(self, stream: socket.socket) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while not self.stopped.wait(0.05):
            stream.sendall(b"a")

    def drip_head(self, stream: socket.socket) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\nX-")
        while not self.stopped.wait(0.05):
            stream.sendall(b"a")

    def endless(self, stream: socket.socket) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while not self.stopped.is_set():
            stream.sendall(b"<p>more" * 10_000)

    def endless_chunks(self, stream: socket.socket) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not self.stopped.is_set():
            stream.sendall(b"1\r\na\r\n" * 10_000)

    def endless_head(self, stream: socket.socket) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\n")
        while not self.stopped.is_set():
            stream.sendall(b"X-More: and more\r\n" * 1000)

    def reset(self, stream: socket.socket) -> None:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        time.sleep(0.01)

    def cookie(self, stream: socket.socket) -> None:
        given = self.requests[-1][1].get("cookie", "")
        stream.sendall(
            answer() if given == "seen=1" else answer(b"", "302 Found", "", "Location: /cookie", "Set-Cookie: seen=1")
        )
