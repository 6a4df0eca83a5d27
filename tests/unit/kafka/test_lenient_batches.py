"""Batches as any producer may write them: every codec, odd names, bombs, and what is no batch."""

import gzip
import random
import resource
from typing import Any

import cramjam
import pytest
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder, _DefaultRecordBatchBuilderPy
from aiokafka.record.util import encode_varint
from hypothesis import given
from hypothesis import strategies as st

from stream.kafka.codecs import GZIPPED, MOST_SHOWN, UnfoldError, unfold
from stream.kafka.lenient_batches import (
    COUNTED_FROM,
    HEAD,
    MOST_RECORDS,
    LenientRecords,
    install,
)

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
HEADERS = st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=9)), max_size=3)
MOST_MB = 300
"""That unfolding takes; the headers would be 1,700."""
RECORDS = st.lists(
    st.tuples(st.none() | st.binary(max_size=9), st.none() | st.binary(max_size=9), HEADERS),
    min_size=1, max_size=5,
)  # fmt: skip


class RawName(str):
    """A header's name in bytes of our choice."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:  # noqa: ARG002  # as str has it
        """The bytes."""
        return b"caf\xe9"


def batch(
    records: list[tuple[bytes | None, bytes | None, Any]], codec: int = 0, builder: Any = None
) -> bytes:
    """A batch as it goes over the wire."""
    made = (builder or DefaultRecordBatchBuilder)(2, codec, False, -1, -1, -1, 1 << 30)
    for place, (key, value, headers) in enumerate(records):
        made.append(place, 1_700_000_000_000 + place, key, value, headers)
    return bytes(made.build())


def read(data: bytes) -> list[tuple[int, int, bytes | None, bytes | None, list[tuple[str, bytes | None]]]]:
    """Every record of every batch, the client's and ours alike."""
    records = LenientRecords(data)
    found = []
    while records.has_next():
        one = records.next_batch()
        assert one is not None
        found += [(r.offset, r.timestamp, r.key, r.value, list(r.headers)) for r in one]
    return found


@pytest.mark.parametrize("codec", CODECS)
@given(records=RECORDS)
def test_every_codec_gives_what_was_written(codec: str, records: Any) -> None:
    """Whatever a producer compresses with, and several batches after each other."""
    one = batch(records, CODECS[codec])
    told = [(p, 1_700_000_000_000 + p, k, v, list(h)) for p, (k, v, h) in enumerate(records)]
    assert read(one + one) == told + told


