"""Answerers: who has answered before, for the option `one_answer_per` and for telling of the busy few.

With `one_answer_per: 1d` a customer's first answer to an indicator opens a period of a day, in which that
customer has one answer.  `keep: first` keeps the first; with `keep: last` a later one takes its place, in
the pane of the first.  So one person is one answer for whatever looks at a window, and for whatever hears
answers as they come.

    Ann  10:00 "1"    10:05 "1"     10:10 "5"                  next day 10:10 "4"
    first   +1 "1"      nothing       nothing                    +1 "4", a new period
    last    +1 "1"      nothing       -1 "1", +1 "5" at 10:00    +1 "4"

Without the option every answer counts.  An answer that counts and whose customer's last one is less than a
day old is marked as a further one, in one of a few places by customer.  So a notice can say that much of a
score comes from few people.  Answers of nobody in particular are not looked at here.

Answers wait until their pane closes and are then taken in event-time order, so arrival does not matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import numpy as np

from stream.columnar.runs import latest_before
from stream.columnar.structured import Table, at, stacked, where
from stream.columnar.timestamps import NO_TIME, Ints
from stream.indicators.cells import CELLS, FURTHER_OF, FURTHER_PLACES, further_cells
from stream.intake.history.remembered import RememberedRows
from stream.intake.history.touchpoints import Mask, Order, first_closing
from stream.intake.panes import TALLY, tallies

ANSWER: Final = np.dtype(
    [
        ("closing", "<i8"),
        ("at_ms", "<i8"),
        ("key", "<u8"),  # hash of customer and indicator
        ("id", "<u8"),
        ("combo", "<i4"),
        ("cell", "<i4"),
    ]
)
ANSWERED: Final = np.dtype(
    [
        ("key", "<u8"),
        ("since_ms", "<i8"),  # when the period began, and whose pane the answer counts in
        ("at_ms", "<i8"),  # the answer that counts
        ("combo", "<i4"),
        ("cell", "<i4"),
    ]
)
FURTHER_MS: Final = 86_400_000
"""A day: so long after the last one an answer of the same customer is a further one."""


@dataclass(frozen=True, slots=True)
class AnswerTerms:
    """By cell: for how long a customer has one answer (0: every one counts), and whether the last stands."""

    period_ms: Ints
    last: Mask

    @classmethod
    def of(cls, keeps: Mapping[str, Mapping[str, object]]) -> "AnswerTerms":
        """As the rules say."""
        period_ms, last = np.zeros(len(CELLS), np.int64), np.zeros(len(CELLS), bool)
        for cell, name in enumerate(CELLS):
            options = keeps.get(name.split("/")[0], {})
            period_ms[cell] = cast("int", options.get("one_answer_per") or 0)
            last[cell] = options.get("keep") == "last"
        return cls(period_ms, last)


_FIRST_PLACE: Final = np.zeros(len(CELLS), np.int64)
"""By cell of an answer the first cell of its indicator's further ones."""
for _indicator in FURTHER_OF:
    for _cell, _name in enumerate(CELLS):
        if _name.startswith(f"{_indicator}/"):
            _FIRST_PLACE[_cell] = further_cells(_indicator)[0]


