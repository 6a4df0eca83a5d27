"""How far a worker is with its input: what the broker has, what was fetched, and what is finished."""

import time
from collections import Counter
from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from stream.kafka.offsets import TP, OffsetTracker
from stream.transport.link import Positions

STALE_S: Final = 5.0
"""An answer of the broker that is older says nothing about now."""


class ShortLog(NamedTuple):
    """A log that ends before what was read of it."""

    read: int
    end: int


class InputProgress:
    """Of every partition of this worker.  `positions` says where fetching stands, None where unknown."""

    def __init__(self, slots: OffsetTracker, positions: Callable[[TP], Positions | None]) -> None:
        self._slots = slots
        self._positions = positions
        self._read: dict[TP, int] = {}
        self._short_looks: Counter[TP] = Counter()
        self._told_s: dict[TP, float] = {}

    def caught_up(self, tp: TP) -> bool:
        """Whether all that the broker had a moment ago was worked off."""
        at = self._positions(tp)
        if at is None or self._slots.in_work(tp) or not self._slots.is_open(tp):
            return False
        return at.next >= at.end and _is_fresh(at)

    def look_for_end_before(self, tp: TP, seen: int) -> ShortLog | None:
        """How short the log is, if it surely ends before `seen`, or before what was seen earlier; else None.

        What was seen earlier counts even where the state of now knows nothing of it: when a topic goes, the
        group rebalances, its commits go too, and the state may be made again from what is left.
        A broker that has just become the leader may know of a lower end for a moment, and may be gone again
        in the next.  So it takes three looks in a row that find a new answer of the broker each, and more, or
        for ever, while replicas are away (see `Replicas`).
        """
        read = self._read[tp] = max(seen, self._read.get(tp, 0))
        at = self._positions(tp)
        if at is None or not self._slots.is_open(tp) or at.end >= read:
            self._short_looks[tp] = 0
            return None
        if at.told_s != self._told_s.get(tp):
            self._told_s[tp] = at.told_s
            self._short_looks[tp] += 1
        return ShortLog(read, at.end) if at.replicas.end_is_sure(self._short_looks[tp]) else None

    def lag_records(self) -> dict[tuple[str, int], int]:
        """Records on the broker that are not finished, where that is known.

        An end that the broker told long ago may have moved: that something is left stays true, that nothing
        is left does not.
        """
        lags: dict[tuple[str, int], int] = {}
        for tp in self._slots.assigned():
            if (at := self._positions(tp)) is not None:
                reached = self._slots.reached(tp) if self._slots.in_work(tp) else at.next
                lag = max(0, at.end - (at.next if reached is None else reached))
                if lag or _is_fresh(at):
                    lags[tp] = lag
        return lags

    def behind(self, topics: Collection[str]) -> bool:
        """Whether something of these topics is left, by what the broker has just told.

        What it has not told for long may have other reasons: see `fetch_watch`.
        """
        lags = self.lag_records()
        return any(
            lags.get(tp) and (at := self._positions(tp)) is not None and _is_fresh(at)
            for tp in self._slots.assigned()
            if tp.topic in topics and self._slots.is_open(tp)
        )

    def heard_s(self) -> dict[TP, float | None]:
        """When the broker last told of each partition that is being fetched; None where it never did."""
        found = {tp: self._positions(tp) for tp in self._slots.assigned() if self._slots.has_room(tp)}
        return {tp: at and at.told_s for tp, at in found.items()}

    def held_records(self) -> dict[tuple[str, int], int]:
        """Records that an open transaction keeps from being read, where that is known."""
        at = {tp: self._positions(tp) for tp in self._slots.assigned()}
        return {tp: known.held for tp, known in at.items() if known is not None}


def _is_fresh(at: Positions) -> bool:
    return time.time() - at.told_s < STALE_S
