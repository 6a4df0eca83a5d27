"""Coarse buckets and bins: as few as tell apart which of some limits a quantile is past.

A limit is past a quantile, or it is not, whatever the durations between two limits are.  So the thousand
buckets of time to resolution may be taken together between the limits of the rules that judge them, and the
single times of few cases may be counted by bins that end with the limits.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from stream.indicators.cells import codes_up_to
from stream.indicators.formulas import BUCKET_SECONDS, Floats, Formula, Ints
from stream.indicators.single_times import BinnedTimes, all_known
from stream.judge.windows.changes import WindowChanges
from stream.judge.windows.layout import SUMS, Layout
from stream.judge.windows.sliding import Window

AT_ONCE: Final = 256
"""Rows whose thousand buckets are looked at together: as many as the processor's cache has room for."""


def coarse(of: Formula, limits: Collection[float]) -> tuple[Formula, Ints]:
    """The formula of a quantile for coarse buckets, and which of them each bucket goes to.

    Its values are other than the true ones, but on the same side of each limit, or with it.
    """
    edges = np.unique(np.array(list(limits), np.float64))
    bucket = np.searchsorted(edges, BUCKET_SECONDS, "left")  # up to a limit, and with it, goes together
    last = np.searchsorted(bucket, np.arange(len(edges) + 1), "right") - 1
    return replace(of, seconds=BUCKET_SECONDS[np.maximum(last, 0)]), bucket


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of single times, each up to a limit and with it, and one above all.

    `upto` are the last codes of the bins, `seconds` what stands for each.
    """

    upto: Ints
    seconds: Floats

    @classmethod
    def between(cls, limits: Collection[float]) -> "Bins":
        """Those that tell some limits apart."""
        edges = np.unique(np.array(list(limits), np.float64))
        return cls(codes_up_to(np.maximum(edges, 0)), np.append(edges, edges[-1:] + 1))

    def times(self, cases: Floats, counts: Floats) -> BinnedTimes:
        """Of scopes with so many cases, and such counts by bins."""
        return BinnedTimes(counts, self.seconds, all_known(cases, counts.sum(axis=1)))


@dataclass(frozen=True)
class Projection:
    """Which of a window's columns add up to which sums.

    First come three sums, of narrow columns by `narrow`, `(columns, 3)`; then the coarse buckets, of which
    `bucket` says for each bucket to which it goes, ascending (of none if buckets are not read); then bins of
    single times up to each of the codes `upto`, and one above all; None where they are not read.
    """

    narrow: Floats
    bucket: Ints
    upto: Ints | None

    @classmethod
    def of(
        cls, layout: Layout, name: str, bucket: Ints | None = None, upto: Ints | None = None
    ) -> "Projection":
        """What the sums of a layout's formula read."""
        return cls(layout.weights(name), np.zeros(0, np.int64) if bucket is None else bucket, upto)

    @cached_property
    def coarse(self) -> int:
        """How many coarse buckets there are."""
        return int(self.bucket[-1]) + 1 if len(self.bucket) else 0

    @cached_property
    def sums(self) -> int:
        """How many sums and bins there are."""
        return SUMS + self.coarse + (0 if self.upto is None else len(self.upto) + 1)

    @cached_property
    def columns(self) -> Ints:
        """The narrow columns that are read."""
        return np.flatnonzero(self.narrow.any(axis=1))

    def reads(self, columns: Ints, width: int) -> Ints:
        """Places of the columns that are read, of a layout of so many; beyond are codes of single times."""
        read = np.zeros(width + 1, np.bool_)
        read[self.columns] = True
        read[len(self.narrow) : width] = len(self.bucket) > 0
        read[width] = self.upto is not None
        return np.flatnonzero(read[np.minimum(columns, width)])

    def moved(self, changes: WindowChanges, starts: Ints, width: int) -> Floats:
        """The sums of some changes that are read, from each of `starts` on up to the next."""
        first = len(self.narrow)
        table = np.concatenate([self.narrow, np.zeros((1, SUMS))])
        weighted = table[np.minimum(changes.columns, first)] * changes.counts[:, None]
        moved: Floats = np.add.reduceat(weighted, starts, axis=0)
        more = self.sums - SUMS
        if more:
            wide = np.flatnonzero(changes.columns >= first)
            place = np.searchsorted(starts, wide, "right") - 1
            at = place * more + self._bins(changes.columns[wide], width)
            counted = np.bincount(at, changes.counts[wide], len(starts) * more)
            moved = np.concatenate([moved, counted.reshape(-1, more)], axis=1)
        return moved

    def before(self, window: Window, rows: Ints) -> Floats:
        """The sums of some rows, as far as a window has been slid."""
        parts = [window.counts(rows, self.columns) @ self.narrow[self.columns]]
        if self.coarse:
            coarse = np.arange(self.coarse)
            first, end = np.searchsorted(self.bucket, coarse), np.searchsorted(self.bucket, coarse, "right")
            some = [rows[at : at + AT_ONCE] for at in range(0, max(len(rows), 1), AT_ONCE)]
            total = [np.add.reduceat(window.bucket_counts(each), first, 1, np.int64) for each in some]
            parts.append(np.concatenate(total) * (end > first))  # of none, there is the first that follows
        if self.upto is not None:
            parts.append(window.binned_times(rows, self.upto))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _bins(self, columns: Ints, width: int) -> Ints:
        """The places, behind the three sums, of buckets and of single times."""
        bins = np.empty(len(columns), np.int64)
        bucket = columns < width
        bins[bucket] = self.bucket[columns[bucket] - len(self.narrow)]
        if self.upto is not None:
            bins[~bucket] = self.coarse + np.searchsorted(self.upto, columns[~bucket] - width)
        return bins
