"""Open time: how much of it lies between instants, against counting minute by minute."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect.open_time import LONG_AGO, NEVER, OpenSlots, OpenTime
from alerts.detect.opening_hours import Calendar
from alerts.hours import ALWAYS, OpenHours, Outside, counted
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS

START_MS = 1_743_120_000_000
"""Friday 28 March 2025; clocks go forward in Paris on the Sunday."""
DAYS = 5

spans = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 95), st.integers(1, 96)).filter(
        lambda span: span[1] < span[2]
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda span: span[0],
).map(lambda found: tuple(sorted((day, 15 * start, 15 * end) for day, start, end in found)))
hours = st.builds(
    OpenHours,
    st.sampled_from(["UTC", "Europe/Paris", "Asia/Kolkata"]),
    spans,
    st.frozensets(st.sampled_from(["2025-03-28", "2025-03-30", "2025-04-01"]), max_size=2),
    st.just(value=False),
    st.sampled_from([Outside.IGNORE, Outside.ONLY]),
)
minutes = st.integers(0, DAYS * 24 * 60)


def minute_by_minute(of: OpenHours) -> list[bool]:
    """Whether each minute of the days is open."""
    calendar = Calendar(of)
    return [calendar.stretch(START_MS + minute * MINUTE_MS).open for minute in range(DAYS * 24 * 60 + 1)]


@settings(deadline=None, max_examples=20)
@given(hours, st.lists(st.tuples(minutes, minutes), min_size=1, max_size=9))
def test_open_time_is_the_open_minutes(of: OpenHours, pairs: list[tuple[int, int]]) -> None:
    """Whatever was asked before, and in whatever order."""
    is_open, time = minute_by_minute(of), OpenTime(of)
    for pair in pairs:
        first, last = sorted(pair)
        found = time.passed(np.array([START_MS + first * MINUTE_MS]), np.array([START_MS + last * MINUTE_MS]))
        assert found[0] == sum(is_open[first:last]) * MINUTE_MS


@settings(deadline=None, max_examples=20)
@given(hours, minutes, st.integers(1, 600))
def test_after_is_when_so_much_open_time_has_passed(of: OpenHours, start: int, span: int) -> None:
    """It is the first such instant."""
    time, start_ms = OpenTime(of), np.array([START_MS + start * MINUTE_MS])
    found = time.after(start_ms, np.array([span * MINUTE_MS]))
    if found[0] == NEVER:
        assert not of.week
    else:
        assert time.passed(start_ms, found)[0] == span * MINUTE_MS
        assert time.passed(start_ms, found - 1)[0] < span * MINUTE_MS


@settings(deadline=None, max_examples=20)
@given(hours, st.integers(0, DAYS * 24 - 1), st.sampled_from([1, 3]))
def test_slots_are_open_if_any_minute_of_theirs_is(of: OpenHours, hour: int, width: int) -> None:
    """The next and the last open slot are found from anywhere, and agree with `open`."""
    slots = OpenSlots(of, width * HOUR_MS)
    here = START_MS // (width * HOUR_MS) + hour // width
    following, before = slots.next(here), slots.last(here)
    if following == NEVER:
        assert before == LONG_AGO or not of.week
        return
    assert following >= here
    assert slots.open(np.array([following]))[0]
    assert not slots.open(np.arange(here, following)).any()
    assert slots.each_next(np.arange(here, following + 1)).tolist() == [following] * (following - here + 1)
    assert before <= here
    assert slots.open(np.array([before]))[0]
    assert not slots.open(np.arange(before + 1, here + 1)).any()


def test_an_example() -> None:
    """From 08:00 to 18:00 each day, two hours after 17:00 it is nine in the morning."""
    time = OpenTime(OpenHours("UTC", tuple((day, 480, 1080) for day in range(7))))
    five = np.array([START_MS + 17 * HOUR_MS])
    assert time.after(five, np.array([2 * HOUR_MS]))[0] == START_MS + DAY_MS + 9 * HOUR_MS
    assert time.passed(five, five + DAY_MS)[0] == 10 * HOUR_MS


def test_who_never_opens_is_never_waited_for() -> None:
    """No instant is open, ahead or back, and no time passes."""
    time = OpenTime(OpenHours("UTC", (), frozenset({"1971-01-01"}), outside=Outside.ONLY))
    now = np.array([START_MS])
    assert time.next_open(START_MS) == NEVER
    assert time.last_open(START_MS) == LONG_AGO
    assert time.after(now, np.array([1])).tolist() == [NEVER]
    assert time.passed(now, now + DAY_MS).tolist() == [0]


def test_hours_that_leave_nothing_out_are_none() -> None:
    """A time zone alone, and `outside: count`, do not limit anything."""
    open_ = OpenHours("Europe/Paris", ((0, 0, 60),))
    assert counted(OpenHours("Europe/Paris")) is ALWAYS
    assert counted(OpenHours("UTC", open_.spans, outside=Outside.COUNT)) is ALWAYS
    assert counted(open_) is open_
    assert ALWAYS.text == ""
    assert ALWAYS.share == 1


def test_the_rest_of_the_week_is_what_the_hours_leave() -> None:
    """Together they are the week."""
    open_ = OpenHours("UTC", ((0, 0, 60), (2, 60, 120), (2, 180, 1440)))
    rest = OpenHours("UTC", open_.spans, outside=Outside.ONLY)
    assert rest.week[:3] == ((0, 60, 1440), (1, 0, 1440), (2, 0, 60))
    assert open_.share + rest.share == 1
