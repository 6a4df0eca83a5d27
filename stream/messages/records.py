"""Records as the core sees them, from Kafka or from a file, and where they come from."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Protocol, overload

import msgspec

from stream.columnar.timestamps import Ints

REGISTRY_BYTES: Final = 5
"""A zero byte and the number of a schema in four, as serializers of a Schema Registry put before JSON."""


class Stream(StrEnum):
    """The two inputs; the value names the source in cx.tallies and in metrics."""

    INTERACTIONS = "interactions"
    FEEDBACK = "feedback"

    @property
    def topic(self) -> str:
        """Its Kafka topic."""
        return f"cx.{self.value}"


class Record(Protocol):
    """What the core reads of a record; aiokafka's ConsumerRecord has it all.

    `timestamp` is in milliseconds; None in files, which have no clock but the events' own.
    """

    @property
    def offset(self) -> int:
        """Place in its partition."""
        ...

    @property
    def timestamp(self) -> int | None:
        """When the producer or broker stamped it, Unix ms."""
        ...

    @property
    def key(self) -> bytes | None:
        """The customer id, as the sender chose it."""
        ...

    @property
    def value(self) -> bytes | None:
        """The event as JSON."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Header pairs; CloudEvents attributes are `ce_…`."""
        ...


class FileRecord(msgspec.Struct, frozen=True, gc=False):
    """A line of a file as a record; `offset` counts lines.  A Struct, as there are millions of them."""

    offset: int
    value: bytes | None
    timestamp: int | None = None
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()


class FileRecords(Sequence[FileRecord]):
    """Lines of a file as records with the offsets from `first` on, each made when it is asked for.

    `at_ms` are the times of the events, `NO_TIME` where they are not known or no event may have them.
    """

    def __init__(self, first: int, values: Sequence[bytes], at_ms: Ints) -> None:
        self.first = first
        self.values = values
        self.at_ms = at_ms

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, place: int) -> FileRecord: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[FileRecord]: ...
    def __getitem__(self, place: int | slice) -> FileRecord | Sequence[FileRecord]:
        offsets = range(self.first, self.first + len(self.values))
        if isinstance(place, slice):
            return [FileRecord(*pair) for pair in zip(offsets[place], self.values[place], strict=True)]
        return FileRecord(offsets[place], self.values[place])
