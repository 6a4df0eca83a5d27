"""Recent firings: how often the alerts of a board have begun to fire within a day."""

from bisect import bisect_right
from collections.abc import Collection

from alerts.episodes import Cell
from alerts.rules import DAY_MS

MOST_FIRINGS = 100
"""Firings of one cell within a day that are told apart; beyond that "100th time" is said again."""


class RecentFirings:
    """When episodes of the last day began to fire, by cell, ascending."""

    def __init__(self) -> None:
        self.when: dict[Cell, list[int]] = {}

    def note(self, cell: Cell, at_ms: int) -> None:
        """An episode of a cell begins to fire."""
        self.when[cell] = [*self._recent(cell, at_ms), at_ms][-MOST_FIRINGS:]

    def times(self, cell: Cell, at_ms: int) -> int:
        """How many episodes of a cell have fired in the 24 hours up to now, at least the one that is told."""
        return max(len(self._recent(cell, at_ms)), 1)

    def rows(self, now_ms: int) -> list[int]:
        """Row numbers whose firings the next one still has to count."""
        return [row for (row, _), when in self.when.items() if when[-1] > now_ms - DAY_MS]

    def forget(self, rows: Collection[int]) -> None:
        """Forget rows that are about to stand for other scopes."""
        if self.when:
            gone = set(rows)
            self.when = {cell: when for cell, when in self.when.items() if cell[0] not in gone}

    def _recent(self, cell: Cell, at_ms: int) -> list[int]:
        known = self.when.get(cell, [])
        return known[bisect_right(known, at_ms - DAY_MS) :]
