"""Snapshots: the newest complete one is found, whatever else lies in the topic."""

import asyncio
import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stream.kafka.offsets import TP
from stream.kafka.snapshot_log import (
    CHUNK_BYTES,
    Chunk,
    Manifest,
    Snapshot,
    complete,
    cut,
    decode,
    encode,
    join,
    seal,
)
from tests.fake_kafka import FakeKafka, FakeLog, FakeReader

STATE = TP("state", 0)
MANIFEST = seal(cut([b"one", b"two"], "same"), 7, {"a": 1, "b": 2}, "rules", 4)


def write(kafka: FakeKafka, parts: list[bytes], reach: int, lost: int | None = None) -> Manifest:
    """A snapshot as a worker writes it; `lost` is the chunk after which it was killed."""
    first = len(kafka.logs[STATE])
    chunks = cut(parts)
    manifest = seal(chunks, first, {"a": reach}, "rules", 4)
    for chunk in chunks[:lost]:
        kafka.append(STATE, encode(chunk))
    if lost is None:
        kafka.append(STATE, encode(manifest))
    return manifest


def unsealed(record: Chunk | Manifest | None) -> Chunk | Manifest | None:
    """A manifest as it was before it was written."""
    return replace(record, seal=b"") if isinstance(record, Manifest) else record


def found(kafka: FakeKafka) -> Snapshot | None:
    """What a new owner reads."""

    async def newest() -> Snapshot | None:
        return await anext(complete(FakeLog(FakeReader(kafka, {STATE}), STATE)), None)

    return asyncio.run(newest())


@given(st.lists(st.binary(max_size=20), max_size=8))
def test_parts_come_back_as_they_were(parts: list[bytes]) -> None:
    """Cut, sealed, over the wire and joined: the same parts, also empty ones."""
    chunks = cut(parts)
    manifest = seal(chunks, 7, {"a": 1, "b": 2}, "rules", 4)
    wire = [decode(encode(chunk)) for chunk in chunks]
    again = join(manifest, [chunk for chunk in wire if isinstance(chunk, Chunk)])
    assert again is not None
    assert again.parts == parts
    assert unsealed(decode(encode(manifest))) == manifest
    assert manifest.reach == 3


def test_large_parts_are_cut() -> None:
    """No chunk is larger than every broker takes."""
    part = random.Random(1).randbytes(CHUNK_BYTES * 2 + 1)
    chunks = cut([part, b"x"])
    assert [len(chunk.data) for chunk in chunks] == [CHUNK_BYTES, CHUNK_BYTES, 1, 1]
    joined = join(seal(chunks, 0, {}, "", 1), chunks)
    assert joined is not None
    assert joined.parts == [part, b"x"]


def test_what_does_not_add_up_does_not_count() -> None:
    """Missing, doubled, swapped or changed chunks are noticed."""
    chunks = cut([b"one", b"two", b"three"])
    manifest = seal(chunks, 0, {}, "", 1)
    for wrong in (
        chunks[:-1],
        [*chunks, chunks[0]],
        [chunks[1], chunks[0], chunks[2]],
        [*chunks[:2], Chunk(chunks[2].id, 2, memoryview(b"threE"))],
    ):
        assert join(manifest, wrong) is None


def test_nothing_there() -> None:
    """A new group has no snapshots."""
    assert found(FakeKafka()) is None


def test_the_last_one() -> None:
    """Normally the newest snapshot ends the log."""
    kafka = FakeKafka()
    write(kafka, [b"old"], 1)
    write(kafka, [b"new", b"er"], 2)
    snapshot = found(kafka)
    assert snapshot is not None
    assert snapshot.parts == [b"new", b"er"]
    assert snapshot.manifest.made_for == "rules"


def test_a_writer_was_killed() -> None:
    """Chunks without a manifest are passed over."""
    kafka = FakeKafka()
    write(kafka, [b"whole"], 1)
    write(kafka, [b"half", b"written"], 2, lost=1)
    snapshot = found(kafka)
    assert snapshot is not None
    assert snapshot.parts == [b"whole"]


