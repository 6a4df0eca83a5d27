"""What windows keep: counts by slot, those that wait and those that are in."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.row_sets import NO_ROWS
from stream.columnar.runs import run_starts
from stream.indicators.formulas import Flags, Ints


@dataclass(frozen=True, slots=True)
class Slotted:
    """Counts that wait: they come in at the end of slot `enters`, ascending, and belong to `slot`.

    The two differ for late corrections.
    """

    enters: Ints
    slot: Ints
    places: Ints
    counts: Ints

    def __len__(self) -> int:
        return len(self.places)

    def of(self, part: slice | Flags | NDArray[np.intp]) -> "Slotted":
        """Some of the counts."""
        enters = self.enters[part]
        slot = enters if self.slot is self.enters else self.slot[part]
        return Slotted(enters, slot, self.places[part], self.counts[part])

    def after(self, slot: int) -> "Slotted":
        """The counts of later slots."""
        later = self.slot > slot
        return self if later.all() else self.of(later)


@dataclass(frozen=True, slots=True)
class Kept:
    """Counts in a window, slot by slot: those of `slots[i]`, ascending, stand before place `ends[i]`."""

    slots: Ints
    ends: Ints
    places: Ints
    counts: Ints

    def __len__(self) -> int:
        return len(self.places)

    def split(self, last: int) -> tuple["Kept", "Kept"]:
        """The counts of slots up to `last`, and the others."""
        place = int(self.slots.searchsorted(last, "right"))
        if place == len(self.slots):
            return self, NOTHING
        stop = int(self.ends[place - 1]) if place else 0
        left = Kept(self.slots[:place], self.ends[:place], self.places[:stop], self.counts[:stop])
        ends = self.ends[place:] - stop
        return left, Kept(self.slots[place:], ends, self.places[stop:], self.counts[stop:])

    def slot(self) -> Ints:
        """The slot of each count."""
        return np.repeat(self.slots, np.diff(self.ends, prepend=0))


NOTHING: Final = Kept(NO_ROWS, NO_ROWS, NO_ROWS, NO_ROWS)


def kept_of(come: Slotted) -> Kept:
    """Counts that are sorted by slot."""
    if len(come) and come.slot[0] == come.slot[-1]:  # as ever when panes come one by one
        return Kept(come.slot[:1], np.array([len(come)]), come.places, come.counts)
    if not len(come):
        return NOTHING
    turns = (come.slot[1:] != come.slot[:-1]).nonzero()[0] + 1
    ends = np.concatenate([turns, [len(come)]])
    return Kept(come.slot[ends - 1], ends, come.places, come.counts)


def joined(parts: Sequence[Slotted]) -> Slotted:
    """Several as one, in their order."""
    if len(parts) == 1:
        return parts[0]
    enters = np.concatenate([NO_ROWS, *(part.enters for part in parts)])
    return Slotted(
        enters,
        np.concatenate([NO_ROWS, *(part.slot for part in parts)]),
        np.concatenate([NO_ROWS, *(part.places for part in parts)]),
        np.concatenate([NO_ROWS, *(part.counts for part in parts)]),
    )


def gathered(some: Slotted) -> Slotted:
    """The same counts, by the slots at whose ends they come in, and each place of a slot once."""
    ordered = some.of(np.lexsort((some.places, some.slot, some.enters)))
    starts = run_starts(ordered.places, ordered.slot, ordered.enters)
    counts = np.add.reduceat(ordered.counts, starts)
    enters, slot = ordered.enters[starts], ordered.slot[starts]
    return Slotted(enters, enters if (enters == slot).all() else slot, ordered.places[starts], counts)


class KeptHeap:
    """What is in a window, in parts; the part with the earliest slot comes first, the older of two equals."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, int, Kept]] = []  # a heap by first slot and serial number
        self._serial = 0

    def __iter__(self) -> Iterator[Kept]:
        """Every part, in no order."""
        return (kept for _, _, kept in self._parts)

    @property
    def first(self) -> int | None:
        """The earliest slot of all; None where nothing is kept."""
        return self._parts[0][0] if self._parts else None

    def put(self, kept: Kept) -> None:
        """Keep a part, if there is anything in it."""
        if len(kept):
            self._serial += 1
            heapq.heappush(self._parts, (int(kept.slots[0]), self._serial, kept))

    def take_first(self) -> Kept:
        """Take out the part with the earliest slot."""
        return heapq.heappop(self._parts)[2]

    def reaching(self, slot: int) -> list[Kept]:
        """The parts with something of a slot up to `slot`."""
        return [kept for first, _, kept in self._parts if first <= slot]

    def ordered(self) -> list[Kept]:
        """Every part, as they would be taken out."""
        return [kept for _, _, kept in sorted(self._parts, key=lambda each: each[:2])]
