"""Scales: goodness, means, variances and intervals from sums of whole steps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect.scale import Scale
from alerts.intervals import normal_quantile, wilson
from tests.detector_builders import FIVE, NPS, SHARE, SHARE_HIGH_IS_BAD, even_levels, moments_of

FIVE_COUNTS = st.lists(st.integers(0, 50), min_size=5, max_size=5)


@pytest.mark.parametrize(
    ("scale", "value", "goodness"), [(SHARE, 80, 0.8), (SHARE_HIGH_IS_BAD, 80, 0.2), (NPS, 0, 0.5)]
)
def test_goodness_of_a_value(scale: Scale, value: float, goodness: float) -> None:
    """0 is the worst end, 1 the best, whichever way the indicator goes."""
    assert scale.goodness_of(value) == pytest.approx(goodness)


@settings(max_examples=100, derandomize=True)
@given(FIVE_COUNTS)
def test_means_and_variances_are_those_of_the_answers(counts: list[int]) -> None:
    """Sums over levels give what numpy gives over single answers."""
    levels = even_levels(5)
    of = moments_of([counts], levels)
    answers = np.repeat(levels / 180, counts)
    if not len(answers):
        assert np.isnan(FIVE.score(of)[0])
        assert np.isnan(FIVE.interval(of)[0][0])
        return
    assert FIVE.goodness(of)[0] == pytest.approx(answers.mean())
    assert FIVE.score(of)[0] == pytest.approx(1 + 4 * answers.mean())
    assert FIVE.variance(of)[0] == pytest.approx(answers.var(), abs=1e-12)
    low, high = FIVE.interval(of)
    assert 1 <= low[0] <= FIVE.score(of)[0] <= high[0] <= 5


def test_shares_have_wilsons_interval() -> None:
    """The same as the scores that are published."""
    low, high = SHARE.interval(moments_of([[20, 80]]))
    wanted = wilson(np.array([100.0]), np.array([80.0]), normal_quantile(0.95))
    assert (low[0], high[0]) == pytest.approx((100 * wanted[0][0], 100 * wanted[1][0]))


def test_goodness_is_mirrored_where_high_is_bad() -> None:
    """A share of 20 that is bad is as good as one of 80 that is good."""
    of = moments_of([[80, 20]])
    assert SHARE_HIGH_IS_BAD.goodness(of)[0] == pytest.approx(0.8)
    assert SHARE_HIGH_IS_BAD.goodness_at(np.array([180])).tolist() == [0]
    assert of.of(np.array([False])).n.tolist() == []
