"""Tails: how many cases of each row took longer than some time, at every slot's end of a block.

A quantile is past a limit only where too few cases are within it: of 40 cases the p90 is the 36th shortest,
so it is within a limit as long as no more than 4 take longer.  To count these takes a fraction of what it
takes to tell where the quantile lies.
"""

from typing import Final

import numpy as np

from stream.indicators.cells import TTR_BUCKETS, TTR_GAMMA
from stream.indicators.formulas import BUCKET_SECONDS, Floats, Ints
from stream.judge.windows.changes import WindowChanges
from stream.judge.windows.grid import Grid
from stream.judge.windows.sliding import Window

MARGIN: Final = TTR_GAMMA**2
"""A time stands in a bucket of times that differ by a hundredth, and so may the limit: rather count more."""


def first_beyond(limit_s: float) -> int:
    """The first bucket that may hold a time beyond a limit; the last one holds whatever is longer."""
    return min(int(np.searchsorted(BUCKET_SECONDS, limit_s / MARGIN, "right")), TTR_BUCKETS - 1)


def beyond(window: Window, known: WindowChanges, grid: Grid, bucket: int) -> Floats:
    """How many cases are in the buckets from one on, `(slots, rows)`, at the ends of the grid's slots."""
    layout = window.layout
    slots, rooms = grid.touched.shape
    first = layout.narrow + bucket
    counted = np.flatnonzero((known.columns >= first) & (known.columns < layout.width))
    at: Ints = (known.slot[counted] - grid.first) * rooms + known.rows[counted]
    moved = np.bincount(at, known.counts[counted], slots * rooms).reshape(slots, rooms)
    before = window.bucket_counts(np.arange(rooms))[:, bucket:].sum(axis=1, dtype=np.int64)
    found: Floats = np.cumsum(moved, axis=0) + before
    return found
