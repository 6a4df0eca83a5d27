"""Task specs: what tells one set of rules from another."""

from dataclasses import replace

from alerts.hours import OpenHours
from alerts.paging import Receiver
from alerts.rules import Rule, Rulebook, Silence, Threshold
from stream.indicators.plan import Plan
from stream.worker.tasks.task_specs import fingerprint

RULE = Rule(
    name="low",
    indicator="csat",
    by=("channel",),
    detect=Threshold(window_ms=1_800_000, warning=80, critical=50),
)
BOOK = Rulebook(rules=(RULE,), indicators={"csat": {"scale": "1-5"}, "nps": {}})


def test_equal_rules_have_one_fingerprint() -> None:
    """In whatever order sets and mappings were filled."""
    days = [f"2026-12-{day}" for day in range(10, 30)]
    one, other = (
        replace(BOOK, rules=(replace(RULE, detect=Silence(None, 1, None, OpenHours(holidays=frozenset(d)))),))
        for d in (days, days[::-1])
    )
    assert fingerprint(Plan(one, 4)) == fingerprint(Plan(other, 4))
    turned = replace(BOOK, indicators={"nps": {}, "csat": {"scale": "1-5"}})
    assert fingerprint(Plan(BOOK, 4)) == fingerprint(Plan(turned, 4))


def test_whatever_judges_counts() -> None:
    """Limits, options, timing, partitions; not who is told."""
    prints = [
        fingerprint(Plan(BOOK, 4)),
        fingerprint(Plan(BOOK, 8)),
        fingerprint(Plan(replace(BOOK, rules=(replace(RULE, for_ms=1),)), 4)),
        fingerprint(Plan(replace(BOOK, indicators={"csat": {"scale": "1-7"}}), 4)),
        fingerprint(Plan(replace(BOOK, timing=replace(BOOK.timing, pane_ms=5)), 4)),
    ]
    assert len(set(prints)) == len(prints)
    told = replace(BOOK, receivers=(Receiver(name="a", kind="http://a"),))
    assert fingerprint(Plan(told, 4)) == prints[0]
