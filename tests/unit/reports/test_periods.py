"""Periods: the tallies of a run, added up by week, day or hour."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from stream.indicators.plan import Grouping
from stream.reports.periods import REOPENED, REPEAT, PeriodLine, Periods
from tests.builders import Counted, plan_of, section_of

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
PANES_A_DAY = 8_640
BY_CHANNEL = Grouping(("channel",), ("channel",))
PHONE = (BY_CHANNEL.key, ("phone",))
CHAT = (BY_CHANNEL.key, ("chat",))

PLAN = plan_of("rules: [{name: low, indicator: csat, by: [channel], window: 1h, critical: 50}]")


def lines(counted: list[Counted], period_ms: int = DAY_MS, zone: str = "UTC") -> list[PeriodLine]:
    """The report of some counts, heard in two sections."""
    periods = Periods(PLAN, period_ms, ZoneInfo(zone))
    middle = len(counted) // 2
    for part in (counted[:middle], counted[middle:]):
        periods.hear(section_of(through=10**9, counted=part))
    return list(periods.lines(BY_CHANNEL))


def test_counts_are_added_up_by_scope_and_period() -> None:
    """Whatever section they came in; the last lines are all periods together."""
    found = lines(
        [
            Counted(0, PHONE, "csat/1-5/5", 3),
            Counted(PANES_A_DAY, CHAT, "csat/1-5/1", 1),
            Counted(PANES_A_DAY - 1, PHONE, "csat/1-5/1", 1),
            Counted(PANES_A_DAY, PHONE, "contacts", 7),
        ]
    )
    day = [None if line.start is None else line.start.day for line in found]
    assert day == [1, 2, 2, None, None]
    assert [line.scope for line in found[1:3]] == [(("channel", "chat"),), (("channel", "phone"),)]
    assert found[0].values["csat"] == (75.0, 4)
    assert found[2] == PeriodLine(
        start=datetime(1970, 1, 2),  # noqa: DTZ001
        scope=(("channel", "phone"),),
        contacts=7,
        values={"abandonment": (0.0, 7)},
    )
    assert found[-1].values["csat"] == (75.0, 4)
    assert found[-1].contacts == 7


@pytest.mark.parametrize(
    ("pane", "start"),
    [
        (0, datetime(1969, 12, 29)),  # noqa: DTZ001  # local
        (4 * PANES_A_DAY - 1, datetime(1969, 12, 29)),  # noqa: DTZ001
        (4 * PANES_A_DAY, datetime(1970, 1, 5)),  # noqa: DTZ001
    ],
)
def test_weeks_start_on_mondays(pane: int, start: datetime) -> None:
    """1970 began on a Thursday."""
    assert lines([Counted(pane, PHONE, "csat/1-5/5")], 7 * DAY_MS)[0].start == start


@pytest.mark.parametrize(
    ("hour", "zone", "start"),
    [
        (21, "Asia/Jerusalem", datetime(1970, 1, 1)),  # noqa: DTZ001  # local
        (22, "Asia/Jerusalem", datetime(1970, 1, 2)),  # noqa: DTZ001
        (5, "America/New_York", datetime(1970, 1, 1)),  # noqa: DTZ001
        (4, "America/New_York", datetime(1969, 12, 31)),  # noqa: DTZ001
    ],
)
def test_days_are_local(hour: int, zone: str, start: datetime) -> None:
    """From midnight to midnight where the reader lives."""
    assert lines([Counted(hour * 360, PHONE, "csat/1-5/5")], DAY_MS, zone)[0].start == start


def test_first_contact_resolution_is_told_by_reason() -> None:
    """Ten contacts, three that came back, and two cases reopened, which are contacts that failed as well."""
    found = lines(
        [
            Counted(0, PHONE, "fcr.resolved", 7),
            Counted(0, PHONE, "fcr.failed", 5),
            Counted(0, PHONE, "fcr.reopened", 2),
        ]
    )[0]
    value, contacts = found.values["fcr"]
    assert (round(value, 6), contacts) == (round(100 * 7 / 12, 6), 12)
    assert found.values[REOPENED] == (80.0, 10)
    assert found.values[REPEAT] == (70.0, 10)


def test_times_to_resolution_come_from_buckets() -> None:
    """The mean exactly, quantiles within one percent."""
    counted = [Counted(0, PHONE, "ttr.sum_ms", 30_000), Counted(0, PHONE, "ttr.within", 3)]
    counted += [Counted(0, PHONE, f"ttr.bucket/{bucket}", 1) for bucket in (82, 117, 137)]
    values = lines(counted)[0].values
    assert values["ttr"] == (10.0, 3)
    assert values["ttr_median"][0] == pytest.approx(10, rel=0.03)
    assert values["ttr_within"] == (100.0, 3)


def test_a_run_without_events_has_no_lines() -> None:
    """Not even one for all periods."""
    assert lines([]) == []


@pytest.mark.parametrize(
    ("zone", "first_utc", "expected"),
    [
        ("Europe/Paris", datetime(2026, 10, 24, 23, tzinfo=UTC), [(1, 2), (2, 2), (2, 1), (3, 1)]),
        ("America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC), [(0, -4), (1, -4), (1, -5), (2, -5)]),
        ("Europe/Paris", datetime(2026, 3, 28, 23, tzinfo=UTC), [(0, 1), (1, 1), (3, 2), (4, 2)]),
        ("UTC", datetime(2026, 10, 24, 23, tzinfo=UTC), [(23, 0), (0, 0), (1, 0), (2, 0)]),
    ],
)
def test_the_hour_that_comes_twice_is_two_rows(
    zone: str, first_utc: datetime, expected: list[tuple[int, int]]
) -> None:
    """An hour each, in order, told apart by their offset; of a whole day there is one row all the same."""
    first = int(first_utc.timestamp()) // 10
    counted = [Counted(first + 180 * half, PHONE, "contacts") for half in range(8)]
    hours = [line for line in lines(counted, HOUR_MS, zone) if line.start is not None]
    assert [line.contacts for line in hours] == [2, 2, 2, 2]
    shown = [(line.start.hour, line.offset.total_seconds() / 3600) for line in hours if line.start]
    assert shown == expected
    clock = [hour for hour, _ in shown]
    assert [line.twice for line in hours] == [clock.count(hour) == 2 for hour in clock]
    days = [line.contacts for line in lines(counted, DAY_MS, zone) if line.start is not None]
    assert sum(days) == 8
    assert len(days) == len({line.start.date() for line in hours if line.start})
