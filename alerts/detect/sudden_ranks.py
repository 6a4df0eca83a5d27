"""Ranks: sudden detection in many scopes over many panes: each scope's first pane, then each one's second.

Scopes know nothing of each other.  So what a pane brings to one may be taken beside what quite another pane
brings to the next, and a step in arrays handles every scope that has anything left.  The numbers are those of
`sudden_run.coast`: float64, added and multiplied in the same order.

For example, three scopes have answers in these panes, which are taken in four steps instead of six:

    a    3   5   9   12        step 0 takes  a 3, b 4, c 9
    b    4   9                      1        a 5, b 9, c 20
    c    9   20  21                 2        a 9,      c 21
                                    3        a 12
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from alerts.detect.findings import Floats, Ints
from alerts.detect.memory import Table
from alerts.detect.sudden_terms import GREATEST, MILD_BET, STAKED_SHARE, START_BET, WEIGHTS, SuddenTerms
from alerts.detect.volumes.arrivals import Arrivals

NEVER: Final = 2**62
RUNS: Final = (("drift", "since_ms", "run"), ("mild", "mild_since_ms", "mild_run"))
"""The columns of each CUSUM, and since when and of which answers it is."""


class Entries(NamedTuple):
    """What was reckoned beforehand of each pane with answers, row by row, and within a row by time.

    `new` are `(entries, 3)`, the sums of a pane's answers, and `gain` `(entries, bets)` what it does to each
    bet; `drift` and `mild` are its steps of the CUSUMs, `kept` is the share of the saved time that is not
    staked, and `passed` the time that counts since the row's answers before it, 0 where there are none.
    """

    end_ms: Ints
    new: Ints
    gain: Floats
    drift: Floats
    mild: Floats
    kept: Floats
    passed: Ints


LogGain = Callable[[Ints, Ints], Floats]
"""What counts of some rows, `(rows, levels)`, add to the logarithm of each bet's wealth, `(rows, bets)`."""


def reckoned(arrivals: Arrivals, places: Ints, table: Table, terms: SuddenTerms, gains: LogGain) -> Entries:
    """The entries at some places, which are next to each other for each row."""
    counts, rows = arrivals.counts[places], arrivals.rows[places]
    new = counts @ terms.powers
    log_gain = gains(rows, counts)
    firsts = np.flatnonzero(np.diff(rows, prepend=-1))
    so_far = np.cumsum(new[:, 0]) - new[:, 0]
    before = table["answers"][rows] + so_far - np.repeat(so_far[firsts], np.diff(firsts, append=len(rows)))
    end_ms = arrivals.end_ms[places]
    last_ms = np.append(0, end_ms[:-1])[: len(end_ms)]
    last_ms[firsts] = table["last_ms"][rows[firsts]]
    return Entries(
        end_ms,
        new,
        np.exp(np.minimum(log_gain, GREATEST)),
        log_gain[:, START_BET],
        log_gain[:, MILD_BET],
        (1 - np.maximum(STAKED_SHARE, 1 / (before + 1))) ** new[:, 0],
        np.where(before > 0, terms.passed_ms(last_ms, end_ms), 0),
    )


class _Standing:
    """Where some rows stand: bets, saved time, and CUSUMs with the last step at which each was at nothing."""

    def __init__(self, table: Table, rows: Ints) -> None:
        self.wealth: Final[Floats] = np.ascontiguousarray(table["wealth"][rows].T)  # (bets, rows)
        self.saved_ms: Final[Floats] = table["saved_ms"][rows]
        self.cusums: Final = [table[name][rows] for name, _, _ in RUNS]
        self.over: Final = [np.full(len(rows), -1) for _ in RUNS]

    def take(self, other: "_Standing", rows: Ints) -> None:
        """Stand where another one stands, in some rows."""
        self.wealth[:, rows] = other.wealth[:, rows]
        self.saved_ms[rows] = other.saved_ms[rows]
        for mine, others in ((self.cusums, other.cusums), (self.over, other.over)):
            for own, its in zip(mine, others, strict=True):
                own[rows] = its[rows]


