"""Whole batches of a fetch, against aiokafka's own unpacking of the same bytes."""

import gc
import weakref
from collections import OrderedDict
from typing import Any

import pytest
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from stream.kafka.lenient_batches import LenientRecords
from stream.kafka.whole_batches import MOST_BYTES, MOST_RECORDS, WholeBatches, hasten

TP = TopicPartition("cx.feedback", 3)
SIZES = st.lists(st.integers(1, 7), min_size=1, max_size=5)


class Assignment:
    """An active one with a position."""

    active = True
    paused = False

    def __init__(self, position: int) -> None:
        self.position = position

    def state_value(self, _tp: TopicPartition) -> "Assignment":
        """Of the one partition."""
        return self

    def consumed_to(self, position: int) -> None:
        """Reading has come so far."""
        self.position = position


class Fetcher:
    """One that holds these results."""

    def __init__(self, records: dict[Any, Any]) -> None:
        self._records: Any = OrderedDict(records)


def wire(sizes: list[int]) -> bytes:
    """Kafka batches of so many records each, offsets from 0."""
    data, base = bytearray(), 0
    for size in sizes:
        builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1 << 14)
        for place in range(size):
            builder.append(place, 1_700_000_000_000 + place, b"key", b"%d" % (base + place), [])
        batch = bytearray(builder.build())
        batch[:8] = base.to_bytes(8, "big")
        data += batch
        base += size
    return bytes(data)


def fetched(data: bytes, start: int) -> FetchResult:
    """What a fetch from offset `start` brought."""
    records = PartitionRecords(TP, LenientRecords(data), [], start, None, None, True, 0)
    return FetchResult(TP, assignment=Assignment(start), partition_records=records, backoff=0)


def transactions(batches: list[tuple[int, bool]]) -> tuple[bytes, list[tuple[int, int]]]:
    """Transactions of two records each, (producer, committed), each with its marker; what was aborted."""
    data, base, aborted = bytearray(), 0, []
    for producer, committed in batches:
        if not committed:
            aborted.append((producer, base))
        builder = DefaultRecordBatchBuilder(2, 0, True, producer, 0, 0, 1 << 14)
        for place in range(2):
            builder.append(place, 1_700_000_000_000, b"key", b"%d" % (base + place), [])
        marker = DefaultRecordBatchBuilder(2, 0, True, producer, 0, 0, 1 << 14)
        marker.append(0, 1_700_000_000_000, b"\x00\x00\x00" + bytes([committed]), bytes(6), [])
        for built, is_marker in ((builder, False), (marker, True)):
            batch = bytearray(built.build())
            batch[:8] = base.to_bytes(8, "big")
            batch[22] |= 0x20 if is_marker else 0  # the attributes' lower byte: a control batch
            data += batch
            base += 1 if is_marker else 2
    return bytes(data), aborted


@given(st.lists(st.tuples(st.integers(7, 8), st.booleans()), min_size=1, max_size=6), st.integers(1, 9))
def test_what_was_aborted_is_not_read(batches: list[tuple[int, bool]], most: int) -> None:
    """Records of aborted transactions and markers give nothing, and the position passes over them."""
    data, aborted = transactions(batches)

    def result() -> FetchResult:
        records = PartitionRecords(TP, LenientRecords(data), list(aborted), 0, None, None, False, 1)
        return FetchResult(TP, assignment=Assignment(0), partition_records=records, backoff=0)

    ours, stock = result(), result()
    hasten(Fetcher({TP: ours}))
    whole = [(r.offset, r.value) for r in stock.getall()]
    found = []
    while ours.has_more():
        found += [(r.offset, r.value) for r in ours.getall(most)]
    assert found == whole
    assert len(found) == 2 * sum(committed for _, committed in batches)
    assert ours._assignment.position == stock._assignment.position == 3 * len(batches)


def drained(result: FetchResult, takes: list[int]) -> list[Any]:
    """Offset, value and time of what each take gives, if it gives anything, and the position after it."""
    told: list[Any] = []
    for most in takes:
        if not result.has_more():
            break
        if found := [(r.offset, r.value, r.timestamp) for r in result.getall(most)]:
            told.append((found, result._assignment.position))
    return told


