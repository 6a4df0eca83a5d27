"""Single times to resolution: what makes the quantiles of few cases exact.

Buckets tell a duration within 1 %.  Where a scope has fewer than `EXACT_BELOW` cases, and the time of each is
known, the time at a rank is read from the times themselves.  They are held as counts that ascend by time:

    times    60 s   90 s   400 s        rank 3 of these 4 cases is 90 s: up to 60 s there is 1 case,
    counts      1      2       1        which is fewer than 3, and up to 90 s there are 3

A correction may take away what never came, so that a count is negative.  The time at a rank is therefore the
one after the last up to which there are fewer cases; with that, times and bins of times always agree.
"""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from stream.indicators.cells import EXACT_BELOW

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class SingleTimes(Protocol):
    """The times of the cases of some scopes."""

    def tells(self, rank: Floats) -> Flags:
        """Whether the times are known, so that `at` has the time at a rank, per scope."""

    def at(self, rank: Floats, otherwise: Floats) -> Floats:
        """The time at a rank from 1 per scope, in seconds; `otherwise` where the times are not known."""

    def of(self, chosen: Flags | slice) -> Self:
        """Only some of the scopes."""


def all_known(cases: NDArray[np.number], held: NDArray[np.number]) -> Flags:
    """Per scope whether its cases are few, and a time is held for each."""
    known: Flags = (cases > 0) & (cases < EXACT_BELOW) & (cases == held)
    return known


@dataclass(frozen=True, slots=True)
class Times:
    """Times as they are.  Those of scope i are `seconds[start[i] : stop[i]]`, ascending.

    `upto` says of each time how many cases of its scope took at most so long.  `start[i]` is -1 where
    they are not all known, or too many.
    """

    start: Ints
    stop: Ints
    seconds: Floats
    upto: Ints

    @classmethod
    def gathered(cls, row: Ints, seconds: Floats, counts: Ints, known: Flags) -> "Times":
        """From the times of some scopes, by scope and ascending; scope i is `known` or left out.

        `row` is the scope of each time, `counts` how many cases took so long.
        """
        used = known[row]
        row, seconds, counts = row[used], seconds[used], counts[used]
        stop = np.searchsorted(row, np.arange(len(known)), "right")
        start = np.searchsorted(row, np.arange(len(known)), "left")
        total = np.cumsum(counts)
        upto = total - (total - counts)[start[row]]
        return cls(np.where(known & (stop > start), start, -1), stop, seconds, upto)

    def tells(self, rank: Floats) -> Flags:
        """See `SingleTimes`."""
        told: Flags = (self.start >= 0) & (rank >= 1)
        return told

    def at(self, rank: Floats, otherwise: Floats) -> Floats:
        """See `SingleTimes`."""
        known = np.flatnonzero(self.tells(rank))
        found = otherwise.copy()
        if len(known):
            start, length = self.start[known], self.stop[known] - self.start[known]
            first = np.cumsum(length) - length
            offset = np.arange(int(length.sum())) - np.repeat(first, length)
            below = self.upto[np.repeat(start, length) + offset] < np.repeat(rank[known], length)
            place = np.maximum.reduceat(np.where(below, offset + 1, 0), first)
            found[known] = self.seconds[start + np.minimum(place, length - 1)]
        return found

    def of(self, chosen: Flags | slice) -> "Times":
        """See `SingleTimes`."""
        return Times(self.start[chosen], self.stop[chosen], self.seconds, self.upto)


@dataclass(frozen=True, slots=True)
class BinnedTimes:
    """Times by as many bins as tell apart on which side of some limits they are.

    `counts` is `(scopes, bins)`, and `seconds` stands for each bin, ascending.
    """

    counts: Floats
    seconds: Floats
    known: Flags

    def tells(self, rank: Floats) -> Flags:
        """See `SingleTimes`."""
        told: Flags = self.known & (rank >= 1)
        return told

    def at(self, rank: Floats, otherwise: Floats) -> Floats:
        """See `SingleTimes`."""
        below = np.cumsum(self.counts, axis=1) < rank[:, None]
        bins = below.shape[1]
        place = np.where(below.any(axis=1), bins - np.argmax(below[:, ::-1], axis=1), 0)
        return np.where(self.tells(rank), self.seconds[np.minimum(place, bins - 1)], otherwise)

    def of(self, chosen: Flags | slice) -> "BinnedTimes":
        """See `SingleTimes`."""
        return BinnedTimes(self.counts[chosen], self.seconds, self.known[chosen])
