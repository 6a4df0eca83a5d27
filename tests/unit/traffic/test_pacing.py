"""Pace: event time runs faster than life, and never ahead of it."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import DAY_MS, HOUR_MS, SECOND_MS
from stream.messages.records import Stream
from stream.traffic.generator import Message
from stream.traffic.pacing import Due, Pace, start_for

NOW_MS = 1_790_000_000_000


def _message(due_ms: int) -> Message:
    return Message(due_ms, Stream.FEEDBACK, "c", b"{}")


@given(st.floats(1, 1e5), st.integers(0, 10 * DAY_MS), st.floats(1, 1e5))
def test_event_time_never_overtakes_the_wall(speed: float, elapsed_ms: int, seconds: float) -> None:
    """At any speed and however long it runs, no event is ahead of its record."""
    pace = Pace(start_for(NOW_MS, speed, seconds), NOW_MS, speed)
    assert pace.event_ms(NOW_MS + elapsed_ms) <= NOW_MS + elapsed_ms


@given(st.floats(1.01, 1e5), st.floats(1, 1e5))
def test_faster_traffic_starts_so_far_back_that_it_keeps_its_speed(speed: float, seconds: float) -> None:
    """After `seconds` at full speed event time has not reached the present."""
    start_ms = start_for(NOW_MS, speed, seconds)
    assert start_ms + seconds * speed * SECOND_MS < NOW_MS
    assert start_ms % DAY_MS == 6 * HOUR_MS


def test_traffic_at_the_pace_of_life_starts_now() -> None:
    """Speed 1 is live."""
    assert start_for(NOW_MS, 1, None) == NOW_MS


def test_messages_are_handed_out_when_due_each_once_and_no_more_than_asked_for() -> None:
    """What is not due yet waits; a batch is capped."""
    due = Due([_message(at_ms) for at_ms in (1, 2, 2, 5)])
    assert due.until(0, 10) == []
    assert [m.due_ms for m in due.until(4, 2)] == [1, 2]
    assert [m.due_ms for m in due.until(4, 2)] == [2]
    assert not due.ended
    assert [m.due_ms for m in due.until(5, 2)] == [5]
    assert due.ended
