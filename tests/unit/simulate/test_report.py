"""Reports of simulations, as people read them."""

import pytest

from alerts.rules import DAY_MS, MINUTE_MS, Budget, Detect, Rule, Sudden, Threshold
from stream.simulate.outcomes import RuleOutcome
from stream.simulate.question import Question
from stream.simulate.report import table


@pytest.mark.parametrize(
    ("detect", "per_day", "said"),
    [
        (Threshold(window_ms=30 * MINUTE_MS, warning=80, critical=50), 200, True),
        (Threshold(window_ms=30 * MINUTE_MS, warning=80, critical=50), 2000, False),
        (Threshold(window_ms=30 * MINUTE_MS, warning=80, critical=50, min_answers=4), 200, False),
        (Sudden(75, Budget(1, 30 * DAY_MS)), 200, False),
    ],
)
def test_a_rule_that_is_quiet_as_it_is_hardly_asked_is_named(
    detect: Detect, per_day: float, *, said: bool
) -> None:
    """No false pages and no fall seen is no praise of a window that holds too few answers."""
    question = Question(
        healthy=85, falls=(), per_day=per_day, scopes=1, months=1, seed=1, patience_ms=7 * DAY_MS
    )
    rule = Rule(name="low", indicator="csat", by=("channel",), detect=detect)
    outcomes = [RuleOutcome(rule=rule, beside=beside, scope_months=40.0) for beside in (None, "plain")]
    lines = list(table(question, outcomes))
    found = [line for line in lines if "seldom judged" in line]
    told = "low is seldom judged: its window of 30m holds 4.17 of the 20 answers that it asks for."
    assert found == ([told] if said else [])


def test_many_pages_are_counted_in_full() -> None:
    """Whoever runs a contact centre reads no powers of ten."""
    question = Question(
        healthy=85, falls=(), per_day=2000, scopes=1, months=1, seed=1, patience_ms=7 * DAY_MS
    )
    rule = Rule(
        name="low",
        indicator="csat",
        by=("channel",),
        detect=Threshold(window_ms=30 * MINUTE_MS, warning=80, critical=50),
    )
    lines = table(
        question, [RuleOutcome(rule=rule, beside=None, scope_months=20, pages=32_060, notices=64_123)]
    )
    assert [line.split()[1:6] for line in lines if line.startswith("low")] == [
        ["1,600", "(1,590", "to", "1,620)", "3,210"]
    ]
