"""Touches: runs per key in an order that arrival does not change, and what came last or latest in them."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.columnar.structured import Table
from stream.intake.history.touchpoints import TOUCH, Order, Runs, TouchKind, remembered, starts_at

small = st.integers(0, 3)
touches = st.lists(st.tuples(small, small, small, small, small), max_size=25).map(
    lambda rows: table_of(
        [
            (key, closing, at, kind, place * 4 + tie)
            for place, (key, closing, at, kind, tie) in enumerate(rows)
        ]
    )
)
"""Key, closing, time, kind and an id of its own each."""


def table_of(rows: list[tuple[int, int, int, int, int]]) -> Table:
    """Touches of (key, closing, time, kind, id)."""
    table = np.zeros(len(rows), TOUCH)
    for name, column in zip(
        ("person", "closing", "at_ms", "kind", "id"), np.array(rows, np.int64).reshape(-1, 5).T, strict=True
    ):
        table[name] = column
    return table


def as_tuples(table: Table) -> list[tuple[int, ...]]:
    """What decides the order of touches, in its order."""
    return [tuple(int(row[name]) for name in ("person", "closing", "at_ms", "kind", "id")) for row in table]


def heads_of(keys: list[int]) -> Table:
    """Something remembered of each key."""
    return remembered(np.array(sorted(keys), np.uint64), np.zeros(len(keys), np.int64))


def runs_of(table: Table, known: list[int]) -> Runs:
    """The runs of touches, some of whose keys are known."""
    order = Order.of(table, table["person"])
    return Runs.of(table, order, heads_of([key for key in known if key in order.keys.tolist()]))


@given(touches, st.randoms(use_true_random=False))
def test_the_order_is_by_key_closing_time_kind_and_id(table: Table, rng: Random) -> None:
    """However the touches arrive."""
    places = list(range(len(table)))
    rng.shuffle(places)
    shuffled = table[places]
    order = Order.of(shuffled, shuffled["person"])
    assert as_tuples(shuffled[order.place]) == sorted(as_tuples(table))
    assert order.keys.tolist() == sorted({row[0] for row in as_tuples(table)})
    assert order.keys.tolist() == shuffled["person"][order.place][order.first].tolist()


@given(touches, st.lists(small, unique=True))
def test_what_is_remembered_heads_its_run(table: Table, known: list[int]) -> None:
    """Keys in order, each with its head first, if it has one, then its touches."""
    runs = runs_of(table, known)
    expected: list[tuple[int, ...]] = []
    for key in sorted({row[0] for row in as_tuples(table)}):
        expected += [(key, TouchKind.REMEMBERED)] if key in known else []
        expected += [(row[0], row[3]) for row in sorted(as_tuples(table)) if row[0] == key]
    found = list(zip(runs.touches["person"].tolist(), runs.touches["kind"].tolist(), strict=True))
    assert found == expected
    keys = [key for key, _ in expected]
    assert runs.start.tolist() == [keys.index(key) for key in keys]
    assert runs.ends.tolist() == [
        place for place, key in enumerate(keys) if keys[place + 1 : place + 2] != [key]
    ]


@given(touches, st.lists(small, unique=True), st.randoms(use_true_random=False))
def test_last_and_latest_are_looked_for_within_the_run(table: Table, known: list[int], rng: Random) -> None:
    """Last goes by the order, latest by the time, of equals the last; before leaves out the touch itself."""
    runs = runs_of(table, known)
    marked = np.array([rng.random() < 0.5 for _ in runs.start], bool)
    at_ms = runs.touches["at_ms"].tolist()
    before, until, latest_before, latest_until = [], [], [], []
    for place, start in enumerate(runs.start.tolist()):
        past = [each for each in range(start, place) if marked[each]]
        now = [*past, place] if marked[place] else past
        before.append(max(past, default=-1))
        until.append(max(now, default=-1))
        latest_before.append(max(past, key=lambda each: (at_ms[each], each), default=-1))
        latest_until.append(max(now, key=lambda each: (at_ms[each], each), default=-1))
    assert runs.last_before(marked).tolist() == before
    assert runs.last_until(marked).tolist() == until
    assert runs.latest_before(marked).tolist() == latest_before
    assert runs.latest_until(marked).tolist() == latest_until


def test_runs_start_at_heads() -> None:
    """Each place belongs to the last head before it."""
    assert starts_at(np.array([True, False, True, True, False])).tolist() == [0, 0, 2, 3, 3]
