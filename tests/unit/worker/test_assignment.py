"""Assignment: partitions come, are restored and opened; they go in good order; quiet inputs are told."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiokafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError

from alerts.delivery.notices.notice import TransitionNews
from alerts.episodes import alert_id
from alerts.errors import OperatorError
from alerts.rules import Rule, Rulebook, Threshold
from alerts.transitions import utc_text
from stream.indicators.plan import Plan
from stream.kafka.offsets import TP, Committed, OffsetTracker, Slot
from stream.kafka.reader import ReadError
from stream.messages.records import Stream
from stream.monitoring.metrics import Metrics
from stream.transport.link import Positions, RecordBatch
from stream.worker.tasks import assignment
from stream.worker.tasks.assignment import Assignment, AssignmentPorts
from stream.worker.tasks.context import TaskContext
from stream.worker.tasks.intake_processor import IntakeProcessor
from stream.worker.tasks.judge_processor import JudgeProcessor
from stream.worker.tasks.lost_alerts import shard_of
from stream.worker.tasks.task_specs import intake_spec, judge_spec
from tests.fake_kafka import FakeKafka, FakeOutbox, FakeReader, record

RULE = Rule(
    name="low",
    indicator="csat",
    by=("channel",),
    detect=Threshold(window_ms=600_000, warning=80, critical=50),
)
PLAN = Plan(Rulebook(rules=(RULE,), indicators={"csat": {"scale": "1-5", "positive_from": None}}), 2)
INTAKE_0 = [TP("cx.interactions", 0), TP("cx.feedback", 0)]
JUDGE_1, ALERTS_0 = TP("cx.tallies", 1), TP("cx.alerts", 0)
OURS = [*INTAKE_0, JUDGE_1, ALERTS_0]


@dataclass
class World:
    """One worker's assignment on a broker in memory."""

    failures: list[BaseException] = field(default_factory=list)
    owned: list[list[int]] = field(default_factory=list)
    forgotten: list[list[int]] = field(default_factory=list)
    refusal: Exception | None = None
    offsets: dict[TP, int] = field(default_factory=dict)
    at: dict[TP, Positions] = field(default_factory=dict)
    faults: list[Exception] = field(default_factory=list)
    away: set[TP] = field(default_factory=set)
    """Partitions of which nobody tells."""
    open: list[TransitionNews] = field(default_factory=list)
    answers: asyncio.Event | None = None

    def __post_init__(self) -> None:
        self.kafka = FakeKafka()
        self.outbox = FakeOutbox(self.kafka)
        self.slots = OffsetTracker(lambda _: 4)
        around = TaskContext(
            outbox=self.outbox, reading=self.reading, fail=self.failures.append, missing=lambda *_: None
        )
        metrics = Metrics(PLAN.rulebook)
        specs = intake_spec(PLAN, "g", metrics), judge_spec(PLAN, "g", metrics)
        ports = AssignmentPorts(
            committed=self.committed,
            positions=self.at.get,
            own=self.owned.append,
            forget=self.forgotten.append,
            open_alerts=self.open_alerts,
        )
        self.assignment = Assignment(specs, around, self.slots, ports, 0.01)

    @asynccontextmanager
    async def reading(self, tps: Sequence[TP]) -> AsyncIterator[FakeReader]:
        """What is on the broker; or an error, while there are some."""
        if self.faults:
            raise self.faults.pop()
        if self.away.intersection(tps):
            raise KafkaTimeoutError("Failed to get offsets")
        async with self.kafka.reading(tps) as reader:
            yield reader

    async def open_alerts(self) -> list[TransitionNews]:
        """As set, once there are answers."""
        if self.answers is not None:
            await self.answers.wait()
        return self.open

    async def committed(self, tps: Iterable[TP]) -> Mapping[TP, Committed]:
        """As set, 0 otherwise; or an error, if that is set."""
        if self.refusal is not None:
            raise self.refusal
        return {tp: Committed(self.offsets.get(tp, 0), "") for tp in tps}

    async def assign(self, tps: list[TP]) -> None:
        """As the transport does, and wait until all states are up."""
        self.slots.assign(tps)
        self.assignment.assigned(tps)
        while self.assignment.waits_for is not None and not self.failures:  # noqa: ASYNC110  # a test only
            await asyncio.sleep(0)

    async def looked_until(self, happened: Callable[[], bool]) -> None:
        """Let the assignment look after its tasks until something has happened."""
        self.assignment.start()
        while not happened():  # noqa: ASYNC110  # a test only
            await asyncio.sleep(0)
        await self.assignment.stop()


def scene(play: Callable[[World], Awaitable[None]]) -> None:
    """Run a test."""

    async def played() -> None:
        await play(World())

    asyncio.run(played())


