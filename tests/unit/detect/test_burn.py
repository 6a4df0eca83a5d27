"""Burn: budgets of unhappy answers over pairs of windows."""

import numpy as np
import pytest

from alerts.detect.burn import BurnDetector
from alerts.detect.scale import Moments, Scale
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, Burn, BurnPair, Direction, Family, Severity
from alerts.states import Verdict
from tests.detector_builders import NPS, SHARE, SHARE_HIGH_IS_BAD, moments_of

FAST = BurnPair(HOUR_MS, 5 * MINUTE_MS, 3.0, Severity.CRITICAL)
SLOW = BurnPair(3 * DAY_MS, 6 * HOUR_MS, 1.0, Severity.WARNING)


def detector(scale: Scale = SHARE, target: float = 80) -> BurnDetector:
    """A target with a fast and a slow pair."""
    return BurnDetector(Burn(target, 30 * DAY_MS, (FAST, SLOW)), scale)


Counts = tuple[int, int]
"""No and yes."""


def windows(
    fast: tuple[Counts, Counts], slow: tuple[Counts, Counts], day: Counts = (0, 0), month: Counts = (0, 0)
) -> Moments:
    """One row: the long and the short window of each pair, a day, and the period."""
    of = moments_of([fast[1], fast[0], slow[1], day, slow[0], month])
    return Moments(of.n[None], of.total[None], of.squares[None])


ROW = np.array([0])
WELL = ((10, 90), (2, 18))
NOTHING = ((0, 0), (0, 0))


def test_windows_are_named_in_the_order_of_the_columns() -> None:
    """Ascending: the pairs' windows, a day, the period."""
    rule = Burn(80, 30 * DAY_MS, (FAST, SLOW))
    assert rule.windows_ms == (
        5 * MINUTE_MS,
        HOUR_MS,
        6 * HOUR_MS,
        DAY_MS,
        3 * DAY_MS,
        30 * DAY_MS,
    )
    assert Burn(80, DAY_MS, (FAST,)).windows_ms == (5 * MINUTE_MS, HOUR_MS, DAY_MS)


@pytest.mark.parametrize(
    ("of", "verdict", "severity"),
    [
        # everything burns: the loudest pair is heard
        (windows(((70, 30), (16, 4)), ((300, 700), (60, 40))), Verdict.BREACH, 2),
        # the fast pair's short window is back: only the slow one burns on
        (windows(((70, 30), (2, 18)), ((300, 700), (60, 40))), Verdict.BREACH, 1),
        # all is well
        (windows(WELL, ((100, 900), (10, 90))), Verdict.CLEAR, 0),
        # a rate of 1 that may be chance: 25 of 100 against 20
        (windows(WELL, ((25, 75), (25, 75))), Verdict.INSUFFICIENT, 0),
        # five minutes hold too few: the hour stands for them
        (windows(((70, 30), (0, 3)), ((300, 700), (60, 40))), Verdict.BREACH, 2),
        # six hours hold too few, the day is asked: bad, or good again
        (windows(NOTHING, ((30, 70), (0, 4)), (9, 11)), Verdict.BREACH, 1),
        (windows(NOTHING, ((30, 70), (0, 4)), (1, 19)), Verdict.CLEAR, 0),
        # the evening is quiet, but neither three days nor the day are back
        (windows(WELL, ((300, 700), (1, 59)), (60, 200)), Verdict.INSUFFICIENT, 0),
        # just below its rate is not yet back
        (windows(WELL, ((190, 810), (19, 81)), (38, 162)), Verdict.INSUFFICIENT, 0),
        # too few answers to say anything
        (windows(((3, 1), (3, 1)), ((4, 2), (3, 1)), (4, 2), (4, 2)), Verdict.INSUFFICIENT, 0),
        # nothing for three days: silence is no health, however well the month is
        (windows(NOTHING, NOTHING, (0, 0), (30, 70)), Verdict.STALE, 0),
        (windows(NOTHING, NOTHING, (0, 0), (10, 90)), Verdict.STALE, 0),
        # too few for any pair: the month is well, and so are the few, or they are not
        (windows(NOTHING, ((1, 18), (0, 0)), (0, 0), (20, 180)), Verdict.CLEAR, 0),
        (windows(NOTHING, ((12, 7), (0, 0)), (0, 0), (30, 180)), Verdict.INSUFFICIENT, 0),
        # a line that goes dead in its worst hour is not back: the latest answers are bad
        (windows(((12, 4), (0, 0)), ((30, 270), (30, 30)), (30, 200)), Verdict.INSUFFICIENT, 0),
        # six hours without an answer begin nothing, whatever was before them
        (windows(NOTHING, ((300, 700), (0, 0)), (9, 11)), Verdict.INSUFFICIENT, 0),
        # three days still hold what was over a day ago: a few bad answers begin nothing
        (windows(NOTHING, ((300, 700), (12, 40)), (20, 200)), Verdict.INSUFFICIENT, 0),
        (windows(WELL, ((300, 700), (12, 40)), (20, 200)), Verdict.CLEAR, 0),
        # little comes in, and three days of it are well: empty windows hold no alert open
        (windows(NOTHING, ((10, 90), (0, 0))), Verdict.CLEAR, 0),
        (windows(((4, 0), (0, 0)), ((10, 90), (1, 4))), Verdict.CLEAR, 0),
    ],
)
def test_verdicts(of: Moments, verdict: Verdict, severity: int) -> None:
    """Both windows of a pair must burn, the long one beyond doubt; a day ends what a day can tell."""
    found = detector().step(ROW, of)
    assert (found.verdict[0], found.severity[0]) == (verdict, severity)


