"""Memory: what an id, an open case, an open contact and somebody who has answered cost at the worst."""

import numpy as np
import pytest

from stream.columnar.hashtable import HashTable
from stream.intake.dedup import SEEN
from stream.intake.history.answerers import ANSWERED
from stream.intake.history.case_lives import CASE
from stream.intake.history.repeats import HISTORY

BATCH = 5_000


@pytest.mark.parametrize(
    ("dtype", "budget"),
    [(SEEN, 50), (CASE, 100), (HISTORY, 120), (ANSWERED, 100)],
    ids=["id", "case", "contact", "answerer"],
)
def test_an_entry_costs_no_more_than_its_budget(dtype: "np.dtype[np.void]", budget: int) -> None:
    """Rows that are written and the whole index, at every size; ten million ids of 50 bytes are 500 MB."""
    table, random = HashTable(dtype), np.random.default_rng(7)
    worst = 0.0
    for _ in range(60):
        keys = np.unique(random.integers(0, 2**63, BATCH, dtype=np.int64)).astype(np.uint64)
        table.reserve(len(keys))
        rows = np.zeros(len(keys), dtype)
        rows["key"] = keys
        table.add(rows, table.find(keys), np.ones(len(keys), np.bool_))
        worst = max(worst, (len(table) * dtype.itemsize + table.index_bytes) / len(table))
    assert dtype.itemsize < worst <= budget
