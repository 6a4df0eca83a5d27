"""Reader, outbox and trimmer on a real Kafka: what is written is read in ranges, also after trimming."""

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from stream.kafka.offsets import TP
from stream.kafka.outbox import (
    BATCH_BYTES,
    FEW,
    MAX_REQUEST_BYTES,
    DeliveryError,
    Outbox,
    Outgoing,
)
from stream.kafka.reader import Reader
from stream.kafka.settings import ClientSettings
from stream.kafka.snapshot_log import complete, cut, encode, seal
from stream.messages.partitions import partition_of
from stream.worker.trimming import Trimmer
from tests.kafka.broker import Broker
from tests.kafka.topic_settings import change


async def topic(broker: Broker) -> tuple[str, dict[str, Any]]:
    """A new topic of two partitions, and how to reach it."""
    name = f"t{uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 2, 1)])
    await admin.close()
    return name, ClientSettings(brokers=(broker.bootstrap,)).client_options()


async def write(options: dict[str, Any], messages: Iterable[Outgoing]) -> list[int]:
    """Messages for good; their offsets."""
    outbox = Outbox(options)
    await outbox.start()
    try:
        places = await outbox.deliver(messages)
        return [place.offset for place in places]
    finally:
        await outbox.stop()


async def read(reader: Reader, wanted: dict[TP, tuple[int, int]]) -> dict[TP, list[bytes | None]]:
    """Values per partition."""
    values: dict[TP, list[bytes | None]] = {tp: [] for tp in wanted}
    async for tp, records in reader.ranges(wanted):
        values[tp] += [record.value for record in records]
    return values


def test_ranges(broker: Broker) -> None:
    """From start on and below end, several partitions at once, and again with the same reader."""

    async def play() -> None:
        name, options = await topic(broker)
        one, two = TP(name, 0), TP(name, 1)
        sent = [Outgoing(name, b"%d" % n, partition=n % 2) for n in range(2_000)]
        await write(options, sent)
        async with Reader(options, [one, two]) as reader:
            assert await reader.bounds(one) == (0, 1_000)
            got = await read(reader, {one: (10, 13), two: (998, 1_000)})
            assert got == {one: [b"20", b"22", b"24"], two: [b"1997", b"1999"]}
            assert await read(reader, {one: (5, 5), two: (0, 0)}) == {one: [], two: []}
            assert len((await read(reader, {one: (0, 1_000)}))[one]) == 1_000

    asyncio.run(play())


def test_very_many_messages_leave_in_batches(broker: Broker) -> None:
    """In order, each where its key belongs, with its headers, whatever their sizes; all at last."""

    async def play() -> None:
        name, options = await topic(broker)
        sizes = [BATCH_BYTES + 1 if n % 700 == 0 else n % 400 for n in range(3_000)]
        sent = [
            Outgoing(name, b"%d " % n + bytes(size), b"key %d" % (n % 50), headers=[("n", b"%d" % n)])
            for n, size in enumerate(sizes)
        ]
        outbox = Outbox(options)
        await outbox.start()
        batches = await outbox.put(iter(sent))
        await outbox.durable(batches)
        await outbox.stop()
        assert len(batches) < 20
        for tp in (TP(name, 0), TP(name, 1)):
            mine = [each for each in sent if partition_of(each.key, [0, 1], [0, 1]) == tp.partition]
            async with Reader(options, [tp]) as reader:
                assert await reader.bounds(tp) == (0, len(mine))
                found = [each async for _, some in reader.ranges({tp: (0, len(mine))}) for each in some]
            read = [(each.key, each.value, list(each.headers)) for each in found]
            assert read == [(each.key, each.value, list(each.headers)) for each in mine]

    asyncio.run(play())


def test_trimmed(broker: Broker) -> None:
    """What was trimmed is gone; a range that begins there starts with what is left."""

    async def play() -> None:
        name, options = await topic(broker)
        tp = TP(name, 0)
        await write(options, [Outgoing(name, b"%d" % n, partition=0) for n in range(10)])
        await Trimmer(options).trim({tp: 7})
        async with Reader(options, [tp]) as reader:
            assert await reader.bounds(tp) == (7, 10)
            assert (await read(reader, {tp: (2, 9)}))[tp] == [b"7", b"8"]

    asyncio.run(play())


def test_snapshots_on_kafka(broker: Broker) -> None:
    """The newest complete snapshot is found behind a torn one."""

    async def play() -> None:
        name, options = await topic(broker)
        tp = TP(name, 1)
        whole, torn = cut([b"a" * 900_000, b"b"]), cut([b"c"])
        offsets = await write(options, [Outgoing(name, encode(chunk), partition=1) for chunk in whole])
        manifest = encode(seal(whole, offsets[0], {"in": 5}, "rules", 2))
        await write(options, [Outgoing(name, value, partition=1) for value in (manifest, encode(torn[0]))])
        async with Reader(options, [tp]) as reader:
            found = await anext(complete(reader.log(tp)), None)
        assert found is not None
        assert found.parts == [b"a" * 900_000, b"b"]

    asyncio.run(play())


def test_too_large(broker: Broker) -> None:
    """A message that can never be sent is told at once."""

    async def play() -> None:
        name, options = await topic(broker)
        with pytest.raises(DeliveryError, match="cannot send"):
            await write(options, [Outgoing(name, bytes(MAX_REQUEST_BYTES + 1), partition=0)])
        few = [Outgoing(name, b"some", partition=0)] * FEW
        with pytest.raises(DeliveryError, match="cannot send"):
            await write(options, [*few, Outgoing(name, bytes(MAX_REQUEST_BYTES + 1), partition=0)])

    asyncio.run(play())


def test_a_closed_outbox(broker: Broker) -> None:
    """Nothing is accepted before the start."""

    async def play() -> None:
        _, options = await topic(broker)
        with pytest.raises(DeliveryError, match="closed"):
            await Outbox(options).put([])

    asyncio.run(play())


def test_nothing_follows_what_was_refused(broker: Broker) -> None:
    """A message that the broker does not take leaves no hole: those behind it are not written either."""

    async def play() -> None:
        name, options = await topic(broker)
        await change(broker.bootstrap, name, {"max.message.bytes": "10000"})
        outbox = Outbox(options)
        await outbox.start()
        try:
            # Each of the three is a batch of its own: the second is too large for the topic.
            sent = [Outgoing(name, b"x" * size, partition=0) for size in (5_000, BATCH_BYTES, 5_000)]
            first, *rest = await outbox.put(sent)
            assert (await first).offset == 0
            for future in rest:
                with pytest.raises(DeliveryError):
                    await outbox.durable([future])
            with pytest.raises(DeliveryError):
                await outbox.put([Outgoing(name, b"later", partition=1)])
        finally:
            await outbox.stop()
        async with Reader(options, [TP(name, 0), TP(name, 1)]) as reader:
            assert [await reader.bounds(TP(name, p)) for p in (0, 1)] == [(0, 1), (0, 0)]

    asyncio.run(play())
