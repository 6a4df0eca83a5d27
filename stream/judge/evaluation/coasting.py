"""Coasting: a forecast for detectors that hear what comes in, and remember.

A row's arrivals are taken one after the other, ahead of the pane that is judged, as long as nobody would hear
anything of them.  The row stops at the first of which somebody would, and that pane is judged in full.

A row with an alert may be asked between two of its arrivals: when a rule that listens for silence mutes it,
its alert says what it stands at then.  So it is taken no further than the next pane at which such a rule is
judged.  What has lasted for as long as `for` or `keep_firing_for` asks is told between arrivals as well, so
no time passes beyond the first pane at which it may have.

For example, a scope has calls in panes 3, 8 and 20, and none from then on.  Those of 3 and 8 are as many as
ever, so the row coasts through them at once.  With those of 20 a surge would begin: pane 20 is the
next that is judged, as if nobody had looked ahead.
"""

from typing import Final, Protocol

import numpy as np

from alerts.board import Board
from alerts.detect.findings import Flags, Ints
from alerts.detect.row_sets import among, union, without
from alerts.detect.volumes.arrivals import ArrivalRun, Arrivals, Coasted
from alerts.states import Verdict
from stream.judge.evaluation.crossings import NEVER, Hush


class Coaster(Protocol):
    """A detector that can take many panes' arrivals at once; see `alerts.detect.volumes.arrivals`."""

    def coast(
        self, arrivals: Arrivals, runs: list[ArrivalRun], through_ms: int, idle: Flags | None = None
    ) -> Coasted:
        """Take arrivals, and the quiet up to `through_ms`, as far as nothing happens.

        Nothing comes in of rows that are `idle`, and they have no alert.
        """

    def check_ms(self) -> int | None:
        """The end of the pane at which some row must be looked at if nothing comes in; None: never."""

    def catch_up(self, end_ms: int) -> None:
        """Bring what is expected to the time of the pane that ends then, which is about to be judged."""

    def due(self, end_ms: int) -> Ints:
        """The rows that must be looked at by a pane's end if nothing comes in, ascending."""

    def checks_ms(self) -> Ints | None:
        """By row, the end of the first pane at which it must be looked at, if nothing comes in.

        None: that is known of no row beyond the first of all.
        """

    def fired(self, rows: Ints) -> Flags:
        """Which rows are in breach."""


class CoastedAlerts:
    """The alerts of one rule, on a board of one column; `severity` is the code of the rule's."""

    def __init__(self, board: Board, severity: int) -> None:
        self._board: Final = board
        self._severity: Final = severity

    def live(self) -> Flags:
        """`(rows,)`: which scopes have an alert."""
        return self._board.live()

    def due_ms(self) -> int | None:
        """When some scope is asked whatever comes in, as what holds of it has lasted by then; None: never."""
        return self._board.due_ms()

    def would_move(self, rows: Ints, fired: Flags, muted: Flags | None) -> Flags:
        """Which of some rows' alerts would move if what holds of them now went on.

        `fired` says of each of `rows` whether it is in breach, `muted` of every row whether nothing comes in.
        """
        silent = np.zeros(len(rows), np.bool_) if muted is None else muted[rows]
        moves: Flags = fired & ~silent  # of a row without an alert
        live = self._board.live()[rows]
        if live.any():
            verdict = np.where(silent, Verdict.STALE, np.where(fired, Verdict.BREACH, Verdict.CLEAR))
            severity = np.full((int(live.sum()), 1), self._severity, np.int8)
            codes = verdict.astype(np.int8)[live][:, None], severity, severity
            moves[live] = self._board.would_move(rows[live], *codes)
        return moves