class Answerers(RememberedRows):
    """Those who have answered within the horizon, of one partition."""

    def __init__(self, terms: AnswerTerms, pane_ms: int, rows: Table | None = None) -> None:
        super().__init__(ANSWERED, rows)
        self._terms = terms
        self._pane_ms = pane_ms
        self._horizon_ms = max(FURTHER_MS, int(terms.period_ms.max()))

    def judge(self, answers: Table, *, keep: bool = True) -> Table:
        """Tallies of answers whose panes close: those that are one per customer, and marks of further ones.

        Later calls carry later closings.  With `keep` false nothing is remembered.
        """
        if not len(answers):
            return np.empty(0, TALLY)
        order = Order.of(answers, answers["key"])
        answers, starts, keys = at(answers, order.place), order.first, order.keys
        if keep:
            oldest_ms = first_closing(answers) * self._pane_ms - self._horizon_ms
            self._table.reserve(len(keys), lambda table: table["at_ms"] >= oldest_ms)
        found = self._table.find(keys)
        known = found.places >= 0
        ends = np.zeros(len(keys), ANSWERED)
        ends["since_ms"] = ends["at_ms"] = NO_TIME
        ends[known] = at(self._table.rows, found.places[known])
        ends["key"] = keys
        held = self._terms.period_ms[answers["cell"][starts]] > 0
        rows = [self._all_counted(answers, starts, ends, ~held), *self._held(answers, starts, ends, held)]
        if keep:
            self._table.put(found.places[known], where(ends, known))
            self._table.add(where(ends, ~known), found, ~known)
        return stacked(rows)

    def _all_counted(self, answers: Table, starts: Ints, ends: Table, chosen: Mask) -> Table:
        """Marks where every answer counts; they have been counted when they came.  Writes how runs end."""
        lengths = np.diff(starts, append=len(answers))
        before_ms = np.maximum(latest_before(answers["at_ms"], starts), np.repeat(ends["at_ms"], lengths))
        last = starts + lengths - 1
        latest_ms = np.maximum.reduceat(answers["at_ms"], starts)
        ends["at_ms"][chosen] = np.maximum(ends["at_ms"], latest_ms)[chosen]
        ends["since_ms"][chosen] = ends["at_ms"][chosen]
        ends["combo"][chosen], ends["cell"][chosen] = (
            answers["combo"][last][chosen],
            answers["cell"][last][chosen],
        )
        further = np.repeat(chosen, lengths) & self._further(answers, before_ms)
        return self._marks(where(answers, further))

    def _held(self, answers: Table, starts: Ints, ends: Table, chosen: Mask) -> list[Table]:
        """Tallies where a customer has one answer per period, taken one by one.  Writes how runs end."""
        rows: list[Table] = []
        runs = np.flatnonzero(chosen)
        ends_at = np.append(starts, len(answers))[runs + 1]
        for run, first, stop in zip(runs.tolist(), starts[runs].tolist(), ends_at.tolist(), strict=True):
            for place in range(first, stop):
                rows += self._taken(answers[place : place + 1], ends[run : run + 1])
        return rows

    def _taken(self, answer: Table, held: Table) -> list[Table]:
        """What one answer comes to for its customer, whose row `held` is written anew."""
        at_ms, since_ms, cell = int(answer["at_ms"][0]), int(held["since_ms"][0]), int(answer["cell"][0])
        period_ms = int(self._terms.period_ms[cell])
        remembered = since_ms != NO_TIME and since_ms >= int(answer["closing"][0]) * self._pane_ms - period_ms
        if remembered and abs(at_ms - since_ms) < period_ms:
            if not self._terms.last[cell] or at_ms < held["at_ms"][0]:
                return []
            before = held.copy()
            held["at_ms"], held["combo"], held["cell"] = answer["at_ms"], answer["combo"], answer["cell"]
            return [self._counted(before, answer, since_ms, -1), self._counted(answer, answer, since_ms, 1)]
        rows = [self._counted(answer, answer, at_ms, 1)]
        if self._further(answer, held["at_ms"]).any():
            rows.append(self._marks(answer))
        if not remembered or at_ms > since_ms:  # one that is late by a period stands for itself
            for name in ("at_ms", "combo", "cell"):
                held[name] = answer[name]
            held["since_ms"] = at_ms
        return rows

    def _counted(self, what: Table, carrier: Table, when_ms: int, count: int) -> Table:
        """The answer `what`, counted or taken back at a time, told with the pane that carries another."""
        pane = np.array([when_ms // self._pane_ms])
        return tallies(carrier["closing"], pane, what["combo"], what["cell"], count)

    def _further(self, answers: Table, before_ms: Ints) -> Mask:
        """Which answers come within a day of their customer's latest before, if that is not out of memory."""
        oldest_ms = answers["closing"] * self._pane_ms - FURTHER_MS
        near: Mask = (before_ms >= oldest_ms) & (np.abs(answers["at_ms"] - before_ms) < FURTHER_MS)
        return near

    def _marks(self, answers: Table) -> Table:
        place = ((answers["key"] >> np.uint64(40)) % np.uint64(FURTHER_PLACES)).astype(np.int64)
        pane = answers["at_ms"] // self._pane_ms
        return tallies(answers["closing"], pane, answers["combo"], _FIRST_PLACE[answers["cell"]] + place)
