"""Turns: at which panes of a course some alert of a bank will move, given where the alerts are now.

A reading that leaves an alert where it is need not be judged, though it may be past a limit: a score that
stays bad for a day is one move, not thousands of judgements.  After a move the scope is looked at again.
"""

from typing import Final

import numpy as np

from stream.indicators.formulas import Ints
from stream.judge.evaluation.threshold_rules import ThresholdRules
from stream.judge.windows.lookahead import Trajectory
from stream.judge.windows.sliding import NO_ROWS

NEVER: Final = 2**62


class Crossings:
    """The next turn of every scope of a bank within a course, if no other comes first."""

    def __init__(self, bank: ThresholdRules, path: Trajectory, judged: int) -> None:
        """`judged` is the last pane judged."""
        self._bank: Final = bank
        self._path: Final = path
        self._panes: Final[Ints] = (path.slot + 1) * bank.window.slot_panes - 1
        self._next: Ints = np.full(len(bank.window.sums), NEVER, np.int64)
        risky = path.rows[bank.may_breach(path.sums)] if len(path.rows) else NO_ROWS
        self.look(np.union1d(risky, bank.board.live_rows()), judged)

    @property
    def pane(self) -> int | None:
        """The next turn of all."""
        first = int(self._next.min(initial=NEVER))
        return None if first == NEVER else first

    def rows(self, pane: int) -> Ints:
        """The rows that turn at the end of a pane, ascending."""
        return np.flatnonzero(self._next == pane)

    def look(self, rows: Ints, judged: int) -> None:
        """See anew when each of some rows (ascending) turns after the last pane judged."""
        self._next[rows] = NEVER
        places = self._places(rows)
        places = places[self._panes[places] > judged]
        if len(places):
            owners = self._path.rows[places]
            moved = self._bank.would_move(owners, self._path.sums[places])
            turning, first = np.unique(owners[moved], return_index=True)
            self._next[turning] = self._panes[places[moved][first]]

    def _places(self, rows: Ints) -> Ints:
        """Where rows are in the course, which is sorted by them, and within each by time."""
        start = np.searchsorted(self._path.rows, rows, "left")
        count = np.searchsorted(self._path.rows, rows, "right") - start
        before = np.cumsum(count) - count
        places: Ints = np.arange(int(count.sum())) + np.repeat(start - before, count)
        return places
