"""A command run where standard error is a terminal, as a user at a screen has it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

#: What moves the cursor or sets colours.
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def run_at_terminal(*arguments: str | Path) -> tuple[int, bytes, list[str]]:
    """Run the command line with a terminal for standard error.

    Returns
    -------
    status : int
    out : bytes
        Standard output.
    lines : list of str
        All that was shown, a line for each state of a progress bar.
    """
    import pty
    import termios

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM", "COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-m", "boilerplate", *map(os.fspath, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=env | {"PYTHONPATH": str(ROOT), "TERM": "xterm"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux says so when the last one that had the terminal open has ended.
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    text = _CONTROL.sub("", shown.decode("utf-8"))
    return process.returncode, out, [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]
