"""Runs of equal rows in sorted columns, and sums by key.

For example, the keys 7, 3, 7 with counts 1, 5, 2 are two runs once they are sorted, that of 3 and that of 7;
their counts come to 5 and 3, and they stand at the place 1 and, for one, 0.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stream.columnar.timestamps import NO_TIME, Ints

_DIGIT: Final = 16
_FEW: Final = 1_000
"""Numbers that are compared as fast."""
_WIDEST: Final = 2**62


def run_starts(*columns: NDArray[Any]) -> Ints:
    """Where runs begin of rows that are equal in all columns, which are `(rows,)` each; ascending."""
    new = np.ones(len(columns[0]), np.bool_)
    for place, column in enumerate(columns):
        moved = column[1:] != column[:-1]
        new[1:] = moved if place == 0 else new[1:] | moved
    return np.flatnonzero(new)


def sums_by(key: NDArray[Any], counts: NDArray[Any]) -> tuple[Ints, NDArray[Any]]:
    """Of each key, ascending, some place where it stands, and the sum of its counts; all are `(rows,)`."""
    order = by_number(key)
    starts = run_starts(key[order])
    return order[starts], np.add.reduceat(counts[order], starts) if len(starts) else counts[:0]


def by_number(numbers: NDArray[np.integer]) -> Ints:
    """The order of whole numbers, equal ones as they stand.

    Digit by digit of 16 bits, the lowest first, since of narrow numbers NumPy finds the order without
    comparing: a quarter of the time of `argsort` where the 512-bit instructions for that are slow, as AMD's.
    """
    if len(numbers) < _FEW:
        return np.argsort(numbers, kind="stable")
    least, most = numbers.min(), numbers.max()
    span = int(most) - int(least)
    if span >= _WIDEST:
        return np.argsort(numbers, kind="stable")
    above = numbers.astype(np.int64) - least.astype(np.int64)
    order = np.argsort(above.astype(np.uint16), kind="stable")
    for shift in range(_DIGIT, span.bit_length(), _DIGIT):
        digit = (above >> shift).astype(np.uint16)[order]
        order = order[np.argsort(digit, kind="stable")]
    return order


def latest_before(at_ms: Ints, starts: Ints) -> Ints:
    """Of each row the greatest time of the rows before it in its run, `NO_TIME` where there is none.

    `starts` are the runs' first rows.  For example, times 5, 3, 9 of one run have none, 5 and 5 before them.
    """
    rank = np.empty(len(at_ms), np.int64)
    rank[by_time := np.argsort(at_ms, kind="stable")] = np.arange(len(at_ms))
    run = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(at_ms)))
    above_earlier_runs = run * len(at_ms) + rank
    latest = np.maximum.accumulate(above_earlier_runs)
    before: Ints = np.roll(at_ms[by_time[latest % max(len(at_ms), 1)]], 1)
    before[starts] = NO_TIME
    return before
