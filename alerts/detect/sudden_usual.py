"""Sudden, worse than its own usual: each row's floor is what it was in earlier weeks, less what is allowed.

What is usual in an hour of the week leans on the same hour of the weeks before, as far as it differs beyond
chance or had many answers, and on all hours of these weeks but the last day:

    usual = w · same hours + (1 − w) · all hours,   w = d² / (d² + v),  or n / (n + 200) if that is more

with n answers in the same hours, v their mean's variance, and d² their squared difference from all, less v.

The floor is that less two of its standard errors less `worse_by`, so that a past which looked too good by
chance pages nobody.  It is reckoned once an hour from hours that are over for a day, so neither batches nor
the order within a pane matter.  Against any floor that is known beforehand the bets of `sudden` keep their
budget, as they stand on what an answer does given all those before it.

For example, a brand had 90 of 100 contented at all hours and 12 of 20 on Mondays at nine.  The next Monday
at nine 61.5 are usual (w is 0.95), with a standard error of 6.4; where 10 points are allowed, the floor is
38.8.  Had there been 18 of 20, 90 would be usual (w is 0.09), with an error of 2.8, and the floor 74.4.

A level that lasts becomes usual within the weeks that are compared.  The breach then ends, and says so with
`new_level`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.findings import Findings, Flags, Floats, Ints
from alerts.detect.hourly_past import WEEK_HOURS, WEEKS, HourlyPast, allowed
from alerts.detect.memory import MemoryColumn, Table
from alerts.detect.scale import Moments, Scale
from alerts.detect.sudden import SuddenDetector
from alerts.detect.volumes.arrivals import ArrivalRun, Arrivals, Coasted
from alerts.rules import HOUR_MS, Sudden, SuddenRelative
from alerts.states import Verdict
from alerts.transitions import rounded

FAITH: Final = 200
"""Answers' worth of faith that an hour of the week is like all others."""
LEAST_PAST: Final = 100
"""Answers that are at least a day old from which on anything is usual."""
OVER_HOURS: Final = 24
"""Hours that are too young to be usual."""
DOUBT: Final = 2.0
"""Standard errors of what is usual by which a floor is lower."""
LEAST_FLOOR: Final = 0.01
"""A floor so close to the worst there is cannot be fallen below."""
MOVED: Final = 0.5
"""Share of what is allowed by which the usual must have moved for a level to be new."""
PAST: Final = "past."
"""Before the names of the past's arrays in a snapshot."""
USUAL: Final = "usual."
"""Before those of the floors."""
ASKED: Final = "asked"
"""In snapshots: weeks, amount and whether that is percent, in one row for all scopes."""


