"""Partition task: snapshots come in time, and tell the truth."""

import asyncio

from stream.worker.tasks.snapshot_account import RENEW_S, SAVE_SHARE, SAVE_WORK_S
from tests.task_world import NOTHING, STATE, A, World, at, scene, turns


def test_a_snapshot_waits_for_what_was_said() -> None:
    """It must not claim records whose messages are still on their way."""

    async def play(world: World) -> None:
        task = world.task()
        await task.catch_up(NOTHING)
        world.outbox.hold = True
        await task.take(world.batch(A, 0, 2))
        saving = asyncio.create_task(task.save())
        await turns()
        assert [message.topic for message, _ in world.outbox.held] == ["out", "out"]
        world.outbox.hold = False
        world.outbox.let_go()
        assert await saving > 0
        processor = await world.task().catch_up(NOTHING)
        assert processor.values == [b"a0", b"a1"]

    scene(play)


def test_a_snapshot_of_what_never_left_is_not_written() -> None:
    """When a message is lost, the state that has said it is worth nothing."""

    async def play(world: World) -> None:
        task = world.task()
        await task.catch_up(NOTHING)
        world.outbox.hold = True
        await task.take(world.batch(A, 0, 2))
        saving = asyncio.create_task(task.save())
        await turns()
        world.outbox.refuse()
        assert await saving == 0
        assert world.kafka.logs[STATE] == []

    scene(play)


def test_when_snapshots_are_due() -> None:
    """After so much work, or so long if there was any; never for more than a share of the time."""

    async def play(world: World) -> None:
        task = world.task()
        await task.catch_up(NOTHING)
        world.now_s = 1_000.0
        assert not task.save_due(1)
        await task.take(world.batch(A, 0, 1))
        assert task.save_due(1)
        await task.save()
        await task.take(world.batch(A, 1, 2))
        assert not task.save_due(1)
        world.now_s += 60.0
        assert task.save_due(1)
        task.snapshots.work_s = SAVE_WORK_S
        assert task.save_due(1)

    scene(play)


def test_a_snapshot_of_a_quiet_partition_is_renewed() -> None:
    """Retention deletes the only one that there is, and the state with it; a state of nothing needs none."""

    async def play(world: World) -> None:
        first = world.task()
        await first.catch_up(NOTHING)
        world.now_s += RENEW_S
        assert not first.save_due(1)
        await first.take(world.batch(A, 0, 1))
        await first.save()
        second = world.task()
        await second.catch_up(at(1, 0))
        assert not second.save_due(1)
        world.now_s += RENEW_S
        assert second.save_due(1)
        assert await second.save() > 0
        assert not second.save_due(1)

    scene(play)


def test_a_snapshot_that_took_long_is_not_soon_followed_by_another() -> None:
    """Writing takes no more than its share of the time, however much has come."""

    async def play(world: World) -> None:
        task = world.task()
        await task.catch_up(NOTHING)
        await task.take(world.batch(A, 0, 1))
        world.outbox.hold = True
        saving = asyncio.create_task(task.save())
        await turns()
        world.now_s += 8.0
        world.outbox.hold = False
        world.outbox.let_go()
        assert await saving > 0
        await task.take(world.batch(A, 1, 2))
        task.snapshots.work_s = SAVE_WORK_S
        assert not task.save_due(1)
        world.now_s += SAVE_SHARE * 8.0
        assert task.save_due(1)

    scene(play)


def test_the_more_hosts_the_sooner_each_is_saved() -> None:
    """What counts is how long a worker that starts with all of them feeds again."""

    async def play(world: World) -> None:
        task = world.task()
        await task.catch_up(NOTHING)
        await task.take(world.batch(A, 0, 1))
        await task.save()
        await task.take(world.batch(A, 1, 2))
        task.snapshots.work_s = SAVE_WORK_S / 4
        assert not task.save_due(3)
        assert task.save_due(4)

    scene(play)


def test_worth_saving_on_leaving() -> None:
    """A few records are fed again sooner than a snapshot is written."""

    async def play(world: World) -> None:
        task = world.task()
        await task.catch_up(at(1, 0))
        assert not task.worth_saving()
        await task.take(world.batch(A, 1, 2))
        assert task.worth_saving()
        assert await task.save(most_bytes=3) == 0
        assert await task.save(most_bytes=100) > 0

    scene(play)


def test_two_snapshots_are_kept() -> None:
    """Only what is older than the last two may be deleted: a frozen writer can then harm nobody."""

    async def play(world: World) -> None:
        task = world.task()
        await task.catch_up(at(1, 0))
        await task.save()
        assert task.snapshots.superseded is None
        second = len(world.kafka.logs[STATE])
        for number in (1, 2):
            await task.take(world.batch(A, number, number + 1))
            await task.save()
            assert task.snapshots.superseded == (0 if number == 1 else second)

    scene(play)
