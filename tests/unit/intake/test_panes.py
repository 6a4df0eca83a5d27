"""Panes: tallies add up, and leave once, with the closing that carries them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.columnar.structured import Table
from stream.intake.panes import TALLY, OpenPanes, merged, packed, tallies

Row = tuple[int, int, int, int, int]
wide = st.integers(-(2**61), 2**61)
rows = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.one_of(st.integers(0, 3), wide),
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(-2, 2),
    ),
    max_size=30,
)


def table(of: list[Row]) -> Table:
    """Rows as the module has them."""
    columns = np.array(of, np.int64).reshape(-1, 5).T
    return tallies(*columns)


def sums(of: list[Row]) -> dict[tuple[int, ...], int]:
    """What adds up to something."""
    found: Counter[tuple[int, ...]] = Counter()
    for *key, count in of:
        found[tuple(key)] += count
    return {key: count for key, count in found.items() if count}


def listed(of: Table) -> list[Row]:
    """Rows as tuples."""
    found: list[tuple[int, int, int, int, int]] = of.tolist()
    return found


@given(rows)
def test_equal_keys_are_added_up_in_order(of: list[Row]) -> None:
    """Each key once, ascending, with its sum; sums of nothing are left out."""
    found = listed(merged(table(of)))
    assert sums(found) == sums(of)
    assert [row[:4] for row in found] == sorted(sums(of))


@given(st.lists(st.tuples(wide, st.integers(0, 5), wide), min_size=1, max_size=20))
def test_packed_keys_are_in_the_order_of_their_columns(of: list[tuple[int, int, int]]) -> None:
    """Also where the columns are too wide for one integer between them."""
    columns = [np.array(column, np.int64) for column in zip(*of, strict=True)]
    key = packed(columns)
    assert sorted(range(len(of)), key=lambda place: (key[place], place)) == sorted(
        range(len(of)), key=lambda place: (of[place], place)
    )
    assert len(set(key.tolist())) == len(set(of))


@given(st.lists(rows, max_size=5), st.integers(0, 4))
def test_what_closes_leaves_once_and_the_rest_stays(batches: list[list[Row]], through: int) -> None:
    """Everything that was added leaves with its own closing, in whatever batches it came."""
    panes, together = OpenPanes(), [row for batch in batches for row in batch]
    for batch in batches:
        panes.add(table(batch))
    assert sums(listed(panes.rows())) == sums(together)
    assert sums(listed(panes.close(through))) == sums([row for row in together if row[0] <= through])
    assert not len(panes.close(through))
    assert sums(listed(panes.rows())) == sums([row for row in together if row[0] > through])


def test_rows_that_wait_are_merged_before_they_pile_up() -> None:
    """A pane that stays open for long needs no memory for every event."""
    panes = OpenPanes()
    for _ in range(100):
        panes.add(tallies(*np.zeros((4, 1000), np.int64)))
    assert len(panes) < 70_000
    assert listed(panes.rows()) == [(0, 0, 0, 0, 100_000)]


@pytest.mark.parametrize("count", [0, 1])
def test_columns_become_rows(count: int) -> None:
    """Scalars are spread."""
    closing, pane, scope = np.zeros((3, count), np.int64)
    found = tallies(closing, pane, scope, 7, 9)
    assert found.dtype == TALLY
    assert listed(found) == [(0, 0, 0, 7, 9)] * count
