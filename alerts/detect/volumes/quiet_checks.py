"""Checks: when quiet alone would raise the alarm of a scope, if nothing comes in until then.

Where something does come in before it, the moment is put off: time is accounted for up to it, and the next
one is reckoned from there.  In a busy hour there are some ten of them a scope, mostly of one scope at a time,
so one scope is gone through in plain numbers.  They are the same numbers: float64, in the same order.

For example, at 9:00 quiet alone would raise the alarm at 9:06, and a call comes in at 9:04.  At 9:06 the two
minutes since then count for silence, which is not enough; eight would be, so it is looked at again at 9:12.
"""

from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.memory import Table
from alerts.detect.volumes.arrivals import NEVER
from alerts.detect.volumes.volume_bets import VolumeBets
from alerts.detect.volumes.volume_run import VolumeRun
from alerts.detect.volumes.volume_steps import followed
from alerts.detect.volumes.weekly_profile import WeeklyProfile

FEW_PANES: Final = 2048
"""Rows times panes up to which it is faster to look at all panes at once than to halve them."""


class QuietChecks:
    """The moments of one rule for silence; a row per scope."""

    def __init__(self, table: Table, rhythm: WeeklyProfile, run: VolumeRun, stakes: VolumeBets) -> None:
        self._table: Final = table
        self._rhythm: Final = rhythm
        self._run: Final = run
        self._stakes: Final = stakes

    def first_ms(self) -> int:
        """The first moment of all; `NEVER`: there is none."""
        return int(self._table["check_ms"][: self._table.rows].min(initial=NEVER))

    def reckon(self, rows: Ints, from_ms: int, pane_ms: int) -> None:
        """Find out the moments of some rows if nothing comes in from a time on."""
        if len(rows):
            self._table["check_ms"][rows] = self._next(rows, from_ms, pane_ms)

    def reckon_standing(self, rows: Ints, from_ms: int, pane_ms: int) -> None:
        """The same where quiet speaks against an alarm: at once, if it stands since an hour is over."""
        next_ms = (from_ms // pane_ms + 1) * pane_ms
        self._table["check_ms"][rows] = np.where(self.stands(rows), next_ms, NEVER)

    def stands(self, rows: Ints) -> Flags:
        """For which rows there is evidence enough for an alarm that has not been raised."""
        found: Flags = ~self._table["fired"][rows] & (self._stakes.evidence(self._table["wealth"][rows]) >= 1)
        return found

    def pass_one(self, row: int, at_ms: int, pane_ms: int) -> bool:
        """Go through the moment of a row that is not in breach; False: the alarm is raised there."""
        table, bets = self._table, self._stakes
        last_ms, bound = table["last_ms"].item(row), float(self._run.bound(np.array([row]))[0])
        passed = max(at_ms - last_ms, 0)
        wealth = bets.quiet_one(table["wealth"][row], bound, passed)
        if bets.mixture_one(wealth) >= 1:
            return False
        if passed:
            mean = self._rhythm.mean.item(row)
            step = self._run.quiet_step(bound * passed, mean * passed, at_ms)
            table["gauges"][row] = followed(table["gauges"][row].tolist(), step, fired=False)
            table["wealth"][row] = wealth
            table["last_ms"][row] = at_ms
        table["check_ms"][row] = self._next_of(wealth, bound, at_ms, pane_ms)
        return True

    def would_alarm(self, wealth: Floats, bound: Floats, time_ms: Ints) -> Flags:
        """Whether a time without events would raise the alarm, by row."""
        alarm: Flags = self._stakes.evidence(self._stakes.quiet(wealth, bound, time_ms)) >= 1
        return alarm

    def _panes(self, from_ms: int, pane_ms: int) -> tuple[int, int]:
        """The pane of a time, and how many of this stretch end after it."""
        first = from_ms // pane_ms
        return first, max(-(-self._rhythm.stretch.end_ms // pane_ms) - first, 0)

    def _next_of(self, wealth: Floats, bound: float, from_ms: int, pane_ms: int) -> int:
        """What `_next` finds for a row that has been heard of and is not in breach."""
        first, panes = self._panes(from_ms, pane_ms)
        bets = self._stakes
        end_ms = (first + panes) * pane_ms
        if not panes or bets.mixture_one(bets.quiet_one(wealth, bound, end_ms - from_ms)) < 1:
            return NEVER
        ends_ms = np.arange(first + 1, first + panes) * pane_ms
        alarm = self.would_alarm(wealth[None], np.full(len(ends_ms), bound), ends_ms - from_ms)
        return int(ends_ms[alarm.argmax()]) if alarm.any() else end_ms

    def _next(self, rows: Ints, from_ms: int, pane_ms: int) -> Ints:
        """End of the first pane in this stretch at which quiet since `from_ms` raises the alarm, or never."""
        found: Ints = np.full(len(rows), NEVER)
        first, panes = self._panes(from_ms, pane_ms)
        armed = ~self._table["fired"][rows] & (self._table["last_ms"][rows] > 0) & (panes > 0)
        wealth, bound = self._table["wealth"][rows], self._run.bound(rows)
        if not (bound.any() or wealth.any()):
            return found
        whole = self._run.lumps.whole(rows)
        found[whole & self.stands(rows)] = (first + 1) * pane_ms
        armed &= ~whole
        end_ms = (first + panes) * pane_ms
        armed &= self.would_alarm(wealth, bound, np.full(len(rows), end_ms - from_ms))
        wealth, bound = wealth[armed], bound[armed]
        if 0 < len(wealth) * panes <= FEW_PANES:
            ends_ms = np.arange(first + 1, first + panes + 1) * pane_ms
            places = np.repeat(np.arange(len(wealth)), panes)
            passed = np.tile(ends_ms - from_ms, len(wealth))
            alarm = self.would_alarm(wealth[places], bound[places], passed).reshape(-1, panes)
            alarm[:, -1] = True
            found[armed] = ends_ms[alarm.argmax(axis=1)]
            return found
        few, many = np.zeros(len(wealth), np.int64), np.full(len(wealth), panes)
        for _ in range(panes.bit_length() if len(few) else 0):  # halves the panes until one is left
            middle = (few + many) // 2
            alarm = self.would_alarm(wealth, bound, (first + middle) * pane_ms - from_ms)
            few, many = np.where(alarm, few, middle), np.where(alarm, middle, many)
        found[armed] = (first + np.maximum(many, 1)) * pane_ms  # one that is due already is due at the first
        return found
