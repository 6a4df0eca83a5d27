"""The combinations of values that an input tells apart, by their hashes: there may be half a million."""

from collections.abc import Mapping
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from stream.columnar.hashtable import HashTable, Keys
from stream.columnar.structured import Places, Table, at, where
from stream.intake.wall import Undo

_KNOWN: Final = np.dtype([("key", "<u8"), ("turn", "<i8")])


class KnownCombinations:
    """Each with the turn of its latest event, in the order in which they first came."""

    def __init__(self, rows: Table) -> None:
        self._table: Final = HashTable(_KNOWN, rows)

    @classmethod
    def of(cls, saved: Mapping[int, int]) -> Self:
        """`saved` has turns by hashes."""
        rows = np.empty(len(saved), _KNOWN)
        rows["key"] = np.fromiter(saved, np.uint64, len(saved))
        rows["turn"] = np.fromiter(saved.values(), np.int64, len(saved))
        return cls(rows)

    def __len__(self) -> int:
        return len(self._table)

    def saved(self) -> dict[int, int]:
        """Turns by hashes."""
        rows = self._table.rows
        return dict(zip(rows["key"].tolist(), rows["turn"].tolist(), strict=True))

    def since(self, turn: int) -> "KnownCombinations":
        """Those of which an event came in that turn or later."""
        rows = self._table.rows
        return KnownCombinations(where(rows, rows["turn"] >= turn))

    def mark(self) -> Undo:
        """Gives what puts them back to how they are now; one mark at a time, the latest."""
        return self._table.mark()

    def admitted(self, hashes: Keys, turn: int, most: int) -> NDArray[np.bool_]:
        """Of each, whether it is known or there is room for it, in this order; if so, it came in `turn`."""
        distinct, first, which = np.unique(hashes, return_index=True, return_inverse=True)
        order = np.argsort(first)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        keys = distinct[order]
        self._table.reserve(len(keys))
        found = self._table.find(keys)
        new = found.places < 0
        fresh = new & (np.cumsum(new) <= most - len(self))
        self._heard(found.places[~new], turn)
        rows = np.empty(int(fresh.sum()), _KNOWN)
        rows["key"], rows["turn"] = keys[fresh], turn
        self._table.add(rows, found, fresh)
        admitted: NDArray[np.bool_] = (fresh | ~new)[place[which]]
        return admitted

    def _heard(self, places: Places, turn: int) -> None:
        """Note that events of known ones came."""
        rows = at(self._table.rows, places)
        stale = rows["turn"] != turn
        rows["turn"] = turn
        self._table.put(places[stale], where(rows, stale))
