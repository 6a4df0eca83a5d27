"""Snapshots of a partition's state in a Kafka topic: written in chunks, sealed by a manifest.

A snapshot is true whoever wrote it and whenever: it says what the state was after the records below its
offsets.  So a reader takes the complete one with the greatest offsets, and a late write of a former owner
is merely old.  A snapshot without its manifest, or whose bytes do not add up, does not count.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import uuid4

import msgspec
import xxhash
from msgspec.structs import replace

from alerts.errors import UNREADABLE
from stream.messages.seals import BLANK, broken, sealed

CHUNK_BYTES: Final = 512 * 2**10
"""Half of the smallest message limit that brokers come with, so that chunks fit everywhere."""


class Chunk(msgspec.Struct, array_like=True, tag="chunk", frozen=True):
    """Bytes of part number `part` of snapshot `id`; a part's chunks follow each other."""

    id: str
    part: int
    data: memoryview


class Manifest(msgspec.Struct, array_like=True, tag="manifest", frozen=True, kw_only=True):
    """Seals a snapshot.

    `next` is the next offset to read, per input topic.  `first` is the offset of the first chunk in the
    snapshot's own topic, `chunks` how many there are, `size` their bytes, `digest` over all of them.
    `made_for` says what made it: the plan's fingerprint.  `partitions` is how many the inputs had.
    `seal` is of the manifest itself, as it was read; those of older versions have none.
    """

    id: str
    next: dict[str, int]
    first: int
    chunks: int
    size: int
    digest: str
    made_for: str
    partitions: int
    seal: bytes = b""

    @property
    def reach(self) -> int:
        """How far it has read: greater is newer."""
        return sum(self.next.values())


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Chunk | Manifest)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A complete snapshot as it was read."""

    manifest: Manifest
    parts: list[bytes]


def encode(record: Chunk | Manifest) -> bytes:
    """The value of a snapshot topic's record."""
    if isinstance(record, Chunk):
        return _ENCODER.encode(record)
    return sealed(_ENCODER.encode(replace(record, seal=BLANK)))


def decode(value: bytes | None) -> Chunk | Manifest | None:
    """The reverse; None for anything else, which somebody else has put there, and for broken seals."""
    try:
        record: Chunk | Manifest = _DECODER.decode(value or b"")
    except UNREADABLE:
        return None
    if isinstance(record, Chunk):
        return record
    return None if broken(value or b"", record.seal) else record


def cut(parts: Sequence[bytes], identity: str | None = None, most_bytes: int = CHUNK_BYTES) -> list[Chunk]:
    """The chunks of a snapshot, in the order in which they must be written; none is a copy of its part."""
    identity = identity or uuid4().hex
    return [
        Chunk(identity, number, part[start : start + most_bytes])
        for number, part in enumerate(memoryview(part) for part in parts)
        for start in range(0, len(part) or 1, most_bytes)
    ]


def seal(
    chunks: Sequence[Chunk], first: int, next_offsets: Mapping[str, int], made_for: str, partitions: int
) -> Manifest:
    """The manifest of chunks, the first of which Kafka has put at offset `first`."""
    size = sum(len(chunk.data) for chunk in chunks)
    identity = chunks[0].id if chunks else uuid4().hex
    return Manifest(
        id=identity,
        next=dict(next_offsets),
        first=first,
        chunks=len(chunks),
        size=size,
        digest=_digest(chunks),
        made_for=made_for,
        partitions=partitions,
    )


def join(manifest: Manifest, chunks: Sequence[Chunk]) -> Snapshot | None:
    """The snapshot that a manifest seals; None when a chunk is missing, doubled or changed."""
    size = sum(len(chunk.data) for chunk in chunks)
    if (len(chunks), size, _digest(chunks)) != (manifest.chunks, manifest.size, manifest.digest):
        return None
    pieces: dict[int, list[memoryview]] = {}
    for chunk in chunks:
        pieces.setdefault(chunk.part, []).append(chunk.data)
    return Snapshot(manifest, [b"".join(pieces[number]) for number in sorted(pieces)])


def _digest(chunks: Iterable[Chunk]) -> str:
    digest = xxhash.xxh3_128()
    for chunk in chunks:
        digest.update(b"%d:%d:" % (chunk.part, len(chunk.data)))
        digest.update(chunk.data)
    return digest.hexdigest()


class SnapshotLog(Protocol):
    """One partition of a snapshot topic, for reading."""

    async def bounds(self) -> tuple[int, int]:
        """Offset of the first record, and the one after the last."""
        ...

    async def read(self, start: int, end: int) -> list[tuple[int, bytes | None]]:
        """Offsets and values of some records from `start` on, below `end`; empty: there are none."""
        ...


async def complete(log: SnapshotLog) -> AsyncIterator[Snapshot]:
    """Complete snapshots, the one with the greatest offsets first.

    Looks at the last record first: it nearly always is the newest manifest.
    """
    start, end = await log.bounds()
    tried: list[Manifest] = []
    for manifest in await _last(log, start, end):
        tried.append(manifest)
        if found := await _load(log, manifest, (start, end)):
            yield found
    manifests = [manifest async for manifest in _manifests(log, start, end)]
    for manifest in _by_worth(manifests):
        if manifest not in tried and (found := await _load(log, manifest, (start, end))):
            yield found


def _by_worth(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Those with the greatest offsets first, and damaged copies after all others.

    One without a seal is a copy if another seals its chunks, else of an older version that came back.
    """
    known = {manifest.id for manifest in manifests if manifest.seal}
    return sorted(
        manifests, key=lambda m: (bool(m.seal) or m.id not in known, m.reach, m.first), reverse=True
    )


async def _last(log: SnapshotLog, start: int, end: int) -> list[Manifest]:
    """The manifest at the log's end, if that is what is there and nobody else wrote beside it."""
    if end <= start:
        return []
    values = [decode(value) for _, value in await log.read(end - 1, end)]
    return [value for value in values if isinstance(value, Manifest) and value.seal]


async def _load(log: SnapshotLog, manifest: Manifest, bounds: tuple[int, int]) -> Snapshot | None:
    """The snapshot of a manifest; None when it is not complete."""
    start, end = bounds
    if not start <= manifest.first < end or not 0 <= manifest.chunks <= end - start:
        return None
    chunks: list[Chunk] = []
    offset = manifest.first
    while len(chunks) < manifest.chunks and (records := await log.read(offset, end)):
        offset = records[-1][0] + 1
        chunks += _of(manifest.id, (value for _, value in records))
    return join(manifest, chunks)


def _of(identity: str, values: Iterable[bytes | None]) -> Iterator[Chunk]:
    for value in values:
        record = decode(value)
        if isinstance(record, Chunk) and record.id == identity:
            yield record


async def _manifests(log: SnapshotLog, start: int, end: int) -> AsyncIterator[Manifest]:
    """All manifests of the log, oldest first."""
    offset = start
    while offset < end and (records := await log.read(offset, end)):
        offset = records[-1][0] + 1
        for _, value in records:
            record = decode(value)
            if isinstance(record, Manifest):
                yield record
