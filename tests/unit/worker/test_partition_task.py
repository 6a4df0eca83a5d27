"""Partition task: state comes back exactly, and nothing is said twice or never."""

import asyncio
from dataclasses import replace
from itertools import count

import pytest
from aiokafka.errors import KafkaTimeoutError

from alerts.errors import OperatorError
from stream.kafka.offsets import TP, Replicas
from stream.kafka.snapshot_log import Snapshot, cut, encode, seal
from stream.messages.topic_names import GroupTopics
from stream.worker.tasks.partition_task import PartitionTask
from stream.worker.tasks.restoring import LOOK_S, made_anew
from tests.fake_kafka import Echo
from tests.task_world import NOTHING, SPEC, STATE, A, B, World, at, restored, scene, turns


def test_the_first_owner_starts_from_nothing() -> None:
    """Without commits nothing is fed on assignment: all of it comes live."""

    async def play(world: World) -> None:
        processor = await world.task().catch_up(NOTHING)
        assert processor.values == []

    scene(play)


def test_what_is_committed_is_fed_silently() -> None:
    """Records below the commit move the state, and say nothing; the rest is left for the fetcher."""

    async def play(world: World) -> None:
        processor = await world.task().catch_up(at(5, 2))
        assert sorted(processor.values) == [b"a0", b"a1", b"a2", b"a3", b"a4", b"b0", b"b1"]
        assert world.said() == []

    scene(play)


def test_what_other_rules_have_committed_is_said_again() -> None:
    """A judge under changed rules says other things of old records; one under the same rules does not."""

    async def play(world: World) -> None:
        loud = replace(SPEC, repeats=True)
        await world.task(loud).catch_up(at(2, 0))
        assert world.said() == []
        await world.task(loud).catch_up(at(2, 1, "other rules"))
        assert world.said() == [b"a0", b"a1", b"b0"]

    scene(play)


def test_a_slot_is_finished_when_all_that_it_caused_is_durable() -> None:
    """Not when it was fed, nor when messages were handed to the producer."""

    async def play(world: World) -> None:
        task = world.task()
        await task.catch_up(NOTHING)
        world.outbox.hold = True
        batch = world.batch(A, 0, 2)
        await task.take(batch)
        await turns()
        assert not batch.slot.finished
        world.outbox.let_go()
        await turns()
        assert batch.slot.finished
        assert world.said() == [b"a0", b"a1"]

    scene(play)


def _slow_task(world: World) -> PartitionTask[Echo]:
    """One that works for a second between two looks at its clock, so that parts have 16 records."""
    world.kafka.append(A, *(b"a%d" % number for number in range(6, 100)))
    seconds = count()
    world.around = replace(world.around, cpu_clock=lambda: float(next(seconds)))
    return world.task()


def test_a_slow_batch_is_worked_off_in_turns() -> None:
    """Others have the event loop in between; all of it leaves, in order, before the slot is finished."""

    async def play(world: World) -> None:
        task = _slow_task(world)
        await task.catch_up(NOTHING)
        await task.take(world.batch(A, 0, 20))
        batch, seen = world.batch(A, 20, 100), []
        taking = asyncio.create_task(task.take(batch))
        while not taking.done():  # each turn is looked at
            await asyncio.sleep(0)
            seen.append((len(world.said()), batch.slot.finished))
        await turns()
        assert len({said for said, _ in seen}) >= 5  # 80 records in parts of 16
        assert not any(finished for said, finished in seen if said < 100)  # all there are
        assert batch.slot.finished
        assert world.said() == [b"a%d" % number for number in range(100)]

    scene(play)


def test_a_partition_that_goes_between_two_turns_is_read_again() -> None:
    """From what is committed: the rest of the batch is not lost, and its slot stays open."""

    async def play(world: World) -> None:
        task = _slow_task(world)
        await task.catch_up(NOTHING)
        await task.take(world.batch(A, 0, 20))
        batch = world.batch(A, 20, 100)
        taking = asyncio.create_task(task.take(batch))
        while len(world.said()) <= 20:  # noqa: ASYNC110  # until the first part has left
            await asyncio.sleep(0)
        task.pause()
        await taking
        assert not batch.slot.finished
        assert len(world.said()) < 100  # the rest has not
        await task.catch_up(at(20, 0))
        await task.take(world.batch(A, 20, 100))
        await turns()
        assert set(world.said()) == {b"a%d" % number for number in range(100)}

    scene(play)


