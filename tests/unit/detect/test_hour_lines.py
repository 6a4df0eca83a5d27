"""Lines of hours hold what was added, however large, however many rows, and across snapshots of any width."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.detect.hour_lines import HourLines
from alerts.detect.hourly_past import KEPT_HOURS, HourlyPast
from alerts.rules import HOUR_MS

NUMBERS = st.integers(-3, 3) | st.sampled_from([32_767, -32_768, 2**31 - 1, -(2**31), 2**40])
ADDED = st.tuples(st.integers(0, 60), st.dictionaries(st.integers(0, 40), NUMBERS, min_size=1, max_size=5))


@given(st.lists(ADDED, max_size=30), st.sampled_from([0, 7, KEPT_HOURS // 8, KEPT_HOURS]))
def test_the_past_is_the_sum_of_what_came(added: list[tuple[int, dict[int, int]]], apart: int) -> None:
    """Hours of which nothing came are empty, also where six weeks ago something was."""
    past, hour = HourlyPast(), 0
    expected: defaultdict[tuple[int, int], int] = defaultdict(int)
    for gap, came in added:
        hour += gap if gap < 50 else apart
        rows = np.array([*came, *came])  # each twice
        past.grow(max(came) + 1)
        past.add(
            np.full(len(rows), (hour + 1) * HOUR_MS),
            rows,
            np.array([*came.values()] * 2)[:, None] + [0, 1, 2],
        )
        for row, number in came.items():
            expected[row, hour] += 2 * number
    copy = HourlyPast()
    copy.grow(1)
    copy.load(
        {name: array.astype(np.int64) for name, array in past.state().items()}
    )  # as it was written once
    for row in {row for row, _ in expected}:
        last = max(hour for of, hour in expected if of == row)
        hours = np.arange(last - KEPT_HOURS + 1, last + 1)
        wanted = [expected.get((row, hour), 0) for hour in hours.tolist()]
        rows, within = np.full(KEPT_HOURS, row), np.ones((KEPT_HOURS, 1), np.bool_)
        for of in (past, copy):
            assert of.sums(rows, hours[:, None], within)[0].tolist() == wanted


@pytest.mark.parametrize("most", [32_760, 32_768, 2**31, 2**62])
def test_a_number_is_as_wide_as_it_must_be(most: int) -> None:
    """Also one that grows by small steps, beside others that were there before."""
    lines = HourLines(3)
    rows = np.array([0, 2])
    lines.add(1, rows, np.array([most - 1, 5]), most - 1)
    lines.add(1, rows, np.array([1, -7]), 7)
    assert lines.by_row(3).tolist() == [[0, most, 0], [0, 0, 0], [0, -2, 0]]
    assert lines.by_row(3).dtype.itemsize == (2 if most < 2**15 else 4 if most < 2**31 else 8)


def test_lines_that_nobody_wrote_take_no_memory() -> None:
    """A cleared row and an emptied hour are zeros, and so is what was never there."""
    lines = HourLines(4)
    lines.grow(100)
    lines.add(2, np.arange(100), np.arange(100), 99)
    lines.clear(np.array([7]))
    lines.empty(np.array([1, 2]), np.array([8, 9]))
    found = lines.by_row(11)
    assert found[:, 2].tolist() == [0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 10]
    assert not found[:, [0, 1, 3]].any()


def test_what_is_added_to_a_snapshot_still_fits() -> None:
    """Also in the line that was added to last before it was taken over."""
    lines = HourLines(1)
    lines.add(0, np.array([0]), np.array([1]), 1)
    lines.load(np.array([[32_767]]))
    lines.add(0, np.array([0]), np.array([1]), 1)
    assert lines.by_row(1).tolist() == [[32_768]]
