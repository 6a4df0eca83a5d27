"""Windows: rolling sums of cells per scope, kept up by adding what comes in and taking off what leaves.

A window is a run of slots.  A slot is one pane for short windows and several for long ones, so that a
window has about 200 slots at most; it slides by a whole slot, and is judged at the slots' ends.
Adding a pane costs as much as the pane has rows, however many scopes there are.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from stream.indicators import Floats, Formula, Ints, Sums
from stream.tally import CELL, CELLS, ttr_bucket_cells

MOST_SLOTS: Final = 200
INT32: Final = 2**31
FEW_SLOTS: Final = 48
"""A window of fewer slots would slide in jumps that people notice; rather more than `MOST_SLOTS` then."""
LADDER_MS: Final = (
    10 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS,
    HOUR_MS, 6 * HOUR_MS, DAY_MS,
)  # fmt: skip
"""Slots that people can follow: `30m` slides by 10 s, `24h` by 10 min, `7d` by 1 h."""


def slot_ms(window_ms: int, pane_ms: int) -> int:
    """Width of the slots of a window, both whole panes."""
    if window_ms <= MOST_SLOTS * pane_ms:
        return pane_ms
    for width in LADDER_MS:
        if width % pane_ms == 0 and window_ms % width == 0 and window_ms <= MOST_SLOTS * width:
            return width
    panes = window_ms // pane_ms
    widths = [width for width in range(1, panes // FEW_SLOTS + 1) if panes % width == 0]
    fine = [width for width in widths if panes // width <= MOST_SLOTS]
    return pane_ms * (fine[0] if fine else widths[-1])


class Layout:
    """Which cells a window keeps, in columns, and how formulas read them.

    Buckets of time to resolution come last, so that the other formulas read a narrow matrix.
    """

    def __init__(self, formulas: Sequence[Formula]) -> None:
        cells = sorted({int(cell) for formula in formulas for cell in formula.cells})
        buckets = ttr_bucket_cells() if any(formula.buckets for formula in formulas) else ()
        self.narrow: Final = len(cells)
        self.cells: Final = np.array([*cells, *buckets], np.int64)
        self.column_of: Final = np.full(len(CELLS), -1, np.int64)
        self.column_of[self.cells] = np.arange(len(self.cells))
        self._times: Final = CELL["ttr.sum_ms"] in cells
        self.formulas: Final[Mapping[str, Formula]] = {each.name: each for each in formulas}
        self._place: Final = {name: 3 * number for number, name in enumerate(self.formulas)}
        self._weights: Final = np.zeros((self.narrow, 3 * len(self.formulas)))
        for name, formula in self.formulas.items():
            place = self._place[name]
            self._weights[self.column_of[formula.cells], place : place + 3] = formula.weights

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.cells)

    def project(self, rows: Ints, cells: Ints, counts: Ints) -> tuple[Ints, Ints]:
        """Places (row × width + column) and counts of the cells that are kept.

        Given each row and cell once, by rows and then cells, so come the places.  They are made for
        keeping: whole numbers in half the room wherever they fit.
        """
        columns = self.column_of[cells]
        kept = columns >= 0
        return self.compact(rows[kept] * self.width + columns[kept], counts[kept])

    def compact(self, places: Ints, counts: Ints) -> tuple[Ints, Ints]:
        """The same, in half the room: windows keep millions of them.  Only sums of times do not fit."""
        if len(places) and int(places.max()) < INT32:
            places = cast("Ints", places.astype(np.int32))
        return places, counts if self._times else cast("Ints", counts.astype(np.int32))

    def read(self, counts: Ints) -> "Readout":
        """The sums of all formulas for counts of scopes by columns."""
        return Readout(self, counts, counts[:, : self.narrow].astype(np.float64) @ self._weights)

    def place(self, name: str) -> int:
        """First column of a formula's sums in a readout."""
        return self._place[name]


@dataclass(frozen=True, slots=True)
class Readout:
    """The sums of every formula of a layout, for some scopes."""

    layout: Layout
    counts: Ints
    sums: Floats

    def of(self, name: str) -> Sums:
        """What one formula reads."""
        place = self.layout.place(name)
        buckets = self.counts[:, self.layout.narrow :] if self.layout.formulas[name].buckets else None
        return Sums(self.sums[:, place : place + 3], buckets)


@dataclass(frozen=True, slots=True)
class Staged:
    """Counts that came in since the last slot ended: places and counts in one pane's slot."""

    slot: int
    places: Ints
    counts: Ints