def test_a_batch_that_causes_nothing_is_finished_at_once() -> None:
    """Records that the state has seen before need no word from Kafka."""

    async def play(world: World) -> None:
        task = world.task()
        await task.catch_up(at(2, 0))
        batch = world.batch(A, 0, 2)
        await task.take(batch)
        assert batch.slot.finished
        assert world.said() == []

    scene(play)


def test_a_message_that_is_not_taken_ends_the_worker() -> None:
    """The slot stays open, so the batch is done again by whoever starts next."""

    async def play(world: World) -> None:
        task = world.task()
        await task.catch_up(NOTHING)
        world.outbox.hold = True
        batch = world.batch(A, 0, 2)
        await task.take(batch)
        world.outbox.refuse()
        await turns()
        assert not batch.slot.finished
        assert len(world.failures) == 1

    scene(play)


def test_the_next_owner_goes_on_from_a_snapshot() -> None:
    """Only what came after it is fed again."""

    async def play(world: World) -> None:
        first = world.task()
        await first.catch_up(at(4, 2))
        assert await first.save()
        world.kafka.first[A] = 4  # what the snapshot covers is not read
        second = world.task()
        processor = await second.catch_up(at(5, 3))
        assert sorted(processor.values) == [b"a0", b"a1", b"a2", b"a3", b"a4", b"b0", b"b1", b"b2"]
        assert second.snapshots.fed == 2
        assert world.gone == []

    scene(play)


def test_a_machine_in_memory_goes_on() -> None:
    """A partition that comes back is not recovered again, and is fed what others have committed meanwhile."""

    async def play(world: World) -> None:
        task = world.task()
        before = await task.catch_up(at(2, 0))
        task.pause()
        assert task.processor is None
        after = await task.catch_up(at(4, 1))
        assert after is before
        assert sorted(after.values) == [b"a0", b"a1", b"a2", b"a3", b"b0"]

    scene(play)


def test_others_may_have_come_further_than_memory() -> None:
    """A newer snapshot is taken instead of feeding everything again."""

    async def play(world: World) -> None:
        task = world.task()
        before = await task.catch_up(at(1, 0))
        task.pause()
        other = world.task()
        await other.catch_up(at(6, 3))
        await other.save()
        after = await task.catch_up(at(6, 3))
        assert after is not before
        assert task.snapshots.fed == 0

    scene(play)


def test_a_machine_that_has_said_what_did_not_leave_is_dropped() -> None:
    """Its records come again, and must be said again."""

    async def play(world: World) -> None:
        task = world.task()
        before = await task.catch_up(NOTHING)
        world.outbox.hold = True
        await task.take(world.batch(A, 0, 2))
        task.pause()
        world.outbox.refuse()
        await turns()
        after = await task.catch_up(NOTHING)
        assert after is not before
        world.outbox.hold = False
        await task.take(world.batch(A, 0, 2))
        assert world.said() == [b"a0", b"a1"]

    scene(play)


def test_a_batch_for_a_partition_that_is_going_is_left_alone() -> None:
    """It is fetched again by whoever has the partition next."""

    async def play(world: World) -> None:
        task = world.task()
        await task.catch_up(NOTHING)
        task.pause()
        batch = world.batch(A, 0, 2)
        await task.take(batch)
        assert not batch.slot.finished
        assert world.said() == []

    scene(play)


def test_a_batch_beyond_what_seemed_committed_is_fed_after_what_is_between() -> None:
    """A commit that became visible after the state came up: what it covers has left, and must be known."""

    async def play(world: World) -> None:
        task = world.task()
        processor = await task.catch_up(at(1, 0))
        batch = world.batch(A, 4, 6)
        await task.take(batch)
        await turns()
        assert processor.values == [b"a0", b"a1", b"a2", b"a3", b"a4", b"a5"]
        assert world.said() == [b"a4", b"a5"]
        assert batch.slot.finished
        await task.take(world.batch(B, 0, 3))
        assert processor.values[6:] == [b"b0", b"b1", b"b2"]

    scene(play)


