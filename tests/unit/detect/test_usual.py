"""Worse than its own past: hours of earlier weeks, and the doubt of a difference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect.scale import powers
from alerts.detect.usual import UsualDetector
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, Relative
from alerts.states import Verdict
from alerts.worsening import Against, Worsening
from tests.detector_builders import SHARE, SHARE_HIGH_IS_BAD, YES_NO, alike, moments_of

WEEK_MS = 7 * DAY_MS
NOW_MS = 400 * WEEK_MS + 10 * HOUR_MS
ROW = np.array([0])


def rule(against: Against = Against.USUAL, **more: Worsening | float | None) -> Relative:
    """Half an hour that may be 5 points worse."""
    given = {"warning": Worsening(5), "critical": Worsening(20), "confidence": 0.95} | more
    return Relative(against=against, window_ms=30 * MINUTE_MS, **given)  # type: ignore[arg-type]  # by name


def heard(detector: UsualDetector, end_ms: int, no: int, yes: int, row: int = 0) -> None:
    """Answers of one pane."""
    detector.grow(row + 1)
    detector.add(np.array([end_ms]), np.array([row]), np.array([[no, yes]]) @ powers(YES_NO))


def test_the_same_hours_of_four_weeks_are_usual() -> None:
    """Other hours, and older weeks, are not; what is said names them."""
    detector = UsualDetector(rule(), SHARE)
    heard(detector, NOW_MS - 5 * WEEK_MS, 100, 0)
    for weeks in (4, 3, 2, 1):
        heard(detector, NOW_MS - weeks * WEEK_MS, 10, 90)
        heard(detector, NOW_MS - weeks * WEEK_MS + 2 * HOUR_MS, 90, 10)
    found = detector.step(np.array([NOW_MS]), ROW, moments_of([[60, 40]]))
    assert (found.verdict[0], found.severity[0]) == (Verdict.BREACH, 2)
    assert found.limit[0] == pytest.approx(70)
    assert found.evidence[0] == {"against": "usual", "usual": 90.0, "usual_n": 400, "worse_by": 50.0}


def test_last_week_is_one_week() -> None:
    """What came before it does not matter."""
    detector = UsualDetector(rule(Against.LAST_WEEK), SHARE)
    heard(detector, NOW_MS - 2 * WEEK_MS, 0, 100)
    heard(detector, NOW_MS - WEEK_MS, 60, 40)
    found = detector.step(np.array([NOW_MS]), ROW, moments_of([[60, 40]]))
    assert found.verdict[0] == Verdict.CLEAR


@pytest.mark.parametrize(
    ("now", "verdict", "severity"),
    [
        ([10, 90], Verdict.CLEAR, 0),  # as ever
        ([14, 86], Verdict.CLEAR, 0),  # four points are allowed
        ([18, 82], Verdict.INSUFFICIENT, 0),  # eight may be chance
        ([25, 75], Verdict.BREACH, 1),
        ([60, 40], Verdict.BREACH, 2),
        ([9, 1], Verdict.INSUFFICIENT, 0),  # few answers
        ([0, 0], Verdict.STALE, 0),
    ],
)
def test_verdicts(now: list[int], verdict: Verdict, severity: int) -> None:
    """A breach is beyond doubt, of now and of then."""
    detector = UsualDetector(rule(), SHARE)
    for weeks in (4, 3, 2, 1):
        heard(detector, NOW_MS - weeks * WEEK_MS, 10, 90)
    found = detector.step(np.array([NOW_MS]), ROW, moments_of([now]))
    assert (found.verdict[0], found.severity[0]) == (verdict, severity)


@pytest.mark.parametrize(
    ("now", "severity", "kept"),
    [
        ([60, 40], 2, 2),
        ([33, 67], 1, 2),  # 23 points worse where 20 are critical: not surely, nor surely less
        ([50, 100], 1, 2),  # the same, and nothing is made good
        ([220, 780], 1, 1),  # surely back, and more than half of the way to the warning limit
        ([2400, 7600], 1, 2),  # surely back, and less than half of it
    ],
)
def test_a_critical_alert_stays_critical_until_that_is_surely_over(
    now: list[int], severity: int, kept: int
) -> None:
    """One trouble is one page: it does not come and go with its doubt."""
    detector = UsualDetector(rule(), SHARE)
    for weeks in (4, 3, 2, 1):
        heard(detector, NOW_MS - weeks * WEEK_MS, 1000, 9000)
    found = detector.step(np.array([NOW_MS]), ROW, moments_of([now]))
    assert (found.severity[0], found.held[0]) == (severity, kept)


def test_with_one_severity_there_is_nothing_to_keep() -> None:
    """An alert that can only be critical has the breach's own severity."""
    detector = UsualDetector(rule(warning=None), SHARE)
    heard(detector, NOW_MS - WEEK_MS, 10, 90)
    found = detector.step(np.array([NOW_MS]), ROW, moments_of([[60, 40]]))
    assert (found.severity[0], found.held[0]) == (2, 2)


