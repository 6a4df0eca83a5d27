"""Times: what senders write, read one by one and by the column."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.columnar.timestamps import LATEST_MS, NO_TIME, read_time, read_times

SPELLINGS = (
    ("2026-11-22T10:00:00Z", 1_795_341_600_000),
    ("2026-11-22t10:00:00z", 1_795_341_600_000),
    ("2026-11-22 10:00:00Z", 1_795_341_600_000),
    ("2026-11-22T10:00:00.1Z", 1_795_341_600_100),
    ("2026-11-22T10:00:00.12Z", 1_795_341_600_120),
    ("2026-11-22T10:00:00.123456789Z", 1_795_341_600_123),
    ("2026-11-22T11:30:00+01:30", 1_795_341_600_000),
    ("2026-11-22T09:00:00.5-01:00", 1_795_341_600_500),
    ("2024-02-29T00:00:00Z", 1_709_164_800_000),
    ("2024-02-28T24:00:00Z", 1_709_164_800_000),
    ("2024-02-28t24:00:00.000+01:00", 1_709_161_200_000),
    ("2016-12-31T23:59:60Z", 1_483_228_800_000),
    ("2016-12-31 18:59:60-05:00", 1_483_228_800_000),
    ("1970-01-01T00:00:00Z", 0),
    ("1969-12-31T23:59:59Z", -1000),
    (f"2026-11-22T10:00:00.{'1' * 43}Z", 1_795_341_600_111),
    (1_795_341_600, 1_795_341_600_000),
    (1_795_341_600.25, 1_795_341_600_250),
    (1_795_341_600_123, 1_795_341_600_123),
    (99_999_999_999, 99_999_999_999_000),
    (1e11, 100_000_000_000),
)
WRONG = (
    "2026-11-22T10:00:00", "2026-11-22", "yesterday", "", "2026-02-29T10:00:00Z", "2026-13-01T00:00:00Z",
    "2026-00-10T00:00:00Z", "2026-11-22T24:00:01Z", "2026-11-22T10:60:00Z", "2026-11-22T10:00:61Z",
    "2026-02-29T24:00:00Z", "2026-11-22T24:00:60Z", "2026-11-22T10:00:60.5Z",
    "2026-11-22T10:00:00.Z", "2026-11-22X10:00:00Z", "2026/11/22T10:00:00Z", "2026-11-22T10:00:00+25:00",
    "2026-11-22T10:00:00*01:00", "2026-11-22T10:00:00+01-00", "2026-11-22T10:00:0aZ", "2026-11-22T10:00:00é",
    "2026-11-22T10:00:00:12Z", "2100-02-29T10:00:00Z", 1e30, -1e30,
    f"2026-11-22T10:00:00.{'1' * 44}Z", f"2026-11-22T10:00:00.{'1' * 900_000}Z",
)  # fmt: skip


@pytest.mark.parametrize(("text", "at_ms"), SPELLINGS)
def test_every_spelling_is_read(text: str | float, at_ms: int) -> None:
    """RFC 3339 with an offset, and numbers as seconds or, from 1e11 on, milliseconds."""
    assert read_time(text) == at_ms
    assert read_times([text, text]).tolist() == [at_ms, at_ms]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_time_is_said_to_be_none(text: str | float) -> None:
    """A time without offset, off the calendar or beyond the year 9999 is `NO_TIME`."""
    assert read_time(text) == NO_TIME
    assert read_times([text, "2026-11-22T10:00:00Z", text]).tolist() == [NO_TIME, 1_795_341_600_000, NO_TIME]


def test_the_last_moment_of_numbers_is_the_end_of_the_year_9999() -> None:
    """Numbers go as far as RFC 3339 does."""
    assert read_time(float(LATEST_MS)) == LATEST_MS
    assert read_time(float(LATEST_MS + 1)) == NO_TIME


def test_no_times_are_no_times() -> None:
    """An empty column is read into an empty column."""
    assert len(read_times([])) == 0


offsets = st.builds(timedelta, minutes=st.integers(-14 * 60, 14 * 60))
moments = st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=offsets.map(timezone))  # noqa: DTZ001  # the zone is drawn


@given(
    st.lists(moments, min_size=1, max_size=8), st.sampled_from(["seconds", "milliseconds", "microseconds"])
)
def test_columns_are_read_as_single_times_are(times: list[datetime], timespec: str) -> None:
    """A whole column comes to the same milliseconds as the standard library's arithmetic."""
    texts = [time.isoformat(timespec=timespec) for time in times]
    expected = [
        (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
        for text in texts
    ]
    assert read_times(texts).tolist() == expected
    assert [read_time(text) for text in texts] == expected


@given(
    st.lists(st.one_of(st.sampled_from([text for text, _ in SPELLINGS]), st.sampled_from(WRONG), st.text()))
)
def test_mixed_columns_are_read_as_single_times_are(texts: list[str | float]) -> None:
    """Numbers, spellings of all lengths and junk may stand side by side."""
    assert read_times(texts).tolist() == [read_time(text) for text in texts]


@given(st.lists(st.text("0123456789-+:.TtZz ", min_size=20, max_size=20), min_size=1))
def test_lookalikes_are_read_as_single_times_are(texts: list[str]) -> None:
    """What has the length of a time, and its letters, is taken for one only if it is one."""
    assert read_times(texts).tolist() == [read_time(text) for text in texts]


days = st.sampled_from(["2026-11-22", "2026-11-23", "2024-02-29", "2026-02-29", "2026-1x-01", "1969-12-31"])
hours = st.sampled_from(["T00:00:00", "T23:59:59", "t10:00:00", "T24:00:00", "T1x:00:00"])
ends = st.sampled_from(["Z", ".5Z", ".25z", "+01:00", "é"])


@given(st.lists(days, min_size=1, max_size=2), st.lists(st.tuples(hours, ends), min_size=1, max_size=8))
def test_columns_of_a_day_or_two_are_read_as_single_times_are(
    dates: list[str], times: list[tuple[str, str]]
) -> None:
    """Whether a day is read once for all of a column or for each, sound or not."""
    texts = [dates[place % len(dates)] + hour + end for place, (hour, end) in enumerate(times)]
    assert read_times(texts).tolist() == [read_time(text) for text in texts]


@given(st.lists(st.sampled_from([None, "2026-11-22T10:00:00Z", "soon", 1_795_341_600]), max_size=5))
def test_none_is_no_time(texts: list[str | float | None]) -> None:
    """Wherever it stands in a column, and whatever else is in it."""
    expected = [NO_TIME if text is None else read_time(text) for text in texts]
    assert read_times(texts).tolist() == expected
