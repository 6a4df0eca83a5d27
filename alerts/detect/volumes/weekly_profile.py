"""A scope's rhythm: how much volume to expect in each hour of its week, and between which bounds.

Every hour of the week has a count and the hours it was counted over; both fade, so that the rhythm follows
some five weeks.  A few things keep a rhythm of one week from raising false alarms:

- Volumes vary more from week to week than Poisson's law says.  How much more (the coefficient of variation)
  is learned for each scope, from how far off its own forecasts were.
- An hour's forecast leans on the same hour of the other days (their median), if that agrees with its own
  past; a Saturday that is not like other days stands for itself, be it told by whole days (see `hour_rates`).
- An hour leans on its neighbours as well, as far as they agree with it.
- The whole week moves with the scope's recent level (see `recent_level`).
- The bounds are the widest of the hour and its two neighbours: a rhythm that shifts by an hour is no news.
- An hour teaches no more than its forecast and chance allow, so an outage does not become the rule; what
  is missed on the same hour of three weeks in a row is usual from then on, as where a desk closes earlier.
- Seen once only, an hour teaches no more than the busiest of the other days would: a burst in the learning
  time does not teach itself.  What comes again a week later is a habit, and is learned at once.
- Years of strays teach nothing of the dense part that follows: once a scope brings many times more than it
  did, hour after hour, it is learned anew from there on.

A rule that learns for less than a week borrows what it has not seen yet from the same hour of other days: it
then takes the first Saturday for a day like any other.

For example, a queue had 40, 44 and 36 calls from 9 to 10 h on the last Mondays, and about as many on other
days.  The forecast for the next Monday is near 40.  If that Monday is a holiday and brings none, the hour is
taught no less than chance allows below 40, and the Monday after is still expected to bring nearly as many.
If the doors open an hour later one day, nobody is paged at once: the bounds of 9 to 10 h are as wide as those
of 8 to 9 h, when the queue is closed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.memory import MemoryColumn, Table
from alerts.detect.opening_hours import HOURS_PER_WEEK, Calendar, Stretch
from alerts.detect.row_sets import NO_ROWS
from alerts.detect.volumes import quiet_hours, recent_level, teaching
from alerts.detect.volumes.hour_rates import ENOUGH_HOURS
from alerts.detect.volumes.lessons import Coming, Course, Lessons
from alerts.detect.volumes.quiet_hours import LEAST_QUIET, Bounds, HoursAhead, QuietHours
from alerts.detect.volumes.teaching import HourOfWeek
from alerts.detect.volumes.week_ahead import WeekAhead
from alerts.detect.volumes.week_forecast import Weeks
from alerts.rules import DAY_MS, HOUR_MS

NOTHING: Final = Stretch(0, 0, 0, open=False)
"""The stretch before the first one has begun."""
MOST_BORROWED: Final = 23
"""So many at most at a time when hours are taken from other days: no time of day twice."""
DAY_OF: Final = np.arange(HOURS_PER_WEEK).reshape(7, 24)


class WeeklyProfile:
    """Counts by hour of week, a row per scope, and the bounds of the current stretch.

    `begin` comes first, then events by `add` and the stretches' ends by `turn`.

    `low`, `mean` and `high` are events per millisecond in the current stretch.  Where nothing may be judged
    (closed, not yet learned, hour never seen) low and mean are 0 and high is infinite.
    """

    def __init__(self, calendar: Calendar, learn_ms: int) -> None:
        self.calendar: Final = calendar
        self._learn_ms = learn_ms
        self._borrows = learn_ms < 7 * DAY_MS
        self._table = Table(
            {
                "counts": MemoryColumn(np.float64, 0, HOURS_PER_WEEK),
                "hours": MemoryColumn(np.float64, 0, HOURS_PER_WEEK),
                "far": MemoryColumn(np.bool_, 0, HOURS_PER_WEEK),  # brought far more than it may teach
                "missed": MemoryColumn(np.int8, 0, HOURS_PER_WEEK),  # weeks in a row with far less
                "variation": MemoryColumn(np.float64, teaching.USUAL_VARIATION),
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
        self._usual: Floats = np.zeros(0)  # the mean without the level
        self._course: Course | None = None  # what the next stretches teach, as far as that is known

    @property
    def rows(self) -> int:
        """Rows in use."""
        return self._table.rows

    def grow(self, rows: int) -> None:
        """Make place for rows below `rows`."""
        more = max(0, rows - len(self.low))
        self._course = None if more else self._course
        self._table.grow(rows)
        self.low = np.pad(self.low, (0, more))
        self.mean = np.pad(self.mean, (0, more))
        self._spread = np.pad(self._spread, (0, more))
        self._usual = np.pad(self._usual, (0, more))
        self.high = np.pad(self.high, (0, more), constant_values=np.inf)

    def clear(self, rows: Ints) -> None:
        """Forget the rows."""
        self._table.clear(rows)
        self._ahead.forget()
        self._course = None
        self.low, self.mean, self.high = self.low.copy(), self.mean.copy(), self.high.copy()  # may be shared
        self.low[rows] = self.mean[rows] = 0
        self.high[rows] = np.inf

    def begin(self, at_ms: int) -> None:
        """Take the bounds for the stretch that contains `at_ms`."""
        self.stretch = self.calendar.stretch(at_ms)
        self._table["stretch_ms"][: self.rows] = self.stretch.start_ms
        self._forecast(self.stretch)

    def add(self, start_ms: int | Ints, rows: Ints, counts: Ints) -> None:
        """Count the events of panes that start at `start_ms`, one for all or by row, in this stretch."""
        fresh = (self._table["since_ms"][rows] == 0) & (counts > 0)
        if fresh.any():
            self._table["since_ms"][rows[fresh]] = np.broadcast_to(start_ms, rows.shape)[fresh]
        self._table["now"][rows] += counts

    def turn(self) -> None:
        """The stretch has ended: learn from it, and begin the next."""
        if (course := self._known()) is not None:
            self._pass(course, 1)
            return
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
        self._course = None
        self.grow(self._table.rows)
        start_ms = int(self._table["stretch_ms"][: self.rows].max(initial=0))
        if start_ms:  # else no row has seen a stretch begin, and the next pane begins one
            self.begin(start_ms)

    def memory(self) -> dict[str, NDArray[Any]]:
        """Everything remembered, as it stands; not to be changed."""
        return {name: array[: self.rows] for name, array in self._table.arrays().items()}

    def bounds(self) -> Bounds:
        """The bounds of the current stretch."""
        spread = np.where(self.mean > 0, self._spread, 0)  # of others it says nothing
        return Bounds(self.low, self.mean, self.high, spread, self._usual)

    def copy(self, coming: Coming) -> "WeeklyProfile":
        """One that stands where this one does, and knows what comes in."""
        made = WeeklyProfile(self.calendar, self._learn_ms)
        made._ahead.coming = coming
        made.load(self.state())
        return made

    def follow(self, lessons: Lessons) -> bool:
        """Whether it stands where lessons begin; if so, it goes by them as long as they hold."""
        found = lessons.begin_with(self.stretch, self.memory(), self.bounds())
        self._course = Course(lessons) if found else None
        return found

    def _known(self) -> Course | None:
        """The course, if the current stretch brought what was known beforehand."""
        if self._course is not None and not self._course.holds(self.stretch, self._table):
            self._course = None
        return self._course

    def _pass(self, course: Course, turns: int) -> None:
        """So many stretches pass as it was known beforehand."""
        self.stretch, some = course.go(turns, self._table)  # of which others have the same arrays
        self.low, self.mean, self.high, self._spread, self._usual = (part.copy() for part in some)
        self._ahead.forget()

    def _learn(self, stretch: Stretch) -> None:
        table, rows = self._table, self.rows
        kept = HourOfWeek(*(table[name][:rows, stretch.hour] for name in HourOfWeek._fields))
        since, sums = table["since_ms"][:rows], table["level"][:rows]
        watched = np.where(since > 0, np.maximum(stretch.end_ms - np.maximum(since, stretch.start_ms), 0), 0)
        events, level = table["now"][:rows].astype(np.float64), recent_level.levels(sums)
        seen = kept.hours >= ENOUGH_HOURS  # else its bounds, if any, are of other days
        foreseen = np.where(seen, self.mean * watched, 0), (level, self._spread)
        watched = teaching.heard_ms(watched, events, foreseen, sums)
        hours, known = watched / HOUR_MS, np.where(seen, self.mean * watched, 0)
        teaching.vary(table["variation"][:rows], events, known, kept.hours)
        taught = teaching.taught_by(events, known > 0, known, (level, self._spread))
        usual = np.where(seen, self._usual * watched, 0)
        recent_level.follow(sums, hours, np.where(known > 0, taught, 0), usual, events)
        strays = self._strays(sums)
        kept.learn(hours, (events, taught), self.mean / level * HOUR_MS)
        if len(strays):
            for name in (*HourOfWeek._fields, "level"):
                table[name][strays] = 0
            since[strays] = stretch.end_ms
            self._ahead.forget()

    def _strays(self, sums: Floats) -> Ints:
        """Rows whose dense part has begun."""
        if not recent_level.may_be_dense(sums):
            return NO_ROWS
        return np.flatnonzero(self.learned() & recent_level.dense(sums, self._weeks().pace()))

    def _weeks(self, rows: Ints | None = None) -> Weeks:
        part = slice(self.rows) if rows is None else rows
        return Weeks(*(self._table[name][part] for name in Weeks._fields))

    def pace(self, rows: Ints) -> Floats:
        """Events an hour over the week, at the level of these days."""
        found: Floats = self._weeks(rows).pace() * recent_level.levels(self._table["level"][rows])
        return found

    def since_ms(self, rows: Ints) -> Ints:
        """From when on rows are learned; 0: not yet."""
        since_ms: Ints = self._table["since_ms"][rows]
        return since_ms

    def _forecast(self, stretch: Stretch) -> None:
        rows = self.rows
        self.low, self.mean, self._usual = np.zeros(rows), np.zeros(rows), np.zeros(rows)
        self.high = np.full(rows, np.inf)
        if not stretch.open or not (at := self._foreseen([stretch])[0]).any():
            return
        since_ms = self._table["since_ms"][:rows]
        found = self._ahead.forecast(self._weeks(), since_ms, stretch, np.flatnonzero(at))
        some = quiet_hours.bounds(found, self._table["level"][:rows][at])
        self.low[at], self.mean[at], self.high[at] = some.low, some.mean, some.high
        self._spread[at], self._usual[at] = some.spread, some.usual

    def _foreseen(self, stretches: Sequence[Stretch]) -> Flags:
        """Learned, and an hour that was seen, on another day if the rule borrows; `(stretches, rows)`."""
        since_ms, hours = self._table["since_ms"][: self.rows], self._table["hours"][: self.rows]
        start_ms = np.array([[each.start_ms] for each in stretches])
        hour = np.array([each.hour for each in stretches])
        seen = hours[:, DAY_OF[:, hour % 24] if self._borrows else hour[None]] >= ENOUGH_HOURS
        found: Flags = (since_ms > 0) & (since_ms + self._learn_ms <= start_ms) & seen.any(axis=1).T
        return found

    def quiet_hours(self, before_ms: int) -> QuietHours | None:
        """The stretches from the current one on, of which all but the last are over before a time.

        Only what the profile knows of may come in before it.  None where there are too few to be worth it.
        """
        if (course := self._known()) is not None:
            return course.lessons.quiet_hours(course.at, before_ms)
        table, rows = self._table, self.rows
        length_ms = self.stretch.end_ms - self.stretch.start_ms
        if not self.stretch.open or self.mean.max(initial=0) * length_ms >= teaching.TEACHES_NOTHING:
            return None
        if table["now"][:rows].any() or recent_level.may_be_dense(table["level"][:rows]):
            return None
        stretches = list(self._ahead.stretches(self.stretch, int(self._foreseen([self.stretch]).sum()), rows))
        size = quiet_hours.taken_together(stretches[: MOST_BORROWED if self._borrows else None], before_ms)
        if size < LEAST_QUIET:
            return None
        stretches, since_ms = stretches[:size], table["since_ms"][:rows]
        at = self._foreseen(stretches)
        found = self._ahead.rest(self._weeks(), since_ms, np.flatnonzero(at.any(axis=0))).only(slice(size))
        ahead = HoursAhead(stretches, since_ms, at, self._ahead.events(stretches, rows))
        return quiet_hours.quiet_hours(self._weeks(), table["level"][:rows], ahead, found)

    def skip(self, quiet: QuietHours, turns: int) -> None:
        """So many stretches have passed, in which came what was said there."""
        if self._course is not None:
            self._pass(self._course, turns)
            return
        table, rows = self._table, self.rows
        hour = [each.hour for each in quiet.stretches[:turns]]
        table["counts"][:rows, hour] = quiet.counts[:turns].T
        table["hours"][:rows, hour] = quiet.hours[:turns].T
        table["far"][:rows, hour] = table["missed"][:rows, hour] = 0
        table["level"][:rows] = quiet.sums[turns]
        self.stretch = quiet.stretches[turns]
        table["stretch_ms"][:rows] = self.stretch.start_ms
        self.low, self.mean, self.high, self._spread, self._usual = (
            part[turns].copy() for part in quiet.bounds
        )
        self._ahead.skip(turns)
