"""Event files: NDJSON logs, plain or packed, as one sequence of lines in the order of their event times.

Every line is read once for its time and kind, with the line itself left where it is: in the file, or in a
temporary one where the log is packed or a pipe.  Seventeen bytes a line are kept, so tens of millions of
lines are no trouble.  Lines already in order, as most logs are, are then read straight through.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from stream.columnar.timestamps import EARLIEST_MS, LATEST_MS, NO_TIME, Ints, read_times
from stream.files.packed_logs import UNREADABLE, PackedLog, opened, unreadable

BLOCK_BYTES: Final = 1 << 20
WASTE: Final = 16
"""Lines scattered over more than this many times their own bytes are read one by one."""
INTERACTION, FEEDBACK, BLANK = 0, 1, 2
"""Kinds of line.  A line with `indicator` is feedback; one that is not JSON counts as what it looks like."""

Told = Callable[[int], None]
"""Hears how many bytes (of packed input) or lines have been dealt with so far."""


class _Head(msgspec.Struct, gc=False):
    """What must be known of a line to put it in its place."""

    at: str | float | None = None
    indicator: object = msgspec.UNSET


_HEADS: Final = msgspec.json.Decoder(_Head)
_NOT_READ: Final = _Head()


@dataclass(frozen=True, slots=True)
class EventLines:
    """Some lines in their order.  `place` are their numbers among all lines of all files, from 0.

    `at_ms` are their own times, `NO_TIME` where none can be read that an event may have.
    """

    text: Sequence[bytes]
    at_ms: Ints
    kind: NDArray[np.uint8]
    place: Ints


class EventFile:
    """The lines of one or more logs.  Close it after use: it may hold temporary files.

    Ties keep the order of the files as they were given, and of the lines in them; `as_is` keeps that
    order altogether.  `in_order` says whether the lines come by event time.
    """

    def __init__(self, names: Sequence[str], told: Told = lambda _: None, *, as_is: bool = False) -> None:
        """Reads every file.

        Raises:
            SettingsError: a file cannot be read to its end.
        """
        self._stack = ExitStack()
        self._names: list[str] = []
        self._consumed = 0
        self._files: list[IO[bytes]] = []
        indices: list[_Index] = []
        try:
            for name in names:
                indices.append(self._read(name, told))  # noqa: PERF401  # the stack must be closed on failure
        except BaseException:
            self._stack.close()
            raise
        self._starts = [index.start for index in indices]
        self._first = np.cumsum([0, *(len(index.at_ms) for index in indices)])
        self._own_ms = np.concatenate([index.at_ms for index in indices])
        self._at_ms = _filled(self._own_ms)  # the same array, as a rule
        self._kind = np.concatenate([index.kind for index in indices])
        sorted_already = bool((self._at_ms[1:] >= self._at_ms[:-1]).all())
        self._order = None if sorted_already or as_is else np.argsort(self._at_ms, kind="stable")
        self.in_order = sorted_already or not as_is

    def __len__(self) -> int:
        return len(self._at_ms)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def times(self) -> Ints:
        """Event times of all lines, in their order.

        They never lie outside the years that events may have: a line whose time cannot be read has that of
        the line before it, so that it stays among its neighbours.
        """
        return self._at_ms if self._order is None else self._at_ms[self._order]

    def kinds(self) -> NDArray[np.uint8]:
        """Kinds of all lines, in their order."""
        return self._kind if self._order is None else self._kind[self._order]

    def lines(self, first: int, last: int) -> EventLines:
        """The lines from `first` up to `last` in their order."""
        place = np.arange(first, last) if self._order is None else self._order[first:last]
        return EventLines(self._text(place), self._own_ms[place], self._kind[place], place)

    def where(self, place: int) -> str:
        """File and line number, from 1, of a line."""
        number = int(np.searchsorted(self._first, place, side="right")) - 1
        return f"{self._names[number]}:{place - int(self._first[number]) + 1}"

    def _read(self, name: str, told: Told) -> "_Index":
        before = self._consumed
        with opened(name) as log:
            try:
                file = self._unpacked(log, lambda done: told(before + done))
                index = _indexed(file, (lambda done: told(before + done)) if log.plain else lambda _: None)
            except UNREADABLE as error:
                raise unreadable(name, error) from None
            self._names.append(log.name)
            self._consumed += log.size or 0
        self._files.append(file)
        return index

    def _unpacked(self, log: PackedLog, told: Told) -> IO[bytes]:
        """The log itself where it is plain, or else a temporary file with all that is in it."""
        if log.plain is not None:
            return self._stack.enter_context(log.plain.open("rb"))
        spool = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # the stack closes it
        while block := log.stream.read(BLOCK_BYTES):
            spool.write(block)
            told(log.consumed())
        spool.seek(0)
        return spool

    def _text(self, place: Ints) -> list[bytes]:
        owners = np.searchsorted(self._first, place, side="right") - 1
        text = [b""] * len(place)
        for owner in np.unique(owners).tolist():
            mine = np.flatnonzero(owners == owner)
            lines = self._of(owner, place[mine] - self._first[owner])
            if len(mine) == len(place):
                return lines
            for spot, line in zip(mine.tolist(), lines, strict=True):
                text[spot] = line
        return text

    def _of(self, owner: int, within: Ints) -> list[bytes]:
        """Lines of one file by their numbers in it: in one piece where they lie close together."""
        start = self._starts[owner]
        begins, ends = start[within], start[within + 1] - 1
        first, last = int(begins.min()), int(ends.max())
        if last - first > WASTE * int((ends - begins).sum()):
            return [self._bytes(owner, *pair) for pair in zip(begins.tolist(), ends.tolist(), strict=True)]
        piece = self._bytes(owner, first, last)
        if (np.diff(within) == 1).all():
            return piece.split(b"\n")
        pairs = zip((begins - first).tolist(), (ends - first).tolist(), strict=True)
        return [piece[begin:end] for begin, end in pairs]

    def _bytes(self, owner: int, first: int, last: int) -> bytes:
        return os.pread(self._files[owner].fileno(), last - first, first)


@dataclass(frozen=True, slots=True)
class _Index:
    """Of one file: where each line starts, one more for the end, and each line's time and kind."""

    start: Ints
    at_ms: Ints
    kind: NDArray[np.uint8]


