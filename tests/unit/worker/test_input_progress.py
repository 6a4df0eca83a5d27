"""Input progress: what is caught up, what is behind, and what has become shorter than it was."""

import time

from stream.kafka.offsets import LONG_LOOKS, SHORT_LOOKS, TP, OffsetTracker, Replicas
from stream.transport.link import Positions
from stream.worker.tasks.input_progress import InputProgress, ShortLog

FEEDBACK, INTERACTIONS = TP("cx.feedback", 0), TP("cx.interactions", 0)


class World:
    """Two open partitions, and what the broker says of them."""

    def __init__(self) -> None:
        self.at: dict[TP, Positions] = {}
        self.slots = OffsetTracker(lambda _: 4)
        self.slots.assign([FEEDBACK, INTERACTIONS])
        self.slots.open(FEEDBACK)
        self.progress = InputProgress(self.slots, self.at.get)


def test_what_is_caught_up() -> None:
    """Only what was worked off up to an end of which the broker has just told."""
    world, now_s = World(), time.time()
    world.at[FEEDBACK] = Positions(5, 5, now_s)
    assert world.progress.caught_up(FEEDBACK)
    for wrong in (Positions(4, 5, now_s), Positions(5, 5, now_s - 60)):
        world.at[FEEDBACK] = wrong
        assert not world.progress.caught_up(FEEDBACK)
    world.at[FEEDBACK] = Positions(5, 5, now_s)
    slot = world.slots.put(FEEDBACK, 4, 0.0)
    assert slot is not None
    assert not world.progress.caught_up(FEEDBACK)
    slot.finish()
    assert world.progress.caught_up(FEEDBACK)


def test_what_is_unknown_or_shut_is_not_caught_up() -> None:
    """Of one the broker has said nothing, the other's state is not up yet."""
    world = World()
    assert not world.progress.caught_up(FEEDBACK)
    world.at[INTERACTIONS] = Positions(5, 5, time.time())
    assert not world.progress.caught_up(INTERACTIONS)


def test_lag() -> None:
    """What is fetched but not finished still counts."""
    world = World()
    world.at[FEEDBACK] = Positions(8, 10, 0.0)
    assert world.progress.lag_records() == {FEEDBACK: 2}
    first, second = (world.slots.put(FEEDBACK, last, 0.0) for last in (3, 7))
    assert first is not None
    first.finish()
    assert world.progress.lag_records() == {FEEDBACK: 6}
    assert second is not None
    second.finish()
    assert world.progress.lag_records() == {FEEDBACK: 2}


def test_nothing_left_is_said_only_of_what_the_broker_has_just_told() -> None:
    """A broker that does not answer may have had records since; what was left then is left still."""
    world, now_s = World(), time.time()
    for told_s, lags in ((now_s, {FEEDBACK: 0}), (now_s - 60, {})):
        world.at[FEEDBACK] = Positions(10, 10, told_s)
        assert world.progress.lag_records() == lags
    world.at[FEEDBACK] = Positions(8, 10, now_s - 60)
    assert world.progress.lag_records() == {FEEDBACK: 2}


def test_a_shorter_log_is_believed_after_some_looks_in_a_row() -> None:
    """A new leader may know of a lower end for a moment."""
    world = World()
    assert SHORT_LOOKS == 3
    short = ShortLog(8, 2)
    looks = ((8, None), (2, None), (2, None), (8, None), (2, None), (2, None), (2, short))
    for told_s, (end, believed) in enumerate(looks):
        world.at[FEEDBACK] = Positions(end, end, told_s)
        assert world.progress.look_for_end_before(FEEDBACK, 8) == believed


def test_an_answer_counts_once_however_often_it_is_looked_at() -> None:
    """A broker that said so as it started, and was gone again, has not said it three times."""
    world = World()
    for told_s in (1.0, 2.0):
        world.at[FEEDBACK] = Positions(2, 2, told_s)
        assert [world.progress.look_for_end_before(FEEDBACK, 8) for _ in range(5)] == [None] * 5
    world.at[FEEDBACK] = Positions(2, 2, 3.0)
    assert world.progress.look_for_end_before(FEEDBACK, 8) == ShortLog(8, 2)


def test_a_leader_that_lacks_replicas_is_not_believed_so_soon() -> None:
    """It tells of no more than enough of them have: after minutes of some, never of itself alone."""
    for replicas, believed in ((Replicas(1, 3), None), (Replicas(2, 3), ShortLog(8, 2))):
        world = World()
        for told_s in range(1, LONG_LOOKS + 1):
            assert world.progress.look_for_end_before(FEEDBACK, 8) is None
            world.at[FEEDBACK] = Positions(2, 2, told_s, replicas=replicas)
        assert world.progress.look_for_end_before(FEEDBACK, 8) == believed
        world.at[FEEDBACK] = Positions(2, 2, 1e9, replicas=Replicas(3, 3))
        assert world.progress.look_for_end_before(FEEDBACK, 8) == ShortLog(8, 2)


def test_what_was_read_is_remembered_when_the_state_is_made_again() -> None:
    """The commits went with the topic, so the new state has read nothing; the worker has."""
    world = World()
    world.at[FEEDBACK] = Positions(8, 8, 0.0)
    assert world.progress.look_for_end_before(FEEDBACK, 8) is None
    found = []
    for told_s in (1.0, 2.0, 3.0):
        world.at[FEEDBACK] = Positions(0, 0, told_s)
        found.append(world.progress.look_for_end_before(FEEDBACK, 0))
    assert found == [None, None, ShortLog(8, 0)]


def test_a_shut_partition_is_not_looked_at() -> None:
    """Its state is not up, so nothing was read of it yet."""
    world = World()
    world.at[INTERACTIONS] = Positions(2, 2, 0.0)
    assert [world.progress.look_for_end_before(INTERACTIONS, 8) for _ in range(5)] == [None] * 5


def test_what_an_open_transaction_keeps_back_is_no_lag() -> None:
    """It cannot be read yet, however long that lasts; so it is told by itself."""
    world = World()
    world.at[FEEDBACK] = Positions(5, 5, time.time(), 3)
    assert world.progress.lag_records() == {FEEDBACK: 0}
    assert world.progress.held_records() == {FEEDBACK: 3}


def test_what_is_behind_says_an_answer_of_now() -> None:
    """An old one may be of a broker that is away; a partition whose state is not up yet is none."""
    world, now_s = World(), time.time()
    assert not world.progress.behind({FEEDBACK.topic})
    for at, behind in (
        (Positions(5, 5, now_s), False),
        (Positions(4, 5, now_s), True),
        (Positions(4, 5, now_s - 60), False),
    ):
        world.at[FEEDBACK] = world.at[INTERACTIONS] = at
        assert world.progress.behind({FEEDBACK.topic}) is behind
        assert not world.progress.behind({"cx.alerts", INTERACTIONS.topic})


def test_when_the_broker_told_of_what_is_being_fetched() -> None:
    """Never, or just now; of what is full or shut nothing is asked, so nothing need be heard."""
    world = World()
    assert world.progress.heard_s() == {FEEDBACK: None}
    world.at[FEEDBACK] = Positions(5, 5, 77.0)
    assert world.progress.heard_s() == {FEEDBACK: 77.0}
    for last in range(4):
        world.slots.put(FEEDBACK, last, 0.0)
    assert world.progress.heard_s() == {}
