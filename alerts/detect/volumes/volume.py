"""Volume against a learned rhythm: what surge and learned silence have in common.

Both watch how far the events of a scope stray past one bound of its rhythm.  Time is accounted for row by
row: at the row's own panes with events, at the ends of the rhythm's stretches, and, for silence, at the
moment when the quiet alone would raise the alarm.  None of these depends on other rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.findings import SEVERITY_CODE, Findings, Flags, Floats, Ints
from alerts.detect.memory import MemoryColumn, Table
from alerts.detect.opening_hours import calendar_of
from alerts.detect.row_sets import union
from alerts.detect.volumes import lumps
from alerts.detect.volumes.arrivals import NEVER, ArrivalRun, Arrivals, Coasted, Underway
from alerts.detect.volumes.quiet_checks import QuietChecks
from alerts.detect.volumes.rehearsal import follow_lessons
from alerts.detect.volumes.volume_bets import VolumeBets
from alerts.detect.volumes.volume_evidence import evidence_of, findings_of, new_levels
from alerts.detect.volumes.volume_run import Side, VolumeRun
from alerts.detect.volumes.volume_steps import ALLOWED, EXPECTED, RECOVERY, SINCE, follow
from alerts.detect.volumes.weekly_profile import NOTHING, WeeklyProfile
from alerts.hours import OpenHours
from alerts.rules import Budget, Severity

RHYTHM: Final = "rhythm."
"""Before the names of the rhythm's arrays in a snapshot."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a rule says about its rhythm and its budget."""

    learn_ms: int
    false_pages: Budget
    hours: OpenHours
    severity: Severity


