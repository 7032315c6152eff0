"""Files that one command writes and another reads, as somebody may have changed them: an answer, and no traceback."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import PAGE, ROOT, Run

from boilerplate.cli.train import _read_figures
from boilerplate.dataset import read_datasets
from boilerplate.errors import UsageError
from boilerplate.model.model import load_model
from boilerplate.training.card import figures_text
from boilerplate.training.overlap import training_overlap

OTHERS: tuple[object, ...] = (None, [], {}, "x", "\ud800", -1, float("nan"), [["x"]])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to everything in nested values; of a list its first."""
    inside = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed(value: Any, path: tuple[Any, ...], to: object = ...) -> Any:
    """A copy with another value at a path, or without what is there."""
    result = copy.deepcopy(value)
    holder = result
    for key in path[:-1]:
        holder = holder[key]
    if to is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = to
    return result


def test_figures_are_refused_before_a_model_is_trained(tmp_path: Path) -> None:
    info = load_model().info
    good = {**info["figures"], "data": {"sha256": "0"}, "groups": [{"by": "style", "value": "x", "pages": 1}]}
    path = tmp_path / "figures.json"
    path.write_text(json.dumps(good), encoding="utf-8")
    assert _read_figures(path)["protocol"] == good["protocol"]
    refused = 0
    for place in places(good):
        for other in (..., *OTHERS):
            path.write_text(json.dumps(changed(good, place, other)), encoding="utf-8")
            try:
                figures = _read_figures(path)
            except UsageError:
                refused += 1
            else:
                # What is let through can be written into the model and its card.
                figures_text(figures).encode("utf-8")
                json.dumps(figures, allow_nan=False)
    assert refused > 100


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "1", "null", '"protocol"', "{" * 100_000, "[" * 100_000, '{"a": NaN}']
)
def test_figures_that_are_none(text: str, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "figures.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="holds no figures"):
        _read_figures(path)
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        _read_figures(tmp_path / "missing.json")
    if text == "{}":
        done = run("train", ROOT / "datasets" / "own", "-o", tmp_path / "x.safetensors", "--figures", path)
        assert done.returncode == 2
        assert b"holds no figures" in done.stderr
        assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("told", [None, [], "x", 3, {"page_prefixes": {}, "site_prefixes": 1, "sources": ["a"]}])
def test_what_a_model_says_of_its_data_is_not_trusted(told: object) -> None:
    pages = read_datasets([ROOT / "datasets" / "own"])[:1]
    assert training_overlap(told, pages)["seen"] is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("pages", "2"), ("pages", -1), ("position", None), ("outcomes", {"ok": "x"}), ("outcomes", 3), ("names", ...)],
)
def test_a_journal_that_is_damaged(name: str, value: object, tmp_path: Path, run: Run) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    for number in range(3):
        (pages / f"{number}.html").write_text(PAGE, encoding="utf-8")
    command = ("clean", pages, "-f", "parquet", "-o", tmp_path / "out", "--shard-rows", "2")
    assert run(*command).returncode == 0
    (journal,) = (tmp_path / "out").glob(".*journal")
    content = changed(json.loads(journal.read_bytes()), (name,), value)
    journal.write_text(json.dumps(content), encoding="utf-8")
    done = run(*command)
    assert b"Traceback" not in done.stderr
    assert done.returncode == (0 if value is ... else 2), done.stderr
