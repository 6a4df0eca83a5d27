"""Coasting: sudden detection in one scope over many panes, number by number, as long as nothing happens.

A step of the detector handles all scopes of one pane in arrays, which costs as much for six scopes as for
six hundred.  Over a year of records most panes have few, and raise no alarm: plain numbers are faster then.
They are the same numbers: float64, added and multiplied in the same order.

For example, a scope has answers in panes 3, 90 and 91, and those in 91 would begin a breach.  The run takes
those of 3 and of 90, with the quiet between them, and stops.  Pane 91 is then judged in arrays, and the alert
moves there.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from alerts.detect.findings import Ints
from alerts.detect.memory import MemoryColumn, Table
from alerts.detect.scale import as_moments
from alerts.detect.sudden_ranks import Entries, LogGain, Ranks, reckoned
from alerts.detect.sudden_recovery import SuddenRecovery
from alerts.detect.sudden_terms import LEAST_QUIET_MS, MOST_QUIET_MS, START_BET, WEIGHTS, SuddenTerms
from alerts.detect.volumes.arrivals import ArrivalRun, Arrivals


def sudden_memory() -> Table:
    """What is remembered of each row."""
    return Table(
        {
            "wealth": MemoryColumn(np.float64, 0.0, len(WEIGHTS)),  # M of each bet, in shares of γ
            "saved_ms": MemoryColumn(np.float64),  # time that may still be staked
            "answers": MemoryColumn(np.int64),
            "last_ms": MemoryColumn(np.int64),
            "drift": MemoryColumn(np.float64),  # CUSUM of the bet that tells when the fall began
            "since_ms": MemoryColumn(np.int64),
            "run": MemoryColumn(np.int64, 0, 3),  # answers since then, as sums
            "mild": MemoryColumn(np.float64),  # the same for a mild fall, until an alarm
            "mild_since_ms": MemoryColumn(np.int64),
            "mild_run": MemoryColumn(np.int64, 0, 3),
            "fired": MemoryColumn(np.bool_),
            "after": MemoryColumn(np.int64),  # answers since the alarm
            "mean": MemoryColumn(np.float64),  # recovering mean of goodness since the alarm
            "bar": MemoryColumn(np.float64),  # mean of the floors that these answers had
            "worst": MemoryColumn(np.float64),  # greatest drift since the alarm
            "worst_run": MemoryColumn(np.int64, 0, 3),  # `run` up to there
            "stale": MemoryColumn(np.bool_),  # fired, and nothing has come in for long
            "known": MemoryColumn(np.float64),  # floor that somebody has accepted, as goodness; 0: none
            "known_reach": MemoryColumn(np.float64),  # answers that tell the level from the rule's floor
            "known_mean": MemoryColumn(np.float64),  # recovering mean of goodness since it was accepted
            "known_after": MemoryColumn(np.int64),  # answers since then
        }
    )


FEW: Final = 12
"""Rows from which they are taken rank by rank rather than one after the other."""
FIRST_COAST: Final = 64
"""Arrivals of a row that are taken at first when many are; eight times as many next."""
MOST_COAST: Final = 4096
"""The same of many rows, which take few steps."""
NO_ANSWERS: Final = [0, 0, 0]
"""A run that starts over; not to be changed."""


class SuddenStanding(NamedTuple):
    """What `sudden` remembers of a row that is not in breach, by the names of its columns."""

    wealth: list[float]
    saved_ms: float
    answers: int
    last_ms: int
    drift: float
    since_ms: int
    run: list[int]
    mild: float
    mild_since_ms: int
    mild_run: list[int]


class Paths(NamedTuple):
    """The `Entries` of one row, as plain numbers."""

    end_ms: list[int]
    new: list[list[int]]
    gain: list[list[float]]
    drift: list[float]
    mild: list[float]
    kept: list[float]
    passed: list[int]


def coast(
    was: SuddenStanding, paths: Paths, places: tuple[int, int], budget_ms: float
) -> tuple[SuddenStanding, int]:
    """Go through the panes from the first of `places` up to before the second.

    Returns where the row stands, and the place of the pane that would raise the alarm, or else the second.
    """
    wealth, saved_ms, answers, last_ms, drift, since_ms, run, mild, mild_since_ms, mild_run = was
    ends_ms, news, gains, drifts, milds, shares, passed = paths
    at, stop = places
    while at < stop:
        end_ms, new, kept = ends_ms[at], news[at], shares[at]
        most_ms = min(saved_ms + (passed[at] if answers else 0), budget_ms)
        stake = most_ms * (1 - kept) / budget_ms
        after = [(one + stake) * gain for one, gain in zip(wealth, gains[at], strict=True)]
        if mixture(after) >= 1:
            break
        wealth, saved_ms, answers, last_ms = after, most_ms * kept, answers + new[0], end_ms
        drift += drifts[at]
        if drift <= 0:
            drift, since_ms, run = 0.0, 0, NO_ANSWERS
        else:
            since_ms, run = since_ms or end_ms, [run[0] + new[0], run[1] + new[1], run[2] + new[2]]
        mild += milds[at]
        if mild <= 0:
            mild, mild_since_ms, mild_run = 0.0, 0, NO_ANSWERS
        else:
            mild_since_ms = mild_since_ms or end_ms
            mild_run = [mild_run[0] + new[0], mild_run[1] + new[1], mild_run[2] + new[2]]
        at += 1
    standing = SuddenStanding(
        wealth, saved_ms, answers, last_ms, drift, since_ms, run, mild, mild_since_ms, mild_run
    )
    return standing, at


def mixture(wealth: list[float]) -> float:
    """The mixture of all bets, added up in their order."""
    evidence = wealth[0] * WEIGHTS[0]
    for one, weight in zip(wealth[1:], WEIGHTS[1:], strict=True):
        evidence += one * weight
    return evidence


class SuddenRun:
    """Coasts over the memory of one rule."""

    def __init__(self, table: Table, terms: SuddenTerms) -> None:
        self._table: Final = table
        self._terms: Final = terms
        self._recovery: Final = SuddenRecovery(table, terms)

    def stale_ms(self, rows: Ints) -> Ints:
        """When breaches turn stale if nothing more comes in."""
        quiet_ms = np.clip(self._table["saved_ms"][rows], LEAST_QUIET_MS, MOST_QUIET_MS)
        return self._terms.after_ms(self._table["last_ms"][rows], quiet_ms.astype(np.int64))

    def armed(self, arrivals: Arrivals, runs: Sequence[ArrivalRun], gains: LogGain) -> list[int]:
        """Take what raises no alarm; the places reached."""
        order = sorted(runs, key=lambda run: run.start - run.stop)
        many = np.array([run.stop - run.start for run in order], np.int64)
        places = np.concatenate([np.arange(0), *(np.arange(run.start, run.stop) for run in order)])
        of = reckoned(arrivals, places, self._table, self._terms, gains)
        starts = np.cumsum(many) - many
        together = int(many[FEW - 1]) if len(many) >= FEW else 0
        taken = np.zeros(len(many), np.int64)
        if together:
            rows = np.array([run.row for run in order], np.int64)
            taken = Ranks(self._table, self._terms, rows).go(of, starts, np.minimum(many, together))
        found = {}
        for run, start, done in zip(order, starts.tolist(), taken.tolist(), strict=True):
            left = slice(start + done, start + run.stop - run.start)
            more = self._one(of, run.row, left) if done == together < run.stop - run.start else 0
            found[run.row] = run.start + done + more
        return [found[run.row] for run in runs]

    def _one(self, of: Entries, row: int, left: slice) -> int:
        """Take one row's entries; how many."""
        paths = Paths(*(column[left].tolist() for column in of))
        standing = SuddenStanding(*(self._table[name][row].tolist() for name in SuddenStanding._fields))
        standing, end = coast(standing, paths, (0, left.stop - left.start), self._terms.budget_ms)
        for name, value in zip(SuddenStanding._fields, standing, strict=True):
            self._table[name][row] = value
        return end

    def breach(self, arrivals: Arrivals, run: ArrivalRun) -> int:
        """Take a row's arrivals while its breach goes on; the place reached."""
        table, row = self._table, run.row
        at = slice(run.start, run.stop)
        new: Ints = arrivals.counts[at] @ self._terms.powers
        drifts = self._drifts(row, arrivals.counts[at])
        total = np.cumsum(new, axis=0)
        worst, worst_run = self._recovery.worst(row, drifts, table["run"][row] + total)
        pane = as_moments(new)
        since_ms = np.full(len(new), table["since_ms"][row] or arrivals.end_ms[run.start])
        of_all, span = table["run"][row] + total, (since_ms, arrivals.end_ms[at])
        of_day = self._recovery.of_day(np.array([row]), of_all, span)
        reach = self._recovery.reach(of_day, of_all, worst_run, self._terms.floor)
        kept = (1 - 2 / (reach + 1)) ** pane.n
        added = (1 - kept) * self._terms.scale.goodness(pane)
        before = int(table["after"][row])
        enough = (before + total[:, 0] >= reach / 2).tolist()
        mean = float(table["mean"][row])
        gaps = self._soon(row, arrivals.end_ms[at])
        taken = 0
        for keep, more, is_enough, soon in zip(kept.tolist(), added.tolist(), enough, gaps, strict=True):
            after = keep * mean + more
            if not soon or (after >= self._terms.floor and is_enough):
                break
            mean, taken = after, taken + 1
        if taken:
            last = taken - 1
            table["mean"][row], table["drift"][row] = mean, drifts[last]
            table["worst"][row], table["worst_run"][row] = worst[last], worst_run[last]
            table["after"][row] = before + total[last, 0]
            table["answers"][row] += total[last, 0]
            table["run"][row] += total[last]
            table["last_ms"][row] = arrivals.end_ms[run.start + last]
            table["since_ms"][row] = table["since_ms"][row] or arrivals.end_ms[run.start]
            table["stale"][row] = False
        return run.start + taken

    def _drifts(self, row: int, counts: Ints) -> list[float]:
        """The CUSUM that dates the fall, after each of a row's panes."""
        low, drifts = float(self._table["drift"][row]), []
        for more in self._terms.log_gain(counts)[:, START_BET].tolist():
            low = max(low + more, 0.0)
            drifts.append(low)
        return drifts

    def _soon(self, row: int, end_ms: Ints) -> list[bool]:
        """Whether each of a row's panes comes before the breach is stale."""
        before_ms = np.append(self._table["last_ms"][row], end_ms[:-1])[: len(end_ms)]
        quiet_ms = int(np.clip(self._table["saved_ms"][row], LEAST_QUIET_MS, MOST_QUIET_MS))
        soon: list[bool] = (self._terms.passed_ms(before_ms, end_ms) < quiet_ms).tolist()
        return soon
