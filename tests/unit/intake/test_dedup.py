"""Deduplication: an id counts once within the horizon, as a dictionary would have it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.intake.dedup import Dedup

Arrival = tuple[int, int]
arrivals = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 40)), max_size=40)
"""Ids, and by how much the clock has moved on when they come."""


def naive(events: list[Arrival], horizon: int) -> list[bool]:
    """Which are fresh, by a dictionary."""
    seen: dict[int, int] = {}
    fresh, clock = [], 0
    for number, moved in events:
        clock += moved
        fresh.append(number not in seen or seen[number] < clock - horizon)
        if fresh[-1]:
            seen[number] = clock
    return fresh


def taken(dedup: Dedup, events: list[Arrival], cut: int) -> list[bool]:
    """Which are fresh, `cut` at a time."""
    ids = np.array([number * 2**33 + number for number, _ in events], np.uint64)
    clock = np.cumsum(np.array([moved for _, moved in events], np.int64))
    parts = [slice(first, first + cut) for first in range(0, len(ids), cut)]
    return [fresh for part in parts for fresh in dedup.fresh(ids[part], clock[part]).tolist()]


@given(arrivals, st.integers(1, 60), st.integers(1, 45))
def test_batches_are_judged_record_by_record(events: list[Arrival], horizon: int, cut: int) -> None:
    """However they are cut, ids are duplicates as they are one by one, in record order."""
    assert taken(Dedup(horizon), events, cut) == naive(events, horizon)


@given(arrivals, arrivals, st.integers(1, 60))
def test_what_is_remembered_can_be_carried_over(
    first: list[Arrival], second: list[Arrival], horizon: int
) -> None:
    """A deduplication made from another's rows goes on as that would have."""
    dedup = Dedup(horizon)
    taken(dedup, first, 7)
    other = Dedup(horizon, dedup.rows.copy())
    later = [(0, sum(moved for _, moved in first)), *second]
    assert taken(other, later, 5) == taken(dedup, later, 5)


def test_memory_is_bounded_by_the_horizon() -> None:
    """A hundred thousand ids, of which a thousand are within the horizon at any time, leave few behind."""
    dedup = Dedup(1000)
    ids = np.random.default_rng(3).integers(0, 2**64, 100_000, np.uint64)
    for first in range(0, len(ids), 500):
        assert dedup.fresh(ids[first : first + 500], np.arange(first, first + 500)).all()
    assert len(dedup) < 5000


def test_nothing_is_neither_fresh_nor_not() -> None:
    """An empty batch is fine."""
    assert len(Dedup(5).fresh(np.empty(0, np.uint64), np.empty(0, np.int64))) == 0