class Window:
    """Rolling sums over `window_ms` for the scopes of one grouping; rows are scopes, columns a layout's.

    Time is told in pane numbers.  `changed` marks rows whose sums changed and that nobody has taken since.
    """

    def __init__(self, window_ms: int, pane_ms: int, layout: Layout) -> None:
        self.window_ms: Final = window_ms
        self.layout: Final = layout
        self.slot_panes: Final = slot_ms(window_ms, pane_ms) // pane_ms
        self.slots: Final = window_ms // (self.slot_panes * pane_ms)
        self.sums: Ints = np.zeros((0, layout.width), np.int64)
        self.changed: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._staged: list[Staged] = []
        self._kept: dict[int, list[Staged]] = {}
        self._order: list[int] = []

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""
        more = max(0, rows - len(self.sums))
        self.sums = np.pad(self.sums, ((0, more), (0, 0)))
        self.changed = np.pad(self.changed, (0, more))

    def clear(self, rows: Ints) -> None:
        """Forget rows that are about to stand for other scopes; nothing of theirs may be in the window."""
        self.changed[rows] = False

    def add(self, pane: int, places: Ints, counts: Ints) -> None:
        """Add counts, as `Layout.project` gives them, to a pane's slot."""
        if len(places):
            self._staged.append(Staged(pane // self.slot_panes, places, counts))

    def ends_at(self, pane: int) -> bool:
        """Whether a slot ends with the pane."""
        return (pane + 1) % self.slot_panes == 0

    def next_pane(self, judged: int) -> int | None:
        """The first pane after `judged` at whose end the sums change; None: never, unless something comes."""
        due: list[int] = []
        if self._staged:
            due.append((judged + 1) // self.slot_panes)
        if self._order:
            due.append(max(self._order[0] + self.slots, (judged + 1) // self.slot_panes))
        return (min(due) + 1) * self.slot_panes - 1 if due else None

    def advance(self, pane: int) -> Ints:
        """Slide to the end of a pane with which a slot ends; the rows whose sums changed, ascending."""
        last = pane // self.slot_panes
        touched = np.zeros(len(self.sums), np.bool_)
        for staged in self._merged(last - self.slots):
            self._keep(staged)
            self._apply(staged, 1, touched)
        while self._order and self._order[0] <= last - self.slots:
            for staged in self._kept.pop(heapq.heappop(self._order)):
                self._apply(staged, -1, touched)
        rows = np.flatnonzero(touched)
        self.changed[rows] = True
        return rows

    def read(self, rows: Ints) -> Readout:
        """The sums of all formulas in some scopes."""
        return self.layout.read(self.sums[rows])

    def entries(self) -> int:
        """Counts that are kept to be taken off again."""
        kept = sum(len(staged.places) for slot in self._kept.values() for staged in slot)
        return kept + sum(len(staged.places) for staged in self._staged)

    def _merged(self, left: int) -> list[Staged]:
        """What is staged, one for each slot after `left`, in the order of the slots."""
        staged, self._staged = self._staged, []
        by_slot: dict[int, list[Staged]] = {}
        for each in staged:
            if each.slot > left:
                by_slot.setdefault(each.slot, []).append(each)
        return [self._sum_of(by_slot[slot]) for slot in sorted(by_slot)]

    def _sum_of(self, parts: Sequence[Staged]) -> Staged:
        """All that is staged for one slot, in one piece."""
        if len(parts) == 1:
            return parts[0]
        places = np.concatenate([part.places for part in parts]).astype(np.int64)
        counts = np.concatenate([part.counts for part in parts]).astype(np.int64)
        return Staged(parts[0].slot, *self.layout.compact(*summed(places, counts)))

    def _keep(self, staged: Staged) -> None:
        if staged.slot not in self._kept:
            heapq.heappush(self._order, staged.slot)
        self._kept.setdefault(staged.slot, []).append(staged)

    def _apply(self, staged: Staged, sign: int, touched: NDArray[np.bool_]) -> None:
        self.sums.reshape(-1)[staged.places] += sign * staged.counts
        touched[staged.places // self.layout.width] = True

    def state(self) -> list[Staged]:
        """Everything in the window and everything staged, from which `load` makes it again."""
        return [staged for slot in sorted(self._kept) for staged in self._kept[slot]]

    def staged(self) -> list[Staged]:
        """What waits for its slot to end."""
        return list(self._staged)

    def load(self, kept: Sequence[Staged], staged: Sequence[Staged]) -> None:
        """Fill an empty window with what another one's `state` and `staged` gave."""
        touched = np.zeros(len(self.sums), np.bool_)
        for each in kept:
            self._keep(each)
            self._apply(each, 1, touched)
        self._staged = list(staged)


def summed(places: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """The same counts with every place once, ascending."""
    if len(places) < 2 or bool((places[1:] > places[:-1]).all()):
        return places, counts
    order = np.argsort(places, kind="stable")
    places, counts = places[order], counts[order]
    first = np.flatnonzero(np.concatenate(([True], places[1:] != places[:-1])))
    return places[first], np.add.reduceat(counts, first)