def test_a_judge_says_again_what_is_between() -> None:
    """Nobody knows under which rules it was said."""

    async def play(world: World) -> None:
        task = world.task(replace(SPEC, repeats=True))
        await task.catch_up(NOTHING)
        await task.take(world.batch(A, 2, 4))
        await turns()
        assert world.said() == [b"a0", b"a1", b"a2", b"a3"]

    scene(play)


def test_input_that_retention_took_is_told() -> None:
    """The state goes on with what is left, and says how much is missing."""

    async def play(world: World) -> None:
        first = world.task()
        await first.catch_up(at(2, 0))
        await first.save()
        world.kafka.first[A] = 4
        processor = await world.task().catch_up(at(6, 0))
        assert processor.values == [b"a0", b"a1", b"a4", b"a5"]
        assert world.gone == [("a", 2)]

    scene(play)


def test_input_that_retention_took_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """The first batch follows on what is left, and no other state is looked for; it was counted twice."""

    async def play(world: World) -> None:
        first = world.task()
        await first.catch_up(at(2, 0))
        await first.save()
        world.kafka.first[A] = 4
        task = world.task()
        await task.catch_up(at(2, 0))
        await task.take(world.batch(A, 4, 6))
        await turns()
        assert world.said()[-2:] == [b"a4", b"a5"]
        assert world.gone == [("a", 2)]

    scene(play)
    assert "state is behind" not in caplog.text


def test_what_retention_takes_later_is_told_as_well() -> None:
    """A state to which nothing has come meanwhile loses more."""

    async def play(world: World) -> None:
        first = world.task()
        await first.catch_up(at(2, 0))
        await first.save()
        for there in (4, 5):
            world.kafka.first[A] = there
            await world.task().catch_up(at(2, 0))
        assert world.gone == [("a", 2), ("a", 1)]

    scene(play)


LACKS = "no snapshot: the state has nothing of what the input has no more: a/0 below=4"


