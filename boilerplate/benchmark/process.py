"""A peer in a process of its own: whatever it does there costs no more than the page it does it on."""

from __future__ import annotations

import json
import os
import queue
import signal
import struct
import subprocess
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from boilerplate.benchmark.peers import Peer
from boilerplate.files import system_reason

__all__ = ["KINDS", "Outcome", "PeerProcess", "PeerStartError", "Request"]

#: How a page can fail, in the order they are shown.
KINDS = ("crash", "timeout", "exception", "empty")

_RUNNER = Path(__file__).resolve().parent / "child" / "runner.py"
#: A reply larger than this is not read.
_MAX_REPLY_BYTES = 256 * 1024 * 1024
_REASON_CHARACTERS = 300
_LOG_BYTES = 1 << 20
_START_SECONDS = 120.0
_END_SECONDS = 5.0
#: One thread each: CPU time is compared, and threads of a linear algebra library spin.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONWARNINGS": "ignore",
    "PYTHONUTF8": "1",
}


class PeerStartError(Exception):
    """The peer cannot be started; the message says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """A page to extract: its bytes, its text, its address and its language (nothing where unknown)."""

    html: bytes
    text: str
    url: str = ""
    language: str = ""

    def frame(self) -> bytes:
        """What goes to the process."""
        text = self.text.encode("utf-8", "replace")
        header = json.dumps({"url": self.url, "language": self.language, "sizes": [len(self.html), len(text)]})
        return struct.pack(">I", len(header)) + header.encode("ascii") + self.html + text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a page.

    Attributes
    ----------
    kind : str
        ``ok`` or one of `KINDS`.
    text : str
    reason : str
        Of a failure.
    cpu, wall : float or None
        Seconds; of a page that timed out both are the deadline, of one that crashed None.
    peak : int or None
        Largest resident set of the process so far, in bytes.
    cpu_since_start : float or None
        Seconds of CPU that the process has taken, its start included.
    """

    kind: str
    text: str = ""
    reason: str = ""
    cpu: float | None = None
    wall: float | None = None
    peak: int | None = None
    cpu_since_start: float | None = None


@dataclass
class PeerProcess:
    """A process that a peer runs in; started when it is first needed, and again after it died.

    Parameters
    ----------
    peer : Peer
    interpreter : Path
    options : dict
        For the adapter; plain values.
    memory_limit : int
        Bytes of address space that it may take, 0 for any number.
    """

    peer: Peer
    interpreter: Path
    options: dict[str, Any] = field(default_factory=dict)
    memory_limit: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _replies: queue.Queue[bytes | None] = field(default_factory=queue.Queue, init=False)
    _log: IO[bytes] | None = field(default=None, init=False)

    def __enter__(self) -> PeerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> dict[str, Any]:
        """Start the process, unless it runs.

        Returns
        -------
        dict
            ``python`` and ``versions`` of what it runs, and its ``peak`` memory; empty if it was running.

        Raises
        ------
        PeerStartError
            If it does not come up.
        """
        if self._process is not None:
            return {}
        settings = json.dumps({"options": self.options, "memory_limit": self.memory_limit})
        self._log = tempfile.TemporaryFile("a+b")  # noqa: SIM115 - closed by stop()
        try:
            self._process = subprocess.Popen(
                [str(self.interpreter), str(_RUNNER), str(self.peer.adapter), settings],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env=os.environ | _ENVIRONMENT,
                start_new_session=True,
            )
        except OSError as error:
            self.stop()
            raise PeerStartError(f"{self.interpreter} cannot be run: {system_reason(error)}") from error
        self._replies = queue.Queue()
        threading.Thread(target=_read_replies, args=(self._process.stdout, self._replies), daemon=True).start()
        try:
            ready = _object(self._replies.get(timeout=_START_SECONDS))
        except queue.Empty:
            self.stop()
            raise PeerStartError(f"it did not start within {_START_SECONDS:.0f} s") from None
        if ready is None:
            reason = self._death()
            raise PeerStartError(f"it did not start: {reason}")
        if not ready.get("ready"):
            self.stop()
            raise PeerStartError(str(ready.get("error", "it gave no reason")))
        return ready

    def extract(self, request: Request, timeout: float) -> Outcome:
        """Have a page extracted, and wait for it no longer than `timeout` seconds."""
        try:
            self.start()
        except PeerStartError as error:
            return Outcome("crash", reason=f"it could not be started again: {error}")
        process = self._process
        assert process is not None
        assert process.stdin is not None
        try:
            process.stdin.write(request.frame())
            process.stdin.flush()
            reply = self._replies.get(timeout=timeout)
        except OSError:
            reply = None
        except queue.Empty:
            self.stop()
            return Outcome("timeout", reason=f"stopped after {timeout:g} s", cpu=timeout, wall=timeout)
        answer = _object(reply)
        if answer is None:
            return Outcome("crash", reason=self._death())
        if self._log is not None and self._log.tell() > _LOG_BYTES:
            self._log.truncate(0)
        return _outcome(answer)

    def stop(self) -> None:
        """End the process, and all that it started."""
        process, self._process = self._process, None
        if process is not None:
            _kill(process)
            # Its output is closed by the thread that reads it: to close it from here could wait for whoever holds it.
            if process.stdin is not None:
                with suppress(OSError):
                    process.stdin.close()
        log, self._log = self._log, None
        if log is not None:
            log.close()

    def _death(self) -> str:
        """End what is left of a process that answers no more, and say how it ended."""
        process = self._process
        status: int | None = None
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                status = process.wait(_END_SECONDS)
        said = ""
        if self._log is not None:
            self._log.seek(max(self._log.seek(0, os.SEEK_END) - 4096, 0))
            lines = [line for line in self._log.read().decode("utf-8", "replace").splitlines() if line.strip()]
            said = f": {lines[-1].strip()[:_REASON_CHARACTERS]}" if lines else ""
        self.stop()
        if status is None:
            return f"it closed its output{said}"
        if status < 0:
            with suppress(ValueError):
                return f"signal {signal.Signals(-status).name}{said}"
        return f"exit status {status}{said}"


def _read_replies(stream: IO[bytes] | None, replies: queue.Queue[bytes | None]) -> None:
    """Pass frames on until the stream ends; None is the end."""
    assert stream is not None
    with stream, suppress(OSError, ValueError):
        while len(head := stream.read(4)) == 4:
            (size,) = struct.unpack(">I", head)
            if size > _MAX_REPLY_BYTES:
                break
            data = stream.read(size)
            if len(data) < size:
                break
            replies.put(data)
    replies.put(None)


def _object(reply: bytes | None) -> dict[str, Any] | None:
    if reply is None:
        return None
    try:
        value = json.loads(reply)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _outcome(answer: dict[str, Any]) -> Outcome:
    text = str(answer.get("text") or "")
    if "error" in answer:
        kind, reason = "exception", str(answer["error"])
    else:
        kind, reason = ("ok", "") if text.strip() else ("empty", "no text")
    return Outcome(
        kind,
        text=text,
        reason=reason,
        cpu=answer.get("cpu"),
        wall=answer.get("wall"),
        peak=answer.get("peak"),
        cpu_since_start=answer.get("cpu_since_start"),
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if os.name == "posix":
            # It was made the leader of a group of its own, which may have others left in it when it is gone.
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
