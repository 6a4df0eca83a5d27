"""Dead letters: a rejected record as it came, with where it came from and why it was rejected."""

from typing import Final

from stream.kafka.offsets import TP
from stream.kafka.outbox import Outgoing
from stream.messages.outcomes import Reject
from stream.messages.records import Record
from stream.messages.topic_names import DEAD_LETTERS

TOPIC_HEADER: Final = "tocsin-topic"
PARTITION_HEADER: Final = "tocsin-partition"
OFFSET_HEADER: Final = "tocsin-offset"
REASON_HEADER: Final = "tocsin-reason"
DETAIL_HEADER: Final = "tocsin-detail"
SOURCE_HEADER: Final = "tocsin-source"
"""In place of topic, partition and offset where the gateway refused a message: the source that it came to."""
GATEWAY_HEADERS: Final = (SOURCE_HEADER, REASON_HEADER, DETAIL_HEADER)
HEADERS: Final = (TOPIC_HEADER, PARTITION_HEADER, OFFSET_HEADER, REASON_HEADER, DETAIL_HEADER)
"""Headers that a dead letter has after those of the record, all of them text."""


def letter(tp: TP, record: Record, reject: Reject) -> Outgoing:
    """The dead letter of a record: key, value and headers byte for byte, and ours."""
    said = (tp.topic, str(tp.partition), str(record.offset), reject.reason.value, reject.detail)
    own = [(name, text.encode()) for name, text in zip(HEADERS, said, strict=True)]
    return Outgoing(DEAD_LETTERS, record.value, record.key, headers=(*record.headers, *own))
