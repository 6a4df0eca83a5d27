"""Chunks: tables and a header, cut anywhere, and back."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.columnar.packing import CHUNK_BYTES, fitted, pack, unpack

ROW = np.dtype([("key", "<u8"), ("count", "<i4")])


class Header(msgspec.Struct):
    """Anything."""

    name: str
    sizes: dict[int, str]


def rows_of(count: int) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """Rows that tell each other apart."""
    rows = np.zeros(count, ROW)
    rows["key"], rows["count"] = np.arange(count), np.arange(count) * 3
    return rows


@given(st.integers(0, 50), st.integers(0, 50), st.lists(st.integers(0, 2000), max_size=8))
def test_what_is_packed_comes_back(first: int, second: int, places: list[int]) -> None:
    """Wherever the bytes are cut in between."""
    header = Header("a", {1: "b"})
    data = b"".join(pack(header, {"one": rows_of(first), "two": rows_of(second)}))
    cuts = [0, *sorted(min(place, len(data)) for place in places), len(data)]
    chunks = [data[start:end] for start, end in pairwise(cuts)]
    found, tables = unpack(chunks, Header)
    assert found == header
    assert {name: table.tolist() for name, table in tables.items()} == {
        "one": rows_of(first).tolist(),
        "two": rows_of(second).tolist(),
    }


def test_pieces_fit_a_message() -> None:
    """A big table is cut, and is a copy."""
    rows = rows_of(200_000)
    chunks = pack(Header("a", {}), {"one": rows})
    rows["count"] = 0
    assert max(map(len, chunks)) <= CHUNK_BYTES
    assert unpack(chunks, Header)[1]["one"]["count"][-1] == 199_999 * 3


def test_missing_bytes_are_missed() -> None:
    """A snapshot without its end is no snapshot."""
    chunks = pack(Header("a", {}), {"one": rows_of(5)})
    with pytest.raises(ValueError, match="snapshot ends 10 bytes too early"):
        unpack([b"".join(chunks)[:-10]], Header)
    with pytest.raises(ValueError, match="too early"):
        unpack([], Header)


def test_tables_fit_another_record_type_by_name() -> None:
    """Fields that are new are zero, those that are gone are dropped."""
    wide = np.dtype([("count", "<i8"), ("more", "<i8")])
    assert fitted(rows_of(3), wide).tolist() == [(0, 0), (3, 0), (6, 0)]
    rows = rows_of(3)
    assert fitted(rows, ROW) is rows
