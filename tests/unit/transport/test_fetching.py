"""Fetching: what a rebalance overtakes is given back, and nothing else is."""

import asyncio
from itertools import count

from aiokafka.errors import IllegalStateError

from stream.kafka.offsets import TP
from stream.transport.fetching import unless_overtaken
from tests.fake_kafka import Record, record

A, B = TP("cx.interactions", 0), TP("cx.interactions", 1)


async def _two_each() -> dict[TP, list[Record]]:
    """Two records of each partition from offset 5 on."""
    return {tp: [record(tp, 5, b""), record(tp, 6, b"")] for tp in (A, B)}


def test_what_is_fetched_is_handed_over() -> None:
    """While nothing happens in between, positions are left alone."""
    sought: list[tuple[TP, int]] = []
    found = asyncio.run(unless_overtaken(_two_each(), lambda: 1, lambda *place: sought.append(place)))
    assert [(tp, [each.offset for each in records]) for tp, records in found.items()] == [
        (A, [5, 6]),
        (B, [5, 6]),
    ]
    assert sought == []


def test_a_fetch_that_a_rebalance_overtook_is_given_back() -> None:
    """Its readers are gone; dropping it with the position behind it would leave a hole."""
    sought: list[tuple[TP, int]] = []
    epochs = count()
    found = asyncio.run(
        unless_overtaken(_two_each(), lambda: next(epochs), lambda *place: sought.append(place))
    )
    assert found == {}
    assert sought == [(A, 5), (B, 5)]


def test_partitions_that_have_gone_are_left() -> None:
    """One that belongs to somebody else has no position here; the others are given back all the same."""
    sought: list[TP] = []

    def seek(tp: TP, _offset: int) -> None:
        if tp == A:
            raise IllegalStateError("no assignment")
        sought.append(tp)

    epochs = count()
    assert asyncio.run(unless_overtaken(_two_each(), lambda: next(epochs), seek)) == {}
    assert sought == [B]
