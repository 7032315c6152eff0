"""Connections that lead to public addresses only and end at a deadline."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore
import httpx

from boilerplate.errors import FetchError
from boilerplate.web.address import is_public

__all__ = ["Deadline", "Resolver", "Transport", "look_up"]

#: Gives the IP addresses of a host.
Resolver = Callable[[str, int], list[str]]

#: Seconds that one address of several may take to answer.
_CONNECT_SECONDS = 10.0


class Deadline:
    """The end of the time that a page may take.

    Parameters
    ----------
    seconds : float
        From now on.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def extend(self, seconds: float) -> None:
        """Move the end, by time that was waited for other reasons."""
        self._end += seconds

    def remaining(self) -> float:
        """Seconds that are left.

        Raises
        ------
        FetchError
            If there are none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> FetchError:
        """That there is no time left, as an error."""
        return FetchError(
            f"The page did not arrive within {self._seconds:g} seconds. Try again later, or raise the limit."
        )


def look_up(host: str, port: int) -> list[str]:
    """IP addresses of a host, by the system's resolver.

    Raises
    ------
    OSError, UnicodeError
        If there are none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Transport(httpx.BaseTransport):
    """Sends requests of httpx through `httpcore`, over connections that are checked and timed.

    A host is looked up once for each connection, and it is one of the addresses found and checked that is connected to:
    whatever its name server answers next makes no difference. Certificates are checked against the host's name.
    Proxies of the environment are not used, since they would look hosts up by themselves.

    Parameters
    ----------
    deadline : Deadline
    allow_private : bool
    resolve : callable
        Looks hosts up.
    certificates : ssl.SSLContext, optional
        Which certificates are good; by default those of `httpx`.
    backend : httpcore.NetworkBackend, optional
        Makes connections to the addresses that have been checked; by default those of the system.
    """

    def __init__(
        self,
        deadline: Deadline,
        *,
        allow_private: bool = False,
        resolve: Resolver = look_up,
        certificates: ssl.SSLContext | None = None,
        backend: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=certificates or httpx.create_ssl_context(),
            network_backend=_Backend(deadline, allow_private, resolve, backend or httpcore.SyncBackend()),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(response.stream, Iterable)
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _Backend(httpcore.NetworkBackend):
    """Looks hosts up, checks what it finds, and connects to that."""

    def __init__(
        self, deadline: Deadline, allow_private: bool, resolve: Resolver, backend: httpcore.NetworkBackend
    ) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._resolve = resolve
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port)
        last: Exception | None = None
        for address in addresses:
            left = self._deadline.remaining()
            try:
                stream = self._backend.connect_tcp(
                    address, port, min(left, _CONNECT_SECONDS), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return _Stream(stream, self._deadline)
        raise FetchError(f"{host} cannot be connected to ({last}). Check the address, or try again later.") from last

    def _addresses(self, host: str, port: int) -> list[str]:
        found = self._within_deadline(host, port)
        if self._allow_private:
            return found
        public = [address for address in found if is_public(address)]
        if not public:
            raise FetchError(
                f"{host} is at {found[0]}, which is no address of the public internet. Allow it with --allow-private, "
                "if you know what is there."
            )
        return public

    def _within_deadline(self, host: str, port: int) -> list[str]:
        # The system's resolver has no time limit of our choice; a thread that waits for it does no harm.
        answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._resolve(host, port))
            except Exception as error:
                answers.put(error)

        threading.Thread(target=ask, daemon=True).start()
        while True:
            try:
                answer = answers.get(timeout=self._deadline.remaining())
                break
            except queue.Empty:
                continue  # asks the deadline, which ends this
        if isinstance(answer, Exception) or not answer:
            raise FetchError(f"There is no host {host}. Check the address, or the network.")
        return answer

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise NotImplementedError


class _Stream(httpcore.NetworkStream):
    """A connection every step of which ends at the deadline, however little comes with each."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.remaining())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.remaining())
        return _Stream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