class UsualSudden(SuddenDetector):
    """One rule of the kind; a row per scope."""

    def __init__(self, detect: SuddenRelative, scale: Scale, levels: Ints) -> None:
        middle = (scale.low + scale.high) / 2  # of no row: each has its own floor
        super().__init__(Sudden(middle, detect.false_pages, detect.severity, detect.hours), scale, levels)
        self._detect = detect
        worse = detect.worse_by
        self._asked = np.array([[WEEKS[detect.against], worse.amount, worse.percent]], np.float64)
        self._hours = HourlyPast()
        self._usual = Table(
            {
                "hour": MemoryColumn(np.int64, -1),  # for which the rest was reckoned
                "usual": MemoryColumn(np.float64),  # in the indicator's unit
                "n": MemoryColumn(np.int64),
                "floor": MemoryColumn(np.float64),  # as goodness; 0: nothing is usual yet
                "before": MemoryColumn(np.float64),  # usual when the breach began
            }
        )

    def grow(self, rows: int) -> None:
        """Make place for rows below `rows`."""
        super().grow(rows)
        self._hours.grow(rows)
        self._usual.grow(rows)

    def clear(self, rows: Ints) -> None:
        """Forget the rows."""
        super().clear(rows)
        self._hours.clear(rows)
        self._usual.clear(rows)

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything remembered, for a snapshot."""
        past = {PAST + name: of for name, of in self._hours.state().items()}
        usual = {USUAL + name: of for name, of in self._usual.state().items()}
        return super().state() | past | usual | {ASKED: self._asked}

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a snapshot; what was gathered by floors of other rules says nothing, but for the past."""
        for prefix, part in ((PAST, self._hours), (USUAL, self._usual)):
            part.load({name[len(prefix) :]: of for name, of in state.items() if name.startswith(prefix)})
        super().load({name: of for name, of in state.items() if not name.startswith((PAST, USUAL, ASKED))})
        if not np.array_equal(state.get(ASKED, self._asked), self._asked):
            rows = np.arange(self._table.rows)
            self._usual["hour"][rows] = -1
            self.after_resolve(rows[~self.fired(rows)])

    def coast(
        self,
        arrivals: Arrivals,
        runs: Sequence[ArrivalRun],
        through_ms: int,  # noqa: ARG002  # as for others
        idle: Flags | None = None,
    ) -> Coasted:
        """Take arrivals hour by hour, since each has its floors, up to where one would raise an alarm."""
        reached = {run.row: run.start for run in runs}
        for hour, pieces in _by_hour(arrivals, [run for run in runs if self._is_free(run.row, idle)]):
            # who has stopped in an earlier hour has not reached this one
            begun = [piece for piece in pieces if reached[piece.row] == piece.start]
            reached |= self._taken(arrivals, hour, begun) if begun else {}
        ends = [reached[run.row] for run in runs]
        return Coasted(ends, [end for run, end in zip(runs, ends, strict=True) if end < run.stop])

    def _is_free(self, row: int, idle: Flags | None) -> bool:
        """Whether a row has neither a breach nor an alert.

        That would have to be told when an hour comes in which nothing is usual, so nothing is known.
        """
        return not self._table["fired"][row] and (idle is None or bool(idle[row]))

    def _taken(self, arrivals: Arrivals, hour: int, pieces: Sequence[ArrivalRun]) -> dict[int, int]:
        """Take what comes in one hour and raises no alarm, and learn it; the places reached, by row."""
        rows = np.array([piece.row for piece in pieces])
        self._reckon(hour, rows)
        known = self._usual["floor"][rows] > 0  # of others nothing is judged
        judged = [piece for piece, has in zip(pieces, known.tolist(), strict=True) if has]
        reached = {piece.row: piece.stop for piece in pieces}
        ends = self._run.armed(arrivals, judged, self._log_gain)
        reached |= {piece.row: end for piece, end in zip(judged, ends, strict=True)}
        at = np.concatenate([np.arange(piece.start, reached[piece.row]) for piece in pieces])
        sums = arrivals.counts[at] @ self._terms.powers
        self._hours.add(arrivals.end_ms[at], arrivals.rows[at], sums)
        return reached

    def step(self, end_ms: int, rows: Ints, counts: Ints) -> Findings:
        """Judge the answers of one pane, then learn them; rows of which nothing is usual yet say nothing."""
        came = counts.any(axis=1)
        self._reckon((end_ms - 1) // HOUR_MS, rows[came])
        some = counts[came] @ self._terms.powers
        self._hours.add(np.full(len(some), end_ms), rows[came], some)
        unknown = self._usual["floor"][rows] <= 0
        fired = self.fired(rows)
        found = super().step(end_ms, rows, np.where(unknown[:, None], 0, counts))
        begun = rows[self.fired(rows) & ~fired]
        self._usual["before"][begun] = self._usual["usual"][begun]
        found.verdict[unknown & (found.verdict == Verdict.CLEAR)] = Verdict.INSUFFICIENT
        return found

    def _reckon(self, hour: int, rows: Ints) -> None:
        """What is usual in an hour, for the rows that do not know it yet."""
        table = self._usual
        rows = rows[table["hour"][rows] != hour]
        if not len(rows):
            return
        same, all_ = self._weeks(hour, rows)
        with np.errstate(divide="ignore", invalid="ignore"):
            of_all = self._scale.goodness(all_)
            of_same = np.where(same.n > 0, self._scale.goodness(same), of_all)
            chance = self._scale.variance(all_) / np.maximum(same.n, 1)
            apart = np.maximum((of_same - of_all) ** 2 - chance, 0)
            share = np.maximum(same.n / (same.n + FAITH), np.where(apart > 0, apart / (apart + chance), 0))
            usual = share * of_same + (1 - share) * of_all
            doubt = share * share / np.maximum(same.n, 1) + (1 - share) ** 2 / all_.n
            error = np.sqrt(self._scale.variance(all_) * doubt)
        value = self._scale.value_of(usual)
        floor = usual - DOUBT * error - self._allowed(value)
        known = (all_.n >= LEAST_PAST) & (floor >= LEAST_FLOOR)
        table["hour"][rows] = hour
        table["usual"][rows] = np.where(all_.n > 0, value, 0)
        table["n"][rows] = all_.n.astype(np.int64)
        table["floor"][rows] = np.where(known, floor, 0)

    def _weeks(self, hour: int, rows: Ints) -> tuple[Moments, Moments]:
        """The same hour of the weeks that are compared, and all their hours that are over for a day."""
        weeks = WEEKS[self._detect.against]
        found = []
        for hours in (
            hour - WEEK_HOURS * np.arange(1, weeks + 1),
            np.arange(hour - WEEK_HOURS * weeks, hour - OVER_HOURS),
        ):
            each = np.broadcast_to(hours, (len(rows), len(hours)))
            found.append(Moments(*self._hours.sums(rows, each, np.ones(each.shape, np.bool_))))
        return found[0], found[1]

    def _allowed(self, value: Floats) -> Floats:
        """By how much worse than a value a score may be, as goodness."""
        return allowed(self._detect.worse_by, value) / (self._scale.high - self._scale.low)

    def _own_floors(self, rows: Ints) -> Floats:
        floors: Floats = self._usual["floor"][rows]
        return floors

    def _limits(self, rows: Ints) -> Floats:
        floors = self._floors(rows)
        return np.where(floors > 0, self._scale.value_of(floors), np.nan)

    def _log_gain(self, rows: Ints, counts: Ints) -> Floats:
        return self._terms.log_gain_below(counts, self._floors(rows))

    def _told(self, row: int) -> dict[str, object]:
        usual = self._usual
        return {
            "against": self._detect.against.value,
            "usual": rounded(float(usual["usual"][row])),
            "usual_n": int(usual["n"][row]),
        }

    def _ended(self, rows: Ints) -> dict[int, dict[str, object]]:
        """What is said of breaches that end: those which are over since the level has become usual."""
        before, now = self._usual["before"][rows], self._usual["usual"][rows]
        span = self._scale.high - self._scale.low
        sign = 1.0 if self._scale.low_is_bad else -1.0
        with np.errstate(invalid="ignore"):
            moved = sign * (before - now) >= MOVED * self._allowed(before) * span
        # What is younger is not usual yet: then it is the hours that differ, as a morning does from a night.
        moved &= self._table["last_ms"][rows] - self._table["since_ms"][rows] > OVER_HOURS * HOUR_MS
        return {
            row: {"new_level": {"severity": "info", "usual": rounded(was), "now": rounded(became)}}
            for row, was, became, new in zip(
                rows.tolist(), before.tolist(), now.tolist(), moved.tolist(), strict=True
            )
            if new
        }


def _by_hour(arrivals: Arrivals, runs: Sequence[ArrivalRun]) -> Iterator[tuple[int, list[ArrivalRun]]]:
    """Every hour in which something comes in of some runs, in order, with the part of each run in it."""
    found: defaultdict[int, list[ArrivalRun]] = defaultdict(list)
    for run in runs:
        hours = (arrivals.end_ms[run.start : run.stop] - 1) // HOUR_MS
        cuts = np.flatnonzero(np.diff(hours, prepend=-1, append=-1))
        for first, last in pairwise(cuts.tolist()):
            found[int(hours[first])].append(ArrivalRun(run.row, run.start + first, run.start + last))
    yield from sorted(found.items())
