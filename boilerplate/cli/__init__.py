"""The command line: one module a command, each parsing and printing around plain functions of the package."""

from __future__ import annotations

import os
import sys

from boilerplate.cli.app import app
from boilerplate.errors import BoilerplateError, ModelError, UsageError

__all__ = ["main"]


def main() -> None:
    """Run the command line.

    Exit status 0: done; 1: some inputs failed, each named with its reason; 2: wrong usage.
    """
    try:
        app()
    except BoilerplateError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, UsageError | ModelError) else 1)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe has what it wanted; nothing is wrong. Python would complain when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        print(
            f"Error: something unforeseen happened ({type(error).__name__}: {error}). This is a fault of boilerplate; "
            "please report it with the input that led to it.",
            file=sys.stderr,
        )
        sys.exit(1)
