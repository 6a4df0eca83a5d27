"""Contact history: which contacts are repeats, for first contact resolution (FCR).

A contact is a repeat, and so failed, if the same customer made contact about the same subject within the
repeat window; what counts as the same subject is hashed into the key.  A transfer fails the contact that
it belongs to, once.  A case that is reopened counts as one more contact, which failed.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.hashtable import HashTable, Table
from stream.panes import tallies
from stream.tally import CELL
from stream.times import Ints
from stream.touches import CONTACT, HANDED_ON, REOPENED, TRANSFERRED, Runs, remembered

HISTORY: Final = np.dtype([("key", "<u8"), ("at_ms", "<i8"), ("combo", "<i4"), ("solved", "<i4")])
"""The latest contact of each key; `solved` is 1 as long as it counts as resolved."""

SOLVED: Final = CELL["fcr.resolved"]
FAILED: Final = CELL["fcr.failed"]


class Contacts:
    """Contact history of one partition's customers, over the repeat window."""

    def __init__(self, window_ms: int, pane_ms: int, rows: Table | None = None) -> None:
        self._window_ms = window_ms
        self._pane_ms = pane_ms
        self._table = HashTable(HISTORY, rows)

    def __len__(self) -> int:
        return len(self._table)

    @property
    def rows(self) -> Table:
        """What is remembered, a view."""
        return self._table.rows

    def judge(self, touches: Table, *, keep: bool = True) -> Table:
        """Tallies of touches whose panes close, given in order; later calls carry later closings.

        A late contact (older than the latest known) is a repeat if either would be one of the other.
        With `keep` false nothing is remembered: a look at how open panes stand so far.
        """
        keys = np.unique(touches["person"])
        places = self._table.find(keys)
        known = self._table.rows[places[places >= 0]]
        heads = remembered(known["key"], known["at_ms"], known["combo"])
        runs = Runs.of(touches, touches["person"], heads)
        solved, charged, rows = self._verdicts(runs, known["solved"])
        if keep:
            self._remember(runs, places, solved & ~charged)
        return rows

    def _verdicts(
        self, runs: Runs, remembered_solved: Ints
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Table]:
        """Per place whether it counts as resolved, whether a transfer took that back; and the tallies."""
        touches, kind = runs.touches, runs.touches["kind"]
        latest = runs.latest_before(kind != TRANSFERRED)
        near = self._near(touches, latest)
        counts = (kind == CONTACT) | (kind == HANDED_ON) | (kind == REOPENED)
        solved = (kind == CONTACT) & ~near
        solved[kind > REOPENED] = remembered_solved != 0
        charging = np.flatnonzero((kind == TRANSFERRED) & near & solved[latest])
        hit, first = np.unique(latest[charging], return_index=True)
        charged = np.zeros(len(touches), bool)
        charged[hit] = True
        counted = touches[counts]
        cells = np.where(solved[counts], SOLVED, FAILED)
        closing = touches["closing"][charging[first]]
        rows = [self._tallied(counted, counted["closing"], cells, 1)]
        rows += [self._tallied(touches[hit], closing, SOLVED, -1)]
        rows += [self._tallied(touches[hit], closing, FAILED, 1)]
        return solved, charged, np.concatenate(rows)

    def _near(self, touches: Table, latest: Ints) -> NDArray[np.bool_]:
        """Whether the latest contact before each touch is within the window, and not out of memory.

        What is out of memory is a matter of the pane that closes, so that forgetting earlier or later
        makes no difference.
        """
        at_ms = touches["at_ms"]
        gap_ms = np.abs(at_ms - at_ms[latest])
        oldest_ms = touches["closing"] * self._pane_ms - self._window_ms
        near: NDArray[np.bool_] = (latest >= 0) & (gap_ms <= self._window_ms) & (at_ms[latest] >= oldest_ms)
        return near

    def _tallied(self, touches: Table, closing: Ints, cells: Ints | int, count: int) -> Table:
        return tallies(closing, touches["at_ms"] // self._pane_ms, touches["combo"], cells, count)

    def _remember(self, runs: Runs, places: Ints, solved: NDArray[np.bool_]) -> None:
        """Keep the latest contact of each run; `places` are the runs' rows, -1 for new ones."""
        final = runs.latest_until(runs.touches["kind"] != TRANSFERRED)[runs.ends]
        known, new = places >= 0, (places < 0) & (final >= 0)
        last = runs.touches[final]
        rows = np.empty(len(final), HISTORY)
        rows["key"], rows["at_ms"], rows["combo"] = last["person"], last["at_ms"], last["combo"]
        rows["solved"] = solved[final]
        self._table.rows[places[known]] = rows[known]
        if new.any():
            oldest_ms = int(runs.touches["closing"].max()) * self._pane_ms - self._window_ms
            self._table.add(rows[new], lambda table: table["at_ms"] >= oldest_ms)
