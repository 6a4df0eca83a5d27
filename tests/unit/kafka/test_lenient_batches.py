"""Batches as any producer may write them: every codec, odd names, bombs, and what is no batch."""

from typing import Any

import pytest
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder, _DefaultRecordBatchBuilderPy
from hypothesis import given
from hypothesis import strategies as st

from stream.kafka.lenient_batches import HEAD, MOST_SHOWN, LenientRecords, install

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
HEADERS = st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=9)), max_size=3)
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
