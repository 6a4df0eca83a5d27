"""Twins: rules as they are simulated, and the plain thresholds beside them."""

from dataclasses import replace

import pytest

from alerts.errors import SettingsError
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, Threshold
from stream.simulate.baselines import alone, beside, pane_ms, plan_for, warm_up_ms
from tests.simulated import book, rule


def test_rules_that_need_more_than_scores_are_refused() -> None:
    """Silence is about volume."""
    with pytest.raises(SettingsError, match=r"rules\.quiet: want a rule on scores"):
        alone(rule("quiet"))


def test_a_plain_threshold_has_nothing_beside_it() -> None:
    """It is what the others stand beside."""
    plain = replace(
        rule("low"),
        detect=Threshold(window_ms=HOUR_MS, warning=None, critical=80.0, recover=None, confidence=0.0),
    )
    assert beside(plain, 60, 10_000) is None


@pytest.mark.parametrize(
    ("per_day", "length_ms"), [(200, 2 * MINUTE_MS), (50, 10 * MINUTE_MS), (50_000, 10_000)]
)
def test_panes_grow_as_far_as_answers_stay_single(per_day: float, length_ms: int) -> None:
    """The rulebook's own at high volume."""
    assert pane_ms([rule("low")], book().timing, per_day) == length_ms


@pytest.mark.parametrize(
    ("per_day", "pane_ms", "window_ms"),
    [
        (200, 10_000, 220 * MINUTE_MS),
        (200, 6 * HOUR_MS, 6 * HOUR_MS),
        (1e6, 10_000, 10 * MINUTE_MS),
        (0.1, 10_000, 90 * DAY_MS),
    ],
)
def test_beside_sudden_stands_the_threshold_over_the_last_thirty_answers(
    per_day: float, pane_ms: int, window_ms: int
) -> None:
    """At the floor, without doubt, over about the time that thirty answers take, in whole panes."""
    found = beside(rule("sudden"), per_day, pane_ms)
    assert found is not None
    assert found.detect == Threshold(
        window_ms=window_ms, warning=None, critical=75.0, recover=None, confidence=0.0
    )


def test_a_plan_has_only_what_is_simulated_and_warms_up_every_window() -> None:
    """Burn rules' pairs, but not the whole period that a budget is reckoned over."""
    plan = plan_for(book(), [rule("low")], 200)
    assert list(plan.rulebook.indicators) == ["csat"]
    assert warm_up_ms(plan) == DAY_MS
    assert warm_up_ms(plan_for(book(), [rule("spent")], 200)) == 3 * DAY_MS
