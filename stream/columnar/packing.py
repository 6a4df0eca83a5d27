"""Chunks: tables and a header as a list of byte strings, cut anywhere, and back."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
import numpy as np

from stream.columnar.structured import Table

CHUNK_BYTES: Final = 512 * 1024
"""Pieces fit a Kafka message of the default size, and nothing is copied as one huge string."""


class _Contents(msgspec.Struct, array_like=True):
    """What comes first: the owner's header, and what tables follow."""

    header: msgspec.Raw
    tables: list[tuple[str, list[tuple[str, str]], int]]  # name, fields with types, rows


_LENGTH_BYTES: Final = 8
H = TypeVar("H", bound=msgspec.Struct)


def pack(header: msgspec.Struct, tables: Mapping[str, Table]) -> list[bytes]:
    """A self-contained copy; the first piece begins with the header."""
    shapes = [(name, _fields(table.dtype), len(table)) for name, table in tables.items()]
    contents = msgspec.msgpack.encode(_Contents(msgspec.Raw(msgspec.msgpack.encode(header)), shapes))
    chunks = [len(contents).to_bytes(_LENGTH_BYTES, "little") + contents]
    for table in tables.values():
        content = memoryview(np.ascontiguousarray(table).view(np.uint8).data)
        chunks += [
            bytes(content[start : start + CHUNK_BYTES]) for start in range(0, len(content), CHUNK_BYTES)
        ]
    return chunks


def _fields(dtype: np.dtype[Any]) -> list[tuple[str, str]]:
    """Names and types of the fields."""
    return [(name, dtype[name].str) for name in dtype.names or ()]


def unpack(chunks: Sequence[bytes], header: type[H]) -> tuple[H, dict[str, Table]]:
    """What was packed, wherever it was cut since.

    Raises:
        ValueError: bytes are missing.
    """
    reader = _Reader(chunks)
    length = int.from_bytes(reader.take(_LENGTH_BYTES), "little")
    contents = msgspec.msgpack.decode(reader.take(length), type=_Contents)
    tables: dict[str, Table] = {}
    for name, fields, rows in contents.tables:
        table = np.empty(rows, np.dtype(fields))
        reader.fill(memoryview(table.view(np.uint8).data))
        tables[name] = table
    return msgspec.msgpack.decode(contents.header, type=header), tables


def fitted(table: Table, dtype: np.dtype[Any]) -> Table:
    """The same rows as another record type: fields by name, new ones zero."""
    if table.dtype == dtype:
        return table
    rows = np.zeros(len(table), dtype)
    for name in set(dtype.names or ()) & set(table.dtype.names or ()):
        rows[name] = table[name]
    return rows


class _Reader:
    """Reads on through a list of byte strings."""

    def __init__(self, chunks: Sequence[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        out = bytearray(length)
        self.fill(memoryview(out))
        return bytes(out)

    def fill(self, target: memoryview) -> None:
        """Fill `target` with what comes next."""
        done = 0
        while done < len(target):
            if not len(self._rest):
                chunk = next(self._chunks, None)
                if chunk is None:
                    raise ValueError(f"snapshot ends {len(target) - done} bytes too early")
                self._rest = memoryview(chunk)
            piece = self._rest[: len(target) - done]
            target[done : done + len(piece)] = piece
            done += len(piece)
            self._rest = self._rest[len(piece) :]
