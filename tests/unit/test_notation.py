"""alerts.notation: durations, budgets, opening hours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import notation
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Budget


@pytest.mark.parametrize(
    ("text", "length_ms"),
    [
        ("0", 0),
        ("0s", 0),
        ("500ms", 500),
        ("10s", 10 * SECOND_MS),
        ("30m", 30 * MINUTE_MS),
        ("1h30m", 90 * MINUTE_MS),
        ("7d", 7 * DAY_MS),
        ("2w", 14 * DAY_MS),
        ("1y", 365 * DAY_MS),
        ("1d12h", 36 * HOUR_MS),
    ],
)
def test_durations_read_as_prometheus_reads_them(text: str, length_ms: int) -> None:
    """Units from the largest down, whole numbers."""
    assert notation.duration_ms(text) == length_ms


@pytest.mark.parametrize(
    "text", ["", "30", "30 m", "m", "1m1h", "1h1h", "-1h", "1.5h", "30M", "١m", "11y", "9" * 40 + "d"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Ten years are the end of it."""
    with pytest.raises(ValueError, match="a duration"):
        notation.duration_ms(text)


@given(st.integers(0, notation.LONGEST_MS))
def test_a_duration_reads_back_as_it_was_written(length_ms: int) -> None:
    """Writing loses nothing."""
    assert notation.duration_ms(notation.duration_text(length_ms)) == length_ms


def test_budgets() -> None:
    """A count per duration."""
    assert notation.budget("1 per 30d") == Budget(1, 30 * DAY_MS)
    assert notation.budget(" 0.5  per 1h ") == Budget(0.5, HOUR_MS)


@pytest.mark.parametrize(
    "text", ["1", "1 per", "0 per 1h", "1 per 0s", "one per 1h", "1 per 11y", "-1 per 1h", "1/30d"]
)
def test_what_is_no_budget_is_refused(text: str) -> None:
    """Nothing per something, something per nothing, and other words."""
    with pytest.raises(ValueError, match="a budget"):
        notation.budget(text)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Mon 09:00-17:00", [(0, 540, 1020)]),
        ("mon,Wed 9:00 - 17:00", [(0, 540, 1020), (2, 540, 1020)]),
        ("Sun-Tue 00:00-24:00", [(6, 0, 1440), (0, 0, 1440), (1, 0, 1440)]),
        ("Sat", [(5, 0, 1440)]),
        ("Fri 22:00-02:00", [(4, 1320, 1440), (5, 0, 120)]),
        ("Sun 22:00-00:00", [(6, 1320, 1440)]),
        ("Mon-Mon 08:00-09:00", [(0, 480, 540)]),
    ],
)
def test_opening_hours(text: str, spans: notation.Spans) -> None:
    """Lists and ranges of days; ranges go round the week, hours past midnight."""
    assert notation.opening(text) == spans


@pytest.mark.parametrize(
    "text",
    ["", "Foo", "Mon 25:00-26:00", "Mon 08:60-09:00", "Mon 08:00-08:00", "Mon 24:00-25:00", "08:00-09:00"],
)
def test_what_are_no_opening_hours_is_refused(text: str) -> None:
    """Unknown days, impossible times, empty spans."""
    with pytest.raises(ValueError, match=r"opening hours|days|times"):
        notation.opening(text)


def test_opening_hours_that_meet_are_one_span() -> None:
    """Overlapping and touching spans of a day are joined, in order."""
    spans = notation.opening("Mon 12:00-17:00") + notation.opening("Mon 08:00-12:00")
    assert notation.joined(spans) == ((0, 480, 1020),)


@pytest.mark.parametrize(
    ("texts", "longest_ms"),
    [
        ([], None),
        (["Mon-Sun"], None),
        (["Mon-Fri 08:00-18:00", "Sat 09:00-13:00"], 10 * HOUR_MS),
        (["Fri 20:00-04:00", "Mon 09:00-12:00"], 8 * HOUR_MS),
        (["Sun 22:00-00:00", "Mon 00:00-03:00"], 5 * HOUR_MS),
    ],
)
def test_the_longest_opening(texts: list[str], longest_ms: int | None) -> None:
    """It goes on past midnight, and past the end of the week."""
    spans = notation.joined([span for text in texts for span in notation.opening(text)])
    assert notation.longest_opening_ms(spans) == longest_ms


def test_dates() -> None:
    """ISO dates only."""
    assert notation.iso_date("2026-04-02") == "2026-04-02"
    for text in ("2026-4-2", "20260402", "2026-02-30"):
        with pytest.raises(ValueError, match="a date"):
            notation.iso_date(text)