class VolumeWatch:
    """One rule and side; a row per scope."""

    def __init__(self, side: Side, rule: Watched, pane_ms: int) -> None:
        self._side = side
        self._severity = SEVERITY_CODE[rule.severity]
        self.pane_ms: Final = pane_ms
        self._rhythm = WeeklyProfile(calendar_of(rule.hours), rule.learn_ms)
        budget_ms = rule.false_pages.per_ms / rule.false_pages.count
        self._stakes = VolumeBets(side.rates, side.weights, budget_ms, pane_ms)
        self._table = Table(
            {
                "wealth": MemoryColumn(np.float64, 0, len(side.rates)),
                "gauges": MemoryColumn(np.float64, 0, 6),
                "lately": MemoryColumn(np.float64, 0, 2),  # events, and expected, since a breach recovers
                "before": MemoryColumn(np.float64),  # events an hour of the week when the breach began
                "became": MemoryColumn(np.float64),  # the same when it ended at a new level; 0: it did not
                "last_ms": MemoryColumn(np.int64),  # up to when time is accounted for; 0: no event yet
                "fired": MemoryColumn(np.bool_),
                "check_ms": MemoryColumn(np.int64, NEVER),  # when quiet alone would raise the alarm
                **lumps.COLUMNS,
            }
        )

        self._heard: Arrivals | None = None  # what was last coasted through
        self._run = VolumeRun(self._table, self._rhythm, self._stakes, side, pane_ms)
        self._checks = QuietChecks(self._table, self._rhythm, self._run, self._stakes)

    def grow(self, rows: int) -> None:
        """Make place for rows below `rows`."""
        self._table.grow(rows)
        self._rhythm.grow(rows)

    def clear(self, rows: Ints) -> None:
        """Forget the rows."""
        self._table.clear(rows)
        self._rhythm.clear(rows)

    def take_up(self, row: int, at_ms: int) -> None:
        """A row was in breach at a time: before its rhythm is learned anew a few events end that."""
        if not self._table["fired"][row]:
            self._table["fired"][row], self._table["held"][row] = True, 0
            self._table["last_ms"][row] = max(at_ms, int(self._table["last_ms"][row]))

    def wake_ms(self) -> int | None:
        """End of the next pane that must be stepped even if it has no events."""
        turn_ms = self._rhythm.next_pane_end_ms(self.pane_ms)
        if turn_ms is None:
            return None
        return min(turn_ms, self._checks.first_ms())

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything remembered, for a snapshot."""
        return self._table.state() | {RHYTHM + name: of for name, of in self._rhythm.state().items()}

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a snapshot."""
        rhythm = {name for name in state if name.startswith(RHYTHM)}
        self._rhythm.load({name[len(RHYTHM) :]: state[name] for name in rhythm})
        self._table.load({name: of for name, of in state.items() if name not in rhythm})

    def due(self, end_ms: int) -> Ints:
        """Rows, ascending, for which it is time to look by the end of a pane, whatever comes in."""
        return np.flatnonzero(self._table["check_ms"][: self._table.rows] <= end_ms)

    def fired(self, rows: Ints) -> Flags:
        """Which rows are in breach."""
        fired: Flags = self._table["fired"][rows]
        return fired

    def catch_up(self, end_ms: int) -> None:
        """Bring the rhythm to the stretch in which the pane that ends at `end_ms` starts."""
        self._turn(end_ms - self.pane_ms)

    def step(self, end_ms: int, rows: Ints, counts: Ints) -> Findings:
        """Judge the pane that ends at `end_ms`, given the rows that have events in it.

        The findings are of those rows and of the ones for which it was time to look.
        """
        self.catch_up(end_ms)
        start_ms, due = end_ms - self.pane_ms, self.due(end_ms)
        standing = due[self._checks.stands(due)]
        busy = counts > 0
        came, events = (rows, counts) if busy.all() else (rows[busy], counts[busy])
        if len(came):
            self._account(came, start_ms, events)
            self._rhythm.add(start_ms, came, events)
            self._run.lumps.note(came, start_ms, events)
        if len(due):
            self._account(due, end_ms, None)
            rows = union([rows, due])
        findings, over = self._settle(end_ms, rows, standing)
        again = union([due, over])
        self._check(again, end_ms)  # of others it was reckoned before; events only put the moment off
        return findings

    def check_ms(self) -> int | None:
        """End of the pane at which quiet alone would first raise an alarm in this stretch; None: never."""
        first_ms = self._checks.first_ms()
        return None if first_ms == NEVER else first_ms

    def checks_ms(self) -> Ints | None:
        """Of no row is it known beyond the current stretch."""
        return None

    def coast(
        self, arrivals: Arrivals, runs: Sequence[ArrivalRun], through_ms: int, idle: Flags | None = None
    ) -> Coasted:
        """Take arrivals up to where one would begin or end a breach, or quiet would begin one.

        Stretches that are over by `through_ms` are learned from, but none while an arrival in it is refused.
        Rows that are `idle` are looked at by themselves when it is time, as those of runs are.
        """
        way = Underway(arrivals, runs, reached := [run.start for run in runs])
        if not self.begin_with(way):
            return Coasted(reached, [])
        if self._heard is not arrivals:
            self._heard = arrivals
            follow_lessons(self._rhythm, arrivals, self.pane_ms)
        while True:
            refused = self._run.through_stretch(arrivals, runs, reached)
            if not refused and self._pass_check(way, through_ms, idle):
                continue
            turn_ms = self._rhythm.next_pane_end_ms(self.pane_ms)
            if refused or self.check_ms() is not None or turn_ms is None or turn_ms > through_ms:
                return Coasted(reached, refused)
            # Stretches that end before this are over by `through_ms`, and no arrival is in them.
            over_ms = (through_ms // self.pane_ms - 1) * self.pane_ms + 1
            if not self._run.skip_quiet(min(over_ms, way.first_ms() - self.pane_ms + 1)):
                self._turn(turn_ms - self.pane_ms)

    def begin_with(self, way: Underway) -> bool:
        """Begin with the first arrival, if need be; false where nothing has come in yet."""
        if self._rhythm.stretch is NOTHING:
            if (first_ms := way.first_ms()) == NEVER:
                return False
            self._rhythm.begin(first_ms - self.pane_ms)
        return True

    def _pass_check(self, way: Underway, through_ms: int, idle: Flags | None) -> bool:
        """Look at the rows for which it is time first, as `step` would; whether that could be done.

        It cannot where the quiet does raise the alarm, nor where something comes in in the same pane.
        """
        at_ms = self._checks.first_ms() if self._side.too_low else NEVER
        if at_ms > through_ms:
            return False
        checks = self._table["check_ms"][: self._table.rows]
        rows = np.flatnonzero(checks == at_ms)
        if not way.quiet(at_ms, idle, len(checks))[rows].all():
            return False
        if len(rows) == 1 and not self._table["fired"][rows[0]]:
            return self._checks.pass_one(int(rows[0]), at_ms, self.pane_ms)
        passed = np.maximum(at_ms - self._table["last_ms"][rows], 0)
        wealth, bound = self._table["wealth"][rows], self._run.bound(rows)
        if self._checks.would_alarm(wealth, bound, passed).any():
            return False
        self._account(rows, at_ms, None)
        self._check(rows, at_ms)
        return True

    def _turn(self, start_ms: int) -> None:
        """Bring everything to the stretch in which the pane starts."""
        if self._rhythm.stretch is NOTHING:
            self._rhythm.begin(start_ms)
        while (stretch := self._rhythm.stretch).end_ms <= start_ms:
            rows = np.flatnonzero(self._table["last_ms"][: self._table.rows])
            self._account(rows, stretch.end_ms, None)
            whole = self._run.lumps.whole(rows)
            if whole.any():
                self._run.take_whole(rows[whole])
            self._run.lumps.learn(stretch)
            self._rhythm.turn()
            self._check(rows, stretch.end_ms)

    def _account(self, rows: Ints, to_ms: int, counts: Ints | None) -> None:
        """Account for time without events up to `to_ms`, and for a pane with `counts` that starts then.

        Where hours are judged as a whole, events are held until theirs is over.
        """
        whole = self._run.lumps.whole(rows)
        if whole.any():
            if counts is not None:
                self._run.hold(rows[whole], counts[whole])
                counts = counts[~whole]
            rows = rows[~whole]
        table, bound, mean = self._table, self._run.bound(rows), self._rhythm.mean[rows]
        last = table["last_ms"][rows]
        passed = np.where(last > 0, np.maximum(to_ms - last, 0), 0)
        gauges, wealth, fired = table["gauges"][rows], table["wealth"][rows], table["fired"][rows]
        watched, after = (gauges, table["lately"][rows]), wealth
        if passed.any():
            if bound.any():
                after = self._stakes.quiet(wealth, bound, passed)
            seen = bound * passed, mean * passed, None
            follow(self._side.likely, watched, fired, np.maximum(last, to_ms), seen)
        if counts is None:
            table["last_ms"][rows] = np.where(last > 0, np.maximum(last, to_ms), 0)
        else:
            after = self._stakes.pane(after, bound, counts)
            told = counts if self._side.too_low else np.where(bound > 0, counts, 0)
            expected = bound * self.pane_ms, mean * self.pane_ms, told
            table["last_ms"][rows] = end_ms = np.full(len(rows), to_ms + self.pane_ms)
            follow(self._side.likely, watched, fired, end_ms, expected)
        table["gauges"][rows], table["lately"][rows] = watched
        table["wealth"][rows] = np.where(fired[:, None], wealth, after)

    def _settle(self, end_ms: int, rows: Ints, standing: Ints) -> tuple[Findings, Ints]:
        """Raise alarms, with those `standing` since the end of an hour; also the rows whose alarm is over."""
        table = self._table
        fired, gauges = table["fired"][rows], table["gauges"][rows]
        alarm = ~fired & (self._stakes.evidence(table["wealth"][rows]) >= 1)
        if len(standing):
            alarm |= ~fired & np.isin(rows, standing)
        over = fired & (gauges[:, RECOVERY] >= self._run.back(rows)) if fired.any() else fired
        self._tell_levels(rows[alarm], rows[over])
        breach = (fired | alarm) & ~over
        findings = self._findings(rows, self._by(end_ms, rows, gauges), breach, over)
        table["fired"][rows] = breach
        gauges[alarm, RECOVERY] = 0
        gauges[over] = 0
        gauges[over, SINCE] = table["last_ms"][rows[over]]
        table["gauges"][rows] = gauges
        table["wealth"][rows[over]] = 0
        return findings, rows[over]

    def _by(self, end_ms: int, rows: Ints, gauges: Floats) -> Floats:
        """Gauges with the quiet up to a pane's end, in breaches that are asked for between their events."""
        found, quiet_ms = gauges.copy(), np.maximum(end_ms - self._table["last_ms"][rows], 0)
        quiet_ms[~self._table["fired"][rows]] = 0
        found[:, ALLOWED] += self._run.bound(rows) * quiet_ms
        found[:, EXPECTED] += self._rhythm.mean[rows] * quiet_ms
        return found

    def _tell_levels(self, begun: Ints, over: Ints) -> None:
        """Remember the levels of rows whose breach begins, and whether that of others ended at a new one."""
        table = self._table
        if len(begun):
            table["before"][begun] = self._rhythm.pace(begun)
            table["became"][begun] = 0
            table["lately"][begun] = 0
        if len(over):
            now, before, lately = self._rhythm.pace(over), table["before"][over], table["lately"][over]
            table["became"][over] = new_levels(before, now, lately, self._side)

    def _check(self, rows: Ints, from_ms: int) -> None:
        if self._side.too_low:
            self._checks.reckon(rows, from_ms, self.pane_ms)
        else:
            self._checks.reckon_standing(rows, from_ms, self.pane_ms)

    def _findings(self, rows: Ints, gauges: Floats, breach: Flags, over: Flags) -> Findings:
        levels = self._table["before"][rows], self._table["became"][rows]
        told = evidence_of((rows, breach), (gauges, self._rhythm.since_ms(rows)), levels)
        judged = self._run.bound(rows) > 0
        return findings_of((rows, judged, breach, over), gauges, self._severity, told)
