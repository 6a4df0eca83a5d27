"""Rows of scopes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.indicators.plan import Grouping
from stream.judge.evaluation.scopes import FIRST_ROOM, ScopeTable


def test_rows_are_reused_and_room_grows() -> None:
    """A released row stands for another scope; room doubles when it runs out."""
    grown: list[int] = []
    scopes = ScopeTable(Grouping(("channel", "stage"), ("channel",)))
    rows = [scopes.row_of((f"c{number}", "s"), grown.append) for number in range(FIRST_ROOM + 1)]
    assert rows == list(range(FIRST_ROOM + 1))
    assert grown == [FIRST_ROOM, 2 * FIRST_ROOM]
    assert scopes.scope(3) == (("channel", "c3"), ("stage", "s"))
    scopes.release(np.array([3, 30]))
    assert len(scopes) == FIRST_ROOM
    assert scopes.known(("c3", "s")) is None
    with pytest.raises(KeyError):
        scopes.values(3)
    assert scopes.row_of(("new", ""), grown.append) == 3
    assert scopes.used().tolist() == rows
    assert dict(scopes)["new", ""] == 3


NAMED = st.lists(st.integers(0, 60), max_size=50)


@given(st.lists(st.tuples(NAMED, st.sets(st.integers(0, 40), max_size=5)), max_size=4))
def test_rows_of_many_scopes_are_those_that_come_one_by_one(steps: list[tuple[list[int], set[int]]]) -> None:
    """Also of scopes that come twice, and after some were released."""
    grouping = Grouping(("channel",), ("channel",))
    together, single = ScopeTable(grouping), ScopeTable(grouping)
    grown: list[int] = []
    others: list[int] = []
    for names, gone in steps:
        scopes = [(str(name),) for name in names]
        expected = [single.row_of(values, others.append) for values in scopes]
        assert together.rows_of(scopes, grown.append) == expected
        assert (dict(together), together.changes, grown) == (dict(single), single.changes, others)
        for table in (together, single):
            table.release(np.array(sorted(row for row in gone if row < table.room), np.int64))
