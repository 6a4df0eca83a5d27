"""Hours: event time cut into stretches of one hour of the week, in local time, open or closed.

Volumes follow people's week, so what is learned of them and when silence counts are told by the rule's own
time zone, with its changes of the clock, opening hours and holidays.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from alerts.hours import DAY_MINUTES, OpenHours, Outside
from alerts.rules import DAY_MS, MINUTE_MS
from alerts.transitions import EPOCH

HOURS_PER_WEEK: Final = 168
MOST_DAYS: Final = 128
"""Days whose stretches are kept: those of a block of panes, and some before."""
QUARTER_MS: Final = 15 * MINUTE_MS
"""Time zones change their offset on quarters of an hour of UTC, and no oftener."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start_ms` (included) to `end_ms`, within one hour of the week (0: Monday 00:00 to 01:00).

    Open all through, or closed all through.
    """

    start_ms: int
    end_ms: int
    hour: int
    open: bool


class Calendar:
    """When a rule's scopes are open, and which hour of the week it is."""

    def __init__(self, hours: OpenHours) -> None:
        self._hours = hours
        self._week = hours.week
        self._zone = ZoneInfo(hours.time_zone)
        self._days_alike: Final[dict[tuple[int, timedelta], tuple[int, tuple[Stretch, ...]]]] = {}
        self.day: Final = lru_cache(maxsize=MOST_DAYS)(self._stretches)
        """The stretches of a day, numbered from 1 January 1970, of UTC."""
        self._ends: Final = lru_cache(maxsize=MOST_DAYS)(self._day_and_ends)

    def stretch(self, at_ms: int) -> Stretch:
        """The stretch that contains an instant."""
        stretches, ends = self._ends(at_ms // DAY_MS)
        return stretches[bisect_right(ends, at_ms)]

    def open_since_ms(self, at_ms: int, reach_ms: int) -> int | None:
        """When the opening that contains the instant began, looking back `reach_ms` at most; None: closed."""
        stretch = self.stretch(at_ms)
        if not stretch.open:
            return None
        while stretch.start_ms > at_ms - reach_ms:
            before = self.stretch(stretch.start_ms - 1)
            if not before.open:
                break
            stretch = before
        return max(stretch.start_ms, at_ms - reach_ms)

    def next_opening_ms(self, at_ms: int, reach_ms: int) -> int | None:
        """The first open instant at or after `at_ms`, looking ahead `reach_ms` at most."""
        stretch = self.stretch(at_ms)
        while not stretch.open:
            if stretch.end_ms - at_ms > reach_ms:
                return None
            stretch = self.stretch(stretch.end_ms)
        return max(at_ms, stretch.start_ms)

    def openings(self, day: int) -> list[tuple[int, int]]:
        """The open stretches of a UTC day (counted from 1970), from and to in ms, ascending and joined.

        Where the clock does not change on that day they are reckoned from the opening hours at once.
        """
        start = EPOCH + timedelta(days=day)
        local, after = (each.astimezone(self._zone) for each in (start, start + timedelta(days=1)))
        if local.utcoffset() != after.utcoffset():
            return [(each.start_ms, each.end_ms) for each in self._cut(day) if each.open]
        found: list[tuple[int, int]] = []
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        passed_ms = round((local.replace(tzinfo=None) - midnight).total_seconds() * 1000)
        for shift in (0, 1):
            zero_ms = day * DAY_MS - passed_ms + shift * DAY_MS
            for first, last in sorted(self._spans(midnight + timedelta(days=shift))):
                begin = max(zero_ms + first * MINUTE_MS, day * DAY_MS)
                end = min(zero_ms + last * MINUTE_MS, (day + 1) * DAY_MS)
                if begin < end:
                    found.append((begin, end))
        return found

    def _stretches(self, day: int) -> tuple[Stretch, ...]:
        """The stretches of a UTC day: as a week ago, unless the clock changes or a holiday comes."""
        offsets, dates = self._offsets_and_dates(day)
        if len(offsets) > 1 or dates & self._hours.holidays:
            return self._cut(day)
        alike = day % 7, offsets.pop()
        if alike not in self._days_alike:
            self._days_alike[alike] = day, self._cut(day)
        then, found = self._days_alike[alike]
        on_ms = (day - then) * DAY_MS
        return tuple(
            Stretch(each.start_ms + on_ms, each.end_ms + on_ms, each.hour, each.open) for each in found
        )

    def _offsets_and_dates(self, day: int) -> tuple[set[timedelta], set[str]]:
        """What a UTC day has of offsets of local time, and of local dates."""
        alike = self._zone.key == "UTC"  # whose offset need not be looked for, quarter by quarter
        step_ms = DAY_MS - QUARTER_MS if alike else QUARTER_MS
        locals_ = [self._local(at_ms) for at_ms in range(day * DAY_MS, (day + 1) * DAY_MS, step_ms)]
        dates = {locals_[place].date().isoformat() for place in (0, -1)}
        return {local.utcoffset() or timedelta() for local in locals_}, dates

    def _day_and_ends(self, day: int) -> tuple[tuple[Stretch, ...], list[int]]:
        found = self.day(day)
        return found, [each.end_ms for each in found]

    def _local(self, at_ms: int) -> datetime:
        return (EPOCH + timedelta(milliseconds=at_ms)).astimezone(self._zone)

    def _cut(self, day: int) -> tuple[Stretch, ...]:
        """The stretches of a UTC day, quarter by quarter."""
        found: list[Stretch] = []
        for quarter in range(day * DAY_MS, (day + 1) * DAY_MS, QUARTER_MS):
            for part in self._quarter(quarter):
                last = found[-1] if found else None
                if last and last.hour == part.hour and last.open == part.open:
                    found[-1] = Stretch(last.start_ms, part.end_ms, part.hour, part.open)
                else:
                    found.append(part)
        return tuple(found)

    def _quarter(self, start_ms: int) -> list[Stretch]:
        """A quarter of an hour, within which local time runs evenly, cut where doors open or close."""
        local = self._local(start_ms)
        minute = local.hour * 60 + local.minute
        hour = local.weekday() * 24 + local.hour
        spans = self._spans(local)
        inner = {edge - minute for span in spans for edge in span if minute < edge < minute + 15}
        edges = [0, *sorted(inner), 15]
        return [
            Stretch(
                start_ms + begin * MINUTE_MS,
                start_ms + end * MINUTE_MS,
                hour,
                any(first <= minute + begin < last for first, last in spans),
            )
            for begin, end in pairwise(edges)
        ]

    def _spans(self, local: datetime) -> list[tuple[int, int]]:
        """Minutes of a local day that count."""
        if local.date().isoformat() in self._hours.holidays and self._hours.outside is not Outside.COUNT:
            return [(0, DAY_MINUTES)] if self._hours.outside is Outside.ONLY else []
        return [(first, last) for day, first, last in self._week if day == local.weekday()]


@lru_cache(maxsize=64)
def calendar_of(hours: OpenHours) -> Calendar:
    """The calendar of some hours, which all that go by them share with the days that it has cut."""
    return Calendar(hours)
