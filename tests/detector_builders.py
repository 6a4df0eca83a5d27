"""Builders for detectors: scales, streams of answers, and a row of panes through one detector."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from alerts.detect.findings import Findings, Ints
from alerts.detect.scale import Moments, Scale, as_moments, powers
from alerts.rules import Direction, Family

STEPS = 180
SHARE = Scale(0, 100, Direction.LOW_IS_BAD, Family.SHARE, STEPS)
SHARE_HIGH_IS_BAD = Scale(0, 100, Direction.HIGH_IS_BAD, Family.SHARE, STEPS)
NPS = Scale(-100, 100, Direction.LOW_IS_BAD, Family.BALANCE, STEPS)
TEN = Scale(0, 10, Direction.LOW_IS_BAD, Family.MEAN, STEPS)
FIVE = Scale(1, 5, Direction.LOW_IS_BAD, Family.MEAN, STEPS)
YES_NO = np.array([0, STEPS])


def even_levels(count: int) -> Ints:
    """Levels at even distances from the low end to the high one."""
    return np.linspace(0, STEPS, count).astype(np.int64)


def moments_of(counts: Sequence[Sequence[int]], levels: Ints = YES_NO) -> Moments:
    """Sums of some rows of counts by level."""
    return as_moments(np.array(counts, np.int64) @ powers(levels))


class Steps(Protocol):
    """A detector that is stepped pane by pane."""

    def wake_ms(self) -> int | None:
        """When it must be stepped without data."""
        ...

    def step(self, end_ms: int, rows: Ints, counts: Ints) -> Findings:
        """One pane."""
        ...


def drive(detector: Steps, panes: Iterable[tuple[int, Ints, Ints]]) -> list[Findings]:
    """Step through panes (end, rows, counts), waking the detector in between as the judge does."""
    found, none = [], np.empty(0, np.int64)
    for end_ms, rows, counts in panes:
        while (wake_ms := detector.wake_ms()) is not None and wake_ms < end_ms:
            found.append(detector.step(wake_ms, none, none))
        found.append(detector.step(end_ms, rows, counts))
    return found


def alike(one: dict[str, NDArray[Any]], other: dict[str, NDArray[Any]]) -> bool:
    """Whether two snapshots hold the same to the last bit."""
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)
