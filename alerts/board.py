"""The board: where the alerts of some rules are, in every scope.

Rules are columns, scopes are rows; a cell is one alert.  Most cells do nothing at most times, so states are
arrays and only cells that move are looked at one by one.

Severity has hysteresis.  What fires as critical stays so while the reading still leaves that possible
(`held`), so a score that hovers at its critical limit is one page.  The hysteresis holds for what fires and
for nothing else: a pending or stale alert that begins to fire is as loud as the reading that makes it fire.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from alerts.detect.findings import Codes, Flags, Ints
from alerts.detect.open_time import open_time
from alerts.detect.row_sets import NO_ROWS
from alerts.episodes import Cell, Episode, Move
from alerts.hours import OpenHours, counted
from alerts.recent_firings import RecentFirings
from alerts.rules import Rule
from alerts.states import LIVE, ON_VERDICT, TOLD, State, Verdict, after

_NEXT = np.array([[ON_VERDICT[state][verdict] for verdict in Verdict] for state in State], np.int8)
_LIVE = np.array([state in LIVE for state in State])
_AFTER: list[list[int]] = _NEXT.tolist()
_ALIVE: list[bool] = _LIVE.tolist()
_FEW_CELLS = 4  # cells up to which it is faster to look at each than at all in arrays
_PENDING, _FIRING, _RESOLVED = int(State.PENDING), int(State.FIRING), int(State.RESOLVED)
_KNOWN = int(State.KNOWN)
_CLEAR, _BREACH = int(Verdict.CLEAR), int(Verdict.BREACH)  # plain numbers: looking up a member takes longer


class Board:
    """States of the alerts of some rules, cell by cell.

    A rule's breach fires once it has lasted `for_ms`; what fires resolves once health has lasted `keep_ms`.
    """

    def __init__(
        self,
        for_ms: Sequence[int],
        keep_ms: Sequence[int] | None = None,
        hours: Sequence[OpenHours] | None = None,
    ) -> None:
        """`hours` are what counts of the time that something must last, all of it where they are absent."""
        self._for_ms = tuple(for_ms)
        self._keep_ms = np.array(keep_ms or [0] * len(for_ms), np.int64)
        own = [open_time(each) if each.limited else None for each in hours or ()]
        self._hours = own or [None] * len(for_ms)
        self._state = np.zeros((0, len(for_ms)), np.int8)
        self._severity = np.zeros((0, len(for_ms)), np.int8)
        self._healthy = np.zeros((0, len(for_ms)), np.bool_)  # where an episode has a `healthy_ms`
        self._episodes: dict[Cell, Episode] = {}
        self._due: set[Cell] = set()
        self.recent: Final = RecentFirings()
        self._living: Flags | None = None  # what `live` says, as long as no state changes
        self._keeps = bool(self._keep_ms.any())

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> "Board":
        """A board with a column per rule."""
        return cls(
            [rule.for_ms for rule in rules],
            [rule.keep_ms for rule in rules],
            [counted(rule.detect.hours) for rule in rules],
        )

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""
        more = ((0, max(0, rows - len(self._state))), (0, 0))
        self._living = None
        self._state = np.pad(self._state, more)
        self._severity = np.pad(self._severity, more)
        self._healthy = np.pad(self._healthy, more)

    def clear(self, rows: Ints) -> None:
        """Forget rows that are about to stand for other scopes; none of them may be live."""
        self._living = None
        self._state[rows] = State.INACTIVE
        self._severity[rows] = 0
        self.recent.forget(rows.tolist())

    def live(self) -> Flags:
        """Rows with an episode that goes on; not to be changed."""
        if self._living is None:
            self._living = np.any(_LIVE[self._state], axis=1)
        return self._living

    def live_rows(self) -> Ints:
        """Row numbers with an episode that goes on, ascending."""
        return np.flatnonzero(self.live()) if self._episodes else NO_ROWS

    def firing(self) -> Flags:
        """Rows with an alert that fires."""
        firing: Flags = np.any(self._state == _FIRING, axis=1)
        return firing

    def quiet(self, rows: Ints) -> bool:
        """Whether none of the rows has an episode that goes on."""
        return not self._episodes or not _LIVE[self._state[rows]].any()

    def state(self, row: int, column: int) -> State:
        """Where one alert is."""
        return State(int(self._state[row, column]))

    def episodes(self) -> Mapping[Cell, Episode]:
        """Every episode that goes on."""
        return self._episodes

    def due_ms(self) -> int | None:
        """When some cell must be stepped again even if nothing new comes in."""
        if not self._due:
            return None
        dues = (self._episodes[cell].due_ms for cell in self._due)
        return min((due for due in dues if due is not None), default=None)

    def due_rows(self, at_ms: int) -> Ints:
        """Rows with a cell that is due, ascending."""
        if not self._due:
            return NO_ROWS
        due = {cell[0] for cell in self._due if (self._episodes[cell].due_ms or 0) <= at_ms}
        return np.array(sorted(due), np.int64)

    def step(self, at_ms: int, rows: Ints, verdict: Codes, severity: Codes, held: Codes) -> Iterator[Move]:
        """Step the cells of `rows` (each once) at a pane's end; the arrays are rows by rules.

        Yields what everyone must hear of, rows first, then columns.  `held` is the severity that a firing
        alert may keep: it quietens to the greater of `severity` and its own, as far as that is held.
        """
        if verdict.size <= _FEW_CELLS:
            for at, row in enumerate(rows.tolist()):
                for column in range(verdict.shape[1]):
                    code, cell = int(verdict[at, column]), (row, column)
                    moves, loud = self._moves(cell, code, int(severity[at, column]), int(held[at, column]))
                    if moves:
                        yield from self._step(cell, at_ms, Verdict(code), loud)
            return
        moved, severity = self._moved(rows, verdict, severity, held)
        for at, column in np.argwhere(moved).tolist():
            now = Verdict(int(verdict[at, column]))
            yield from self._step((int(rows[at]), column), at_ms, now, int(severity[at, column]))

    def step_cell(self, at_ms: int, cell: Cell, codes: tuple[int, int, int]) -> list[Move]:
        """What `step` does, of one cell, whose codes are verdict, severity and held."""
        moves, loud = self._moves(cell, *codes)
        return list(self._step(cell, at_ms, Verdict(codes[0]), loud)) if moves else []

    def would_move(self, rows: Ints, verdict: Codes, severity: Codes, held: Codes) -> Flags:
        """Which rows (each as often as one likes) `step` would change; the others it leaves as they are.

        An alert that has resolved counts as inactive: nobody hears of the difference.
        """
        if verdict.size <= _FEW_CELLS:
            codes = verdict.tolist(), severity.tolist(), held.tolist()
            return np.array(
                [self._row_moves(row, each) for row, *each in zip(rows.tolist(), *codes, strict=True)],
                np.bool_,
            )
        moved, _ = self._moved(rows, verdict, severity, held)
        moved &= (self._state[rows] != _RESOLVED) | (verdict == _BREACH)
        changed: Flags = np.any(moved, axis=1)
        return changed

    def _row_moves(self, row: int, codes: Sequence[Sequence[int]]) -> bool:
        for column, (verdict, severity, held) in enumerate(zip(*codes, strict=True)):
            cell = row, column
            if (verdict == _BREACH or self._state[cell] != _RESOLVED) and self._moves(
                cell, verdict, severity, held
            )[0]:
                return True
        return False

    def _moves(self, cell: Cell, verdict: int, severity: int, held: int) -> tuple[bool, int]:
        """What `_moved` says, of one cell."""
        state, loud = int(self._state[cell]), int(self._severity[cell])
        breach, fires = verdict == _BREACH, state == _FIRING
        new = max(severity, min(loud, held) if fires else 0) if breach else 0
        louder = breach and ((fires and new != loud) or (state == _KNOWN and new > loud))
        moved = _AFTER[state][verdict] != state or state == _PENDING or louder
        if self._keeps and not moved:
            begins = bool(self._keep_ms[cell[1]] > 0) and _ALIVE[state] and verdict == _CLEAR
            moved = begins or bool(self._healthy[cell])
        return moved, new

    def _moved(self, rows: Ints, verdict: Codes, severity: Codes, held: Codes) -> tuple[Flags, Codes]:
        """Which cells change, if only in what is remembered of them, and the severities of breaches."""
        state, loud = self._state[rows], self._severity[rows]
        breach, fires = verdict == _BREACH, state == _FIRING
        kept = np.minimum(loud, held) * fires
        severity = np.where(breach, np.maximum(severity, kept), 0)
        louder = breach & ((fires & (severity != loud)) | ((state == _KNOWN) & (severity > loud)))
        moved: Flags = (_NEXT[state, verdict] != state) | louder | (state == _PENDING)
        if self._keeps:
            begins = (self._keep_ms > 0) & _LIVE[state] & (verdict == _CLEAR)
            moved |= self._healthy[rows] | begins
        return moved, severity

    def _step(self, cell: Cell, at_ms: int, verdict: Verdict, severity: int) -> Iterator[Move]:
        self._living = None
        before = State(int(self._state[cell]))
        episode = self._episodes.get(cell)
        if episode is not None and before is State.KNOWN and verdict is Verdict.BREACH:
            if severity > episode.severity:  # worse than what is known
                before, episode = State.INACTIVE, None
            severity = max(severity, int(self._severity[cell]))
        if episode is None and verdict is Verdict.BREACH:
            episode = self._episodes[cell] = Episode(at_ms, severity)
        if episode is None:
            self._state[cell] = after(before, verdict, lasted=False)
            return
        self._listen(episode, verdict, at_ms)
        lasts_ms = self._lasts_ms(cell[1], episode, verdict)
        state = after(before, verdict, lasted=at_ms >= lasts_ms)
        self._state[cell] = state
        was = episode.severity
        if verdict is Verdict.BREACH:
            episode.severity = severity
        self._severity[cell] = episode.severity
        if _told(before, state) or (before is state is State.FIRING and was != episode.severity):
            episode.seq += 1
            if state is State.FIRING and before in (State.INACTIVE, State.PENDING, State.RESOLVED):
                self.recent.note(cell, at_ms)
            yield Move(
                row=cell[0], column=cell[1], state=state, severity=episode.severity,
                started_at_ms=episode.started_at_ms, seq=episode.seq, times=self.recent.times(cell, at_ms),
            )  # fmt: skip
        waits = state is State.PENDING or (verdict is Verdict.CLEAR and state in LIVE)
        self._set_due(cell, episode, lasts_ms if waits else None)
        self._healthy[cell] = state in LIVE and episode.healthy_ms is not None
        if state not in LIVE:
            del self._episodes[cell]
            self._severity[cell] = 0

    def heed(self, at_ms: int, cell: Cell, *, learned: bool) -> Move | None:
        """End what somebody says is known; None where nobody was told of it, or it is over.

        Where its detector has `learned` the level the cell is as before the episode.  Otherwise the breach
        goes on, and is known.
        """
        state, episode = State(int(self._state[cell])), self._episodes.get(cell)
        if episode is None or state not in TOLD:
            return None
        self._living = None
        episode.seq += 1
        episode.healthy_ms = None
        move = Move(
            row=cell[0], column=cell[1], state=State.RESOLVED, severity=episode.severity,
            started_at_ms=episode.started_at_ms, seq=episode.seq, times=self.recent.times(cell, at_ms),
        )  # fmt: skip
        self._state[cell] = State.RESOLVED if learned else State.KNOWN
        self._healthy[cell] = False
        self._set_due(cell, episode, None)
        if learned:
            del self._episodes[cell]
            self._severity[cell] = 0
        return move

    def _listen(self, episode: Episode, verdict: Verdict, at_ms: int) -> None:
        """Remember since when there has been health: a breach ends it, and so does silence."""
        if verdict in (Verdict.BREACH, Verdict.STALE):
            episode.healthy_ms = None
        elif verdict is Verdict.CLEAR and episode.healthy_ms is None:
            episode.healthy_ms = at_ms

    def _lasts_ms(self, column: int, episode: Episode, verdict: Verdict) -> int:
        """When what a verdict says will have lasted for as long as the rule asks."""
        if verdict is Verdict.CLEAR and episode.healthy_ms is not None:
            return self._after(column, episode.healthy_ms, int(self._keep_ms[column]))
        return self._after(column, episode.started_at_ms, self._for_ms[column])

    def _after(self, column: int, start_ms: int, span_ms: int) -> int:
        """When so much time that counts has passed."""
        hours = self._hours[column]
        if hours is None or not span_ms:
            return start_ms + span_ms
        return int(hours.after(np.array([start_ms]), np.array([span_ms]))[0])

    def _set_due(self, cell: Cell, episode: Episode, due_ms: int | None) -> None:
        episode.due_ms = due_ms
        if due_ms is None:
            self._due.discard(cell)
        else:
            self._due.add(cell)

    def put(self, cell: Cell, state: State, episode: Episode) -> None:
        """Put back an episode that a snapshot had; rows must have been made room for."""
        self._living = None
        self._state[cell] = state
        self._severity[cell] = episode.severity
        self._healthy[cell] = episode.healthy_ms is not None
        self._episodes[cell] = episode
        self._set_due(cell, episode, episode.due_ms)


def _told(before: State, state: State) -> bool:
    """Whether a change of state is told; that a pending alert came to nothing is not."""
    return before is not state and state is not State.INACTIVE
