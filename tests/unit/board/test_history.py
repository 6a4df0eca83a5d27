"""stream.board.history: what a sparkline shows."""

from hypothesis import given
from hypothesis import strategies as st

from stream.board.history import DAY_S, DAY_STEP_S, WEEK_STEP_S, ScoreHistory


@given(st.lists(st.tuples(st.integers(0, 3_000_000), st.floats(0, 100)), max_size=300))
def test_history_is_bounded_and_ends_with_the_newest_step(scores: list[tuple[int, float]]) -> None:
    """Whatever order scores come in."""
    history = ScoreHistory()
    for at_s, value in scores:
        history.add(at_s, value)
    for course, step_s, most in ((history.day(), DAY_STEP_S, 72), (history.week(), WEEK_STEP_S, 56)):
        assert len(course) <= 1 + most
        if scores:
            first = course[0]
            assert first is not None
            assert first % step_s == 0
            newest = max(at for at, _ in scores) // step_s * step_s
            assert first + (len(course) - 2) * step_s == newest
            assert course[1] is not None
            assert course[-1] is not None


def test_the_last_value_of_a_step_is_kept() -> None:
    """Steps without a value are gaps, and a day ends after a day."""
    history = ScoreHistory()
    for at_s, value in ((60, 1.0), (1_140, 2.000061), (3_700, 3.0)):
        history.add(at_s, value)
    assert history.day() == [0, 2.0, None, None, 3.0]
    assert history.week() == [0, 3.0]
    history.add(DAY_S + 2 * DAY_STEP_S, 4.0)
    assert history.day() == [3_600, 3.0, *[None] * 70, 4.0]


def test_without_scores_there_is_no_course() -> None:
    """Nor a time at which it would begin."""
    assert ScoreHistory().day() == []
