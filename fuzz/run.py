"""Run a fuzz target under Atheris: ``python -m fuzz.run TARGET [libFuzzer options] [CORPUS...]``.

An option of its own, ``-max_processor_seconds=S``, ends it after so much processor time, which on a busy machine says
more than libFuzzer's ``-max_total_time``.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import time
import warnings
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import atheris

#: Parts of the package that no target calls.
_OTHERS = ("annotate", "batch", "benchmark", "datasets", "frames", "reports.plots", "training", "__main__")
#: What is looked into where a target is for a part of the package: it starts sooner, and tries more in the same time.
_PARTS = {
    **dict.fromkeys(("warc", "jsonl", "packed"), ("boilerplate.inputs",)),
    **dict.fromkeys(("model-file", "model-rewritten", "trees"), ("boilerplate.model",)),
    **dict.fromkeys(
        ("addresses", "answers"), ("boilerplate.web", "boilerplate.inputs.packed", "protego", "h11", "httpcore")
    ),
    "options": ("boilerplate.cli",),
    **dict.fromkeys(("decode", "segment"), ("boilerplate.page", "boilerplate.nodes", "boilerplate.blocks")),
}


def _instrument(target: str) -> dict[str, Callable[[bytes], None]]:
    """Import what a target calls so that the fuzzer sees where inputs lead, and give the targets."""
    parts = _PARTS.get(target, ("boilerplate",))
    with atheris.instrument_imports(include=list(parts)):
        import boilerplate

        # Much is imported only when it is first called, where nothing would be instrumented any more.
        for module in pkgutil.walk_packages(boilerplate.__path__, "boilerplate."):
            wanted = any(module.name == part or module.name.startswith(f"{part}.") for part in parts)
            if wanted and not module.name.removeprefix("boilerplate.").startswith(_OTHERS):
                importlib.import_module(module.name)
        from fuzz.targets import TARGETS
    return TARGETS


#: Processor time that an input may take, instrumented.
MAX_SECONDS = 5.0
_OPTION = "-max_processor_seconds="


def main() -> None:
    """Set Atheris up and hand over to it; it never returns."""
    targets = _instrument(sys.argv[1] if len(sys.argv) > 1 else "")
    if len(sys.argv) < 2 or sys.argv[1] not in targets:
        sys.exit(f"Name a target: {', '.join(targets)}.")
    target = targets[sys.argv.pop(1)]
    given = [word for word in sys.argv if word.startswith(_OPTION)]
    sys.argv[:] = [word for word in sys.argv if word not in given]
    last = time.process_time() + float(given[-1].removeprefix(_OPTION)) if given else float("inf")
    executions = 0

    def measured(data: bytes) -> None:
        nonlocal executions
        started = time.process_time()
        target(data)
        # libFuzzer's own limit goes by the clock, which says little on a busy machine.
        ended = time.process_time()
        assert ended - started <= MAX_SECONDS, f"{ended - started:.1f} s of processor time for {len(data)} bytes"
        executions += 1
        if ended > last:
            print(f"stat::number_of_executed_units: {executions}", file=sys.stderr, flush=True)
            os._exit(0)  # libFuzzer would take any other end for a finding

    # A warning is a line on a user's screen that says nothing to them, so it counts as a finding too.
    warnings.simplefilter("error")
    atheris.Setup(sys.argv, measured)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
