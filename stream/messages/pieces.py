"""Pieces: a message that is larger than a broker takes, in several records, and whole again.

Each piece says in a header which it is, of how many, and the hash of the whole: pieces of one whole come one
after the other, but others may come between, and a writer that starts again may cut another whole from the
same panes, or stop half-way.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from xxhash import xxh3_128_hexdigest

from stream.messages.records import Record

PIECE_BYTES: Final = 900_000
"""Fits a topic whose `max.message.bytes` is Kafka's default, 1 MiB, with key and headers."""
HEADER: Final = "tocsin-piece"
PATIENCE_MS: Final = 600_000
"""Pieces of one whole are written within seconds; those whose rest has not come by then are given up."""
PATIENCE_RECORDS: Final = 10_000
"""Records of the log after which the rest comes no more, whatever their timestamps say."""
MOST_BYTES: Final = 256 * 2**20
"""What may wait at a time; only a flood of forged pieces comes to more, and then the oldest are given up."""
MOST_WAITING: Final = 256
"""How many wholes may wait at a time; a source writes one after the other."""

Part = tuple[bytes, tuple[tuple[str, bytes], ...]]
"""The value and the headers of a record."""
_HEADER: Final = re.compile(rb"([0-9]{1,5})/([0-9]{1,5}) ([0-9a-f]{32})")


def cut(value: bytes, most_bytes: int = PIECE_BYTES) -> Iterator[Part]:
    """The records that carry a message: one without headers where it is small enough."""
    if len(value) <= most_bytes:
        yield value, ()
        return
    count = -(-len(value) // most_bytes)
    digest = xxh3_128_hexdigest(value)
    for number in range(count):
        piece = value[number * most_bytes : (number + 1) * most_bytes]
        yield piece, ((HEADER, f"{number}/{count} {digest}".encode()),)


@dataclass(slots=True)
class _Waiting:
    """The first pieces of a whole of `count`, by their numbers; the first came at `offset`."""

    count: int
    offset: int
    log_ms: int
    pieces: dict[int, bytes] = field(default_factory=dict)


class Assembly:
    """Puts the pieces in a log together again.  What it gives is a function of the log."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[bytes, int], _Waiting] = {}  # by hash and number of pieces, oldest first
        self._bytes = 0

    @property
    def first_offset(self) -> int | None:
        """Where whoever wants to know all of what waits must begin to read; None where nothing does."""
        return min((each.offset for each in self._waiting.values()), default=None)

    def take(self, record: Record) -> bytes | None:
        """The message that is whole with this record; None where more must come, or there is no message."""
        found = _place(record)
        if self._waiting:
            self._give_up(record)
        if found is None:
            return record.value
        number, count, digest = found
        which = digest, count
        own = self._waiting.setdefault(which, _Waiting(count, record.offset, record.timestamp or 0))
        piece = record.value or b""
        self._bytes += len(piece) - len(own.pieces.get(number, b""))
        own.pieces[number] = piece
        if len(own.pieces) < own.count:
            return None
        self._drop(which)
        whole = b"".join(own.pieces[each] for each in sorted(own.pieces))
        return whole if xxh3_128_hexdigest(whole).encode() == digest else None

    def _give_up(self, record: Record) -> None:
        """Let go of what waits for too long, and of the oldest where too much waits."""
        now_ms = record.timestamp or 0
        for which, own in list(self._waiting.items()):
            too_much = self._bytes > MOST_BYTES or len(self._waiting) >= MOST_WAITING
            too_long = now_ms - own.log_ms > PATIENCE_MS or record.offset - own.offset > PATIENCE_RECORDS
            if too_much or too_long:
                self._drop(which)

    def _drop(self, which: tuple[bytes, int]) -> None:
        self._bytes -= sum(map(len, self._waiting.pop(which).pieces.values()))


def _place(record: Record) -> tuple[int, int, bytes] | None:
    """Number, count and digest of a piece; None for a record that is whole."""
    for name, content in record.headers:
        found = _HEADER.fullmatch(content or b"") if name == HEADER else None
        if found is not None and int(found[1]) < int(found[2]):
            return int(found[1]), int(found[2]), found[3]
    return None
