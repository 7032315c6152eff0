"""The names of the package."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PAGE, ROOT

import boilerplate
from boilerplate import Model, errors


def test_exported_names() -> None:
    expected = {"Block", "BlockClassifier", "LabelledPage", "Limits", "Model", "clean", "errors", "label", "load_model"}
    assert set(boilerplate.__all__) == expected
    for name in expected - {"BlockClassifier"}:  # imports scikit-learn
        assert getattr(boilerplate, name).__doc__
    with pytest.raises(AttributeError):
        _ = boilerplate.nonsense


def test_signatures() -> None:
    assert list(inspect.signature(boilerplate.clean).parameters) == [
        *["html", "url", "keep", "output_format", "model", "input_format", "focus"],
        *["links", "images", "tables", "with_metadata", "hidden", "keep_controls", "limits"],
    ]
    assert list(inspect.signature(boilerplate.label).parameters) == [
        "html",
        "url",
        "model",
        "input_format",
        "explain",
        "focus",
        "limits",
    ]
    assert list(inspect.signature(boilerplate.load_model).parameters) == ["path", "input_format"]


def test_one_tree_of_errors() -> None:
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), errors.BoilerplateError)
        assert getattr(errors, name).__doc__


def test_clean_is_label_and_render(model: Model) -> None:
    page = boilerplate.label(PAGE, model=model, url="https://example.org/tea")
    assert page.url == "https://example.org/tea"
    for output_format in ("txt", "markdown", "html", "json", "jsonl", "csv"):
        options = {"keep": ("chrome", "article"), "output_format": output_format}
        cleaned = boilerplate.clean(PAGE.encode(), model=model, url="https://example.org/tea", **options)
        assert cleaned == page.render(output_format, ("article", "chrome"))


def test_refusals(model: Model, tmp_path: Path) -> None:
    with pytest.raises(errors.EmptyPageError):
        boilerplate.clean(b" ", model=model)
    with pytest.raises(errors.NotHTMLError):
        boilerplate.clean(b"%PDF-1.7", model=model)
    with pytest.raises(errors.UsageError, match=r"is no output format\. Use one of txt"):
        boilerplate.clean(PAGE, model=model, output_format="docx")
    with pytest.raises(errors.UsageError, match="is no label"):
        boilerplate.clean(PAGE, model=model, keep=["advert"])
    with pytest.raises(errors.ModelError, match="There is no model file"):
        boilerplate.load_model(tmp_path / "missing")


def test_a_saved_model_is_the_same(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "m.safetensors")
    again = boilerplate.load_model(tmp_path / "m.safetensors")
    assert boilerplate.label(PAGE, model=again) == boilerplate.label(PAGE, model=model)


def test_applying_does_not_import_what_training_needs() -> None:
    script = (
        f"import sys, boilerplate\nboilerplate.clean({PAGE!r})\n"
        "heavy = {'sklearn', 'pandas', 'scipy', 'joblib', 'rich', 'typer', 'charset_normalizer'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
