"""Quantiles of windows, beside those of the same cases in a list."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.indicators.cells import CELL, EXACT_BELOW, TIME_CODES, codes_up_to, time_code, time_s
from stream.indicators.formulas import QUANTILE, Ints, formula, score
from stream.intake.history.cases import bucket
from stream.judge.windows.layout import Layout
from stream.judge.windows.sliding import Window
from tests.builders import DEFAULTS

PANE_MS = 10_000
SCOPES = 3


@dataclass(frozen=True)
class Case:
    """A resolution: its pane, its scope, how long it took, and how many panes late it is counted.

    `back`: it is taken back that many panes later.
    """

    pane: int
    scope: int
    took_ms: int
    late: int = 0
    back: int | None = None


def cases(most_ms: int = 10**10) -> st.SearchStrategy[list[Case]]:
    """Cases of some panes, of which a few are late, and a few taken back."""
    few = st.sampled_from([0, 0, 0, 2, 40])
    return st.lists(
        st.builds(
            Case, st.integers(0, 60), st.integers(0, SCOPES - 1), st.integers(0, most_ms), few,
            st.sampled_from([None, None, None, 1, 30]),
        ),
        max_size=60,
    )  # fmt: skip


def window(slots: int) -> Window:
    """One whose quantiles are read."""
    found = Window(slots * PANE_MS, PANE_MS, Layout([formula(name, DEFAULTS) for name in QUANTILE]))
    found.grow(SCOPES)
    return found


def add(to: Window, due: int, some: list[tuple[Case, int]]) -> None:
    """Count resolutions, or take them back, at the end of a pane, as an intake would have it."""
    if not some:
        return
    took = np.array([case.took_ms for case, _ in some], np.int64)
    sign = np.array([each for _, each in some], np.int64)
    pane, rows = (np.array([getattr(case, name) for case, _ in some], np.int64) for name in ("pane", "scope"))
    ends = np.full(len(some), due)
    for cells, counts in (
        (np.full(len(some), CELL["ttr.within"]), sign),
        (np.full(len(some), CELL["ttr.sum_ms"]), sign * took),
        (CELL["ttr.bucket/0"] + bucket(took), sign),
    ):
        kept, places, some_counts = to.layout.project(rows, cells, counts)
        to.add(ends[kept], pane[kept], places, some_counts)
    to.add_times(ends, pane, (rows, time_code(took), sign))


def moves(of: list[Case], pane: int) -> list[tuple[Case, int]]:
    """What is counted, and what taken back, at the end of a pane."""
    came = [(case, 1) for case in of if case.pane + case.late == pane]
    return came + [
        (case, -1) for case in of if case.back is not None and case.pane + case.late + case.back == pane
    ]


def in_window(of: list[Case], scope: int, pane: int, slots: int) -> list[int]:
    """The times of a scope's cases, ascending."""
    return sorted(
        case.took_ms
        for case in of
        if case.scope == scope
        and pane - slots < case.pane <= pane
        and case.pane + case.late <= pane
        and (case.back is None or case.pane + case.late + case.back > pane)
    )


def told_s(took_ms: int) -> float:
    """To the millisecond up to twelve days, then to the second."""
    return took_ms / 1000 if took_ms < 2**30 else 2**30 / 1000 + (took_ms - 2**30) // 1000


def assert_exact(to: Window, of: list[Case], pane: int, slots: int, same: Callable[[float], object]) -> None:
    """Every quantile of every scope is that of the list."""
    readout = to.read(np.arange(SCOPES))
    for name, share in QUANTILE.items():
        value, n = score(to.layout.formulas[name], readout.of(name))
        for scope in range(SCOPES):
            times = in_window(of, scope, pane, slots)
            assert n[scope] == len(times)
            if times:
                rank = -(-len(times) * round(share * 10) // 10)
                assert value[scope] == same(told_s(times[rank - 1]))


@settings(deadline=None, max_examples=60)
@given(cases(), st.sampled_from([1, 3, 12]), st.sets(st.integers(0, 119)), st.integers(0, 119))
def test_few_cases_have_the_quantiles_of_their_list(
    of: list[Case], slots: int, skipped: set[int], restart: int
) -> None:
    """However the window slides, over corrections that take back, and over a restart."""
    found = window(slots)
    for pane in range(120):
        add(found, pane, moves(of, pane))
        if pane == restart:
            again = window(slots)
            again.load(found.state())
            found = again
        if pane not in skipped:
            found.advance(pane)
            assert_exact(found, of, pane, slots, lambda value: value)
    found.advance(300)
    assert found.entries() == 0


def test_many_cases_have_them_within_two_percent_and_few_again_exactly() -> None:
    """From a thousand cases on buckets tell; once so many have left that fewer remain, times do again."""
    draw = np.random.default_rng(14)
    of = [
        Case(pane, scope, int(took_ms))
        for pane, count in enumerate([700, 200, 400, 1500, 80, 20, 5])
        for scope in range(SCOPES)
        for took_ms in draw.lognormal(13, 2, count)
    ]
    found = window(3)
    for pane in range(9):
        add(found, pane, moves(of, pane))
        found.advance(pane)
        few = len(in_window(of, 0, pane, 3)) < EXACT_BELOW
        assert few is (pane in {0, 1, 6, 7, 8})
        assert_exact(
            found, of, pane, 3, (lambda value: value) if few else lambda value: pytest.approx(value, rel=0.02)
        )
        assert found.entries() < 3 * SCOPES * (3 * EXACT_BELOW)


@pytest.mark.parametrize("slots", [1, 3])
def test_times_that_are_not_told_leave_buckets(slots: int) -> None:
    """Counts of a worker that does not tell times are read within a percent, and spoil nothing later."""
    found = window(slots)
    for name, count in (("ttr.within", 2), ("ttr.sum_ms", 200_000), ("ttr.bucket/233", 2)):
        _, places, counts = found.layout.project(*(np.array([each]) for each in (0, CELL[name], count)))
        found.add(np.array([0]), np.array([0]), places, counts)
    of = [Case(slots, 0, 123_456)]
    add(found, slots, moves(of, slots))
    for pane in range(slots + 1):
        found.advance(pane)
        value, _ = score(found.layout.formulas["ttr_median"], found.read(np.arange(1)).of("ttr_median"))
        assert value[0] == (123.456 if pane == slots else pytest.approx(100, rel=0.01))


@given(st.lists(st.integers(0, TIME_CODES - 1), max_size=9), st.lists(st.floats(0, 1e10), min_size=1))
def test_codes_up_to_a_time_end_with_it(codes: list[int], limits: list[float]) -> None:
    """A code is at most that of a limit if, and only if, its time is at most the limit."""
    edges = np.array([*limits, *time_s(np.array(codes, np.int64)).tolist()])
    upto = codes_up_to(edges)
    near: Ints = np.unique(np.clip(np.concatenate([upto - 1, upto, upto + 1]), 0, TIME_CODES - 1))
    for edge, last in zip(edges.tolist(), upto.tolist(), strict=True):
        assert ((near <= last) == (time_s(near) <= edge)).all()
        assert math.isfinite(edge)
