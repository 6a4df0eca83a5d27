"""The outbox: where messages go."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.errors import UnknownError

from stream.kafka.outbox import DeliveryError, Outbox, Outgoing
from stream.messages.partitions import partition_of


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
