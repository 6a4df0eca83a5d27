"""Sections: what an intake tells the judges through cx.tallies.  One message per judge and batch.

A source is one input topic and partition ("interactions/3", "feedback/3"; "joined/3" for what needs
both).  A source closes its panes one after the other, by its own watermark; the tallies of a pane leave
in one piece when it closes, so a pane's content never depends on how records were cut into batches.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from alerts.errors import UNREADABLE
from stream.messages.seals import BLANK, broken, sealed

NO_PANE: Final = -(2**62)
"""`through` of a source that has closed nothing yet."""

ScopeKey = tuple[str, tuple[str, ...]]
"""A grouping's key (`plan.Grouping.key`) and the values of its dimensions ("" where an event has none)."""


Spelling = bytes | msgspec.Raw
"""A scope as `encode` writes it."""


class Spelled(Sequence[ScopeKey]):
    """Scopes as a record has them, each read when it is asked for: most are known by their bytes.

    `found` is for whoever looks them up, so that it need not do that again.
    """

    __slots__ = ("bytes", "found")

    def __init__(self, spelled: Sequence[Spelling]) -> None:
        """`spelled` are scopes as `encode` writes them."""
        self.bytes: Final = spelled
        self.found: object = None

    def __len__(self) -> int:
        return len(self.bytes)

    def __iter__(self) -> Iterator[ScopeKey]:
        return iter(_LISTED.decode(_together(self)))

    @overload
    def __getitem__(self, place: int) -> ScopeKey: ...

    @overload
    def __getitem__(self, place: slice) -> "Spelled": ...

    def __getitem__(self, place: int | slice) -> "ScopeKey | Spelled":
        if isinstance(place, slice):
            return Spelled(self.bytes[place])
        key: ScopeKey = _SCOPE.decode(self.bytes[place])
        return key

    @staticmethod
    def of(scopes: Iterable[ScopeKey]) -> "Spelled":
        """Scopes as they are spelled."""
        return Spelled(list(map(_ENCODER.encode, scopes)))

    @staticmethod
    def before(key: str, values: int) -> bytes:
        """What a scope of a grouping with so many values begins with; their spellings follow."""
        return _ENCODER.encode((key, ("",) * values))[: -values or None]

    @staticmethod
    def values(texts: Iterable[str]) -> list[bytes]:
        """How each of some values is spelled."""
        return list(map(_ENCODER.encode, texts))


class Kind(StrEnum):
    """Why a section was sent."""

    CLOSED = "closed"  # panes have closed; `rows` are their final tallies, and late corrections
    IDLE = "idle"  # caught up and quiet; `rows` are the open panes so far, or none if as in the last one
    ACTIVE = "active"  # the source had been idle, and has records again


APART_FROM: Final = 1 << 20
"""Cells from this number on (single times) travel in columns of their own, at the end of a message.

So a judge of a version that does not know them takes the rest, and one that does finds none in messages of
that version.
"""

OTHER: Final = "(other)"
"""The value that counts for all that are beyond a limit."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Tallies, one row per (closing, pane, scope, cell), as columns of equal length.

    `closing` is the pane whose closing carries the row.  It equals `pane` but for late events: those are
    counted in `pane`, which had closed before, and ride on the next pane that closes.  A receiver takes
    rows with `closing` above the last pane that it took from the source, and no other; so a repeated
    section changes nothing.  `scope` indexes `TallyMessage.scopes`; `cell` is a number from `cells.CELLS`,
    or a single time (see `APART_FROM`).
    Sorted by `closing`.
    """

    closing: NDArray[np.int64]
    pane: NDArray[np.int64]
    scope: NDArray[np.int64]
    cell: NDArray[np.int64]
    count: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.cell)

    def of(self, chosen: NDArray[np.bool_]) -> "Rows":
        """Some of the rows."""
        return Rows(
            self.closing[chosen], self.pane[chosen], self.scope[chosen], self.cell[chosen], self.count[chosen]
        )


