"""How sure a score is: two-sided confidence intervals, vectorised over scopes.

Every function takes float arrays with n ≥ 1 and a normal quantile `z` (0: no doubt wanted, so the interval
shrinks to the score itself), and returns (low, high) in the unit of what it was given.
"""

from functools import cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Interval = tuple[Floats, Floats]

PUBLISHED_CONFIDENCE: Final = 0.95
"""Of the intervals that are published where no rule asks for another."""


@cache
def normal_quantile(confidence: float) -> float:
    """The z that a standard normal stays within, ±z, with the given probability, 0 ≤ confidence < 1."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(n: Floats, successes: Floats, z: float) -> Interval:
    """Of a share in 0..1 (Wilson 1927): keeps its promise at small n and at the ends."""
    share = successes / n
    shrunk = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / shrunk
    reach = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / shrunk
    return np.minimum(np.maximum(centre - reach, 0), share), np.maximum(np.minimum(centre + reach, 1), share)


def bounded_mean(n: Floats, total: Floats, squares: Floats, z: float) -> Interval:
    """Of the mean of answers in 0..1, given their sum and the sum of their squares.

    Agresti and Coull's idea (1998) beyond shares: z² answers are imagined, half of them 0 and half 1, and
    the normal interval of the whole is taken.  For answers that are all 0 or 1 it is theirs; it always
    contains the mean; few answers that happen to agree do not make it narrow.
    """
    weight = n + z * z
    centre = (total + z * z / 2) / weight
    spread = np.maximum((squares + z * z / 2) / weight - centre * centre, 0)
    reach = z * np.sqrt(spread / weight)
    mean = total / n
    return np.minimum(np.maximum(centre - reach, 0), mean), np.maximum(np.minimum(centre + reach, 1), mean)


def positive_mean(n: Floats, mean: Floats, squares: Floats, z: float) -> Interval:
    """Of the mean of positive quantities such as durations, given the sum of their squares.

    The sample mean of skewed positive values is close to gamma distributed; its shape follows from the
    spread, and the gamma's quantiles from Wilson and Hilferty (1931).  One value says nothing: 0 to ∞.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.maximum(squares / n - mean * mean, 0) * n / (n - 1)
        shape = mean * mean * n / variance
        low = mean / (1 - 1 / (9 * shape) + z / (3 * np.sqrt(shape))) ** 3
        root = 1 - 1 / (9 * shape) - z / (3 * np.sqrt(shape))
        high = np.where(root > 0, mean / root**3, np.inf)
    certain = (variance == 0) | (z == 0)
    low = np.where(certain, mean, np.where(n > 1, low, 0))
    high = np.where(certain, mean, np.where(n > 1, high, np.inf))
    alone = (n <= 1) & (z > 0)
    low, high = np.where(alone, 0, low), np.where(alone, np.inf, high)
    return np.minimum(low, mean), np.maximum(high, mean)


def quantile_ranks(n: Floats, quantile: float, z: float) -> Interval:
    """Ranks (from 1) of the order statistics that enclose a quantile; 0 and n + 1 where none does."""
    reach = z * np.sqrt(n * quantile * (1 - quantile))
    middle = np.maximum(np.ceil(n * quantile), 1)
    low = np.minimum(np.floor(n * quantile - reach), middle) if z else middle
    high = np.maximum(np.ceil(n * quantile + reach) + 1, middle) if z else middle
    return np.maximum(low, 0), np.minimum(high, n + 1)


def poisson(count: Floats, z: float) -> Interval:
    """Of the mean of a Poisson count (Garwood's by Wilson and Hilferty's approximation)."""
    if not z:
        return count, count
    above = count + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        low = count * (1 - 1 / (9 * count) - z / (3 * np.sqrt(count))) ** 3
    high = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
    return np.clip(np.nan_to_num(low), 0, count), np.maximum(high, count)
