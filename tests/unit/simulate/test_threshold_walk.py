"""Walks: thresholds judged scope by scope come to what judging them pane by pane comes to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.rules import DAY_MS
from alerts.states import State
from stream.simulate.answer_model import answering
from stream.simulate.headway import Headway
from stream.simulate.population import AlertChange, Crowd, Size, Spell
from tests.builders import plan_of

RULES = """
timing: {{pane: 10m, lateness: 10m}}
indicators: {{csat: {{scale: 1-5}}}}
rules:
  - {{name: doubts, indicator: csat, by: [channel], window: {window}, warning: 80, critical: 60}}
  - {{name: plain, indicator: csat, by: [channel], window: {window}, critical: 80, confidence: 0}}
  - {{name: lasting, indicator: csat, by: [channel], window: 3h, critical: 80, confidence: 0,
      min_answers: {few}, for: {lasts}, keep_firing_for: {keeps}}}
  - {{name: other, indicator: csat, by: [channel], window: 3h, warning: 85, critical: 75, recover: 90,
      confidence: 0, min_answers: {few}}}
"""
Told = list[tuple[int, AlertChange]]


def lived(rules: str, size: Size, scores: list[float], *, heard: bool) -> tuple[Told, set[tuple[str, int]]]:
    """Every change with its pane, over a day of each score, and what fires in the end."""
    plan = plan_of(rules)
    made = Crowd(plan, answering("csat", plan.keeps), size, heard=heard)
    panes, observer = DAY_MS // made.pane_ms, (lambda _: None) if heard else None
    found = [
        (made.pane, change)
        for score in scores
        for change in made.live(panes, Spell(score, observer=observer), Headway(lambda _: None))
    ]
    assert found == sorted(found, key=lambda each: each[0])
    return sorted(found), made.firing()


@settings(max_examples=15, deadline=None)
@given(
    window=st.sampled_from(["10m", "1h", "2h", "7h"]),
    lasts=st.sampled_from(["0s", "10m", "45m", "5h"]),
    keeps=st.sampled_from(["0s", "10m", "75m"]),
    few=st.integers(1, 30),
    per_day=st.sampled_from([10, 100, 2000]),
    scores=st.lists(st.floats(30, 100), min_size=1, max_size=4),
    seed=st.integers(0, 99),
)
def test_scope_by_scope_is_pane_by_pane(
    *, window: str, lasts: str, keeps: str, few: int, per_day: int, scores: list[float], seed: int
) -> None:
    """Whatever rules wait for: the same changes at the same panes, and the same alerts at the end."""
    rules = RULES.format(window=window, lasts=lasts, keeps=keeps, few=few)
    size = Size(scopes=3, per_day=per_day, seed=seed)
    assert lived(rules, size, scores, heard=False) == lived(rules, size, scores, heard=True)


@pytest.mark.parametrize("heard", [False, True])
def test_what_must_last_is_told_when_it_has(heard: bool) -> None:  # noqa: FBT001  # a parameter
    """Both ways find alerts that are held open, and some that come again."""
    rules = RULES.format(window="2h", lasts="45m", keeps="75m", few=5)
    told, firing = lived(rules, Size(5, 300, 1), [95, 40, 95, 40], heard=heard)
    states = {(change.rule, change.state) for _, change in told}
    assert {(name, State.RESOLVED) for name in ("doubts", "plain", "lasting", "other")} <= states
    assert ("lasting", State.PENDING) in states
    assert {name for name, _ in firing} == {"doubts", "plain", "lasting", "other"}
