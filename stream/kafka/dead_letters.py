"""Dead letters: a rejected record as it came, with where it came from and why it was rejected.

A record that is larger than a message may be is told by its beginning, its length and its SHA-256; where it
lies is in the letter anyway.
"""

from collections.abc import Sequence
from hashlib import sha256
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

FORM_HEADER: Final = "tocsin-form"
"""Stands before them where the letter does not have the record byte for byte; else the form is `WHOLE`."""
WHOLE: Final = "whole"
NOTHING: Final = "null"
"""The record had neither key nor value, which Kafka's clients refuse to send: here the value is empty."""
CUT: Final = "cut"
"""How the form of a record that was too large begins; the lengths and hashes of what was cut follow."""

LETTER_BYTES: Final = 7 * 2**20
"""Key, value and headers that are forwarded whole, where the broker does not say that it takes less."""
HEAD_BYTES: Final = 64 * 2**10
"""How much of a larger record's value is kept; of its key and headers, at most as much as `KEY_BYTES`."""
KEY_BYTES: Final = 4 * 2**10
HEADER_BYTES: Final = 8
"""What a header takes beside its name and its content: two lengths."""

Headers = Sequence[tuple[str, bytes | None]]


def letter(tp: TP, record: Record, reject: Reject, most_bytes: int = LETTER_BYTES) -> Outgoing:
    """The dead letter of a record: key, value and headers byte for byte, and ours.

    With more than `most_bytes` in all it is the bounded form.
    """
    said = (tp.topic, str(tp.partition), str(record.offset), reject.reason.value, reject.detail)
    own = [(name, text.encode()) for name, text in zip(HEADERS, said, strict=True)]
    headers: Headers = record.headers
    key, value = record.key, record.value
    form = WHOLE
    if key is None and value is None:
        form, value = NOTHING, b""
    elif len(key or b"") + len(value or b"") + _bytes_of(headers) > most_bytes:
        head_bytes = min(HEAD_BYTES, most_bytes // 2)
        form = "; ".join((CUT, *_cuts(key, value, headers, head_bytes)))
        key, value = _head(key, KEY_BYTES), _head(value, head_bytes)
        headers = headers if _bytes_of(headers) <= KEY_BYTES else ()
    if form != WHOLE or (headers and headers[-1][0] == FORM_HEADER):  # else the record's own would be ours
        own.insert(0, (FORM_HEADER, form.encode()))
    return Outgoing(DEAD_LETTERS, value, key, headers=(*headers, *own))  # type: ignore[arg-type]  # null values are sent as such


def _cuts(key: bytes | None, value: bytes | None, headers: Headers, head_bytes: int) -> list[str]:
    """What is not whole any more: its name, length and hash."""
    joined = b"".join(
        name.encode(errors="surrogateescape") + b"\0" + (content or b"") + b"\0" for name, content in headers
    )
    parts = (
        ("key", key or b"", KEY_BYTES),
        ("value", value or b"", head_bytes),
        ("headers", joined, KEY_BYTES),
    )
    return [
        f"{name} bytes={len(data)} sha256={sha256(data).hexdigest()}"
        for name, data, most in parts
        if len(data) > most
    ]


def _head(data: bytes | None, most: int) -> bytes | None:
    return None if data is None else data[:most]


def _bytes_of(headers: Headers) -> int:
    return sum(HEADER_BYTES + len(name) + len(content or b"") for name, content in headers)
