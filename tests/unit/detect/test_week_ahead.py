"""Looking ahead in the week: forecasts made several at once are, to the last bit, those made one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect.opening_hours import Calendar
from alerts.detect.volumes import week_ahead
from alerts.detect.volumes.week_ahead import WeekAhead
from alerts.detect.volumes.week_forecast import KEPT, Weeks, forecast
from alerts.hours import OpenHours
from alerts.rules import HOUR_MS

ROWS = 3
START_MS = 20_000 * 24 * HOUR_MS
OFFICE = OpenHours("Asia/Kolkata", tuple((day, 495, 1080) for day in range(5)))


def weeks_of(seed: int) -> Weeks:
    """A busy, a sparse and a half-seen week."""
    rng = np.random.default_rng(seed)
    hours = rng.choice([0, 0.3, 1, 1.8, 3.4], size=(ROWS, 168))
    counts = rng.poisson(np.array([[20.0], [0.2], [2.0]]), size=(ROWS, 168)) * hours
    return Weeks(counts, hours, np.full(ROWS, 0.02))


def taught(weeks: Weeks, hour: int, watched: float, events: list[int]) -> None:
    """A stretch teaches, in place."""
    kept = KEPT ** np.array([watched])
    weeks.counts[:, hour] = kept * weeks.counts[:, hour] + events
    weeks.hours[:, hour] = kept * weeks.hours[:, hour] + watched


@pytest.mark.parametrize("hours", [OpenHours(), OFFICE])
@given(
    seed=st.integers(0, 50),
    borrows=st.booleans(),
    came=st.dictionaries(
        st.tuples(st.integers(0, 60), st.integers(0, ROWS - 1)), st.integers(1, 30), max_size=12
    ),
    asked=st.lists(st.lists(st.integers(0, ROWS - 1), min_size=1, unique=True), min_size=1, max_size=4),
    forgotten=st.sets(st.integers(0, 60), max_size=2),
)
@settings(max_examples=30, deadline=None)
def test_what_was_guessed_is_used_only_where_it_is_true(
    hours: OpenHours,
    seed: int,
    borrows: bool,  # noqa: FBT001  # drawn
    came: dict[tuple[int, int], int],
    asked: list[list[int]],
    forgotten: set[int],
) -> None:
    """Whatever comes in, whoever is asked, and whenever a week is changed from outside."""
    weeks, calendar, since_ms = weeks_of(seed), Calendar(hours), np.full(ROWS, START_MS)
    ahead = WeekAhead(calendar, borrows=borrows)
    stretch = calendar.stretch(START_MS)
    for turn in range(61):
        rows = np.array(sorted(asked[turn % len(asked)]))
        if stretch.open:
            alone = Weeks(*(column[rows] for column in weeks))
            want = forecast(alone, np.full(len(rows), stretch.hour), borrows=borrows)
            for got, wanted in zip(ahead.forecast(weeks, since_ms, stretch, rows), want, strict=True):
                assert got.tobytes() == wanted.tobytes()
            events = [came.get((turn, row), 0) for row in range(ROWS)]
            taught(weeks, stretch.hour, (stretch.end_ms - stretch.start_ms) / HOUR_MS, events)
        ahead.passed(weeks, stretch)
        if turn in forgotten:
            weeks.counts[:] += 1
            ahead.forget()
        stretch = calendar.stretch(stretch.end_ms)


def test_very_many_scopes_are_forecast_part_by_part() -> None:
    """As each alone."""
    many = week_ahead.AT_ONCE + 5
    weeks = Weeks(*(np.resize(column, (many, *column.shape[1:])) for column in weeks_of(1)))
    calendar, rows = Calendar(OpenHours()), np.arange(many)
    stretch = calendar.stretch(START_MS)
    found = WeekAhead(calendar, borrows=True).forecast(weeks, np.zeros(many, np.int64), stretch, rows)
    want = forecast(weeks, np.full(many, stretch.hour), borrows=True)
    assert [each.tobytes() for each in found] == [each.tobytes() for each in want]
