"""Evaluation beyond one table: kept predictions, comparisons, the learning curve, and the report to look at."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from conftest import ROOT, Run
from lxml import html
from quick_training import QUICK

from boilerplate import Model
from boilerplate.dataset import read_dataset
from boilerplate.errors import DatasetError, UsageError
from boilerplate.labels import ARTICLE, LABELS
from boilerplate.model.file import write_model_file
from boilerplate.model.model import Prediction
from boilerplate.reports.evaluation import evaluation_html
from boilerplate.training.calibration import calibration_error, reliability
from boilerplate.training.comparison import compare
from boilerplate.training.corpus import Example, read_corpus
from boilerplate.training.curves import precision_recall
from boilerplate.training.evaluation import Evaluation, evaluate_predictions, predict_given
from boilerplate.training.learning import SHARES, check_same_models, learning_curve, learning_point
from boilerplate.training.metrics import ngram_f1, paired_difference
from boilerplate.training.predictions import load_predictions, save_predictions
from boilerplate.training.report import evaluation_table

OWN = ROOT / "datasets" / "own"
PROTOCOL = {"kind": "out of fold by site", "folds": 3}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight own pages: one with a main text, one with snippets, one that wants to be more than text."""
    root = tmp_path_factory.mktemp("few") / "few-pages"
    lines = (OWN / "pages.jsonl").read_text(encoding="utf-8").splitlines()[:8]
    for part in ("html", "labels"):
        (root / part).mkdir(parents=True)
    (root / "main_text").mkdir()
    for line in lines:
        name = json.loads(line)["id"]
        shutil.copy(OWN / "html" / f"{name}.html", root / "html")
        shutil.copy(OWN / "labels" / f"{name}.json", root / "labels")
    first, second = (json.loads(line)["id"] for line in lines[:2])
    (root / "main_text" / f"{first}.json").write_text(json.dumps({"main_content": "A few words that nobody wrote."}))
    (root / "main_text" / f"{second}.json").write_text(json.dumps({"with": ["the"], "without": ["no such words"]}))
    hostile = "<p>&lt;script&gt;alert(1)&lt;/script&gt; ]]&gt; &lt;img src=x onerror=alert(2)&gt; &#x202e;backwards</p>"
    (root / "html" / "hostile.html").write_text(f"<html><body>{hostile}</body></html>", encoding="utf-8")
    (root / "main_text" / "hostile.json").write_text(json.dumps({"main_content": "Something else altogether"}))
    lines.append(json.dumps({"id": "hostile", "site": "<b>hostile</b>.example", "url": "javascript:alert(3)"}))
    (root / "pages.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def examples(few: Path) -> list[Example]:
    return read_corpus(read_dataset(few))[0]


@pytest.fixture(scope="module")
def said(examples: list[Example], model: Model) -> list[Prediction]:
    """What the default model says, with one page all wrong."""
    predictions, _ = predict_given(model, examples)
    at = next(i for i, e in enumerate(examples) if e.has_labels and len(e) > 12)
    turned = np.roll(predictions[at].probabilities, 1, axis=1)
    predictions[at] = Prediction(turned, 1.0 - predictions[at].main)
    return predictions


@pytest.fixture(scope="module")
def result(examples: list[Example], said: list[Prediction]) -> Evaluation:
    return evaluate_predictions(examples, said, PROTOCOL)


# --- figures by hand


def test_ngram_f1_tells_order() -> None:
    assert ngram_f1("a b c d e", "a b c d e") == (1, 1, 1)
    assert ngram_f1("e d c b a", "a b c d e") == (0, 0, 0)
    # a b c d | b c d e against b c d e | c d e f
    assert ngram_f1("a b c d e", "b c d e f") == (0.5, 0.5, 0.5)
    assert ngram_f1("a b", "a b c d e") == (0, 0, 0)
    assert ngram_f1("日本語", "日本語") == (1, 1, 1)
    assert ngram_f1("", "") == (1, 1, 1)


def test_reliability_by_hand() -> None:
    said = np.array([0.05, 0.1, 0.95, 1.0])
    bins = reliability(said, np.array([False, True, True, True]), np.array([1.0, 3.0, 2.0, 2.0]), n_bins=2)
    assert [(b["low"], b["weight"], b["so"]) for b in bins] == [(0.0, 4.0, 0.75), (0.5, 4.0, 1.0)]
    assert bins[0]["said"] == pytest.approx((0.05 + 0.3) / 4)
    assert calibration_error(bins) == pytest.approx((abs(0.0875 - 0.75) + abs(0.975 - 1.0)) / 2)
    assert calibration_error([]) == 0.0


def test_precision_over_recall_by_hand() -> None:
    curve = precision_recall(np.array([0.9, 0.6, 0.2]), np.array([2.0, 0.0, 2.0]), np.array([0.0, 1.0, 1.0]))
    assert curve is not None
    points = {p["recall"]: p["precision"] for p in curve["points"]}
    assert points == pytest.approx({0.5: 1.0, 1.0: 4 / 6})
    assert curve["average_precision"] == pytest.approx(0.5 * 1.0 + 0.5 * 4 / 6)
    assert precision_recall(np.array([0.9]), np.array([1.0]), np.array([0.0])) is None


def test_a_difference_that_is_noise_and_one_that_is_not() -> None:
    rng = np.random.default_rng(0)
    sites = [str(i // 2) for i in range(60)]
    base = rng.uniform(0.2, 0.8, 60)

    def mean(values: np.ndarray) -> Callable[[np.ndarray], float]:
        return lambda w: float(w @ values / max(w.sum(), 1))

    better = paired_difference(sites, mean(base + 0.05), mean(base))
    assert better.difference == pytest.approx(0.05)
    # Though the pages differ far more among each other than the two figures do.
    assert better.beyond_noise
    assert better.interval == pytest.approx((0.05, 0.05))
    assert better.p_value < 0.01
    noise = paired_difference(sites, mean(base + rng.normal(0, 0.2, 60)), mean(base))
    assert not noise.beyond_noise
    assert noise.p_value > 0.05
    worse = paired_difference(sites, mean(base), mean(base + 0.05))
    assert (worse.difference, worse.p_value) == pytest.approx((-better.difference, better.p_value))
    assert not paired_difference(["a", "a"], mean(base[:2] + 1), mean(base[:2])).beyond_noise


# --- kept predictions


def test_predictions_come_back(examples: list[Example], said: list[Prediction], tmp_path: Path) -> None:
    path = tmp_path / "kept.safetensors"
    save_predictions(path, examples, said, PROTOCOL)
    back, protocol = load_predictions(path, examples[::-1][:3])
    assert protocol == PROTOCOL
    for one, other in zip(back, said[::-1], strict=False):
        assert np.array_equal(one.probabilities, other.probabilities)
        assert np.array_equal(one.main, other.main)


def test_predictions_of_other_pages_are_refused(
    examples: list[Example], said: list[Prediction], tmp_path: Path, few: Path
) -> None:
    path = tmp_path / "kept.safetensors"
    save_predictions(path, examples[1:], said[1:], PROTOCOL)
    with pytest.raises(DatasetError, match="no predictions of page"):
        load_predictions(path, examples)
    changed = tmp_path / "changed.html"
    changed.write_bytes(examples[1].page.read_html() + b"<p>more</p>")
    other = replace(examples[1], page=replace(examples[1].page, html_path=changed))
    with pytest.raises(DatasetError, match="has changed since"):
        load_predictions(path, [other])


@pytest.mark.parametrize(
    ("arrays", "header"),
    [
        ({}, {}),
        ({}, {"kind": "predictions", "labels": list(LABELS), "pages": [], "protocol": {"kind": "x"}}),
        ({"probabilities": [[0.1] * 4], "main": [0.5]}, {"pages": [["a", "b", 2]]}),
        ({"probabilities": [[0.1] * 4], "main": [0.5]}, {"pages": [["a", "b", -1]]}),
        ({"probabilities": [[0.1] * 4], "main": [0.5]}, {"pages": "all"}),
        ({"probabilities": [[0.1] * 4], "main": [0.5]}, {"pages": [["a", "b"]]}),
        ({"probabilities": [[0.1] * 4], "main": [0.5]}, {"pages": [["a", "b", "1"]]}),
        ({"probabilities": [[0.1] * 4], "main": [0.5]}, {"pages": [3]}),
        ({"probabilities": [[0.1] * 4], "main": [2.0]}, {"pages": [["a", "b", 1]]}),
        ({"probabilities": [[0.1] * 3], "main": [0.5]}, {"pages": [["a", "b", 1]]}),
        ({"probabilities": [[np.nan] * 4], "main": [0.5]}, {"pages": [["a", "b", 1]]}),
        ({"probabilities": [[0.1] * 4], "main": [0.5]}, {"pages": [["a", "b", 1]], "protocol": "none"}),
        ({"probabilities": [[0.1] * 4], "main": [0.5]}, {"pages": [["a", "b", 1]], "labels": ["a"]}),
        (
            {"probabilities": [[0.1] * 4], "main": [0.5]},
            {"pages": [["a", "b", 1]], "protocol": {"kind": "x", "folds": "2"}},
        ),
        (
            {"probabilities": [[0.1] * 4], "main": [0.5]},
            {"pages": [["a", "b", 1]], "protocol": {"kind": "x", "overlap": "none"}},
        ),
    ],
)
def test_damaged_predictions_are_refused(
    examples: list[Example], tmp_path: Path, arrays: dict[str, Any], header: dict[str, Any]
) -> None:
    path = tmp_path / "kept.safetensors"
    whole = {"kind": "predictions", "labels": list(LABELS), "pages": [], "protocol": {"kind": "x"}}
    write_model_file(
        path, {k: np.array(v, dtype=np.float64) for k, v in arrays.items()}, whole | header if header else {}
    )
    with pytest.raises(DatasetError, match="Make it"):
        load_predictions(path, examples)
    path.write_bytes(b"\x00" * 40)
    with pytest.raises(DatasetError, match="cannot be read as predictions"):
        load_predictions(path, examples)


# --- comparisons


def test_a_model_is_no_better_than_itself(examples: list[Example], said: list[Prediction], result: Evaluation) -> None:
    rows = compare(examples, (said, result), (said, result))
    assert [r["figure"] for r in rows] == [
        "labels, macro F1 by words",
        *(f"{label}, F1 by words" for label in LABELS),
        "main text, mean word F1",
        "main text, mean 4-gram F1",
        "snippets, F1",
    ]
    assert {r["difference"] for r in rows} == {0.0}
    assert {r["verdict"] for r in rows} <= {"within noise", "one site only: nothing can be said"}


def test_a_worse_model_is_found_out(examples: list[Example], said: list[Prediction], result: Evaluation) -> None:
    # Everything is article, all of it kept.
    dull = []
    for p in said:
        probabilities = np.zeros_like(p.probabilities)
        probabilities[:, ARTICLE] = 1.0
        dull.append(Prediction(probabilities, np.ones_like(p.main)))
    rows = {
        r["figure"]: r
        for r in compare(examples, (said, result), (dull, evaluate_predictions(examples, dull, {"kind": "x"})))
    }
    row = rows["labels, macro F1 by words"]
    assert row["verdict"] == "better"
    assert row["interval"][0] > 0
    assert row["ours"] - row["theirs"] == pytest.approx(row["difference"])
    assert rows["promo, F1 by words"]["theirs"] == 0.0


# --- the report


def report(evaluation: Evaluation, examples: list[Example], said: list[Prediction]) -> html.HtmlElement:
    return html.fromstring(evaluation_html(evaluation, examples, said, title="<few>", worst=4))


def test_report_has_every_part(result: Evaluation, examples: list[Example], said: list[Prediction]) -> None:
    page = report(result, examples, said)
    assert page.xpath("string(//h1)") == "<few>"
    assert "out of fold by site, 3 folds" in page.text_content()
    assert page.xpath("//h2/text()") == [
        *("Labels", "Main text", "By page type, language and source", "Probabilities", "Learning curve", "Worst pages")
    ]
    # Both confusion matrices have the counts that the figures have.
    for unit, matrix in zip(("words", "blocks"), page.xpath("//table[.//th[starts-with(., 'gold')]]"), strict=True):
        shown = [
            [int(td.text.split()[0].replace(",", "")) for td in tr.findall("td")] for tr in matrix.findall("tbody/tr")
        ]
        assert shown == result.labels[unit]["confusion"]
    curves, diagram = page.xpath("//figure")
    assert len(curves.xpath(".//*[local-name()='polyline']")) == len(result.curves) == 5
    for name, curve in result.curves.items():
        assert f"{name} ({curve['average_precision']:.3f})" in curves.text_content()
    n = sum(len(result.calibration[name]["words"]["bins"]) for name in ("article", "main"))
    assert len(diagram.xpath(".//*[local-name()='circle']")) == n
    for label in LABELS:
        figures = result.labels["words"]["by_label"][label]
        assert (
            f"{figures['f1']:.3f}{figures['f1_interval'][0]:.3f}-{figures['f1_interval'][1]:.3f}" in page.text_content()
        )


def test_worst_pages_come_first_and_show_what_is_wrong(
    result: Evaluation, examples: list[Example], said: list[Prediction]
) -> None:
    page = report(result, examples, said)
    shown = page.xpath("//details[not(ancestor::details)]")
    assert len(shown) == 4
    lowest = [
        min(v for k in ("label_accuracy", "f1") if (v := row.get(k)) is not None)
        for name in (d.xpath("string(summary/strong)") for d in shown)
        for row in result.pages
        if row["id"] == name
    ]
    assert lowest == sorted(lowest)
    turned = next(i for i, e in enumerate(examples) if e.has_labels and len(e) > 12)
    overlay = next(d for d in shown if d.xpath("string(summary/strong)") == examples[turned].page.id)
    blocks = overlay.xpath(".//li[contains(@class, 'block')]")
    assert len(blocks) == len(examples[turned])
    # Each block has what is said of it, and only wrong ones are framed.
    best = said[turned].probabilities.argmax(axis=1)
    for i, block in enumerate(blocks):
        gold, predicted = LABELS[examples[turned].label[i]], LABELS[best[i]]
        assert gold in block.get("class").split()
        if gold != predicted:
            assert "differs" in block.get("class").split()
            assert f"gold {gold}" in block.text_content()
        assert f"{predicted} {said[turned].probabilities[i].max():.2f}" in block.text_content()


def test_report_is_text_only_whatever_pages_hold(
    result: Evaluation, examples: list[Example], said: list[Prediction]
) -> None:
    text = evaluation_html(result, examples, said, worst=20)
    page = html.fromstring(text)
    assert not page.xpath("//script | //img | //link | //iframe | //a | //*[@src] | //@onerror")
    assert page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0].startswith("default-src 'none'")
    assert "<script>alert(1)</script> ]]> <img src=x onerror=alert(2)>" in page.text_content()
    assert "\u202e" not in text


def test_table_has_every_part(result: Evaluation) -> None:
    text = evaluation_table(result)
    for heading in (
        *("label, by words", "label, by blocks", "words: gold in rows", "main text, words", "main text, 4-grams"),
        *("snippets", "by page type", "by language", "by source", "calibration", "F1 with every block decided"),
    ):
        assert heading in text
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["pages"][0]["id"]


@pytest.mark.slow
def test_learning_curve(examples: list[Example], result: Evaluation, said: list[Prediction]) -> None:
    labelled = [e for e in examples if e.has_labels]
    curve = learning_curve(labelled, n_folds=2, settings=QUICK)
    assert [p["share"] for p in curve] == list(SHARES)
    for point in curve:
        # So few pages need not have every label; then the reason stands there.
        assert bool(point["note"]) == (point["pages"] is None)
        if point["pages"] is not None:
            assert 0 < point["pages"] <= point["share"] * len(labelled)
            assert 0 <= point["macro_f1_interval"][0] <= point["macro_f1"] <= point["macro_f1_interval"][1] <= 1
    assert any(point["pages"] for point in curve)
    whole = replace(result, learning_curve=[*curve, learning_point(1.0, len(labelled) / 2, result)])
    page = report(whole, examples, said)
    assert "Not measured" not in page.xpath("string(//section[h2='Learning curve'])")
    assert page.xpath("//section[h2='Learning curve']//*[local-name()='circle']")
    assert "learning curve, share" in evaluation_table(whole)


def test_curve_goes_on_from_kept_predictions_of_the_same_folds_only() -> None:
    made = {"kind": "out of fold by site", "folds": 3, "settings": json.loads(json.dumps(asdict(QUICK)))}
    assert check_same_models(made, QUICK) == 3
    with pytest.raises(UsageError, match=r"seed 0, .* with 7"):
        check_same_models(made, replace(QUICK, seed=7))
    with pytest.raises(UsageError, match="given model"):
        check_same_models({"kind": "given model"}, QUICK)


# --- the command


def test_kept_predictions_are_reported_and_compared_with(few: Path, tmp_path: Path, run: Run) -> None:
    kept = tmp_path / "kept.safetensors"
    done = run("evaluate", few, "-j", "1", "-f", "json", "--save-predictions", kept)
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)
    done = run("evaluate", few, "-j", "1", "-f", "json", "--predictions", kept, "--against", kept)
    assert done.returncode == 0, done.stderr
    second = json.loads(done.stdout)
    assert second["labels"] == first["labels"]
    assert second["pages"] == first["pages"]
    comparison = second["comparison"]
    assert (comparison["first"], comparison["second"]) == (os.fspath(kept), os.fspath(kept))
    assert {row["difference"] for row in comparison["figures"]} == {0.0}


def test_report_leads_to_the_worst_pages_as_they_look(few: Path, tmp_path: Path, run: Run) -> None:
    report = tmp_path / "out" / "report.html"
    done = run(
        "evaluate", few, "-j", "1", "-f", "html", "-o", report, "--worst", "2", "--overlays", tmp_path / "worst ones"
    )
    assert done.returncode == 0, done.stderr
    page = html.fromstring(report.read_text(encoding="utf-8"))
    links = page.xpath("//a/@href")
    assert len(links) == 2
    for link, name in zip(links, page.xpath("//details/summary/strong/text()"), strict=True):
        path = (report.parent / unquote(link)).resolve()
        assert path == (tmp_path / "worst ones" / f"{name}.html").resolve()
        assert "default-src 'none'" in path.read_text(encoding="utf-8")
    done = run("evaluate", few, "--overlays", tmp_path / "x")
    assert done.returncode == 2
    assert b"-f html" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--learning-curve",), "--folds 5 too"),
        (("--folds", "2", "--model", "x.safetensors"), "Leave one out"),
        (("--predictions", "x.safetensors", "--folds", "2"), "neither"),
        (("--against", "no-such-model.safetensors"), "no-such-model"),
        (("-f", "pdf"), "--output-format"),
    ],
)
def test_wrong_usage(few: Path, run: Run, options: tuple[str, ...], said: str) -> None:
    done = run("evaluate", few, *options)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr.decode()
    assert done.stdout == b""
