"""Pending tallies."""

import numpy as np

from stream.pending import Counts, Pending


def counts(*codes: int) -> Counts:
    """One count for each scope."""
    ones = np.ones(len(codes), np.int64)
    return Counts(np.array(codes, np.int64), ones, ones, ones)


def test_what_is_due_comes_pane_by_pane() -> None:
    """Everything of one pane in one piece, in the order of the panes, whatever order it came in."""
    pending = Pending()
    pending.add(np.array([3, 3, 7]), counts(1, 2, 3))
    pending.add(np.array([2, 3]), counts(4, 5))
    assert len(pending) == 5
    assert pending.codes().tolist() == [1, 2, 3, 4, 5]
    found = []
    while (pane := pending.next_pane()) is not None:
        taken = pending.take(pane)
        assert taken is not None
        found.append((pane, taken.code.tolist()))
    assert found == [(2, [4]), (3, [1, 2, 5]), (7, [3])]
    assert pending.take(9) is None
    assert (len(pending), pending.panes(), pending.codes().tolist()) == (0, [], [])


def test_looking_takes_nothing() -> None:
    """A snapshot reads what waits and leaves it."""
    pending = Pending()
    pending.add(np.array([3]), counts(1))
    assert [part.code.tolist() for part in pending.at(3)] == [[1]]
    assert pending.at(4) == []
    assert pending.panes() == [3]
