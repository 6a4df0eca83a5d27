"""Touches: the events of customers that history must judge, and the runs that they form per key.

They wait until the pane that carries them closes, and are then taken in event-time order, so that the
order of arrival within the lateness changes nothing.

A history joins touches with what a table knows of their keys.  Touches are sorted by key, and within a key
by the pane that closes and by time; what is known of a key is put before its touches, as one more row.  All
rows of a key then are a run, and a question such as "which contact came before this one?" is answered for
all of them at once, by an accumulated maximum that is cut off at the start of each run.  Five rows:

    place  key  kind        at     start   last CONTACT or REMEMBERED before it
    0      Ann  REMEMBERED   9 h   0       none (-1)
    1      Ann  CONTACT     11 h   0       0: two hours before, so 1 is a repeat
    2      Bob  CONTACT     10 h   2       none (-1): the contact at place 1 is not Bob's
    3      Bob  RESOLVED    12 h   2       2: so Bob's case took two hours
    4      Eve  CONTACT     10 h   4       none (-1)
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.columnar.hashtable import Keys
from stream.columnar.structured import Table, at, put
from stream.columnar.timestamps import NO_TIME, Ints

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


class TouchKind(IntEnum):
    """What a touch is.  The codes are kept in arrays and snapshots.

    Their order is that in which touches of one key and millisecond are taken: a contact that is resolved in
    the same millisecond has been made before it is resolved.
    """

    CONTACT = 0
    HANDED_ON = 1  # a contact whose outcome was a transfer
    TRANSFERRED = 2
    RESOLVED = 3
    REOPENED = 4
    REMEMBERED = 5  # stands for what a table knows of a key; heads its run, before all events
    ABANDONED = 6  # what an event is; as a touch it is a `CONTACT`, if the rules include it at all
    NO_TOUCH = 7  # history does not care


# What a resolution says of its target.
UNSAID: Final = 0
MET: Final = 1
MISSED: Final = 2

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Order:
    """The order in which touches are taken, key by key.

    `place` are their places in that order: by key, then closing, event time, kind and id, which does not
    depend on how they arrived.  `keys` are the distinct keys, ascending, and `first` where each one's run
    begins in `place`.
    """

    place: Ints
    keys: Keys
    first: Ints

    @classmethod
    def of(cls, touches: Table, keys: Keys) -> "Order":
        """The order of touches by one of their keys."""
        place = np.argsort(keys)
        ordered = keys[place]
        heads = np.ones(len(keys), bool)
        heads[1:] = ordered[1:] != ordered[:-1]
        first = np.flatnonzero(heads)
        crowd = ~(heads & np.append(heads[1:], True)) if len(keys) else heads
        rows = np.sort(place[crowd])  # runs of one need no more order: these are the others, few as a rule
        among = at(touches, rows)
        fields = [
            among[name] for name in ("id", "kind", "at_ms", "closing") if name in (among.dtype.names or ())
        ]
        place[crowd] = rows[np.lexsort((*fields, keys[rows]))]
        return cls(place, ordered[first], first)


@dataclass(frozen=True, slots=True)
class Runs:
    """Touches in order, headed by what was known of their keys; `start` is the first place of each run."""

    touches: Table
    start: Ints

    @classmethod
    def of(cls, touches: Table, order: Order, heads: Table, key: str = "person") -> "Runs":
        """Runs of touches; `heads` are for some of the keys, in the order of the keys, which `key` has."""
        if not len(heads):
            return cls(at(touches, order.place), np.repeat(order.first, _lengths(order.first, len(touches))))
        headed = np.bincount(np.searchsorted(order.keys, heads[key]), minlength=len(order.keys))
        before = np.cumsum(headed)
        lengths = _lengths(order.first, len(touches))
        both = np.empty(len(heads) + len(touches), touches.dtype)
        put(both, np.arange(len(touches)) + np.repeat(before, lengths), at(touches, order.place))
        start = order.first + before - headed
        put(both, np.repeat(start - (before - headed), headed) + np.arange(len(heads)), heads)
        return cls(both, np.repeat(start, lengths + headed))

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
        at_ms = self.touches["at_ms"]
        if not ((at_ms[1:] < at_ms[:-1]) & (self.start[1:] == self.start[:-1])).any():
            return self.last_before(marked) if before else self.last_until(marked)
        by_time = np.lexsort((at_ms, self.start))
        rank = np.empty_like(by_time)
        rank[by_time] = np.arange(len(by_time))
        highest = np.maximum.accumulate(np.where(marked, rank, -1))
        highest = self._within(_shifted(highest) if before else highest)
        return np.where(highest < 0, -1, by_time[highest])

    def _within(self, places: Ints) -> Ints:
        """Places of earlier runs become -1; ranks by time keep to their run's places, so they too."""
        return np.where(places >= self.start, places, -1)


def starts_at(heads: Mask) -> Ints:
    """For each place the last head up to it; the first place must be a head."""
    return np.maximum.accumulate(np.where(heads, np.arange(len(heads)), 0))


def _lengths(first: Ints, count: int) -> Ints:
    """How long the runs are that begin at `first`."""
    return np.diff(first, append=count)


def _shifted(places: Ints) -> Ints:
    return np.concatenate([[-1], places[:-1]]) if len(places) else places


def first_closing(touches: Table) -> int:
    """The first of the panes that close.

    What is out of memory for it is so for all that follow: that much may be forgotten before any of them.
    """
    return int(touches["closing"].min()) if len(touches) else 0


def remembered(keys: Keys, at_ms: Ints) -> Table:
    """What a table knows, as touches that head their runs."""
    rows = np.zeros(len(keys), TOUCH)
    rows["person"], rows["at_ms"], rows["kind"] = keys, at_ms, TouchKind.REMEMBERED
    rows["closing"], rows["opened_ms"] = NO_TIME, NO_TIME
    return rows
