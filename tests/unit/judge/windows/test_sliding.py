"""Windows, against sums made anew at every pane's end."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from stream.indicators.cells import CELL, CELLS
from stream.indicators.formulas import formula
from stream.judge.windows.layout import Layout, summed
from stream.judge.windows.passage import Passage
from stream.judge.windows.sliding import Window
from stream.judge.windows.slot_width import FEW_SLOTS, MOST_SLOTS, slot_ms
from tests.builders import DEFAULTS

USED = ("csat/1-5/1", "csat/1-5/5", "fcr.resolved", "ttr.within", "ttr.bucket/7", "contacts")
PANE_MS = 10_000


@pytest.mark.parametrize(
    ("window_ms", "expected"),
    [
        (30 * MINUTE_MS, 10 * SECOND_MS),
        (5 * MINUTE_MS, 10 * SECOND_MS),
        (HOUR_MS, 30 * SECOND_MS),
        (6 * HOUR_MS, 5 * MINUTE_MS),
        (DAY_MS, 10 * MINUTE_MS),
        (7 * DAY_MS, HOUR_MS),
        (30 * DAY_MS, 6 * HOUR_MS),
        (10 * SECOND_MS, 10 * SECOND_MS),
    ],
)
def test_slots_of_common_windows(window_ms: int, expected: int) -> None:
    """Short windows slide by a pane, long ones by a round length of time."""
    assert slot_ms(window_ms, PANE_MS) == expected


@given(st.integers(1, 5000), st.sampled_from([1_000, 5_000, 7_000, 10_000, 60_000]))
def test_slots_are_whole_panes_and_divide_the_window(panes: int, pane_ms: int) -> None:
    """Whatever its length, a window is a whole number of slots, few enough where it can be."""
    width = slot_ms(panes * pane_ms, pane_ms)
    assert width % pane_ms == 0
    assert (panes * pane_ms) % width == 0
    slots = panes * pane_ms // width
    assert slots <= MOST_SLOTS or not any(
        panes % each == 0 and FEW_SLOTS <= panes // each <= MOST_SLOTS for each in range(1, panes + 1)
    )


def layout() -> Layout:
    """Three indicators' cells."""
    return Layout([formula(name, DEFAULTS) for name in ("csat", "fcr", "ttr_p90")])


def columns(window: Window) -> NDArray[np.integer]:
    """Sums by the layout's columns."""
    rows = np.arange(5)
    return np.hstack([window.counts(rows), window.bucket_counts(rows)])


entries = st.lists(
    st.tuples(
        st.integers(0, 60), st.integers(0, 4), st.sampled_from(USED), st.integers(-1, 5), st.integers(0, 9)
    ),
    max_size=80,
)


Entry = tuple[int, int, str, int, int]
"""Pane, scope, cell, count, and how many panes late it comes."""


def add(window: Window, belongs: int, due: int, row: int, cell: str, count: int) -> None:
    """Add one count."""
    arrays = (np.array([each], np.int64) for each in (row, CELL[cell], count))
    kept, places, counts = window.layout.project(*arrays)
    window.add(np.array([due])[kept], np.array([belongs])[kept], places, counts)


@settings(deadline=None)
@given(entries, st.sampled_from([1, 3, 12, 24]), st.sampled_from([1, 2, 6]), st.sets(st.integers(0, 119)))
def test_sums_equal_brute_force_whenever_they_are_asked_for(
    counted: list[Entry], slots: int, slot_panes: int, skipped: set[int]
) -> None:
    """A window may be left behind for any number of panes."""
    window = Window(slots * slot_panes * PANE_MS, PANE_MS, layout())
    shaped: Any = window  # the shapes that lengths alone do not give
    shaped.slot_panes, shaped.slots, shaped._counts = slot_panes, slots, Passage(slots)
    window.grow(5)
    for pane in range(120):
        for at, row, cell, count, late in counted:
            if at + late == pane:
                add(window, at, pane, row, cell, count)
        if pane in skipped:
            continue
        before = columns(window)
        changed = window.advance(pane)
        last = (pane + 1) // slot_panes - 1
        expected: Counter[tuple[int, str]] = Counter()
        for at, row, cell, count, late in counted:
            if (at + late) // slot_panes <= last and last - slots < at // slot_panes <= last:
                expected[row, cell] += count
        for row in range(5):
            for cell in USED[:5]:
                assert columns(window)[row, window.layout.column_of[CELL[cell]]] == expected[row, cell]
        moved = np.flatnonzero((columns(window) != before).any(axis=1))
        assert set(moved.tolist()) <= set(changed.tolist())


