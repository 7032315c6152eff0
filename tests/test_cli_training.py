"""``train`` and ``evaluate`` as a user runs them: own pages, figures into the card, datasets that do not fit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT

from boilerplate.model.model import load_model
from boilerplate.training.card import model_card

OWN = ROOT / "datasets" / "own"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "boilerplate", *map(os.fspath, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=900,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first pages of the own dataset."""
    root = tmp_path_factory.mktemp("few") / "set"
    for part in ("html", "labels"):
        shutil.copytree(OWN / part, root / part)
    lines = (OWN / "pages.jsonl").read_text(encoding="utf-8").splitlines()[:8]
    (root / "pages.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


@pytest.mark.slow
def test_evaluate_then_train_then_clean(few: Path, tmp_path: Path) -> None:
    figures, model = tmp_path / "figures.json", tmp_path / "mine.safetensors"
    done = run("evaluate", few, "--folds", "2", "-f", "json", "-o", figures)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    measured = json.loads(figures.read_text(encoding="utf-8"))
    assert measured["protocol"]["folds"] == 2
    assert len(measured["pages"]) == 8
    assert 0.3 < measured["labels"]["words"]["macro_f1"] <= 1

    done = run("train", few, "-o", model, "--figures", figures)
    assert done.returncode == 0, done.stderr
    loaded = load_model(model)
    assert loaded.info["figures"]["labels"] == measured["labels"]
    assert model.with_suffix(".md").read_text(encoding="utf-8") == model_card(loaded, model.name)

    done = run("clean", OWN / "html" / "own-news-de.html", "--model", model)
    assert done.returncode == 0
    assert "Schuppen 4 steht seit 1998 leer" in done.stdout
    # Without folds a table of the model as it is.
    done = run("evaluate", few, "--model", model)
    assert done.returncode == 0
    assert "given model" in done.stdout
    # Figures of other data are not this model's.
    done = run("train", OWN, "-o", tmp_path / "other.safetensors", "--figures", figures)
    assert done.returncode == 2
    assert "measured on other data" in done.stderr
    assert not (tmp_path / "other.safetensors").exists()


def test_labels_of_another_page_are_named(few: Path, tmp_path: Path) -> None:
    root = tmp_path / "set"
    shutil.copytree(few, root)
    pages = [json.loads(line) for line in (root / "pages.jsonl").read_text(encoding="utf-8").splitlines()]
    shutil.copy(root / "html" / f"{pages[1]['id']}.html", root / "html" / f"{pages[0]['id']}.html")
    done = run("evaluate", root)
    assert done.returncode == 1
    assert f"{pages[0]['id']}: left out" in done.stderr
    assert "belong together" in done.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: (root / "pages.jsonl").unlink(), "pages.jsonl"),
        (lambda root: (root / "pages.jsonl").write_text("{no json", encoding="utf-8"), "line 1"),
        (lambda root: shutil.rmtree(root / "labels"), "label"),
    ],
)
def test_unusable_datasets(few: Path, tmp_path: Path, change: Callable[[Path], object], message: str) -> None:
    root = tmp_path / "set"
    shutil.copytree(few, root)
    change(root)
    for command in (("evaluate", root), ("train", root, "-o", tmp_path / "x.safetensors")):
        done = run(*command)
        assert done.returncode == 1, done.stderr
        assert message in done.stderr
    assert not (tmp_path / "x.safetensors").exists()


def test_too_few_folds() -> None:
    done = run("evaluate", OWN, "--folds", "1")
    assert done.returncode == 2
    assert "--folds 2 or more" in done.stderr
