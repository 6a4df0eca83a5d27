"""Looking ahead: sums that are worked out for all formulas at once, against those of each formula alone."""

from collections.abc import Iterator

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.indicators.cells import CELL, CELLS
from stream.indicators.formulas import Sums, formula, score
from stream.judge.windows.changes import changes
from stream.judge.windows.coarse import Projection
from stream.judge.windows.grid import grid
from stream.judge.windows.layout import Layout
from stream.judge.windows.lookahead import Ahead, Trajectory, of_grid
from stream.judge.windows.sliding import Window
from tests.builders import DEFAULTS

PANE_MS = 10_000
SCOPES = 5
LAST_PANE = 120
PLAIN = ("csat", "ces", "nps", "fcr", "abandonment", "sentiment")
BUCKETS = ("ttr_p90",)
"""Read in the same windows; its sums are not among those that are asked for."""
NARROW = sorted({int(cell) for name in PLAIN + BUCKETS for cell in formula(name, DEFAULTS).cells})
USED = (*(CELLS[cell] for cell in NARROW), "ttr.bucket/7", "contacts")

formulas = st.lists(st.sampled_from(PLAIN + BUCKETS), min_size=1, unique=True)
slots = st.sampled_from([1, 3, 12, 200, 1_440])
entries = st.lists(
    st.tuples(
        st.integers(0, LAST_PANE), st.integers(0, SCOPES - 1), st.sampled_from(USED), st.integers(-2, 5)
    ),
    max_size=80,
)


@settings(deadline=None)
@given(formulas, slots, entries, st.integers(-1, LAST_PANE), st.integers(0, 2 * LAST_PANE))
def test_shared_sums_are_those_of_each_formula(
    names: list[str], slots: int, counted: list[tuple[int, int, str, int]], judged: int, through: int
) -> None:
    """Whatever else is read in the window, however far it was slid, and however far ahead is looked."""
    window = _window(names, slots, counted, judged)
    ahead = Ahead(max(judged, through))
    for name in names:
        if name not in BUCKETS:
            shared = ahead.of_formula(window, name)
            alone = ahead.trajectory(window, Projection.of(window.layout, name))
            if ahead.grid(window) is None:
                assert np.array_equal(shared.rows, alone.rows)
                assert np.array_equal(shared.slot, alone.slot)
                assert np.array_equal(shared.sums, alone.sums)
            assert shared.sums.dtype == alone.sums.dtype


@settings(deadline=None)
@given(formulas, slots, entries, st.integers(-1, LAST_PANE), st.integers(0, 2 * LAST_PANE))
def test_a_grid_says_what_the_changes_one_by_one_say(
    names: list[str], slots: int, counted: list[tuple[int, int, str, int]], judged: int, through: int
) -> None:
    """Wherever the sums of a formula change, and in between they are as they were."""
    window = _window(names, slots, counted, judged)
    through = max(judged, through)
    found = grid(window, changes(window, through), empty=2**20)
    assert (found is None) == (not len(changes(window, through).rows))
    if found is None:
        return
    for name in names:
        place, alone = window.layout.place(name), _alone(window, name, through)
        both = of_grid(found, place)
        assert _said(alone) <= _said(both)
        assert all(
            sums == (now.get(row) or _before(window, place, row)) for row, sums, now in _told(both, alone)
        )


@settings(deadline=None)
@given(formulas, slots, entries, st.integers(-1, LAST_PANE))
def test_scores_lie_in_the_range_that_a_grid_tells(
    names: list[str], slots: int, counted: list[tuple[int, int, str, int]], judged: int
) -> None:
    """Its ends are scores, so that no breach is passed over, nor any looked for in vain."""
    window = _window(names, slots, counted, judged)
    found = grid(window, changes(window, LAST_PANE), empty=2**20)
    for name in names if found is not None else ():
        if name not in BUCKETS:
            assert found is not None
            place = window.layout.place(name)
            sums = found.sums[place : place + 3].reshape(3, -1).T
            value, _ = score(window.layout.formulas[name], Sums(sums))
            ends = (np.fmin.reduce(value), np.fmax.reduce(value))
            assert np.array_equal(found.ranges[name], ends, equal_nan=True)


def _alone(window: Window, name: str, through: int) -> Trajectory:
    return Ahead(through).trajectory(window, Projection.of(window.layout, name))


def _said(path: Trajectory) -> set[tuple[int, int, tuple[float, ...]]]:
    """What a trajectory says, change by change."""
    return set(zip(path.rows.tolist(), path.slot.tolist(), map(tuple, path.sums.tolist()), strict=True))


def _told(
    both: Trajectory, alone: Trajectory
) -> Iterator[tuple[int, tuple[float, ...], dict[int, tuple[float, ...]]]]:
    """Each row and sums of one trajectory, and the latest by row of the other at that time."""
    for row, slot, sums in sorted(_said(both), key=lambda said: said[1]):
        latest = {of: own for of, at, own in sorted(_said(alone)) if at <= slot}
        yield row, sums, latest


def _before(window: Window, place: int, row: int) -> tuple[float, ...]:
    """A formula's sums in a row, as far as the window was slid."""
    sums = window.read(np.array([row]), buckets=False).sums
    return tuple(sums[0, place : place + 3].tolist())


def _window(names: list[str], slots: int, counted: list[tuple[int, int, str, int]], judged: int) -> Window:
    """A window that was slid to a pane, with all that comes later waiting."""
    window = Window(slots * PANE_MS, PANE_MS, Layout([formula(name, DEFAULTS) for name in names]))
    window.grow(SCOPES)
    _add(window, [entry for entry in counted if entry[0] <= judged])
    if judged >= 0:
        window.advance(judged)
    _add(window, [entry for entry in counted if entry[0] > judged])
    return window


def _add(window: Window, counted: list[tuple[int, int, str, int]]) -> None:
    if counted:
        panes, rows, cells, counts = zip(*counted, strict=True)
        kept, places, kept_counts = window.layout.project(
            np.array(rows), np.array([CELL[cell] for cell in cells]), np.array(counts)
        )
        due = np.array(panes)[kept]
        window.add(due, due, places, kept_counts)
