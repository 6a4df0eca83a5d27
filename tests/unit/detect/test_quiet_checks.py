"""Checks: when quiet alone would raise the alarm, one row at a time as well as all in arrays."""

from dataclasses import dataclass

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.detect.memory import MemoryColumn, Table
from alerts.detect.opening_hours import calendar_of
from alerts.detect.volumes.arrivals import NEVER
from alerts.detect.volumes.lumps import COLUMNS
from alerts.detect.volumes.quiet_checks import FEW_PANES, QuietChecks
from alerts.detect.volumes.silence import TOO_LOW
from alerts.detect.volumes.volume_bets import VolumeBets
from alerts.detect.volumes.volume_run import VolumeRun
from alerts.detect.volumes.volume_steps import follow
from alerts.detect.volumes.weekly_profile import WeeklyProfile
from alerts.hours import OpenHours
from alerts.rules import DAY_MS, HOUR_MS

PANE_MS = 60_000
PANES = HOUR_MS // PANE_MS
START_MS = 400 * DAY_MS


@dataclass(frozen=True)
class Row:
    """A row's wealth, events an hour that are allowed, and when something last came in."""

    wealth: tuple[float, float]
    an_hour: float
    heard_pane: int


ROWS = st.builds(
    Row,
    wealth=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    an_hour=st.one_of(st.just(0.0), st.floats(0.01, 200)),
    heard_pane=st.integers(0, PANES - 1),
)


def made(rows: list[Row]) -> tuple[QuietChecks, Table, VolumeRun, VolumeBets]:
    """Checks of some rows in a stretch of an hour."""
    table = Table(
        {
            "wealth": MemoryColumn(np.float64, 0, 2),
            "gauges": MemoryColumn(np.float64, 0, 6),
            "lately": MemoryColumn(np.float64, 0, 2),
            "last_ms": MemoryColumn(np.int64),
            "fired": MemoryColumn(np.bool_),
            "check_ms": MemoryColumn(np.int64, NEVER),
            **COLUMNS,
        }
    )
    table.grow(len(rows))
    rhythm = WeeklyProfile(calendar_of(OpenHours()), 7 * DAY_MS)
    rhythm.grow(len(rows))
    rhythm.begin(START_MS)
    rhythm.low = np.array([row.an_hour / HOUR_MS for row in rows])
    rhythm.mean = 1.5 * rhythm.low
    stakes = VolumeBets(TOO_LOW.rates, TOO_LOW.weights, 30 * DAY_MS, PANE_MS)
    for place, row in enumerate(rows):
        table["wealth"][place] = row.wealth
        table["last_ms"][place] = START_MS + row.heard_pane * PANE_MS
        table["gauges"][place] = (0.5, 0.1, START_MS, 2, 4, 6)
    run = VolumeRun(table, rhythm, stakes, TOO_LOW, PANE_MS)
    return QuietChecks(table, rhythm, run, stakes), table, run, stakes


def first_alarm(checks: QuietChecks, row: Row, from_pane: int) -> int:
    """The end of the first pane at which quiet raises the alarm, pane by pane."""
    bound = np.array([row.an_hour / HOUR_MS])
    for pane in range(from_pane + 1, PANES + 1):
        if checks.would_alarm(np.array([row.wealth]), bound, np.array([(pane - from_pane) * PANE_MS])).any():
            return START_MS + pane * PANE_MS
    return NEVER


@given(rows=st.lists(ROWS, min_size=1, max_size=4), pane=st.integers(0, PANES - 1))
def test_the_moment_is_the_first_pane_that_raises_the_alarm(rows: list[Row], pane: int) -> None:
    """As if every pane were looked at."""
    checks, table, _, _ = made(rows)
    checks.reckon(np.arange(len(rows)), START_MS + pane * PANE_MS, PANE_MS)
    assert table["check_ms"][: len(rows)].tolist() == [first_alarm(checks, row, pane) for row in rows]


@given(rows=st.lists(ROWS, min_size=1, max_size=3), pane=st.integers(0, PANES - 1))
@example(rows=[Row((1.0, 1.0), 0.0, 0)], pane=0)
def test_many_rows_have_the_moments_that_each_has_alone(rows: list[Row], pane: int) -> None:
    """Where there are many, panes are halved instead."""
    many = rows * (FEW_PANES // PANES + 1)
    checks, table, _, _ = made(many)
    checks.reckon(np.arange(len(many)), START_MS + pane * PANE_MS, PANE_MS)
    together = table["check_ms"][: len(rows)].tolist()
    checks, table, _, _ = made(rows)
    checks.reckon(np.arange(len(rows)), START_MS + pane * PANE_MS, PANE_MS)
    assert together == table["check_ms"][: len(rows)].tolist()


@given(row=ROWS, later=st.integers(0, PANES))
def test_one_row_passes_its_moment_as_arrays_have_it(row: Row, later: int) -> None:
    """Wealth, gauges and the next moment come out to the last bit."""
    at_ms = START_MS + min(row.heard_pane + later, PANES) * PANE_MS
    checks, table, _, stakes = made([row])
    rows, bound = np.array([0]), np.array([row.an_hour / HOUR_MS])
    passed = np.array([at_ms]) - table["last_ms"][rows]
    wealth = stakes.quiet(table["wealth"][rows], bound, passed)
    if (stakes.evidence(wealth) >= 1).any():
        assert not checks.pass_one(0, at_ms, PANE_MS)
        return
    gauges, lately = table["gauges"][rows], table["lately"][rows]
    if passed.any():
        quiet = bound * passed, 1.5 * bound * passed, None
        follow(TOO_LOW.likely, (gauges, lately), np.zeros(1, np.bool_), np.array([at_ms]), quiet)
    assert checks.pass_one(0, at_ms, PANE_MS)
    assert table["wealth"][rows].tolist() == wealth.tolist()
    assert table["gauges"][rows].tolist() == gauges.tolist()
    assert table["last_ms"][0] == at_ms
    found = int(table["check_ms"][0])
    checks.reckon(rows, at_ms, PANE_MS)
    assert found == table["check_ms"][0]