def test_partitions_open_when_their_state_is_there() -> None:
    """Both inputs of an intake at once; alerts need no state of ours."""

    async def play(world: World) -> None:
        world.slots.assign(OURS)
        world.assignment.assigned(OURS)
        assert world.slots.is_open(ALERTS_0)
        assert world.owned == [[0]]
        assert not any(map(world.slots.is_open, [*INTAKE_0, JUDGE_1]))
        assert world.assignment.waits_for == "the state of 2 partitions is being restored"
        await world.assign(OURS)
        assert all(map(world.slots.is_open, OURS))
        assert (
            len(world.assignment.processors(IntakeProcessor))
            == len(world.assignment.processors(JudgeProcessor))
            == 1
        )

    scene(play)


def test_partitions_that_stay_keep_their_machine() -> None:
    """A rebalance that leaves a partition here costs nothing; one that was lost is dropped from memory."""

    async def play(world: World) -> None:
        await world.assign(OURS)
        [intake] = world.assignment.processors(IntakeProcessor)
        await world.assignment.release()
        assert world.assignment.processors(IntakeProcessor) == []
        await world.assign(INTAKE_0)
        assert world.assignment.processors(IntakeProcessor) == [intake]
        assert world.assignment.processors(JudgeProcessor) == []
        await world.assignment.release()
        await world.assign([JUDGE_1])
        await world.assignment.release()
        await world.assign(OURS)
        assert world.assignment.processors(IntakeProcessor) != [intake]

    scene(play)


@pytest.mark.parametrize("error", [KafkaTimeoutError("Failed to get offsets"), ReadError("no records")])
def test_what_brokers_cannot_tell_yet_is_asked_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A leader that lacks replicas does not know where its log ends; a worker that ended could do no more."""
    monkeypatch.setattr(assignment, "AGAIN_S", 0.0)

    async def play(world: World) -> None:
        world.faults = [error] * 3
        world.slots.assign(OURS)
        world.assignment.assigned(OURS)
        while not world.assignment.held_up:  # noqa: ASYNC110  # a test only
            await asyncio.sleep(0)
        assert str(error) in str(world.assignment.waits_for)
        await world.assign(OURS)
        assert (world.failures, world.assignment.held_up) == ([], False)
        assert all(map(world.slots.is_open, OURS))

    scene(play)


@pytest.mark.parametrize("away", [INTAKE_0, [JUDGE_1]])
def test_partitions_whose_brokers_are_away_hold_up_no_others(
    away: list[TP], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as are restored at once kept all that came after them from their turn."""
    monkeypatch.setattr(assignment, "AGAIN_S", 0.0)
    monkeypatch.setattr(assignment, "AT_ONCE", 1)

    async def play(world: World) -> None:
        world.away = set(away)
        others = {*INTAKE_0, JUDGE_1} - world.away
        world.slots.assign(OURS)
        world.assignment.assigned(OURS)
        for _ in range(1000):
            await asyncio.sleep(0)
        assert all(map(world.slots.is_open, others))
        assert not any(map(world.slots.is_open, away))
        world.away.clear()
        await world.assign(OURS)

    scene(play)


def test_a_refusal_ends_the_worker() -> None:
    """Asking again does not help."""

    async def play(world: World) -> None:
        world.faults = [TopicAuthorizationFailedError("cx.tallies")]
        await world.assign(OURS)
        assert [type(each) for each in world.failures] == [TopicAuthorizationFailedError]

    scene(play)


def test_a_worker_without_partitions_is_ready() -> None:
    """It stands by."""

    async def play(world: World) -> None:
        assert world.assignment.waits_for is not None
        await world.assign([])
        assert world.assignment.waits_for is None

    scene(play)


def test_leaving_waits_for_what_was_said() -> None:
    """Nothing more is fed, the notifier forgets, and what is on its way arrives."""

    async def play(world: World) -> None:
        await world.assign(OURS)
        world.kafka.append(INTAKE_0[1], b"bad")
        slot = Slot(0, 0.0)
        world.outbox.hold = True
        await world.assignment.take(RecordBatch(INTAKE_0[1], world.kafka.slice(INTAKE_0[1], 0, 1), slot))
        leaving = asyncio.create_task(world.assignment.release())
        await asyncio.sleep(0.01)
        assert not leaving.done()
        assert not any(map(world.slots.is_open, OURS))
        world.outbox.let_go()
        await leaving
        assert slot.finished
        assert world.forgotten == [[0]]

    scene(play)


