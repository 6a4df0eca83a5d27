"""Quiet: silence is counted only while somebody is caught up and looking."""

from stream.messages.records import Stream
from stream.worker.tasks.idleness import Quiet

INTER, FEED = Stream.INTERACTIONS, Stream.FEEDBACK
BOTH = {INTER: True, FEED: True}


def watched(quiet: Quiet, start_s: int, end_s: int) -> dict[Stream, int]:
    """Look every second from start to end; the last answer."""
    answer: dict[Stream, int] = {}
    for now_s in range(start_s, end_s + 1):
        answer = quiet.look(BOTH, float(now_s))
    return answer


def test_said_after_the_time_that_idleness_takes() -> None:
    """Nothing is said before; then the whole time that was watched."""
    quiet = Quiet(Stream, 30)
    assert watched(quiet, 0, 29) == {}
    assert watched(quiet, 30, 30) == {INTER: 30_000, FEED: 30_000}
    assert watched(quiet, 31, 31) == {INTER: 31_000, FEED: 31_000}


def test_records_end_the_quiet_of_their_input_only() -> None:
    """The other input's silence goes on."""
    quiet = Quiet(Stream, 30)
    watched(quiet, 0, 20)
    quiet.records(INTER)
    assert watched(quiet, 21, 31) == {FEED: 31_000}


def test_active_is_said_once_per_quiet() -> None:
    """First records after an assignment, or after idleness was said, need word of it; others do not."""
    quiet = Quiet(Stream, 30)
    assert quiet.records(INTER)
    assert not quiet.records(INTER)
    watched(quiet, 0, 31)
    assert quiet.records(INTER)
    watched(quiet, 32, 40)
    assert not quiet.records(INTER)


def test_behind_is_not_quiet() -> None:
    """A worker that has records to read does not call their input quiet."""
    quiet = Quiet(Stream, 30)
    watched(quiet, 0, 29)
    quiet.look({INTER: False, FEED: True}, 30.0)
    assert watched(quiet, 31, 59) == {FEED: 59_000}


def test_a_frozen_process_has_watched_nothing() -> None:
    """After a stop of the process the count starts again."""
    quiet = Quiet(Stream, 30)
    watched(quiet, 0, 40)
    assert quiet.look(BOTH, 60.0) == {}
    assert watched(quiet, 61, 89) == {}
    assert watched(quiet, 90, 90) == {INTER: 30_000, FEED: 30_000}


def test_a_partition_that_comes_back_starts_anew() -> None:
    """Silence before an assignment was another worker's to watch; its first records are announced."""
    quiet = Quiet(Stream, 30)
    quiet.records(INTER)
    watched(quiet, 0, 20)
    quiet.restart()
    assert watched(quiet, 21, 50) == {}
    assert quiet.records(INTER)


def test_the_log_tells_of_the_time_before() -> None:
    """An input whose newest record is old is quiet at once; one that gets records starts to count anew."""
    quiet = Quiet(Stream, 30.0)
    quiet.restart({Stream.INTERACTIONS: 100.0, Stream.FEEDBACK: 199.0})
    assert quiet.look(dict.fromkeys(Stream, False), 200.0) == {}
    assert quiet.look(dict.fromkeys(Stream, True), 201.0) == {}
    assert quiet.look(dict.fromkeys(Stream, True), 202.0) == {Stream.INTERACTIONS: 102_000}
    quiet.records(Stream.INTERACTIONS)
    quiet.look(dict.fromkeys(Stream, True), 203.0)
    assert quiet.look(dict.fromkeys(Stream, True), 204.0) == {}
