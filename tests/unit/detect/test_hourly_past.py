"""Hours of the past: what is read at one time is what is read at many."""

import numpy as np

from alerts.detect.hourly_past import HourlyPast
from alerts.rules import HOUR_MS, MINUTE_MS

WEEK_MS = 7 * 24 * HOUR_MS
ROWS = np.arange(3)


def _with_answers() -> HourlyPast:
    past = HourlyPast()
    past.grow(3)
    for hour in range(200):
        end_ms = np.full(3, (hour + 1) * HOUR_MS)
        past.add(end_ms, ROWS, np.stack([ROWS + 1, ROWS + hour, ROWS * hour], axis=1))
    return past


def _read(past: HourlyPast, *ends_ms: int) -> list[list[float]]:
    ends, rows = np.repeat(np.array(ends_ms), 3), np.tile(ROWS, len(ends_ms))
    found = past.same_hours(ends, rows, 2 * HOUR_MS, 4)
    return [found.n.tolist(), found.total.tolist(), found.squares.tolist()]


def test_pane_after_pane_reads_what_all_panes_at_once_read() -> None:
    """Rows of one time are remembered for their hour, and come to the same as rows of many times."""
    ends = [WEEK_MS + minute * MINUTE_MS for minute in range(30, 1500, 50)]
    past = _with_answers()
    apart = np.concatenate([np.array(_read(past, end)) for end in ends], axis=1)
    assert apart.any()
    assert apart.tolist() == _read(_with_answers(), *ends)


def test_a_forgotten_row_is_read_anew() -> None:
    """What was remembered of a row's hours goes with the row."""
    past, end = _with_answers(), WEEK_MS + 10 * HOUR_MS
    before = _read(past, end)
    past.clear(np.array([1]))
    after = _read(past, end)
    assert [column[1] for column in after] == [0, 0, 0]
    assert [column[::2] for column in after] == [column[::2] for column in before]


def test_a_row_that_is_new_is_read_beside_those_known() -> None:
    """Some rows may have been read before the others."""
    past, end = _with_answers(), WEEK_MS + 10 * HOUR_MS
    past.same_hours(np.array([end]), np.array([2]), 2 * HOUR_MS, 4)
    assert _read(past, end) == _read(_with_answers(), end)
