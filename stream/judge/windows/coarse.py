"""Coarse buckets and bins: as few as tell apart which of some limits a quantile is past.

A limit is past a quantile, or it is not, whatever the durations between two limits are.  So the thousand
buckets of time to resolution may be taken together between the limits of the rules that judge them, and the
single times of few cases may be counted by bins that end with the limits.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from stream.indicators.cells import codes_up_to
from stream.indicators.formulas import BUCKET_SECONDS, Floats, Formula, Ints
from stream.indicators.single_times import BinnedTimes, all_known
from stream.judge.windows.layout import Layout


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


def weights(layout: Layout, of: Formula, bucket: Ints | None) -> Floats:
    """A layout's columns by the sums of a formula, and by its coarse buckets if it has some."""
    narrow = layout.weights(of.name)
    table = np.zeros((layout.width, narrow.shape[1] + (0 if bucket is None else len(of.seconds))))
    table[: layout.narrow, : narrow.shape[1]] = narrow
    if bucket is not None:
        table[layout.narrow + np.arange(len(bucket)), narrow.shape[1] + bucket] = 1
    return table
