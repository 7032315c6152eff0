"""Many pages: each gives an outcome, those that fail with the reason, and none costs another.

inputs ─ names ─► sources ─ run ─► outcomes ─ writing ─► files, rows, shards
                           │ local: worker processes of this machine
                           └ cluster: the same in the workers of a Dask cluster
"""

from __future__ import annotations

from boilerplate.batch.outcome import OUTCOME_COLUMNS, STATUSES, Outcome, Task, failure_reason, outcome_columns
from boilerplate.batch.run import clean_sources

__all__ = ["OUTCOME_COLUMNS", "STATUSES", "Outcome", "Task", "clean_sources", "failure_reason", "outcome_columns"]
