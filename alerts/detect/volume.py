"""Volume against a learned rhythm: what surge and learned silence have in common.

Both watch how far the events of a scope stray past one bound of its rhythm.  Time is accounted for row by
row: at the row's own panes with events, at the ends of the rhythm's stretches, and, for silence, at the
moment when the quiet alone would raise the alarm.  None of these depends on other rows.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.findings import NONE, SEVERITY_CODE, Codes, Findings, Flags, Floats, Ints
from alerts.detect.hours import Calendar
from alerts.detect.rhythm import Rhythm
from alerts.detect.stakes import Stakes
from alerts.detect.table import Column, Table
from alerts.rules import Budget, OpenHours, Severity
from alerts.states import Verdict
from alerts.transitions import rounded, utc_text

BACK: Final = math.log(100)
"""Odds at which a breach is over: a hundred to one for the bound against what the breach is likely to be."""
NEVER: Final = 2**62
RHYTHM: Final = "rhythm."
"""Before the names of the rhythm's arrays in a snapshot."""


@dataclass(frozen=True, slots=True)
class Side:
    """Which way volumes go wrong.  `rates` are what is bet on, in multiples of the rhythm's bound.

    `likely` is the rate that tells when a breach began, and that its end is weighed against.
    """

    too_low: bool
    rates: tuple[float, ...]
    weights: tuple[float, ...]
    likely: float


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
        self._pane_ms = pane_ms
        self._rhythm = Rhythm(Calendar(rule.hours), rule.learn_ms)
        self._stakes = Stakes(side.rates, side.weights, rule.false_pages.per_ms / rule.false_pages.count)
        self._table = Table(
            {
                "wealth": Column(np.float64, 0, len(side.rates)),
                "last_ms": Column(np.int64),  # up to when time is accounted for
                "drift": Column(np.float64),  # CUSUM for the likely rate: since when, and over how many
                "since_ms": Column(np.int64),
                "run": Column(np.int64),  # events since then,
                "run_bound": Column(np.float64),  # as many as the bound has, and
                "run_mean": Column(np.float64),  # as many as were expected
                "fired": Column(np.bool_),
                "back": Column(np.float64),  # log odds that the breach is over
                "check_ms": Column(np.int64, NEVER),  # when quiet alone would raise the alarm
            }
        )

    def grow(self, rows: int) -> None:
        """Make place for rows below `rows`."""
        self._table.grow(rows)
        self._rhythm.grow(rows)

    def clear(self, rows: Ints) -> None:
        """Forget the rows."""
        self._table.clear(rows)
        self._rhythm.clear(rows)

    def wake_ms(self) -> int | None:
        """End of the next pane that must be stepped even if it has no events."""
        turn_ms = self._rhythm.next_pane_end_ms(self._pane_ms)
        if turn_ms is None:
            return None
        return min(turn_ms, int(self._table["check_ms"][: self._table.rows].min(initial=NEVER)))

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything remembered, for a snapshot."""
        return self._table.state() | {RHYTHM + name: of for name, of in self._rhythm.state().items()}

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a snapshot."""
        rhythm = {name for name in state if name.startswith(RHYTHM)}
        self._rhythm.load({name[len(RHYTHM) :]: state[name] for name in rhythm})
        self._table.load({name: of for name, of in state.items() if name not in rhythm})

    def due(self, end_ms: int) -> Ints:
        """Rows for which it is time to look at the end of a pane, whatever comes in."""
        self._turn(end_ms - self._pane_ms)
        return np.flatnonzero(self._table["check_ms"][: self._table.rows] <= end_ms)

    def step(self, end_ms: int, rows: Ints, counts: Ints) -> Findings:
        """Judge the pane that ends at `end_ms`, given the rows that have events in it.

        The findings are of those rows and of the ones for which it was time to look.
        """
        start_ms = end_ms - self._pane_ms
        self._turn(start_ms)
        busy = counts > 0
        self._quiet(rows[busy], start_ms)
        self._pane(start_ms, rows[busy], counts[busy])
        self._rhythm.add(start_ms, rows[busy], counts[busy])
        due = self.due(end_ms)
        self._quiet(due, end_ms)
        findings = self._settle(np.union1d(rows, due))
        if self._side.too_low:  # events put the moment off, so what was reckoned before is early enough
            again = np.union1d(due, findings.rows[findings.verdict == Verdict.CLEAR])
            self._table["check_ms"][again] = self._next_check(again, end_ms)
        return findings

    def _turn(self, start_ms: int) -> None:
        """Bring everything to the stretch in which the pane starts."""
        if self._rhythm.stretch is None:
            self._rhythm.begin(start_ms)
        while (stretch := self._rhythm.stretch) and stretch.end_ms <= start_ms:
            rows = np.arange(self._table.rows)
            self._quiet(rows, stretch.end_ms)
            self._rhythm.turn()
            if self._side.too_low:
                self._table["check_ms"][rows] = self._next_check(rows, stretch.end_ms)

    def _bound(self, rows: Ints) -> Floats:
        """Events per millisecond that are still all right; 0 where nothing is judged."""
        if self._side.too_low:
            return self._rhythm.low[rows]
        high = self._rhythm.high[rows]
        return np.where(np.isfinite(high), high, 0)

    def _quiet(self, rows: Ints, to_ms: int) -> None:
        """Account for time without events since each row was last accounted for."""
        table = self._table
        last = table["last_ms"][rows]
        passed = np.where(last > 0, np.maximum(to_ms - last, 0), 0)
        table["last_ms"][rows] = np.where(last > 0, np.maximum(last, to_ms), 0)
        bound, armed = self._bound(rows), ~table["fired"][rows]
        table["wealth"][rows[armed]] = self._stakes.quiet(
            table["wealth"][rows[armed]], bound[armed], passed[armed].astype(np.float64)
        )
        self._follow(rows, np.zeros(len(rows), np.int64), passed)

    def _pane(self, start_ms: int, rows: Ints, counts: Ints) -> None:
        """Account for a pane with events."""
        table = self._table
        bound, armed = self._bound(rows), ~table["fired"][rows]
        table["wealth"][rows[armed]] = self._stakes.pane(
            table["wealth"][rows[armed]], bound[armed], self._pane_ms, counts[armed]
        )
        if not self._side.too_low:  # a surge begins with the pane, a silence after it
            self._begin(rows[bound > 0], start_ms)
        self._follow(rows, counts, np.full(len(rows), self._pane_ms))
        if self._side.too_low:
            self._begin(rows, start_ms + self._pane_ms)
        table["last_ms"][rows] = start_ms + self._pane_ms

    def _begin(self, rows: Ints, at_ms: int) -> None:
        fresh = rows[self._table["since_ms"][rows] == 0]
        self._table["since_ms"][fresh] = at_ms

    def _follow(self, rows: Ints, counts: Ints, passed: Ints) -> None:
        """Weigh events and time for and against the likely rate; a run that nothing speaks for is over."""
        table, rate = self._table, self._side.likely
        bound = self._bound(rows) * passed
        gain = np.where(self._bound(rows) > 0, counts * math.log(rate) + (1 - rate) * bound, 0)
        drift = np.maximum(table["drift"][rows] + gain, 0)
        table["drift"][rows] = drift
        table["back"][rows] = np.maximum(table["back"][rows] - gain, 0)
        table["run"][rows] += counts
        table["run_bound"][rows] += bound
        table["run_mean"][rows] += self._rhythm.mean[rows] * passed
        ended = (drift <= 0) & (passed > 0) & ~table["fired"][rows]
        over = rows[ended]
        for name in ("since_ms", "run", "run_bound", "run_mean"):
            table[name][over] = 0

    def _settle(self, rows: Ints) -> Findings:
        """Raise and end alarms."""
        table = self._table
        fired = table["fired"][rows]
        alarm = ~fired & (self._stakes.evidence(table["wealth"][rows]) >= 1)
        over = fired & (table["back"][rows] >= BACK)
        table["fired"][rows[alarm]] = True
        table["back"][rows[alarm]] = 0
        findings = self._findings(rows, (fired | alarm) & ~over, over)
        for name in ("wealth", "drift", "since_ms", "run", "run_bound", "run_mean", "fired", "back"):
            table[name][rows[over]] = 0
        return findings

    def _next_check(self, rows: Ints, from_ms: int) -> Ints:
        """End of the first pane in this stretch at which quiet since `from_ms` raises the alarm, or never."""
        stretch = self._rhythm.stretch
        wealth, bound = self._table["wealth"][rows], self._bound(rows)
        if stretch is None or not len(rows):
            return np.full(len(rows), NEVER)
        first = from_ms // self._pane_ms
        panes = max(-(-stretch.end_ms // self._pane_ms) - first, 0)
        few, many = np.zeros(len(rows), np.int64), np.full(len(rows), panes)
        for _ in range(panes.bit_length()):  # halves the panes until one is left
            middle = (few + many) // 2
            time_ms = (first + middle) * self._pane_ms - from_ms
            alarm = self._stakes.evidence(self._stakes.quiet(wealth, bound, time_ms.astype(np.float64))) >= 1
            few, many = np.where(alarm, few, middle), np.where(alarm, middle, many)
        time_ms = (first + many) * self._pane_ms - from_ms
        reached = self._stakes.evidence(self._stakes.quiet(wealth, bound, time_ms.astype(np.float64))) >= 1
        armed = ~self._table["fired"][rows] & (self._table["last_ms"][rows] > 0)
        return np.where(reached & armed & (many > 0), (first + many) * self._pane_ms, NEVER)

    def _findings(self, rows: Ints, breach: Flags, over: Flags) -> Findings:
        table = self._table
        judged = self._bound(rows) > 0
        verdict: Codes = np.where(judged | over, Verdict.CLEAR, Verdict.INSUFFICIENT).astype(np.int8)
        verdict[breach] = Verdict.BREACH
        nothing = np.full(len(rows), np.nan)
        return Findings(
            rows,
            verdict,
            np.where(breach, self._severity, NONE).astype(np.int8),
            table["run"][rows].astype(np.float64),
            table["run"][rows].copy(),
            nothing,
            nothing,
            np.where(judged | breach, table["run_bound"][rows], np.nan),
            {row: self._evidence(row) for row in rows[breach].tolist()},
        )

    def _evidence(self, row: int) -> dict[str, object]:
        since_ms = int(self._table["since_ms"][row])
        expected = rounded(float(self._table["run_mean"][row]))
        return {"since": utc_text(since_ms), "expected": expected}