def test_where_high_is_bad_more_is_worse() -> None:
    """Twice the usual share, where a tenth more is allowed."""
    detector = UsualDetector(
        rule(warning=None, critical=Worsening(10, percent=True), confidence=0.0), SHARE_HIGH_IS_BAD
    )
    heard(detector, NOW_MS - WEEK_MS, 80, 20)
    found = detector.step(np.array([NOW_MS]), ROW, moments_of([[60, 40]]))
    assert (found.verdict[0], found.severity[0]) == (Verdict.BREACH, 2)
    assert found.limit[0] == pytest.approx(22)


def test_without_a_past_there_is_no_verdict() -> None:
    """The first week teaches."""
    detector = UsualDetector(rule(), SHARE)
    heard(detector, NOW_MS - DAY_MS, 0, 100)
    assert detector.step(np.array([NOW_MS]), ROW, moments_of([[90, 10]])).verdict[0] == Verdict.INSUFFICIENT


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 8 * 168 - 1), st.integers(0, 9), st.integers(0, 9)), max_size=40),
    st.integers(0, 60),
)
def test_the_past_is_what_was_heard_in_its_hours(heards: list[tuple[int, int, int]], cut: int) -> None:
    """However much was heard in between, in one call or in many, and across a restart."""
    heards = sorted(heards)
    one, many = UsualDetector(rule(confidence=0.0), SHARE), UsualDetector(rule(confidence=0.0), SHARE)
    one.grow(1)
    start_ms = 400 * WEEK_MS
    if heards:
        ends = np.array([start_ms + hour * HOUR_MS + 1 for hour, *_ in heards])
        sums = np.array([[no, yes] for _, no, yes in heards]) @ powers(YES_NO)
        one.add(ends, np.zeros(len(ends), np.int64), sums)
    for number, (hour, no, yes) in enumerate(heards):
        if number == cut:
            state, many = many.state(), UsualDetector(rule(confidence=0.0), SHARE)
            many.load(state)
        heard(many, start_ms + hour * HOUR_MS + 1, no, yes)
    many.grow(1)
    assert alike(one.state(), many.state())
    end = 8 * 168
    found = one.step(np.array([start_ms + end * HOUR_MS]), ROW, moments_of([[50, 50]]))
    wanted = {end - week * 168 - 1 for week in (1, 2, 3, 4)}
    no, yes = (sum(each[place] for each in heards if each[0] in wanted) for place in (1, 2))
    if no + yes >= 20:
        usual = 100 * yes / (no + yes)
        assert found.limit[0] == pytest.approx(usual - (20 if usual - 50 > 20 else 5))
    else:
        assert found.verdict[0] == Verdict.INSUFFICIENT


@pytest.mark.parametrize(
    ("now", "verdict", "severity"),
    [
        ([885, 115], Verdict.CLEAR, 0),  # three and a half points worse than 8
        ([870, 130], Verdict.BREACH, 2),  # five points: half as much again, and not yet six points
        ([878, 122], Verdict.INSUFFICIENT, 0),  # in doubt, and not back at the limit that was crossed
    ],
)
def test_of_points_and_percent_the_nearer_limit_is_the_one_to_be_back_at(
    now: list[int], verdict: Verdict, severity: int
) -> None:
    """Half of 8 is less than six points, though it is the critical amount: its alert ends where it began."""
    mixed = rule(warning=Worsening(6), critical=Worsening(50, percent=True), confidence=0.5)
    detector = UsualDetector(mixed, SHARE_HIGH_IS_BAD)
    heard(detector, NOW_MS - WEEK_MS, 92_000, 8_000)
    found = detector.step(np.array([NOW_MS]), ROW, moments_of([now]))
    assert (found.verdict[0], found.severity[0]) == (verdict, severity)
    assert found.limit[0] == pytest.approx(12)


def test_a_score_at_the_limit_is_back() -> None:
    """17 of 60 is five points worse than 20 of 60, and not more by the last bit."""
    detector = UsualDetector(rule(), SHARE)
    heard(detector, NOW_MS - WEEK_MS, 40, 20)
    found = detector.step(np.array([NOW_MS]), ROW, moments_of([[43, 17]]))
    assert found.verdict[0] == Verdict.CLEAR


def test_percent_is_of_the_past_score() -> None:
    """And points are points."""
    assert Worsening(10, percent=True).of(80) == pytest.approx(8)
    assert Worsening(10).of(80) == 10
