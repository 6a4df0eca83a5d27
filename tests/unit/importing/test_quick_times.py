"""Quick times: what slicing reads, the exact way reads alike; the rest is left to it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.importing.cells.quick_times import QuickTimes
from stream.importing.cells.times import Time

PATTERNS = ["iso", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M", "%y%m%d %H:%M:%S", "%m.%d.%Y", "%Y%m%d%H%M%S"]
ZONES = ["UTC", "Europe/Paris", "Asia/Kolkata", "America/St_Johns", "Asia/Jerusalem"]
moments = st.datetimes(datetime(1970, 1, 2), datetime(2060, 1, 1))  # noqa: DTZ001  # local times


def exactly(pattern: str, zone: str, text: str) -> object:
    """What `times` reads; the words of its refusal, where it refuses."""
    try:
        return Time(parts=("t",), pattern=pattern, zone=ZoneInfo(zone), nulls=frozenset()).understood(text)
    except (ValueError, OverflowError):
        return None


@given(moments, st.sampled_from(PATTERNS), st.sampled_from(ZONES))
def test_what_is_read_quickly_is_read_right(moment: datetime, pattern: str, zone: str) -> None:
    """In any zone, on any day of the year."""
    written = moment.strftime("%Y-%m-%dT%H:%M:%S" if pattern == "iso" else pattern)
    found = QuickTimes(pattern, ZoneInfo(zone))(written)
    assert found is None or found == exactly(pattern, zone, written)


@given(st.text("0123456789/: TZ٣+-", max_size=20), st.sampled_from(PATTERNS))
def test_what_is_no_time_is_left_to_the_exact_way(text: str, pattern: str) -> None:
    """Nothing is taken for a time that is none."""
    found = QuickTimes(pattern, ZoneInfo("Europe/Paris"))(text)
    assert found is None or found == exactly(pattern, "Europe/Paris", text)


@pytest.mark.parametrize(
    ("pattern", "text", "utc"),
    [
        ("%y%m%d %H:%M:%S", "990104 13:26:33", "1999-01-04T12:26:33Z"),
        ("%y%m%d", "680104", "2068-01-03T23:00:00Z"),
        ("%d/%m/%Y %H:%M", "01/07/2026 00:30", "2026-06-30T22:30:00Z"),
        ("iso", "2026-07-01 00:30:00", "2026-06-30T22:30:00Z"),
        ("iso", "2026-07-01T00:30:00Z", "2026-07-01T00:30:00Z"),
        ("%d/%m/%Y %H:%M", "1/7/2026 00:30", None),  # not of one width
        ("%d/%m/%Y %H:%M", "25/10/2026 02:30", None),  # comes twice
        ("%d/%m/%Y %H:%M", "31/06/2026 02:30", None),
        ("%b %d %Y", "Jul 01 2026", None),
    ],
)
def test_forms_of_one_width_are_read(pattern: str, text: str, utc: str | None) -> None:
    """And no others."""
    assert QuickTimes(pattern, ZoneInfo("Europe/Paris"))(text) == utc


@given(
    moments,
    st.sampled_from(PATTERNS),
    st.sampled_from(ZONES),
    st.lists(st.text(":0123456789 Z+", max_size=7)),
)
def test_later_times_of_an_hour_are_read_like_the_first(
    moment: datetime, pattern: str, zone: str, ends: list[str]
) -> None:
    """And what only begins like one is taken for none."""
    form = "%Y-%m-%dT%H:%M:%S" if pattern == "iso" else pattern
    quick = QuickTimes(pattern, ZoneInfo(zone))
    first = moment.strftime(form)
    texts = [first, *(first[:-6] + end for end in (":00:00", ":59:59", ":60:00", *ends))]
    for text in texts:
        found = quick(text)
        assert found is None or found == exactly(pattern, zone, text)
        assert quick(text) == found


def test_five_years_of_hours_are_remembered() -> None:
    """A log of any length costs no more memory."""
    quick = QuickTimes("%Y-%m-%d %H:%M:%S", ZoneInfo("UTC"))
    moment = datetime(2000, 1, 1, tzinfo=UTC)
    for hour in range(60_000):
        text = f"{moment + timedelta(hours=hour):%Y-%m-%d %H:%M:%S}"
        assert quick(text) == text.replace(" ", "T") + "Z"
    assert len(quick._hours) <= 50_000
    assert len(quick._begun) <= 50_000
