"""Profiles of volume: CSV files of hours and how much they bring."""

import pytest

from alerts.errors import SettingsError
from stream.simulate.profiles import hourly
from stream.simulate.rhythm import WEEK_HOURS

DAY = [float(hour) for hour in range(24)]


@pytest.mark.parametrize(
    "lines",
    [
        [f"{hour}" for hour in range(24)],
        ["hour,events", *(f"{hour},{hour}" for hour in range(24))],
        ["hour;events", *(f"{hour};{hour}" for hour in range(24))],
        ["hour,calls", *(f"{hour:02d}:00,{hour}" for hour in range(24))],
        [f"{hour},{hour % 24}" for hour in range(WEEK_HOURS)],
        [f"{hour % 24}" for hour in range(WEEK_HOURS)],
        ["weekday,hour,n", *(f"{day},{hour},{hour}" for day in range(1, 8) for hour in range(24))],
        [
            f"{day},{hour}:00,{hour}"
            for day in ["Monday", "Tue", "wed", "THU", "fri", "sat", "Sunday"]
            for hour in range(24)
        ],
        [
            "at,count",
            *(
                f"2026-03-{day:02d} {hour:02d}:00,{2 * hour * (day > 8)}"
                for day in range(2, 16)
                for hour in range(24)
            ),
        ],
    ],
)
def test_hours_are_told_in_many_ways(lines: list[str]) -> None:
    """By order, hour, weekday and hour, or times, of which hours of the same weekday are averaged."""
    assert hourly("\n".join(lines) + "\n", "p.csv") == tuple(DAY * 7)


def test_hours_that_are_not_named_bring_nothing() -> None:
    """A shop that is open on Monday mornings alone."""
    found = hourly("weekday,hour,events\nMon,9,12\nMon,10,6\n", "p.csv")
    assert (found[9], found[10], sum(found)) == (12, 6, 18)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "p.csv: want lines such as"),
        ("hour,events\n", "p.csv: want lines such as"),
        ("1\n2\n3\n", "p.csv: want 24 or 168 lines where no hours are given, got 3"),
        ("9:00,12\nnoon,3\n", "p.csv:1: want a time"),
        ("hour,events\n9,12\n10,-3\n", "p.csv:3: want how many events, 0 or more, got '-3'"),
        ("hour,events\n9,12\n10,many\n", "p.csv:3: want how many events"),
        ("9,0\n", "p.csv: want at least one hour in which something comes in"),
        ("8,9,12\n", "p.csv:1: want an hour from 0 to 7"),
        ("a,b,c,1\n", "p.csv: want one to three columns"),
        ("168,1\n", "p.csv:1: want an hour from 0 to 167"),
    ],
)
def test_what_is_no_profile_is_refused_with_its_place(text: str, message: str) -> None:
    """What was wanted, and what was found."""
    with pytest.raises(SettingsError) as error:
        hourly(text, "p.csv")
    assert str(error.value).startswith(message)
