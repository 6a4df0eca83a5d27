"""Intervals: published figures, promises kept, and what they never do."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.intervals import (
    bounded_mean,
    normal_quantile,
    poisson,
    positive_mean,
    quantile_ranks,
    wilson,
)

Z95 = normal_quantile(0.95)


def one(value: float) -> np.ndarray:
    """An array of one scope."""
    return np.array([float(value)])


def test_normal_quantiles() -> None:
    """Two-sided, as every table has them."""
    assert normal_quantile(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert normal_quantile(0.99) == pytest.approx(2.575829, abs=1e-6)
    assert normal_quantile(0) == 0


@pytest.mark.parametrize(
    ("n", "k", "low", "high"),
    [(10, 0, 0.0, 0.2775), (10, 5, 0.2366, 0.7634), (100, 80, 0.7112, 0.8666), (29, 29, 0.8830, 1.0)],
)
def test_wilson_against_published_values(n: int, k: int, low: float, high: float) -> None:
    """Wilson's interval at 95 %, as in Newcombe (1998) and Brown, Cai and DasGupta (2001)."""
    found = wilson(one(n), one(k), Z95)
    assert (found[0][0], found[1][0]) == pytest.approx((low, high), abs=1e-4)


def test_bounded_mean_of_yes_and_no_is_agresti_and_coull() -> None:
    """For answers that are 0 or 1 it is their interval, clipped to 0..1."""
    n, k, z2 = 50, 35, Z95**2
    share = (k + z2 / 2) / (n + z2)
    reach = Z95 * math.sqrt(share * (1 - share) / (n + z2))
    low, high = bounded_mean(one(n), one(k), one(k), Z95)
    assert (low[0], high[0]) == pytest.approx((share - reach, share + reach))


@pytest.mark.parametrize(
    ("count", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (20, 12.217, 30.888)]
)
def test_poisson_is_close_to_garwood(count: int, low: float, high: float) -> None:
    """Within three hundredths of Garwood's exact limits."""
    found = poisson(one(count), Z95)
    assert (found[0][0], found[1][0]) == pytest.approx((low, high), abs=0.025)


def test_quantile_ranks_enclose_the_quantile() -> None:
    """The median of 100 lies between the 40th and the 61st; of 3, the interval has no ends."""
    low, high = quantile_ranks(np.array([100.0, 3.0]), 0.5, Z95)
    assert (low.tolist(), high.tolist()) == ([40.0, 0.0], [61.0, 4.0])


def test_positive_mean_of_one_value_says_nothing() -> None:
    """One duration could be anything; equal durations are certain."""
    low, high = positive_mean(np.array([1.0, 5.0]), np.array([60.0, 60.0]), np.array([3600.0, 18000.0]), Z95)
    assert (low.tolist(), high.tolist()) == ([0.0, 60.0], [math.inf, 60.0])


counts = st.lists(st.integers(0, 400), min_size=5, max_size=5).filter(any)


@given(counts, st.floats(0, 4))
def test_every_interval_contains_its_score_and_stays_in_range(levels: list[int], z: float) -> None:
    """Whatever the answers and the confidence asked for."""
    x = np.arange(5) / 4
    n, total, squares = (one(float(np.dot(levels, power))) for power in (x**0, x, x * x))
    for low, high in (bounded_mean(n, total, squares, z), wilson(n, np.floor(total), z)):
        assert 0 <= low[0] <= high[0] <= 1
    low, high = bounded_mean(n, total, squares, z)
    assert low[0] <= (total / n)[0] <= high[0]
    low, high = positive_mean(n, total / n, squares, z)
    assert low[0] <= (total / n)[0] <= high[0]
    low, high = poisson(n, z)
    assert low[0] <= n[0] <= high[0]


def test_without_doubt_wanted_the_interval_is_the_score() -> None:
    """Confidence 0 compares the score itself."""
    n, k = one(7), one(3)
    assert wilson(n, k, 0) == (k / n, k / n)
    assert poisson(k, 0) == (k, k)
    assert positive_mean(n, k, one(30), 0) == (k, k)
    low, high = bounded_mean(n, k, k, 0)
    assert (low[0], high[0]) == pytest.approx((3 / 7, 3 / 7))


@pytest.mark.parametrize("weights", [(1, 1, 1, 1, 1), (8, 0, 0, 1, 1), (1, 1, 2, 8, 12), (0, 0, 1, 3, 30)])
@pytest.mark.parametrize("n", [20, 60])
def test_mean_scores_are_covered_as_promised(weights: tuple[int, ...], n: int) -> None:
    """The interval at 95 % covers the true mean of 5-point answers in at least 93 of 100 samples."""
    random_ = random.Random(5)
    x = np.arange(5) / 4
    truth = float(np.dot(weights, x)) / sum(weights)
    samples = np.array([random_.choices(x, weights, k=n) for _ in range(2000)])
    low, high = bounded_mean(np.full(2000, float(n)), samples.sum(axis=1), (samples**2).sum(axis=1), Z95)
    assert np.mean((low <= truth) & (truth <= high)) >= 0.93


def test_skewed_durations_are_covered_nearly_as_promised() -> None:
    """At 95 %, the mean of 40 lognormal durations (σ = 1) is covered in at least 88 of 100 samples."""
    random_ = np.random.default_rng(7)
    samples = random_.lognormal(8, 1, (3000, 40))
    low, high = positive_mean(np.full(3000, 40.0), samples.mean(axis=1), (samples**2).sum(axis=1), Z95)
    truth = math.exp(8.5)
    assert np.mean((low <= truth) & (truth <= high)) >= 0.88
