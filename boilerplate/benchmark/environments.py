"""An interpreter for each peer: this one, one that is named, or one of its own in the cache directory."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from boilerplate.benchmark.peers import Peer
from boilerplate.errors import BoilerplateError

__all__ = ["PeerUnavailableError", "cache_directory", "find_interpreter"]

#: Newest minor version of Python 3 that is looked for.
_NEWEST_MINOR = 20
_INSTALL_SECONDS = 900
_VERSION_SECONDS = 20


class PeerUnavailableError(BoilerplateError):
    """No interpreter has the peer; the message says what to do."""


def cache_directory() -> Path:
    """Where environments of peers are kept, ``boilerplate/peers`` in the user's cache directory."""
    base = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    return (Path(base) if base else Path.home() / ".cache") / "boilerplate" / "peers"


def find_interpreter(peer: Peer, given: Mapping[str, Path], *, install: bool, cache: Path) -> Path:
    """An interpreter that has the peer.

    Parameters
    ----------
    peer : Peer
    given : mapping of str to Path
        Interpreters named by the user, by peer.
    install : bool
        Whether a peer that is missing may be installed into an environment of its own.
    cache : Path
        Directory of these environments.

    Raises
    ------
    PeerUnavailableError
        If there is none.
    """
    if peer.name in given:
        return given[peer.name]
    here = sys.version_info[:2]
    if peer.runs_on(here) and all(map(_is_installed, peer.requirements)):
        return Path(sys.executable)
    base = _base_interpreter(peer)
    if base is None:
        raise PeerUnavailableError(
            f"it needs {peer.python_range}, and there is none on the path. Install one, or name an interpreter that "
            f"has it with --python {peer.name}=PATH"
        )
    directory = cache / _environment_name(peer, base)
    interpreter = _inside(directory)
    if interpreter.is_file():
        return interpreter
    if not install:
        raise PeerUnavailableError(
            f"it is not installed. Give --install to make an environment for it, or name an interpreter that has it "
            f"with --python {peer.name}=PATH"
        )
    _make_environment(peer, base, directory)
    return interpreter


def _is_installed(requirement: str) -> bool:
    try:
        metadata.version(requirement)
    except metadata.PackageNotFoundError:
        return False
    return True


def _base_interpreter(peer: Peer) -> Path | None:
    """An interpreter of a version that the peer runs on: this one if possible, else the newest on the path."""
    if peer.runs_on(sys.version_info[:2]):
        return Path(sys.executable)
    for minor in range(_NEWEST_MINOR, 8, -1):
        if not peer.runs_on((3, minor)):
            continue
        found = shutil.which(f"python3.{minor}")
        if found and _runs(found):
            return Path(found)
    return None


def _runs(interpreter: str) -> bool:
    """Whether a command is an interpreter: some managers put commands on the path that only say they are not set up."""
    try:
        done = subprocess.run([interpreter, "-c", ""], capture_output=True, timeout=_VERSION_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _environment_name(peer: Peer, base: Path) -> str:
    key = "\n".join([*peer.requirements, *peer.sources, str(base)])
    return f"{peer.name}-{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def _inside(directory: Path) -> Path:
    return directory / "Scripts" / "python.exe" if os.name == "nt" else directory / "bin" / "python"


def _make_environment(peer: Peer, base: Path, directory: Path) -> None:
    """Make a virtual environment with the peer; it is complete or not there."""
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        # An environment cannot be moved, so one that was begun is taken away again.
        _call([str(base), "-m", "venv", str(directory)])
        python = str(_inside(directory))
        # Wheels, so that nothing is compiled and no package's build script runs; but for the few that have none.
        sources = ["--no-binary", ",".join(peer.sources)] if peer.sources else []
        _call([python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *sources, *peer.requirements])
    except (OSError, subprocess.TimeoutExpired) as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise PeerUnavailableError(f"its environment cannot be made: {error}") from error
    except PeerUnavailableError:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    except KeyboardInterrupt:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def _call(command: list[str]) -> None:
    with tempfile.TemporaryFile() as log:
        done = subprocess.run(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
        log.seek(0)
        said = [line for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    if done.returncode:
        told = next((line for line in said if "ERROR" in line), said[-1] if said else f"exit status {done.returncode}")
        raise PeerUnavailableError(f"it cannot be installed: {told.strip()[:300]}")
