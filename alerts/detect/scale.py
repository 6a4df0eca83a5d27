"""Scales: where answers lie between the two ends of a bounded indicator, and which end is good.

An answer is a whole number of steps above the low end.  Sums of steps are exact in whatever order they are
added, so what a detector says does not depend on which scopes share its judge, or on their order.
Goodness runs from 0, the worst there is, to 1.
"""

from dataclasses import dataclass

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.intervals import PUBLISHED_CONFIDENCE, bounded_mean, normal_quantile, wilson
from alerts.rules import Direction, Family


@dataclass(frozen=True, slots=True)
class Moments:
    """Number of answers, sum of their steps and of the squares of their steps; arrays of one shape.

    Whole numbers, though kept as float64.
    """

    n: Floats
    total: Floats
    squares: Floats

    def of(self, chosen: Flags | slice) -> "Moments":
        """Only some of the entries."""
        return Moments(self.n[chosen], self.total[chosen], self.squares[chosen])


@dataclass(frozen=True, slots=True)
class Scale:
    """The ends, in the indicator's unit, `steps` apart, and the kind of a bounded indicator."""

    low: float
    high: float
    direction: Direction
    family: Family
    steps: int

    @property
    def low_is_bad(self) -> bool:
        """Whether more is better."""
        return self.direction is Direction.LOW_IS_BAD

    def goodness_of(self, value: float) -> float:
        """Goodness of a value in the indicator's unit."""
        position = (value - self.low) / (self.high - self.low)
        return position if self.low_is_bad else 1 - position

    def value_of(self, goodness: Floats) -> Floats:
        """Values in the indicator's unit of goodness."""
        position = goodness if self.low_is_bad else 1 - goodness
        value: Floats = self.low + (self.high - self.low) * position
        return value

    def goodness_at(self, steps: Ints) -> Floats:
        """Goodness of single answers."""
        position: Floats = steps / self.steps
        return position if self.low_is_bad else 1 - position

    def goodness(self, of: Moments) -> Floats:
        """Mean goodness; NaN without answers."""
        with np.errstate(divide="ignore", invalid="ignore"):
            position = of.total / (self.steps * of.n)
        return position if self.low_is_bad else 1 - position

    def variance(self, of: Moments) -> Floats:
        """Of the goodness of single answers, 0 to 1/4; NaN without answers."""
        with np.errstate(divide="ignore", invalid="ignore"):
            scattered = of.squares * of.n - of.total * of.total
            return np.maximum(scattered / (of.n * of.n * self.steps * self.steps), 0)

    def score(self, of: Moments) -> Floats:
        """The mean in the indicator's unit; NaN without answers."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.low + (self.high - self.low) * of.total / (self.steps * of.n)

    def interval(self, of: Moments, confidence: float = PUBLISHED_CONFIDENCE) -> tuple[Floats, Floats]:
        """The interval that is published with a score, in the indicator's unit; NaN without answers."""
        z = normal_quantile(confidence)
        total = of.total / self.steps
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.family is Family.SHARE:
                low, high = wilson(of.n, total, z)
            else:
                low, high = bounded_mean(of.n, total, of.squares / self.steps**2, z)
        span = self.high - self.low
        return (
            np.where(of.n > 0, self.low + span * low, np.nan),
            np.where(of.n > 0, self.low + span * high, np.nan),
        )


def powers(levels: Ints) -> Ints:
    """What `counts @ powers` wants, to give `as_moments` its columns; `levels` are in steps."""
    return np.stack([np.ones_like(levels), levels, levels * levels], axis=1)


def as_moments(columns: Ints) -> Moments:
    """From columns of answers, their steps and the squares of their steps."""
    return Moments(*columns.T.astype(np.float64))