@given(SIZES, st.integers(0, 34), st.lists(st.integers(1, 9), max_size=8))
def test_records_and_positions_are_aiokafkas(sizes: list[int], start: int, takes: list[int]) -> None:
    """However much is taken at a time, from whatever offset: the same records, and the same positions."""
    data, start = wire(sizes), min(start, sum(sizes) - 1)
    ours, stock = fetched(data, start), fetched(data, start)
    hasten(Fetcher({TP: ours}))
    assert isinstance(ours.getall, WholeBatches)
    all_of_it = [*takes, 100]
    assert drained(ours, all_of_it) == drained(stock, all_of_it)
    assert not ours.has_more()


def test_a_result_that_was_read_from_is_left_alone() -> None:
    """Its generator stands in the middle of a batch: only aiokafka can go on from there."""
    result = fetched(wire([5]), 0)
    assert [record.offset for record in result.getall(2)] == [0, 1]
    hasten(Fetcher({TP: result, "an error": object()}))
    assert [record.offset for record in result.getall(9)] == [2, 3, 4]


def test_what_comes_while_somebody_waits_gives_whole_batches_too() -> None:
    """It is handed out at once, and may unfold to anything."""
    fetcher, result = Fetcher({}), fetched(wire([500] * 40), 0)
    hasten(fetcher)
    fetcher._records[TP] = result
    held = fetcher._records
    hasten(fetcher)
    assert fetcher._records is held
    assert len(result.getall()) == MOST_RECORDS


def test_a_wrong_checksum_loses_nothing() -> None:
    """The position stays before the batches that were unpacked with it, and nothing more is given."""
    data = bytearray(wire([3, 3]))
    data[-2] ^= 1
    result = fetched(bytes(data), 0)
    hasten(Fetcher({TP: result}))
    with pytest.raises(CorruptRecordException):
        result.getall(100)
    assert result._assignment.position == 0
    assert not result.has_more()


def test_records_of_a_position_that_has_moved_are_dropped() -> None:
    """After a seek what was fetched before is of no use."""
    result = fetched(wire([3]), 0)
    hasten(Fetcher({TP: result}))
    result._assignment.position = 2
    assert result.getall(100) == []


def test_no_more_is_unfolded_at_once_than_fits() -> None:
    """What unfolds to very much is taken a Kafka batch at a time, and nothing of it is passed over."""
    data, base = bytearray(), 0
    for _ in range(6):
        builder = DefaultRecordBatchBuilder(2, 1, False, -1, -1, -1, 1 << 24)
        for place in range(3):
            builder.append(place, 1_700_000_000_000, b"key", bytes(MOST_BYTES // 4), [])
        batch = bytearray(builder.build())
        batch[:8] = base.to_bytes(8, "big")
        data += batch
        base += 3
    records = PartitionRecords(TP, LenientRecords(bytes(data)), [], 0, None, None, True, 0)
    result = FetchResult(TP, assignment=Assignment(0), partition_records=records, backoff=0)
    take = WholeBatches(result)
    assert [[record.offset for record in take(1000)] for _ in range(4)] == [
        list(range(6)),
        list(range(6, 12)),
        list(range(12, 18)),
        [],
    ]


def test_a_fetch_comes_in_one_piece_if_nobody_says_how_large() -> None:
    """As long as it is one of common size: very small records come so many at a time."""
    result = fetched(wire([500] * 40), 0)
    hasten(Fetcher({TP: result}))
    assert [len(result.getall()) for _ in range(2)] == [MOST_RECORDS, 4_000]


@pytest.mark.parametrize("takes", [0, 1, 9])
def test_a_fetch_is_gone_when_it_has_been_read(takes: int) -> None:
    """Or when a rebalance drops it before: nothing of it waits for the garbage collector."""
    result = fetched(wire([5, 5]), 0)
    hasten(Fetcher({TP: result}))
    gc.collect()
    gc.disable()
    try:
        for _ in range(takes):
            result.getall(2)
        held = [weakref.ref(each) for each in (result, result._partition_records) if each is not None]
        del result
        assert [each() for each in held] == [None] * len(held)
    finally:
        gc.enable()
