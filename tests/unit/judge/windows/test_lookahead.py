"""Looking ahead: sums that are worked out for all formulas at once, against those of each formula alone."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.indicators.cells import CELL, CELLS
from stream.indicators.formulas import formula
from stream.judge.windows.layout import Layout
from stream.judge.windows.lookahead import Ahead
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
    window = Window(slots * PANE_MS, PANE_MS, Layout([formula(name, DEFAULTS) for name in names]))
    window.grow(SCOPES)
    _add(window, [entry for entry in counted if entry[0] <= judged])
    if judged >= 0:
        window.advance(judged)
    _add(window, [entry for entry in counted if entry[0] > judged])
    ahead = Ahead(max(judged, through))
    for name in names:
        if name not in BUCKETS:
            shared = ahead.of_formula(window, name)
            alone = ahead.trajectory(window, window.layout.padded_weights(name))
            assert np.array_equal(shared.rows, alone.rows)
            assert np.array_equal(shared.slot, alone.slot)
            assert np.array_equal(shared.sums, alone.sums)
            assert shared.sums.dtype == alone.sums.dtype


def _add(window: Window, counted: list[tuple[int, int, str, int]]) -> None:
    if counted:
        panes, rows, cells, counts = zip(*counted, strict=True)
        kept, places, kept_counts = window.layout.project(
            np.array(rows), np.array([CELL[cell] for cell in cells]), np.array(counts)
        )
        due = np.array(panes)[kept]
        window.add(due, due, places, kept_counts)
