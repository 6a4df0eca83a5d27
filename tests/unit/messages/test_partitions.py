"""Partitions of keys: as every other Kafka client has them."""

from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as theirs
from hypothesis import example, given
from hypothesis import strategies as st

from stream.messages import partitions as module
from stream.messages.partitions import (
    CUSTOMER_BYTES,
    REMEMBERED_BYTES,
    murmur2,
    murmur2_each,
    partition_number,
    partition_of,
    short_hashes,
)


@given(st.binary(max_size=70))
def test_the_hash_is_kafkas(key: bytes) -> None:
    """Of every length; theirs may be signed."""
    assert murmur2(key) == theirs(key) & 0xFFFFFFFF


@given(st.binary(min_size=1, max_size=70), st.integers(1, 64))
def test_the_partition_is_that_of_the_outbox(key: bytes, partitions: int) -> None:
    """So a customer's events meet wherever they come from."""
    assert partition_number(key, partitions) == partition_of(key, range(partitions), range(partitions))


@given(st.lists(st.binary(max_size=70), max_size=9))
def test_hashes_of_many_keys_are_those_of_each(keys: list[bytes]) -> None:
    """Of all lengths together."""
    assert murmur2_each(keys).tolist() == list(map(murmur2, keys))


@given(st.lists(st.none() | st.binary(max_size=70) | st.just(b"x" * (REMEMBERED_BYTES + 1)), max_size=9))
def test_hashes_of_short_keys_number_their_partitions(keys: list[bytes | None]) -> None:
    """Others are found one by one."""
    for key, hashed in zip(keys, short_hashes(keys), strict=True):
        assert (hashed is None) == (key is None or len(key) > REMEMBERED_BYTES)
        assert hashed is None or hashed % 7 == partition_of(key, range(7), range(7))


@example(key=b"x" * CUSTOMER_BYTES, partitions=7)
@example(key=b"x" * (REMEMBERED_BYTES + 1), partitions=7)
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
    module._remembered.cache_clear()
    found = {partition_of(b"%d" % number + b"x" * 1_000_000, range(8), range(8)) for number in range(64)}
    assert len(found) > 4
    assert found <= set(range(8))
    partition_of(b"x" * (REMEMBERED_BYTES + 1), range(8), range(8))
    assert module._remembered.cache_info().currsize == 0
