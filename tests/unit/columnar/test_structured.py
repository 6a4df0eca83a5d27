"""Rows: structured arrays moved as whole records."""

import numpy as np

from stream.columnar.structured import at, put, stacked, where

PAIR = np.dtype([("key", "<u8"), ("small", "<i4")])


def pairs(*keys: int) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """Rows whose `small` is ten times their key."""
    rows = np.zeros(len(keys), PAIR)
    rows["key"], rows["small"] = keys, [key * 10 for key in keys]
    return rows


def test_rows_are_gathered_filtered_stacked_and_overwritten() -> None:
    """All fields move together."""
    rows = pairs(1, 2, 3)
    assert at(rows, np.array([2, 0, -1])).tolist() == [(3, 30), (1, 10), (3, 30)]
    assert where(rows, np.array([True, False, True])).tolist() == [(1, 10), (3, 30)]
    assert stacked([rows, pairs(), pairs(4)]).tolist() == [(1, 10), (2, 20), (3, 30), (4, 40)]
    assert stacked([rows]) is rows
    put(rows, np.array([1]), pairs(9))
    assert rows.tolist() == [(1, 10), (9, 90), (3, 30)]


def test_every_other_row_can_be_stacked() -> None:
    """Views with gaps are no hindrance."""
    rows = pairs(1, 2, 3, 4)
    assert stacked([rows[::2], rows[1::2]]).tolist() == [(1, 10), (3, 30), (2, 20), (4, 40)]
