"""Deduplication: the same id again within the horizon is a duplicate.

The horizon runs on the stream's own clock (its greatest event time), from when the id was first seen:
a backlog of old events that is sent twice is found out as well as a fresh one.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stream.columnar.hashtable import HashTable, Keys
from stream.columnar.structured import Table, at
from stream.columnar.timestamps import LATEST_MS, Ints
from stream.intake.wall import Undo

SEEN: Final = np.dtype([("key", "<u8"), ("seen_ms", "<i8")])


class Dedup:
    """The ids of one source, for as long as they are remembered."""

    def __init__(self, horizon_ms: int, rows: Table | None = None) -> None:
        self._horizon_ms = horizon_ms
        self._table = HashTable(SEEN, rows)

    def __len__(self) -> int:
        return len(self._table)

    @property
    def rows(self) -> NDArray[Any]:
        """What is remembered, for a snapshot."""
        return self._table.rows

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now."""
        return self._table.mark()

    def fresh(self, ids: Keys, clock_ms: Ints) -> NDArray[np.bool_]:
        """Which of the ids, hashed, in record order, are not duplicates; remembers them.

        `clock_ms` is the greatest event time up to and with each record, so it never falls.
        """
        ordered = np.sort(ids)
        if not (ordered[1:] == ordered[:-1]).any():
            return self._remember(ids, clock_ms)
        order = np.argsort(ids, kind="stable")
        lead = np.ones(len(ids), bool)
        lead[1:] = ordered[1:] != ordered[:-1]
        fresh = np.zeros(len(ids), bool)
        firsts = order[lead]
        fresh[firsts] = self._remember(ids[firsts], clock_ms[firsts])
        repeats = np.sort(order[~lead])
        fresh[repeats] = self._again(ids[repeats], clock_ms[repeats])
        return fresh

    def _remember(self, ids: Keys, clock_ms: Ints) -> NDArray[np.bool_]:
        """Distinct ids: which were not known, or no longer."""
        oldest_ms = int(clock_ms.min(initial=LATEST_MS)) - self._horizon_ms
        self._table.reserve(len(ids), lambda rows: rows["seen_ms"] >= oldest_ms)
        found = self._table.find(ids)
        known = found.places >= 0
        places, seen_ms = found.places[known], self._table.rows["seen_ms"]
        fresh = ~known
        fresh[known] = seen_ms[places] < clock_ms[known] - self._horizon_ms
        renewed = fresh[known]
        self._renew(places[renewed], clock_ms[known][renewed])
        new = np.empty(len(ids) - len(places), SEEN)
        new["key"], new["seen_ms"] = ids[~known], clock_ms[~known]
        self._table.add(new, found, ~known)
        return fresh

    def _again(self, ids: Keys, clock_ms: Ints) -> list[bool]:
        """Ids that came before in the same batch, one by one in record order: few, as a rule."""
        places = self._table.find(ids).places
        seen_ms = dict(zip(places.tolist(), self._table.rows["seen_ms"][places].tolist(), strict=True))
        fresh = []
        for place, now_ms in zip(places.tolist(), clock_ms.tolist(), strict=True):
            fresh.append(seen_ms[place] < now_ms - self._horizon_ms)
            if fresh[-1]:
                seen_ms[place] = now_ms
        self._renew(np.array(list(seen_ms), np.int64), np.array(list(seen_ms.values()), np.int64))
        return fresh

    def _renew(self, places: Ints, seen_ms: Ints) -> None:
        """Rows at some places were seen anew."""
        rows = at(self._table.rows, places)
        rows["seen_ms"] = seen_ms
        self._table.put(places, rows)
