"""Partitions of keys: as every other Kafka client has them."""

from aiokafka.partitioner import murmur2 as theirs
from hypothesis import given
from hypothesis import strategies as st

from stream.kafka.outbox import partition_of
from stream.messages.partitions import murmur2, partition_number


@given(st.binary(max_size=70))
def test_the_hash_is_kafkas(key: bytes) -> None:
    """Of every length; theirs may be signed."""
    assert murmur2(key) == theirs(key) & 0xFFFFFFFF


@given(st.binary(min_size=1, max_size=70), st.integers(1, 64))
def test_the_partition_is_that_of_the_outbox(key: bytes, partitions: int) -> None:
    """So a customer's events meet wherever they come from."""
    assert partition_number(key, partitions) == partition_of(key, range(partitions), range(partitions))
