r"""Batches whose records can all be read, whatever their producer has put into them.

A broker looks at sizes and checksums, not at what names and compressed bytes say.  The client would raise
on the name of a header that is not UTF-8, and unfold thirty kilobytes to a gigabyte; either ends every
worker that reads the partition, again and again.  `install` makes all consumers read batches as here:

- compressed data are unfolded up to a limit (see `codecs`);
- the bytes of a header's name that are not UTF-8 are written out, as in `caf\xe9`;
- a batch that cannot be read at all is one record, at the batch's last offset, with the beginning of its
  bytes as the value.  They are no event, so it becomes a dead letter;
- so is one of more records or headers than anybody's events have: each takes a hundred bytes of memory, and
  of empty headers eleven kilobytes unfold to sixty million.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import MemoryRecords

from stream.kafka.codecs import MOST_SHOWN, UnfoldError, unfold

HEAD: Final = struct.Struct(">qiibIhiqqqhii")
"""A batch's head, in Kafka's message format 2."""
CODEC: Final = 0x07
LOG_APPEND_TIME: Final = 0x08
MAGIC_AT: Final = struct.calcsize(">qii")
LOG_OVERHEAD: Final = struct.calcsize(">qi")
COUNTED_FROM: Final = 4 * 2**20
"""Bytes, unfolded, of a batch whose headers are counted before it is read: in fewer, two million may be."""
MOST_RECORDS: Final = 2**19
"""Of one batch: producers gather some thousands."""
MOST_HEADERS: Final = 2**20
"""Of all records of one batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseRecord:
    """A record that was read here, in the form of the client's."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    checksum: None = None


class LenientBatch:
    """The client's batch, but for how its records are read; `data` are its bytes."""

    def __init__(self, client: Any, data: memoryview) -> None:
        self.client = client
        self._data = data
        self.unfolded_bytes = len(data)
        """How many its records take, known once they have been read."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def __next__(self) -> Any:
        """The next record, as the client reads it: of use for control batches alone."""
        return next(self.client)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.read())

    def read(self) -> list[Any]:
        """All records; a batch that is not compressed is read where it is, without a copy."""
        if self._data[MAGIC_AT] < 2:
            return list(self.client)
        head = HEAD.unpack_from(self._data)
        folded, body = head[5] & CODEC, self._data[HEAD.size :]
        try:
            body = memoryview(unfold(folded, bytes(body))) if folded else body
        except UnfoldError as error:
            return [_stand_in(head, error.head or self._data)]
        self.unfolded_bytes = len(body)
        if _has_too_many(head, body):
            return [_stand_in(head, body)]
        try:
            return list(_plain(head, body) if folded else self.client)
        except Exception:  # noqa: BLE001  # whatever it is, the records are looked for one by one
            return _one_by_one(head, bytes(body))


class LenientRecords:
    """What a fetch brought of one partition, in the form of the client's `MemoryRecords`."""

    def __init__(self, data: bytes) -> None:
        self._records = MemoryRecords(data)
        self._data = memoryview(data)
        self._at = 0

    def size_in_bytes(self) -> int:
        """All of it."""
        return len(self._data)

    def has_next(self) -> bool:
        """Whether another whole batch is there."""
        found: bool = self._records.has_next()
        return found

    def next_batch(self) -> LenientBatch | None:
        """The next batch."""
        batch = self._records.next_batch()
        if batch is None:
            return None
        (length,) = struct.unpack_from(">i", self._data, self._at + 8)
        start, self._at = self._at, self._at + LOG_OVERHEAD + length
        return LenientBatch(batch, self._data[start : self._at])


def install() -> None:
    """Make the consumers that are started from now on read batches so; more than once does no harm."""
    fetcher.MemoryRecords = LenientRecords


def _plain(head: tuple[int, ...], body: memoryview) -> DefaultRecordBatch:
    """The client's batch of what was unfolded."""
    return DefaultRecordBatch(HEAD.pack(*head[:5], head[5] & ~CODEC, *head[6:]) + body)


def _stand_in(head: tuple[int, ...], data: bytes | memoryview) -> LooseRecord:
    """One record for a batch that cannot be read."""
    return LooseRecord(
        offset=head[0] + head[6],
        timestamp=head[8],
        timestamp_type=_kind(head),
        key=None,
        value=bytes(data[:MOST_SHOWN]),
    )


def _kind(head: tuple[int, ...]) -> int:
    return int(bool(head[5] & LOG_APPEND_TIME))


def _has_too_many(head: tuple[int, ...], body: memoryview) -> bool:
    """Whether it has more records or headers than are read."""
    if head[12] > MOST_RECORDS:
        return True
    headers = at = 0
    try:
        for _ in range(head[12] if len(body) > COUNTED_FROM else 0):
            length, start = _varint(body, at)
            at = start + length
            headers += _header_count(body, start)
            if length < 0 or headers > MOST_HEADERS:
                return True
    except (ValueError, IndexError):
        return True
    return False


def _header_count(data: memoryview, at: int) -> int:
    """How many headers a record says that it has, which begins there."""
    at = _varint(data, at + 1)[1]  # how much later it is
    at = _varint(data, at)[1]  # its offset
    for _ in ("key", "value"):
        length, at = _varint(data, at)
        at += max(0, length)
    return _varint(data, at)[0]


def _one_by_one(head: tuple[int, ...], body: bytes) -> list[LooseRecord]:
    """The records of an unfolded batch, as far as they can be told from each other."""
    found: list[LooseRecord] = []
    at = 0
    try:
        for _ in range(head[12]):
            length, start = _varint(body, at)
            at = start + length
            if length < 0 or at > len(body):
                raise ValueError("a record that is longer than its batch")  # noqa: TRY301  # one fate for all
            found.append(_record(head, body[start:at]))
    except (ValueError, IndexError):
        return [*found, _stand_in(head, body)]
    if any(one.offset >= other.offset for one, other in pairwise(found)):
        return [_stand_in(head, body)]
    return found


def _record(head: tuple[int, ...], data: bytes) -> LooseRecord:
    late, at = _varint(data, 1)  # after a byte of attributes that mean nothing
    offset, at = _varint(data, at)
    key, at = _bytes(data, at)
    value, at = _bytes(data, at)
    count, at = _varint(data, at)
    headers = []
    for _ in range(count):
        name, at = _bytes(data, at)
        held, at = _bytes(data, at)
        headers.append(((name or b"").decode(errors="backslashreplace"), held))
    timestamp = head[8] if _kind(head) else head[7] + late
    return LooseRecord(
        offset=head[0] + offset,
        timestamp=(timestamp + 2**63) % 2**64 - 2**63,  # as the client's C and Java have it
        timestamp_type=_kind(head),
        key=key,
        value=value,
        headers=headers,
    )


def _bytes(data: bytes, at: int) -> tuple[bytes | None, int]:
    length, at = _varint(data, at)
    if length < 0:
        return None, at
    if at + length > len(data):
        raise ValueError("bytes that are longer than their record")
    return data[at : at + length], at + length


def _varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    """A number in Kafka's zigzag form, and where it ends."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), at
        if shift > 63:
            raise ValueError("a number of more than ten bytes")
