"""Cases: since when each has been open, for time to resolution (TTR).

A case is known by its case id or, without one, by customer and topic.  Its first contact opens it and
`resolved` closes it; after that the next contact opens another.  A case without contact for the horizon
(`case_horizon`, a year unless set) is given up: its resolution then counts only if it says itself when it was
opened, and is told as untimed otherwise.

A case that is reopened within `reopen_within` of its resolution goes on: what had been counted of that
resolution is taken back, where and when it had been counted, and time runs from the first opening to the
final resolution.  A second `resolved` for a case id that is closed, without a reopening in between, is a
formality (many desks close what was solved after some days) and says nothing.

    Mon 9 h contact    Mon 10 h resolved    Thu 9 h reopened     Thu 10 h resolved
                       +1 case of 1 h       -1 case of 1 h       +1 case of 73 h
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from stream.columnar.hashtable import Found, Keys
from stream.columnar.structured import Table, at, stacked, where
from stream.columnar.timestamps import NO_TIME, Ints
from stream.indicators.cells import CELL, TIMES_FROM, TTR_BUCKETS, TTR_GAMMA, time_code
from stream.intake.history.case_lives import (
    CASE,
    NOT_COUNTED,
    CaseTerms,
    Lives,
    counted_as,
    live_through,
)
from stream.intake.history.remembered import RememberedRows
from stream.intake.history.touchpoints import MET, Mask, Order, Runs, TouchKind, first_closing, remembered
from stream.intake.panes import tallies

_SUM, _WITHIN, _OVER, _UNTIMED = CELL["ttr.sum_ms"], CELL["ttr.within"], CELL["ttr.over"], CELL["ttr.untimed"]
_FIRST_BUCKET: Final = CELL["ttr.bucket/0"]
_ROUNDING: Final = 1e-9
"""Keeps a duration that is a power of γ in the bucket that it ends, whichever way the logarithm rounds."""


@dataclass(frozen=True, slots=True)
class Resolutions:
    """What came of resolutions: their tallies, and how many could not be timed."""

    rows: Table
    untimed: int


class Cases(RememberedRows):
    """Cases of one partition, open ones and those that may still be reopened."""

    def __init__(
        self, terms: CaseTerms, pane_ms: int, rows: Table | None = None, *, single: bool = False
    ) -> None:
        """`single`: each time is tallied by itself too, as exact quantiles want it."""
        super().__init__(CASE, rows)
        self._single = single
        self._terms = terms
        self._pane_ms = pane_ms

    def judge(self, touches: Table, *, keep: bool = True) -> Resolutions:
        """Tallies of the resolutions among touches whose panes close; later calls carry later closings.

        With `keep` false nothing is remembered.
        """
        touches = where(touches, touches["kind"] != TouchKind.TRANSFERRED)
        if keep:
            # A resolution may look for its case twice, by id and by subject; both find what was there before.
            now_ms = first_closing(touches) * self._pane_ms
            self._table.reserve(2 * len(touches), lambda table: self._alive(table, now_ms))
        opened_ms, resolved = touches["opened_ms"].copy(), touches["kind"] == TouchKind.RESOLVED
        by_case = touches["case"] != 0
        lives = self._lives(where(touches, by_case), touches["case"][by_case], keep=keep, by_id=True)
        opened_ms[by_case] = np.where(opened_ms[by_case] == NO_TIME, lives.opened_ms, opened_ms[by_case])
        formal = np.zeros(len(touches), bool)
        formal[by_case] = lives.formal
        by_subject = ~by_case | (resolved & (opened_ms == NO_TIME) & ~formal)
        more = self._lives(where(touches, by_subject), touches["subject"][by_subject], keep=keep, by_id=False)
        opened_ms[by_subject] = np.where(
            opened_ms[by_subject] == NO_TIME, more.opened_ms, opened_ms[by_subject]
        )
        wanted = resolved & (opened_ms != NO_TIME) & ~formal
        took_ms = np.full(len(touches), -1)
        took_ms[wanted] = self._terms.took_ms(opened_ms[wanted], touches["at_ms"][wanted])
        timed = took_ms >= 0
        lost = where(touches, resolved & ~timed & ~formal)
        met = self._terms.met(touches["target"][timed], took_ms[timed])
        rows = [self._tallied(where(touches, timed), took_ms[timed], met, 1)]
        rows += [self._taken_back(each.taken_back) for each in (lives, more)]
        rows.append(tallies(lost["closing"], lost["at_ms"] // self._pane_ms, lost["combo"], _UNTIMED))
        return Resolutions(stacked(rows), len(lost))

    def _lives(self, touches: Table, keys: Keys, *, keep: bool, by_id: bool) -> Lives:
        """When the case that each touch belongs to was opened, `NO_TIME` where none is open."""
        if not len(touches):
            return Lives.none(0)
        order = Order.of(touches, keys)
        found = self._table.find(order.keys)
        known = at(self._table.rows, found.places[found.places >= 0])
        heads = remembered(known["key"], known["at_ms"])
        heads["opened_ms"] = np.where(known["closed_ms"] == NO_TIME, known["opened_ms"], NO_TIME)
        runs = Runs.of(touches, order, heads)
        opened_ms = self._opened(runs)
        ends = self._ends(runs, order.keys, opened_ms)
        lives = Lives.none(len(runs.touches))
        slow = self._eventful(runs, known, by_id=by_id)
        if slow.any():
            lives = live_through(runs, slow, (known, ends), self._terms, by_id=by_id)
            opened_ms = np.where(slow, lives.opened_ms, opened_ms)
        if keep:
            self._remember(ends, found)
        out, formal = np.empty(len(touches), np.int64), np.zeros(len(touches), bool)
        own = runs.touches["kind"] != TouchKind.REMEMBERED
        out[order.place], formal[order.place] = opened_ms[own], lives.formal[own]
        return Lives(out, formal, lives.taken_back)

    def _eventful(self, runs: Runs, known: Table, *, by_id: bool) -> Mask:
        """Places of runs that must be lived through one by one: they are few.

        Those with a reopening and, for case ids, those with a resolution of what may have been closed before.
        """
        kind, count = runs.touches["kind"], len(runs.start)
        marks = (kind == TouchKind.REOPENED).astype(np.int64) * 2
        if by_id:
            marks += kind == TouchKind.RESOLVED
            marks[kind == TouchKind.REMEMBERED] += known["closed_ms"] != NO_TIME
        weight: Mask = np.bincount(runs.start, marks, minlength=count)[runs.start] >= 2
        return weight

    def _opened(self, runs: Runs) -> Ints:
        """For each place when its case was opened, by it or before it; `NO_TIME` for a stray resolution."""
        touches, opens = runs.touches, _opens(runs.touches)
        last = runs.last_before(opens)
        oldest_ms = touches["closing"] * self._pane_ms - self._terms.horizon_ms
        is_open = (last > runs.last_before(touches["kind"] == TouchKind.RESOLVED)) & (
            touches["at_ms"][last] >= oldest_ms
        )
        opening = runs.last_until(opens & ~is_open)
        since_ms = np.where(touches["kind"] == TouchKind.REMEMBERED, touches["opened_ms"], touches["at_ms"])
        return np.where(is_open | opens, since_ms[opening], NO_TIME)

    def _ends(self, runs: Runs, keys: Keys, opened_ms: Ints) -> Table:
        """How each run ends, as rows to remember."""
        last, since_ms = at(runs.touches, runs.ends), opened_ms[runs.ends]
        closed = last["kind"] == TouchKind.RESOLVED
        since_ms = np.where(closed & (last["opened_ms"] != NO_TIME), last["opened_ms"], since_ms)
        rows = np.empty(len(keys), CASE)
        rows["key"], rows["opened_ms"], rows["at_ms"] = keys, since_ms, last["at_ms"]
        rows["closed_ms"] = np.where(closed, last["at_ms"], NO_TIME)
        rows["combo"] = last["combo"]
        rows["counted"] = np.where(closed, counted_as(self._terms, last, since_ms), NOT_COUNTED)
        return rows

    def _remember(self, ends: Table, found: Found) -> None:
        """Keep how each run ends; `found` says where the runs' keys are.

        A resolution of what nobody knew is kept only if it was counted, as that may be taken back.
        """
        known = found.places >= 0
        self._table.put(found.places[known], where(ends, known))
        new = ~known & ((ends["closed_ms"] == NO_TIME) | (ends["counted"] != NOT_COUNTED))
        self._table.add(where(ends, new), found, new)

    def _alive(self, table: Table, now_ms: int) -> Mask:
        is_open = table["closed_ms"] == NO_TIME
        alive: Mask = is_open & (table["at_ms"] >= now_ms - self._terms.horizon_ms)
        alive |= ~is_open & (table["closed_ms"] >= now_ms - self._terms.reopen_ms)
        return alive

    def _tallied(self, touches: Table, took_ms: Ints, met: Mask, sign: int) -> Table:
        pane = touches["at_ms"] // self._pane_ms
        within = np.where(met, _WITHIN, _OVER)
        columns = [(_SUM, sign * took_ms), (within, sign), (_FIRST_BUCKET + bucket(took_ms), sign)]
        if self._single:
            columns.append((TIMES_FROM + time_code(took_ms), sign))
        return stacked(
            [tallies(touches["closing"], pane, touches["combo"], cell, count) for cell, count in columns]
        )

    def _taken_back(self, resolutions: Table) -> Table:
        """What had been counted of resolutions; `closing` is when they are taken back."""
        took_ms = self._terms.took_ms(resolutions["opened_ms"], resolutions["at_ms"])
        return self._tallied(resolutions, took_ms, resolutions["target"] == MET, -1)


def bucket(took_ms: Ints) -> Ints:
    """Number of the time-to-resolution bucket: i holds (γ^(i-1), γ^i] seconds, 0 all up to one second."""
    steps = np.ceil(np.log(np.maximum(took_ms, 1000) / 1000) / np.log(TTR_GAMMA) - _ROUNDING)
    number: Ints = np.minimum(steps, TTR_BUCKETS - 1).astype(np.int64)
    return number


def _opens(touches: Table) -> Mask:
    """Touches that open a case or belong to an open one; a closed case that is remembered does not."""
    closed = (touches["kind"] == TouchKind.REMEMBERED) & (touches["opened_ms"] == NO_TIME)
    opens: Mask = (touches["kind"] != TouchKind.RESOLVED) & ~closed
    return opens
