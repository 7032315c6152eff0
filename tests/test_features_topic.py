"""What a block talks about, against what the other blocks are guessed to be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boilerplate.features import topic
from boilerplate.features.hashing import hash_texts
from boilerplate.features.scores import ScorerInput

NAMES = ("article", "promo", "feed", "chrome", "main")
STORY = [
    "The volcano erupted at dawn and lava ran towards the harbour town.",
    "Scientists had measured the volcano and its lava for weeks before dawn.",
    "The harbour of the town is closed until the lava has cooled.",
]
STRANGE = "Buy running shoes now: ninety colours, free shipping, thirty days return."
ALIKE = "Lava of the volcano reaches the harbour."


def compute(texts: list[str], main: list[float]) -> dict[str, np.ndarray]:
    n = len(texts)
    words = ScorerInput(hash_texts(texts, bits=18), np.arange(n))
    guess = {name: np.array(main if name in ("main", "article") else [1 - m for m in main]) for name in NAMES}
    whole = (np.zeros(n, dtype=np.int64), np.full(n, n, dtype=np.int64))
    return topic.compute(words, {"box2": whole, "part05": whole}, np.ones(n), guess)


def test_every_feature_is_described() -> None:
    assert compute(STORY, [1, 1, 1]).keys() == topic.DESCRIPTIONS.keys()


def test_what_the_story_talks_about_is_like_it() -> None:
    found = compute([*STORY, STRANGE, ALIKE], [1, 1, 1, 0, 0])
    assert found["topic_main"][4] > 3 * max(found["topic_main"][3], 0.01)
    assert found["topic_known"][4] > 2 * found["topic_known"][3]
    assert found["topic_main_box2"] == pytest.approx(found["topic_main"].mean())


def test_a_block_is_not_like_the_main_text_for_being_guessed_so() -> None:
    # Its own text does not count: alone among strangers it resembles nothing, whatever it is guessed to be.
    low, high = (compute([*STORY, STRANGE], [1, 1, 1, guess])["topic_main"][3] for guess in (0, 1))
    assert low == pytest.approx(high, abs=0.05)


def test_text_without_spaces() -> None:
    story = ["火山が噴火し溶岩が港町に流れた。", "科学者は火山の溶岩を観測していた。", "港は溶岩が冷えるまで閉鎖。"]
    found = compute([*story, "新作ランニングシューズ送料無料セール中", "火山の溶岩、港に達する"], [1, 1, 1, 0, 0])
    assert found["topic_main"][4] > 2 * max(found["topic_main"][3], 0.01)


@given(st.lists(st.tuples(st.text(max_size=30), st.floats(0, 1)), max_size=8))
def test_any_texts(blocks: list[tuple[str, float]]) -> None:
    found = compute([text for text, _ in blocks], [guess for _, guess in blocks])
    for name, values in found.items():
        assert values.shape == (len(blocks),), name
        assert np.isfinite(values).all(), name
    assert all(((v >= -1e-9) & (v <= 1 + 1e-9)).all() for n, v in found.items() if n.startswith("topic_known"))
