"""What the events of a pane, or of a block of panes, counted in each scope of a group."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from alerts.detect.findings import Ints
from alerts.detect.open_time import OpenSlots
from alerts.detect.row_sets import NO_ROWS
from alerts.detect.volumes.arrivals import Arrivals
from alerts.hours import OpenHours
from stream.columnar.runs import run_starts
from stream.indicators.formulas import Formula, N
from stream.indicators.levels import LevelCounts


@dataclass(frozen=True)
class PaneCounts:
    """What one pane counted in time, by row and cell; late corrections are not in it.

    Shared by all detectors of a group, so what several of them ask for is computed once.
    """

    rows: Ints
    cells: Ints
    counts: Ints

    @cached_property
    def heard(self) -> tuple[Ints, Ints]:
        """Rows with any count, ascending, and for each count the place of its row among them."""
        flags = np.zeros(int(self.rows.max(initial=-1)) + 1, np.bool_)
        flags[self.rows] = True
        rows = np.flatnonzero(flags)
        return rows, np.searchsorted(rows, self.rows)

    def by_cell(self, formula: Formula) -> tuple[Ints, Ints]:
        """The rows with any count, and their counts by the formula's cells."""
        if formula.name not in self._tables:
            rows, places = self.heard
            table = np.zeros((len(rows), len(formula.cells)), np.int64)
            columns = formula.columns[self.cells]
            kept = columns >= 0
            np.add.at(table, (places[kept], columns[kept]), self.counts[kept])
            self._tables[formula.name] = table
        return self.heard[0], self._tables[formula.name]

    @cached_property
    def _tables(self) -> dict[str, Ints]:
        return {}

    @cached_property
    def levels(self) -> dict[str, tuple[Ints, Ints, Ints]]:
        """By indicator, what `BlockCounts.by_level` has found."""
        return {}

    @cached_property
    def arrivals(self) -> dict[tuple[str, OpenHours], Arrivals | None]:
        """By indicator and hours, how much came in in a block by row; None where panes have too many rows."""
        return {}


@dataclass(frozen=True, slots=True)
class BlockCounts:
    """What the panes of a block counted in time: by pane (`due`, ascending), row and cell."""

    due: Ints
    counts: PaneCounts

    def at(self, pane: int) -> PaneCounts:
        """One pane's part."""
        start, stop = np.searchsorted(self.due, (pane, pane + 1)).tolist()
        part = slice(start, stop)
        return PaneCounts(self.counts.rows[part], self.counts.cells[part], self.counts.counts[part])

    def panes(self, formula: Formula, hours: OpenSlots) -> Ints:
        """Panes that count, with anything for a formula, ascending."""
        panes = np.unique(self.due[formula.columns[self.counts.cells] >= 0])
        return panes[hours.open(panes)]

    def by_level(self, formula: Formula, levels: LevelCounts) -> tuple[Ints, Ints, Ints]:
        """Panes, rows, and counts by level of what was answered, in time order."""
        if formula.name not in self.counts.levels:
            self.counts.levels[formula.name] = self._by_level(formula, levels)
        return self.counts.levels[formula.name]

    def volumes(self, formula: Formula) -> tuple[Ints, Ints, Ints]:
        """Panes, rows, and how many came in by the formula, where any did, in time order."""
        columns = formula.columns[self.counts.cells]
        used = columns >= 0
        due, rows = self.due[used], self.counts.rows[used]
        starts = run_starts(due, rows)
        if not len(starts):
            return NO_ROWS, NO_ROWS, NO_ROWS
        counts = np.add.reduceat(formula.weights[columns[used], N] * self.counts.counts[used], starts)
        some = counts > 0
        return due[starts][some], rows[starts][some], counts[some]

    def _by_level(self, formula: Formula, levels: LevelCounts) -> tuple[Ints, Ints, Ints]:
        columns = formula.columns[self.counts.cells]
        used = columns >= 0
        due, rows = self.due[used], self.counts.rows[used]
        starts = run_starts(due, rows)
        counts = levels.sums(columns[used], self.counts.counts[used], starts)
        some = counts.any(axis=1)
        return due[starts][some], rows[starts][some], counts[some]


def nothing() -> BlockCounts:
    """Of a block in which nothing came in."""
    return BlockCounts(NO_ROWS, PaneCounts(NO_ROWS, NO_ROWS, NO_ROWS))
