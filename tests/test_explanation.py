"""Why a block has its label: contributions that sum to the margin, told in words a person understands."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from conftest import PAGE, ROOT, Run
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from boilerplate import Model, features, label
from boilerplate.blocks import segment
from boilerplate.explanation import explain_blocks, reasons
from boilerplate.explanation.contributions import Attribution, rivals
from boilerplate.explanation.phrases import group_of, tell
from boilerplate.explanation.tokens import token_weights
from boilerplate.explanation.vocabulary import NOUNS
from boilerplate.features import SCORERS, guesses
from boilerplate.features.guesses import GUESSED
from boilerplate.features.hashing import HashedWeights
from boilerplate.features.scores import OUTPUTS, hash_for
from boilerplate.labels import LABELS
from boilerplate.model.agreement import reconcile
from boilerplate.model.model import Look
from boilerplate.model.trees import TreeEnsemble
from boilerplate.page import parse

SEED = (ROOT / "datasets" / "seed" / "page.html").read_bytes()
PROMO, FEED, CHROME = 1, 2, 3
RANDOM_WEIGHTS = HashedWeights.rounded(
    np.random.default_rng(0).normal(size=(1 << SCORERS["above"], len(OUTPUTS))).astype(np.float32)
)
#: Nothing that only somebody who knows the code understands.
JARGON = re.compile(r"_|\bbox\d|\bpart\d|\blog\b|\bguess|\bscore|[@{}]|\bnan\b|\binf\b|\be[+-]\d|\bNone\b")


def read(html: str | bytes) -> tuple[features.PageReading, int]:
    table = segment(parse(html))
    return features.read(table), len(table)


# --- contributions


@pytest.mark.parametrize("html", [PAGE, SEED, "<p>One block</p>"], ids=["page", "seed", "one"])
def test_contributions_sum_to_the_margins(html: str | bytes, model: Model) -> None:
    reading, n = read(html)
    matrix = model.matrix(reading)
    prediction = model.predict(reading)
    attribution = Attribution(model, matrix, reading.around)
    chosen = matrix[:, model.final.numbers]
    for k in range(len(LABELS)):
        labels = np.full(n, k)
        shares = rivals(prediction.probabilities, labels)
        taken = attribution.of_labels(slice(0, n), labels, prediction.probabilities)
        margins = np.log(prediction.probabilities)
        np.testing.assert_allclose(taken.margin, (shares * margins).sum(axis=1), atol=1e-6)
        # The margin is the log-odds of the label, and how undecided the others are.
        p = prediction.probabilities[:, k]
        others = np.where(shares < 0, -shares, 1.0)
        entropy = -(others * np.log(others)).sum(axis=1)
        np.testing.assert_allclose(taken.margin, np.log(p / (1.0 - p)) + entropy, atol=1e-4)
    taken = attribution.of_main(slice(0, n))
    np.testing.assert_allclose(taken.margin, model.final.main_trees.margins(chosen)[:, 0], atol=1e-6)
    alone = 1.0 / (1.0 + np.exp(-taken.margin))
    np.testing.assert_allclose(reconcile(alone, prediction.probabilities), prediction.main, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_contributions_sum_whatever_the_features_are(data: st.DataObject, model: Model) -> None:
    reading, n = read("<div><p>One</p><p>Two</p></div><ul><li>Three<li>Four</ul>")
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    matrix = rng.choice([0.0, 1.0, -1.0, 0.3, 5.0, 1e6, np.nan], size=(n, len(features.NAMES))).astype(np.float32)
    prediction = model.final.predict(matrix)
    labels = rng.integers(0, len(LABELS), size=n)
    attribution = Attribution(model, matrix, reading.around)
    taken = attribution.of_labels(slice(0, n), labels, prediction.probabilities)
    margins = model.final.label_trees.margins(matrix[:, model.final.numbers])
    wanted = (rivals(prediction.probabilities, labels) * margins).sum(axis=1)
    np.testing.assert_allclose(taken.margin, wanted, atol=1e-6)
    # The first guess of the block itself is not left as a reason.
    own = [features.NAMES.index(f"guess_{name}_own") for name in GUESSED]
    assert np.abs(taken.values[:, own]).max() < 1e-9


def test_rivals_sum_to_nothing_and_follow_the_probability() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1, 0.0], [0.0, 0.0, 1.0, 0.0]])
    shares = rivals(probabilities, np.array([0, 2]))
    np.testing.assert_allclose(shares.sum(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(shares[0], [1.0, -2 / 3, -1 / 3, 0.0], atol=1e-9)
    np.testing.assert_allclose(shares[1], [-1 / 3, -1 / 3, 1.0, -1 / 3])
    # To first order the probability moves by p (1 - p) times what is added to the margin.
    margins, step = np.log(probabilities[0, :3]), np.array([0.3, -0.2, 0.5]) * 1e-5
    moved = np.exp(margins + step) / np.exp(margins + step).sum()
    assert moved[0] - 0.7 == pytest.approx(0.7 * 0.3 * float(shares[0, :3] @ step), rel=1e-3)


def test_own_shares_are_what_a_blocks_own_guess_moves() -> None:
    reading, n = read(SEED)
    rng = np.random.default_rng(0)
    guess = rng.random((n, len(GUESSED)))
    before = guesses.compute(reading.around, guess)
    shares = guesses.own_shares(reading.around)
    for block in (0, 5, n // 2, n - 1):
        changed = guess.copy()
        changed[block, 0] += 0.5
        after = guesses.compute(reading.around, changed)
        for place, share in shares.items():
            name = f"guess_{GUESSED[0]}_{place}"
            assert after[name][block] - before[name][block] == pytest.approx(0.5 * share[block]), place
    assert {place for place, share in shares.items() if share.max() > 1.0 or share.min() < 0.0} == set()


# --- a model made by hand


def stump(columns: tuple[str, ...], tests: list[tuple[str, float, int, float]], n_outputs: int) -> TreeEnsemble:
    """Trees of one test each: (feature, threshold, output, what a greater value adds; a smaller one takes it)."""
    n = len(tests)
    at = 3 * np.arange(n, dtype=np.int32)
    feature, threshold, value = np.zeros(3 * n, np.int32), np.zeros(3 * n, np.float32), np.zeros(3 * n, np.float32)
    left, right = np.arange(3 * n, dtype=np.int32), np.arange(3 * n, dtype=np.int32)
    for k, (name, limit, _, adds) in enumerate(tests):
        feature[3 * k], threshold[3 * k] = columns.index(name), limit
        value[3 * k + 1], value[3 * k + 2] = -adds, adds
    left[at], right[at] = at + 1, at + 2
    return TreeEnsemble(
        feature=feature, threshold=threshold, left=left, right=right, missing_left=np.zeros(3 * n, np.bool_),
        value=value, root=at, output=np.array([t[2] for t in tests], np.int32), baseline=np.zeros(n_outputs),
        n_features=len(columns),
    )  # fmt: skip


def made_model(tests: list[tuple[str, float, int, float]], weigh: dict[str, list[str]]) -> Model:
    """A model that decides by these tests, with scorers to which only the given words mean promotion."""
    scorers = {}
    for name, bits in SCORERS.items():
        values = np.zeros((1 << bits, len(OUTPUTS)), dtype=np.int8)
        for text in weigh.get(name, ()):
            values[hash_for(name, [text]).index, PROMO] = 1
        scorers[name] = HashedWeights(values, np.ones(len(OUTPUTS), dtype=np.float32))
    columns = tuple(name for name in features.NAMES if name in {t[0] for t in tests})
    first = tuple(name for name in features.FIRST_NAMES if name in {*columns, "link_share"})
    final = tuple(name for name in features.NAMES if name in {*columns, "guess_promo_own"})
    own = [t for t in tests if t[0] in first] or [("link_share", 0.5, PROMO, 1.0)]
    main = [("link_share", 0.5, 0, -1.0)]
    return Model(
        scorers=scorers,
        first=Look(first, stump(first, own, 4), stump(first, main, 1)),
        final=Look(
            final if "link_share" in final else (*final, "link_share"),
            stump(final if "link_share" in final else (*final, "link_share"), tests, 4),
            stump(final if "link_share" in final else (*final, "link_share"), main, 1),
        ),
    )


def told(html: str, text: str, model: Model) -> tuple[str, list[reasons.Reason]]:
    """The label of a block and the reasons that the trees have, less what agreement with the blocks around adds."""
    name, given = all_told(html, text, model)
    return name, [reason for reason in given if not reason.features[0].endswith("_alike")]


def all_told(html: str, text: str, model: Model) -> tuple[str, list[reasons.Reason]]:
    table = segment(parse(html))
    reading = features.read(table)
    prediction = model.predict(reading)
    explanations = explain_blocks(table, reading, model, prediction)
    block = table.text.index(text)
    return LABELS[prediction.probabilities[block].argmax()], list(explanations[block].label)


def test_reasons_in_words() -> None:
    model = made_model(
        [
            ("link_share", 0.5, PROMO, 1.0),
            ("name_promo", 0.01, PROMO, 0.8),
            ("heading_above", 0.5, PROMO, 0.6),
            ("words_promo", 0.01, PROMO, 0.5),
        ],
        {"names": ["sponsor"], "words": ["discount"]},
    )
    html = (
        "<main><p>A paragraph of its own, without any link.</p></main>"
        "<div class='box SponsorSlot wide'><h2>Related</h2>"
        "<p><a href='/x'>Get your discount here today</a> and now</p></div>"
        "<footer><a href='/y'>Imprint</a></footer>"
    )
    name, given = told(html, "Get your discount here today and now", model)
    assert name == "promo"
    assert [reason.text for reason in given] == [
        "80 % link text",
        "class token 'sponsor'",
        "under a heading 'Related'",
        "word 'discount'",
    ]
    assert [reason.contribution for reason in given] == pytest.approx([1.0, 0.8, 0.6, 0.5])
    assert given[0].features == ("link_share",)
    assert given[1].features == ("name_promo",)


def test_what_speaks_against_is_negative() -> None:
    model = made_model([("link_share", 0.5, CHROME, 1.0), ("in_main", 0.5, CHROME, -0.4)], {})
    name, given = told("<main><p><a href='/'>Home</a></p></main>", "Home", model)
    assert name == "chrome"
    assert [(reason.text, round(reason.contribution, 3)) for reason in given] == [
        ("100 % link text", 1.0),
        ("in the main part", -0.4),
    ]


def test_agreement_with_blocks_alike_is_a_reason() -> None:
    model = made_model([("words_promo", 0.01, PROMO, 2.0)], {"words": ["discount"]})
    items = "".join(f"<li><a href='/{k}'>Get your discount here today</a></li>" for k in range(5))
    html = f"<p>{'Words of the page. ' * 50}</p><ul>{items}<li><a href='/o'>Other</a></li></ul>"
    name, given = all_told(html, "Get your discount here today", model)
    assert name == "promo"
    # The one item without the word makes the others less sure.
    (agreement,) = (reason for reason in given if reason.features == ("guess_promo_alike",))
    assert agreement.contribution < 0.0
    assert agreement.text.startswith("blocks built the same way look")


def test_first_sight_is_traced_to_what_it_came_from() -> None:
    """A model that trusts the first guess alone gives the reasons of the first guess."""
    model = made_model([("guess_promo_own", 0.3, PROMO, 2.0)], {})
    name, given = told("<p>Text</p><p><a href='/'>All of it is a link</a></p>", "All of it is a link", model)
    assert name == "promo"
    assert [(reason.text, reason.features) for reason in given] == [("100 % link text", ("link_share",))]
    assert given[0].contribution == pytest.approx(2.0)


# --- words


def test_every_feature_has_a_phrase() -> None:
    for name in features.NAMES:
        assert not JARGON.search(group_of(name)), name
        for value, contribution in product((-1.0, 0.0, 0.04, 0.4, 1.0, 3.0, 12.0, 1e9), (-1.0, 1.0)):
            for question in NOUNS:
                phrase = tell(name, value, contribution, question)
                assert 2 < len(phrase) < 120, (name, phrase)
                assert not JARGON.search(phrase), (name, phrase)
                assert phrase == phrase.strip()


def test_phrases_differ_by_value() -> None:
    """Only what is the same at every value may be told alike."""
    for name in features.NAMES:
        told_apart = {tell(name, v, c, "promo") for v in (-1.0, 0.0, 0.5, 1.0, 3.0) for c in (-1.0, 1.0)}
        assert len(told_apart) > 1, name


@pytest.mark.parametrize(
    ("name", "value", "phrase"),
    [
        ("link_share", 0.82, "82 % link text"),
        ("log_chars", np.log1p(1), "1 character"),
        ("log_chars", np.log1p(1234), "1,234 characters"),
        ("prices", 0.0, "no prices"),
        ("in_nav", 1.0, "in a navigation"),
        ("in_nav", 0.0, "not in a navigation"),
        ("part05_link_share", 0.5, "50 % link text in its small part of the page"),
        ("link_share_previous1", 0.25, "25 % link text in the block before"),
        ("link_share_next2", -1.0, "no second block after it"),
        ("guess_promo_box1", 0.71, "the blocks in the box around it look like promotion (71 %)"),
        ("guess_promo_alike", 0.1, "blocks built the same way do not look like promotion (10 %)"),
        ("same_text", np.log(3), "its text stands 3 times on the page"),
        ("blocks_from_h1", -np.log1p(2), "2 blocks before the page's title heading"),
    ],
)
def test_phrases(name: str, value: float, phrase: str) -> None:
    assert tell(name, value, 1.0, "promo") == phrase


def test_scores_are_told_by_their_direction() -> None:
    assert tell("box2_words_promo", 0.0, 1.0, "promo") == "the words in the box two levels up read like promotion"
    assert tell("box2_words_promo", 0.0, -1.0, "promo") == "the words in the box two levels up read unlike promotion"
    assert tell("box2_words_feed", 0.0, 1.0, "promo") == "the words in the box two levels up read unlike a feed"


@pytest.mark.parametrize(
    ("scorer", "text", "token"),
    [
        ("words", "Sign up for our NEWSLETTER now", "NEWSLETTER"),
        ("words", "這是一個廣告頁面的內容", "廣告"),
        ("words", "Купите скидка сегодня", "скидка"),
        ("names", "div wide sponsor box", "sponsor"),
        ("target", "https://ads.example/click?id=1 nofollow _blank", "click"),
    ],
)
def test_tokens_that_weigh(scorer: str, text: str, token: str) -> None:
    values = np.zeros((1 << SCORERS[scorer], len(OUTPUTS)), dtype=np.int8)
    values[hash_for(scorer, [token]).index, FEED] = 1
    (weighed,) = token_weights(scorer, [text], HashedWeights(values, np.ones(len(OUTPUTS), dtype=np.float32)))
    direction = np.zeros(len(OUTPUTS))
    direction[FEED] = 1.0
    assert weighed.strongest(direction, 1)[0][0] == token
    assert weighed.strongest(-direction, 3) == [] or weighed.strongest(-direction, 3)[0][0] != token


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(st.text(max_size=300), max_size=4))
def test_tokens_of_any_text(texts: list[str]) -> None:
    for weighed in token_weights("above", texts, RANDOM_WEIGHTS):
        assert np.isfinite(weighed.weights).all()
        for token, weight in weighed.strongest(np.ones(len(OUTPUTS)), 3):
            assert token in weighed.text
            assert weight > 0


# --- pages


def test_a_labelled_page_says_why(model: Model) -> None:
    assert all(block.reasons is None for block in label(PAGE, model=model).blocks)
    page = label(PAGE, model=model, explain=True)
    plain = label(PAGE, model=model)
    assert [b.probabilities for b in page.blocks] == [b.probabilities for b in plain.blocks]
    for block in page.blocks:
        assert block.reasons
        sizes = [abs(reason.contribution) for reason in block.reasons]
        assert sizes == sorted(sizes, reverse=True)
        assert len(sizes) <= reasons.MAX_REASONS
        for reason in (*block.reasons, *(block.main_reasons or ())):
            assert reason.text
            assert set(reason.features) <= set(features.NAMES)


def test_a_page_without_text_has_nothing_to_explain(model: Model) -> None:
    assert label("<img src=x>", model=model, explain=True).blocks == ()


def test_long_pages_are_explained_up_to_a_limit(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reasons, "MAX_EXPLAINED_BLOCKS", 5)
    page = label("".join(f"<p>Paragraph {n}</p>" for n in range(9)), model=model, explain=True)
    assert [bool(block.reasons) for block in page.blocks] == [True] * 5 + [False] * 4


@pytest.mark.slow
def test_time_is_linear_in_the_page(model: Model) -> None:
    def seconds(n: int) -> float:
        html = "".join(
            f"<div class='i{k % 7}'><a href='/{k}'>Story {k} of tea</a><p>A teaser</p></div>" for k in range(n)
        )
        table = segment(parse(html))
        reading = features.read(table)
        prediction = model.predict(reading)
        start = time.process_time()
        explain_blocks(table, reading, model, prediction)
        return time.process_time() - start

    seconds(50)
    assert seconds(1600) < 8 * max(seconds(400), 0.05)


# --- the command line


def test_explain_in_every_format(run: Run, page: Path) -> None:
    plain = run("label", page).stdout.decode()
    table = run("label", page, "--explain").stdout.decode()
    assert "└" not in plain
    assert [line for line in table.splitlines() if line.startswith("  ") and line[2] != " "] == plain.splitlines()
    assert table.count("└") == len(plain.splitlines()) - 2
    record = json.loads(run("label", page, "--explain", "-f", "json").stdout)
    schema = json.loads((ROOT / "boilerplate" / "schemas" / "page.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(record)
    assert all(block["reasons"] and "main_reasons" in block for block in record["blocks"])
    rows = [json.loads(line) for line in run("label", page, "--explain", "-f", "jsonl").stdout.splitlines()]
    assert [row["reasons"] for row in rows] == [block["reasons"] for block in record["blocks"]]
    lines = csv.DictReader(io.StringIO(run("label", page, "--explain", "-f", "csv").stdout.decode(), newline=""))
    for line, row in zip(lines, rows, strict=True):
        assert line["reasons"].startswith(row["reasons"][0]["text"].lstrip("'"))
        assert line["reasons"].count("; ") >= len(row["reasons"]) - 1


def test_main_text_that_is_promotion_says_so(model: Model) -> None:
    table = segment(parse(SEED))
    reading = features.read(table)
    said = model.predict(reading)
    told = explain_blocks(table, reading, model, said)
    rule = [[r for r in e.main if "promotion" in r.text and not r.features] for e in told]
    alone = model.final.predict(model.matrix(reading)).main
    for reasons_of_rule, before, after in zip(rule, alone, said.main, strict=True):
        assert bool(reasons_of_rule) == bool(np.log(before / (1 - before)) - np.log(after / (1 - after)) > 0.05)
        assert all(reason.contribution < 0 for reason in reasons_of_rule)
    assert any(rule)