def test_a_rate_that_is_just_reached_burns() -> None:
    """Effort of 5.5 under a target of 3.5 burns at 1.8: not at a little less, to the last bit."""
    pair = BurnPair(HOUR_MS, 5 * MINUTE_MS, 1.8, Severity.CRITICAL)
    ces = Scale(1, 7, Direction.HIGH_IS_BAD, Family.MEAN, 6)
    of = Moments(*(np.full((1, 3), each) for each in (30.0, 135.0, 645.0)))
    found = BurnDetector(Burn(3.5, DAY_MS, (pair,)), ces).step(ROW, of)
    assert found.verdict[0] == Verdict.BREACH
    assert found.evidence[0]["long_rate"] == found.evidence[0]["rate"]


def test_what_is_said_of_a_breach() -> None:
    """The long window's score, the score at which the pair's rate is reached, both rates, what is left."""
    of = windows(((70, 30), (3, 1)), ((300, 700), (60, 40)), (80, 80), (150, 850))
    found = detector().step(ROW, of)
    assert found.value[0] == pytest.approx(30)
    assert found.n[0] == 100
    assert found.low[0] < 30 < found.high[0]
    assert found.limit[0] == pytest.approx(40)
    assert found.evidence[0] == {
        "rate": 3.0,
        "long_s": 3600,
        "long_rate": 3.5,
        "short_s": 3600,
        "short_rate": 3.5,
        "budget_left": 25.0,
    }


def test_what_is_said_of_health_is_what_the_latest_answers_say() -> None:
    """Not the empty window of a pair that cannot be asked."""
    found = detector().step(ROW, windows(((4, 0), (0, 0)), ((10, 90), (2, 23))))
    assert (found.verdict[0], found.value[0], found.n[0]) == (Verdict.CLEAR, pytest.approx(92), 25)


@pytest.mark.parametrize(
    ("of", "kept"),
    [
        # a quiet hour at night, after a day at more than three times the pace
        (windows(((2, 1), (0, 0)), ((300, 200), (60, 40)), (70, 30)), 2),
        # the hour is back, and so is the day
        (windows(((8, 12), (8, 12)), ((300, 700), (60, 40)), (40, 60)), 1),
    ],
)
def test_the_louder_severity_stays_until_a_day_is_back(of: Moments, kept: int) -> None:
    """An alert that became critical does not become a warning at night, to page again in the morning."""
    found = detector().step(ROW, of)
    assert (found.verdict[0], found.severity[0], found.held[0]) == (Verdict.BREACH, 1, kept)


def test_where_high_is_bad_the_budget_is_what_is_above_nothing() -> None:
    """A target of 20 % abandoned allows 20 in 100, like a CSAT of 80."""
    made = detector(SHARE_HIGH_IS_BAD, 20)
    found = made.step(ROW, windows(((30, 70), (4, 16)), ((700, 300), (40, 60))))
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


def test_a_reading_in_which_nothing_burns_has_the_target_for_its_limit() -> None:
    """That of the fastest pair, 40, would stand under "resolved: 90 %" as if it was the rule's."""
    found = detector().step(ROW, windows(WELL, ((100, 900), (10, 90))))
    assert found.limit.tolist() == [80]


def test_what_was_heard_in_shorter_windows_is_no_silence() -> None:
    """The long window takes in only from its next step on, or from when the rule was changed."""
    found = detector().step(ROW, windows(((3, 0), (1, 0)), NOTHING, day=(9, 30), month=(9, 30)))
    assert found.verdict[0] == Verdict.INSUFFICIENT
    assert detector().step(ROW, windows(NOTHING, NOTHING, month=(9, 30))).verdict[0] == Verdict.STALE
