"""The local server of the annotator: loopback only, a token in the address, nothing for anybody else.

Three walls stand between a hostile page and the labels or the network. The page reaches the browser as a list of
harmless elements (`boilerplate.rendering`). It is built in a frame whose sandbox allows no scripts, forms,
popups or navigation of anything above it. And the frame's content security policy lets nothing load that is not in the
page. The frame shares its origin with the annotator, so that the annotator's own script can colour it without a script
inside; that is safe as long as the sandbox does not also allow scripts, which it must never do.
"""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from boilerplate.annotate.workspace import Workspace
from boilerplate.batch import failure_reason
from boilerplate.errors import BoilerplateError, UsageError
from boilerplate.files import system_reason
from boilerplate.rendering import view_script

__all__ = ["FRAME_POLICY", "HOST", "application", "listen", "new_token", "serve"]

HOST = "127.0.0.1"
#: What the annotator itself may do: its own files and its own server.
UI_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
#: What a page may do: look as it does. Nothing is loaded, nothing runs.
FRAME_POLICY = (
    "default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "connect-src 'none'; frame-src 'none'; worker-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin"
)
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-dns-prefetch-control": "off",
}
_STATIC = {
    "app.js": "text/javascript",
    "lists.js": "text/javascript",
    "view.js": "text/javascript",
    "style.css": "text/css",
}
#: A step is a few words long.
_MAX_BODY = 10_000


def new_token() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(24)


def application(workspace: Workspace, token: str, port: int) -> ASGIApp:
    """The annotator as an ASGI application.

    Parameters
    ----------
    workspace : Workspace
    token : str
        First part of every path; a request without it learns nothing.
    port : int
        Where the server listens: requests must name it, which pages that let their own name point here do not.
    """

    async def index(request: Request) -> Response:
        return Response(_static("index.html"), media_type="text/html", headers={"content-security-policy": UI_POLICY})

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            return PlainTextResponse("There is no such file.", 404)
        return Response(_static(name), media_type=_STATIC[name])

    async def frame(request: Request) -> Response:
        # An empty document; the page is built in it. Without a doctype browsers go into quirks mode.
        doctype = "" if "quirks" in request.query_params else "<!DOCTYPE html>"
        return Response(
            f"{doctype}<html><head></head><body></body></html>",
            media_type="text/html",
            headers={"content-security-policy": FRAME_POLICY},
        )

    async def overview(request: Request) -> Response:
        return _answer(workspace.overview)

    async def page(request: Request) -> Response:
        return _answer(lambda: workspace.page(request.path_params["number"]))

    async def act(request: Request) -> Response:
        if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
            return JSONResponse({"error": "Steps are sent as JSON."}, 415)
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > _MAX_BODY:
                return JSONResponse({"error": "This step is too long."}, 413)

        def take() -> dict[str, Any]:
            try:
                action = json.loads(body)
            except (ValueError, RecursionError) as error:
                raise UsageError("The step is not JSON. Reload the browser's page.") from error
            if not isinstance(action, dict):
                raise UsageError("The step is not a JSON object. Reload the browser's page.")
            return workspace.act(request.path_params["number"], action)

        return _answer(take)

    # One thread does all the work: lxml and the workspace are not to be shared between threads.
    app = Starlette(
        routes=[
            Route("/{token}/", index),
            Route("/{token}/frame", frame),
            Route("/{token}/static/{name}", static),
            Route("/{token}/api/pages", overview),
            Route("/{token}/api/pages/{number:int}", page),
            Route("/{token}/api/pages/{number:int}/steps", act, methods=["POST"]),
        ]
    )
    return _Guard(app, token, port)


def _answer(work: Callable[[], dict[str, Any]]) -> Response:
    try:
        return JSONResponse(work())
    except UsageError as error:
        return JSONResponse({"error": str(error)}, 400)
    except BoilerplateError as error:
        return JSONResponse({"error": str(error)}, 409)
    except Exception as error:
        return JSONResponse({"error": failure_reason(error)}, 500)


def _static(name: str) -> bytes:
    if name == "view.js":
        return view_script()
    return files("boilerplate.annotate").joinpath("static", name).read_bytes()


class _Guard:
    """Lets only the annotator's own page through: right host, right token, right origin."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token.encode("ascii")
        self._hosts = {f"{name}:{port}".encode() for name in (HOST, "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, _with_headers(send))
            return
        await self._app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        host = headers.get(b"host", b"")
        # A name that an attacker lets point to this machine stands in the Host header.
        if host not in self._hosts:
            return PlainTextResponse("This address does not belong to the annotator.", 421)
        path = str(scope["path"]).split("/")
        given = path[1].encode("utf-8", "replace") if len(path) > 1 else b""
        if not secrets.compare_digest(given, self._token):
            return PlainTextResponse(
                "The address lacks the token. Open the one that `boilerplate annotate` printed.", 403
            )
        if len(path) > 2 and path[2] == "api":
            own = b"http://" + host
            origin = headers.get(b"origin")
            if origin not in ((own,) if scope["method"] not in ("GET", "HEAD") else (None, own)):
                return JSONResponse({"error": "This request does not come from the annotator's page."}, 403)
            if headers.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
                return JSONResponse({"error": "This request does not come from the annotator's page."}, 403)
        return None


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message.get("headers", ()),
                *((name.encode(), value.encode()) for name, value in _HEADERS.items()),
            ]
        await send(message)

    return wrapped


def listen(port: int = 0) -> socket.socket:
    """A socket on the loopback interface.

    Parameters
    ----------
    port : int
        0 for any that is free.

    Raises
    ------
    UsageError
        If the port is taken or not allowed.
    """
    # With the protocol named, asyncio turns Nagle's algorithm off; else every second answer waits 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOST, port))
        sock.listen(64)
    except (OSError, OverflowError) as error:
        sock.close()
        reason = system_reason(error)
        raise UsageError(f"Port {port} cannot be used: {reason}. Give another with --port, or leave it out.") from error
    return sock


def serve(workspace: Workspace, sock: socket.socket, token: str) -> None:
    """Serve until interrupted."""
    import uvicorn

    app = application(workspace, token, sock.getsockname()[1])
    config = uvicorn.Config(
        app, lifespan="off", ws="none", log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )
    try:
        uvicorn.Server(config).run(sockets=[sock])
    except KeyboardInterrupt:
        pass  # what ends it is no failure: every step is saved already
    finally:
        sock.close()
