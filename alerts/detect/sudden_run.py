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
from alerts.detect.sudden_terms import (
    GREATEST,
    LEAST_QUIET_MS,
    MILD_BET,
    MOST_QUIET_MS,
    STAKED_SHARE,
    START_BET,
    SuddenTerms,
)
from alerts.detect.volumes.arrivals import ArrivalRun, Arrivals

WEIGHTS: Final = (0.15, 0.2, 0.25, 0.25, 0.15)
"""Of the bets (see `sudden_terms.FALLS`) in the mixture."""


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
            "stale": MemoryColumn(np.bool_),  # fired, and nothing has come in for long
            "known": MemoryColumn(np.float64),  # floor that somebody has accepted, as goodness; 0: none
            "known_reach": MemoryColumn(np.float64),  # answers that tell the level from the rule's floor
            "known_mean": MemoryColumn(np.float64),  # recovering mean of goodness since it was accepted
            "known_after": MemoryColumn(np.int64),  # answers since then
        }
    )


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
    """What was reckoned beforehand of each pane with answers.

    `end_ms` is the pane's end, `new` the sums of its answers, `gain` what it does to each bet, `drift` its
    step of the drift, `kept` the share of the saved time that is not staked, `passed` the time that counts
    since the row's answers before it.
    """

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

    def stale_ms(self, rows: Ints) -> Ints:
        """When breaches turn stale if nothing more comes in."""
        quiet_ms = np.clip(self._table["saved_ms"][rows], LEAST_QUIET_MS, MOST_QUIET_MS)
        return self._terms.after_ms(self._table["last_ms"][rows], quiet_ms.astype(np.int64))

    def armed(self, arrivals: Arrivals, runs: Sequence[ArrivalRun]) -> list[int]:
        """Take what raises no alarm; the places reached."""
        table = self._table
        places = np.concatenate([np.arange(0), *(np.arange(run.start, run.stop) for run in runs)])
        counts, rows = arrivals.counts[places], arrivals.rows[places]
        new = counts @ self._terms.powers
        log_gain = self._terms.log_gain(counts)
        before = _before(rows, new[:, 0], table["answers"])
        end_ms = arrivals.end_ms[places]
        last_ms = np.append(0, end_ms[:-1])[: len(end_ms)]
        firsts = np.flatnonzero(np.diff(rows, prepend=-1))
        last_ms[firsts] = table["last_ms"][rows[firsts]]
        paths = Paths(
            end_ms.tolist(),
            new.tolist(),
            np.exp(np.minimum(log_gain, GREATEST)).tolist(),
            log_gain[:, START_BET].tolist(),
            log_gain[:, MILD_BET].tolist(),
            ((1 - np.maximum(STAKED_SHARE, 1 / (before + 1))) ** new[:, 0]).tolist(),
            self._terms.passed_ms(last_ms, end_ms).tolist(),
        )
        found, start = [], 0
        for run in runs:
            standing = SuddenStanding(*(table[name][run.row].tolist() for name in SuddenStanding._fields))
            stop = start + run.stop - run.start
            standing, end = coast(standing, paths, (start, stop), self._terms.budget_ms)
            for name, value in zip(SuddenStanding._fields, standing, strict=True):
                table[name][run.row] = value
            found.append(run.start + end - start)
            start = stop
        return found

    def breach(self, arrivals: Arrivals, run: ArrivalRun) -> int:
        """Take a row's arrivals while its breach goes on; the place reached."""
        table, row = self._table, run.row
        at = slice(run.start, run.stop)
        new: Ints = arrivals.counts[at] @ self._terms.powers
        drift = self._terms.log_gain(arrivals.counts[at])[:, START_BET].tolist()
        total = np.cumsum(new, axis=0)
        so_far, pane = as_moments(table["run"][row] + total), as_moments(new)
        reach = self._terms.reach(so_far, self._terms.floor)
        kept = (1 - 2 / (reach + 1)) ** pane.n
        added = (1 - kept) * self._terms.scale.goodness(pane)
        before = int(table["after"][row])
        enough = (before + total[:, 0] >= reach / 2).tolist()
        mean, low = float(table["mean"][row]), float(table["drift"][row])
        end_ms = arrivals.end_ms[at]
        before_ms = np.append(table["last_ms"][row], end_ms[:-1])[: len(end_ms)]
        quiet_ms = int(np.clip(table["saved_ms"][row], LEAST_QUIET_MS, MOST_QUIET_MS))
        gaps = (self._terms.passed_ms(before_ms, end_ms) < quiet_ms).tolist()
        taken = 0
        for keep, more, is_enough, soon in zip(kept.tolist(), added.tolist(), enough, gaps, strict=True):
            after = keep * mean + more
            if not soon or (after >= self._terms.floor and is_enough):
                break
            mean, low = after, max(low + drift[taken], 0.0)
            taken += 1
        if taken:
            table["mean"][row], table["drift"][row] = mean, low
            table["after"][row] = before + total[taken - 1, 0]
            table["answers"][row] += total[taken - 1, 0]
            table["run"][row] += total[taken - 1]
            table["last_ms"][row] = arrivals.end_ms[run.start + taken - 1]
            table["since_ms"][row] = table["since_ms"][row] or arrivals.end_ms[run.start]
            table["stale"][row] = False
        return run.start + taken


def _before(rows: Ints, answers: Ints, known: Ints) -> Ints:
    """Answers of each entry's row before it; entries of a row stand together."""
    total = np.cumsum(answers) - answers
    before: Ints = known[rows] + total - total[np.searchsorted(rows, rows)]
    return before
