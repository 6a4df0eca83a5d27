"""What a sparkline shows: the course of one score, thinned as it ages.

A score may change at every pane.  A sparkline of a day has room for one value in twenty minutes, one of a
week for one in three hours, so only the last value of each step is kept:

    at      09:01  09:07  09:22        kept for the day    [(09:00, b), (09:20, c)]
    value   a      b      c            kept for the week   [(09:00, c)]

The browser gets the start of the first step, then the value of every step since, None where there is none.
Four digits are more than a line of a hundred pixels can show.
"""

from collections import deque
from typing import Final

DAY_STEP_S: Final = 1_200
WEEK_STEP_S: Final = 10_800
DAY_S: Final = 86_400
WEEK_S: Final = 7 * DAY_S

Points = list[float | None]


class _Course:
    """The last value of each step of event time, for so long; times are Unix seconds."""

    __slots__ = ("_length_s", "_points", "_step_s")

    def __init__(self, step_s: int, length_s: int) -> None:
        self._step_s = step_s
        self._length_s = length_s
        self._points: deque[tuple[int, float]] = deque()

    def add(self, at_s: float, value: float) -> None:
        """A value of the same step takes the place of the one before; an older one is passed over."""
        step = int(at_s // self._step_s) * self._step_s
        if self._points and step < self._points[-1][0]:
            return
        if self._points and self._points[-1][0] == step:
            self._points.pop()
        self._points.append((step, value))
        while self._points[0][0] <= step - self._length_s:
            self._points.popleft()

    def points(self) -> Points:
        """Unix time of the first step, then each step's last value, oldest first; empty without any."""
        if not self._points:
            return []
        first = self._points[0][0]
        length = (self._points[-1][0] - first) // self._step_s + 1
        found: Points = [float(first), *[None] * length]
        for step, value in self._points:
            found[1 + (step - first) // self._step_s] = float(f"{value:.4g}")
        return found


class ScoreHistory:
    """The course of one score over the last day and the last week of event time."""

    __slots__ = ("_day", "_week")

    def __init__(self) -> None:
        self._day = _Course(DAY_STEP_S, DAY_S)
        self._week = _Course(WEEK_STEP_S, WEEK_S)

    def add(self, at_s: float, value: float) -> None:
        """Take a score of this time (Unix seconds) into account."""
        self._day.add(at_s, value)
        self._week.add(at_s, value)

    def day(self) -> Points:
        """At most 72 steps."""
        return self._day.points()

    def week(self) -> Points:
        """At most 56 steps."""
        return self._week.points()
