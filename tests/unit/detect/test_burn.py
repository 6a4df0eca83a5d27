"""Burn: budgets of unhappy answers over pairs of windows."""

import numpy as np
import pytest

from alerts.detect.burn import BurnDetector
from alerts.detect.scale import Moments, Scale
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, Burn, BurnPair, Severity
from alerts.states import Verdict
from tests.detector_builders import NPS, SHARE, SHARE_HIGH_IS_BAD, moments_of

FAST = BurnPair(HOUR_MS, 5 * MINUTE_MS, 3.0, Severity.CRITICAL)
SLOW = BurnPair(3 * DAY_MS, 6 * HOUR_MS, 1.0, Severity.WARNING)


def detector(scale: Scale = SHARE, target: float = 80) -> BurnDetector:
    """A target with a fast and a slow pair."""
    return BurnDetector(Burn(target, 30 * DAY_MS, (FAST, SLOW)), scale)


def windows(*counts: tuple[int, int]) -> Moments:
    """One row: no and yes in the long and short window of each pair."""
    of = moments_of(counts)
    return Moments(of.n[None], of.total[None], of.squares[None])


ROW = np.array([0])


def test_windows_are_named_in_the_order_of_the_columns() -> None:
    """A long one, its short one, the next."""
    assert detector().windows_ms == (HOUR_MS, 5 * MINUTE_MS, 3 * DAY_MS, 6 * HOUR_MS)


@pytest.mark.parametrize(
    ("counts", "verdict", "severity"),
    [
        # everything burns: the loudest pair is heard
        ([(70, 30), (8, 2), (300, 700), (60, 40)], Verdict.BREACH, 2),
        # the fast pair's short window is back: only the slow one burns on
        ([(70, 30), (1, 9), (300, 700), (60, 40)], Verdict.BREACH, 1),
        # all is well
        ([(10, 90), (1, 9), (100, 900), (10, 90)], Verdict.CLEAR, 0),
        # a rate of 1 that may be chance: 25 of 100 against 20
        ([(10, 90), (1, 9), (25, 75), (25, 75)], Verdict.INSUFFICIENT, 0),
        # too few answers to say anything
        ([(3, 1), (3, 1), (4, 2), (3, 1)], Verdict.INSUFFICIENT, 0),
        # nothing for hours, and the days before were in doubt
        ([(0, 0), (0, 0), (3, 9), (0, 0)], Verdict.STALE, 0),
        # little comes in, and three days of it are well: empty windows hold no alert open
        ([(0, 0), (0, 0), (10, 90), (0, 0)], Verdict.CLEAR, 0),
        ([(1, 2), (0, 0), (10, 90), (1, 4)], Verdict.CLEAR, 0),
        # what few answers there are still burn
        ([(4, 0), (0, 0), (10, 90), (1, 4)], Verdict.INSUFFICIENT, 0),
    ],
)
def test_verdicts(counts: list[tuple[int, int]], verdict: Verdict, severity: int) -> None:
    """Both windows of a pair must burn, the long one beyond doubt."""
    found = detector().step(ROW, windows(*counts))
    assert (found.verdict[0], found.severity[0]) == (verdict, severity)


def test_what_is_said_of_a_breach() -> None:
    """The long window's score, the score at which the pair's rate is reached, and both rates."""
    found = detector().step(ROW, windows((70, 30), (8, 2), (300, 700), (60, 40)))
    assert found.value[0] == pytest.approx(30)
    assert found.n[0] == 100
    assert found.low[0] < 30 < found.high[0]
    assert found.limit[0] == pytest.approx(40)
    assert found.evidence[0] == {
        "rate": 3.0,
        "long_s": 3600,
        "long_rate": 3.5,
        "short_s": 300,
        "short_rate": 4.0,
    }


def test_where_high_is_bad_the_budget_is_what_is_above_nothing() -> None:
    """A target of 20 % abandoned allows 20 in 100, like a CSAT of 80."""
    made = detector(SHARE_HIGH_IS_BAD, 20)
    found = made.step(ROW, windows((30, 70), (2, 8), (700, 300), (40, 60)))
    assert (found.verdict[0], found.severity[0]) == (Verdict.BREACH, 2)
    assert found.limit[0] == pytest.approx(60)


def test_nps_has_a_budget_too() -> None:
    """A target of 50 lies a quarter below the best; answers of −100 burn at four times the pace."""
    made = detector(NPS, 50)
    assert made.remaining(moments_of([[0, 10], [10, 0]])) == pytest.approx([1, -3])


def test_what_is_left_of_the_budget() -> None:
    """Untouched, half spent, overspent; whole where nobody has answered."""
    left = detector().remaining(moments_of([[0, 100], [10, 90], [40, 60], [0, 0]]))
    assert left == pytest.approx([1, 0.5, -1, 1])
