"""Words for amounts and times."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.wording import amount, columns, duration_words, padded, since_words, times_words, window_words


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (80.0, "percent", "80 %"), (61.25, "percent", "61.2 %"), (-0.001, "points", "0"),
        (3.456, "points", "3.46"), (12.0, "count", "12"), (86_400.0, "seconds", "1 d"),
        (0.2, "seconds", "0 s"),
    ],
)  # fmt: skip
def test_amounts(value: float, unit: str, expected: str) -> None:
    """Rounded for reading, with their unit."""
    assert amount(value, unit) == expected


@pytest.mark.parametrize(
    ("value", "unit", "beside", "expected"),
    [
        (79.97, "percent", 80, "79.97 %"), (79.5, "percent", 80, "79.5 %"), (80.0, "percent", 80, "80 %"),
        (3600.4, "seconds", 3600, "3600.4 s"), (9.9996, "points", 10, "9.9996"),
        (171_073.7, "seconds", 172_800, "1 d 23 h 31 min"), (172_800.0, "seconds", 171_073.7, "2 d"),
        (7199.0, "seconds", 7200, "1 h 59 min 59 s"), (172_799.0, "seconds", 172_800, "1 d 23 h 59 min 59 s"),
        (30.25, "seconds", 30, "30.25 s"), (86_400.0, "seconds", 86_399, "1 d"),
    ],
)  # fmt: skip
def test_amounts_are_told_apart_from_what_stands_beside_them(
    value: float, unit: str, beside: float, expected: str
) -> None:
    """A score just below its limit is not written as the limit."""
    assert amount(value, unit, beside) == expected


@pytest.mark.parametrize(
    ("span_ms", "text"),
    [
        (0, "0 s"), (499, "0 s"), (999, "1 s"), (59_000, "59 s"), (59_600, "1 min"), (61_000, "1 min 1 s"),
        (3_600_000, "1 h"), (3_599_600, "1 h"), (5_400_000, "1 h 30 min"), (86_399_000, "1 d"),
        (86_400_000 + 1_790_000, "1 d"), (86_400_000 + 1_810_000, "1 d 1 h"), (172_000_000, "2 d"),
        (85_000_000, "23 h 37 min"), (90_000_000, "1 d 1 h"), (86_400_000 + 300_000, "1 d"),
    ],
)  # fmt: skip
def test_durations_are_rounded_to_two_units(span_ms: int, text: str) -> None:
    """Nobody reads the seconds of a day, and 1 h 59 min 59 s are 2 h."""
    assert duration_words(span_ms) == text


def test_windows_have_one_unit() -> None:
    """As they are written in the rules."""
    assert [window_words(each) for each in (60_000, 1_800_000, 86_400_000, 604_800_000, 90_000, 1_500)] == [
        "minute", "30 minutes", "24 hours", "7 days", "90 seconds", "1.5 seconds",
    ]  # fmt: skip
    assert [window_words(each * 60_000) for each in (99, 100, 1_008, 36 * 60, 100 * 1_440, 43_201)] == [
        "99 minutes", "1 hour 40 minutes", "16 hours 48 minutes", "36 hours", "100 days", "30 days 1 minute",
    ]  # fmt: skip


def test_times_far_away_have_a_date() -> None:
    """Within a day the time of day will do."""
    since = datetime(2026, 3, 2, 14, tzinfo=UTC)
    assert since_words(since, datetime(2026, 3, 3, 13, tzinfo=UTC)) == " since 14:00 UTC"
    assert since_words(since, datetime(2026, 3, 5, tzinfo=UTC)) == " since 2 Mar 2026 14:00 UTC"
    assert since_words(since, None) == " since 2 Mar 2026 14:00 UTC"
    assert since_words(since, since, ZoneInfo("Asia/Jerusalem")) == " since 16:00"


def test_times_are_counted_in_words() -> None:
    """As people count them."""
    found = [times_words(times).split()[0] for times in (1, 2, 3, 4, 11, 12, 13, 21, 22, 100, 111)]
    assert found == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "100th", "111th"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("phone", 5), ("réclamation", 11), ("re\u0301clamation", 11),
        ("电话", 4), ("返品・交換", 10), ("👍", 2),
        ("👩\u200d💻", 2), ("❤\ufe0f", 1), ("", 0),
    ],
)  # fmt: skip
def test_columns_are_those_that_a_terminal_shows(text: str, expected: int) -> None:
    """Wide signs take two, accents and joiners none."""
    assert columns(text) == expected
    assert columns(padded(text, 12)) == columns(padded(text, 12, right=True)) == 12
