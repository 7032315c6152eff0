"""What tests of the command line and of labelled pages share."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

# Tests run side by side: trees that take all cores in each of them wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from boilerplate import Model, load_model
from boilerplate.cli import main

# What a shell starts in the background ignores interrupts, and so would the commands that these tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes depends on what else the machine does.
settings.register_profile("boilerplate", deadline=None)
settings.load_profile("boilerplate")

ROOT = Path(__file__).resolve().parents[1]
PAGE = """<!DOCTYPE html><html><head><title>Tea and milk</title></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li></ul></nav>
<main><h1>Tea and milk</h1>
<p>Tea is brewed from leaves, and some people drink it with milk, which others find hard to understand at all.</p>
<p>The habit is old: in the seventeenth century, cups of thin china were said to crack unless milk went in first.</p>
<p>Whether that was so nobody has measured, and the order in which the two are poured is still argued about.</p></main>
<footer><p>© 2026 Tea Society</p></footer></body></html>
"""


def call(*arguments: str | Path) -> int:
    """The command line in this process, which is quicker; the status it ends with."""
    before = sys.argv
    sys.argv = ["boilerplate", *map(os.fspath, arguments)]
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before
    return 0


Run = Callable[..., subprocess.CompletedProcess[bytes]]


def load_script(path: Path) -> ModuleType:
    """A script of this project as a module, though it stands in no package."""
    spec = importlib.util.spec_from_file_location(f"script_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look up the module that they are defined in.
    sys.modules[spec.name] = module
    # As when it is run, it finds the modules beside it.
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(path.parent)
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def model() -> Model:
    """The default model."""
    return load_model()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A small page."""
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def run() -> Run:
    """Run the command line in a process of its own, as a user does."""

    def command(*arguments: str | Path, stdin: bytes = b"", **options: object) -> subprocess.CompletedProcess[bytes]:
        env = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"}
        given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "input": stdin, **options}
        done = subprocess.run(
            [sys.executable, "-m", "boilerplate", *map(os.fspath, arguments)],
            env=env,
            timeout=240,
            check=False,
            **given,
        )
        assert b"Traceback" not in (done.stderr or b"")
        assert b"unforeseen" not in (done.stderr or b"")
        return done

    return command
