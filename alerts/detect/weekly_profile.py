"""Rhythm: how much volume to expect of a scope in each hour of its week, and between which bounds.

Every hour of the week has a count and the hours it was counted over; both fade, so that the rhythm follows
some five weeks.  A few things keep a rhythm of one week from raising false alarms:

- Volumes vary more from week to week than Poisson's law says.  How much more (the coefficient of variation)
  is learned for each scope, from how far off its own forecasts were.
- An hour's forecast leans on the same hour of the other days (their median), if that agrees with its own
  past; a Saturday that is not like other days stands for itself.
- The bounds are the widest of the hour and its two neighbours: a rhythm that shifts by an hour is no news.
- An hour teaches no more than its bounds, so an outage does not become the rule.

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
from alerts.rules import DAY_MS, HOUR_MS

KEPT: Final = 0.8
"""What an hour's past still weighs a week later; sums up to five weeks."""
USUAL_VARIATION: Final = 0.25**2
"""Squared coefficient of variation from week to week before a scope has shown its own: a quarter."""
LEAST_VARIATION, MOST_VARIATION = 0.1**2, 0.7**2
VARIATION_MEMORY: Final = 200
"""Forecasts over which a scope's own variation is averaged: some nine days."""
FEW: Final = 4
"""Forecasts of fewer events say nothing of variation."""
BOUND_Z: Final = 1.645
"""The bounds hold nine hours in ten, were hourly rates lognormal; the detectors want far more than one
hour a little outside."""
AGREEING: Final = 2.0
"""Standard deviations up to which an hour agrees with the same hour of the other days."""
NOTHING: Final = Stretch(0, 0, 0, open=False)
"""The stretch before the first one has begun."""
ENOUGH_HOURS: Final = 0.5
"""Less of an hour's time than this was not seen at all."""
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
                "since_ms": MemoryColumn(np.int64),  # first event; 0: none yet
                "now": MemoryColumn(np.int64),  # events in the current stretch, and
                "stretch_ms": MemoryColumn(np.int64),  # its start, as long as the row has known it
            }
        )
        self.stretch = NOTHING
        self.low: Floats = np.zeros(0)
        self.mean: Floats = np.zeros(0)
        self.high: Floats = np.zeros(0)

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
        self.high = np.pad(self.high, (0, more), constant_values=np.inf)

    def clear(self, rows: Ints) -> None:
        """Forget the rows."""
        self._table.clear(rows)
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
        bounded = np.clip(events, self.low * watched, self.high * np.maximum(watched, 1))
        events = np.where(seen, bounded, events)
        kept = KEPT**hours
        table["counts"][:rows, hour] = kept * table["counts"][:rows, hour] + np.where(hours > 0, events, 0)
        table["hours"][:rows, hour] = kept * table["hours"][:rows, hour] + hours

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
        forecasts = [self._hour(at, (stretch.hour + shift) % HOURS_PER_WEEK) for shift in (0, -1, 1)]
        self.mean[at] = forecasts[0][1]
        self.low[at] = np.minimum.reduce([low for low, _, _ in forecasts])
        self.high[at] = np.maximum.reduce([high for _, _, high in forecasts])

    def _hour(self, at: Flags, hour: int) -> tuple[Floats, Floats, Floats]:
        """Low, mean and high of one hour of the week, per millisecond; an hour never seen bounds nothing."""
        days, own_day = DAY_OF[:, hour % 24], hour // 24
        counts = self._table["counts"][: self.rows, days][at]
        hours = self._table["hours"][: self.rows, days][at]
        variation = np.clip(self._table["variation"][: self.rows][at], LEAST_VARIATION, MOST_VARIATION)
        own, own_error = _rate(counts, hours)[:, own_day], _error(counts, hours, variation)[:, own_day]
        counted, watched = np.delete(counts, own_day, axis=1), np.delete(hours, own_day, axis=1)
        rest = _usual(counted, watched, own)
        best = counted.max(axis=1, keepdims=True), watched.max(axis=1, keepdims=True)
        rest_error = variation + _error(*best, variation)[:, 0]
        agree = np.abs(np.log(own / rest)) <= AGREEING * np.sqrt(own_error + rest_error)
        weight = np.where(agree, own_error / (own_error + rest_error), 0)
        seen, some = hours[:, own_day] >= ENOUGH_HOURS, counts[:, own_day] > 0
        error = (1 - weight) * own_error
        if self._borrows:
            borrowed = ~seen & (watched >= ENOUGH_HOURS).any(axis=1)
            weight, error = np.where(borrowed, 1, weight), np.where(borrowed, rest_error, error)
            seen, some = seen | borrowed, np.where(borrowed, counted.any(axis=1), some)
        mean = own * (rest / own) ** weight
        reach = np.exp(BOUND_Z * np.sqrt(error + variation))
        low = np.where(seen, np.where(some, mean / reach, 0), np.inf)
        return low / HOUR_MS, mean / HOUR_MS, np.where(seen, mean * reach, 0) / HOUR_MS


def _rate(counts: Floats, hours: Floats) -> Floats:
    """Events per hour; at least half of one in all."""
    rate: Floats = np.maximum(counts, 0.5) / np.maximum(hours, ENOUGH_HOURS)
    return rate


def _error(counts: Floats, hours: Floats, variation: Floats) -> Floats:
    """The squared relative errors of rates, rows × days; `variation` is by row."""
    error: Floats = 1 / np.maximum(counts, 0.5) + variation[:, None] / np.maximum(hours, ENOUGH_HOURS)
    return error


def _usual(counts: Floats, hours: Floats, otherwise: Floats) -> Floats:
    """The median rate of the days seen, so that a weekend does not pull weekdays down; else `otherwise`."""
    days = np.sort(np.where(hours >= ENOUGH_HOURS, _rate(counts, hours), np.inf), axis=1)
    seen = (hours >= ENOUGH_HOURS).sum(axis=1)
    row, middle = np.arange(len(days)), np.maximum(seen - 1, 0) // 2
    median: Floats = np.where(
        seen > 0, (days[row, middle] + days[row, np.maximum(seen, 1) // 2]) / 2, otherwise
    )
    return median
