"""Holes in an input: what was deleted before its turn came is told, and nothing else is."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.errors import KafkaConnectionError

from stream.kafka.offsets import TP, Slot
from stream.transport.link import RecordBatch
from stream.worker.tasks.context import TaskContext
from stream.worker.tasks.holes import Holes
from tests.fake_kafka import FakeKafka, FakeOutbox, record

A, B = TP("cx.feedback", 0), TP("cx.feedback", 1)


class Logs:
    """Where two logs begin, as a broker tells it, unless it is away."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.away = False
        self.asked = 0
        self.lost: list[tuple[str, int]] = []

    @asynccontextmanager
    async def reading(self, _tps: Sequence[TP]) -> AsyncIterator[Any]:
        """Counted."""
        self.asked += 1
        if self.away:
            raise KafkaConnectionError
        yield self

    async def bounds(self, _tp: TP) -> tuple[int, int]:
        """Of either."""
        return self.first, 1000


def batch(tp: TP, *offsets: int) -> RecordBatch:
    """Records at these offsets."""
    return RecordBatch(tp, [record(tp, offset, b"") for offset in offsets], Slot(offsets[-1], 0.0))


def told(logs: Logs, play: Callable[[Holes], None]) -> list[tuple[str, int]]:
    """What is told as missing after some batches."""
    failures: list[BaseException] = []

    async def run() -> None:
        around = TaskContext(
            outbox=FakeOutbox(FakeKafka()),
            reading=logs.reading,
            fail=failures.append,
            missing=lambda *lost: logs.lost.append(lost),
        )
        holes = Holes(around)
        play(holes)
        following = asyncio.create_task(holes.follow(0.01))
        await asyncio.sleep(0.1)
        following.cancel()

    asyncio.run(run())
    assert not failures
    return logs.lost


def test_what_retention_took_is_told() -> None:
    """Once, with how many records that were."""

    def play(holes: Holes) -> None:
        holes.look(batch(A, 0, 1))
        holes.look(batch(A, 50, 51))
        holes.look(batch(A, 52))

    logs = Logs(first=50)
    assert told(logs, play) == [("cx.feedback", 48)]
    assert logs.asked == 1


def test_markers_and_compacted_records_are_no_loss() -> None:
    """The log begins before them."""

    def play(holes: Holes) -> None:
        holes.look(batch(A, 0, 1))
        holes.look(batch(A, 4))

    assert told(Logs(first=0), play) == []


def test_batches_that_follow_on_each_other_ask_nobody() -> None:
    """Nor does one that comes after a rebalance, or again."""

    def play(holes: Holes) -> None:
        holes.look(batch(A, 0, 1))
        holes.look(batch(B, 7))
        holes.look(batch(A, 2))
        holes.look(batch(A, 1, 2))
        holes.forget()
        holes.look(batch(A, 90))

    logs = Logs(first=90)
    assert told(logs, play) == []
    assert logs.asked == 0


def test_a_broker_that_is_away_ends_nothing() -> None:
    """What it would have told is not known then."""

    def play(holes: Holes) -> None:
        logs.away = True
        holes.look(batch(A, 0))
        holes.look(batch(A, 9))

    logs = Logs(first=9)
    assert told(logs, play) == []
    assert logs.asked == 1
