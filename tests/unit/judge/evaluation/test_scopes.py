"""Rows of scopes."""

import numpy as np
import pytest

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
