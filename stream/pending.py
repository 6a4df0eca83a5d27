"""Pending: tallies that have come in and wait for their pane to be judged."""

import heapq
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Columns of equal length.  `code` says which scope (see `judge`), `pane` where the count belongs."""

    code: Ints
    pane: Ints
    cell: Ints
    count: Ints

    def only(self, chosen: NDArray[np.bool_] | NDArray[np.intp] | slice) -> "Counts":
        """Some of the rows."""
        return Counts(self.code[chosen], self.pane[chosen], self.cell[chosen], self.count[chosen])


@dataclass(slots=True)
class Pending:
    """Counts by the pane at whose end they are due."""

    _due: dict[int, list[Counts]] = field(default_factory=dict)
    _order: list[int] = field(default_factory=list)

    def add(self, closing: Ints, counts: Counts) -> None:
        """Take counts; `closing` says when each is due, ascending."""
        starts = [0, *(np.flatnonzero(np.diff(closing)) + 1).tolist(), len(closing)]
        for start, stop in pairwise(starts):
            pane = int(closing[start])
            if pane not in self._due:
                heapq.heappush(self._order, pane)
            self._due.setdefault(pane, []).append(counts.only(slice(start, stop)))

    def next_pane(self) -> int | None:
        """The first pane for which something is due."""
        return self._order[0] if self._order else None

    def take(self, pane: int) -> Counts | None:
        """Everything that is due at the end of `pane`, which must be the first."""
        if not self._order or self._order[0] != pane:
            return None
        heapq.heappop(self._order)
        parts = self._due.pop(pane)
        if len(parts) == 1:
            return parts[0]
        return Counts(
            np.concatenate([part.code for part in parts]),
            np.concatenate([part.pane for part in parts]),
            np.concatenate([part.cell for part in parts]),
            np.concatenate([part.count for part in parts]),
        )

    def codes(self) -> Ints:
        """The scopes that something is pending for, each once."""
        parts = [part.code for waiting in self._due.values() for part in waiting]
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.int64)

    def panes(self) -> list[int]:
        """Every pane for which something is due, ascending."""
        return sorted(self._order)

    def at(self, pane: int) -> list[Counts]:
        """What is due at the end of one pane, and stays."""
        return list(self._due.get(pane, ()))

    def __len__(self) -> int:
        return sum(len(part.code) for parts in self._due.values() for part in parts)
