"""Single times to resolution in a window: its quantiles are exact while a scope has few cases.

A place is a scope's row and the code of a time.  The times of a scope that has many cases in one slot are
let go, as there is no window with that slot in which it has few.  So a scope holds at most `EXACT_BELOW`
times for every slot of the window, however much comes in.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from stream.columnar.runs import by_number, run_starts
from stream.indicators.cells import EXACT_BELOW, time_s
from stream.indicators.formulas import Floats, Ints
from stream.indicators.single_times import Times, all_known
from stream.judge.windows.passage import Passage
from stream.judge.windows.slotted import Kept, Slotted, joined, kept_of

CODE_BITS: Final = 31
CODE_MASK: Final = (1 << CODE_BITS) - 1
UNSORTED: Final = 65_536
"""Changes that may wait to be sorted in, beside as many as there are times."""


def rows_and_codes(places: Ints) -> tuple[Ints, Ints]:
    """The rows that places belong to, and the codes of their times."""
    return places >> CODE_BITS, places & CODE_MASK


def places_of(rows: Ints, codes: Ints) -> Ints:
    """The places of some times."""
    places: Ints = (rows << CODE_BITS) | codes
    return places


class HeldTimes:
    """The single times of the scopes of one window."""

    def __init__(self, slots: int) -> None:
        self._passage: Final = Passage(slots)
        self._places: Ints = np.empty(0, np.int64)  # of what is in the window, ascending
        self._counts: Ints = np.empty(0, np.int64)
        self._changes: list[tuple[Ints, Ints]] = []  # not yet sorted in
        self._unsorted = 0

    def add(self, enters: Ints, slot: Ints, rows: Ints, codes: Ints, counts: Ints) -> None:
        """Let times wait; see `Slotted`."""
        self._passage.add(Slotted(enters, slot, places_of(rows, codes), counts))

    def moves(self) -> list[int]:
        """See `Passage.moves`."""
        return list(self._passage.moves())

    def advance(self, last: int) -> Ints:
        """Slide to the end of a slot; the rows of which a time came or left."""
        touched = []
        parts = self._passage.come(last)
        if parts:
            come = _few(joined(parts))
            come = come.of(np.lexsort((come.places, come.slot)))
            kept = kept_of(Slotted(come.slot, come.slot, come.places, come.counts))
            self._passage.keep(kept)
            touched.append(self._note(kept, 1))
        touched += [self._note(left, -1) for left in self._passage.leave(last)]
        if self._unsorted > UNSORTED + len(self._places):
            self._sort()
        return np.concatenate([np.empty(0, np.int64), *touched])

    def of(self, rows: Ints, cases: Ints) -> Times:
        """The times of some rows, which have so many cases."""
        self._sort()
        few = np.flatnonzero((cases > 0) & (cases < EXACT_BELOW))
        start = np.searchsorted(self._places, rows[few] << CODE_BITS)
        stop = np.searchsorted(self._places, (rows[few] + 1) << CODE_BITS)
        length = stop - start
        place = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length - start, length)
        row, counts = np.repeat(few, length), self._counts[place]
        held = np.bincount(row, counts, len(rows))
        return Times.gathered(row, time_s(self._places[place] & CODE_MASK), counts, all_known(cases, held))

    def binned(self, rows: Ints, upto: Ints) -> Floats:
        """How many times of some rows are in each of some bins: up to each code of `upto`, and above all."""
        self._sort()
        total = np.concatenate([[0], np.cumsum(self._counts)])
        ends = np.concatenate(
            [(rows[:, None] << CODE_BITS) + upto + 1, (rows[:, None] + 1) << CODE_BITS], axis=1
        )
        before = np.searchsorted(self._places, rows << CODE_BITS)[:, None]
        edges = np.concatenate([before, np.searchsorted(self._places, ends)], axis=1)
        binned: Floats = np.diff(total[edges], axis=1).astype(np.float64)
        return binned

    def coming(self, last: int) -> tuple[list[Slotted], list[Slotted]]:
        """See `Passage.coming`; what is let go does not come."""
        come, left = self._passage.coming(last)
        return [_few(joined(come))] if come else [], left

    def entries(self) -> int:
        """How many times are kept, to be taken off again."""
        return self._passage.entries()

    def state(self) -> tuple[Slotted, Slotted]:
        """What is in the window, and what waits."""
        return self._passage.state()

    def load(self, inside: Slotted, waiting: Slotted) -> None:
        """Take over a state."""
        self._note(self._passage.load(inside, waiting), 1)

    def _note(self, some: Kept, sign: int) -> Ints:
        self._changes.append((some.places, sign * some.counts))
        self._unsorted += len(some)
        return some.places >> CODE_BITS

    def _sort(self) -> None:
        """Add what has changed to what is in the window."""
        if not self._changes:
            return
        self._places, self._counts = _added([(self._places, self._counts), *self._changes])
        self._changes.clear()
        self._unsorted = 0


def _added(parts: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """Places, each once and ascending, and the sums of their counts; none of zero."""
    places = np.concatenate([each for each, _ in parts])
    order = np.argsort(places, kind="stable")  # as long runs of them are in order
    places, counts = places[order], np.concatenate([each for _, each in parts])[order]
    starts = run_starts(places)
    if not len(starts):
        return places, counts
    sums = np.add.reduceat(counts, starts)
    some = sums != 0
    return places[starts[some]], sums[some]


def _few(come: Slotted) -> Slotted:
    """All times but those of a scope and slot with many that come in together; they come by `enters`.

    Slots that have ended are complete, so that it does not matter at which of them somebody looks.
    """
    if len(come) < EXACT_BELOW:
        return come
    slots, rows = come.slot - int(come.slot.min()), come.places >> CODE_BITS
    key = ((come.enters - come.enters[0]) * (int(slots.max()) + 1) + slots) * (int(rows.max()) + 1) + rows
    order = by_number(key)
    starts = run_starts(key[order])
    cases = np.abs(np.add.reduceat(come.counts[order], starts))
    few = np.empty(len(come), np.bool_)
    few[order] = np.repeat(cases < EXACT_BELOW, np.diff(starts, append=len(come)))
    return come if few.all() else come.of(few)
