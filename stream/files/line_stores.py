"""Where the lines of a log are kept until it is their turn: in the file itself, or packed anew on disk.

A packed log is not unpacked onto disk.  Its lines are gathered by the chunk, put into the order of their
times, and packed in pieces, so that disk holds about as much as the log itself.  Reading in order of time
then unpacks each piece once: within a chunk its lines follow each other.

    chunk 0 (times 1-9)    pieces  [1 2 3] [5 8 9]
    chunk 1 (times 4-12)   pieces  [4 6 7] [10 11 12]
    read                   1 2 3 4 5 6 7 8 9 10 11 12     two pieces open at a time, each unpacked once
"""

import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import IO, Final, Protocol

import cramjam
import numpy as np

from stream.columnar.timestamps import Ints
from stream.files.line_blocks import LONGEST
from stream.files.line_heads import filled

WASTE: Final = 16
"""Lines scattered over more than this many times their own bytes are read one by one."""
DENSE: Final = 4
"""Of lines that are at least one in so many, those between them are cut out too, which is faster."""
CHUNK_BYTES: Final = 32 << 20
PIECE_BYTES: Final = 256 << 10
PIECES_OPEN: Final = 64
"""Pieces that stay unpacked: 16 MiB; more where more chunks than that are read at once."""


CHANGED: Final = "one that was cut or written anew while it was read: give a copy of it"


class LineStore(Protocol):
    """The lines of one log, by their numbers from 0."""

    def lines(self, numbers: Ints) -> list[bytes]:
        """Those lines, without line breaks, in that order."""
        ...


@dataclass(frozen=True, slots=True)
class LinesInPlace:
    """Lines left where they are; `start` has where each starts, and one more for the end."""

    file: IO[bytes]
    start: Ints

    def lines(self, numbers: Ints) -> list[bytes]:
        """In one piece where they lie close together; of a line that is too long only the beginning."""
        begins, ends = self.start[numbers], self.start[numbers + 1] - 1
        low, high = int(numbers.min()), int(numbers.max())
        first, last = int(self.start[low]), int(self.start[high + 1]) - 1
        lengths = ends - begins
        if last - first > WASTE * int(lengths.sum()) or int(lengths.max()) > LONGEST:
            return self._pieces(begins, np.minimum(lengths, LONGEST + 1))
        (piece,) = self._pieces(np.array([first]), np.array([last - first]))
        if high - low >= DENSE * len(numbers):
            pairs = zip((begins - first).tolist(), (ends - first).tolist(), strict=True)
            return [piece[begin:end] for begin, end in pairs]
        found = piece.split(b"\n")
        if len(found) != high - low + 1:
            raise OSError(None, CHANGED)
        return (
            found if (np.diff(numbers) == 1).all() else list(map(found.__getitem__, (numbers - low).tolist()))
        )

    def _pieces(self, begins: Ints, lengths: Ints) -> list[bytes]:
        """Bytes of the file; a system call for each."""
        file, sizes = repeat(self.file.fileno()), lengths.tolist()
        found = list(map(os.pread, file, sizes, begins.tolist()))
        if list(map(len, found)) != sizes:
            raise OSError(None, CHANGED)
        return found


class PackedPieces:
    """Pieces of text in a file, each packed by itself; those unpacked last stay open."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._places: list[tuple[int, int]] = []
        self._end = 0
        self._open: OrderedDict[int, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._places)

    def add(self, text: bytes) -> None:
        """One more piece; its number is how many there were before."""
        packed = bytes(cramjam.lz4.compress_block(text))
        self._places.append((self._end, len(packed)))
        self._file.write(packed)
        self._end += len(packed)

    def unpacked(self, piece: int, most_open: int) -> bytes:
        """The text of a piece; of those that are open the oldest is closed when there are more."""
        if (found := self._open.get(piece)) is not None:
            return found
        start, length = self._places[piece]
        self._file.flush()
        text = bytes(cramjam.lz4.decompress_block(os.pread(self._file.fileno(), length, start)))
        self._open[piece] = text
        while len(self._open) > most_open:
            self._open.popitem(last=False)
        return text


class SpooledLines:
    """Lines of a packed log, packed anew in a temporary file; fill it by `add`, then call `finish`.

    `as_is`: they will be read as they stand, so they are left in that order.
    """

    def __init__(
        self,
        file: IO[bytes],
        *,
        as_is: bool = False,
        chunk_bytes: int = CHUNK_BYTES,
        piece_bytes: int = PIECE_BYTES,
    ) -> None:
        self._as_is = as_is
        self._chunk_bytes = chunk_bytes
        self._piece_bytes = piece_bytes
        self._pieces = PackedPieces(file)
        self._waiting: list[bytes] = []
        self._times: list[Ints] = []
        self._bytes = 0
        self._chunks = 0
        self._places: list[tuple[Ints, Ints, Ints]] = []
        none = np.empty(0, np.int64)
        self._found = (none, none, none)  # by line its piece, and where in it the line begins and ends

    def add(self, lines: Sequence[bytes], at_ms: Ints) -> None:
        """The next lines, each with its time."""
        self._waiting += lines
        self._times.append(at_ms)
        self._bytes += sum(map(len, lines)) + len(lines)
        if self._bytes >= self._chunk_bytes:
            self._pack()

    def finish(self) -> None:
        """No more lines follow."""
        if self._waiting:
            self._pack()
        if self._places:
            pieces, begins, ends = (np.concatenate(column) for column in zip(*self._places, strict=True))
            self._found = (pieces, begins, ends)
        self._places.clear()

    def lines(self, numbers: Ints) -> list[bytes]:
        """Each unpacked with its piece."""
        pieces, begins, ends = (column[numbers].tolist() for column in self._found)
        most_open = max(PIECES_OPEN, 2 * self._chunks)
        return [
            self._pieces.unpacked(piece, most_open)[begin:end]
            for piece, begin, end in zip(pieces, begins, ends, strict=True)
        ]

    def _pack(self) -> None:
        """The waiting lines in the order of their times, in pieces."""
        at_ms = filled(np.concatenate(self._times))
        order = np.arange(len(at_ms)) if self._as_is else np.argsort(at_ms, kind="stable")
        lengths = np.fromiter(map(len, self._waiting), np.int64, len(self._waiting))[order]
        ends = np.cumsum(lengths + 1)
        number = (ends - 1) // self._piece_bytes
        first = np.flatnonzero(np.diff(number, prepend=-1))
        base = np.repeat(np.append(0, ends)[first], np.diff(np.append(first, len(order))))
        inverse = np.empty(len(order), np.int64)
        inverse[order] = np.arange(len(order))
        dense = np.cumsum(np.diff(number, prepend=-1) != 0) - 1 + len(self._pieces)
        begins = ends - lengths - 1 - base
        self._places.append((dense[inverse], begins[inverse], (begins + lengths)[inverse]))
        sorted_lines = [self._waiting[place] for place in order.tolist()]
        for begin, end in zip(first.tolist(), [*first[1:].tolist(), len(order)], strict=True):
            self._pieces.add(b"\n".join(sorted_lines[begin:end]))
        self._chunks += 1
        self._waiting, self._times, self._bytes = [], [], 0
