"""The board: many alerts at once."""

from copy import deepcopy

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alerts.board import Board
from alerts.episodes import Move, alert_id
from alerts.rules import HOUR_MS
from alerts.states import LIVE, State, Verdict, after

B, C, F, S = (
    int(verdict) for verdict in (Verdict.BREACH, Verdict.CLEAR, Verdict.INSUFFICIENT, Verdict.STALE)
)


def board_of(for_ms: list[int], rows: int = 2) -> Board:
    """A board with room."""
    board = Board(for_ms)
    board.grow(rows)
    return board


def step(board: Board, at_ms: int, verdict: int, severity: int = 2, held: int | None = None) -> list[Move]:
    """Step row 1 of a board of one rule."""
    arrays = [
        np.array([[code]], np.int8) for code in (verdict, severity if verdict == B else 0, held or severity)
    ]
    return list(board.step(at_ms, np.array([1]), *arrays))


def test_an_episode_counts_its_transitions() -> None:
    """From its first breach to its resolve, an episode has one start and numbers from 1."""
    board = board_of([0])
    told = [move for at, verdict in enumerate((B, B, S, B, C), 1) for move in step(board, at, verdict)]
    assert [(move.state.word, move.seq, move.started_at_ms) for move in told] == [
        ("firing", 1, 1),
        ("stale", 2, 1),
        ("firing", 3, 1),
        ("resolved", 4, 1),
    ]
    assert [move.started_at_ms for move in step(board, 9, B)] == [9]


def test_pending_is_told_only_where_a_rule_holds() -> None:
    """A hold of 0 fires at once; what was pending and came to nothing is not told."""
    board = board_of([20])
    assert [move.state.word for move in step(board, 10, B)] == ["pending"]
    assert board.due_ms() == 30
    assert step(board, 20, C) == []
    assert board.due_ms() is None
    assert [move.state.word for move in step(board, 40, B) + step(board, 60, B)] == ["pending", "firing"]


def test_a_loud_alert_quietens_when_the_score_does() -> None:
    """Severity rises with certainty and falls with the score itself, each time as a transition."""
    board = board_of([0])
    told = step(board, 1, B, 1) + step(board, 2, B, 2) + step(board, 3, B, 1, held=2) + step(board, 4, B, 1)
    assert [(move.severity, move.seq) for move in told] == [(1, 1), (2, 2), (1, 3)]


def test_a_stale_alert_that_hears_health_resolves() -> None:
    """Nobody is paged for good news."""
    board = board_of([0])
    told = [move for at, verdict in enumerate((B, S, F, C), 1) for move in step(board, at, verdict)]
    assert [(move.state.word, move.seq) for move in told] == [("firing", 1), ("stale", 2), ("resolved", 3)]
    assert board.due_ms() is None


def test_what_begins_to_fire_is_as_loud_as_its_reading() -> None:
    """Only what fires keeps its severity: after silence, or a wait, the reading alone says how loud."""
    board = board_of([0])
    told = [*step(board, 1, B, 2), *step(board, 2, S), *step(board, 3, B, 1, held=2)]
    assert [(move.state.word, move.severity) for move in told] == [("firing", 2), ("stale", 2), ("firing", 1)]
    board = board_of([10])
    told = [*step(board, 10, B, 2), *step(board, 20, B, 1, held=2)]
    assert [(move.state.word, move.severity) for move in told] == [("pending", 2), ("firing", 1)]


def test_an_alert_is_held_open_until_health_has_lasted() -> None:
    """A breach in between starts the wait anew; doubt does not, and nobody hears of any of it."""
    board = Board([0], [30])
    board.grow(2)
    steps = [(0, B), (10, C), (20, F), (30, B), (40, C), (70, F)]
    assert [move.seq for at, verdict in steps for move in step(board, at, verdict)] == [1]
    assert board.due_ms() is None  # what is in doubt resolves on the next healthy reading
    assert [move.state.word for move in step(board, 71, C)] == ["resolved"]


def test_silence_is_no_health_that_lasts() -> None:
    """Whatever was healthy before nothing came in does not count."""
    board = Board([0], [30])
    board.grow(2)
    told = [
        move for at, each in ((0, B), (10, C), (20, S), (50, C), (80, C)) for move in step(board, at, each)
    ]
    assert [move.state.word for move in told] == ["firing", "stale", "resolved"]