def test_leaving_while_states_are_restored() -> None:
    """A rebalance may follow the other; restoring ends, and starts again with the next assignment."""

    async def play(world: World) -> None:
        world.slots.assign(OURS)
        world.assignment.assigned(OURS)
        await world.assignment.release()
        assert world.assignment.processors(IntakeProcessor) == []
        await world.assign(OURS)
        assert len(world.assignment.processors(IntakeProcessor)) == 1
        assert world.failures == []

    scene(play)


def test_partitions_that_were_added() -> None:
    """More partitions than the plan has end the worker, with the operator's exit code."""

    async def play(world: World) -> None:
        await world.assign([TP("cx.interactions", 2), TP("cx.feedback", 2)])
        [failure] = world.failures
        assert isinstance(failure, OperatorError)

    scene(play)


def test_an_error_while_restoring_ends_the_worker() -> None:
    """The reason is told, not the group of tasks that it came from."""

    async def play(world: World) -> None:
        world.offsets[JUDGE_1] = 5
        world.kafka.append(TP("g-judge-snapshots", 1), b"x")
        world.refusal = RuntimeError("no offsets")
        await world.assign(OURS)
        assert world.failures == [world.refusal]

    scene(play)


def test_quiet_inputs_are_told() -> None:
    """Judges hear of an input that is caught up and has been quiet for longer than `idle_after`."""

    async def play(world: World) -> None:
        await world.assign(INTAKE_0)
        for tp in INTAKE_0:
            world.at[tp] = Positions(0, 0, time.time())
        [intake] = world.assignment.processors(IntakeProcessor)
        intake.assigned(dict.fromkeys(Stream, time.monotonic() - 3_600))
        await world.looked_until(lambda: bool(world.kafka.logs[JUDGE_1]))

    scene(play)


def test_a_topic_made_anew_ends_the_worker() -> None:
    """A log that ends before what was read of it is another log, and its records would be passed over."""

    async def play(world: World) -> None:
        await world.assign([JUDGE_1])
        [judge] = world.assignment.processors(JudgeProcessor)
        judge.feed(JUDGE_1.topic, [record(JUDGE_1, 7, b"no section")])

        def found_out() -> bool:
            world.at[JUDGE_1] = Positions(2, 2, time.time())  # the broker says so again
            return bool(world.failures)

        await world.looked_until(found_out)
        assert "was the topic created anew?" in str(world.failures[0])
        assert isinstance(world.failures[0], OperatorError)

    scene(play)


def open_alert(channel: str) -> TransitionNews:
    """What cx.alerts says of an alert that fires."""
    return TransitionNews(
        id=alert_id("low", f"channel={channel}", 60_000),
        seq=3,
        rule="low",
        severity="critical",
        state="firing",
        indicator="csat",
        scope={"channel": channel},
        at=utc_text(120_000),
        started_at=utc_text(60_000),
    )


def test_a_judge_that_began_from_nothing_is_told_what_is_open() -> None:
    """Of its shard; it is kept before anything is fed, so that nobody has to be told it again."""

    async def play(world: World) -> None:
        world.open = [*map(open_alert, ("phone", "web", "chat", "mail"))]
        mine = [each for each in world.open if shard_of(each, PLAN) == 1]
        assert 0 < len(mine) < len(world.open)
        await world.assign([JUDGE_1])
        [judge] = world.assignment.processors(JudgeProcessor)
        assert judge.judge.snapshot()
        assert len(world.kafka.logs[TP("g-judge-snapshots", 1)]) > 1
        world.open = []
        await world.assignment.release()
        await world.assign([])
        await world.assign([JUDGE_1])
        [again] = world.assignment.processors(JudgeProcessor)
        assert again is not judge
        assert [each.judge.snapshot()[0] for each in (judge, again)] == [judge.judge.snapshot()[0]] * 2

    scene(play)


def test_while_it_is_not_known_what_is_open_nothing_is_kept() -> None:
    """With a snapshot nobody would ask; and who leaves meanwhile leaves the question to the next."""

    async def play(world: World) -> None:
        world.open, world.answers = [*map(open_alert, ("phone", "web", "chat", "mail"))], asyncio.Event()
        world.slots.assign([JUDGE_1])
        world.assignment.assigned([JUDGE_1])
        for _ in range(100):
            await asyncio.sleep(0)
        [task] = world.assignment.tasks
        assert task.processor is not None
        assert await task.save() == 0
        assert not world.slots.is_open(JUDGE_1)
        await world.assignment.release()
        await world.assignment.keep()
        assert world.kafka.logs[TP("g-judge-snapshots", 1)] == []
        world.answers.set()
        await world.assign([JUDGE_1])
        assert len(world.kafka.logs[TP("g-judge-snapshots", 1)]) > 1

    scene(play)