class Coasting:
    """The forecast of one detector over one block."""

    def __init__(self, detector: Coaster, alerts: CoastedAlerts, arrivals: Arrivals, pane_ms: int) -> None:
        self._detector: Final = detector
        self._alerts: Final = alerts
        self._arrivals: Final = arrivals
        self._pane_ms: Final = pane_ms
        starts = np.flatnonzero(np.diff(arrivals.rows, prepend=-1))
        self._rows: Final[Ints] = arrivals.rows[starts]
        self._at: Final[Ints] = starts.copy()  # by row, the first arrival that was not taken
        self._end: Final[Ints] = np.append(starts[1:], len(arrivals.rows))[: len(starts)]
        self._stop: Final[Ints] = np.full(len(starts), NEVER, np.int64)  # by row, the pane to be judged
        self._panes: Final[Ints] = arrivals.end_ms // pane_ms - 1
        self._open: Ints = np.arange(len(starts))  # places of rows that may go on, and held ones
        self._through = -1
        self.held = NEVER  # the first pane up to which some row is held for a rule that listens for silence

    def begin(self, through: int, muting: Hush) -> None:
        """Look as far as the end of a pane."""
        self._through = through
        self._go(muting)

    @property
    def pane(self) -> int | None:
        """The next pane at whose end something has to be judged; None: nothing in this block."""
        stop = int(self._stop.min(initial=NEVER))
        check_ms = self._detector.check_ms()
        if check_ms is not None:
            stop = min(stop, -(-check_ms // self._pane_ms) - 1)
        return None if stop > self._through else stop

    def rows(self, pane: int) -> Ints:
        """The rows that have to be judged at the end of a pane, ascending."""
        end_ms = (pane + 1) * self._pane_ms
        self._detector.catch_up(end_ms)  # an hour that begins may expect so much that quiet is news at once
        return union([self._rows[self._stop <= pane], self._detector.due(end_ms)])

    def turns(self, room: int) -> Ints | None:
        """By row, the first pane at whose end it may have to be judged; None: that is not known by row."""
        checks_ms = self._detector.checks_ms()
        if checks_ms is None:
            return None
        found = np.full(room, NEVER, np.int64)
        found[: len(checks_ms)] = -(-checks_ms // self._pane_ms) - 1
        found[self._rows] = np.minimum(found[self._rows], self._stop)
        return found

    def look(self, rows: Ints, judged: int, muting: Hush) -> None:
        """Go on after a pane was judged in some rows."""
        mine = self._rows.searchsorted(rows[among(rows, self._rows)])
        self._stop[mine] = NEVER
        gone = mine[self._at[mine] < self._end[mine]]
        self._at[gone] += self._panes[self._at[gone]] <= judged
        self._open = union([self._open, gone])
        self._go(muting)

    def resume(self, pane: int, muting: Hush) -> None:
        """Go on with what was held for a rule that listens for silence."""
        if self.held <= pane:
            self._go(muting)

    def minds(self, rows: Ints, pane: int) -> bool:  # noqa: ARG002  # whenever it was
        """Some row is in breach."""
        return bool(self._detector.fired(rows).any())

    def heard_again(self, rows: Ints, pane: int, muting: Hush) -> Ints:  # noqa: ARG002  # whenever it was
        """Those that are in breach."""
        return rows[self._detector.fired(rows)]

    def _go(self, muting: Hush) -> None:
        """Take every row that has not stopped as far as it goes."""
        self.held = NEVER
        left = self._open
        if not len(left):
            self._take(left, [], left, muting)
            return
        left = left[(self._at[left] < self._end[left]) & (self._stop[left] == NEVER)]
        rows = self._rows[left]
        fired = self._detector.fired(rows)
        moves = self._alerts.would_move(rows, fired, muting.muted)
        if moves.any():
            stopped = left[moves]
            self._stop[stopped] = self._panes[self._at[stopped]]
            left, rows, fired = left[~moves], rows[~moves], fired[~moves]
        end = self._end[left]
        until = np.full(len(left), NEVER, np.int64)
        if muting.turns is not None:
            asked = fired | self._alerts.live()[rows]
            until[asked] = muting.turns[rows[asked]]
            for place in np.flatnonzero(until < NEVER).tolist():
                at = slice(int(self._at[left[place]]), int(end[place]))
                end[place] = at.start + np.searchsorted(self._panes[at], until[place])
            self.held = int(until.min(initial=NEVER))
        runs = list(map(ArrivalRun, rows.tolist(), self._at[left].tolist(), end.tolist()))
        self._take(left, runs, until, muting)

    def _take(self, places: Ints, runs: list[ArrivalRun], until: Ints, muting: Hush) -> None:
        """Take some runs, each for a row's place, and the time in which nothing comes in.

        A row is not taken up to the end of pane `until`.
        """
        end_ms = (self._free_through(muting) + 1) * self._pane_ms
        quiet = self._detector.due(end_ms)
        if len(quiet):
            quiet = without(quiet, union([self._rows[self._stop < NEVER], self._rows[places]]))
            quiet = quiet[~self._alerts.would_move(quiet, self._detector.fired(quiet), muting.muted)]
        idle = ~self._alerts.live()
        idle[self._rows[self._stop < NEVER]] = False
        still = [ArrivalRun(row, 0, 0) for row in quiet.tolist()]
        found = self._detector.coast(self._arrivals, [*runs, *still], end_ms, idle)
        self._at[places] = found.reached[: len(runs)]
        refused = set(found.refused)
        ends, untils = self._end[places].tolist(), until.tolist()
        for number, (run, reached) in enumerate(zip(runs, found.reached, strict=False)):
            next_pane = int(self._panes[reached]) if reached < ends[number] else NEVER
            if (reached < run.stop and reached in refused) or (
                reached == run.stop and next_pane == untils[number]
            ):
                self._stop[places[number]] = next_pane
        self._open = places[(self._at[places] < self._end[places]) & (self._stop[places] == NEVER)]

    def _free_through(self, muting: Hush) -> int:
        """The last pane up to which time may pass for rows that have not stopped."""
        free = min(self._through, int(self._stop.min(initial=NEVER)) - 1)
        if (due_ms := self._alerts.due_ms()) is not None:
            free = min(free, -(-due_ms // self._pane_ms) - 2)  # the look at that pane goes on from there
        if muting.turns is None:
            return free
        live = self._alerts.live()
        asked = live | self._detector.fired(np.arange(len(live)))
        until = int(muting.turns[: len(live)][asked].min(initial=NEVER))
        self.held = min(self.held, until)
        return min(free, until - 1)
