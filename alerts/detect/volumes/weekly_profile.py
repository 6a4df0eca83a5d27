"""Rhythm: how much volume to expect of a scope in each hour of its week, and between which bounds.

Every hour of the week has a count and the hours it was counted over; both fade, so that the rhythm follows
some five weeks.  A few things keep a rhythm of one week from raising false alarms:

- Volumes vary more from week to week than Poisson's law says.  How much more (the coefficient of variation)
  is learned for each scope, from how far off its own forecasts were.
- An hour's forecast leans on the same hour of the other days (their median), if that agrees with its own
  past; a Saturday that is not like other days stands for itself.
- An hour leans on its neighbours as well, as far as they agree with it.
- The whole week moves with the scope's recent level (see `recent_level`).
- The bounds are the widest of the hour and its two neighbours: a rhythm that shifts by an hour is no news.
- An hour teaches no more than its forecast and chance allow, so an outage does not become the rule.
- Seen once only, an hour teaches no more than the busiest of the other days would: a burst in the learning
  time does not teach itself.
- Years of strays teach nothing of the dense part that follows: once a scope brings many times more than it
  did, hour after hour, it is learned anew from there on.

A rule that learns for less than a week borrows what it has not seen yet from the same hour of other days: it
then takes the first Saturday for a day like any other.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.memory import MemoryColumn, Table
from alerts.detect.opening_hours import HOURS_PER_WEEK, Calendar, Stretch
from alerts.detect.volumes import recent_level
from alerts.detect.volumes.hour_rates import ENOUGH_HOURS, SEEN_ONCE, tempered
from alerts.detect.volumes.week_ahead import KEPT, WeekAhead
from alerts.detect.volumes.week_forecast import MOST_VARIATION, Weeks
from alerts.rules import DAY_MS, HOUR_MS

USUAL_VARIATION: Final = 0.15**2
"""Squared coefficient of variation, beside the level's, before a scope has shown its own."""
VARIATION_MEMORY: Final = 200
"""Forecasts over which a scope's own variation is averaged: some nine days."""
FEW: Final = 4
"""Forecasts of fewer events say nothing of variation."""
LOW_Z, HIGH_Z = 0.1, 0.3
"""Standard deviations from a forecast to its bounds.  Not many: the detectors want far more than one hour a
little outside.  Simulated and real rhythms stay within the budget of false pages (docs/detection.md)."""
TEACH_Z: Final = 1.645
"""Standard deviations up to which an hour teaches: nine hours in ten teach all they bring."""
NOTHING: Final = Stretch(0, 0, 0, open=False)
"""The stretch before the first one has begun."""
DAY_OF: Final = np.arange(HOURS_PER_WEEK).reshape(7, 24)


