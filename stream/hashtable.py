"""A hash table of rows in one numpy array, worked a batch at a time: a few bytes an entry, no objects.

Rows stand densely in the order in which they came; an index of row numbers with open addressing finds
them.  Keys must be well-mixed 64-bit hashes: they are used as they are.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Places = NDArray[np.int64]
Table = NDArray[Any]
"""A structured array: one record type, a field per column."""

_EMPTY: Final = -1
_FIRST_SLOTS: Final = 1 << 10
_LOAD: Final = 5 / 8
"""Index slots in use at most; beyond it probing takes longer than the memory is worth."""


class HashTable:
    """Rows of `dtype`, which must have a field "key" (u8), each key at most once."""

    def __init__(self, dtype: np.dtype[Any], rows: Table | None = None) -> None:
        self._rows: Table = np.empty(0, dtype) if rows is None else rows
        self._size = len(self._rows)
        self._index = np.empty(0, np.int32)
        self._reindex(_FIRST_SLOTS)

    def __len__(self) -> int:
        return self._size

    @property
    def rows(self) -> Table:
        """All rows, a view: fields may be written, but never keys.  Valid until rows are added or dropped."""
        return self._rows[: self._size]

    def find(self, keys: Keys) -> Places:
        """The row of each key, -1 where there is none."""
        found = np.full(len(keys), -1, np.int64)
        slots, steps = self._probe(keys)
        todo = np.arange(len(keys))
        stored = self._rows["key"]
        while len(todo):
            places = self._index[slots]
            used = places != _EMPTY
            hit = used & (stored[places] == keys)
            found[todo[hit]] = places[hit]
            on = used & ~hit
            todo, keys, steps = todo[on], keys[on], steps[on]
            slots = (slots[on] + steps) & self._mask
        return found

    def add(self, rows: Table, live: Callable[[Table], NDArray[np.bool_]]) -> None:
        """Put in rows whose keys are distinct and not yet there.

        `live` says which old rows are still wanted; the others may be dropped to make room.
        """
        self._make_room(len(rows), live)
        first, self._size = self._size, self._size + len(rows)
        self._rows[first : self._size] = rows
        self._place(np.arange(first, self._size))

    def _make_room(self, more: int, live: Callable[[Table], NDArray[np.bool_]]) -> None:
        if self._size + more <= len(self._rows):
            return
        kept = self.rows[live(self.rows)]
        slots = _FIRST_SLOTS
        # A quarter stays free, so that the next sweep is far enough off to be paid for.
        while len(kept) + more > 0.75 * _LOAD * slots:
            slots *= 2
        self._rows, self._size = kept, len(kept)
        self._reindex(slots)

    def _reindex(self, slots: int) -> None:
        """Index all rows anew, with room for `_LOAD` of at least `slots`."""
        while self._size > _LOAD * slots:
            slots *= 2
        self._mask = slots - 1
        self._index = np.full(slots, _EMPTY, np.int32)
        rows = np.empty(int(_LOAD * slots), self._rows.dtype)
        rows[: self._size] = self._rows[: self._size]
        self._rows = rows
        self._place(np.arange(self._size))

    def _probe(self, keys: Keys) -> tuple[Places, Places]:
        """First slot and step of each key; an odd step visits every slot of a power of two."""
        mask = np.uint64(self._mask)
        return (keys & mask).astype(np.int64), ((keys >> np.uint64(32)) & mask | np.uint64(1)).astype(
            np.int64
        )

    def _place(self, places: Places) -> None:
        """Enter rows in the index.  Of several that meet in a free slot one stays, the others go on."""
        slots, steps = self._probe(self._rows["key"][places])
        while len(places):
            free = self._index[slots] == _EMPTY
            self._index[slots[free]] = places[free]
            on = self._index[slots] != places
            places, steps = places[on], steps[on]
            slots = (slots[on] + steps) & self._mask
