"""Coasting: many panes taken number by number are, to the last bit, the same as stepped in arrays."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect.scale import Scale
from alerts.detect.sudden import SuddenDetector
from alerts.detect.volumes.arrivals import ArrivalRun, Arrivals
from alerts.rules import DAY_MS, Budget, Direction, Family, Sudden

STEPS = 4
LEVELS = np.arange(STEPS + 1)
ROWS = 3
CROWD = 30

entries = st.lists(
    st.tuples(
        st.integers(0, 20_000),
        st.integers(0, ROWS - 1),
        st.lists(st.integers(0, 9), min_size=STEPS + 1, max_size=STEPS + 1).filter(any),
    ),
    min_size=1,
    max_size=80,
    unique_by=lambda entry: entry[:2],
)


def detector(rows: int = ROWS) -> SuddenDetector:
    """A mean score of 1 to 5 with a floor of 3.5."""
    scale = Scale(1, 5, Direction.LOW_IS_BAD, Family.MEAN, STEPS)
    made = SuddenDetector(Sudden(3.5, Budget(1, DAY_MS)), scale, LEVELS)
    made.grow(rows)
    return made


def stepped_up_to(
    cut: int, ordered: list[tuple[int, int, list[int]]], stepped: SuddenDetector, coasted: SuddenDetector
) -> Arrivals:
    """Step one detector through all panes, the other up to before `cut`; gives what is left for it."""
    for pane, row, counts in ordered:
        stepped.step(_end(pane), np.array([row]), np.array([counts]))
        if pane < cut:
            coasted.step(_end(pane), np.array([row]), np.array([counts]))
    late = sorted((row, pane, counts) for pane, row, counts in ordered if pane >= cut)
    return Arrivals(
        np.array([row for row, _, _ in late], np.int64),
        np.array([_end(pane) for _, pane, _ in late], np.int64),
        np.array([counts for _, _, counts in late], np.int64).reshape(-1, STEPS + 1),
    )


@settings(deadline=None, max_examples=200)
@given(entries, st.integers(0, 300))
def test_coasting_is_stepping(drawn: list[tuple[int, int, list[int]]], cut: int) -> None:
    """Whatever was stepped before; what is refused begins or ends a breach, or is maybe stale."""
    ordered = sorted(drawn)
    stepped, coasted = detector(), detector()
    arrivals = stepped_up_to(cut, ordered, stepped, coasted)
    for row in range(ROWS):
        start, stop = np.searchsorted(arrivals.rows, (row, row + 1)).tolist()
        while start < stop:
            found = coasted.coast(arrivals, [ArrivalRun(row, start, stop)], _end(10**6))
            start = found.reached[0]
            assert list(found.refused) == [start] * (start < stop)
            if start < stop:
                coasted.step(int(arrivals.end_ms[start]), np.array([row]), arrivals.counts[start : start + 1])
                start += 1
    for name, column in stepped.state().items():
        assert (column == coasted.state()[name]).all(), name


def crowd_entries(seed: int) -> list[tuple[int, int, list[int]]]:
    """Panes, rows and counts, by time: of some rows many, of others few, and some that are bad."""
    rng = np.random.default_rng(seed)
    share = rng.beta(1, 2, CROWD)
    some = np.argwhere(rng.random((60, CROWD)) < share)
    bad = rng.random(CROWD) < 0.3
    levels = [
        rng.integers(0, 4, STEPS + 1) + 5 * np.eye(STEPS + 1, dtype=int)[0 if bad[r] else -1] for _, r in some
    ]
    return [(pane, row, counts.tolist()) for (pane, row), counts in zip(some.tolist(), levels, strict=True)]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(0, 30))
def test_many_scopes_at_once_are_as_many_one_by_one(seed: int, cut: int) -> None:
    """Rank by rank, whoever stops on the way, and whoever is left when few have anything left."""
    ordered = crowd_entries(seed)
    stepped, coasted = detector(CROWD), detector(CROWD)
    arrivals = stepped_up_to(cut, ordered, stepped, coasted)
    bounds = np.searchsorted(arrivals.rows, np.arange(CROWD + 1)).tolist()
    left = [ArrivalRun(row, bounds[row], bounds[row + 1]) for row in range(CROWD)]
    while left:
        found = coasted.coast(arrivals, left, _end(10**6))
        left = [
            ArrivalRun(run.row, at, run.stop)
            for run, at in zip(left, found.reached, strict=True)
            if at < run.stop
        ]
        assert sorted(found.refused) == sorted(run.start for run in left)
        for row, start, _ in left:
            coasted.step(int(arrivals.end_ms[start]), np.array([row]), arrivals.counts[start : start + 1])
        left = [ArrivalRun(row, start + 1, stop) for row, start, stop in left if start + 1 < stop]
    for name, column in stepped.state().items():
        assert (column == coasted.state()[name]).all(), name


def test_a_long_breach_is_taken_at_once() -> None:
    """Only the alarm and its end are left to be judged pane by pane."""
    taught = detector()
    panes = [*range(30), *range(100, 160), *range(200, 300)]
    counts = [[0, 0, 0, 0, 3]] * 30 + [[3, 0, 0, 0, 0]] * 60 + [[0, 0, 0, 0, 3]] * 100
    arrivals = Arrivals(np.zeros(190, np.int64), np.array([_end(pane) for pane in panes]), np.array(counts))
    refused, start = [], 0
    while (start := taught.coast(arrivals, [ArrivalRun(0, start, 190)], _end(400)).reached[0]) < 190:
        refused.append(panes[start])
        taught.step(_end(panes[start]), np.array([0]), arrivals.counts[start : start + 1])
        start += 1
    assert len(refused) == 2
    assert 100 < refused[0] < 160 < refused[1]


def _end(pane: int) -> int:
    return (1000 + pane) * 10_000
