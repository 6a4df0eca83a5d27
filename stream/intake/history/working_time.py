"""Working time: how much of a stretch of event time falls into opening hours.

A line of corners, one at each opening and closing, says how long it had been open by then; between two
corners it either rises with time or stays.  The working time between two instants is the difference of two
readings of that line, so millions of cases cost two table look-ups each.

    open Mon-Fri 09:00-17:00     Fri 16:30 to Mon 09:30     ½ h of Friday + ½ h of Monday = 1 h
"""

from typing import Final

import numpy as np

from alerts.detect.opening_hours import calendar_of
from alerts.hours import OpenHours
from alerts.rules import DAY_MS
from stream.columnar.timestamps import Ints

MOST_DAYS: Final = 10 * 366
"""Days that are looked back from an end at most: as long as the longest `case_horizon`."""


class WorkingTime:
    """The clock of what is not always open; one that never closes gives the time that has passed."""

    def __init__(self, hours: OpenHours) -> None:
        self._limited: Final = hours.limited
        self._calendar: Final = calendar_of(hours)
        self._days: Final[dict[int, tuple[list[int], list[int]]]] = {}

    def between(self, start_ms: Ints, end_ms: Ints) -> Ints:
        """Milliseconds of open time from each start to its end, which is no earlier."""
        if not self._limited or not len(start_ms):
            return end_ms - start_ms
        start_ms = np.maximum(start_ms, end_ms - MOST_DAYS * DAY_MS)
        corners, opened = self._line(int(start_ms.min()) // DAY_MS, int(end_ms.max()) // DAY_MS)
        found: Ints = np.interp(end_ms, corners, opened).astype(np.int64)
        found -= np.interp(start_ms, corners, opened).astype(np.int64)
        return found

    def _line(self, first: int, last: int) -> tuple[Ints, Ints]:
        """Corners from the start of one UTC day to the end of another, and how long it was open by each."""
        starts, ends = [first * DAY_MS], [first * DAY_MS]
        for day in range(first, last + 1):
            some = self._opened(day)
            starts += some[0]
            ends += some[1]
        starts.append((last + 1) * DAY_MS)
        ends.append((last + 1) * DAY_MS)
        lengths = np.array(ends) - np.array(starts)
        corners = np.stack([starts, ends], axis=1).reshape(-1)
        opened = np.stack([np.cumsum(lengths) - lengths, np.cumsum(lengths)], axis=1).reshape(-1)
        return corners, opened

    def _opened(self, day: int) -> tuple[list[int], list[int]]:
        """Starts and ends of the stretches of a UTC day that are open."""
        if day not in self._days:
            found = self._calendar.openings(day)
            self._days[day] = [start for start, _ in found], [end for _, end in found]
        return self._days[day]
