"""A hash table of rows in one numpy array, worked a batch at a time: a few bytes an entry, no objects.

Rows stand densely in the order in which they came; an index of row numbers with open addressing finds
them.  Keys must be well-mixed 64-bit hashes: they are used as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stream.columnar.structured import Places, Table, put, where

Keys = NDArray[np.uint64]
Live = Callable[[Table], NDArray[np.bool_]]
"""Says which rows are still wanted."""


def everything(rows: Table) -> NDArray[np.bool_]:
    """All rows are still wanted."""
    return np.ones(len(rows), np.bool_)


_EMPTY: Final = -1
_FIRST_SLOTS: Final = 1 << 10
_AT_ONCE: Final = 1 << 16
"""Rows that are indexed at once, so that what is computed on the way stays in the cache."""
_LOAD: Final = 5 / 8
"""Index slots in use at most; beyond it probing takes longer than the memory is worth."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where keys are: `places` are their rows, -1 for none; these end at `slots`, `steps` apart."""

    places: Places
    slots: Places
    steps: Places


class HashTable:
    """Rows of `dtype`, which must have a field "key" (u8), each key at most once."""

    def __init__(self, dtype: np.dtype[Any], rows: Table | None = None) -> None:
        self._rows: Table = np.empty(0, dtype) if rows is None else rows
        self._raw = np.dtype((np.void, dtype.itemsize))
        self._size = len(self._rows)
        self._journal: list[tuple[Places, Table]] | None = None
        self._mask, self._index = 0, np.empty(0, np.int32)
        self._reindex(_FIRST_SLOTS)

    def __len__(self) -> int:
        return self._size

    @property
    def index_bytes(self) -> int:
        """What the index takes of memory, beside the rows."""
        return int(self._index.nbytes)

    @property
    def rows(self) -> Table:
        """All rows, a view, to be read.  Valid until `reserve` or `add`."""
        return self._rows[: self._size]

    def mark(self) -> Callable[[], None]:
        """Gives what puts the table back to how it is now; one mark at a time, the latest."""
        rows, index, mask, size = self._rows, self._index, self._mask, self._size
        journal: list[tuple[Places, Table]] = []
        self._journal = journal

        def undo() -> None:
            for places, before in reversed(journal):
                put(rows, places, before)
            index[index >= size] = _EMPTY  # nothing is ever taken out, so nothing else has moved
            self._rows, self._index, self._mask, self._size = rows, index, mask, size
            self._journal = None

        return undo

    def put(self, places: Places, rows: Table) -> None:
        """Overwrite the rows at some places; their keys stay."""
        if self._journal is not None:
            self._journal.append((places, self._rows.take(places)))
        put(self._rows, places, rows)

    def reserve(self, more: int, live: Live = everything) -> None:
        """Make room for `more` rows; old ones that are not `live` may be dropped for it."""
        if self._size + more <= len(self._rows):
            return
        kept = where(self.rows, live(self.rows))
        slots = _FIRST_SLOTS
        # A quarter stays free, so that the next sweep is far enough off to be paid for.
        while len(kept) + more > 0.75 * _LOAD * slots:
            slots *= 2
        self._rows, self._size = kept, len(kept)
        self._reindex(slots)

    def find(self, keys: Keys) -> Found:
        """Where each key is."""
        slots, steps = self._probe(keys)
        places = self._index.take(slots).astype(np.int64)
        stored = self._rows["key"]
        todo = np.flatnonzero((places != _EMPTY) & (stored[places] != keys))
        while len(todo):
            slots[todo] = on = (slots[todo] + steps[todo]) & self._mask
            places[todo] = met = self._index.take(on)
            todo = todo[(met != _EMPTY) & (stored[met] != keys[todo])]
        return Found(places, slots, steps)

    def add(self, rows: Table, found: Found, chosen: NDArray[np.bool_]) -> None:
        """Put in rows, for the `chosen` ones of the keys that were looked for last.

        These are distinct, they were not found, and there is room reserved for them.
        """
        first, self._size = self._size, self._size + len(rows)
        self._rows.view(self._raw)[first : self._size] = rows.view(self._raw)
        self._enter(np.arange(first, self._size), found.slots[chosen], found.steps[chosen])

    def _reindex(self, slots: int) -> None:
        """Index all rows anew, with room for `_LOAD` of at least `slots`."""
        while self._size > _LOAD * slots:
            slots *= 2
        self._journal = None  # what was there at the mark is left as it is from here on
        self._mask = slots - 1
        self._index = np.full(slots, _EMPTY, np.int32)
        rows = np.empty(int(_LOAD * slots), self._rows.dtype)
        rows.view(self._raw)[: self._size] = self._rows.view(self._raw)[: self._size]
        self._rows = rows
        for first in range(0, self._size, _AT_ONCE):
            places = np.arange(first, min(first + _AT_ONCE, self._size))
            self._enter(places, *self._probe(self._rows["key"][places[0] : places[-1] + 1]))

    def _probe(self, keys: Keys) -> tuple[Places, Places]:
        """First slot and step of each key; an odd step visits every slot of a power of two."""
        mask = np.uint64(self._mask)
        return (keys & mask).view(np.int64), ((keys >> np.uint64(32)) & mask | np.uint64(1)).view(np.int64)

    def _enter(self, places: Places, slots: Places, steps: Places) -> None:
        """Enter rows in the index.  Of several that meet in a free slot one stays, the others go on."""
        while len(places):
            free = self._index.take(slots) == _EMPTY
            self._index[slots[free]] = places[free]
            on = np.flatnonzero(self._index.take(slots) != places)
            places, steps = places[on], steps[on]
            slots = (slots[on] + steps) & self._mask
