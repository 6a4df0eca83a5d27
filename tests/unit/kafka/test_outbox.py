"""The outbox: where messages go."""

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from stream.kafka.outbox import partition_of


@given(key=st.binary(max_size=80), partitions=st.integers(1, 64))
def test_keys_go_where_all_kafka_clients_send_them(key: bytes, partitions: int) -> None:
    """The same key, the same partition; asked for again, too."""
    everywhere = list(range(partitions))
    expected = DefaultPartitioner()(key, everywhere, everywhere)
    assert [partition_of(key, everywhere, []) for _ in range(2)] == [expected] * 2


def test_messages_without_a_key_go_to_a_partition_that_has_a_leader() -> None:
    """Any of those that are there."""
    assert partition_of(None, [0, 1, 2], [1]) == 1