def _indexed(file: IO[bytes], told: Told) -> _Index:
    starts, times, kinds = [], [], []
    first = 0
    for block in _blocks(file):
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
        if not block.endswith(b"\n"):
            ends = np.append(ends, len(block) + 1)
        begins = np.concatenate([[0], ends[:-1]])
        heads, kind = _heads(block, begins, ends)
        starts.append(begins + first)
        times.append(_times(heads))
        kinds.append(kind)
        told(first + len(block))
        first += int(ends[-1])
    none = np.empty(0, np.int64)
    starts.append(np.array([first], np.int64))
    return _Index(
        np.concatenate(starts),
        np.concatenate([none, *times]),
        np.concatenate([none.astype(np.uint8), *kinds]),
    )


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Runs of whole lines."""
    rest = b""
    while block := file.read(BLOCK_BYTES):
        whole = block.rfind(b"\n") + 1
        if whole:
            yield b"".join((rest, memoryview(block)[:whole]))
            rest = block[whole:]
        else:
            rest += block
    if rest:
        yield rest


def _heads(block: bytes, begins: Ints, ends: Ints) -> tuple[Sequence[_Head], NDArray[np.uint8]]:
    """The heads of all lines of a block, those that cannot be read included, and their kinds."""
    heads = _at_once(block) if _tidy(np.frombuffer(block, np.uint8), begins, ends) else ()
    if len(heads) == len(ends):  # one object on each line
        unset = msgspec.UNSET
        # Through bytes, as numpy reads lists slowly.
        return heads, np.frombuffer(bytes([head.indicator is not unset for head in heads]), np.uint8)
    return _one_by_one(block.split(b"\n")[: len(ends)])


def _at_once(block: bytes) -> Sequence[_Head]:
    """The heads of all objects in a block; none when something is wrong with one."""
    try:
        return _HEADS.decode_lines(block)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ()


def _tidy(data: NDArray[np.uint8], begins: Ints, ends: Ints) -> bool:
    """Whether every line goes from { to }.  Then no object goes on in the next line: } { is in none."""
    last = data[ends - 2]
    returns = last == ord("\r")
    last[returns] = data[ends[returns] - 3]
    return bool((data[begins] == ord("{")).all() and (last == ord("}")).all())


def _one_by_one(lines: Sequence[bytes]) -> tuple[Sequence[_Head], NDArray[np.uint8]]:
    heads, kinds = [], []
    for line in lines:
        try:
            head = _HEADS.decode(line)
            kind = INTERACTION if head.indicator is msgspec.UNSET else FEEDBACK
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            head = _NOT_READ
            kind = FEEDBACK if b'"indicator"' in line else INTERACTION
        heads.append(head)
        kinds.append(kind if line.strip() else BLANK)
    return heads, np.array(kinds, np.uint8)


def _times(heads: Sequence[_Head]) -> Ints:
    """Times of the heads, `NO_TIME` where there is none that an event may have."""
    at_ms = read_times([head.at for head in heads])
    return np.where((at_ms < EARLIEST_MS) | (at_ms > LATEST_MS), NO_TIME, at_ms)


def _filled(at_ms: Ints) -> Ints:
    """The times, with the one before (the first one known, at the start) where there is none."""
    known = np.flatnonzero(at_ms != NO_TIME)
    if len(known) == len(at_ms):
        return at_ms
    if not len(known):
        return np.full(len(at_ms), EARLIEST_MS)
    source = np.zeros(len(at_ms), np.int64)
    source[known] = known
    source = np.maximum.accumulate(source)
    source[: known[0]] = known[0]
    filled: Ints = at_ms[source]
    return filled
