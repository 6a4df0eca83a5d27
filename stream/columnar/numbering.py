"""Numbering: raw values and rows of small integers get numbers in the order in which they first come."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from itertools import count, islice
from typing import Any, Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from stream.columnar.hashing import joined
from stream.columnar.hashtable import Found, HashTable, Keys
from stream.columnar.timestamps import Ints

Codes = NDArray[np.int32]
"""A row per thing, a column per property; small numbers that stand for values."""
Mix = Callable[[Keys, Keys], Keys]
RawT = TypeVar("RawT", bound=Hashable)
Dtype = TypeVar("Dtype", bound=np.generic)

SPELLINGS: Final = 1 << 16
"""Raw values remembered before their memory starts anew."""
ROOM: Final = 1 << 18
"""Cells that may be there for any numbering: 1 MiB, of which only what is used takes memory."""
SPARSEST: Final = 32
"""Cells per row above it: with more, 128 bytes a row, hashes take less memory."""


class Growing(Generic[Dtype]):
    """An array that grows at its end, in steps large enough to be paid for."""

    def __init__(self, dtype: type[Dtype], *shape: int) -> None:
        self._all: NDArray[Dtype] = np.empty((0, *shape), dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def rows(self) -> NDArray[Dtype]:
        """What is there, a view; valid until `append`."""
        return self._all[: self._size]

    def append(self, rows: NDArray[Any]) -> None:
        """Put rows at the end."""
        first, self._size = self._size, self._size + len(rows)
        if self._size > len(self._all):
            grown = np.empty((2 * self._size, *self._all.shape[1:]), self._all.dtype)
            grown[:first] = self._all[:first]
            self._all = grown
        self._all[first : self._size] = rows


class Spellings(Generic[RawT]):
    """What raw values stand for, remembered by how they are spelled.

    `number` gives the numbers of raw values that are new; it is asked once for each, or again after their
    memory has been started anew.
    """

    def __init__(self, number: Callable[[list[RawT]], Ints]) -> None:
        self._number = number
        self.forget()

    def forget(self) -> None:
        """Start anew."""
        # The fastest look-up there is: known or new, no interpreted step per value.
        self._places: defaultdict[RawT, int] = defaultdict(count().__next__)
        self._numbers = np.empty(0, np.int64)

    def numbers(self, raws: Iterable[RawT], many: int) -> Ints:
        """The number of each of so many raw values."""
        places = np.fromiter(map(self._places.__getitem__, raws), np.int64, many)
        if new := len(self._places) - len(self._numbers):
            unknown = list(islice(reversed(self._places), new))[::-1]
            self._numbers = np.concatenate([self._numbers, self._number(unknown)])
        numbers = self._numbers[places]
        if len(self._places) > SPELLINGS:
            self.forget()
        return numbers


class _Celled:
    """Numbers by cells: every combination of codes that are small enough has one."""

    def __init__(self, width: int) -> None:
        self._bits = [0] * width
        self._cells = np.zeros(1, np.int32)  # 1 above the number, 0 where there is none
        self._rows = Growing(np.int32, width)

    @property
    def rows(self) -> Codes:
        """The row of each number."""
        return self._rows.rows

    def widen(self, rows: Codes, room: int) -> bool:
        """Make cells for rows; false if that would take more than `room`."""
        most = rows.max(axis=0, initial=0).tolist()
        bits = [max(had, code.bit_length()) for had, code in zip(self._bits, most, strict=True)]
        if bits != self._bits:
            if 1 << sum(bits) > room:
                return False
            self._bits, self._cells = bits, np.zeros(1 << sum(bits), np.int32)
            self._cells[self._cells_of(self.rows)] = np.arange(1, len(self.rows) + 1)
        return True

    def numbers(self, rows: Codes) -> Ints:
        """The number of each row."""
        cells = self._cells_of(rows)
        numbers = self._cells[cells]
        new = np.flatnonzero(numbers == 0)
        if len(new):
            numbers[new] = self._entered(rows[new], cells[new])
        return numbers.astype(np.int64) - 1

    def _cells_of(self, rows: Codes) -> Ints:
        cells = np.zeros(len(rows), np.int64)
        for bits, column in zip(self._bits, rows.T, strict=True):
            cells = cells << bits | column
        return cells

    def _entered(self, rows: Codes, cells: Ints) -> Codes:
        """What is in the cells of new rows, once these are entered."""
        places = np.arange(len(cells), dtype=np.int32)
        self._cells[cells[::-1]] = places[::-1]  # what is written last stays: a cell's first row
        firsts = np.flatnonzero(self._cells[cells] == places)
        size = len(self.rows)
        self._cells[cells[firsts]] = np.arange(size + 1, size + len(firsts) + 1)
        self._rows.append(rows[firsts])
        entered: Codes = self._cells[cells]
        return entered


class _Hashed:
    """Numbers by hashes of rows.

    Rows whose hashes agree are told apart all the same, but the later one's number may be higher than that
    of rows that came after it in the same batch.
    """

    def __init__(self, width: int, mix: Mix) -> None:
        self._table = HashTable(np.dtype([("key", "<u8"), ("codes", "<i4", (width,))]))
        self._mix = mix

    def __len__(self) -> int:
        return len(self._table)

    @property
    def rows(self) -> Codes:
        """The row of each number."""
        rows: Codes = self._table.rows["codes"]
        return rows

    def numbers(self, rows: Codes) -> Ints:
        """The number of each row."""
        numbers = np.empty(len(rows), np.int64)
        todo, round_ = np.arange(len(rows)), 0
        while len(todo):
            own = rows if len(todo) == len(rows) else rows[todo]
            places = self._entered(self._keys(own, round_), own)
            numbers[todo] = places
            todo = todo[(self._table.rows.take(places)["codes"] != own).any(axis=1)]
            round_ += 1
        return numbers

    def _keys(self, rows: Codes, round_: int) -> Keys:
        """A hash of each row, another one in every round."""
        keys = np.full(len(rows), round_, np.uint64)
        for column in rows.T:
            keys = self._mix(keys, column.astype(np.uint64))
        return keys

    def _entered(self, keys: Keys, rows: Codes) -> Ints:
        """Where the keys are; those that are new are entered with the first of their rows."""
        self._table.reserve(len(keys))
        found = self._table.find(keys)
        places = found.places
        new = np.flatnonzero(places < 0)
        if len(new):
            _, first, which = np.unique(keys[new], return_index=True, return_inverse=True)
            order = np.argsort(first)
            numbers = np.empty(len(order), np.int64)
            numbers[order] = np.arange(len(self._table), len(self._table) + len(order))
            places[new] = numbers[which]
            self._enter(keys, rows, found, new[first[order]])
        return places

    def _enter(self, keys: Keys, rows: Codes, found: Found, firsts: Ints) -> None:
        """Enter the rows at some places, whose keys are new and distinct."""
        entries = np.empty(len(firsts), self._table.rows.dtype)
        entries["key"], entries["codes"] = keys[firsts], rows[firsts]
        chosen = np.zeros(len(keys), np.bool_)
        chosen[firsts] = True
        self._table.add(entries, found, chosen)


class Numbering:
    """Numbers for rows of `width` codes each, counted up from 0 as rows come that are new.

    A row is looked up in an array with a cell for every combination of codes, as long as that has no more
    than `room` cells or is well used; from then on by its hash, which `mix` makes.
    """

    def __init__(self, width: int, mix: Mix = joined, room: int = ROOM) -> None:
        self._width, self._mix, self._room = width, mix, room
        self._by: _Celled | _Hashed = _Celled(width)

    def __len__(self) -> int:
        return len(self._by.rows)

    @property
    def rows(self) -> Codes:
        """The row of each number, a view; valid until `numbers`."""
        return self._by.rows

    def numbers(self, rows: Codes) -> Ints:
        """The number of each row."""
        if isinstance(self._by, _Celled) and not self._by.widen(
            rows, max(self._room, SPARSEST * (len(self) + len(rows)))
        ):
            self._by = self._hashed()
        return self._by.numbers(rows)

    def _hashed(self) -> _Hashed:
        """The same numbers by hashes."""
        hashed, known = _Hashed(self._width, self._mix), self.rows
        if (hashed.numbers(known) != np.arange(len(known))).any():
            hashed = _Hashed(self._width, self._mix)
            for row in known:  # hashes agree: one by one none is numbered before its turn
                hashed.numbers(row[np.newaxis])
        return hashed
