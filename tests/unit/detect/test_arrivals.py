"""Arrivals: volumes taken many panes at a time are, to the last bit, the same as stepped pane by pane."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect.volumes.arrivals import ArrivalRun, Arrivals
from alerts.detect.volumes.silence import SilenceDetector
from alerts.detect.volumes.surge import SurgeDetector
from alerts.hours import OpenHours
from alerts.rules import DAY_MS, HOUR_MS, Budget, Silence, Surge

PANE_MS = 60_000
ROWS = 3
FIRST = 20_000 * DAY_MS // PANE_MS
OFTEN = Budget(1, DAY_MS)
OFFICE = OpenHours("Asia/Kolkata", tuple((day, 480, 1080) for day in range(7)))

Detector = SilenceDetector | SurgeDetector

KINDS: dict[str, Callable[[], Detector]] = {
    "quota": lambda: SilenceDetector(Silence(Budget(2, HOUR_MS // 2), None, None), PANE_MS),
    "office": lambda: SilenceDetector(Silence(Budget(1, HOUR_MS // 4), None, None, OFFICE), PANE_MS),
    "hush": lambda: SilenceDetector(Silence(None, DAY_MS, OFTEN), PANE_MS),
    "both": lambda: SilenceDetector(Silence(Budget(2, HOUR_MS // 2), DAY_MS, OFTEN), PANE_MS),
    "seldom": lambda: SilenceDetector(Silence(Budget(1, 6 * HOUR_MS), DAY_MS, OFTEN, OFFICE), PANE_MS),
    "surge": lambda: SurgeDetector(Surge(DAY_MS, OFTEN), PANE_MS),
}

bursts = st.lists(
    st.tuples(
        st.integers(0, 3 * 1440),
        st.integers(0, ROWS - 1),
        st.integers(1, 40),
        st.sampled_from([1, 2, 5, 30]),
        st.integers(1, 6),
    ),
    min_size=1,
    max_size=12,
)
"""From a pane on, so many arrivals of a row, so many panes apart, of so many events."""


def arrivals_of(drawn: list[tuple[int, int, int, int, int]]) -> dict[tuple[int, int], int]:
    """Counts by pane and row."""
    found: dict[tuple[int, int], int] = {}
    for first, row, times, apart, count in drawn:
        for number in range(times):
            found[first + number * apart, row] = count
    return found


def stepped(detector: Detector, counts: dict[tuple[int, int], int], through: int) -> list[tuple[int, int]]:
    """Every pane that has something, or at which the detector wants to be asked; where breaches turn."""
    turns: list[Any] = []
    was = np.zeros(ROWS, np.bool_)
    by_pane: dict[int, list[tuple[int, int]]] = {}
    for (pane, row), count in sorted(counts.items()):
        by_pane.setdefault(pane, []).append((row, count))
    pane = -1
    while True:
        wake_ms = detector.wake_ms()
        asked = through + 1 if wake_ms is None else max(-(-wake_ms // PANE_MS) - 1 - FIRST, pane + 1)
        pane = min(asked, *(each for each in by_pane if each > pane), through + 1)
        if pane > through:
            return turns
        came = np.array(by_pane.get(pane, []), np.int64).reshape(-1, 2)
        detector.step(_end(pane), came[:, 0], came[:, 1])
        now = detector.fired(np.arange(ROWS))
        turns += [(pane, row) for row in np.flatnonzero(now != was).tolist()]
        was = now


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=20)
@given(bursts, st.sampled_from([None, 4 * 1440]))
def test_coasting_is_stepping(
    kind: str, drawn: list[tuple[int, int, int, int, int]], known: int | None
) -> None:
    """All that is left to be judged is where a breach begins or ends, and what is remembered is the same.

    So it is where it is `known` up to which pane all arrivals are there, and rhythms have had their lessons.
    """
    _alike(KINDS[kind], arrivals_of(drawn), 4 * 1440, known)


@st.composite
def lumps(draw: st.DrawFn) -> dict[tuple[int, int], int]:
    """Rows whose events of some hours come in a few panes every day; at last some bring more, or none."""
    found: dict[tuple[int, int], int] = {}
    for row in range(ROWS):
        for hour, panes, count in draw(
            st.lists(st.tuples(st.integers(0, 23), st.integers(1, 3), st.integers(1, 30)))
        ):
            for day in range(7):
                first = day * 1440 + hour * 60 + draw(st.integers(0, 30))
                some = count * draw(st.sampled_from([1, 1, 1, 0, 4])) if day > 4 else count
                found |= {(first + number, row): some for number in range(panes) if some}
    return found


@pytest.mark.parametrize("kind", ["hush", "both", "surge"])
@settings(deadline=None, max_examples=20)
@given(lumps(), st.sampled_from([None, 8 * 1440]))
def test_coasting_is_stepping_where_hours_come_in_lumps(
    kind: str, counts: dict[tuple[int, int], int], known: int | None
) -> None:
    """The same where events are held until their hour is over."""
    _alike(KINDS[kind], counts, 8 * 1440, known)


def _alike(
    made: Callable[[], Detector], counts: dict[tuple[int, int], int], through: int, known: int | None
) -> None:
    one, other = made(), made()
    one.grow(ROWS)
    other.grow(ROWS)
    turns = stepped(one, counts, through)
    assert set(turns) <= _coasted(other, _arrivals(counts, known), through)
    for detector in (one, other):  # what has left a window may be forgotten sooner or later
        detector.step(_end(through + 1), np.arange(ROWS), np.zeros(ROWS, np.int64))
    for name, column in one.state().items():
        assert (column == other.state()[name]).all(), name


def _arrivals(counts: dict[tuple[int, int], int], through: int | None) -> Arrivals:
    """What comes in, which is all up to a pane, if one is given."""
    order = sorted(counts, key=lambda each: each[::-1])
    return Arrivals(
        np.array([row for _, row in order], np.int64),
        np.array([_end(pane) for pane, _ in order], np.int64),
        np.array([counts[each] for each in order], np.int64),
        0 if through is None else _end(through),
    )


def _coasted(detector: Detector, arrivals: Arrivals, through: int) -> set[tuple[int, int]]:
    """The panes and rows that had to be stepped."""
    at = {row: int(np.searchsorted(arrivals.rows, row)) for row in range(ROWS)}
    end = {row: int(np.searchsorted(arrivals.rows, row, "right")) for row in range(ROWS)}
    stops: dict[int, int] = {}
    judged: set[tuple[int, int]] = set()
    while True:
        free = [row for row in range(ROWS) if row not in stops]
        last_ms = min([_end(through), *(int(arrivals.end_ms[at[row]]) - PANE_MS for row in stops)])
        runs = [ArrivalRun(row, at[row], end[row]) for row in free]
        found = detector.coast(arrivals, runs, last_ms)
        at |= dict(zip(free, found.reached, strict=True))
        stops |= {int(arrivals.rows[place]): place for place in found.refused}
        check_ms = detector.check_ms()
        dues = [int(arrivals.end_ms[place]) for place in stops.values()]
        next_ms = min([*dues, *([] if check_ms is None else [check_ms])], default=None)
        if next_ms is None or next_ms > _end(through):
            return judged
        due = detector.due(next_ms).tolist()
        asked = {*due, *(row for row, place in stops.items() if arrivals.end_ms[place] == next_ms)}
        judged |= {(next_ms // PANE_MS - 1 - FIRST, row) for row in asked}
        rows = [row for row in sorted(asked) if at[row] < end[row] and arrivals.end_ms[at[row]] == next_ms]
        detector.step(next_ms, np.array(rows, np.int64), arrivals.counts[[at[row] for row in rows]])
        for row in rows:
            at[row] += 1
        stops = {row: place for row, place in stops.items() if row not in asked}


def test_rules_of_one_rhythm_have_their_lessons_together() -> None:
    """A surge and a silence rule that heard the same learn it once; one that was added later by itself."""
    arrivals = _arrivals({(pane, pane % 2): 1 for pane in range(0, 4320, 5)}, 4320)
    made = [KINDS[kind]() for kind in ("hush", "surge", "surge")]
    for detector in made:
        detector.grow(ROWS)
    made[2].step(_end(-2000), np.array([2]), np.array([4]))
    known = []
    for detector in made:
        _coasted(detector, arrivals, 4320)
        known.append(len(arrivals.lessons))
    assert known == [1, 1, 2]


def test_breaches_do_begin_and_end() -> None:
    """The rules of these tests do fire on such arrivals."""
    busy = {(pane, 0): 3 for pane in range(0, 4320, 5)}
    gone = {each: count for each, count in busy.items() if not 3000 < each[0] < 3400}
    more = busy | {(pane, 0): 90 for pane in range(3600, 3700)}
    for kind, made in KINDS.items():
        detector = made()
        detector.grow(ROWS)
        assert len(stepped(detector, more if kind == "surge" else gone, 4320)) >= 2, kind


def _end(pane: int) -> int:
    return (FIRST + pane + 1) * PANE_MS