def test_two_writers_at_once() -> None:
    """A former owner that was frozen wakes up and writes between: both snapshots stay whole."""
    kafka = FakeKafka()
    mine, old = cut([b"m1", b"m2"]), cut([b"o1", b"o2"])
    for chunk in (mine[0], old[0], mine[1], old[1]):
        kafka.append(STATE, encode(chunk))
    kafka.append(STATE, encode(seal(mine, 0, {"a": 9}, "", 1)))
    snapshot = found(kafka)
    assert snapshot is not None
    assert snapshot.parts == [b"m1", b"m2"]


def test_greatest_offsets_win_when_the_end_is_no_manifest() -> None:
    """A late write of a former owner is merely old."""
    kafka = FakeKafka()
    write(kafka, [b"far"], 50)
    write(kafka, [b"near"], 10)
    write(kafka, [b"torn", b"off"], 60, lost=1)
    snapshot = found(kafka)
    assert snapshot is not None
    assert snapshot.parts == [b"far"]


def test_chunks_that_were_deleted() -> None:
    """A manifest whose chunks retention has taken is passed over."""
    kafka = FakeKafka()
    write(kafka, [b"a", b"b"], 5)
    kafka.first[STATE] = 1
    assert found(kafka) is None
    write(kafka, [b"c"], 3)
    write(kafka, [b"d"], 4, lost=1)
    snapshot = found(kafka)
    assert snapshot is not None
    assert snapshot.parts == [b"c"]


def test_strangers_records_are_passed_over() -> None:
    """Whatever somebody else has put into the topic harms nothing."""
    kafka = FakeKafka()
    kafka.append(STATE, b"hello", None)
    write(kafka, [b"mine"], 1)
    kafka.append(STATE, b"\x93\x01", b"")
    snapshot = found(kafka)
    assert snapshot is not None
    assert snapshot.parts == [b"mine"]


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_byte_of_a_manifest_can_be_changed(place: int, by: int) -> None:
    """Somewhat greater offsets would be as plausible as the right ones, and lose what lies between."""
    value = bytearray(encode(MANIFEST))
    value[place % len(value)] ^= by
    assert not isinstance(decode(bytes(value)), Manifest)


def test_manifests_of_before_there_were_seals() -> None:
    """They are read: a state that an older version kept is worth as much."""
    wire = msgspec.msgpack.decode(encode(MANIFEST))
    assert decode(msgspec.msgpack.encode(wire[:-1])) == MANIFEST


def test_going_back_to_an_older_version_and_forward_again() -> None:
    """What it kept meanwhile is the state.  It was passed over, and so was all that it had counted."""
    kafka = FakeKafka()
    write(kafka, [b"newer"], 10)
    manifest = write(kafka, [b"older"], 20)
    kafka.logs[STATE].pop()
    kafka.append(STATE, msgspec.msgpack.encode(msgspec.msgpack.decode(encode(manifest))[:-1]))
    snapshot = found(kafka)
    assert snapshot is not None
    assert snapshot.parts == [b"older"]
    write(kafka, [b"newest"], 30)
    write(kafka, [b"killed"], 40, lost=0)
    snapshot = found(kafka)
    assert snapshot is not None
    assert snapshot.parts == [b"newest"]


def test_a_copy_of_a_manifest_without_its_seal_comes_after_all_others() -> None:
    """With greater offsets than any, which nobody could tell from ours: what is fed would have a hole."""
    kafka = FakeKafka()
    manifest = write(kafka, [b"true"], 10)
    beyond = replace(manifest, next={"a": 10**6})
    kafka.append(STATE, msgspec.msgpack.encode(msgspec.msgpack.decode(encode(beyond))[:-1]))
    snapshot = found(kafka)
    assert snapshot is not None
    assert snapshot.manifest.next == {"a": 10}
