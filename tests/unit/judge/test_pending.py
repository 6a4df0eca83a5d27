"""Pending tallies."""

import numpy as np

from stream.judge.pending import Counts, Pending


def counts(due: list[int], *codes: int) -> Counts:
    """One count for each scope."""
    ones = np.ones(len(codes), np.int64)
    return Counts(np.array(due, np.int64), np.array(codes, np.int64), ones, ones, ones)


def pending() -> Pending:
    """Three counts from one source, two from another."""
    made = Pending()
    made.add(counts([3, 3, 7], 1, 2, 3))
    made.add(counts([2, 3], 4, 5))
    made.add(counts([]))
    return made


def test_what_is_due_comes_in_time() -> None:
    """Everything up to a pane, whatever order it came in."""
    made = pending()
    assert (len(made), made.next_pane()) == (5, 2)
    assert made.take(1).code.tolist() == []
    taken = made.take(3)
    assert sorted(taken.due.tolist()) == [2, 3, 3, 3]
    assert sorted(taken.code.tolist()) == [1, 2, 4, 5]
    assert (len(made), made.next_pane()) == (1, 7)
    assert made.take(9).code.tolist() == [3]
    assert (len(made), made.next_pane()) == (0, None)


def test_looking_takes_nothing() -> None:
    """A snapshot reads what waits and leaves it."""
    made = pending()
    assert made.all().due.tolist() == [2, 3, 3, 3, 7]
    assert len(made) == 5
