"""Where the lines of a plain log begin, when each happened, and of which kind it is.

Of a long log the second half may be looked through by somebody else meanwhile.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Final, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from stream.columnar.timestamps import Ints
from stream.files.line_blocks import BLOCK_BYTES, line_blocks
from stream.files.line_heads import line_heads

T = TypeVar("T")
Column = TypeVar("Column", Ints, NDArray[np.uint8])
Told = Callable[[int], None]
"""Hears how many bytes have been dealt with so far."""
HALVED_FROM_BYTES: Final = 24 << 20
"""Bytes of the shortest log that is worth somebody else's help."""


class Meanwhile(Protocol):
    """Has a job done while others go on; the function handed out waits for what comes of it."""

    def __call__(self, job: Callable[[], T], /) -> AbstractContextManager[Callable[[], T]]:
        """See the class."""


class PlainIndex(NamedTuple):
    """Of each line where it begins, its time and its kind; and where the last one ends."""

    starts: Ints
    at_ms: Ints
    kind: NDArray[np.uint8]
    end: int


def plain_index(
    path: Path,
    told: Told,
    meanwhile: Meanwhile | None = None,
    *,
    first: int = 0,
    halved_from: int = HALVED_FROM_BYTES,
) -> PlainIndex:
    """The index of a log from a byte on; half is read `meanwhile` where there are `halved_from` bytes."""
    with path.open("rb") as file:
        size = path.stat().st_size
        middle = 0 if size < halved_from else _middle(file, size // 2)
        if meanwhile is None or not middle:
            return _indexed(file, first, None, told)
        with meanwhile(lambda: _second(path, middle)) as second:
            begun = _indexed(file, first, middle, lambda done: told(2 * done))
            rest = second()
    return _joined(begun, rest)


def _joined(first: PlainIndex, rest: PlainIndex) -> PlainIndex:
    return PlainIndex(
        np.concatenate([first.starts, rest.starts]),
        np.concatenate([first.at_ms, rest.at_ms]),
        np.concatenate([first.kind, rest.kind]),
        rest.end,
    )


def _second(path: Path, middle: int) -> PlainIndex:
    with path.open("rb") as file:
        return _indexed(file, middle, None, lambda _: None)


def _middle(file: IO[bytes], at: int) -> int:
    """Where the first line begins behind a byte; 0: there is none."""
    file.seek(at)
    while block := file.read(BLOCK_BYTES):
        end = block.find(b"\n")
        if end >= 0:
            return at + end + 1
        at += len(block)
    return 0


def gathered(pieces: list[Column]) -> Column:
    """The pieces as one array; they are let go, so that only one column is there twice at a time."""
    whole = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
    pieces.clear()
    return whole


class _UpTo:
    """A file that ends at a byte."""

    def __init__(self, file: IO[bytes], left: int) -> None:
        self._file = file
        self._left = left

    def read(self, size: int, /) -> bytes:
        """So many bytes at most."""
        block = self._file.read(min(size, self._left))
        self._left -= len(block)
        return block


def _indexed(file: IO[bytes], first: int, stop: int | None, told: Told) -> PlainIndex:
    """The index of the lines from one byte up to another; None: up to the end."""
    starts, times, kinds = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.uint8)]
    file.seek(first)
    for block in line_blocks(file if stop is None else _UpTo(file, stop - first)):
        heads = line_heads(block.text)
        starts.append(np.concatenate([[0], heads.ends[:-1]]) + first)
        times.append(heads.at_ms)
        kinds.append(heads.kind)
        first += int(heads.ends[-1]) + block.skipped
        told(first)
    return PlainIndex(gathered(starts), gathered(times), gathered(kinds), first)
