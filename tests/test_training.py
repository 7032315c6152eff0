"""Training and evaluation on the project's own pages: what is learned, what is refused, and that it repeats."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boilerplate import features
from boilerplate.dataset import read_dataset, read_datasets
from boilerplate.errors import DatasetError, ModelError, UsageError
from boilerplate.labels import LABELS, UNKNOWN
from boilerplate.model.file import read_model_file, write_model_file
from boilerplate.model.model import Model, default_model_path, load_model
from boilerplate.training.card import model_card
from boilerplate.training.corpus import Example, read_corpus, read_example
from boilerplate.training.evaluation import evaluate_model, out_of_fold
from boilerplate.training.folds import site_folds
from boilerplate.training.report import evaluation_table
from boilerplate.training.scorers import ScorerDesign, fit_scorers
from boilerplate.training.trainer import Settings, describe_data, fit_model, with_label_content

OWN = Path(__file__).parents[1] / "datasets" / "own"
SMALL = Settings(
    inner_folds=2,
    first_features=40,
    n_features=60,
    first_rounds=4,
    label_rounds=8,
    main_rounds=8,
    choice_rounds=4,
    learning_rate=0.3,
)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    found, failures = read_corpus(read_dataset(OWN))
    assert failures == []
    return found


@pytest.fixture(scope="module")
def model(examples: list[Example]) -> Model:
    return fit_model(examples, settings=SMALL)


def test_training_beats_guessing(examples: list[Example], model: Model) -> None:
    figures = evaluate_model(model, examples).labels["words"]
    assert figures["macro_f1"] > 0.7


def test_perfect_decisions_on_blocks_reach_the_gold(examples: list[Example], model: Model) -> None:
    result = evaluate_model(model, examples)
    assert result.ceiling["labels_macro_f1"] >= 0.99


def test_training_twice_gives_the_same_file(examples: list[Example], model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "a.safetensors")
    fit_model(examples, settings=SMALL, jobs=2).save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    other = fit_model(examples, settings=replace(SMALL, seed=1))
    other.save(tmp_path / "c.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() != (tmp_path / "c.safetensors").read_bytes()


def test_a_saved_model_predicts_the_same(examples: list[Example], model: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    model.save(path)
    loaded = load_model(path)
    for example in examples[:5]:
        before, after = model.predict(example.reading), loaded.predict(example.reading)
        assert np.array_equal(before.probabilities, after.probabilities)
        assert np.array_equal(before.main, after.main)
    assert loaded.info == model.info
    assert loaded.first.columns == model.first.columns
    assert loaded.final.columns == model.final.columns


@pytest.mark.parametrize("name", ["first", "final"])
def test_a_model_for_other_features_is_refused(model: Model, name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    look = getattr(model, name)
    for changed, reason in (
        (replace(look, columns=("no_such_feature", *look.columns[1:])), "no_such_feature"),
        (replace(look, columns=look.columns[1:]), "do not fit"),
        (replace(look, label_trees=look.main_trees), "do not fit"),
    ):
        replace(model, **{name: changed}).save(path)
        with pytest.raises(ModelError, match=reason):
            load_model(path)


def test_the_first_guess_cannot_look_at_itself(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    columns = (features.NAMES[-1], *model.first.columns[1:])
    replace(model, first=replace(model.first, columns=columns)).save(path)
    with pytest.raises(ModelError, match="does not compute"):
        load_model(path)


def test_a_model_without_a_scorer_is_refused(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    model.save(path)
    arrays, header = read_model_file(path)
    write_model_file(path, {k: v for k, v in arrays.items() if k != "scorer.words.values"}, header)
    with pytest.raises(ModelError, match="words"):
        load_model(path)
    write_model_file(path, arrays, {**header, "scorers": ["words", "smell"]})
    with pytest.raises(ModelError, match="other scorers"):
        load_model(path)


def test_a_model_of_other_shapes_is_refused(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    model.save(path)
    arrays, header = read_model_file(path)
    values, scale = arrays["scorer.words.values"], arrays["scorer.words.scale"]
    for name, odd in (
        ("values", values[:-1]),
        ("values", values[:, :-1]),
        ("values", values.astype(np.float32)),
        ("scale", scale[:-1]),
        ("scale", scale.astype(np.float64)),
    ):
        write_model_file(path, {**arrays, f"scorer.words.{name}": odd}, header)
        with pytest.raises(ModelError, match=r"(weights|scales) for 'words' are missing or of another shape"):
            load_model(path)


def test_scorers_learn_words(examples: list[Example]) -> None:
    design = ScorerDesign(examples)
    scorers = fit_scorers(design, np.ones(len(examples), dtype=bool))
    column = features.NAMES.index("words_article")
    scores = np.concatenate([features.first_matrix(e.reading, scorers)[:, column] for e in examples])
    labels = np.concatenate([e.label for e in examples])
    assert scores[labels == 0].mean() > scores[labels > 0].mean()


def test_folds_never_split_a_site(examples: list[Example]) -> None:
    twins = [
        replace(e, page=replace(e.page, site="one.example" if k % 3 == 0 else e.page.site))
        for k, e in enumerate(examples)
    ]
    folds = site_folds(twins, 4, seed=2)
    by_site: dict[str, set[int]] = {}
    for example, fold in zip(twins, folds.tolist(), strict=True):
        by_site.setdefault(example.page.site, set()).add(fold)
    assert all(len(f) == 1 for f in by_site.values())
    assert set(folds.tolist()) == {0, 1, 2, 3}


def test_one_site_is_too_few(examples: list[Example]) -> None:
    one = [replace(e, page=replace(e.page, site="one.example")) for e in examples]
    with pytest.raises(DatasetError, match="site"):
        fit_model(one, settings=SMALL)
    with pytest.raises(UsageError, match="sites"):
        site_folds(one, 5)


def test_a_label_without_an_example_is_refused(examples: list[Example]) -> None:
    blind = [replace(e, label=np.where(e.label == 1, UNKNOWN, e.label).astype(np.int8)) for e in examples]
    with pytest.raises(DatasetError, match="promo"):
        fit_model(blind, settings=SMALL)


def test_out_of_fold_figures_have_every_part(examples: list[Example]) -> None:
    steps: list[str] = []
    result = out_of_fold(examples, n_folds=2, settings=SMALL, progress=lambda text, done, total: steps.append(text))
    assert result.protocol["folds"] == 2
    assert len(result.pages) == len(examples)
    for unit in ("words", "blocks"):
        figures = result.labels[unit]
        assert set(figures["by_label"]) == set(LABELS)
        low, high = figures["macro_f1_interval"]
        assert low <= figures["macro_f1"] <= high
    assert json.loads(json.dumps(result.to_dict()))["data"]["pages"] == len(examples)
    assert "macro" in evaluation_table(result)
    assert steps[-1] == "figures"


def test_gold_text_and_snippets_count(tmp_path: Path, examples: list[Example]) -> None:
    root = tmp_path / "set"
    shutil.copytree(OWN / "html", root / "html")
    (root / "main_text").mkdir()
    lines = []
    for number, example in enumerate(examples[:3]):
        page = example.page
        lines.append(json.dumps({"id": page.id, "site": page.site, "url": page.url}))
        content = "\n".join(t for t, label in zip(example.texts, example.label, strict=True) if label == 0)
        gold = {"main_content": content} if number else {"with": [content.splitlines()[0]], "without": ["zzz"]}
        (root / "main_text" / f"{page.id}.json").write_text(json.dumps(gold), encoding="utf-8")
    (root / "pages.jsonl").write_text("\n".join(lines), encoding="utf-8")
    found, _ = read_corpus(read_dataset(root))
    assert not found[0].has_main_text
    assert found[1].has_main_text
    assert (found[1].content == (examples[1].label == 0)).mean() > 0.97
    result = evaluate_model(fit_model(examples, settings=SMALL), found)
    assert result.main_text[0]["pages"] == 2
    assert 0 <= result.main_text[0]["f1"] <= 1
    assert set(result.snippets) == {"set"}
    assert "snippets" in evaluation_table(result)


def test_labels_stand_in_for_main_text_only_without_one(examples: list[Example]) -> None:
    example = examples[0]
    assert np.array_equal(with_label_content(example) == 1, example.label == 0)
    with_text = replace(example, page=replace(example.page, main_text="some text"))
    assert np.array_equal(with_label_content(with_text), example.content)


def test_an_unreadable_page_costs_only_itself(tmp_path: Path) -> None:
    root = tmp_path / "set"
    shutil.copytree(OWN, root)
    pages = read_dataset(root)
    pages[3].html_path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    found, failures = read_corpus(pages)
    assert len(found) == len(pages) - 1
    assert [f.page_id for f in failures] == [pages[3].id]
    assert "PNG" in failures[0].reason


def test_labels_of_another_page_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "set"
    shutil.copytree(OWN, root)
    pages = read_dataset(root)
    shutil.copy(pages[1].html_path, pages[0].html_path)
    _, failures = read_corpus(read_dataset(root))
    assert [f.page_id for f in failures] == [pages[0].id]
    assert "belong together" in failures[0].reason


def test_parallel_reading_equals_serial(examples: list[Example]) -> None:
    parallel, _ = read_corpus(read_dataset(OWN)[:6], jobs=2)
    for one, other in zip(examples[:6], parallel, strict=True):
        assert one.texts == other.texts
        assert np.array_equal(one.reading.columns, other.reading.columns)
        assert np.array_equal(one.label, other.label)


def test_gzipped_pages_read_the_same(tmp_path: Path) -> None:
    page = read_dataset(OWN)[0]
    zipped = tmp_path / "page.html.gz"
    zipped.write_bytes(gzip.compress(page.html_path.read_bytes()))
    assert read_example(replace(page, html_path=zipped)).texts == read_example(page).texts


def test_a_dataset_given_twice_is_refused() -> None:
    with pytest.raises(DatasetError, match="once"):
        read_datasets([OWN, OWN])


def test_the_card_says_what_the_model_holds(examples: list[Example], model: Model) -> None:
    data = describe_data(examples)
    told = replace(model, info={**model.info, "data": data})
    card = model_card(told, "mine.safetensors")
    assert str(data["sha256"]) in card
    assert "Not measured" in card
    figures = evaluate_model(model, examples).to_dict()
    card = model_card(replace(told, info={**told.info, "figures": figures}), "mine.safetensors")
    assert "| macro |" in card


def test_the_default_model_is_small_and_says_where_it_comes_from() -> None:
    path = default_model_path()
    assert path.stat().st_size <= 5_000_000
    model = load_model()
    data = model.info["data"]
    assert len(data["sha256"]) == 64
    assert data["pages"] > 2000
    assert model.info["figures"]["protocol"]["kind"] == "out of fold by site"
    assert path.with_suffix(".md").read_text(encoding="utf-8") == model_card(model, path.name)
