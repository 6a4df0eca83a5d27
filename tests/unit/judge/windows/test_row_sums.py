"""Sums by row: the small numbers that buckets are kept in hold whatever comes."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.indicators.formulas import formula
from stream.judge.windows.layout import Layout
from stream.judge.windows.row_sums import EveryRow
from tests.builders import DEFAULTS

LAYOUT = Layout([formula("ttr_p90", DEFAULTS)])
ADDED = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, LAYOUT.width - 1), st.integers(-40_000, 40_000)), max_size=6
)
"""A row, a column, and what comes in or leaves."""


@given(st.lists(ADDED, max_size=5))
def test_sums_are_those_of_python(steps: list[list[tuple[int, int, int]]]) -> None:
    """However many come at once, however far below nothing a sum is for a while."""
    sums, expected = EveryRow(LAYOUT), Counter[tuple[int, int]]()
    for place, step in enumerate(steps):
        sums.grow(3 + place)
        rows, columns, counts = np.array(step, np.int64).reshape(-1, 3).T
        sums.add(rows, columns, counts)
        for row, column, count in step:
            expected[row, column] += count
        every = np.arange(3 + place)
        found = np.hstack([sums.narrow(every), sums.buckets(every)])
        assert {(int(row), int(column)): int(found[row, column]) for row, column in np.argwhere(found)} == {
            at: count for at, count in expected.items() if count
        }
