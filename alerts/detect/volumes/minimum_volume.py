"""Minimum volume, a quota: silence by a plain rule, "at least so many in so long".

A window is a run of slots, as the windows of scores are.  It must lie within one opening, so the first
moments after doors open accuse nobody, and within the time that the scope has been known: since it has
had, in all, as many events as are wanted.  A mistyped channel that was named once is not silent, it never
spoke; but a scope that the rule itself names is known from the first.  What is wanted per day of a shop
that is open for ten hours is never known; the rules file is refused for that.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from alerts.detect.evidence import Evidence
from alerts.detect.findings import NONE, SEVERITY_CODE, Codes, Findings, Flags, Ints
from alerts.detect.memory import MemoryColumn, Table
from alerts.detect.opening_hours import calendar_of
from alerts.detect.row_sets import among, union
from alerts.detect.volumes.arrivals import NEVER, ArrivalRun, Arrivals, Coasted
from alerts.detect.volumes.minimum_volume_run import Quota, QuotaRun, QuotaStanding
from alerts.hours import OpenHours
from alerts.rules import Budget, Severity
from alerts.states import Verdict
from alerts.transitions import seconds

MOST_SLOTS: Final = 120
WANTED: Final = "wanted"
"""In snapshots: slots' width and number, a sum of the hours' text, and events, in one row for all scopes."""
FEW_ROWS: Final = 4
"""Rows up to which it is faster to step one after the other than all in arrays."""
AHEAD_MS: Final = 400 * 86_400_000
"""How far ahead the next opening is looked for: whoever closes for longer is not watched."""


def slot_ms(window_ms: int, pane_ms: int) -> int:
    """Width of the slots: whole panes, no more of them than `MOST_SLOTS`."""
    panes = -(-window_ms // pane_ms)
    return -(-panes // MOST_SLOTS) * pane_ms


class MinimumVolume:
    """At least `least.count` events in `least.per_ms`; a row per scope."""

    def __init__(self, least: Budget, hours: OpenHours, severity: Severity, pane_ms: int) -> None:
        self._least = least.count
        self._severity = SEVERITY_CODE[severity]
        self._pane_ms = pane_ms
        self._slot_ms = slot_ms(least.per_ms, pane_ms)
        self._slots = -(-least.per_ms // self._slot_ms)
        self._calendar = calendar_of(hours)
        self._quota = Quota(int(self._least), self._slot_ms, pane_ms, self._first_whole_ms)
        self._slot = 0  # the last slot of any row
        wanted = self._slot_ms, self._slots, crc32(hours.text.encode()), int(least.count)
        self._wanted: Ints = np.array([wanted], np.int64)
        self._table = Table(
            {
                "events": MemoryColumn(np.int64, 0, self._slots),  # by slot, modulo the number of slots
                "slot": MemoryColumn(np.int64),  # the last slot that `events` holds
                "heard": MemoryColumn(np.int64),  # events in all, until they are as many as are wanted
                "since_ms": MemoryColumn(np.int64),  # start of the pane with which they were; 0: not yet
                "fired": MemoryColumn(np.bool_),
                "check_ms": MemoryColumn(np.int64, NEVER),  # when quiet alone would be a breach
            }
        )

    @property
    def window_ms(self) -> int:
        """How far back events are counted: the rule's duration, rounded up to whole slots."""
        return self._slots * self._slot_ms

    def grow(self, rows: int) -> None:
        """Make place for rows below `rows`."""
        self._table.grow(rows)

    def clear(self, rows: Ints) -> None:
        """Forget the rows."""
        self._table.clear(rows)

    def expect(self, rows: Ints, since_ms: int) -> None:
        """Take rows that have not been heard of yet for known since a time, the start of a pane."""
        fresh = rows[self._table["since_ms"][rows] == 0]
        self._slide(fresh, since_ms // self._slot_ms)
        self._table["since_ms"][fresh] = since_ms
        self._table["check_ms"][fresh] = self._next_check(fresh, since_ms)

    def take_up(self, row: int, at_ms: int) -> None:
        """A row was in breach at a time: as many events as are wanted end that."""
        self._slide(np.array([row]), (at_ms - self._pane_ms) // self._slot_ms)
        self._table["fired"][row] = True
        self._table["check_ms"][row] = NEVER

    def wake_ms(self) -> int | None:
        """End of the next pane that must be stepped even if it has no events."""
        wake_ms = int(self._table["check_ms"][: self._table.rows].min(initial=NEVER))
        return None if wake_ms == NEVER else wake_ms

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything remembered, for a snapshot, and what was wanted."""
        self._slide(np.arange(self._table.rows), self._slot)
        return self._table.state() | {WANTED: self._wanted}

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a snapshot, in which something else may have been wanted."""
        self._table.load({name: array for name, array in state.items() if name != WANTED})
        self._slot = int(self._table["slot"][: self._table.rows].max(initial=0))
        was = state.get(WANTED, self._wanted)[0]
        if len(was) == self._wanted.shape[1] and (was != self._wanted[0]).any():
            self._want_anew(*was.tolist()[:3])

    def _want_anew(self, slot_ms: int, slots: int, hours: int) -> None:
        """Go by the limit of now: in other slots or hours the scopes are known from here on."""
        rows = np.flatnonzero(self._table["since_ms"][: self._table.rows])
        now_ms = (self._slot + 1) * slot_ms
        if (slot_ms, slots, hours) != tuple(self._wanted[0, :3].tolist()):
            self._slot = (now_ms - 1) // self._slot_ms
            self._table["events"][:] = 0
            self._table["slot"][: self._table.rows] = self._slot
            self._table["since_ms"][rows] = now_ms
        rows = rows[~self._table["fired"][rows]]
        self._table["check_ms"][rows] = self._next_check(rows, now_ms)

    def due(self, end_ms: int) -> Ints:
        """Rows, ascending, for which it is time to look by the end of a pane, whatever comes in."""
        found: Ints = (self._table["check_ms"][: self._table.rows] <= end_ms).nonzero()[0]
        return found

    def fired(self, rows: Ints) -> Flags:
        """Which rows are in breach."""
        fired: Flags = self._table["fired"][rows]
        return fired

    def catch_up(self, end_ms: int) -> None:
        """Nothing is learned, so nothing need be caught up with."""

    def step(self, end_ms: int, rows: Ints, counts: Ints) -> Findings:
        """Judge the pane that ends at `end_ms`: the rows given, and those for which it is time to look."""
        table, due = self._table, self.due(end_ms)
        judged = union([rows, due])
        if len(judged) <= FEW_ROWS:
            return self._step_few(end_ms, judged, dict(zip(rows.tolist(), counts.tolist(), strict=True)))
        self._slide(judged, (end_ms - self._pane_ms) // self._slot_ms)
        table["events"][rows, table["slot"][rows] % self._slots] += counts
        new = table["since_ms"][rows] == 0
        table["heard"][rows[new]] += counts[new]
        fresh = rows[new & (table["heard"][rows] >= self._least) & (counts > 0)]
        table["since_ms"][fresh] = end_ms - self._pane_ms
        was = table["fired"][judged]
        findings = self._judge(judged, end_ms)
        fired = table["fired"][judged]
        table["check_ms"][judged[fired]] = NEVER  # only events end a breach
        if len(due) or len(fresh) or was.any():  # of others it was reckoned before; events put it off
            again = judged[~fired & (was | among(judged, due) | among(judged, fresh))]
            table["check_ms"][again] = self._next_check(again, end_ms)
        return findings

    def _step_few(self, end_ms: int, rows: Ints, counts: Mapping[int, int]) -> Findings:
        """The same, row by row; `counts` are by row."""
        found = []
        for row in rows.tolist():
            run = self._run(row)
            found.append(run.judge(end_ms, counts.get(row, 0)))
            self._put(row, run)
            self._table["fired"][row] = found[-1][1]
        self._slot = max(self._slot, (end_ms - self._pane_ms) // self._slot_ms)
        within = np.array([each[0] for each in found], np.int64)
        return self._findings(rows, within, np.array([each[1] for each in found], np.bool_))

    def _run(self, row: int) -> QuotaRun:
        table = self._table
        standing = QuotaStanding(
            table["events"][row].tolist(), *(int(table[name][row]) for name in QuotaStanding._fields[1:])
        )
        return QuotaRun(self._quota, standing, fired=bool(table["fired"][row]))

    def _put(self, row: int, run: QuotaRun) -> None:
        for name, value in zip(QuotaStanding._fields, run.standing(), strict=True):
            self._table[name][row] = value

    def check_ms(self) -> int | None:
        """End of the pane at which quiet alone would first be a breach, unless events have put it off."""
        return self.wake_ms()

    def checks_ms(self) -> Ints | None:
        """By row, the end of the first pane at which quiet alone would be a breach."""
        found: Ints = self._table["check_ms"][: self._table.rows]
        return found

    def coast(
        self,
        arrivals: Arrivals,
        runs: Sequence[ArrivalRun],
        through_ms: int,
        idle: Flags | None = None,  # noqa: ARG002  # as for others
    ) -> Coasted:
        """Take arrivals, and the quiet up to `through_ms`, up to where a breach would begin or end.

        Rows that are not asked stay where they are: their alerts may be looked at before.
        """
        reached, refused = [], []
        for run in runs:
            at, part = self._run(run.row), slice(run.start, run.stop)
            taken = at.take(arrivals.end_ms[part].tolist(), arrivals.counts[part].tolist(), through_ms)
            self._put(run.row, at)
            self._slot = max(self._slot, at.standing().slot)
            reached.append(run.start + taken)
            if run.start + taken < run.stop:
                refused.append(run.start + taken)
        return Coasted(reached, refused)

    def mark(self, rows: Sequence[int]) -> Callable[[], None]:
        """Gives what puts some rows back to how they are now, as far as they have coasted."""
        runs, slot = {row: self._run(row) for row in rows}, self._slot

        def undo() -> None:
            self._slot = slot
            for row, run in runs.items():
                self._put(row, run)

        return undo

    def _slide(self, rows: Ints, slot: int) -> None:
        """Forget the slots that the windows of some rows have left behind."""
        table = self._table
        passed = slot - table["slot"][rows]
        behind = rows[passed > 0]
        if len(behind):
            age = (slot - np.arange(self._slots)) % self._slots
            left = age[None, :] < passed[passed > 0][:, None]
            table["events"][behind] = np.where(left, 0, table["events"][behind])
            table["slot"][behind] = slot
        self._slot = max(self._slot, slot)

    def _judge(self, rows: Ints, end_ms: int) -> Findings:
        table = self._table
        count = table["events"][rows].sum(axis=1)
        breach = (count < self._least) & (self._whole(rows, end_ms) | table["fired"][rows])
        table["fired"][rows] = breach
        return self._findings(rows, count, breach)

    def _findings(self, rows: Ints, count: Ints, breach: Flags) -> Findings:
        verdict: Codes = np.full(len(rows), Verdict.INSUFFICIENT, np.int8)
        verdict[count >= self._least] = Verdict.CLEAR
        verdict[breach] = Verdict.BREACH
        nothing = np.full(len(rows), np.nan)
        told = {"at_least": self._least, "per_s": seconds(self.window_ms)}
        return Findings(
            rows=rows,
            verdict=verdict,
            severity=np.where(breach, self._severity, NONE).astype(np.int8),
            value=count.astype(np.float64),
            n=count,
            low=nothing,
            high=nothing,
            limit=np.full(len(rows), self._least),
            evidence=Evidence(rows, breach, lambda _: told),
        )

    def _whole(self, rows: Ints, end_ms: int) -> Flags:
        """Whether a whole window of open time in which the scope was known ends at `end_ms`, a slot's end."""
        start_ms = end_ms - self.window_ms
        if end_ms % self._slot_ms or self._first_whole_ms(end_ms) != end_ms:
            return np.zeros(len(rows), np.bool_)
        since_ms = self._table["since_ms"][rows]
        known: Flags = (since_ms > 0) & (since_ms <= start_ms)
        return known

    def _next_check(self, rows: Ints, from_ms: int) -> Ints:
        """When, after `from_ms`, quiet alone would leave a row short: a slot's end, in open time."""
        table = self._table
        if not len(rows):
            return rows
        slot = int(table["slot"][rows[0]])  # all were slid to the same
        order = np.arange(slot, slot - self._slots, -1)
        newest_first = table["events"][rows][:, order % self._slots].cumsum(axis=1)
        short = (newest_first < self._least).sum(axis=1)  # slots from the newest on that are too few events
        short_ms = (slot + 1 + self._slots - short) * self._slot_ms
        known_ms = -(-(table["since_ms"][rows] + self.window_ms) // self._slot_ms) * self._slot_ms
        found = np.maximum(np.maximum(short_ms, known_ms), (from_ms // self._slot_ms + 1) * self._slot_ms)
        moments, inverse = np.unique(found, return_inverse=True)
        opened = [self._first_whole_ms(moment) for moment in moments.tolist()]
        return np.array(opened, np.int64)[inverse]

    def _first_whole_ms(self, moment_ms: int) -> int:
        """The first slot's end from a slot's end on with which a whole window of open time ends."""
        limit_ms = moment_ms + AHEAD_MS
        while True:
            since_ms = self._calendar.open_since_ms(moment_ms - 1, self.window_ms)
            if since_ms is None:
                opening_ms = self._calendar.next_opening_ms(moment_ms, limit_ms - moment_ms)
                if opening_ms is None:
                    return NEVER
                since_ms = opening_ms
            if moment_ms - since_ms >= self.window_ms:
                return moment_ms
            moment_ms = -(-(since_ms + self.window_ms) // self._slot_ms) * self._slot_ms
