"""Budgets of rules that judge a window: how often one look breaches while nothing is wrong, exactly.

Every number of unhappy answers is tried with its binomial likelihood, so nothing is left to chance here.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect.burn import BurnDetector
from alerts.detect.findings import Floats
from alerts.detect.gap import GapDetector, wanted_z
from alerts.detect.scale import Moments
from alerts.detect.threshold import judge, limits
from alerts.rules import DAY_MS, HOUR_MS, Budget, Burn, BurnPair, Direction, Gap, Severity, Threshold
from alerts.states import Verdict
from tests.detector_builders import SHARE, SHARE_HIGH_IS_BAD, moments_of


def binomial(n: int, share: float) -> Floats:
    """Likelihoods of 0 to n."""
    k = np.arange(n + 1)
    ways = [math.lgamma(n + 1) - math.lgamma(each + 1) - math.lgamma(n - each + 1) for each in k.tolist()]
    found: Floats = np.exp(np.array(ways) + k * math.log(share) + (n - k) * math.log1p(-share))
    return found


def breach_chance(n: int, limit: float) -> float:
    """Of a limit on a share where high is bad, with the true share at the limit."""
    counts = [[n - k, k] for k in range(n + 1)]
    window = moments_of(counts)
    low, high = SHARE_HIGH_IS_BAD.interval(window)
    rule = Threshold(window_ms=HOUR_MS, warning=limit, critical=None)
    column = limits([rule], Direction.HIGH_IS_BAD)
    found = judge(column, SHARE_HIGH_IS_BAD.score(window), window.n.astype(np.int64), low, high)
    return float(binomial(n, limit / 100) @ (found.verdict[:, 0] == Verdict.BREACH))


@pytest.mark.parametrize(
    ("least", "answers", "chance"),
    [
        (20, 20, 0.053),
        (10, 20, 0.065),
        (5, 20, 0.084),
        (2, 20, 0.106),
        (20, 100, 0.037),
        (10, 100, 0.043),
        (5, 100, 0.05),
        (2, 100, 0.065),
        (20, 1000, 0.029),
        (10, 1000, 0.031),
        (5, 1000, 0.033),
        (2, 1000, 0.038),
    ],
)
@given(share=st.floats(0, 1), more=st.integers(0, 60))
@settings(max_examples=25)
def test_a_threshold_breaches_as_often_as_the_documents_say(
    least: float, answers: int, chance: float, share: float, more: int
) -> None:
    """With a limit from `least` % to 80 %, and so many answers or more; but it does breach."""
    found = breach_chance(answers + more, least + share * (80 - least))
    assert 0.004 < found <= chance


@given(
    own=st.integers(20, 90),
    others=st.integers(20, 90),
    unhappy=st.floats(0.03, 0.97),
    pages=st.integers(1, 5),
    days=st.sampled_from([1, 3, 7]),
)
@settings(max_examples=40)
def test_a_gap_breaches_no_oftener_than_its_budget_allows(
    own: int, others: int, unhappy: float, pages: int, days: int
) -> None:
    """Two values that are alike: each of them in less than the share of looks that belongs to its z.

    A sliding window's statistic is above z in that share, and upcrosses it `pages` times in the period.
    """
    rule = Gap(across="channel", window_ms=days * DAY_MS, false_pages=Budget(pages, 30 * DAY_MS))
    mine, theirs = (each.reshape(-1) for each in np.mgrid[: own + 1, : others + 1])
    counts = np.stack([np.stack([mine, own - mine], 1), np.stack([theirs, others - theirs], 1)], 1)
    pairs = len(mine)
    found = GapDetector(rule, SHARE).step(
        np.arange(2 * pairs), np.repeat(np.arange(pairs), 2), moments_of(counts.reshape(-1, 2).tolist())
    )
    chances = np.outer(binomial(own, unhappy), binomial(others, unhappy)).reshape(-1)
    breach = (found.verdict == Verdict.BREACH).reshape(-1, 2)
    level = 0.5 * math.erfc(wanted_z(30 / days / pages) / math.sqrt(2))
    assert (chances @ breach <= level).all()


@given(
    n=st.integers(20, 200),
    target=st.floats(50, 95),
    rates=st.lists(st.floats(1, 6), min_size=1, max_size=3, unique=True),
)
@settings(max_examples=40)
def test_a_budget_that_is_just_spent_burns_as_seldom_as_a_threshold_at_the_target(
    n: int, target: float, rates: list[float]
) -> None:
    """All windows hold the same answers; a pair asks for its rate besides, so the faster, the seldomer."""
    chances = []
    for rate in sorted(rates):
        pair = BurnPair(DAY_MS, HOUR_MS, rate, Severity.WARNING)
        rule = Burn(target, 30 * DAY_MS, (pair,))
        of = moments_of([[k, n - k] for k in range(n + 1)])
        columns = [np.repeat(each[:, None], 3, axis=1) for each in (of.n, of.total, of.squares)]
        found = BurnDetector(rule, SHARE).step(np.arange(n + 1), Moments(*columns))
        breach = found.verdict == Verdict.BREACH
        chances.append(float(binomial(n, 1 - target / 100) @ breach))
    assert chances[0] <= breach_chance(n, 100 - target) + 1e-12
    assert chances == sorted(chances, reverse=True)