@pytest.mark.parametrize("codec", CODECS)
def test_a_header_whose_name_is_not_utf8(codec: str) -> None:
    """The record is read, its name written out; so are those around it."""
    records: list[tuple[bytes | None, bytes | None, Any]] = [
        (b"a", b"1", [("x", b"y")]),
        (b"b", b"2", [(RawName("n"), b"v")]),
        (b"c", None, []),
    ]
    data = batch(records, CODECS[codec], _DefaultRecordBatchBuilderPy)
    assert [(key, value, headers) for _, _, key, value, headers in read(data)] == [
        (b"a", b"1", [("x", b"y")]), (b"b", b"2", [("caf\\xe9", b"v")]), (b"c", None, []),
    ]  # fmt: skip


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_a_bomb_is_one_record(codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands for its batch, with the beginning of what was unfolded: more than an event may have."""
    monkeypatch.setattr("stream.kafka.codecs.unfold.__defaults__", (4 * 2**20,))
    data = batch([(b"k", bytes(3 * 2**20), []), (b"k", bytes(3 * 2**20), [])], CODECS[codec])
    [(offset, _, key, value, _)] = read(data)
    assert (offset, key) == (1, None)
    assert value is not None
    assert len(value) <= MOST_SHOWN
    if codec != "snappy":  # its length is known before anything is unfolded
        assert len(value) == MOST_SHOWN


def emptied(headers: int) -> bytes:
    """The bytes of a record that has a value and very many headers without name and content."""
    record = b"\0\0\0\x01\x04{}" + varint(headers) + b"\0\x01" * headers
    return varint(len(record)) + record


def varint(number: int) -> bytes:
    """In Kafka's zigzag form."""
    found = bytearray()
    encode_varint(number, found.append)
    return bytes(found)


def whole(body: bytes, count: int, codec: int = 0) -> bytes:
    """A batch of so many records, said to be in these bytes."""
    return HEAD.pack(0, 49 + len(body), 0, 2, 0, codec, count - 1, 5, 6, -1, -1, -1, count) + body


def test_headers_without_end_are_not_read() -> None:
    """Eleven kilobytes would be four gigabytes of them; here one record stands for the batch."""
    body = bytes(cramjam.zstd.compress(emptied(20_000_000)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    [(offset, _, key, value, headers)] = read(whole(body, 1, CODECS["zstd"]))
    assert (offset, key, headers) == (0, None, [])
    assert value is not None
    assert len(value) == MOST_SHOWN
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MOST_MB


def test_many_headers_are_read() -> None:
    """A large batch is looked through, and then read as any other."""
    [(_, _, _, value, headers)] = read(whole(emptied(1000), 1))
    assert (value, len(headers)) == (b"{}", 1000)
    large = batch([(b"k", bytes(1000), [("trace", b"id")])] * 5_000)
    assert len(large) > COUNTED_FROM
    assert [len(found) for *_, found in read(large)] == [1] * 5_000


@pytest.mark.parametrize("name", [b"x", b"\xe9"])
def test_times_wrap_around(name: bytes) -> None:
    """Whichever way a record is read, its time is a number of 64 bits."""
    record = b"\0\x0a\0\x01\x04{}\x02\x02" + name + b"\x01"
    data = varint(len(record)) + record
    head = HEAD.pack(0, 49 + len(data), 0, 2, 0, 0, 0, 2**63 - 1, 6, -1, -1, -1, 1)
    [(_, timestamp, *_)] = read(head + data)
    assert timestamp == 4 - 2**63


def test_more_records_than_anybody_gathers_are_one() -> None:
    """Each takes a hundred bytes of memory and a dead letter."""
    count = MOST_RECORDS + 1
    [(offset, _, _, value, _)] = read(whole(b"\x0c\0\0\0\x01\x01\0" * count, count))
    assert offset == count - 1
    assert value is not None


@given(st.lists(st.binary(max_size=50) | st.integers(0, 60_000).map(random.Random(1).randbytes), max_size=9))
def test_members_of_gzip_are_one_text(members: list[bytes]) -> None:
    """Wherever the pieces end in which it is read."""
    data = b"".join(map(gzip.compress, members))
    assert unfold(GZIPPED, data) == b"".join(members)
    if data:
        with pytest.raises(UnfoldError):
            unfold(GZIPPED, data[:-1])


@given(st.integers(1, 7), st.binary(max_size=200))
def test_bytes_of_no_codec_are_one_record(codec: int, body: bytes) -> None:
    """Whatever stands behind a batch's head, reading it never raises, and offsets rise."""
    head = HEAD.pack(0, 49 + len(body), 0, 2, 0, codec, 2, 5, 6, -1, -1, -1, 3)
    offsets = [offset for offset, *_ in read(head + body)]
    assert offsets
    assert offsets == sorted(set(offsets))


@given(st.binary(max_size=60), st.integers(0, 4))
def test_records_that_are_cut_short(body: bytes, count: int) -> None:
    """An uncompressed batch of nonsense: what can be told apart is, the rest is one record."""
    head = HEAD.pack(0, 49 + len(body), 0, 2, 0, 0, max(0, count - 1), 5, 6, -1, -1, -1, count)
    read(head + body)


def test_consumers_read_so() -> None:
    """The client makes its records with ours from then on."""
    install()
    install()
    assert fetcher.MemoryRecords is LenientRecords
