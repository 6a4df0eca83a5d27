"""stream.board.history: what a sparkline shows."""

from hypothesis import given
from hypothesis import strategies as st

from stream.board.history import DAY_S, DAY_STEP_S, WEEK_STEP_S, ScoreHistory


@given(st.lists(st.tuples(st.integers(0, 3_000_000), st.floats(0, 100)), max_size=300))
def test_history_is_bounded_sorted_and_ends_with_the_newest_step(scores: list[tuple[int, float]]) -> None:
    """Whatever order scores come in."""
    history = ScoreHistory()
    for at_s, value in scores:
        history.add(at_s, value)
    day, week = history.day(), history.week()
    assert len(day) <= 144
    assert len(week) <= 168
    for points, step_s in ((day, DAY_STEP_S), (week, WEEK_STEP_S)):
        assert [at for at, _ in points] == sorted({at for at, _ in points})
        assert all(at % step_s == 0 for at, _ in points)
        if scores:
            assert points[-1][0] == max(at for at, _ in scores) // step_s * step_s


def test_the_last_value_of_a_step_is_kept() -> None:
    """And a day ends after a day."""
    history = ScoreHistory()
    for at_s, value in ((60, 1.0), (420, 2.0), (720, 3.0)):
        history.add(at_s, value)
    assert history.day() == [(0, 2.0), (600, 3.0)]
    assert history.week() == [(0, 3.0)]
    history.add(DAY_S + 600, 4.0)
    assert history.day() == [(DAY_S + 600, 4.0)]
