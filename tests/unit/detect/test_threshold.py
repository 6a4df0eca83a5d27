"""Threshold verdicts, value by value."""

from dataclasses import replace

import numpy as np
import pytest

from alerts.detect.threshold import calm_of, in_question, judge, limits
from alerts.rules import Direction, Threshold
from alerts.states import Verdict

LOW, HIGH = Direction.LOW_IS_BAD, Direction.HIGH_IS_BAD


def verdict_of(
    rule: Threshold, direction: Direction, value: float, n: int, interval: tuple[float, float] | None = None
) -> tuple[str, int, int]:
    """Verdict, severity and held severity of one reading."""
    low, high = interval or (value, value)
    arrays = (np.array([each], np.float64) for each in (low, high))
    found = judge(limits([rule], direction), np.array([value]), np.array([n]), *arrays)
    return Verdict(int(found.verdict[0, 0])).word, int(found.severity[0, 0]), int(found.held[0, 0])


CSAT = Threshold(window_ms=1, warning=80, critical=50, recover=None, confidence=0.0, min_answers=20)


@pytest.mark.parametrize(
    ("value", "n", "expected"),
    [
        (80.0, 20, ("clear", 0, 1)),  # 80 is still very satisfying
        (79.99, 20, ("breach", 1, 1)),
        (50.0, 20, ("breach", 1, 2)),  # 50 is not yet a bad relationship, nor a good one
        (49.99, 20, ("breach", 2, 2)),
        (65.0, 20, ("breach", 1, 1)),  # half of the way back
        (10.0, 19, ("insufficient", 0, 2)),
        (100.0, 19, ("insufficient", 0, 1)),
        (float("nan"), 0, ("stale", 0, 1)),
    ],
)
def test_bands_of_csat(value: float, n: int, expected: tuple[str, int, int]) -> None:
    """Warning and critical are strict, and the limit itself is healthy."""
    assert verdict_of(CSAT, LOW, value, n) == expected


@pytest.mark.parametrize(("value", "word"), [(5.0, "clear"), (5.01, "breach"), (4.0, "clear")])
def test_high_is_bad_breaches_above(value: float, word: str) -> None:
    """Customer effort breaches above its limit."""
    assert (
        verdict_of(
            Threshold(window_ms=1, warning=5, critical=None, recover=None, confidence=0.0, min_answers=1),
            HIGH,
            value,
            9,
        )[0]
        == word
    )


@pytest.mark.parametrize(
    ("value", "interval", "expected"),
    [
        (70.0, (60.0, 79.0), ("breach", 1, 1)),
        (70.0, (60.0, 80.0), ("insufficient", 0, 1)),
        (
            55.0,
            (49.0, 61.0),
            ("breach", 1, 2),
        ),  # critical is within the interval
        (45.0, (35.0, 55.0), ("breach", 1, 2)),  # surely below 80, not surely below 50
        (40.0, (30.0, 49.0), ("breach", 2, 2)),
    ],
)
def test_doubt(value: float, interval: tuple[float, float], expected: tuple[str, int, int]) -> None:
    """The whole interval must be past a limit to raise an alert, and back from it to quieten one."""
    assert verdict_of(replace(CSAT, confidence=0.95), LOW, value, 100, interval) == expected


@pytest.mark.parametrize(
    ("value", "word"), [(81.0, "insufficient"), (83.0, "clear"), (82.99, "insufficient")]
)
def test_hysteresis(value: float, word: str) -> None:
    """Between the limit and the limit of recovery a reading is neither bad nor good."""
    assert (
        verdict_of(
            Threshold(window_ms=1, warning=80, critical=50, recover=83, confidence=0.0, min_answers=20),
            LOW,
            value,
            100,
        )[0]
        == word
    )


def test_one_limit_is_enough() -> None:
    """Without a warning the critical limit is the one to recover from."""
    rule = Threshold(window_ms=1, warning=None, critical=50, recover=None, confidence=0.0, min_answers=1)
    assert verdict_of(rule, LOW, 50.0, 5)[0] == "clear"
    assert verdict_of(rule, LOW, 49.0, 5) == ("breach", 2, 2)


def test_only_scores_past_some_limit_are_in_question() -> None:
    """Intervals are computed where they could matter."""
    of = limits(
        [
            CSAT,
            Threshold(window_ms=1, warning=90, critical=None, recover=None, confidence=0.95, min_answers=20),
        ],
        LOW,
    )
    assert in_question(of, np.array([95.0, 90.0, 89.0, np.nan])).tolist() == [False, False, True, False]


def test_where_a_critical_alert_quietens_has_the_decimals_of_scores() -> None:
    """Half of the way of limits with four decimals has five: a score at it was past it once it was rounded.

    Foresight shows a quantile between two limits as the upper one, so a critical alert stayed so by mistake.
    """
    rule = replace(CSAT, warning=30752.0, critical=195511.5371)
    (calm,) = limits([rule], HIGH).calm
    assert calm == calm_of(rule) == round(calm, 4)
    assert verdict_of(rule, HIGH, calm, 20) == ("breach", 1, 1)
