"""Twins: rules as they are simulated, and the plain thresholds beside them."""

from dataclasses import replace
from itertools import pairwise

import pytest

from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, Budget, Silence, SuddenRelative, Threshold
from alerts.worsening import Against, Worsening
from stream.simulate.baselines import alone, beside, pane_ms, plan_for, tried, warm_up_ms
from stream.simulate.question import Question
from stream.simulate.simulation import TUNED_MS
from tests.simulated import book, rule


def question(per_day: float) -> Question:
    """So many answers a day."""
    return Question(healthy=85, falls=(), per_day=per_day, scopes=1, months=1, seed=1, patience_ms=DAY_MS)


def test_what_compares_with_earlier_weeks_is_simulated_after_these_weeks() -> None:
    """Beside it stands a plain limit, as much worse than a healthy score as the rule allows."""
    worse = alone(rule("worse"))
    twin = beside(worse, question(200), 10_000)
    assert twin is not None
    assert twin.detect == Threshold(
        window_ms=30 * MINUTE_MS, warning=None, critical=80.0, recover=None, confidence=0.0, min_answers=20
    )
    assert warm_up_ms(plan_for(book(), [worse], question(200))) == 30 * DAY_MS
    percent = SuddenRelative(Against.LAST_WEEK, Worsening(20, percent=True), Budget(1, 30 * DAY_MS))
    sudden = replace(worse, detect=percent)
    twin = beside(sudden, question(200), 10_000)
    assert twin is not None
    assert twin.detect == Threshold(
        window_ms=220 * MINUTE_MS, warning=None, critical=68.0, recover=None, confidence=0.0
    )
    assert warm_up_ms(plan_for(book(), [sudden], question(200))) == 9 * DAY_MS


@pytest.mark.parametrize(
    ("per_day", "shortest_ms", "longest_ms"),
    [(5, 7 * DAY_MS, 30 * DAY_MS), (200, 4 * HOUR_MS, 10 * DAY_MS), (2000, HOUR_MS, 10 * DAY_MS)],
)
def test_windows_are_tried_that_somebody_would_choose(
    per_day: float, shortest_ms: int, longest_ms: int
) -> None:
    """None that seldom holds enough answers to be judged, and so never pages; long ones for few answers."""
    asked = replace(question(per_day), tune_ms=TUNED_MS)
    twin = beside(rule("low"), asked, 10_000)
    assert twin is not None
    lengths = [
        each.detect.window_ms for each in tried(twin, asked, 10_000) if isinstance(each.detect, Threshold)
    ]
    assert (min(lengths), max(lengths)) == (shortest_ms, longest_ms)


def test_a_plain_threshold_has_nothing_beside_it() -> None:
    """It is what the others stand beside."""
    plain = replace(
        rule("low"),
        detect=Threshold(window_ms=HOUR_MS, warning=None, critical=80.0, recover=None, confidence=0.0),
    )
    assert beside(plain, question(60), 10_000) is None


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
    found = beside(rule("sudden"), question(per_day), pane_ms)
    assert found is not None
    assert found.detect == Threshold(
        window_ms=window_ms, warning=None, critical=75.0, recover=None, confidence=0.0
    )


def test_a_plan_has_only_what_is_simulated_and_warms_up_every_window() -> None:
    """Burn rules' pairs, but not the whole period that a budget is reckoned over."""
    plan = plan_for(book(), [rule("low")], question(200))
    assert list(plan.rulebook.indicators) == ["csat"]
    assert warm_up_ms(plan) == DAY_MS
    assert warm_up_ms(plan_for(book(), [rule("spent")], question(200))) == 3 * DAY_MS


def test_volumes_are_simulated_with_one_event_a_pane() -> None:
    """Nothing hangs on single events, as it does for answers."""
    assert pane_ms([rule("surge")], book().timing, 200) == 5 * MINUTE_MS


def test_beside_volumes_stand_a_limit_an_hour_and_a_longest_wait() -> None:
    """Each is tried in other sizes, those that page soonest first."""
    much, none = (beside(rule(name), question(48), 10_000) for name in ("surge", "hush"))
    assert much is not None
    assert none is not None
    assert much.detect == Threshold(
        window_ms=HOUR_MS, warning=None, critical=8.0, recover=None, confidence=0.0, min_answers=1
    )
    assert none.detect == Silence(Budget(1, 5 * HOUR_MS), None, None)
    limits = [
        each.detect.critical
        for each in tried(much, question(48), 10_000)
        if isinstance(each.detect, Threshold)
    ]
    waits = [
        each.detect.at_least for each in tried(none, question(48), 10_000) if isinstance(each.detect, Silence)
    ]
    assert limits == sorted(limit for limit in limits if limit is not None)
    assert waits[0] == Budget(1, HOUR_MS)
    assert len(limits) > 10 < len(waits)
    many = tried(much, question(48_000), 10_000)
    steps = [each.detect.critical or 0.0 for each in many if isinstance(each.detect, Threshold)]
    assert max(after - before for before, after in pairwise(steps)) < 45 / 3  # a quarter of the deviation


def test_beside_a_gap_stands_a_score_that_is_negligibly_worse() -> None:
    """In the same scopes, value by value."""
    found = beside(alone(rule("gap")), question(48), 10_000)
    assert found is not None
    assert found.by == ("channel", "team")
    assert found.detect == Threshold(
        window_ms=DAY_MS, warning=None, critical=82.0, recover=None, confidence=0.0, min_answers=20
    )
