"""The passage of counts through a window: they wait for the end of their slot, are in it, and leave."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from alerts.detect.row_sets import NO_ROWS
from stream.indicators.formulas import Ints
from stream.judge.windows.slotted import Kept, KeptHeap, Slotted, gathered, joined, kept_of
from stream.messages.tallies import NO_PANE

GATHERED_FROM: Final = 2**17
"""Counts that wait up to which it is not worth summing them up: three megabytes."""


class Passage:
    """Counts of a window of so many slots.

    Places are the window's own business.  Slots are told by their numbers; of those that are asked for
    one after the other, none comes before the last.
    """

    def __init__(self, slots: int, *, gathers: bool = False) -> None:
        """With `gathers` what waits for one slot's end comes pane by pane, and is summed up now and then."""
        self._slots: Final = slots
        self._gathers: Final = gathers
        self._staged: list[Slotted] = []
        self._loose = 0  # counts that wait and have not been summed up
        self._gather_at = GATHERED_FROM
        self._kept = KeptHeap()
        self._less = 2 * NO_PANE  # the last slot with a count that takes away

    def add(self, some: Slotted) -> None:
        """Let counts wait."""
        if len(some):
            self._staged.append(some)
            self._note_less(some)
            self._loose += len(some)
            if self._gathers and self._loose > self._gather_at:
                self._gather()

    def adds_alone(self, last: int) -> bool:
        """Whether of what is in the window after slot `last`, and of what waits, nothing takes away."""
        return self._less <= last - self._slots

    def _gather(self) -> None:
        """Sum up what waits; the next time when as much more has come as is left."""
        waiting = gathered(joined(self._staged))
        self._staged, self._loose = [waiting], 0
        self._gather_at = max(GATHERED_FROM, len(waiting))

    def _note_less(self, some: Slotted) -> None:
        if some.counts.min(initial=0) < 0:
            self._less = max(self._less, int(some.slot[some.counts < 0].max()))

    def moves(self) -> Iterator[int]:
        """The slots at whose ends something comes or leaves, the first of each part."""
        yield from (int(each.enters[0]) for each in self._staged)
        if self._kept.first is not None:
            yield self._kept.first + self._slots

    def come(self, last: int) -> list[Slotted]:
        """Take what has come in by the end of slot `last`, and would not have left again by then."""
        parts, waiting = [], []
        for each in self._staged:
            stop = int(each.enters.searchsorted(last, "right"))
            if stop:
                parts.append(each if stop == len(each) else each.of(slice(stop)))
            if stop < len(each):
                waiting.append(each.of(slice(stop, None)) if stop else each)
        self._staged = waiting
        return [each.after(last - self._slots) for each in parts]

    def keep(self, come: Kept) -> None:
        """Counts are in the window."""
        self._kept.put(come)

    def leave(self, last: int) -> Iterator[Kept]:
        """Take what has left by the end of slot `last`."""
        while self._kept.first is not None and self._kept.first <= last - self._slots:
            left, kept = self._kept.take_first().split(last - self._slots)
            yield left
            self._kept.put(kept)

    def since(self, slot: int) -> list[Kept]:
        """What is in the window of a slot and later ones, in no order."""
        last = slot - 1
        later = [kept for kept in self._kept if kept.slots[-1] > last]
        return [kept if kept.slots[0] > last else kept.split(last)[1] for kept in later]

    def before(self, slot: int) -> list[Kept]:
        """What is in the window of slots before one, in no order."""
        earlier = [kept for kept in self._kept if kept.slots[0] < slot]
        return [kept if kept.slots[-1] < slot else kept.split(slot - 1)[0] for kept in earlier]

    def inside(self) -> list[Kept]:
        """All that is in the window, in no order."""
        return list(self._kept)

    def coming(self, last: int) -> tuple[list[Slotted], list[Slotted]]:
        """What will have come in by the end of slot `last`, and what of the rest will have left by then.

        Of what comes in, that which leaves by then is to be found by its slot.
        """
        come = [each.of(slice(int(np.searchsorted(each.enters, last, "right")))) for each in self._staged]
        come = [each.of(each.enters < each.slot + self._slots) for each in come]
        left = []
        for kept in self._kept.reaching(last - self._slots):
            gone, _ = kept.split(last - self._slots)
            slot = gone.slot()
            left.append(Slotted(slot, slot, gone.places, gone.counts))
        return come, left

    def places(self) -> Ints:
        """The places of all that waits and all that is in the window."""
        every = [each.places for each in self._staged] + [kept.places for kept in self._kept]
        return np.concatenate([NO_ROWS, *every])

    def entries(self) -> int:
        """How many counts are kept, to be taken off again."""
        return sum(map(len, self._staged)) + sum(map(len, self._kept))

    def state(self) -> tuple[Slotted, Slotted]:
        """What is in the window, and what waits."""
        inside = [
            Slotted(slot := kept.slot(), slot, kept.places, kept.counts) for kept in self._kept.ordered()
        ]
        return joined(inside), joined(self._staged)

    def load(self, inside: Slotted, waiting: Slotted) -> Kept:
        """Take over a state; what is in the window."""
        kept = kept_of(inside.of(np.argsort(inside.slot, kind="stable")))
        self._kept.put(kept)
        self._note_less(inside)
        self.add(waiting.of(np.argsort(waiting.enters, kind="stable")))
        return kept