def no_rows() -> Rows:
    """The tallies of nothing."""
    return Rows(*(np.empty(0, np.int64) for _ in range(5)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyMessage:
    """One message from one source to one judge.

    `position` is the source's next input offset when it was written: a section with a smaller position
    than one already taken is old news.  `through` is the last pane that the source has closed.
    `after` is the last pane that it had closed before, where a section is CLOSED: whoever has not taken the
    panes up to there lacks some (None: said by an older version, which did not tell).
    `sealed` is False for a message of a version that knew no seals, or one whose seal was cut off.
    `clock_ms` is the source's greatest event time (None: no event yet), `began_ms` that of its first event.
    `quiet_ms` is set on IDLE: how
    long, in wall time up to the record's Kafka timestamp, the source has had nothing new while caught up.
    """

    kind: Kind
    source: str
    position: int
    through: int
    clock_ms: int | None
    quiet_ms: int = 0
    scopes: Sequence[ScopeKey] = ()
    rows: Rows = field(default_factory=no_rows)
    began_ms: int | None = None
    after: int | None = None
    sealed: bool = True


_Scopes = TypeVar("_Scopes", msgspec.Raw, list[msgspec.Raw])


class _Wire(msgspec.Struct, Generic[_Scopes], array_like=True, kw_only=True):
    """A section as msgpack; columns are packed, since nearly all numbers in one lie close together."""

    kind: str
    source: str
    position: int
    through: int
    clock_ms: int | None
    quiet_ms: int
    scopes: _Scopes
    columns: list[bytes]
    began_ms: int | None = None
    apart: list[bytes] = []
    after: int | None = None
    seal: bytes = b""


_ENCODER: Final = msgspec.msgpack.Encoder()
_SCOPE: Final = msgspec.msgpack.Decoder(ScopeKey)
_LISTED: Final = msgspec.msgpack.Decoder(list[ScopeKey])
_DECODER: Final = msgspec.msgpack.Decoder(_Wire[list[msgspec.Raw]])
_COLUMNS: Final = ("closing", "pane", "scope", "cell", "count")
_HEAD: Final = struct.Struct("<qB")
_WIDTHS: Final = (1, 2, 4, 8)


def encode(section: TallyMessage, shard: int = 0) -> bytes:
    """The value of a cx.tallies record for this judge."""
    rows = section.rows
    apart = rows.cell >= APART_FROM
    some = [rows.of(~apart), rows.of(apart)] if apart.any() else [rows]
    columns = [[_packed(getattr(part, name)) for name in _COLUMNS] for part in some]
    wire = _ENCODER.encode(
        _Wire(
            kind=section.kind.value,
            source=section.source,
            position=section.position,
            through=section.through,
            clock_ms=section.clock_ms,
            quiet_ms=section.quiet_ms,
            scopes=_together(section.scopes),
            columns=columns[0],
            began_ms=section.began_ms,
            apart=columns[1] if len(columns) > 1 else [],
            after=section.after,
            seal=BLANK,
        )
    )
    return sealed(wire, shard)


def _together(scopes: Sequence[ScopeKey]) -> msgspec.Raw:
    """A list of scopes as msgpack: those that are spelled are put one behind the other."""
    if not isinstance(scopes, Spelled):
        return msgspec.Raw(_ENCODER.encode(list(scopes)))
    return msgspec.Raw(_length(len(scopes)) + b"".join(scopes.bytes))


def _length(many: int) -> bytes:
    """What a list of so many begins with in msgpack."""
    if many < 1 << 4:
        return bytes((0x90 | many,))
    return struct.pack(">BH", 0xDC, many) if many < 1 << 16 else struct.pack(">BI", 0xDD, many)


def decode(value: bytes, shard: int = 0) -> TallyMessage:
    """The section in a cx.tallies record in the partition of this judge.

    Raises:
        msgspec.DecodeError: the value is not a section, or not as it was written; never an event's fault.
    """
    try:
        wire = _DECODER.decode(value)
        if broken(value, wire.seal, shard):
            raise ValueError("its seal is broken")
        kind, rows = Kind(wire.kind), Rows(*map(_unpacked, wire.columns))
        if wire.apart:
            rows = together(rows, Rows(*map(_unpacked, wire.apart)))
    except (*UNREADABLE, TypeError, struct.error) as error:
        raise msgspec.DecodeError("not a section") from error
    return TallyMessage(
        kind=kind,
        source=wire.source,
        position=wire.position,
        through=wire.through,
        clock_ms=wire.clock_ms,
        quiet_ms=wire.quiet_ms,
        scopes=Spelled(wire.scopes),
        rows=rows,
        began_ms=wire.began_ms,
        after=wire.after,
        sealed=bool(wire.seal),
    )


def together(some: Rows, others: Rows) -> Rows:
    """Both, sorted by closing as rows are."""
    columns = [np.concatenate([getattr(some, name), getattr(others, name)]) for name in _COLUMNS]
    if len({len(column) for column in columns}) > 1:
        raise ValueError("columns of different lengths")
    order = np.argsort(columns[0], kind="stable")
    return Rows(*(column[order] for column in columns))


def _packed(column: NDArray[np.int64]) -> bytes:
    """The least number (int64), the bytes that each difference from it takes, and the differences."""
    if not len(column):
        return b""
    least = int(column.min())
    span = int(column.max()) - least
    width = next(width for width in _WIDTHS if span < 256**width)
    return _HEAD.pack(least, width) + (column - least).astype(f"<u{width}").tobytes()


def _unpacked(data: bytes) -> NDArray[np.int64]:
    if not data:
        return np.empty(0, np.int64)
    least, width = _HEAD.unpack_from(data)
    if width not in _WIDTHS:
        raise ValueError("numbers of another width")
    differences = np.frombuffer(data, f"<u{width}", offset=_HEAD.size).astype(np.int64)
    return differences + np.int64(least)


def sources(partitions: int, indicators: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Every source that a judge must hear from before a pane is complete."""
    names = [f"{stream}/{p}" for p in range(partitions) for stream in ("interactions", "feedback")]
    if indicators.get("fcr", {}).get("satisfied") == "require":
        names += [f"joined/{p}" for p in range(partitions)]
    return names
