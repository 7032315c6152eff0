"""``boilerplate annotate`` as a user starts it: what it refuses, and in which order pages come."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import ROOT, Run

from boilerplate import Model
from boilerplate.annotate.pages import find_pages
from boilerplate.annotate.store import LabelStore, SavedLabels
from boilerplate.annotate.survey import like_blocks, most_instructive_first, page_uncertainty, survey_pages
from boilerplate.blocks import segment
from boilerplate.page import parse

OWN = ROOT / "datasets" / "own"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((), 2, "No pages are given"),
        (("PAGE",), 2, "Give one with -o"),
        (("PAGE", "-o", "-"), 2, "Give one with -o"),
        (("PAGE", "-o", "PAGE"), 2, "is a file"),
        (("PAGE", "-o", "OUT", "--order", "best"), 2, "Use one of given, uncertain"),
        (("PAGE", "-o", "OUT", "--labels-only"), 2, "--labels-only is for pages of datasets"),
        (("PAGE", "-o", "OUT", "--review", "OUT"), 2, "no labels to review"),
        (("-", "-o", "OUT"), 2, "Standard input cannot be labelled"),
        (("none.html", "-o", "OUT"), 1, "none.html: There is no such file"),
        (("PAGE", "-o", "OUT", "--model", "none"), 2, "none"),
    ],
)
def test_what_cannot_be_meant(
    run: Run, page: Path, tmp_path: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    places = {"PAGE": str(page), "OUT": str(tmp_path / "out")}
    done = run("annotate", *(places.get(a, a) for a in arguments))
    assert done.returncode == status
    assert message in done.stderr.decode()
    assert done.stdout == b""
    assert not (tmp_path / "out").exists()


def test_a_missing_extra_is_named(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import importlib.util
    import sys

    from boilerplate.cli import main

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "starlette" else found(name, *a))
    monkeypatch.setattr(sys, "argv", ["boilerplate", "annotate", str(page), "-o", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "pip install 'boilerplate[annotate]'" in capsys.readouterr().err


def test_nothing_to_review(run: Run, model: Model, tmp_path: Path) -> None:
    from boilerplate.annotate.workspace import Workspace

    target = tmp_path / "set"
    pages, _ = find_pages([str(OWN / "html" / "own-docs-en.html")], {})
    Workspace(pages, LabelStore(target), model).act(0, {"action": "accept_all"})
    done = run("annotate", "--review", target, "--jobs", "1")
    assert done.returncode == 0
    assert "agree on every block" in done.stderr.decode()


def test_uncertain_kinds_of_blocks_count_once() -> None:
    sure, unsure = [0.97, 0.01, 0.01, 0.01], [0.25] * 4
    undecided = np.ones(4, dtype=np.bool_)
    likeness = np.array([0, 0, 0, 1])
    one = page_uncertainty(np.array([unsure, unsure, unsure, sure]), likeness, undecided)
    assert one == pytest.approx(2 + page_uncertainty(np.array([sure]), np.array([0]), np.array([True])))
    assert page_uncertainty(np.array([unsure] * 4), np.arange(4), undecided) == pytest.approx(8)
    # What is labelled already teaches nothing new.
    assert page_uncertainty(np.array([unsure] * 4), likeness, ~undecided) == 0


def test_like_blocks_share_tags_and_classes() -> None:
    html = "<ul class=a><li>one</li><li>two</li></ul><ul class=b><li>three</li></ul><p>four</p>"
    kinds = like_blocks(segment(parse(html)))
    assert kinds[0] == kinds[1]
    assert len(set(kinds.tolist())) == 3


def test_one_page_of_each_site_comes_first() -> None:
    sites = ["a", "a", "a", "b", "c"]
    assert most_instructive_first([5.0, 4.0, 3.0, 1.0, 0.0], sites) == [0, 3, 1, 2, 4]
    assert most_instructive_first([], []) == []


def test_a_survey_counts_what_a_page_would_show(model: Model, tmp_path: Path) -> None:
    pages, _ = find_pages([str(OWN)], {})
    store = LabelStore(OWN)
    labelled = [store.read(page.id) for page in pages[:3]]
    nothing = [SavedLabels()] * 3
    for survey in survey_pages(pages[:3], labelled, model=model):
        assert (survey.undecided, survey.uncertainty, survey.reason) == (0, 0.0, "")
    alone = list(survey_pages(pages[:3], nothing, model=model))
    assert all(s.undecided > 50 and s.uncertainty > 0 and s.disagreements == 0 for s in alone)
    # Processes give the same.
    assert list(survey_pages(pages[:3], nothing, model=model, jobs=2)) == alone
    broken = SimpleNamespace(id="x", name="x", url="", read=lambda: b"%PDF-1.7")
    (survey,) = survey_pages([broken], [SavedLabels()], model=model)  # type: ignore[list-item]
    assert "PDF" in survey.reason


def test_the_order_can_be_asked_for(model: Model, tmp_path: Path) -> None:
    from boilerplate.cli.annotate import _sorted_pages

    target = tmp_path / "own"
    shutil.copytree(OWN, target)
    pages, _ = find_pages([str(target)], {})
    pages = pages[:4]
    (target / "labels" / f"{pages[2].id}.json").unlink()
    store = LabelStore(target)
    ordered, failures = _sorted_pages(pages, store, None, "uncertain", model, 1)
    assert failures == []
    # The only page without labels is the only one to learn from.
    assert [p.id for p in ordered] == [pages[i].id for i in (2, 0, 1, 3)]
