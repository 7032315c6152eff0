"""Reports on hostile pages in a real browser, with a listener that must see nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from misbehaving_server import Server
from test_output_browser import CHROMIUM, TEXT, browser, check_the_listener, hostile, opened, server

from boilerplate import Model
from boilerplate.benchmark.figures import Benchmark
from boilerplate.dataset import read_dataset
from boilerplate.labels import LABELS
from boilerplate.reports.benchmark import benchmark_html
from boilerplate.reports.evaluation import evaluation_html
from boilerplate.training.corpus import read_corpus
from boilerplate.training.evaluation import evaluate_predictions, predict_given

__all__ = ["browser", "server"]  # fixtures

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)"),
]


def bait(base: str) -> str:
    """A name that would run and load something wherever it becomes markup, an attribute, a style or an address."""
    return (
        f"\"'><script>hit('name')</script><img src={base}/name onerror=hit('image')>]]>-->"
        f"</style></title></svg><link rel=stylesheet href={base}/css>;background:url({base}/style)"
    )


def dataset(root: Path, base: str) -> Path:
    names = {"a": f"javascript:hit('url')//{bait(base)}", "b": f"{base}/page"}
    for part in ("html", "labels", "main_text"):
        (root / part).mkdir(parents=True)
    lines = []
    for name, url in names.items():
        # Written as text too: what a report quotes of a page may itself be markup.
        quoted = bait(base).replace("<", "&lt;")
        (root / "html" / f"{name}.html").write_text(f"{hostile(base)}<p>{quoted}{TEXT}", encoding="utf-8")
        (root / "labels" / f"{name}.json").write_text(
            json.dumps({"regions": [{"xpath": "/html/body", "label": LABELS[0]}]})
        )
        lines.append({"id": name, "site": f"{name}.test {bait(base)}", "url": url, "page_type": bait(base)})
    (root / "main_text" / "a.json").write_text(json.dumps({"main_content": f"Something else {bait(base)}"}))
    (root / "pages.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return root


def test_evaluation_of_hostile_pages(browser: Any, server: Server, model: Model, tmp_path: Path) -> None:
    check_the_listener(browser, server, tmp_path)
    base = f"http://127.0.0.1:{server.port}"
    examples, failures = read_corpus(read_dataset(dataset(tmp_path / "pages", base)))
    assert not failures
    said, protocol = predict_given(model, examples)
    evaluation = evaluate_predictions(examples, said, {**protocol, "model": bait(base)})
    text = evaluation_html(evaluation, examples, said, title=bait(base), worst=5)
    assert "hit(" in text, "what pages say is shown"
    ran, asked = opened(browser, text, tmp_path / "report.html")
    assert (ran, asked, server.requests) == ([], [], [])


def test_benchmark_with_hostile_names(browser: Any, server: Server, tmp_path: Path) -> None:
    check_the_listener(browser, server, tmp_path)
    name = bait(f"http://127.0.0.1:{server.port}")
    interval = {"f1": 0.5, "precision": 0.5, "recall": 0.5, "f1_interval": [0.4, 0.6], "pages": 2, "sites": 2}
    quality = interval | {f"ngram_{key}": value for key, value in interval.items()}
    measured = {
        "status": "measured",
        "reason": "",
        "python": name,
        "versions": {name: name},
        "quality": {
            "main_text": quality,
            "article": quality,
            "groups": [{"by": "page_type", "value": name, "main_text": quality}],
        },
        "speed": {
            "pages": 2,
            "cpu": {"median": 0.1, "mean": 0.2, "p95": 0.3},
            "ratio": {"median": 1.0, "mean": 2.0, "p95": 3.0},
            "total_ratio": 2.0,
        },
        "cold_start": {"cpu": 0.1, "wall": 0.2},
        "peak_memory": 1_000_000,
        "failures": {
            "pages": 2,
            "counts": {"crash": 1, "timeout": 0, "exception": 0, "empty": 0},
            "reasons": [{"kind": "crash", "reason": name, "count": 1, "page": name}],
        },
        "starts": 1,
    }
    left_out = dict.fromkeys(measured) | {"status": "left out", "reason": name, "versions": {}}
    run = {
        "date": name,
        "machine": {"processor": name, "cores": 2, "memory": 1 << 30, "system": name},
        "data": {"pages": 2, "sites": 2, "sha256": name},
        "settings": {"datasets": [name], "sample": 2, "seed": 0, "timeout": 30.0, "memory_limit": 1 << 32},
        "protocol": name,
        "notes": [name],
        "speed_only": False,
    }
    rows = [{"name": "boilerplate", **measured}, {"name": name, **measured}, {"name": f"x {name}", **left_out}]
    text = benchmark_html(Benchmark.from_dict({"run": run, "rows": rows, "differences": [], "pages": []}))
    assert text.count("hit(") > 5, "names are shown"
    ran, asked = opened(browser, text, tmp_path / "report.html")
    assert (ran, asked, server.requests) == ([], [], [])
