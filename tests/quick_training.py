"""Settings for tests that train, but do not ask how good the model is."""

from __future__ import annotations

from boilerplate.training.trainer import Settings

#: Trains in a few seconds, and badly.
QUICK = Settings(
    inner_folds=2,
    first_features=20,
    n_features=30,
    first_rounds=2,
    label_rounds=4,
    main_rounds=4,
    choice_rounds=2,
    learning_rate=0.3,
)
