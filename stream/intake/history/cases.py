"""Open cases: since when each has been open, for time to resolution (TTR).

A case is known by its case id or, without one, by customer and topic.  Its first contact opens it and
`resolved` closes it; after that the next contact opens another.  A case without contact for
`memory_ms` is given up: its resolution then counts only if it says itself when it was opened.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.rules import DAY_MS
from stream.columnar.hashtable import Found, HashTable, Keys
from stream.columnar.structured import Table, at, stacked, where
from stream.columnar.timestamps import NO_TIME, Ints
from stream.indicators.cells import CELL, TTR_BUCKETS, TTR_GAMMA
from stream.intake.history.touchpoints import (
    MET,
    REMEMBERED,
    RESOLVED,
    TRANSFERRED,
    UNSAID,
    Order,
    Runs,
    first_closing,
    remembered,
)
from stream.intake.panes import tallies
from stream.intake.wall import Undo

CASE: Final = np.dtype([("key", "<u8"), ("opened_ms", "<i8"), ("at_ms", "<i8")])
"""`opened_ms` is `NO_TIME` once the case is closed, `at_ms` the contact that was taken last."""

MEMORY_MS: Final = 30 * DAY_MS
"""Ours: longer silence means that nobody works on the case any more (or the repeat window, if longer)."""

_SUM, _WITHIN, _OVER = CELL["ttr.sum_ms"], CELL["ttr.within"], CELL["ttr.over"]
_FIRST_BUCKET: Final = CELL["ttr.bucket/0"]
_ROUNDING: Final = 1e-9
"""Keeps a duration that is a power of γ in the bucket that it ends, whichever way the logarithm rounds."""


class Cases:
    """Open cases of one partition."""

    def __init__(self, memory_ms: int, pane_ms: int, rows: Table | None = None) -> None:
        self._memory_ms = memory_ms
        self._pane_ms = pane_ms
        self._table = HashTable(CASE, rows)

    def __len__(self) -> int:
        return len(self._table)

    @property
    def rows(self) -> Table:
        """What is remembered, a view."""
        return self._table.rows

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now."""
        return self._table.mark()

    def judge(self, touches: Table, target_ms: int, *, keep: bool = True) -> Table:
        """Tallies of the resolutions among touches whose panes close; later calls carry later closings.

        With `keep` false nothing is remembered.
        """
        touches = where(touches, touches["kind"] != TRANSFERRED)
        if keep:
            # A resolution may look for its case twice, by id and by subject; both find what was there before.
            oldest_ms = first_closing(touches) * self._pane_ms - self._memory_ms
            self._table.reserve(2 * len(touches), lambda table: _alive(table, oldest_ms))
        opened_ms = touches["opened_ms"].copy()
        by_case = touches["case"] != 0
        found_ms = self._openings(where(touches, by_case), touches["case"][by_case], keep=keep)
        opened_ms[by_case] = np.where(opened_ms[by_case] == NO_TIME, found_ms, opened_ms[by_case])
        resolved = touches["kind"] == RESOLVED
        by_subject = ~by_case | (resolved & (opened_ms == NO_TIME))
        found_ms = self._openings(where(touches, by_subject), touches["subject"][by_subject], keep=keep)
        opened_ms[by_subject] = np.where(opened_ms[by_subject] == NO_TIME, found_ms, opened_ms[by_subject])
        took_ms = touches["at_ms"] - opened_ms
        timed = resolved & (opened_ms != NO_TIME) & (took_ms >= 0)
        return self._tallied(where(touches, timed), took_ms[timed], target_ms)

    def _openings(self, touches: Table, keys: Keys, *, keep: bool) -> Ints:
        """When the case that each touch belongs to was opened, `NO_TIME` where none is open."""
        if not len(touches):
            return np.empty(0, np.int64)
        order = Order.of(touches, keys)
        found = self._table.find(order.keys)
        known = at(self._table.rows, found.places[found.places >= 0])
        heads = remembered(known["key"], known["at_ms"])
        heads["opened_ms"] = known["opened_ms"]
        runs = Runs.of(touches, order, heads)
        opened_ms = self._opened(runs)
        if keep:
            self._remember(runs, order.keys, found, opened_ms)
        out = np.empty(len(touches), np.int64)
        out[order.place] = opened_ms[runs.touches["kind"] != REMEMBERED]
        return out

    def _opened(self, runs: Runs) -> Ints:
        """For each place when its case was opened, by it or before it; `NO_TIME` for a stray resolution."""
        touches, opens = runs.touches, _opens(runs.touches)
        last = runs.last_before(opens)
        oldest_ms = touches["closing"] * self._pane_ms - self._memory_ms
        is_open = (last > runs.last_before(touches["kind"] == RESOLVED)) & (
            touches["at_ms"][last] >= oldest_ms
        )
        opening = runs.last_until(opens & ~is_open)
        since_ms = np.where(touches["kind"] == REMEMBERED, touches["opened_ms"], touches["at_ms"])
        return np.where(is_open | opens, since_ms[opening], NO_TIME)

    def _remember(self, runs: Runs, keys: Keys, found: Found, opened_ms: Ints) -> None:
        """Keep how each run ends; `found` says where the runs' keys are."""
        ends = runs.ends
        rows = np.empty(len(keys), CASE)
        closed = runs.touches["kind"][ends] == RESOLVED
        rows["key"] = keys
        rows["opened_ms"] = np.where(closed, NO_TIME, opened_ms[ends])
        rows["at_ms"] = runs.touches["at_ms"][ends]
        known = found.places >= 0
        self._table.put(found.places[known], where(rows, known))
        new = ~known & ~closed
        self._table.add(where(rows, new), found, new)

    def _tallied(self, touches: Table, took_ms: Ints, target_ms: int) -> Table:
        pane = touches["at_ms"] // self._pane_ms
        said = touches["target"]
        met = np.where(said == UNSAID, took_ms <= target_ms, said == MET)
        within = np.where(met, _WITHIN, _OVER)
        columns = ((_SUM, took_ms), (within, 1), (_FIRST_BUCKET + bucket(took_ms), 1))
        return stacked(
            [tallies(touches["closing"], pane, touches["combo"], cell, count) for cell, count in columns]
        )


def bucket(took_ms: Ints) -> Ints:
    """Number of the time-to-resolution bucket: i holds (γ^(i-1), γ^i] seconds, 0 all up to one second."""
    steps = np.ceil(np.log(np.maximum(took_ms, 1000) / 1000) / np.log(TTR_GAMMA) - _ROUNDING)
    number: Ints = np.minimum(steps, TTR_BUCKETS - 1).astype(np.int64)
    return number


def _opens(touches: Table) -> NDArray[np.bool_]:
    """Touches that open a case or belong to an open one; a closed case that is remembered does not."""
    closed = (touches["kind"] == REMEMBERED) & (touches["opened_ms"] == NO_TIME)
    opens: NDArray[np.bool_] = (touches["kind"] != RESOLVED) & ~closed
    return opens


def _alive(table: Table, oldest_ms: int) -> NDArray[np.bool_]:
    alive: NDArray[np.bool_] = (table["opened_ms"] != NO_TIME) & (table["at_ms"] >= oldest_ms)
    return alive
