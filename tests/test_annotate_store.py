"""Labels on disk: what is written is a dataset, nothing is lost, and nothing is overwritten unseen."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import PAGE, ROOT

from boilerplate import Model
from boilerplate.annotate.files import save_file
from boilerplate.annotate.pages import find_pages
from boilerplate.annotate.store import LabelStore
from boilerplate.annotate.workspace import Workspace
from boilerplate.dataset import read_dataset
from boilerplate.errors import BoilerplateError, DatasetError, LabelMismatchError, UsageError
from boilerplate.labels import LABELS
from boilerplate.training.corpus import read_example

OWN = ROOT / "datasets" / "own"


def workspace(model: Model, target: Path, *names: Path, labels_only: bool = False) -> Workspace:
    store = LabelStore(target, labels_only=labels_only)
    pages, failures = find_pages([str(name) for name in names], store.records)
    assert failures == []
    return Workspace(pages, store, model)


def tag(page: dict[str, Any], name: str) -> int:
    return page["tree"]["tags"].index(name)


def test_a_new_dataset_can_be_trained_on(model: Model, page: Path, tmp_path: Path) -> None:
    target = tmp_path / "labels"
    work = workspace(model, target, page)
    assert not target.exists()
    shown = work.page(0)
    assert work.overview()["pages"][0]["undecided"] == -1
    work.act(0, {"action": "label", "element": tag(shown, "body"), "label": "chrome"})
    work.act(0, {"action": "label", "element": tag(shown, "main"), "label": "article"})
    (read,) = read_dataset(target)
    assert read.read_html() == page.read_bytes()
    example = read_example(read)
    assert example.mismatches == ()
    assert [LABELS[k] for k in example.label] == ["chrome", "chrome", *["article"] * 4, "chrome"]
    assert json.loads((target / "labels" / "page.json").read_text()).keys() == {"page", "regions"}
    assert work.overview()["pages"][0]["undecided"] == 0


def test_closing_and_reopening_loses_nothing(model: Model, page: Path, tmp_path: Path) -> None:
    work = workspace(model, tmp_path / "labels", page)
    shown = work.page(0)
    state = work.act(0, {"action": "label", "element": tag(shown, "h1"), "label": "article"})
    assert state["undecided"] == len(state["blocks"]) - 1
    again = workspace(model, tmp_path / "labels", page)
    assert again.overview()["pages"][0]["undecided"] == state["undecided"]
    assert again.page(0)["state"]["blocks"] == state["blocks"]
    # A page that has been moved is known by its bytes.
    moved = tmp_path / "elsewhere" / "other.html"
    moved.parent.mkdir()
    shutil.move(page, moved)
    assert workspace(model, tmp_path / "labels", moved).page(0)["state"]["blocks"] == state["blocks"]


def test_undoing_everything_leaves_no_label_file(model: Model, page: Path, tmp_path: Path) -> None:
    work = workspace(model, tmp_path / "labels", page)
    shown = work.page(0)
    work.act(0, {"action": "label", "element": tag(shown, "h1"), "label": "article"})
    state = work.act(0, {"action": "undo"})
    assert not work.store.has("page")
    assert state["page_undecided"] == -1
    assert read_dataset(tmp_path / "labels")[0].regions is None


def test_labels_of_a_dataset_stay_but_for_what_is_changed(model: Model, tmp_path: Path) -> None:
    target = tmp_path / "own"
    shutil.copytree(OWN, target)
    path = target / "labels" / "own-news-de.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["regions"].append({"xpath": "/html/body/nowhere", "label": "feed", "text_sha1": "0123456789"})
    path.write_text(json.dumps(record), encoding="utf-8")
    index = (target / "pages.jsonl").read_bytes()
    work = workspace(model, target, target)
    shown = work.page(0)
    assert (
        shown["notes"] == ["no element at /html/body/nowhere"] or "no element at /html/body/nowhere" in shown["notes"]
    )
    work.act(0, {"action": "label", "element": tag(shown, "h1"), "label": "chrome"})
    after = json.loads(path.read_text(encoding="utf-8"))
    assert after["note"] == record["note"]
    # The headline has the label of what it stands in now, so its region is gone; the others are as they were.
    assert after["regions"] == [r for r in record["regions"] if not r["xpath"].endswith("/h1")]
    assert (target / "pages.jsonl").read_bytes() == index
    assert sorted(os.listdir(target)) == sorted(os.listdir(OWN))


def test_pages_of_a_dataset_are_copied_with_their_facts(model: Model, tmp_path: Path) -> None:
    work = workspace(model, tmp_path / "labels", OWN)
    number = next(i for i, p in enumerate(work.pages) if p.id == "own-news-uk")
    work.act(number, {"action": "accept_all"})
    (page,) = read_dataset(tmp_path / "labels")
    assert (page.id, page.lang, page.source, page.page_type) == ("own-news-uk", "uk", "own", "article")
    assert page.read_html() == (OWN / "html" / "own-news-uk.html").read_bytes()
    work = workspace(model, tmp_path / "bare", OWN, labels_only=True)
    work.act(number, {"action": "accept_all"})
    assert [p.name for p in (tmp_path / "bare").rglob("*") if p.is_file()] == ["own-news-uk.json"]


def test_a_file_changed_by_something_else_is_left_alone(model: Model, page: Path, tmp_path: Path) -> None:
    one, two = (workspace(model, tmp_path / "labels", page) for _ in range(2))
    h1 = tag(one.page(0), "h1")
    two.page(0)
    one.act(0, {"action": "label", "element": h1, "label": "article"})
    with pytest.raises(DatasetError, match="changed by something else"):
        two.act(0, {"action": "label", "element": h1, "label": "promo"})
    # Shown anew, it goes on from what stands there.
    state = two.page(0)["state"]
    assert state["regions"] == [[h1, 0]]
    assert two.act(0, {"action": "label", "element": h1, "label": "promo"})["regions"] == [[h1, 1]]


def test_a_step_that_cannot_be_saved_is_not_taken(
    model: Model, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = workspace(model, tmp_path / "labels", page)
    h1 = tag(work.page(0), "h1")
    before = work.act(0, {"action": "label", "element": h1, "label": "article"})
    saved = work.store.path_of("page").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(BoilerplateError, match="No space left on device"):
        work.act(0, {"action": "label", "element": h1, "label": "promo"})
    monkeypatch.undo()
    assert work.store.path_of("page").read_bytes() == saved
    assert [p.name for p in (tmp_path / "labels" / "labels").iterdir()] == ["page.json"]
    assert work.page(0)["state"]["blocks"] == before["blocks"]


def test_replaced_files_are_readable_as_others_are(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.json"
    save_file(path, b"1")
    plain = tmp_path / "plain"
    plain.write_bytes(b"1")
    assert path.stat().st_mode == plain.stat().st_mode


def test_names_of_files_become_ids(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    (pages / "sub" / "ünï 漢字").mkdir(parents=True)
    texts = {
        "a.html": "<p>One",
        "sub/a.html": "<p>Two",
        "sub-a.htm": "<p>Three",
        "copy.html": "<p>One",
        "sub/ünï 漢字/b?.html": '<html lang="de-AT"><link rel="canonical" href="https://www.a.example/x?y&amp;z"><p>Four',
        f"{'漢' * 70}.html": "<p>Five",
    }
    for name, text in texts.items():
        (pages / name).write_text(text, encoding="utf-8")
    (pages / "packed.html.gz").write_bytes(gzip.compress(b"<p>Six"))
    found, failures = find_pages([str(pages), str(pages / "a.html")], {})
    assert failures == []
    ids = [page.id for page in found]
    assert len(ids) == len(set(ids)) == 6
    assert {"a", "packed", "sub-a", "sub-ünï-漢字-b"} <= set(ids)
    assert sum(i.startswith("sub-a-") for i in ids) == 1
    assert all(len(i.encode()) <= 200 for i in ids)
    page = next(p for p in found if p.id.endswith("-b"))
    assert (page.url, page.site, page.record["lang"]) == ("https://www.a.example/x?y&z", "a.example", "de")
    assert next(p for p in found if p.id == "packed").read() == b"<p>Six"


def test_what_holds_no_page_is_named_with_its_reason(tmp_path: Path, page: Path) -> None:
    found, failures = find_pages([str(tmp_path / "none.html"), str(page)], {})
    assert [p.id for p in found] == ["page"]
    assert failures[0][0].endswith("none.html")
    assert "no such file" in failures[0][1]
    with pytest.raises(UsageError, match="Standard input"):
        find_pages(["-"], {})


def test_another_page_of_the_same_id_is_refused(model: Model, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "html").mkdir(parents=True)
    (other / "html" / "own-news-de.html").write_text("<p>Another page")
    (other / "pages.jsonl").write_text('{"id": "own-news-de", "sha256": "00"}\n')
    pages, failures = find_pages([str(OWN), str(other)], {})
    assert len(pages) == 26
    assert "Another page" in failures[0][1]


def test_labels_of_another_page_are_not_overwritten(model: Model, tmp_path: Path) -> None:
    target = tmp_path / "own"
    shutil.copytree(OWN, target)
    shutil.copy(target / "html" / "own-docs-en.html", target / "html" / "own-news-de.html")
    work = workspace(model, target, target)
    before = work.store.path_of("own-news-de").read_bytes()
    with pytest.raises(LabelMismatchError, match="belong together"):
        work.page(0)
    with pytest.raises(LabelMismatchError):
        work.act(0, {"action": "accept_all"})
    assert work.store.path_of("own-news-de").read_bytes() == before


def test_a_review_starts_from_other_labels_and_remembers_what_was_right(model: Model, tmp_path: Path) -> None:
    target = tmp_path / "checked"
    store = LabelStore(target)
    pages, _ = find_pages([str(OWN)], {})
    work = Workspace(pages[:1], store, model, LabelStore(OWN))
    shown = work.page(0)
    assert shown["state"]["undecided"] == 0
    assert not target.exists()
    state = work.act(0, {"action": "check", "block": 5})
    assert state["checked"] == [5]
    again = Workspace(pages[:1], LabelStore(target), model, LabelStore(OWN)).page(0)["state"]
    assert again["checked"] == [5]
    assert again["blocks"] == shown["state"]["blocks"]
    original = json.loads((OWN / "labels" / "own-news-de.json").read_text(encoding="utf-8"))
    written = json.loads((target / "labels" / "own-news-de.json").read_text(encoding="utf-8"))
    assert written["regions"] == original["regions"]
    assert written["note"] == original["note"]


def test_a_damaged_label_file_is_named(model: Model, page: Path, tmp_path: Path) -> None:
    path = tmp_path / "labels" / "labels" / "page.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"regions": [{"xpath": "/html", "label": "advert"}]}')
    with pytest.raises(DatasetError, match="'advert' is no label"):
        workspace(model, tmp_path / "labels", page)


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"action": "label", "element": 1, "label": "advert"},
        {"action": "label", "element": "1", "label": "promo"},
        {"action": "label", "element": 10**6, "label": "promo"},
        {"action": "label", "element": -1, "label": "promo"},
        {"action": "label_block", "block": 10**6, "label": "promo"},
        {"action": "check", "block": -1},
        {"action": "__class__"},
    ],
)
def test_steps_that_mean_nothing(model: Model, page: Path, tmp_path: Path, action: dict[str, Any]) -> None:
    work = workspace(model, tmp_path / "labels", page)
    with pytest.raises(UsageError):
        work.act(0, action)
    with pytest.raises(UsageError):
        work.act(3, {"action": "undo"})
    assert not (tmp_path / "labels").exists()


def test_pages_without_text(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "empty.html"
    path.write_text("<html><body><script>x()</script></body></html>")
    work = workspace(model, tmp_path / "labels", path)
    assert work.page(0)["state"]["blocks"] == ""
    assert "Nothing" in work.act(0, {"action": "accept_all"})["message"]


def test_the_page_of_the_fixture_has_the_text_it_should() -> None:
    assert PAGE.count("<p>") == 4
