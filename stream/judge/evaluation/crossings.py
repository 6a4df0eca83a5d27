"""Crossings: at which panes some alert will move, given where the alerts are now.

A reading that leaves an alert where it is need not be judged, though it may be past a limit: a score that
stays bad for a day is one move, not thousands of judgements.  After a move the scope is looked at again.

An example: the readings of one scope at the ends of panes 10, 14, 15 and 90 are good, bad, bad and good.
While its alert is inactive, the next crossing is 14.  Once it fires, the reading at 15 would change nothing,
and the next crossing is 90.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import numpy as np

from alerts.detect.findings import Flags, Ints
from alerts.detect.row_sets import NO_ROWS
from stream.columnar.runs import run_starts

NEVER: Final = 2**62
FIRST_LOOK: Final = 64
"""Readings of a scope that are looked at first; alerts that move often move soon."""
MORE: Final = 8
"""How many times as many are looked at next."""


@dataclass(frozen=True, slots=True)
class Hush:
    """For which rows nothing comes in (None: the rules do not care), and until which pane that stays so.

    The end of pane `turns[row]` is the first at which a rule that listens for silence may be judged in the
    row; None: in no row in this block.
    """

    muted: Flags | None = None
    turns: Ints | None = None


class Forecast(Protocol):
    """Where, within a block of panes, the alerts of some rules have to be judged.

    It holds true until something is judged: `look` again at what was.  At the pane `held` it wants to be told
    that a rule that listens for silence was judged, to `resume`.
    """

    held: int

    @property
    def pane(self) -> int | None:
        """The next pane at whose end something has to be judged; None: nothing in this block."""

    def rows(self, pane: int) -> Ints:
        """The rows that have to be judged at the end of a pane, ascending."""

    def look(self, rows: Ints, judged: int, muting: Hush) -> None:
        """See anew when each of some rows (ascending) has to be judged after the last pane judged."""

    def minds(self, rows: Ints, pane: int) -> bool:
        """Whether `heard_again` may say so of any of some rows, or has to go on with any."""

    def heard_again(self, rows: Ints, pane: int, muting: Hush) -> Ints:
        """Which rows without an alert must be judged at a pane's end, at which something came in again."""

    def resume(self, pane: int, muting: Hush) -> None:
        """A rule that listens for silence was judged at a pane's end."""


class Path(Protocol):
    """The readings of some rules over a block: by row, and within a row by time.

    Entry i is what is read of `rows[i]` at the end of `panes[i]`.
    """

    @property
    def rows(self) -> Ints:
        """The row of each reading, ascending."""

    @property
    def panes(self) -> Ints:
        """The pane of each reading, ascending within a row."""

    @property
    def lasts(self) -> bool:
        """Whether a reading would be the same at any pane up to the next one."""

    def suspects(self) -> Ints:
        """The rows, ascending, of which some reading may be a breach, and those with an alert."""

    def would_move(self, places: Ints) -> Flags:
        """Which of the readings at some places would move an alert of their row from where it is now."""


class Crossings:
    """A forecast from readings: the next that moves an alert of its row, if no other comes first."""

    def __init__(self, path: Path, room: int, judged: int, muting: Hush) -> None:
        """Row numbers are below `room`; `judged` is the last pane judged."""
        self.held = NEVER
        self._path: Final = path
        self._next: Ints = np.full(room, NEVER, np.int64)
        self._soonest: int | None = NEVER
        self._suspects: Final = path.suspects()
        if len(self._suspects):
            self.look(self._suspects, judged, muting)

    @cached_property
    def _first(self) -> int:
        return int(self._path.panes.min(initial=NEVER))

    @cached_property
    def _span(self) -> int:
        return int(self._path.panes.max(initial=self._first)) - self._first + 2

    @cached_property
    def _keys(self) -> Ints:
        keys: Ints = self._path.rows * self._span + (self._path.panes - self._first)
        return keys

    @cached_property
    def _calm_from(self) -> Ints:
        """By row, its first pane if none of its readings is a breach."""
        path, found = self._path, np.full(len(self._next), NEVER, np.int64)
        starts = run_starts(path.rows)
        found[path.rows[starts]] = path.panes[starts]
        found[self._suspects] = NEVER
        return found

    @property
    def pane(self) -> int | None:
        """The next crossing of all."""
        if self._soonest is None:
            self._soonest = int(self._next.min(initial=NEVER))
        return None if self._soonest == NEVER else self._soonest

    def rows(self, pane: int) -> Ints:
        """The rows that cross at the end of a pane, ascending."""
        return np.flatnonzero(self._next == pane) if pane == self.pane else NO_ROWS

    def look(self, rows: Ints, judged: int, muting: Hush) -> None:
        """See anew when each of some rows (ascending) crosses after the last pane judged.

        A muted row was judged when it became so, and does not cross: whatever its readings, they are stale.
        """
        self._next[rows] = NEVER
        self._soonest = None
        if muting.muted is not None:
            rows = rows[~muting.muted[rows]]
        after = min(max(judged + 1 - self._first, 0), self._span)
        start = self._keys.searchsorted(rows * self._span + after)
        stop = self._keys.searchsorted((rows + 1) * self._span)
        size = FIRST_LOOK
        while len(rows):
            reach = np.minimum(start + size, stop)
            self._note(places_between(start, reach))
            left = (reach < stop) & (self._next[rows] == NEVER)
            rows, start, stop = rows[left], reach[left], stop[left]
            size *= MORE

    def minds(self, rows: Ints, pane: int) -> bool:
        """Some row may have a breach in this block, or nothing was read of it yet."""
        return bool(len(rows)) and (not self._path.lasts or bool((self._calm_from[rows] > pane).any()))

    def heard_again(self, rows: Ints, pane: int, muting: Hush) -> Ints:
        """Those whose latest reading would move their alert, or of which there is none that holds."""
        if not self._path.lasts:
            return rows
        last = np.searchsorted(
            self._keys, rows * self._span + min(max(pane - self._first, -1), self._span - 1), "right"
        )
        known = (
            (last > 0) & (self._path.rows[np.maximum(last - 1, 0)] == rows) if len(self._keys) else last < 0
        )
        moved = ~known
        moved[known] = self._path.would_move(last[known] - 1)
        self.look(rows[~moved], pane, muting)
        return rows[moved]

    def resume(self, pane: int, muting: Hush) -> None:
        """Nothing is held back."""

    def _note(self, places: Ints) -> None:
        if len(places):
            moved = places[self._path.would_move(places)]
            turning, first = np.unique(self._path.rows[moved], return_index=True)
            self._next[turning] = self._path.panes[moved[first]]


def places_between(start: Ints, stop: Ints) -> Ints:
    """All places from each start up to before its stop, one run after the other."""
    count = stop - start
    before = np.cumsum(count) - count
    places: Ints = np.arange(int(count.sum())) + np.repeat(start - before, count)
    return places
