"""The command line: one module a command, each parsing and printing around plain functions of the package."""

from __future__ import annotations

import os
import sys

# Nothing here multiplies large matrices, and starting numpy's threads for that takes longer than labelling a page.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
from boilerplate.cli.app import app
from boilerplate.cli.output import say
from boilerplate.errors import BoilerplateError, ModelError, UsageError

__all__ = ["main"]


def main() -> None:
    """Run the command line.

    Exit status 0: done; 1: some inputs failed, each named with its reason; 2: wrong usage.
    """
    try:
        app(prog_name="boilerplate")
    except BoilerplateError as error:
        say(f"Error: {error}")
        sys.exit(2 if isinstance(error, UsageError | ModelError) else 1)
    except KeyboardInterrupt:
        say("Interrupted.")
        sys.exit(130)
    except Exception as error:
        say(
            f"Error: something unforeseen happened ({type(error).__name__}: {error}). This is a fault of boilerplate; "
            "please report it with the input that led to it."
        )
        sys.exit(1)
