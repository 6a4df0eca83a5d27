"""The outbox: where messages go."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.errors import UnknownError
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import example, given
from hypothesis import strategies as st

from stream.kafka import outbox
from stream.kafka.outbox import DeliveryError, Outbox, Outgoing, partition_of


@example(key=b"x" * outbox.CUSTOMER_BYTES, partitions=7)
@example(key=b"x" * (outbox.REMEMBERED_BYTES + 1), partitions=7)
@given(key=st.binary(max_size=80), partitions=st.integers(1, 64))
def test_keys_go_where_all_kafka_clients_send_them(key: bytes, partitions: int) -> None:
    """The same key, the same partition; asked for again, too."""
    everywhere = list(range(partitions))
    expected = DefaultPartitioner()(key, everywhere, everywhere)
    assert [partition_of(key, everywhere, []) for _ in range(2)] == [expected] * 2


def test_messages_without_a_key_go_to_a_partition_that_has_a_leader() -> None:
    """Any of those that are there."""
    assert partition_of(None, [0, 1, 2], [1]) == 1


def test_long_keys_of_others_are_neither_hashed_byte_by_byte_nor_remembered() -> None:
    """Dead letters have the keys of foreign records, of any length, each another one."""
    outbox._remembered.cache_clear()
    found = {partition_of(b"%d" % number + b"x" * 1_000_000, range(8), range(8)) for number in range(64)}
    assert len(found) > 4
    assert found <= set(range(8))
    partition_of(b"x" * (outbox.REMEMBERED_BYTES + 1), range(8), range(8))
    assert outbox._remembered.cache_info().currsize == 0


def test_what_must_be_read_keeps_to_the_partitions_that_are() -> None:
    """More were added to the topic: a key stays where it was, and a place that is named counts."""
    box = Outbox({})
    message = Outgoing("cx.alerts", b"{}", b"some alert")
    assert box.partition(message) is None
    box.keep_to({"cx.alerts": 3})
    assert box.partition(message) == partition_of(message.key, range(3), range(3))
    assert box.partition(replace(message, partition=7)) == 7
    assert box.partition(replace(message, topic="cx.scores")) is None


def test_a_refusal_without_a_name_is_told_with_where_to_look() -> None:
    """A topic that is compacted takes no record without a key; the client says `UnknownError`."""

    async def refused() -> None:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_exception(UnknownError())
        await Outbox.durable([future])

    with pytest.raises(DeliveryError, match="the broker refuses it; `tocsin doctor` says what is wrong"):
        asyncio.run(refused())
