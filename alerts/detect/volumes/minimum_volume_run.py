"""Coasting under a quota: one row's arrivals and its quiet, number by number, as long as nothing happens.

See `arrivals`.  A row is looked at when something comes in, and at its `check_ms`: then quiet alone would be
a breach, had nothing come in since that was reckoned.  Mostly something has, and it is reckoned anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from alerts.detect.volumes.arrivals import NEVER


class QuotaStanding(NamedTuple):
    """What `minimum_volume` remembers of a row, by the names of its columns, but for `fired`.

    `events` are by slot, modulo their number, up to `slot`.
    """

    events: list[int]
    slot: int
    heard: int
    since_ms: int
    check_ms: int


@dataclass(frozen=True, slots=True)
class Quota:
    """At least `least` events in a window of slots that lies within one opening.

    `first_whole_ms` is the first slot's end from a slot's end on with which such a window ends.
    """

    least: int
    slot_ms: int
    pane_ms: int
    first_whole_ms: Callable[[int], int]


class QuotaRun:
    """One row on its way.  `fired` says that it is in breach, which only `judge` changes."""

    def __init__(self, quota: Quota, was: QuotaStanding, *, fired: bool) -> None:
        self._quota: Final = quota
        self._events, self._slot, self._heard, self._since_ms, self._check_ms = was
        self._fired = fired

    def standing(self) -> QuotaStanding:
        """Where the row is now."""
        return QuotaStanding(self._events, self._slot, self._heard, self._since_ms, self._check_ms)

    def take(self, end_ms: Sequence[int], counts: Sequence[int], through_ms: int) -> int:
        """Take arrivals at the ends of panes, and then the quiet up to `through_ms`; how many were taken.

        Stops at an arrival that would end a breach, and where `check_ms` would begin one.
        """
        for taken, (at_ms, count) in enumerate(zip(end_ms, counts, strict=True)):
            if not self._wait(at_ms - 1) or self._check_ms == at_ms or not self._arrive(at_ms, count):
                return taken
        self._wait(through_ms)
        return len(end_ms)

    def judge(self, end_ms: int, count: int) -> tuple[int, bool]:
        """Step the row at a pane's end: the events in its window, and whether that is a breach."""
        quota, was, due = self._quota, self._fired, self._check_ms <= end_ms
        self._slide((end_ms - quota.pane_ms) // quota.slot_ms)
        self._events[self._slot % len(self._events)] += count
        fresh = False
        if not self._since_ms:
            self._heard += count
            fresh = count > 0 and self._heard >= quota.least
            self._since_ms = end_ms - quota.pane_ms if fresh else 0
        within = sum(self._events)
        self._fired = within < quota.least and (was or self._is_whole(end_ms))
        if self._fired:
            self._check_ms = NEVER
        elif was or due or fresh:
            self._check_ms = self._next_check(end_ms)
        return within, self._fired

    def _arrive(self, at_ms: int, count: int) -> bool:
        """Whether an arrival could be taken; it is not where it would end a breach, or may begin one.

        It may where it makes the row known, and its pane is all of the window.
        """
        quota = self._quota
        if not self._since_ms and self._heard + count >= quota.least and self._window_ms == quota.pane_ms:
            return False
        slot = (at_ms - quota.pane_ms) // quota.slot_ms
        if self._fired and self._within(slot) + count >= quota.least:
            return False
        self._slide(slot)
        self._events[slot % len(self._events)] += count
        if not self._since_ms:
            self._meet(at_ms, count)
        return True

    def _meet(self, at_ms: int, count: int) -> None:
        """Get to know a row that has been heard of too little."""
        self._heard += count
        if self._heard >= self._quota.least:
            self._since_ms = at_ms - self._quota.pane_ms
            if not self._fired:
                self._check_ms = self._next_check(at_ms)

    def _wait(self, through_ms: int) -> bool:
        """Whether nothing that came up to a time, with nothing coming in, is a breach."""
        while self._check_ms <= through_ms:
            at_ms, quota = self._check_ms, self._quota
            slot = (at_ms - quota.pane_ms) // quota.slot_ms
            if self._within(slot) < quota.least and self._is_whole(at_ms):
                return False
            self._slide(slot)
            self._check_ms = self._next_check(at_ms)
        return True

    def _is_whole(self, at_ms: int) -> bool:
        """Whether a whole window of open time in which the row was known ends at `at_ms`."""
        quota = self._quota
        start_ms = at_ms - self._window_ms
        if at_ms % quota.slot_ms or not 0 < self._since_ms <= start_ms:
            return False
        return quota.first_whole_ms(at_ms) == at_ms

    @property
    def _window_ms(self) -> int:
        return len(self._events) * self._quota.slot_ms

    def _within(self, slot: int) -> int:
        """The events of the window whose last slot is `slot`, not before the row's own."""
        passed, slots = slot - self._slot, len(self._events)
        if passed <= 0:
            return sum(self._events)
        return sum(self._events[old % slots] for old in range(slot - slots + 1, self._slot + 1))

    def _slide(self, slot: int) -> None:
        slots = len(self._events)
        for passed in range(max(self._slot + 1, slot - slots + 1), slot + 1):
            self._events[passed % slots] = 0
        self._slot = max(self._slot, slot)

    def _next_check(self, from_ms: int) -> int:
        """When, after `from_ms`, quiet alone would leave the row short: a slot's end, in open time."""
        quota, slots = self._quota, len(self._events)
        short, total = 0, 0
        while short < slots:
            total += self._events[(self._slot - short) % slots]
            if total >= quota.least:
                break
            short += 1
        short_ms = (self._slot + 1 + slots - short) * quota.slot_ms
        known_ms = -(-(self._since_ms + self._window_ms) // quota.slot_ms) * quota.slot_ms
        next_ms = (from_ms // quota.slot_ms + 1) * quota.slot_ms
        return min(quota.first_whole_ms(max(short_ms, known_ms, next_ms)), NEVER)
