"""Runs of equal rows in sorted columns, and sums by key.

For example, the keys 7, 3, 7 with counts 1, 5, 2 are two runs once they are sorted, that of 3 and that of 7;
their counts come to 5 and 3, and they stand at the place 1 and, for one, 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream.columnar.timestamps import NO_TIME, Ints


def run_starts(*columns: NDArray[Any]) -> Ints:
    """Where runs begin of rows that are equal in all columns, which are `(rows,)` each; ascending."""
    new = np.ones(len(columns[0]), np.bool_)
    for place, column in enumerate(columns):
        moved = column[1:] != column[:-1]
        new[1:] = moved if place == 0 else new[1:] | moved
    return np.flatnonzero(new)


def sums_by(key: NDArray[Any], counts: NDArray[Any]) -> tuple[Ints, NDArray[Any]]:
    """Of each key, ascending, some place where it stands, and the sum of its counts; all are `(rows,)`."""
    order = np.argsort(key)
    starts = run_starts(key[order])
    return order[starts], np.add.reduceat(counts[order], starts) if len(starts) else counts[:0]


def by_number(numbers: NDArray[np.signedinteger]) -> Ints:
    """The order of numbers from 0 on, equal ones as they stand: of 16 bits it is found without comparing."""
    narrow = numbers.astype(np.uint16) if numbers.max(initial=0) < 1 << 16 else numbers
    return np.argsort(narrow, kind="stable")


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
