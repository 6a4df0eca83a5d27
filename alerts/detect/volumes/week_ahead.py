"""Looking ahead in the week: forecasts of several stretches at once, on the guess that nothing comes in.

What an hour teaches changes the forecasts after it, so stretches are forecast one after the other; but each
takes a hundred steps over arrays, which cost as much for three numbers as for three hundred.  Where little
comes in, what the next stretches will teach is mostly known: that nothing came.  So the weeks after each of
them are made up beforehand and all are forecast together.

An example: of two scopes, eight stretches are forecast.  In the third, something comes in for one of them;
its week is another one than was guessed, and its forecasts from the fourth on are reckoned anew, from the
week as it is, while the other's stay.  A forecast is used only if its scope's week is, to the last bit, the
one that it was reckoned from: guessing costs time, and never exactness.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.opening_hours import Calendar, Stretch
from alerts.detect.volumes.week_forecast import KEPT, HourForecast, Weeks, forecast
from alerts.rules import HOUR_MS

if TYPE_CHECKING:
    from alerts.detect.volumes.lessons import Coming

MOST_AHEAD: Final = 48
MOST_ENTRIES: Final = 384
"""Stretches times rows that are forecast together: enough for arrays to pay, few enough for the cache."""
FARTHER: Final = 4
"""Times the stretches that a guess held for, on the average, that are looked ahead next."""
AT_ONCE: Final = 1024
"""Rows that are forecast together where there are very many."""


class WeekAhead:
    """Forecasts of the stretches from the current one on, a row per scope."""

    def __init__(self, calendar: Calendar, *, borrows: bool) -> None:
        """`borrows`: see `week_forecast.forecast`."""
        self._calendar: Final = calendar
        self._borrows: Final = borrows
        self.coming: Coming | None = None  # what comes in, where that is known; else nothing, as a guess
        self._misses = 0  # times that some row's guess turned out wrong
        self._at = 0  # place of the current stretch
        self._stretches: list[Stretch] = []
        self._good: Flags = np.zeros(0, np.bool_)  # by row: what was forecast from `_at` on holds
        self._guess = Weeks(*(np.zeros((0, 0)) for _ in Weeks._fields))  # (stretches, rows), after each
        self._found = HourForecast.blank((0, 0))  # (stretches, rows, shifts)

    def forget(self) -> None:
        """The weeks were changed otherwise than by a stretch that taught."""
        self._stretches = []

    def passed(self, weeks: Weeks, stretch: Stretch) -> None:
        """A stretch is over and has taught what it had to; the weeks of all rows are given."""
        if self._at >= len(self._stretches) or len(weeks.counts) != len(self._good):
            self.forget()
            return
        as_guessed = weeks.counts[:, stretch.hour] == self._guess.counts[self._at]
        as_guessed &= weeks.hours[:, stretch.hour] == self._guess.hours[self._at]
        as_guessed &= weeks.variation == self._guess.variation[self._at]
        self._good &= as_guessed
        self._at += 1

    def forecast(self, weeks: Weeks, since_ms: Ints, stretch: Stretch, rows: Ints) -> HourForecast:
        """The hours around the current stretch in some rows; `since_ms`: from when on each row is learned."""
        if 2 * len(rows) > MOST_ENTRIES:
            self.forget()
            cut = range(0, len(rows), AT_ONCE)
            found = [self._plain(weeks, stretch, rows[first : first + AT_ONCE]) for first in cut]
            return HourForecast.joined(found)
        self.stretches(stretch, len(rows), len(weeks.counts))
        self._mend(weeks, since_ms, rows)
        return self._found.only((self._at, rows))

    def stretches(self, stretch: Stretch, asked: int, rows: int) -> Sequence[Stretch]:
        """Those from the current one on that it is worth to forecast together for `asked` of all rows."""
        there = self._at < len(self._stretches) and self._stretches[self._at] == stretch
        if not there or rows != len(self._good):
            self._look(stretch, max(asked, 1), rows)
        return self._stretches[self._at :]

    def events(self, stretches: Sequence[Stretch], rows: int) -> Floats:
        """What comes in in some stretches, `(stretches, rows)`, as far as that is known."""
        return np.zeros((len(stretches), rows)) if self.coming is None else self.coming.events(stretches)

    def rest(self, weeks: Weeks, since_ms: Ints, rows: Ints) -> HourForecast:
        """The hours around all of `stretches`, if each teaches what it brings, `(stretches, rows, shifts)`.

        True of the rows asked for; nothing is said of others.
        """
        self._mend(weeks, since_ms, rows)
        return self._found.only(slice(self._at, None))

    def skip(self, stretches: int) -> None:
        """So many stretches passed as `rest` had it."""
        self._at += stretches

    def _mend(self, weeks: Weeks, since_ms: Ints, rows: Ints) -> None:
        wrong = rows[~self._good[rows]]
        if len(wrong):
            self._misses += 1
            self._reckon(weeks, since_ms, wrong)

    def _plain(self, weeks: Weeks, stretch: Stretch, rows: Ints) -> HourForecast:
        part = Weeks(*(column[rows] for column in weeks))
        return forecast(part, np.full(len(rows), stretch.hour), borrows=self._borrows)

    def _look(self, stretch: Stretch, asked: int, rows: int) -> None:
        """Choose the stretches to forecast: more of them the longer the guesses held, each hour once."""
        reach = FARTHER * max(self._at, 1) // max(self._misses, 1)
        reach = min(max(reach, 1), MOST_AHEAD, MOST_ENTRIES // asked)
        self._misses, self._at, self._stretches = 0, 0, [stretch]
        hours = {stretch.hour}
        while len(self._stretches) < reach:
            stretch = self._calendar.stretch(stretch.end_ms)
            if stretch.hour in hours:
                break
            hours.add(stretch.hour)
            self._stretches.append(stretch)
        size = len(self._stretches), rows
        self._good = np.zeros(rows, np.bool_)
        self._guess = Weeks(*(np.zeros(size) for _ in Weeks._fields))
        self._found = HourForecast.blank(size)

    def _reckon(self, weeks: Weeks, since_ms: Ints, rows: Ints) -> None:
        """Forecast the stretches from the current one on in some rows, by what is known to come in."""
        left = self._stretches[self._at :]
        hour = np.array([each.hour for each in left])
        start_ms = np.maximum(np.array([[each.start_ms] for each in left]), since_ms[rows])
        watched_ms = np.array([[each.end_ms if each.open else 0] for each in left]) - start_ms
        watched = np.maximum(watched_ms, 0) / HOUR_MS
        kept = KEPT**watched
        after = self._guess.counts[self._at :], self._guess.hours[self._at :]
        now = weeks.counts[rows], weeks.hours[rows]
        after[0][:, rows] = kept * now[0][:, hour].T
        if self.coming is not None:
            after[0][:, rows] += self.coming.events(left)[:, rows]
        after[1][:, rows] = kept * now[1][:, hour].T + watched
        self._guess.variation[self._at :, rows] = weeks.variation[rows]
        over = np.tri(len(left), k=-1, dtype=np.bool_)[:, :, None]  # at each stretch, those before it
        guessed = []
        for was, then in zip(now, after, strict=True):
            week = np.repeat(was[None], len(left), axis=0)  # (stretches, rows, hours of the week)
            week[:, :, hour] = np.where(over, then[:, rows], was[:, hour].T).transpose(0, 2, 1)
            guessed.append(week.reshape(len(left) * len(rows), -1))
        entries = Weeks(guessed[0], guessed[1], np.tile(weeks.variation[rows], len(left)))
        found = forecast(entries, np.repeat(hour, len(rows)), borrows=self._borrows)
        for part, of in zip(self._found, found, strict=True):
            part[self._at :, rows] = of.reshape(len(left), len(rows), -1)
        self._good[rows] = True
