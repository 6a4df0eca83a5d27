"""How quantities are written in rules files: durations, budgets, opening hours."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Budget

UNITS_MS: Final = {
    "y": 365 * DAY_MS,
    "w": 7 * DAY_MS,
    "d": DAY_MS,
    "h": HOUR_MS,
    "m": MINUTE_MS,
    "s": SECOND_MS,
    "ms": 1,
}
"""Prometheus' units, largest first; a year has 365 days, a day 24 hours."""

LONGEST_MS: Final = 10 * UNITS_MS["y"]
DURATION: Final = re.compile("".join(f"(?:(?P<{unit}>[0-9]{{1,12}}){unit})?" for unit in UNITS_MS))
BUDGET: Final = re.compile(r"(?P<count>[0-9]{1,12}(?:\.[0-9]{1,6})?) per (?P<per>[0-9a-z]+)")

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OPENING: Final = re.compile(
    r"(?P<days>[A-Za-z,\- ]+?)(?: +(?P<start>[0-9][0-9]?:[0-9][0-9]) *- *(?P<end>[0-9][0-9]?:[0-9][0-9]))?"
)
DAY_MINUTES: Final = 24 * 60
LAST_MINUTE: Final = DAY_MINUTES - 1

Spans = list[tuple[int, int, int]]
"""(weekday 0=Monday, from_minute, to_minute) of local time."""


def time_zone(name: str) -> ZoneInfo:
    """The time zone of a name such as `Europe/Paris`.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a directory, a path, an unknown name
        raise ValueError('a time zone such as "Europe/Paris"') from None


def duration_ms(text: str) -> int:
    """Milliseconds of a duration such as `1h30m`; units from the largest down, each at most once.

    Raises:
        ValueError: not a duration, or longer than ten years.
    """
    if text == "0":
        return 0
    match = DURATION.fullmatch(text)
    if not text or match is None:
        raise ValueError('a duration such as "30m"')
    total_ms = sum(int(count) * UNITS_MS[unit] for unit, count in match.groupdict().items() if count)
    if total_ms > LONGEST_MS:
        raise ValueError("a duration of at most 10y")
    return total_ms


def duration_text(length_ms: int) -> str:
    """The duration as people write it, without years and weeks: `1h30m`, `7d`, `0s`."""
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, length_ms = divmod(length_ms, UNITS_MS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def budget(text: str) -> Budget:
    """A count per duration such as `1 per 30d`.

    Raises:
        ValueError: not a budget, or one of nothing, or per no time.
    """
    match = BUDGET.fullmatch(" ".join(text.split()))
    try:
        per_ms = duration_ms(match["per"]) if match else 0
    except ValueError:
        per_ms = 0
    count = float(match["count"]) if match else 0.0
    if count <= 0 or per_ms <= 0:
        raise ValueError('a budget such as "1 per 30d"')
    return Budget(count, per_ms)


def opening(text: str) -> Spans:
    """Spans of `Sun-Thu 07:00-23:00`, `Mon,Wed 09:00-17:00`, `Sat` (all day) or `Fri 22:00-02:00`.

    What goes on past midnight is split there, the rest belongs to the next day.  Nobody closes for the last
    minute of the day: 23:59 is taken for 24:00.

    Raises:
        ValueError: not opening hours.
    """
    match = OPENING.fullmatch(" ".join(text.split()))  # or a run of blanks would be tried in every way
    if match is None:
        raise ValueError('opening hours such as "Mon-Fri 08:00-20:00"')
    start = _minute(match["start"] or "00:00")
    end = _minute(match["end"] or "24:00")
    end = DAY_MINUTES if end == LAST_MINUTE else end
    if start in {end, DAY_MINUTES}:
        raise ValueError("opening hours that end after they start")
    spans: Spans = []
    for day in _days(match["days"]):
        if end > start:
            spans.append((day, start, end))
        else:
            spans.append((day, start, DAY_MINUTES))
            spans += [((day + 1) % 7, 0, end)] if end else []
    return spans


def joined(spans: Spans) -> tuple[tuple[int, int, int], ...]:
    """The same opening hours in order, overlapping and touching spans of a day made one."""
    result: Spans = []
    for day, start, end in sorted(spans):
        if result and result[-1][0] == day and start <= result[-1][2]:
            result[-1] = (day, result[-1][1], max(end, result[-1][2]))
        else:
            result.append((day, start, end))
    return tuple(result)


def longest_opening_ms(spans: Sequence[tuple[int, int, int]]) -> int | None:
    """The longest time without a closed minute, past midnight and past Sunday; None: it never closes."""
    minutes = bytearray(7 * DAY_MINUTES)
    for day, start, end in spans:
        minutes[day * DAY_MINUTES + start : day * DAY_MINUTES + end] = b"\1" * (end - start)
    if not spans or all(minutes):
        return None
    twice = bytes(minutes * 2)  # so that the week's end meets its start
    return max(map(len, twice.split(b"\0"))) * MINUTE_MS


def iso_date(text: str) -> str:
    """A date such as `2026-04-02`.

    Raises:
        ValueError: not one.
    """
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]", text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise ValueError('a date such as "2026-04-02"')


def _days(text: str) -> list[int]:
    days: list[int] = []
    for part in text.split(","):
        first, dash, last = (word.strip().lower() for word in part.partition("-"))
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(f"days among {', '.join(day.title() for day in DAYS)}")
        begin = DAYS.index(first)
        length = (DAYS.index(last) - begin) % 7 + 1 if dash else 1
        days += [(begin + step) % 7 for step in range(length)]
    return list(dict.fromkeys(days))


def _minute(text: str) -> int:
    hour, minute = (int(part) for part in text.split(":"))
    if minute >= 60 or hour * 60 + minute > DAY_MINUTES:
        raise ValueError("times between 00:00 and 24:00")
    return hour * 60 + minute
