"""Hours: event time by hour of the week in local time, open and closed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect.opening_hours import Calendar, Stretch
from alerts.hours import OpenHours
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS

WEEKDAYS = tuple((day, 7 * 60, 23 * 60) for day in (6, 0, 1, 2, 3))
"""Sunday to Thursday, 07:00 to 23:00."""


def ms(text: str) -> int:
    """Unix milliseconds of an ISO time, in UTC unless it says otherwise."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def bank(**more: Any) -> Calendar:
    """Open on Israeli weekdays."""
    return Calendar(OpenHours("Asia/Jerusalem", WEEKDAYS, **more))


def test_without_spans_it_is_always_open() -> None:
    """Each hour of UTC is a stretch."""
    found = Calendar(OpenHours()).stretch(ms("1999-01-11T08:30"))
    assert found == Stretch(ms("1999-01-11T08:00"), ms("1999-01-11T09:00"), 8, open=True)


@pytest.mark.parametrize(
    ("at", "hour", "opened"),
    [
        ("1999-01-11T06:59+02:00", 6, False),
        ("1999-01-11T07:00+02:00", 7, True),
        ("1999-01-11T22:59+02:00", 22, True),
        ("1999-01-11T23:00+02:00", 23, False),
        ("1999-01-15T12:00+02:00", 4 * 24 + 12, False),
        ("1999-01-17T12:00+02:00", 6 * 24 + 12, True),
    ],
)
def test_opening_hours_are_local(at: str, hour: int, opened: bool) -> None:  # noqa: FBT001  # a column
    """Weekday and hour are those of the rule's time zone."""
    found = bank().stretch(ms(at))
    assert (found.hour, found.open) == (hour, opened)


def test_holidays_are_closed() -> None:
    """All day, local time."""
    calendar = bank(holidays=frozenset({"1999-01-11"}))
    assert not calendar.stretch(ms("1999-01-11T12:00+02:00")).open
    assert calendar.stretch(ms("1999-01-12T12:00+02:00")).open


def test_doors_that_open_within_the_hour_cut_it() -> None:
    """07:20 parts the hour in two."""
    calendar = Calendar(OpenHours("UTC", ((0, 7 * 60 + 20, 9 * 60),)))
    monday = ms("1999-01-11T07:00")
    assert calendar.stretch(monday) == Stretch(monday, monday + 20 * MINUTE_MS, 7, open=False)
    assert calendar.stretch(monday + 20 * MINUTE_MS).open


def test_a_zone_off_by_half_an_hour_has_its_own_hours() -> None:
    """In India the hour begins at half past."""
    found = Calendar(OpenHours("Asia/Kolkata")).stretch(ms("2026-03-02T03:00"))
    assert (found.hour, found.start_ms) == (8, ms("2026-03-02T02:30"))


def test_when_the_clock_changes_an_hour_is_missing_or_twice_as_long() -> None:
    """In Paris on the last Sundays of March and October."""
    paris = Calendar(OpenHours("Europe/Paris"))
    assert paris.stretch(ms("2026-03-29T01:00")).hour == 6 * 24 + 3
    twice = paris.stretch(ms("2026-10-25T00:30"))
    assert (twice.hour, twice.end_ms - twice.start_ms) == (6 * 24 + 2, 2 * HOUR_MS)


def test_since_when_it_is_open() -> None:
    """As far back as asked; None when closed."""
    calendar = bank()
    noon = ms("1999-01-11T12:00+02:00")
    assert calendar.open_since_ms(noon, DAY_MS) == ms("1999-01-11T07:00+02:00")
    assert calendar.open_since_ms(noon, HOUR_MS) == noon - HOUR_MS
    assert calendar.open_since_ms(ms("1999-01-11T03:00+02:00"), DAY_MS) is None


def test_when_it_opens_next() -> None:
    """Now if it is open, on Sunday after a Friday, never within a reach that is too short."""
    calendar = bank()
    friday = ms("1999-01-15T12:00+02:00")
    assert calendar.next_opening_ms(friday, 7 * DAY_MS) == ms("1999-01-17T07:00+02:00")
    assert calendar.next_opening_ms(friday, HOUR_MS) is None
    noon = ms("1999-01-11T12:00+02:00")
    assert calendar.next_opening_ms(noon, 0) == noon


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    st.integers(ms("1971-01-01"), ms("2060-01-01")),
    st.sampled_from(["UTC", "Asia/Jerusalem", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe"]),
)
def test_stretches_follow_each_other_without_gap_or_overlap(at_ms: int, zone: str) -> None:
    """Wherever one ends the next begins, and it contains what it was asked for."""
    calendar = Calendar(OpenHours(zone, ((0, 430, 1080), (6, 0, 1440))))
    here = calendar.stretch(at_ms)
    assert here.start_ms <= at_ms < here.end_ms
    assert calendar.stretch(here.end_ms).start_ms == here.end_ms
    assert calendar.stretch(here.start_ms) == here


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((0, 1, 2, 3, 4), "Mon-Fri"),
        ((6, 0, 1, 2, 3), "Sun-Thu"),
        ((0, 2), "Mon/Wed"),
        ((0, 1, 2, 4, 5), "Mon-Wed/Fri-Sat"),
        ((5,), "Sat"),
        (tuple(range(7)), "Mon-Sun"),
    ],
)
def test_hours_are_told_as_they_are_written(days: tuple[int, ...], words: str) -> None:
    """Days in a row are one run, past the end of the week too."""
    hours = OpenHours(spans=tuple(sorted((day, 480, 1080) for day in days)))
    assert hours.in_words() == f"open {words} 08:00-18:00; UTC"
