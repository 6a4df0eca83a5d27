"""Profiles: how much comes in by hour of the week, read from a small CSV file.

The last column is how many events an hour brings.  The columns before it say which hour:

- nothing: 24 lines are a day, 168 a week from Monday on, in order;
- `hour`: 0 to 23 of every day, or 0 to 167 from Monday 00:00 on;
- `weekday,hour`: Monday or Mon, or 1 to 7 as ISO 8601 numbers them, and 0 to 23 or 09:00;
- `at`: times such as 2026-03-02 09:00 or 2026-03-02T09:00:00Z; hours of the same weekday are averaged.

A first line of words is a heading.  Hours of the week that are not named bring nothing.
"""

import csv
from collections.abc import Callable, Sequence
from datetime import datetime
from math import isfinite
from typing import Final

from alerts.errors import SettingsError
from stream.simulate.rhythm import WEEK_HOURS

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_LINES: Final = 100_000
DAY_HOURS: Final = 24

Hours = Sequence[int]
"""Hours of the week that a line speaks of."""


def hourly(text: str, name: str) -> tuple[float, ...]:
    """Events by hour of the week, from Monday 00:00 on.

    Raises:
        SettingsError: something in the text is no profile.
    """
    lines = _lines(text, name)
    read = _reader([cells for _, cells in lines], name)
    total, seen = [0.0] * WEEK_HOURS, [0] * WEEK_HOURS
    for place, (number, cells) in enumerate(lines):
        events = _events(cells[-1], f"{name}:{number}")
        try:
            hours = read(place, cells[:-1])
        except ValueError as error:
            raise SettingsError(f"{name}:{number}: want {error}, got {','.join(cells)!r}") from None
        for hour in hours:
            total[hour] += events
            seen[hour] += 1
    if not sum(total):
        raise SettingsError(f"{name}: want at least one hour in which something comes in")
    return tuple(events / max(times, 1) for events, times in zip(total, seen, strict=True))


def _events(text: str, place: str) -> float:
    events = _number(text)
    if events is None or events < 0:
        raise SettingsError(f"{place}: want how many events, 0 or more, got {text!r}")
    return events


def _lines(text: str, name: str) -> list[tuple[int, list[str]]]:
    """Lines with something in them, by number, without the heading."""
    lines = [(number, _cells(row)) for number, row in enumerate(_rows(text), 1)]
    lines = [(number, cells) for number, cells in lines if any(cells)]
    if lines and _number(lines[0][1][-1]) is None:
        lines = lines[1:]
    if not lines or len(lines) > MOST_LINES:
        raise SettingsError(f"{name}: want lines such as 9,120 (hour, events), got {len(lines)} lines")
    return lines


def _rows(text: str) -> list[list[str]]:
    separator = ";" if text.count(";") > text.count(",") else ","
    return list(csv.reader(text.splitlines(), delimiter=separator))


def _cells(row: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in row]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _reader(rows: Sequence[Sequence[str]], name: str) -> Callable[[int, Sequence[str]], Hours]:
    """What tells the hours of a line, from its place and all but its last column."""
    columns = {len(cells) for cells in rows}
    match sorted(columns):
        case [1]:
            if len(rows) not in {DAY_HOURS, WEEK_HOURS}:
                raise SettingsError(f"{name}: want 24 or 168 lines where no hours are given, got {len(rows)}")
            return lambda place, _: _every(place, len(rows) == WEEK_HOURS)
        case [2] if all(_number(cells[0]) is not None for cells in rows):
            week = any((_number(cells[0]) or 0) >= DAY_HOURS for cells in rows)
            return lambda _, cells: _every(_whole(cells[0], WEEK_HOURS if week else DAY_HOURS), week)
        case [2] if all(_hour(cells[0]) is not None for cells in rows):
            return lambda _, cells: _every(_hour(cells[0]) or 0, week=False)
        case [2]:
            return lambda _, cells: [_of_time(cells[0])]
        case [3]:
            return lambda _, cells: [_of_day(cells[0], cells[1])]
        case found:
            raise SettingsError(
                f"{name}: want one to three columns (weekday, hour, events), got lines of {found}"
            )


def _every(hour: int, week: bool) -> Hours:  # noqa: FBT001  # which of the two ways to number hours
    return [hour] if week else range(hour, WEEK_HOURS, DAY_HOURS)


def _whole(text: str, below: int) -> int:
    number = _number(text)
    if number is None or not 0 <= number < below or number != int(number):
        raise ValueError(f"an hour from 0 to {below - 1}")
    return int(number)


def _hour(text: str) -> int | None:
    """The hour of a time of day such as 09:00."""
    try:
        return datetime.strptime(text, "%H:%M").hour  # noqa: DTZ007  # a time of day
    except ValueError:
        return None


def _of_day(day: str, hour: str) -> int:
    named = day.lower()[:3]
    place = DAYS.index(named) if named in DAYS else _whole(day, len(DAYS) + 1) - 1
    clock = _hour(hour)
    if place < 0:
        raise ValueError("a weekday, Mon or 1 to 7")
    return place * DAY_HOURS + (_whole(hour, DAY_HOURS) if clock is None else clock)


def _of_time(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("a time such as 2026-03-02 09:00") from None
    return at.weekday() * DAY_HOURS + at.hour
