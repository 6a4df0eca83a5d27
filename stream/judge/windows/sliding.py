"""Windows: rolling sums of cells per scope, kept up by adding what comes in and taking off what leaves.

A window is a run of slots.  A slot is one pane for short windows and several for long ones, so that a
window has about 200 slots at most; it slides by a whole slot, and is judged at the slots' ends.
Adding a pane costs as much as the pane has rows, however many scopes there are.

For example, with panes of 10 s a window of 30 minutes is 180 slots of one pane, and one of 24 hours 144 slots
of 10 minutes.  What comes in at 10:03 enters the window of 24 hours at 10:10, the end of its slot, and leaves
at 10:10 on the next day.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.open_time import NEVER, OpenSlots
from alerts.detect.row_sets import NO_ROWS
from alerts.hours import ALWAYS, OpenHours
from stream.indicators.formulas import Flags, Floats, Ints
from stream.judge.windows.held_times import HeldTimes
from stream.judge.windows.layout import Layout, Readout, summed
from stream.judge.windows.passage import Passage
from stream.judge.windows.row_sums import AskedRows, EveryRow, RowSums, summed_up
from stream.judge.windows.slot_width import slot_ms
from stream.judge.windows.slotted import Kept, Slotted, joined, kept_of
from stream.messages.tallies import NO_PANE


@dataclass(frozen=True, slots=True)
class OpenParts:
    """Which panes and which slots of a window are open."""

    panes: OpenSlots
    slots: OpenSlots

    @classmethod
    def of(cls, hours: OpenHours, pane_ms: int, slot_panes: int) -> "OpenParts":
        """By opening hours, for slots of so many panes."""
        return cls(OpenSlots(hours, pane_ms), OpenSlots(hours, slot_panes * pane_ms))


@dataclass(frozen=True, slots=True)
class WindowState:
    """The last slot that a window has reached; what is in it and what waits, of counts and single times."""

    last: int
    counts: tuple[Slotted, Slotted]
    times: tuple[Slotted, Slotted]


class Window:
    """Rolling sums over `window_ms` for the scopes of one grouping; rows are scopes, columns a layout's.

    Time is told in pane numbers.  A window may be left behind and brought up to date later: it comes out
    the same.  One with opening hours holds nothing that came outside them, and stands still while it is
    closed: what would leave it then leaves at the end of the first open slot.  `changed` marks rows whose
    sums changed and that nobody has taken since.  Of one in which only causes are looked for, sums are made
    when somebody asks.
    """

    def __init__(
        self,
        window_ms: int,
        pane_ms: int,
        layout: Layout,
        hours: OpenHours = ALWAYS,
        *,
        for_causes: bool = False,
    ) -> None:
        self.window_ms: Final = window_ms
        self.hours: Final = hours
        self.layout: Final = layout
        self.slot_panes: Final = slot_ms(window_ms, pane_ms) // pane_ms
        self.slots: Final = window_ms // (self.slot_panes * pane_ms)
        self._open: Final = OpenParts.of(hours, pane_ms, self.slot_panes) if hours.limited else None
        self._sums: Final[RowSums] = AskedRows(layout, self._summed_up) if for_causes else EveryRow(layout)
        self.changed: Flags = np.zeros(0, np.bool_)
        self._last = NO_PANE  # the last slot whose end was reached
        self._counts: Final = Passage(self.slots, gathers=self.slot_panes > 1)
        self._times: Final = HeldTimes(self.slots) if layout.times else None

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""
        if rows > len(self.changed):
            self.changed = np.pad(self.changed, (0, rows - len(self.changed)))
            self._sums.grow(rows)

    def clear(self, rows: Ints) -> None:
        """Forget rows that are about to stand for other scopes; nothing of theirs may be in the window."""
        self.changed[rows] = False

    def add(self, due: Ints, pane: Ints, places: Ints, counts: Ints) -> None:
        """Add counts, as `Layout.project` gives them; they come in at the end of pane `due`, ascending."""
        if self._open is not None:
            kept = self._open.panes.open(pane)
            pane, places, counts = pane[kept], places[kept], counts[kept]
            due = pane if kept.all() and pane is due else due[kept]
        if len(places):
            enters = self._open_slot(due // self.slot_panes)
            slot = enters if pane is due else pane // self.slot_panes
            self._counts.add(Slotted(enters, slot, places, counts))

    def add_times(self, due: Ints, pane: Ints, times: tuple[Ints, Ints, Ints]) -> None:
        """Add single times (their rows, codes and counts) likewise; nothing where no quantile is read."""
        rows, codes, counts = times
        if self._open is not None:
            kept = self._open.panes.open(pane)
            due, pane, rows, codes, counts = due[kept], pane[kept], rows[kept], codes[kept], counts[kept]
        if self._times is not None and len(rows):
            self._times.add(
                self._open_slot(due // self.slot_panes), pane // self.slot_panes, rows, codes, counts
            )

    def next_pane(self, judged: int) -> int | None:
        """The first pane after `judged` at whose end the sums change; None: never, unless something comes."""
        slots = [*self._counts.moves(), *(() if self._times is None else self._times.moves())]
        if not slots:
            return None
        slot = max(min(slots), (judged + 1) // self.slot_panes)
        if self._open is not None:
            slot = self._open.slots.next(slot)
        return None if slot == NEVER else (slot + 1) * self.slot_panes - 1

    def open_pane(self, pane: int) -> int | None:
        """The end of the first open slot at or after that of a pane; None: it never opens again."""
        slot = pane // self.slot_panes
        if self._open is not None:
            slot = self._open.slots.next(slot)
        return None if slot == NEVER else (slot + 1) * self.slot_panes - 1

    def is_open(self, pane: int) -> bool:
        """Whether the slot of a pane is open."""
        return self._open is None or self._open.slots.next(pane // self.slot_panes) == (
            pane // self.slot_panes
        )

    def leaving(self, slot: Ints) -> Ints:
        """The slots at whose ends what belongs to some slots leaves."""
        return self._open_slot(slot + self.slots)

    def adds_alone(self) -> bool:
        """Whether of what is in it, and of what waits, nothing takes away from what was counted."""
        return self._counts.adds_alone(self._last)

    def holding(self) -> Ints:
        """The rows that it still keeps something of, ascending."""
        rows: Ints = np.unique(self._counts.places() // max(self.layout.width, 1))
        return rows

    def _open_slot(self, slots: Ints) -> Ints:
        return slots if self._open is None else self._open.slots.each_next(slots)

    def _ended(self, pane: int) -> int:
        """The last slot that ended, and was open, by the end of a pane."""
        last = (pane + 1) // self.slot_panes - 1
        return last if self._open is None else self._open.slots.last(last)

    def advance(self, pane: int) -> Ints:
        """Slide to the last slot that ends by the end of `pane`; the rows whose sums changed, ascending."""
        last = self._ended(pane)
        if last <= self._last:
            return NO_ROWS
        self._last = last
        touched = np.zeros(len(self.changed), np.bool_)
        moved = []
        for come in self._come(last):
            self._counts.keep(come)
            moved.append((come.places, come.counts))
        moved += [(left.places, -left.counts) for left in self._counts.leave(last)]
        if moved:
            self._apply(moved, touched)
        if self._times is not None:
            touched[self._times.advance(last)] = True
        rows = np.flatnonzero(touched)
        self.changed[rows] = True
        return rows

    def coming(self, pane: int) -> tuple[Slotted, Slotted]:
        """What will have come in by the end of `pane`, and what will have left; much may do both.

        Counts come in at the end of slot `enters`, and leave at that of `slot` plus the window's slots.
        """
        return self._both(self._counts.coming(self._ended(pane)), pane)

    def times_coming(self, pane: int) -> tuple[Slotted, Slotted]:
        """The same of single times, whose places `held_times.rows_and_codes` tells apart."""
        last = self._ended(pane)
        return self._both(([], []) if self._times is None else self._times.coming(last), pane)

    def _both(self, coming: tuple[list[Slotted], list[Slotted]], pane: int) -> tuple[Slotted, Slotted]:
        come, left = coming
        leaves = self._ended(pane) - self.slots
        return joined(come), joined([*(each.of(each.slot <= leaves) for each in come), *left])

    def read(self, rows: Ints, *, buckets: bool = True) -> Readout:
        """The sums of all formulas in some scopes; without `buckets` not of those that want them."""
        counts = self._sums.narrow(rows)
        if not buckets:
            return self.layout.read(counts, None)
        times = None if self._times is None else self._times.of(rows, self.layout.cases(counts))
        return self.layout.read(counts, self._sums.buckets(rows), times)

    def counts(self, rows: Ints, columns: Ints | slice = slice(None)) -> Ints:
        """Counts of some rows, by narrow columns or some of them."""
        return self._sums.narrow(rows, columns)

    def bucket_counts(self, rows: Ints) -> NDArray[np.integer]:
        """Counts of some rows by buckets."""
        return self._sums.buckets(rows)

    def binned_times(self, rows: Ints, upto: Ints) -> Floats:
        """How many single times of some rows are in the bins up to the codes `upto`, and in one above all."""
        return np.zeros((len(rows), len(upto) + 1)) if self._times is None else self._times.binned(rows, upto)

    @property
    def end_pane(self) -> int:
        """The first pane after the last slot that has come in."""
        return (self._last + 1) * self.slot_panes

    @property
    def first_pane(self) -> int:
        """The first pane that the window still holds."""
        return (self._last + 1 - self.slots) * self.slot_panes

    def counts_since(self, rows: Ints, pane: int) -> Ints:
        """Counts of some rows, by narrow columns, from the slot of a pane on, as far as it has slid."""
        later = self._counts.since(pane // self.slot_panes)
        return summed_up(later, rows, self.layout.narrow, self.layout.width)

    def counts_before(self, rows: Ints, pane: int) -> Ints:
        """The same from the first slot that it holds up to before that of a pane."""
        earlier = self._counts.before(pane // self.slot_panes)
        return summed_up(earlier, rows, self.layout.narrow, self.layout.width)

    def _summed_up(self, rows: Ints) -> Ints:
        return summed_up(self._counts.inside(), rows, self.layout.width, self.layout.width)

    def entries(self) -> int:
        """Counts that are kept to be taken off again."""
        return self._counts.entries() + (0 if self._times is None else self._times.entries())

    def _come(self, last: int) -> list[Kept]:
        """What has come in by slot `last` and has not left again, each place of a slot once in its part.

        A part with nothing late is of panes of its own: where these are slots, it is kept as it is.
        """
        parts = self._counts.come(last)
        own = [self.slot_panes == 1 and part.slot is part.enters for part in parts]
        other = [part for part, alone in zip(parts, own, strict=True) if not alone]
        come = [kept_of(part) for part, alone in zip(parts, own, strict=True) if alone]
        return [*come, kept_of(self._merged(joined(other)))] if other else come

    def _merged(self, come: Slotted) -> Slotted:
        size = max(len(self.changed) * self.layout.width, 1)
        keys, counts = summed(come.slot * size + come.places, come.counts.astype(np.int64))
        slot = keys // size
        places = keys - slot * size
        return Slotted(slot, slot, *self.layout.compact(places, counts))

    def _apply(self, moved: list[tuple[Ints, Ints]], touched: Flags) -> None:
        """Add counts at some places, all at once: each part takes as long as all of them."""
        places, counts = moved[0] if len(moved) == 1 else map(np.concatenate, zip(*moved, strict=True))
        counts = counts.astype(np.int64)  # if `at` has to cast, it takes 16 times as long
        places = places.astype(np.int64)
        rows, columns = self.layout.split(places)
        touched[rows] = True
        self._sums.add(rows, columns, counts)

    def state(self) -> WindowState:
        """Everything that is kept: `load` makes the window again from it."""
        times = (joined([]), joined([])) if self._times is None else self._times.state()
        return WindowState(self._last, self._counts.state(), times)

    def load(self, state: WindowState) -> None:
        """Fill an empty window with what another one's `state` gave."""
        self._last = state.last
        inside = self._counts.load(*state.counts)
        self._apply([(inside.places, inside.counts)], np.zeros(len(self.changed), np.bool_))
        if self._times is not None:
            self._times.load(*state.times)
