"""A window's layout: which counts are kept of each scope, in which columns, and how formulas read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from stream.columnar.runs import sums_by
from stream.indicators.cells import CELL, CELLS, further_cells, ttr_bucket_cells
from stream.indicators.formulas import QUANTILE, Floats, Formula, Ints, Sums
from stream.indicators.single_times import SingleTimes

INT32: Final = 2**31
SUMS: Final = 3
"""Sums that each formula reads."""


class Layout:
    """Which cells a window keeps, in columns, and how formulas read them.

    Places of further answers have a column, though no formula reads them: notices tell of them.  Buckets of
    time to resolution come last, so that the other formulas read a narrow matrix.
    """

    def __init__(self, formulas: Sequence[Formula]) -> None:
        further = [further_cells(formula.info.configured_by) for formula in formulas]
        kept = (*(formula.cells for formula in formulas), *further)
        cells = sorted({int(cell) for some in kept for cell in some})
        buckets = ttr_bucket_cells() if any(formula.buckets for formula in formulas) else ()
        self.narrow: Final = len(cells)
        self.cells: Final = np.array([*cells, *buckets], np.int64)
        self.column_of: Final = np.full(len(CELLS), -1, np.int64)
        self.column_of[self.cells] = np.arange(len(self.cells))
        self._sums_times: Final = CELL["ttr.sum_ms"] in cells
        self.times: Final = any(formula.name in QUANTILE for formula in formulas)
        """Whether single times are read."""
        self.formulas: Final[Mapping[str, Formula]] = {each.name: each for each in formulas}
        self._place: Final = {name: SUMS * number for number, name in enumerate(self.formulas)}
        self._weights: Final = np.zeros((self.narrow, SUMS * len(self.formulas)))
        for name, formula in self.formulas.items():
            place = self._place[name]
            self._weights[self.column_of[formula.cells], place : place + SUMS] = formula.weights

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.cells)

    @property
    def buckets(self) -> int:
        """How many of them are buckets."""
        return self.width - self.narrow

    def project(self, rows: Ints, cells: Ints, counts: Ints) -> tuple[Ints, Ints, Ints]:
        """Which of the counts are kept; their places (row × width + column) and the counts themselves.

        Both are made for keeping: whole numbers in half the room wherever they fit.
        """
        columns = self.column_of[cells]
        kept = np.flatnonzero(columns >= 0)  # to choose by places takes a fifth of what it takes by flags
        return kept, *self.compact(rows[kept] * self.width + columns[kept], counts[kept])

    def split(self, places: Ints) -> tuple[Ints, Ints]:
        """The rows and the columns of places; in a quarter of the time that `divmod` takes."""
        rows = places // self.width
        return rows, places - rows * self.width

    def compact(self, places: Ints, counts: Ints) -> tuple[Ints, Ints]:
        """The same, in half the room: windows keep millions of them.  Only sums of times do not fit."""
        if len(places) and int(places.max()) < INT32:
            places = cast("Ints", places.astype(np.int32))
        return places, counts if self._sums_times else cast("Ints", counts.astype(np.int32))

    def cases(self, counts: Ints) -> Ints:
        """How many cases were resolved, for counts of scopes by narrow columns."""
        within, over = (self.column_of[CELL[name]] for name in ("ttr.within", "ttr.over"))
        return counts[:, within] + counts[:, over]

    def read(
        self, counts: Ints, buckets: NDArray[np.integer] | None, times: SingleTimes | None = None
    ) -> "Readout":
        """The sums of all formulas, for counts of scopes by narrow columns, and by buckets if they matter."""
        return Readout(self, counts.astype(np.float64) @ self._weights, buckets, times)

    def weights(self, name: str) -> Floats:
        """Of a formula's sums: narrow columns by three."""
        place = self._place[name]
        return self._weights[:, place : place + SUMS]

    @property
    def every_weight(self) -> Floats:
        """Narrow columns by the sums of all formulas, each from its `place` on."""
        return self._weights

    @property
    def sums(self) -> int:
        """How many sums all formulas have."""
        return self._weights.shape[1]

    def place(self, name: str) -> int:
        """First column of a formula's sums in a readout."""
        return self._place[name]


@dataclass(frozen=True, slots=True)
class Readout:
    """The sums of every formula of a layout, for some scopes; buckets may not have been read."""

    layout: Layout
    sums: Floats
    buckets: NDArray[np.integer] | None
    times: SingleTimes | None = None

    def of(self, name: str) -> Sums:
        """What one formula reads."""
        place = self.layout.place(name)
        buckets = self.buckets if self.layout.formulas[name].buckets else None
        return Sums(self.sums[:, place : place + SUMS], buckets, self.times if name in QUANTILE else None)


def summed(places: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """The same counts with every place once, ascending."""
    if len(places) < 2 or bool((places[1:] > places[:-1]).all()):
        return places, counts
    firsts, sums = sums_by(places, counts)
    return places[firsts], sums
