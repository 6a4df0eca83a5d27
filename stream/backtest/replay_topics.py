"""Backtest of the topics themselves: every partition up to its current end, each to its own intake."""

from collections.abc import Callable
from typing import Final

from aiokafka.errors import KafkaError

from alerts.rules import Rulebook
from alerts.transitions import Transition
from stream.backtest.engine import Engine, Hear, RecordCounts, plan_of
from stream.indicators.plan import Plan
from stream.judge.evaluation.explained import Observer
from stream.kafka.clients import BrokerError, admin_client, leaders, usable
from stream.kafka.offsets import TP
from stream.kafka.reader import Reader, ReadError, Records
from stream.kafka.settings import ClientSettings
from stream.messages.records import Stream

Wire = Callable[[Plan], tuple[Observer | None, Hear | None]]
Told = Callable[[int], None]

STREAM_OF: Final = {stream.topic: stream for stream in Stream}


async def replay_topics(
    settings: ClientSettings, rulebook: Rulebook, wire: Wire, told: Told
) -> tuple[list[Transition], RecordCounts]:
    """Every transition in event time, and what became of the records; `told` hears how many are done.

    Raises:
        BrokerError: the topics are not there, or have different numbers of partitions, or the broker does
            not answer.
    """
    plan = plan_of(rulebook, await _partitions(settings))
    replay = _Replay(plan, Engine(plan, *wire(plan)))
    tps = [TP(stream.topic, number) for stream in Stream for number in range(plan.partitions)]
    try:
        async with Reader(settings.client_options(), tps) as reader:
            bounds = {tp: await reader.bounds(tp) for tp in tps}
            async for tp, records in reader.ranges(bounds):
                replay.take(tp, records)
                told(replay.fate.read)
    except (ReadError, KafkaError, OSError) as error:
        raise BrokerError(f"Kafka at {settings.bootstrap}: {error}") from error
    replay.end()
    replay.transitions.sort(key=lambda each: (each.at, each.rule, sorted(each.scope.items()), each.seq))
    return replay.transitions, replay.fate


class _Replay:
    """What has been found so far."""

    def __init__(self, plan: Plan, engine: Engine) -> None:
        self.fate = RecordCounts()
        self.transitions: list[Transition] = []
        self._plan = plan
        self._engine = engine

    def take(self, tp: TP, records: Records) -> None:
        """Feed the next records of a partition."""
        output, transitions = self._engine.feed(tp.partition, STREAM_OF[tp.topic], records)
        self.transitions += transitions
        self.fate.count(output)
        for reject in output.rejects:
            self.fate.show(f"{tp.topic}-{tp.partition}@{reject.offset}", reject.reason, reject.detail)

    def end(self) -> None:
        """Close the pane of the last event."""
        end_ms = self.fate.end_ms(self._plan.rulebook.timing)
        if end_ms is not None:
            for partition in range(self._plan.partitions):
                for stream in Stream:
                    self.transitions += self._engine.feed(partition, stream, (), end_ms)[1]


async def _partitions(settings: ClientSettings) -> int:
    """How many partitions both inputs have."""
    async with admin_client(settings) as admin:
        there = await leaders(admin)
    found = {stream.topic: usable(there, stream.topic) for stream in Stream}
    if len(set(found.values())) != 1:
        got = ", ".join(f"{count} of {topic}" for topic, count in found.items())
        raise BrokerError(
            f"{settings.bootstrap}: want as many partitions of both inputs, got {got}; see `tocsin topics`"
        )
    return found[Stream.INTERACTIONS.topic]
