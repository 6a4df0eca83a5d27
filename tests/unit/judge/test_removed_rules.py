"""Orphans: alerts whose rule is gone."""

import pytest

from stream.indicators.questions import question
from stream.judge.judge import Judge
from tests.builders import plan_of
from tests.judging import RULES, answers, both, fed

GONE = """
  - {name: gone, indicator: csat, by: [channel], window: 2m, critical: 50, confidence: 0, min_answers: 1}
  - {name: waits, indicator: csat, by: [channel], window: 2m, critical: 50, confidence: 0, for: 1h}
"""


@pytest.mark.parametrize("snapshots", [1, 2])
def test_an_alert_whose_rule_is_removed_is_told_as_resolved(snapshots: int) -> None:
    """Once, under its own id and the next number, with the reason; what is pending was told to nobody."""
    judge = Judge(plan_of(RULES + GONE), 0)
    before = {each.rule: each for each in fed(judge, both(0, answers(0, 2, 8)))}
    plan = plan_of(RULES)
    restored = judge
    for _ in range(snapshots):
        restored = Judge.restore(plan, 0, restored.snapshot())
    told = fed(restored, both(1, answers(1, 0, 9), position=9))
    assert [(each.rule, each.id, each.seq, each.state) for each in told] == [
        ("gone", before["gone"].id, 2, "resolved")
    ]
    assert told[0].at == before["gone"].at
    assert (told[0].indicator, told[0].definition) == ("csat", before["gone"].definition)
    assert (told[0].scope, told[0].severity) == ({"channel": "phone"}, "critical")
    assert told[0].evidence == {"reason": "rule_removed"}
    assert told[0].summary.startswith("The alert gone for phone ends: its rule was removed")
    again = Judge.restore(plan, 0, restored.snapshot())
    assert fed(again, both(2, answers(2, 0, 9), position=10)) == []


def test_a_rule_that_no_longer_watches_a_scope_ends_its_alert() -> None:
    """By other dimensions, its alerts are others."""
    judge = Judge(plan_of(RULES), 0)
    fed(judge, both(0, answers(0, 2, 8)))
    restored = Judge.restore(plan_of(RULES.replace("by: [channel]", "by: []")), 0, judge.snapshot())
    told = fed(restored, both(1, position=9))
    assert [(each.rule, each.scope, each.state) for each in told] == [
        ("low", {"channel": "phone"}, "resolved")
    ]


def test_an_alert_that_a_narrower_rule_leaves_out_ends() -> None:
    """With the reason that a removed rule's has."""
    detect = "window: 2m, critical: 50, confidence: 0"
    rule = f"rules: [{{name: low, indicator: csat, by: [channel], {detect}, where: {{channel: [%s]}}}}]"
    judge = Judge(plan_of(rule % "phone, web"), 0)
    before = fed(judge, both(0, answers(0, 0, 40)))
    narrower, same = (
        Judge.restore(plan_of(rule % channels), 0, judge.snapshot()) for channels in ("web", "phone")
    )
    told = fed(narrower, both(1, answers(1, 0, 9), position=9))
    assert [(each.id, each.seq, each.state, each.evidence) for each in told] == [
        (before[0].id, 2, "resolved", {"reason": "rule_removed"})
    ]
    assert fed(same, both(1, answers(1, 0, 9), position=9)) == []


ASKS = "{{name: low, indicator: {indicator}, by: [channel], {detect}}}"
SUDDEN = "detect: sudden, floor: 75"


@pytest.mark.parametrize(
    ("indicator", "detect", "goes_on"),
    [
        ("csat", "window: 2m, warning: 90, confidence: 0, min_answers: 5", True),
        ("csat", "window: 1m, critical: 60, recover: 90, open: [Mon-Sun 00:00-23:59]", True),
        ("csat_mean", "window: 1m, critical: 3", False),
        ("csat", SUDDEN, False),
        ("contacts", "detect: surge, severity: warning", False),
        ("csat", "window: 1m, against: usual, worse_by: 5 points", False),
    ],
)
def test_a_rule_that_asks_something_else_is_another_one(indicator: str, detect: str, goes_on: bool) -> None:  # noqa: FBT001  # a column of the table
    """What was paged ends; with other limits, windows and hours it is the same trouble."""
    judge = Judge(plan_of(RULES), 0)
    before = fed(judge, both(0, answers(0, 2, 8)))
    rules = "rules:\n  - " + ASKS.format(indicator=indicator, detect=detect)
    told = fed(Judge.restore(plan_of(rules), 0, judge.snapshot()), both(1, position=9))
    ended = [(each.id, each.seq, each.state, each.evidence) for each in told]
    assert ended == ([] if goes_on else [(before[0].id, 2, "resolved", {"reason": "rule_removed"})])


@pytest.mark.parametrize(
    ("was", "now", "goes_on"),
    [
        (SUDDEN, SUDDEN + ", false_pages: 1 per 7d, severity: warning", True),
        (SUDDEN, "detect: sudden, floor: 60", False),
        ("detect: silence", "detect: silence, learn: 14d, false_pages: 2 per 30d, open: Mon", True),
        ("detect: silence", "detect: silence, time_zone: Asia/Jerusalem", False),
        ("detect: surge", "detect: surge, time_zone: Asia/Jerusalem", False),
        ("detect: silence, at_least: 5 per 1h", "detect: silence, at_least: 5 per 2h, open: Mon", True),
        ("detect: silence, at_least: 5 per 1h", "detect: silence", False),
        ("window: 1h, warning: 90", "window: 1h, warning: 100, critical: 200, for: 5m", True),
        ("window: 1h, warning: 90", "window: 2h, warning: 90", False),
        ("window: 1h, warning: 90", "window: 1h, warning: 90, open: Mon", False),
    ],
)
def test_what_a_memory_goes_by(was: str, now: str, goes_on: bool) -> None:  # noqa: FBT001  # a column of the table
    """Bets against another floor, and hours of another zone, are nothing to go by."""
    indicator = "csat" if was == SUDDEN else "answers"
    before, after = (_asks(ASKS.format(indicator=indicator, detect=detect)) for detect in (was, now))
    assert (before == after) == goes_on


def _asks(rule: str, indicators: str = "{}") -> str:
    plan = plan_of(f"indicators: {indicators}\nrules:\n  - {rule}")
    return question(plan.rulebook.rules[0], plan.keeps)


@pytest.mark.parametrize(
    ("detect", "goes_on"),
    [
        ("window: 1h, warning: 80", True),
        (SUDDEN, True),
        ("window: 1h, against: usual, worse_by: 5 points", False),
        ("detect: sudden, against: usual, worse_by: 5 points", False),
    ],
)
def test_a_past_by_another_definition_is_none(detect: str, goes_on: bool) -> None:  # noqa: FBT001  # a column of the table
    """Where 5 alone is satisfied from now on, all are less satisfied than they usually were."""
    rule = ASKS.format(indicator="csat", detect=detect)
    assert (_asks(rule) == _asks(rule, "{csat: {positive_from: 5}}")) == goes_on
