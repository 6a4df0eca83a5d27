"""Event files: NDJSON logs, plain or packed, as one sequence of lines in the order of their event times.

Every line is read once for its time and kind, with the line itself left where it is: in the file, or packed
anew in a temporary one where the log is packed or a pipe.  Seventeen bytes a line are kept (of packed logs
some forty), so tens of millions of lines are no trouble.  Lines already in order, as most logs are, are then
read straight through.
"""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from stream.columnar.timestamps import Ints
from stream.files.line_blocks import line_blocks
from stream.files.line_heads import filled, line_heads
from stream.files.line_stores import LinesInPlace, LineStore, SpooledLines
from stream.files.packed_logs import UNREADABLE, PackedLog, mark_of, opened, unreadable
from stream.files.plain_index import Meanwhile, gathered, plain_index
from stream.files.written_files import room_for_temporary

Told = Callable[[int], None]
"""Hears how many bytes (of packed input) or lines have been dealt with so far."""


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

    def __init__(
        self,
        names: Sequence[str],
        told: Told = lambda _: None,
        *,
        as_is: bool = False,
        meanwhile: Meanwhile | None = None,
    ) -> None:
        """Reads every file; of long plain ones a half is read `meanwhile`, if that is possible.

        Raises:
            SettingsError: a file cannot be read to its end.
        """
        self._stack = ExitStack()
        self._names: list[str] = []
        self._consumed = 0
        self._as_is = as_is
        self._meanwhile = meanwhile
        indices: list[_Index] = []
        try:
            for name in names:
                indices.append(self._read(name, told))  # noqa: PERF401  # the stack must be closed on failure
        except BaseException:
            self._stack.close()
            raise
        self._stores = [index.store for index in indices]
        self._first = np.cumsum([0, *(len(index.at_ms) for index in indices)])
        times, kinds = [index.at_ms for index in indices], [index.kind for index in indices]
        indices.clear()
        self._own_ms = gathered(times)
        self._at_ms = filled(self._own_ms)  # the same array, as a rule
        self._kind = gathered(kinds)
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
        """The lines from `first` up to `last` in their order.

        Raises:
            SettingsError: they are no longer there.
        """
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
                index = self._indexed(log, lambda done: told(before + done))
            except UNREADABLE as error:
                raise unreadable(name, error) from None
            self._names.append(log.name)
            self._consumed += log.size or 0
        return index

    def _indexed(self, log: PackedLog, told: Told) -> "_Index":
        """Where the log is plain, its lines are left where they are; else they are packed anew."""
        mark = mark_of(log)
        if log.plain is None:
            log.stream.read(mark)
            return self._spooled(log, told)
        starts, at_ms, kind, end = plain_index(log.plain, told, self._meanwhile, first=mark)
        file = self._stack.enter_context(log.plain.open("rb"))
        return _Index(LinesInPlace(file, np.append(starts, end)), at_ms, kind)

    def _spooled(self, log: PackedLog, told: Told) -> "_Index":
        with room_for_temporary():
            file = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # the stack closes it
        spool = SpooledLines(file, as_is=self._as_is)
        times, kinds, kept = [np.empty(0, np.int64)], [np.empty(0, np.uint8)], 0
        for block in line_blocks(log.stream):
            heads = line_heads(block.text)
            with room_for_temporary():
                spool.add(block.text.split(b"\n")[: len(heads.ends)], heads.at_ms)
            times.append(heads.at_ms)
            kinds.append(heads.kind)
            kept += len(block.text)
            _check_ratio(log, kept)
            told(log.consumed())
        with room_for_temporary():
            spool.finish()
        return _Index(spool, gathered(times), gathered(kinds))

    def _text(self, place: Ints) -> list[bytes]:
        owners = np.searchsorted(self._first, place, side="right") - 1
        text = [b""] * len(place)
        for owner in np.unique(owners).tolist():
            mine = np.flatnonzero(owners == owner)
            lines = self._lines_of(owner, place[mine] - self._first[owner])
            if len(mine) == len(place):
                return lines
            for spot, line in zip(mine.tolist(), lines, strict=True):
                text[spot] = line
        return text

    def _lines_of(self, owner: int, numbers: Ints) -> list[bytes]:
        try:
            return self._stores[owner].lines(numbers)
        except OSError as error:
            raise unreadable(self._names[owner], error) from None


@dataclass(frozen=True, slots=True)
class _Index:
    """Of one file: where its lines are, and each line's time and kind."""

    store: LineStore
    at_ms: Ints
    kind: NDArray[np.uint8]


RATIO: Final = 200
RATIO_FROM_BYTES: Final = 64 << 20
"""A packed log may unfold to so many times its size, and to so many bytes in any case: logs of events pack to
a tenth or a thirtieth, so what unfolds to more is no log but an attack, or a mistake."""


def _check_ratio(log: PackedLog, kept: int) -> None:
    if log.size is not None and kept > max(RATIO_FROM_BYTES, RATIO * log.size):
        raise OSError(None, f"a packed file that unfolds to more than {RATIO} times its size")
