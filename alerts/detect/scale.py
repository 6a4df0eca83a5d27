"""Scales: where answers lie between the two ends of a bounded indicator, and which end is good.

A position is 0 at the low end of the indicator and 1 at its high end; a detector that wants "more is
better" asks for goodness, which is the position or what is left of it.
"""

from dataclasses import dataclass

import numpy as np

from alerts.detect.findings import Floats
from alerts.intervals import PUBLISHED_CONFIDENCE, bounded_mean, normal_quantile, wilson
from alerts.rules import Direction, Family


@dataclass(frozen=True, slots=True)
class Scale:
    """The ends, in the indicator's unit, and the kind of a bounded indicator."""

    low: float
    high: float
    direction: Direction
    family: Family

    @property
    def low_is_bad(self) -> bool:
        """Whether more is better."""
        return self.direction is Direction.LOW_IS_BAD

    def goodness(self, value: float) -> float:
        """0 (the worst there is) to 1 of a value in the indicator's unit."""
        position = (value - self.low) / (self.high - self.low)
        return position if self.low_is_bad else 1 - position

    def good(self, positions: Floats) -> Floats:
        """Goodness of positions."""
        return positions if self.low_is_bad else 1 - positions

    def mean(self, moments: "Moments") -> Floats:
        """The score in the indicator's unit; NaN where there are no answers."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.low + (self.high - self.low) * (moments.total / moments.n)

    def interval(self, moments: "Moments") -> tuple[Floats, Floats]:
        """The interval that is published with a score, in the indicator's unit; NaN without answers."""
        z = normal_quantile(PUBLISHED_CONFIDENCE)
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.family is Family.SHARE:
                low, high = wilson(moments.n, moments.total, z)
            else:
                low, high = bounded_mean(moments.n, moments.total, moments.squares, z)
        span = self.high - self.low
        return (
            np.where(moments.n > 0, self.low + span * low, np.nan),
            np.where(moments.n > 0, self.low + span * high, np.nan),
        )


@dataclass(frozen=True, slots=True)
class Moments:
    """Number of answers, sum of their positions and of their squares; arrays of one shape."""

    n: Floats
    total: Floats
    squares: Floats


def moments(counts: Floats, positions: Floats) -> Moments:
    """Of rows × levels of counts.

    Added up level by level: a matrix product may round a row differently beside other rows, and what a
    detector says must not depend on which scopes share its judge.
    """
    n = np.zeros(len(counts))
    total = np.zeros(len(counts))
    squares = np.zeros(len(counts))
    for level, position in enumerate(positions):
        column = counts[:, level]
        n += column
        total += position * column
        squares += position * position * column
    return Moments(n, total, squares)
