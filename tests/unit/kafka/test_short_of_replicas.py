"""Partitions short of replicas: what waits for them grows no older, and it is told what and since when."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.structs import TopicPartition

from stream.kafka.sending_order import end_at_first_failure
from stream.kafka.short_of_replicas import ShortOfReplicas

TALLIES, SCORES = TopicPartition("cx.tallies", 0), TopicPartition("cx.scores", 3)
TAKEN, MOVED, TOO_FEW = 0, 6, 19


class Broker:
    """A client that gets a broker's answers, one for each request to write."""

    def __init__(self) -> None:
        self.code = TAKEN

    async def send(self, node: int, request: Any) -> Any:  # noqa: ARG002  # as aiokafka's
        """Answer for both partitions."""
        return _Answer([(topic, [(partition, self.code, 5)]) for topic, partition in (TALLIES, SCORES)])


class _Answer:
    def __init__(self, topics: list[Any]) -> None:
        self.topics = topics


class _Write:
    required_acks = -1


def test_it_is_told_what_is_refused_and_since_when() -> None:
    """Not at once, as a broker that restarts is back soon; no longer than the broker says it."""
    broker, now = Broker(), [100.0]
    short = ShortOfReplicas(lambda: now[0])
    short.heed(broker)

    def at(now_s: float, code: int, request: Any = _Write) -> str | None:
        now[0], broker.code = now_s, code
        asyncio.run(broker.send(1, request))
        return short.why_waiting()

    assert at(100.0, TOO_FEW) is None
    assert str(at(112.0, TOO_FEW)).startswith("for 12 s cx.scores/3 and 1 more partitions could not be")
    assert str(at(115.0, MOVED)).startswith("for 15 s ")
    assert str(at(116.0, TAKEN, object())).startswith("for 16 s "), "a request that writes nothing"
    assert at(117.0, TAKEN) is None
    assert short.last_s(TALLIES) == 0.0
    at(120.0, TOO_FEW)
    assert at(200.0, MOVED) is None
    assert short.last_s(TALLIES) == 120.0


class Cluster:
    """Metadata in which a partition has a leader or none."""

    leader: int | None = 1

    def leader_for_partition(self, tp: TopicPartition) -> int | None:  # noqa: ARG002  # as aiokafka's
        """That one."""
        return self.leader


def test_what_waits_for_replicas_or_a_leader_grows_no_older() -> None:
    """Everything else has its time, counted from the broker's last such word."""

    async def story() -> None:
        producer = AIOKafkaProducer(bootstrap_servers="127.0.0.1:1", request_timeout_ms=45_000)
        short, queue = end_at_first_failure(producer), producer._message_accumulator
        producer._closed = True  # it was never connected
        queue._cluster = cluster = Cluster()
        await queue.add_message(TALLIES, None, b"7", 1.0)
        batch = queue._batches[TALLIES][0]
        assert not batch.expired()
        batch._ctime -= 60
        assert batch.expired()
        short.refused(TALLIES)
        assert not batch.expired()
        cluster.leader = 2  # another one, and its answer is that it does not lead yet
        assert not batch.expired()
        short.clock = lambda: batch._ctime + 1
        short.refused(TALLIES)
        assert batch.expired()
        short.clock = lambda: batch._ctime + 60
        cluster.leader = -1
        assert not batch.expired()

    asyncio.run(story())


def test_room_is_waited_for_as_long_as_it_takes() -> None:
    """A queue that is full for want of replicas is no failure; one that fails is told at once."""

    async def story() -> None:
        producer = AIOKafkaProducer(bootstrap_servers="127.0.0.1:1", max_batch_size=200)
        end_at_first_failure(producer)
        queue = producer._message_accumulator
        producer._closed = True  # it was never connected
        first = await queue.add_message(TALLIES, None, bytes(100), 0.0)
        more = asyncio.create_task(queue.add_message(TALLIES, None, bytes(100), 0.0))
        await asyncio.sleep(0)
        assert not more.done()
        queue._batches[TALLIES][0].failure(ValueError("refused"))
        assert isinstance((await asyncio.gather(more, return_exceptions=True))[0], ValueError)
        assert isinstance(first.exception(), ValueError)

    asyncio.run(story())
