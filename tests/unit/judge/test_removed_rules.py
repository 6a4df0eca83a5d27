"""Orphans: alerts whose rule is gone."""

import pytest

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