class WeeklyProfile:
    """Counts by hour of week, a row per scope, and the bounds of the current stretch.

    `begin` comes first, then events by `add` and the stretches' ends by `turn`.

    `low`, `mean` and `high` are events per millisecond in the current stretch.  Where nothing may be judged
    (closed, not yet learned, hour never seen) low and mean are 0 and high is infinite.
    """

    def __init__(self, calendar: Calendar, learn_ms: int) -> None:
        self._calendar = calendar
        self._learn_ms = learn_ms
        self._borrows = learn_ms < 7 * DAY_MS
        self._table = Table(
            {
                "counts": MemoryColumn(np.float64, 0, HOURS_PER_WEEK),
                "hours": MemoryColumn(np.float64, 0, HOURS_PER_WEEK),
                "variation": MemoryColumn(np.float64, USUAL_VARIATION),
                "level": MemoryColumn(np.float64, 0, recent_level.WIDTH),
                "since_ms": MemoryColumn(np.int64),  # first event that is learned from; 0: none yet
                "now": MemoryColumn(np.int64),  # events in the current stretch, and
                "stretch_ms": MemoryColumn(np.int64),  # its start, as long as the row has known it
            }
        )
        self._ahead = WeekAhead(calendar, borrows=self._borrows)
        self.stretch = NOTHING
        self.low: Floats = np.zeros(0)
        self.mean: Floats = np.zeros(0)
        self.high: Floats = np.zeros(0)
        self._spread: Floats = np.zeros(0)  # standard deviation of the forecast's logarithm

    @property
    def rows(self) -> int:
        """Rows in use."""
        return self._table.rows

    def grow(self, rows: int) -> None:
        """Make place for rows below `rows`."""
        more = max(0, rows - len(self.low))
        self._table.grow(rows)
        self.low = np.pad(self.low, (0, more))
        self.mean = np.pad(self.mean, (0, more))
        self._spread = np.pad(self._spread, (0, more))
        self.high = np.pad(self.high, (0, more), constant_values=np.inf)

    def clear(self, rows: Ints) -> None:
        """Forget the rows."""
        self._table.clear(rows)
        self._ahead.forget()
        self.low[rows] = self.mean[rows] = 0
        self.high[rows] = np.inf

    def begin(self, at_ms: int) -> None:
        """Take the bounds for the stretch that contains `at_ms`."""
        self.stretch = self._calendar.stretch(at_ms)
        self._table["stretch_ms"][: self.rows] = self.stretch.start_ms
        self._forecast(self.stretch)

    def add(self, start_ms: int, rows: Ints, counts: Ints) -> None:
        """Count the events of a pane that starts at `start_ms`, in the current stretch."""
        fresh = (self._table["since_ms"][rows] == 0) & (counts > 0)
        self._table["since_ms"][rows[fresh]] = start_ms
        self._table["now"][rows] += counts

    def turn(self) -> None:
        """The stretch has ended: learn from it, and begin the next."""
        if self.stretch.open:
            self._learn(self.stretch)
        self._ahead.passed(self._weeks(), self.stretch)
        self._table["now"][:] = 0
        self.begin(self.stretch.end_ms)

    def next_pane_end_ms(self, pane_ms: int) -> int | None:
        """The end of the first pane that starts in the next stretch."""
        return None if self.stretch is NOTHING else (-(-self.stretch.end_ms // pane_ms) + 1) * pane_ms

    def learned(self) -> Flags:
        """Rows that have been watched for as long as the rule wants, when the stretch began."""
        since = self._table["since_ms"][: self.rows]
        ready: Flags = (since > 0) & (since + self._learn_ms <= self.stretch.start_ms)
        return ready

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything remembered."""
        return self._table.state()

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a snapshot."""
        self._table.load(state)
        self._ahead.forget()
        self.grow(self._table.rows)
        start_ms = int(self._table["stretch_ms"][: self.rows].max(initial=0))
        if start_ms:  # else no row has seen a stretch begin, and the next pane begins one
            self.begin(start_ms)

    def _learn(self, stretch: Stretch) -> None:
        table, rows, hour = self._table, self.rows, stretch.hour
        since = table["since_ms"][:rows]
        watched = np.where(since > 0, stretch.end_ms - np.maximum(since, stretch.start_ms), 0)
        hours = np.maximum(watched, 0) / HOUR_MS
        events = table["now"][:rows].astype(np.float64)
        seen = table["hours"][:rows, hour] >= ENOUGH_HOURS  # else its bounds, if any, are of other days
        self._learn_variation(events, np.where(seen, self.mean * watched, 0), table["hours"][:rows, hour])
        taught = np.where(seen & (self.mean > 0), np.clip(events, *self._teachable(watched)), events)
        sums, level = table["level"][:rows], recent_level.levels(table["level"][:rows])
        known = np.where(seen, self.mean * watched, 0)
        pace = self._weeks().pace()
        recent_level.follow(sums, hours, np.where(known > 0, taught, 0), known / level, events)
        kept = KEPT**hours
        before = self._believed(hour, self.mean / level * HOUR_MS)
        table["counts"][:rows, hour] = kept * before + np.where(hours > 0, taught, 0)
        table["hours"][:rows, hour] = kept * table["hours"][:rows, hour] + hours
        strays = np.flatnonzero(self.learned() & recent_level.dense(sums, pace))
        if len(strays):
            for name in ("counts", "hours", "level"):
                table[name][strays] = 0
            since[strays] = stretch.end_ms
            self._ahead.forget()

    def _believed(self, hour: int, usual: Floats) -> Floats:
        """An hour's count; seen once, and now again, it keeps no more than was believed of it."""
        counts, hours = self._table["counts"][: self.rows, hour], self._table["hours"][: self.rows, hour]
        once = (hours < SEEN_ONCE) & (usual > 0)
        most = tempered(counts, hours, (usual[:, None], np.ones((self.rows, 1))))
        return np.where(once, np.minimum(counts, most), counts)

    def _weeks(self) -> Weeks:
        return Weeks(*(self._table[name][: self.rows] for name in Weeks._fields))

    def since_ms(self, rows: Ints) -> Ints:
        """From when on rows are learned; 0: not yet."""
        since_ms: Ints = self._table["since_ms"][rows]
        return since_ms

    def _teachable(self, watched: Ints) -> tuple[Floats, Floats]:
        """The fewest and the most events that a stretch teaches."""
        mean, reach = self.mean * watched, np.exp(TEACH_Z * self._spread)
        least = np.maximum(mean, mean / recent_level.levels(self._table["level"][: self.rows])) / reach
        return np.maximum(least - TEACH_Z * np.sqrt(least), 0), mean * reach + TEACH_Z * np.sqrt(mean)

    def _learn_variation(self, events: Floats, forecast: Floats, hours: Floats) -> None:
        """Squared error beyond Poisson's, relative, less what a forecast from few weeks adds."""
        told = forecast >= FEW
        expected = np.where(told, forecast, 1)
        own = ((events - expected) ** 2 - expected) / expected**2 / (1 + 1 / np.maximum(hours, ENOUGH_HOURS))
        variation = self._table["variation"][: self.rows]
        step = (np.clip(own, -MOST_VARIATION, MOST_VARIATION) - variation) / VARIATION_MEMORY
        variation[told] += step[told]

    def _forecast(self, stretch: Stretch) -> None:
        rows = self.rows
        self.low, self.mean = np.zeros(rows), np.zeros(rows)
        self.high = np.full(rows, np.inf)
        if not stretch.open:
            return
        days = DAY_OF[:, stretch.hour % 24] if self._borrows else [stretch.hour]
        at = self.learned() & (self._table["hours"][:rows, days] >= ENOUGH_HOURS).any(axis=1)
        if not at.any():
            return
        since_ms = self._table["since_ms"][:rows]
        found = self._ahead.forecast(self._weeks(), since_ms, stretch, np.flatnonzero(at))
        sums = self._table["level"][:rows][at]
        level, doubt = recent_level.levels(sums) / HOUR_MS, recent_level.errors(sums)
        spread = np.sqrt(found.error + doubt[:, None])
        self.mean[at], self._spread[at] = level * found.mean[:, 0], spread[:, 0]
        self.low[at] = level * found.low(LOW_Z * spread).min(axis=1)
        self.high[at] = level * found.high(HIGH_Z * spread).max(axis=1)
