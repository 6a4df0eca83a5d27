"""The wall around a judge: a section that it fails on is refused, and everything else counts."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import orjson
import pytest
from aiokafka import ConsumerRecord

from alerts.transitions import Transition
from stream.indicators.plan import Plan
from stream.judge.judge import Judge
from stream.kafka.offsets import TP, Committed, Slot
from stream.kafka.snapshot_log import Snapshot
from stream.messages.tallies import NO_PANE, Kind, TallyMessage, encode
from stream.messages.verdicts import VerdictMessage
from stream.monitoring.metrics import Metrics
from stream.transport.link import RecordBatch
from stream.worker.tasks.context import TaskSpec
from stream.worker.tasks.judge_processor import JudgeProcessor
from stream.worker.tasks.judge_wall import JudgeWall
from stream.worker.tasks.partition_task import PartitionTask
from tests.fake_kafka import Record
from tests.task_world import World
from tests.unit.worker.test_processor import BOOK, PLAN, answers, counted, intake, log_of

TALLIES = TP("cx.tallies", 0)
POISON_MS = 13


Sections = Iterable[tuple[TallyMessage | VerdictMessage, int]]
Steps = Iterator[list[Transition]]


def at_once() -> int:
    """All at once."""
    return 1 << 40


class Fragile(Judge):
    """Fails on a certain section, after it has taken all that came with it."""

    def steps(self, sections: Sections, stride: Callable[[], int] = at_once) -> Steps:
        """As the judge, but for that one."""
        some = list(sections)
        yield from super().steps(some, stride)
        if any(getattr(section, "quiet_ms", 0) == POISON_MS for section, _ in some):
            raise ZeroDivisionError("phone")


def poison() -> bytes:
    """A section that is sound to look at."""
    return encode(
        TallyMessage(
            kind=Kind.IDLE,
            source="feedback/0",
            position=0,
            through=NO_PANE,
            clock_ms=None,
            quiet_ms=POISON_MS,
        )
    )


def log_with(places: Iterable[int]) -> list[Record]:
    """The log of unhappy answers and then of silence, with a bad section before some of its records."""
    bad, values = set(places), list[bytes | None]()
    for place, each in enumerate(log_of(intake()[0], *(answers(first, 40) for first in range(0, 200, 40)))):
        values += [poison()] * (place in bad)
        values.append(each.value)
    return [
        ConsumerRecord("cx.tallies", 0, offset, 1_000 * offset, 0, b"k", value, None, 1, 1, ())
        for offset, value in enumerate(values)
    ]


def spec(metrics: Metrics) -> TaskSpec[JudgeProcessor]:
    """Judges that fail."""
    wall = JudgeWall()

    def restore(shard: int, snapshot: Snapshot) -> JudgeProcessor:
        at = snapshot.manifest.next["cx.tallies"]
        return JudgeProcessor(Fragile.restore(PLAN, shard, snapshot.parts), metrics, at, wall)

    return TaskSpec(
        name="judge",
        topics=("cx.tallies",),
        snapshots="state",
        made_for="rules",
        partitions=1,
        save_after_s=60.0,
        save_on_leaving=1,
        repeats=True,
        fresh=lambda shard: JudgeProcessor(Fragile(PLAN, shard), metrics, 0, wall),
        restore=restore,
    )


def plain(log: list[Record]) -> Judge:
    """A judge that was fed the sound records of a log."""
    judge = JudgeProcessor(Judge(Plan(BOOK, 1), 0), Metrics(BOOK))
    judge.work("cx.tallies", [each for each in log if each.value != poison()])
    return judge.judge


async def take(task: PartitionTask[JudgeProcessor], log: list[Record], *bounds: int) -> None:
    """Live batches, from each bound to the next."""
    for start, end in pairwise(bounds):
        if start < end:
            await task.take(RecordBatch(TALLIES, log[start:end], Slot(end - 1, 0.0)))
    await task.settle()


@pytest.mark.parametrize("places", [(3,), (2, 5), (0, 1, 9)])
@pytest.mark.parametrize("bounds", [(0, 99), (0, 4, 9, 13, 99), tuple(range(99))])
def test_what_a_judge_fails_on_is_refused_alone(places: tuple[int, ...], bounds: tuple[int, ...]) -> None:
    """However the log is cut, it lives, judges all else, and says what was refused, byte for byte."""
    log = log_with(places)

    async def play() -> None:
        world, metrics = World(), Metrics(BOOK)
        world.kafka.logs[TALLIES] = log
        task = PartitionTask(spec(metrics), 0, world.around)
        await task.catch_up({TALLIES: Committed(0, "rules")})
        await take(task, log, *(min(each, len(log)) for each in bounds))
        processor = task.processor
        assert processor is not None
        assert processor.judge.current_scores() == plain(log).current_scores()
        assert processor.next_offsets() == {"cx.tallies": len(log)}
        sent = world.outbox.sent
        states = [orjson.loads(each.value or b"")["state"] for each in sent if each.topic == "cx.alerts"]
        assert states == ["firing"]
        letters = [each for each in sent if each.topic == "cx.dead-letters"]
        assert [(dict(each.headers)["tocsin-offset"], each.value) for each in letters] == [
            (b"%d" % record.offset, record.value) for record in log if record.value == poison()
        ]
        assert {dict(each.headers)["tocsin-reason"] for each in letters} == {b"internal"}
        assert not any(b"phone" in text for each in letters for _, text in each.headers)
        assert counted(metrics, 'tocsin_rejected_total{reason="internal",topic="cx.tallies"}') == len(places)
        assert world.failures == []

    asyncio.run(play())


def test_a_start_gets_past_it() -> None:
    """Bad sections lie before its snapshot, between that and the commit, and after it."""
    log = log_with((2, 5, 8))

    async def play() -> None:
        world, metrics = World(), Metrics(BOOK)
        world.kafka.logs[TALLIES] = log
        first = PartitionTask(spec(metrics), 0, world.around)
        await first.catch_up({TALLIES: Committed(0, "rules")})
        await take(first, log, 0, 4)
        assert await first.save()
        second = PartitionTask(spec(metrics), 0, world.around)
        await second.catch_up({TALLIES: Committed(8, "rules")})
        await take(second, log, 8, len(log))
        assert second.processor is not None
        assert second.processor.judge.current_scores() == plain(log).current_scores()

    asyncio.run(play())


def test_what_a_judge_cannot_get_past_at_all_ends_the_worker() -> None:
    """Lack of memory is no record's fault."""

    class Full(Judge):
        def steps(self, sections: Sections, stride: Callable[[], int] = at_once) -> Steps:
            del stride
            raise MemoryError(len(list(sections)))

    processor = JudgeProcessor(Full(PLAN, 0), Metrics(BOOK))
    with pytest.raises(MemoryError):
        processor.work("cx.tallies", log_with(()))