@pytest.mark.parametrize(
    ("committed", "made_for", "told", "gone"),
    [
        (5, "rules", True, []),  # it may have begun there: judges tell by when it says that it began
        (4, "rules", True, [("a", 1)]),
        (4, "", False, []),  # set by hand
        (0, "", False, []),
    ],
)
def test_a_state_that_lacks_what_its_snapshots_had_is_told(
    committed: int,
    made_for: str,
    told: bool,  # noqa: FBT001  # pytest calls by name
    gone: list[tuple[str, int]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Snapshots were deleted, and the input does not reach back to its beginning: nothing was said."""

    async def play(world: World) -> None:
        world.kafka.first[A] = 4
        await world.task().catch_up(at(committed, 3, made_for))
        assert world.gone == gone

    scene(play)
    assert (LACKS in caplog.text) is told
    assert "b/0" not in caplog.text


@pytest.mark.parametrize(("committed", "gone"), [(3, [("a", 2)]), (6, []), (0, [])])
def test_what_nobody_had_read_is_told_where_no_snapshot_is_left(
    committed: int, gone: list[tuple[str, int]]
) -> None:
    """A small state leaves none behind: what came after the commit is missing, what came before is not."""

    async def play(world: World) -> None:
        world.kafka.first[A] = 5
        await world.task().catch_up(at(committed, 0))
        assert world.gone == gone

    scene(play)


def test_a_commit_beyond_the_end_is_not_believed() -> None:
    """Nobody can have read so far, and waiting for what it covers would last for ever."""

    async def play(world: World) -> None:
        first = world.task()
        await first.catch_up(at(2, 0))
        await first.save()
        task = world.task()
        processor = await task.catch_up(at(10**9, 0))
        assert processor.values == [b"a0", b"a1"]
        await task.take(world.batch(A, 0, 6))
        await turns()
        assert world.said()[-4:] == [b"a2", b"a3", b"a4", b"a5"]

    scene(play)


def test_a_topic_created_anew_is_the_operators_affair() -> None:
    """State of another log would silently pass over what is in this one."""

    async def play(world: World) -> None:
        first = world.task()
        await first.catch_up(at(6, 0))
        await first.save()
        world.kafka.logs[A] = world.kafka.logs[A][:3]
        with pytest.raises(OperatorError, match=r"a/0: want at least 6 records, .* found 3"):
            await world.task().catch_up(at(3, 0))
        world.around = replace(world.around, strict=False)
        await world.task().catch_up(at(3, 0))

    scene(play)


def test_a_leader_that_lacks_replicas_is_asked_again_where_a_log_ends() -> None:
    """It knows of no more than others have, who are away: nothing is lost, and no topic was made anew."""

    async def play(world: World) -> None:
        first = world.task()
        await first.catch_up(at(6, 0))
        await first.save()
        whole, world.kafka.replicas = world.kafka.logs[A], Replicas(1, 3)
        world.kafka.logs[A] = whole[:3]
        coming = asyncio.create_task(world.task().catch_up(at(6, 0)))
        await asyncio.sleep(4 * LOOK_S)
        assert not coming.done()
        world.kafka.logs[A] = whole
        assert len((await coming).values) == 6

    scene(play)


def test_other_partitions_are_the_operators_affair() -> None:
    """More partitions move customers, and with them their history."""

    async def play(world: World) -> None:
        first = world.task()
        await first.catch_up(at(6, 0))
        await first.save()
        with pytest.raises(OperatorError, match=r"want 1 partitions.* found 2"):
            await world.task(replace(SPEC, partitions=2)).catch_up(NOTHING)

    scene(play)


@pytest.mark.parametrize(
    "forged",
    [
        {"a": 2**62, "b": 0},  # beyond any log
        {"a": -1, "b": 7},
        {"b": 9},  # not of our topics
        {"a": 500, "b": 0},  # beyond what is there
    ],
)
def test_a_snapshot_that_cannot_be_used_is_passed_over(forged: dict[str, int]) -> None:
    """Whoever wrote it: the one before it is taken, and the worker says so instead of ending."""

    async def play(world: World) -> None:
        first = world.task()
        await first.catch_up(at(4, 2))
        await first.save()
        chunks = cut([b"nonsense"])
        place = len(world.kafka.logs[STATE])
        manifest = seal(chunks, place, forged, "rules", 1)
        world.kafka.append(STATE, *map(encode, chunks), encode(manifest))
        second = world.task()
        processor = await second.catch_up(at(5, 3))
        assert sorted(processor.values) == [b"a0", b"a1", b"a2", b"a3", b"a4", b"b0", b"b1", b"b2"]
        assert second.snapshots.fed == 2

    scene(play)


def test_a_snapshot_whose_bytes_are_damaged_is_passed_over() -> None:
    """What it seals adds up, and still is no state: restoring it fails, whatever with."""

    def picky(partition: int, snapshot: Snapshot) -> Echo:
        return {b"values": restored}[snapshot.parts[0]](partition, snapshot)

    async def play(world: World) -> None:
        spec = replace(SPEC, restore=picky)
        first = world.task(spec)
        await first.catch_up(at(4, 2))
        await first.save()
        chunks = cut([b"nonsense"])
        manifest = seal(chunks, len(world.kafka.logs[STATE]), {"a": 5, "b": 3}, "rules", 1)
        world.kafka.append(STATE, *map(encode, chunks), encode(manifest))
        second = world.task(spec)
        await second.catch_up(at(5, 3))
        assert second.snapshots.fed == 2

    scene(play)


def test_a_snapshot_that_cannot_be_read_now_is_not_passed_over() -> None:
    """The broker is to blame; an older one, or none, may lack what the input has lost since."""

    def cut_off(_partition: int, _snapshot: Snapshot) -> Echo:
        raise KafkaTimeoutError("Failed to get offsets by times in 20000 ms")

    async def play(world: World) -> None:
        first = world.task()
        await first.catch_up(at(4, 2))
        await first.save()
        with pytest.raises(KafkaTimeoutError):
            await world.task(replace(SPEC, restore=cut_off)).catch_up(at(5, 3))

    scene(play)


def test_a_topic_made_anew_is_told_by_the_name_that_the_group_has_for_it() -> None:
    """Of a group with a prefix it named the tallies of the usual one, and said to delete them."""
    told = str(made_anew(TP("cx.tallies", 0), 9, 0, GroupTopics("trial.")))
    assert told.startswith("trial.tallies/0: want at least 9 records")
    assert "delete the topic trial.tallies, run `tocsin topics --group NEW --topics trial.`, and" in told
    assert "cx." not in told