class Ranks:
    """The steps of some rows, of which the one with most entries comes first."""

    def __init__(self, table: Table, terms: SuddenTerms, rows: Ints) -> None:
        self._table: Final = table
        self._budget_ms: Final = terms.budget_ms
        self._rows: Final = rows

    def go(self, of: Entries, starts: Ints, many: Ints) -> Ints:
        """Take `many` entries of each row from `starts` on, or up to before one that would raise an alarm.

        `many` never rises from row to row.  How many were taken of each row.
        """
        steps = np.arange(int(many.max(initial=0)))
        wide = np.searchsorted(-many, -steps, "left")  # rows with an entry at each step
        ends = np.cumsum(wide)
        step = np.repeat(steps, wide)
        places = starts[np.arange(len(step)) - np.repeat(ends - wide, wide)] + step
        standing, stopped = _Standing(self._table, self._rows), _Standing(self._table, self._rows)
        taken = np.full(len(self._rows), NEVER)
        laid = _Laid(of, places)
        with np.errstate(over="ignore", invalid="ignore"):  # in rows that have stopped
            for at, (end, rows) in enumerate(zip(ends.tolist(), wide.tolist(), strict=True)):
                self._step(standing, laid, slice(end - rows, end), (at, taken, stopped))
        standing.take(stopped, np.flatnonzero(taken < NEVER))
        found: Ints = np.minimum(taken, many)
        self._keep(standing, of, starts, found)
        return found

    def _step(self, now: _Standing, laid: "_Laid", at: slice, stopping: tuple[int, Ints, _Standing]) -> None:
        rows, (step, taken, stopped) = slice(at.stop - at.start), stopping
        most_ms = np.minimum(now.saved_ms[rows] + laid.passed[at], self._budget_ms)
        stake = most_ms * laid.unkept[at] / self._budget_ms
        after = (now.wealth[:, rows] + stake) * laid.gain[:, at]
        evidence = after[0] * WEIGHTS[0]
        for bet in range(1, len(WEIGHTS)):
            evidence += after[bet] * WEIGHTS[bet]
        if evidence.max() >= 1:
            alarmed = np.flatnonzero((evidence >= 1) & (taken[rows] == NEVER))
            stopped.take(now, alarmed)
            taken[alarmed] = step
        now.wealth[:, rows] = after
        np.multiply(most_ms, laid.kept[at], out=now.saved_ms[rows])
        for cusum, over, moved in zip(now.cusums, now.over, laid.moved, strict=True):
            here = cusum[rows]
            here += moved[at]
            np.copyto(over[rows], step, where=here <= 0)
            np.maximum(here, 0, out=here)

    def _keep(self, standing: _Standing, of: Entries, starts: Ints, taken: Ints) -> None:
        """Write down where the rows stand after so many entries of each."""
        table, rows = self._table, self._rows
        total = np.concatenate([np.zeros((1, 3), np.int64), np.cumsum(of.new, axis=0)])
        ends = starts + taken
        table["wealth"][rows] = standing.wealth.T
        table["saved_ms"][rows] = standing.saved_ms
        table["answers"][rows] += (total[ends] - total[starts])[:, 0]
        some = taken > 0
        table["last_ms"][rows[some]] = of.end_ms[ends[some] - 1]
        for names, cusum, over in zip(RUNS, standing.cusums, standing.over, strict=True):
            drift, since, run = names
            table[drift][rows] = cusum
            begins = starts + over + 1  # the first entry that counts
            anew = over >= 0
            since_ms = np.where(anew, 0, table[since][rows])
            first = (since_ms == 0) & (begins < ends)
            since_ms[first] = of.end_ms[begins[first]]
            table[since][rows] = since_ms
            table[run][rows] = np.where(anew[:, None], 0, table[run][rows]) + total[ends] - total[begins]


class _Laid:
    """Entries by step, and within a step by row; `gain` is `(bets, entries)`."""

    def __init__(self, of: Entries, places: Ints) -> None:
        self.gain: Final[Floats] = np.ascontiguousarray(of.gain[places].T)
        self.kept: Final[Floats] = of.kept[places]
        self.unkept: Final[Floats] = 1 - self.kept
        self.passed: Final[Ints] = of.passed[places]
        self.moved: Final = (of.drift[places], of.mild[places])