@settings(deadline=None)
@given(entries, st.sampled_from([1, 3, 24]))
def test_stepping_only_where_something_changes_changes_nothing(counted: list[Entry], slots: int) -> None:
    """`next_pane` names every pane at whose end the sums change."""
    dense, sparse = (Window(slots * PANE_MS, PANE_MS, layout()) for _ in range(2))
    dense.grow(5)
    sparse.grow(5)
    judged = -1
    for pane in range(120):
        for at, row, cell, count, late in counted:
            if at + late == pane:
                for window in (dense, sparse):
                    add(window, at, pane, row, cell, count)
        dense.advance(pane)
        if sparse.next_pane(judged) == pane:
            sparse.advance(pane)
        judged = pane
        assert (columns(dense) == columns(sparse)).all()
    assert sparse.next_pane(judged) is None
    assert sparse.entries() == 0


asked = st.lists(st.tuples(st.integers(0, 119), st.lists(st.integers(0, 4), max_size=6)), max_size=20)


@settings(deadline=None)
@given(entries, asked, st.sampled_from([1, 3, 24]), st.integers(1, 5))
def test_sums_made_when_asked_for_are_those_that_are_kept_up(
    counted: list[Entry], asked: list[tuple[int, list[int]]], slots: int, most: int
) -> None:
    """Whenever which rows are asked for, however few may be kept up."""
    kept_up, made = (Window(slots * PANE_MS, PANE_MS, layout(), for_causes=each) for each in (False, True))
    shaped: Any = made
    shaped._sums.most = most
    kept_up.grow(3)
    made.grow(3)
    for pane in range(120):
        for window in (kept_up, made):
            if pane == 40:
                window.grow(5)
            for at, row, cell, count, late in counted:
                if at + late == pane and (row < 3 or pane >= 40):
                    add(window, at, pane, row, cell, count)
            window.advance(pane)
        for at, some in asked:
            if at == pane:
                rows = np.array([row for row in some if row < 3 or pane >= 40], np.int64)
                assert (made.counts(rows) == kept_up.counts(rows)).all()
                assert (made.bucket_counts(rows) == kept_up.bucket_counts(rows)).all()
                assert (made.counts(rows, np.array([1, 0])) == kept_up.counts(rows)[:, [1, 0]]).all()
                assert (made.counts_since(rows, pane - 2) == kept_up.counts_since(rows, pane - 2)).all()


@settings(deadline=None)
@given(entries, st.sampled_from([1, 3, 12]), st.integers(0, 119))
def test_state_is_all_there_is(counted: list[Entry], slots: int, cut: int) -> None:
    """A window that is loaded from another's state goes on as that one does."""
    window = Window(slots * PANE_MS, PANE_MS, layout())
    window.grow(5)
    for pane in range(120):
        for at, row, cell, count, late in counted:
            if at + late == pane:
                add(window, at, pane, row, cell, count)
        if pane == cut:
            other = Window(slots * PANE_MS, PANE_MS, layout())
            other.grow(5)
            other.load(window.state())
            window = other
        window.advance(pane)
    fresh = Window(slots * PANE_MS, PANE_MS, layout())
    fresh.grow(5)
    for at, row, cell, count, late in sorted(counted, key=lambda entry: entry[0] + entry[4]):
        add(fresh, at, at + late, row, cell, count)
    fresh.advance(119)
    assert (columns(fresh) == columns(window)).all()


def test_columns_that_nobody_reads_are_not_kept() -> None:
    """A window keeps the cells of its indicators, and buckets last."""
    of = Layout([formula("ttr_p90", DEFAULTS), formula("wait", DEFAULTS)])
    assert [CELLS[cell] for cell in of.cells[: of.narrow]] == [
        "wait.within", "wait.over", "ttr.sum_ms", "ttr.within", "ttr.over",
    ]  # fmt: skip
    kept, places, counts = of.project(
        np.array([0, 0]), np.array([CELL["contacts"], CELL["wait.over"]]), np.array([5, 7])
    )
    assert (kept.tolist(), places.tolist(), counts.tolist()) == ([1], [1], [7])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-3, 3))))
def test_equal_places_are_added_up(pairs: list[tuple[int, int]]) -> None:
    """Every place once, ascending, with the sum of its counts."""
    expected: Counter[int] = Counter()
    for place, count in pairs:
        expected[place] += count
    places, counts = summed(*(np.array([pair[at] for pair in pairs], np.int64) for at in (0, 1)))
    assert dict(zip(places.tolist(), counts.tolist(), strict=True)) == expected
    assert places.tolist() == sorted(expected)
