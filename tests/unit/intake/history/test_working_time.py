"""Working time: what of a stretch falls into opening hours, minute by minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.hours import ALWAYS, OpenHours
from stream.intake.history.working_time import WorkingTime

OFFICE = tuple((day, 9 * 60, 17 * 60) for day in range(5))
SPLIT = (*((day, 8 * 60 + 10, 12 * 60) for day in range(7)), *((day, 14 * 60, 24 * 60) for day in range(7)))
NIGHT = ((6, 0, 3 * 60), (5, 22 * 60, 24 * 60))
MINUTE_MS = 60_000


def ms(text: str) -> int:
    """An instant."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def between(hours: OpenHours, start: str, end: str) -> float:
    """Hours of working time."""
    found = WorkingTime(hours).between(np.array([ms(start)]), np.array([ms(end)]))
    return float(found[0]) / 3_600_000


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-03-06T16:30Z", "2026-03-09T09:30Z", 1),
        ("2026-03-06T08:00Z", "2026-03-06T20:00Z", 8),
        ("2026-03-07T10:00Z", "2026-03-08T10:00Z", 0),
        ("2026-03-02T00:00Z", "2026-03-30T00:00Z", 4 * 40),
    ],
)
def test_evenings_and_weekends_do_not_count(start: str, end: str, expected: float) -> None:
    """Friday afternoon and Monday morning meet."""
    assert between(OpenHours("UTC", OFFICE), start, end) == expected


def test_holidays_do_not_count() -> None:
    """Nor do they where hours are not given at all."""
    assert (
        between(OpenHours("UTC", (), frozenset({"2026-05-01"})), "2026-04-30T12:00Z", "2026-05-02T06:00Z")
        == 18
    )


def test_what_never_closes_counts_all_time() -> None:
    """As before there were hours."""
    assert between(ALWAYS, "2026-03-06T16:30Z", "2026-03-09T09:30Z") == 65


def test_the_longest_case_costs_no_more_than_ten_years() -> None:
    """Somebody's clock began in 1970: what lies further back than any case may is left out."""
    found = WorkingTime(OpenHours("UTC", OFFICE)).between(np.array([0]), np.array([ms("2026-03-06T16:30Z")]))
    assert found[0] / 3_600_000 / 8 == pytest.approx(3660 * 5 / 7, abs=3)


@given(
    st.sampled_from([OFFICE, SPLIT, NIGHT]),
    st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),  # noqa: DTZ001  # made UTC below
    st.integers(0, 6 * 24 * 60),
)
def test_every_minute_counts_once_by_the_local_clock(
    spans: tuple[tuple[int, int, int], ...], zone: str, start: datetime, minutes: int
) -> None:
    """Through changes of the clock: a minute counts where the clock on the wall is within the hours."""
    hours = OpenHours(zone, spans, frozenset({"2026-03-29", "2026-07-14"}))
    begin = start.replace(second=0, microsecond=0, tzinfo=UTC)
    there = ZoneInfo(zone)
    expected = 0
    for number in range(minutes):
        local = (begin + timedelta(minutes=number)).astimezone(there)
        clock = local.hour * 60 + local.minute
        opened = any(day == local.weekday() and first <= clock < last for day, first, last in spans)
        expected += opened and local.date().isoformat() not in hours.holidays
    start_ms = int(begin.timestamp() * 1000)
    found = WorkingTime(hours).between(np.array([start_ms]), np.array([start_ms + minutes * MINUTE_MS]))
    assert found[0] == expected * MINUTE_MS
