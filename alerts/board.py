"""The board: where the alerts of some rules are, in every scope.

Rules are columns, scopes are rows; a cell is one alert.  Most cells do nothing at most times, so states are
arrays and only cells that move are looked at one by one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from alerts.detect.findings import Codes, Flags, Ints
from alerts.states import LIVE, ON_VERDICT, State, Verdict, after

_NEXT = np.array([[ON_VERDICT[state][verdict] for verdict in Verdict] for state in State], np.int8)
_LIVE = np.array([state in LIVE for state in State])

Cell = tuple[int, int]
"""Row and column."""


@dataclass(slots=True)
class Episode:
    """One run of an alert.  `started_at_ms` is the end of the pane with its first breach.

    `seq` counts the transitions so far; `due_ms` is when it must be stepped again even if nothing new
    comes in (None: never).
    """

    started_at_ms: int
    severity: int
    seq: int = 0
    due_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A transition: a change of state, or of the severity of what fires."""

    row: int
    column: int
    state: State
    severity: int
    started_at_ms: int
    seq: int


class Board:
    """States of the alerts of `for_ms` rules (one entry per rule), cell by cell."""

    def __init__(self, for_ms: Sequence[int]) -> None:
        self._for_ms = tuple(for_ms)
        self._state = np.zeros((0, len(for_ms)), np.int8)
        self._severity = np.zeros((0, len(for_ms)), np.int8)
        self._episodes: dict[Cell, Episode] = {}
        self._due: set[Cell] = set()

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""
        more = ((0, max(0, rows - len(self._state))), (0, 0))
        self._state = np.pad(self._state, more)
        self._severity = np.pad(self._severity, more)

    def clear(self, rows: Ints) -> None:
        """Forget rows that are about to stand for other scopes; none of them may be live."""
        self._state[rows] = State.INACTIVE
        self._severity[rows] = 0

    def live(self) -> Flags:
        """Rows with an episode that goes on."""
        alive: Flags = np.any(_LIVE[self._state], axis=1)
        return alive

    def live_rows(self) -> Ints:
        """Row numbers with an episode that goes on, ascending."""
        return np.array(sorted({row for row, _ in self._episodes}), np.int64)

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
        dues = (self._episodes[cell].due_ms for cell in self._due)
        return min((due for due in dues if due is not None), default=None)

    def due_rows(self, at_ms: int) -> Ints:
        """Rows with a cell that is due, ascending."""
        due = {cell[0] for cell in self._due if (self._episodes[cell].due_ms or 0) <= at_ms}
        return np.array(sorted(due), np.int64)

    def step(self, at_ms: int, rows: Ints, verdict: Codes, severity: Codes, held: Codes) -> Iterator[Move]:
        """Step the cells of `rows` (each once) at a pane's end; the arrays are rows by rules.

        Yields what everyone must hear of, rows first, then columns.  `held` is the severity that an alert
        may keep: it quietens to the greater of `severity` and its own, as far as that is held.
        """
        moved, severity = self._moved(rows, verdict, severity, held)
        for at, column in np.argwhere(moved).tolist():
            now = Verdict(int(verdict[at, column]))
            yield from self._step((int(rows[at]), column), at_ms, now, int(severity[at, column]))

    def would_move(self, rows: Ints, verdict: Codes, severity: Codes, held: Codes) -> Flags:
        """Which rows (each as often as one likes) `step` would change; the others it leaves as they are."""
        moved, _ = self._moved(rows, verdict, severity, held)
        changed: Flags = np.any(moved, axis=1)
        return changed

    def _moved(self, rows: Ints, verdict: Codes, severity: Codes, held: Codes) -> tuple[Flags, Codes]:
        """Which cells change, if only in what is remembered of them, and the severities of breaches."""
        state, loud = self._state[rows], self._severity[rows]
        breach = verdict == Verdict.BREACH
        severity = np.where(breach, np.maximum(severity, np.minimum(loud, held)), 0)
        louder = breach & (state == State.FIRING) & (severity != loud)
        return (_NEXT[state, verdict] != state) | louder | (state == State.PENDING), severity

    def _step(self, cell: Cell, at_ms: int, verdict: Verdict, severity: int) -> Iterator[Move]:
        before = State(int(self._state[cell]))
        episode = self._episodes.get(cell)
        if episode is None and verdict is Verdict.BREACH:
            episode = self._episodes[cell] = Episode(at_ms, severity)
        hold_ms = self._for_ms[cell[1]]
        lasted = episode is not None and at_ms - episode.started_at_ms >= hold_ms
        state = after(before, verdict, lasted=lasted)
        self._state[cell] = state
        if episode is None:
            return
        was = episode.severity
        if verdict is Verdict.BREACH:
            episode.severity = severity
        self._severity[cell] = episode.severity
        if _told(before, state) or (before is state is State.FIRING and was != episode.severity):
            episode.seq += 1
            yield Move(*cell, state, episode.severity, episode.started_at_ms, episode.seq)
        self._set_due(cell, episode, _due_ms(state, verdict, at_ms, episode.started_at_ms + hold_ms))
        if state not in LIVE:
            del self._episodes[cell]
            self._severity[cell] = 0

    def _set_due(self, cell: Cell, episode: Episode, due_ms: int | None) -> None:
        episode.due_ms = due_ms
        if due_ms is None:
            self._due.discard(cell)
        else:
            self._due.add(cell)

    def put(self, cell: Cell, state: State, episode: Episode) -> None:
        """Put back an episode that a snapshot had; rows must have been made room for."""
        self._state[cell] = state
        self._severity[cell] = episode.severity
        self._episodes[cell] = episode
        self._set_due(cell, episode, episode.due_ms)


def _told(before: State, state: State) -> bool:
    """Whether a change of state is told; that a pending alert came to nothing is not."""
    return before is not state and state is not State.INACTIVE


def _due_ms(state: State, verdict: Verdict, at_ms: int, lasted_at_ms: int) -> int | None:
    if state is State.PENDING:
        return lasted_at_ms
    if state is State.FIRING and verdict is Verdict.CLEAR:  # it was stale; the next reading may resolve it
        return at_ms + 1
    return None


def alert_id(rule: str, scope_text: str, started_at_ms: int) -> str:
    """The id of an episode: a function of rule, scope and start alone."""
    text = "\x1f".join((rule, scope_text, str(started_at_ms)))
    return blake2b(text.encode(), digest_size=12).hexdigest()
