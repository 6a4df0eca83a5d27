"""Touches: the events of customers that history must judge, and the runs that they form per key.

They wait until the pane that carries them closes, and are then taken in event-time order, so that the
order of arrival within the lateness changes nothing.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.hashtable import Keys, Table
from stream.times import NO_TIME, Ints

TOUCH: Final = np.dtype(
    [
        ("closing", "<i8"),  # the pane whose closing carries it
        ("at_ms", "<i8"),
        ("id", "<u8"),  # hash of the event id
        ("person", "<u8"),  # key of the contact history
        ("case", "<u8"),  # key of the open case: by case id, 0 without one
        ("subject", "<u8"),  # key of the open case: by customer and topic
        ("opened_ms", "<i8"),  # NO_TIME without one
        ("combo", "<i4"),
        ("kind", "<i4"),
        ("target", "<i4"),  # of a resolution: what its sender says of the target
    ]
)

# Kinds, in the order in which events of the same millisecond are taken.
CONTACT: Final = 0
HANDED_ON: Final = 1  # a contact whose outcome was a transfer
TRANSFERRED: Final = 2
RESOLVED: Final = 3
REOPENED: Final = 4
REMEMBERED: Final = 5  # stands for what a table knows of a key; comes before all its events

# What a resolution says of its target.
UNSAID: Final = 0
MET: Final = 1
MISSED: Final = 2

Mask = NDArray[np.bool_]


def in_order(touches: Table) -> Table:
    """By closing, event time, kind and id: a total order of what matters, however they arrived."""
    fields = (touches["id"], touches["kind"], touches["at_ms"], touches["closing"])
    ordered: Table = touches[np.lexsort(fields)]
    return ordered


@dataclass(frozen=True, slots=True)
class Runs:
    """Touches sorted by a key, in their order within it; `start` is the first place of each one's run."""

    touches: Table
    start: Ints

    @classmethod
    def of(cls, touches: Table, keys: Keys, known: Table) -> "Runs":
        """Runs of ordered touches; rows of `known` (distinct keys in `person`) head theirs."""
        both = np.concatenate([known, touches])
        both_keys = np.concatenate([known["person"], keys])
        order = np.argsort(both_keys, kind="stable")
        return cls(both[order], starts(both_keys[order]))

    @property
    def ends(self) -> Ints:
        """The last place of each run."""
        count = len(self.start)
        heads = np.flatnonzero(self.start == np.arange(count))
        return np.append(heads[1:], count) - 1 if count else heads

    def last_before(self, marked: Mask) -> Ints:
        """For each place the last marked place of its run that comes before it, -1 without one."""
        return self._within(_shifted(self.last_until(marked)))

    def last_until(self, marked: Mask) -> Ints:
        """For each place the last marked place of its run up to and with it, -1 without one."""
        places = np.where(marked, np.arange(len(marked)), -1)
        return self._within(np.maximum.accumulate(places))

    def latest_before(self, marked: Mask) -> Ints:
        """As `last_before`, but the one with the greatest time, which late events need not be."""
        return self._latest(marked, before=True)

    def latest_until(self, marked: Mask) -> Ints:
        """As `last_until`, but the one with the greatest time."""
        return self._latest(marked, before=False)

    def _latest(self, marked: Mask, *, before: bool) -> Ints:
        by_time = np.lexsort((self.touches["at_ms"], self.start))
        rank = np.empty_like(by_time)
        rank[by_time] = np.arange(len(by_time))
        highest = np.maximum.accumulate(np.where(marked, rank, -1))
        highest = self._within(_shifted(highest) if before else highest)
        return np.where(highest < 0, -1, by_time[highest])

    def _within(self, places: Ints) -> Ints:
        """Places of earlier runs become -1; ranks by time keep to their run's places, so they too."""
        return np.where(places >= self.start, places, -1)


def starts(keys: Keys) -> Ints:
    """For each place of a sorted column the place of the first equal key."""
    heads = np.ones(len(keys), bool)
    heads[1:] = keys[1:] != keys[:-1]
    return starts_at(heads)


def starts_at(heads: Mask) -> Ints:
    """For each place the last head up to it; the first place must be a head."""
    return np.maximum.accumulate(np.where(heads, np.arange(len(heads)), 0))


def _shifted(places: Ints) -> Ints:
    return np.concatenate([[-1], places[:-1]]) if len(places) else places


def remembered(keys: Keys, at_ms: Ints) -> Table:
    """What a table knows, as touches that head their runs."""
    rows = np.zeros(len(keys), TOUCH)
    rows["person"], rows["at_ms"], rows["kind"] = keys, at_ms, REMEMBERED
    rows["closing"], rows["opened_ms"] = NO_TIME, NO_TIME
    return rows
