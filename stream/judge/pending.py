"""Pending: tallies that have come in and wait for their pane to be judged."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Columns of equal length, sorted by `due`.

    Each count is due at the end of pane `due`; `code` says which scope (see `memory`), `pane` where it
    belongs.
    """

    due: Ints
    code: Ints
    pane: Ints
    cell: Ints
    count: Ints

    def __len__(self) -> int:
        return len(self.due)

    def only(self, chosen: NDArray[np.bool_] | NDArray[np.intp] | slice) -> "Counts":
        """Some of the rows."""
        return Counts(
            self.due[chosen], self.code[chosen], self.pane[chosen], self.cell[chosen], self.count[chosen]
        )


@dataclass(slots=True)
class Pending:
    """Counts, in the order in which they are due."""

    _waiting: list[tuple[int, int, Counts]] = field(default_factory=list)  # a heap by first pane and serial
    _serial: int = 0

    def add(self, counts: Counts) -> None:
        """Take counts."""
        if len(counts):
            self._serial += 1
            heapq.heappush(self._waiting, (int(counts.due[0]), self._serial, counts))

    def next_pane(self) -> int | None:
        """The first pane for which something is due."""
        return self._waiting[0][0] if self._waiting else None

    def take(self, through: int) -> Counts:
        """Everything that is due by the end of pane `through`, in no order."""
        taken = []
        while self._waiting and self._waiting[0][0] <= through:
            _, _, counts = heapq.heappop(self._waiting)
            stop = int(np.searchsorted(counts.due, through, "right"))
            taken.append(counts.only(slice(stop)))
            self.add(counts.only(slice(stop, None)))
        return together(taken)

    def all(self) -> Counts:
        """Everything that waits, sorted by when it is due."""
        return joined([counts for _, _, counts in self._waiting])

    def __len__(self) -> int:
        return sum(len(counts) for _, _, counts in self._waiting)


def joined(parts: Sequence[Counts]) -> Counts:
    """Several as one, sorted."""
    counts = together(parts)
    return counts if len(parts) == 1 else counts.only(np.argsort(counts.due, kind="stable"))


def together(parts: Sequence[Counts]) -> Counts:
    """Several as one, one after the other."""
    if len(parts) == 1:
        return parts[0]
    none = np.empty(0, np.int64)
    return Counts(
        np.concatenate([none, *(part.due for part in parts)]),
        np.concatenate([none, *(part.code for part in parts)]),
        np.concatenate([none, *(part.pane for part in parts)]),
        np.concatenate([none, *(part.cell for part in parts)]),
        np.concatenate([none, *(part.count for part in parts)]),
    )