def test_episodes_of_a_day_are_counted() -> None:
    """A scope that fires for the third time in 24 hours says so; the day before is forgotten."""
    board = board_of([0])
    told = []
    for hour in (0, 10, 20, 30):
        told += step(board, hour * HOUR_MS, B) + step(board, (hour + 1) * HOUR_MS, C)
    assert [(move.state.word, move.times) for move in told] == [
        ("firing", 1), ("resolved", 1), ("firing", 2), ("resolved", 2), ("firing", 3), ("resolved", 3),
        ("firing", 3), ("resolved", 3),
    ]  # fmt: skip
    board.clear(np.array([1]))
    assert board.recent.when == {}


def test_episodes_are_put_back() -> None:
    """What a snapshot had goes on where it was."""
    one, other = board_of([30]), board_of([30])
    step(one, 10, B)
    for cell, episode in one.episodes().items():
        other.put(cell, one.state(*cell), episode)
    assert step(other, 40, B) == [
        Move(row=1, column=0, state=State.FIRING, severity=2, started_at_ms=10, seq=2)
    ]
    assert other.live_rows().tolist() == [1]
    assert other.live().tolist() == [False, True]


def test_ids_depend_on_rule_scope_and_start() -> None:
    """And on nothing else; they are short enough to read."""
    ids = {alert_id(rule, scope, at) for rule in ("a", "b") for scope in ("x=1", "x=2") for at in (10, 20)}
    assert len(ids) == 8
    assert alert_id("a", "x=1", 10) == alert_id("a", "x=1", 10)
    assert all(len(each) == 24 for each in ids)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([B, C, F, S]), st.integers(0, 1)), max_size=60),
    st.sampled_from([0, 3]),
)
def test_cells_move_as_the_machine_alone_would(steps: list[tuple[int, int, int]], hold: int) -> None:
    """Each cell's told states are those of the pure machine, whatever its neighbours do."""
    board = board_of([hold, hold], 4)
    told: dict[tuple[int, int], list[State]] = {}
    expected: dict[tuple[int, int], list[State]] = {}
    states: dict[tuple[int, int], State] = {}
    began: dict[tuple[int, int], int] = {}
    for at, (row, verdict, column) in enumerate(steps):
        verdicts = np.full((1, 2), F, np.int8)
        verdicts[0, column] = verdict
        ones = np.ones((1, 2), np.int8)
        for move in board.step(at, np.array([row]), verdicts, ones * (verdicts == B), ones):
            told.setdefault((move.row, move.column), []).append(move.state)
        for each in range(2):
            cell = (row, each)
            given_verdict = Verdict(int(verdicts[0, each]))
            before = states.get(cell, State.INACTIVE)
            if before not in LIVE:
                began[cell] = at
            lasted = given_verdict is Verdict.CLEAR or at - began[cell] >= hold
            states[cell] = after(before, given_verdict, lasted=lasted)
            if states[cell] is not before and states[cell] is not State.INACTIVE:
                expected.setdefault(cell, []).append(states[cell])
    assert told == expected


CODES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 2)), min_size=3, max_size=3)


@given(st.lists(CODES, max_size=8), CODES)
def test_a_step_that_moves_nothing_leaves_no_trace(
    before: list[list[tuple[int, int, int]]], last: object
) -> None:
    """Rows that would not move need not be stepped: neither what is told nor what is remembered changes."""
    board, rows = Board([0, 20, 0], [0, 0, 25]), np.array([0])
    board.grow(1)
    steps = [np.array(each, np.int8).T[:, None, :] for each in [*before, last]]
    for number, (verdict, severity, held) in enumerate(steps):
        loud = np.where(verdict == B, np.maximum(severity, 1), 0).astype(np.int8)
        would = bool(board.would_move(rows, verdict, loud, np.maximum(held, loud))[0])
        was = _remembered(board)
        told = list(board.step(10 * number, rows, verdict, loud, np.maximum(held, loud)))
        assert would or (not told and was == _remembered(board))


def _remembered(board: Board) -> object:
    """Of the one row; nobody can tell an alert that resolved from one that never was."""
    states = [board.state(0, column) for column in range(3)]
    over = (State.INACTIVE, State.RESOLVED)
    return [None if each in over else each for each in states], deepcopy(board.episodes()), board.due_ms()
