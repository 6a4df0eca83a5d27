"""Coasting: many panes taken number by number are, to the last bit, the same as stepped in arrays."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect.scale import Scale
from alerts.detect.sudden import SuddenDetector
from alerts.rules import DAY_MS, Budget, Direction, Family, Sudden

STEPS = 4
LEVELS = np.arange(STEPS + 1)
ROWS = 3

entries = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.integers(0, ROWS - 1),
        st.lists(st.integers(0, 9), min_size=STEPS + 1, max_size=STEPS + 1).filter(any),
    ),
    min_size=1,
    max_size=60,
    unique_by=lambda entry: entry[:2],
)


def detector() -> SuddenDetector:
    """A mean score of 1 to 5 with a floor of 3.5."""
    scale = Scale(1, 5, Direction.LOW_IS_BAD, Family.MEAN, STEPS)
    made = SuddenDetector(Sudden(3.5, Budget(1, DAY_MS)), scale, LEVELS)
    made.grow(ROWS)
    return made


@settings(deadline=None, max_examples=200)
@given(entries, st.integers(0, 300))
def test_coasting_is_stepping(drawn: list[tuple[int, int, list[int]]], cut: int) -> None:
    """Up to the first alarm of a row, whichever answers were stepped before; the alarm itself is left."""
    ordered = sorted(drawn)
    stepped, coasted = detector(), detector()
    alarms: dict[int, int] = {}
    for pane, row, counts in ordered:
        if pane < cut:
            coasted.step(_end(pane), np.array([row]), np.array([counts]))
    before = {row: bool(coasted.fired(np.array([row]))[0]) for row in range(ROWS)}
    late = [entry for entry in ordered if entry[0] >= cut]
    arrays = (
        np.array([_end(pane) for pane, _, _ in late], np.int64),
        np.array([row for _, row, _ in late], np.int64),
        np.array([counts for _, _, counts in late], np.int64).reshape(-1, STEPS + 1),
    )
    taken = coasted.coast(*arrays).tolist()
    for pane, row, counts in ordered:
        if pane < cut or (row not in alarms and not before[row]):
            stepped.step(_end(pane), np.array([row]), np.array([counts]))
            if pane >= cut and stepped.fired(np.array([row]))[0]:
                alarms[row] = pane
    for (pane, row, _), was_taken in zip(late, taken, strict=True):
        assert was_taken == (not before[row] and pane < alarms.get(row, 10**6))
    for row in set(range(ROWS)) - set(alarms):
        for name, column in stepped.state().items():
            assert (column[row] == coasted.state()[name][row]).all(), name


def _end(pane: int) -> int:
    return (1000 + pane) * 10_000
