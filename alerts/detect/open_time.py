"""Open time: how much of the time between two instants counts for a rule, and when what counts goes on.

A rule with opening hours lives in open time: closed time neither counts nor passes.  Instants stay Unix
milliseconds; this table says how much open time lies between two of them, for whole arrays at once.

An example, open from 08:00 to 18:00 each day: between Monday 17:30 and Tuesday 08:30 there is one hour of
open time, and two hours of it after Monday 17:00 it is Tuesday 09:00.
"""

from functools import lru_cache
from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Ints
from alerts.detect.opening_hours import calendar_of
from alerts.hours import OpenHours
from alerts.rules import DAY_MS

NEVER: Final = 2**62
LONG_AGO: Final = -(2**62)
REACH_MS: Final = 400 * DAY_MS
"""How far an opening is looked for, ahead and back: who closes for longer is not open at all."""
CHUNK_DAYS: Final = 28
"""Days that are worked out together."""


class OpenTime:
    """The openings of some hours, as far as anybody has asked."""

    def __init__(self, hours: OpenHours) -> None:
        self._calendar: Final = calendar_of(hours)
        self._first = self._last = 0  # the days that are known: from the first up to before the last
        self._starts = self._ends = np.empty(0, np.int64)
        self._before = np.empty(0, np.int64)  # open time before each opening

    def touches(self, start_ms: Ints, end_ms: Ints) -> Flags:
        """Whether any of the time from each start up to before its end is open."""
        if not len(start_ms):
            return np.zeros(0, np.bool_)
        self._know(int(start_ms.min()), int(end_ms.max()))
        following = np.searchsorted(self._ends, start_ms, "right")
        starts: Flags = np.append(self._starts, NEVER)[following] < end_ms
        return starts

    def passed(self, start_ms: Ints, end_ms: Ints) -> Ints:
        """Open time from each start up to its end, which is not before it."""
        if not len(start_ms):
            return np.zeros(0, np.int64)
        self._know(int(start_ms.min()), int(end_ms.max()))
        return self._total(end_ms) - self._total(start_ms)

    def after(self, start_ms: Ints, span_ms: Ints) -> Ints:
        """The first instants by which so much open time (more than none) has passed since each start."""
        found = np.full(len(start_ms), NEVER, np.int64)
        if not len(start_ms):
            return found
        first, reach = int(start_ms.min()), int(start_ms.max())
        self._know(first, reach)
        wanted = self._total(start_ms) + span_ms
        limit = reach + REACH_MS + int(span_ms.max())
        while len(self._ends) == 0 or self._passed_in_all() < int(wanted.max()):
            if self._last * DAY_MS > limit:
                break
            self._know(first, self._last * DAY_MS)
            wanted = self._total(start_ms) + span_ms
        place = np.searchsorted(self._before + self._ends - self._starts, wanted, "left")
        known = place < len(self._ends)
        place = place[known]
        found[known] = self._starts[place] + wanted[known] - self._before[place]
        return found

    def next_open(self, at_ms: int) -> int:
        """The first open instant at or after one; `NEVER` where there is none."""
        self._know(at_ms, at_ms)
        while (place := int(np.searchsorted(self._ends, at_ms, "right"))) == len(self._ends):
            if self._last * DAY_MS > at_ms + REACH_MS:
                return NEVER
            self._know(at_ms, self._last * DAY_MS)
        return max(at_ms, int(self._starts[place]))

    def each_next_open(self, at_ms: Ints) -> Ints:
        """The first open instants at or after some, at least one; `NEVER` where there is none."""
        self._know(int(at_ms.min()), int(at_ms.max()))
        self.next_open(int(at_ms.max()))
        place = np.searchsorted(self._ends, at_ms, "right")
        found: Ints = np.maximum(at_ms, np.append(self._starts, NEVER)[place])
        return found

    def last_open(self, at_ms: int) -> int:
        """The last open millisecond at or before one; `LONG_AGO` where there is none."""
        self._know(at_ms, at_ms)
        while (place := int(np.searchsorted(self._starts, at_ms, "right"))) == 0:
            if self._first * DAY_MS < at_ms - REACH_MS:
                return LONG_AGO
            self._know(self._first * DAY_MS - 1, at_ms)
        return min(at_ms, int(self._ends[place - 1]) - 1)

    def _total(self, at_ms: Ints) -> Ints:
        """Open time before instants that are known, since the first day that is."""
        place = np.searchsorted(self._starts, at_ms, "right")
        before = np.append(0, self._before + self._ends - self._starts)[place]
        over = np.append(0, self._ends)[place] - at_ms
        total: Ints = before - np.where(place > 0, np.maximum(over, 0), 0)
        return total

    def _passed_in_all(self) -> int:
        return int(self._before[-1] + self._ends[-1] - self._starts[-1])

    def _know(self, first_ms: int, last_ms: int) -> None:
        """Work out the days from one instant to another, the second included."""
        first, last = first_ms // DAY_MS, last_ms // DAY_MS + 1
        if self._first == self._last:
            self._first = self._last = first
        if self._first <= first and last <= self._last:
            return
        first = first if first >= self._first else min(first, self._first - CHUNK_DAYS)
        last = last if last <= self._last else max(last, self._last + CHUNK_DAYS)
        first, last = min(first, self._first), max(last, self._last)
        new = [*range(first, self._first), *range(self._last, last)]
        opened = [
            (stretch.start_ms, stretch.end_ms)
            for day in new
            for stretch in self._calendar.day(day)
            if stretch.open
        ]
        self._first, self._last = first, last
        known = np.stack([self._starts, self._ends], axis=1)
        self._keep(np.concatenate([known, np.array(opened, np.int64).reshape(-1, 2)]))

    def _keep(self, openings: Ints) -> None:
        """Keep openings, those that touch as one."""
        openings = openings[np.argsort(openings[:, 0])]
        apart = openings[1:, 0] > openings[:-1, 1]
        self._starts = openings[np.append(len(openings) > 0, apart)[: len(openings)], 0]
        self._ends = openings[np.append(apart, len(openings) > 0)[: len(openings)], 1]
        length = self._ends - self._starts
        self._before = np.cumsum(length) - length


@lru_cache(maxsize=256)
def open_time(hours: OpenHours) -> OpenTime:
    """The table of some hours: rules that share them share what was worked out."""
    return OpenTime(hours)


class OpenSlots:
    """The slots of a window, or panes, of which some time is open; time is told in numbers of slots."""

    def __init__(self, hours: OpenHours, slot_ms: int) -> None:
        self._time: Final = open_time(hours)
        self._slot_ms: Final = slot_ms
        self._limited: Final = hours.limited

    def open(self, slots: Ints) -> Flags:
        """Which of the slots are open; all of them where hours are not limited."""
        if not self._limited:
            return np.ones(len(slots), np.bool_)
        return self._time.touches(slots * self._slot_ms, (slots + 1) * self._slot_ms)

    def next(self, slot: int) -> int:
        """The first open slot at or after one."""
        at_ms = self._time.next_open(slot * self._slot_ms)
        return NEVER if at_ms == NEVER else at_ms // self._slot_ms

    def each_next(self, slots: Ints) -> Ints:
        """The first open slot at or after each."""
        if not len(slots):
            return slots
        found = self._time.each_next_open(slots * self._slot_ms)
        return np.where(found == NEVER, NEVER, found // self._slot_ms)

    def last(self, slot: int) -> int:
        """The last open slot at or before one."""
        at_ms = self._time.last_open((slot + 1) * self._slot_ms - 1)
        return LONG_AGO if at_ms == LONG_AGO else at_ms // self._slot_ms
