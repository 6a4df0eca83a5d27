"""Rules against a score's own past in a judge: live as in a backtest, and after restarts."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.transitions import Transition
from stream.judge.judge import Judge
from tests.builders import Counted, plan_of, section_of

RULES = """
indicators: {ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false,
             abandonment: false, contacts: false}
timing: {pane: 1h, lateness: 1h, idle_after: 1h}
rules:
  - {name: past, indicator: csat, by: [channel], window: 3h, explain: [],
     against: last_week, worse_by: 5 points}
  - {name: open, indicator: csat, by: [channel], window: 6h, against: usual, confidence: 0, explain: [],
     worse_by: {warning: 5%, critical: 20%}, open: ["Mon-Sun 08:00-18:00"]}
  - {name: fallen, indicator: csat, by: [channel], detect: sudden, explain: [],
     against: last_week, worse_by: 5 points}
  - {name: behind, indicator: csat, by: [], detect: gap, across: channel, window: 6h, explain: [],
     against: last_week, worse_by: 5 points}
"""
LASTING = RULES.replace("pane: 1h", "pane: 20m").replace(
    "rules:",
    """rules:
  - {name: lasting, indicator: csat, by: [channel], window: 6h, explain: [], for: 40m,
     against: last_week, confidence: 0, min_answers: 5, worse_by: 5 points}
  - {name: far, indicator: csat, by: [], detect: gap, across: channel, window: 6h, explain: [], for: 40m,
     keep_firing_for: 1h, against: last_week, worse_by: 1 points, min_answers: 5, false_pages: 1 per 1d}
  - {name: silent, indicator: csat, by: [channel], detect: silence, at_least: 1 per 2h}""",
)
"""Alerts are looked at between the changes of their windows as well, when another hour is usual."""
PANES = 24 * 10

Event = tuple[int, int, int, str]
"""Pane, score, count, channel."""


def told(
    events: Sequence[Event], step: int, restarts: Sequence[int] = (), rules: str = RULES, panes: int = PANES
) -> list[Transition]:
    """Everything that is told if `step` panes close at a time, and the judge starts anew now and then."""
    plan = plan_of(rules)
    judge, found = Judge(plan, 0), []
    for after in range(-1, panes - 1, step):
        through = min(after + step, panes - 1)
        counted = [
            Counted(pane, (grouping, (channel,)), f"csat/1-5/{score}", count)
            for pane, score, count, channel in events
            for grouping in ("channel|channel", "channel|")
            if after < pane <= through
        ]
        sections = [
            section_of("interactions/0", through, position=through),
            section_of("feedback/0", through, counted, position=through),
        ]
        found += judge.feed_all((section, 0) for section in sections)
        if after in restarts:
            judge = Judge.restore(plan, 0, judge.snapshot())
    return found


@settings(deadline=None, max_examples=10)
@given(
    st.lists(
        st.tuples(
            st.integers(0, PANES - 1),
            st.sampled_from([1, 5]),
            st.sampled_from([9, 25, 40]),
            st.sampled_from(["phone", "chat"]),
        ),
        max_size=150,
    ),
    st.sampled_from([24, 100, PANES]),
)
def test_panes_at_once_are_as_panes_one_by_one(events: list[Event], step: int) -> None:
    """Whether a block is foreseen or not."""
    assert told(events, step) == told(events, 1, restarts=range(20, PANES, 41))


def test_what_was_a_breach_before_another_hour_was_usual_is_one_again() -> None:
    """Half of the answers at 10:00 and at 11:00 are bad, where hours a week ago had 4:00 and 11:00 good.

    At 11:00 the alert is looked at by its `for`, and is none by the hours from 5:00 on.  The answers that
    come then are as bad as those of 10:00, and by the hours up to 12:00 that is a breach as it was.
    """
    hour, week = 3, 7 * 72
    good = [(at * hour, 5, 100, "phone") for at in (4, 11)]
    even = [(6 * hour, 5, 15, "phone"), (6 * hour, 1, 15, "phone")]
    now = [(week + at * hour, score, 15, "phone") for at in (10, 11) for score in (1, 5)]
    panes = week + 13 * hour
    found = [told([*good, *even, *now], step, rules=LASTING, panes=panes) for step in (1, panes)]
    assert found[0] == found[1]
    told_of = [(each.state, each.at[11:16]) for each in found[1] if each.rule == "lasting"]
    assert told_of == [("pending", "10:20"), ("pending", "11:20"), ("firing", "12:00")]


def test_a_bad_morning_is_compared_with_last_weeks() -> None:
    """The score falls at ten on the eighth day: both rules page, and say what is usual then."""
    good = [(hour, score, count, "phone") for hour in range(9 * 24) for score, count in ((5, 40), (1, 5))]
    bad = [(7 * 24 + hour, 1, 60, "phone") for hour in (10, 11, 12)]
    found = told([*good, *bad], PANES)
    firing = {each.rule: each for each in found if each.state == "firing" and each.seq == 1}
    assert firing["past"].at == "1970-01-08T11:00:00Z"
    assert firing["past"].evidence["usual"] == 88.8889
    assert firing["open"].at == "1970-01-08T11:00:00Z"
    assert firing["fallen"].at == "1970-01-08T11:00:00Z"
    assert firing["fallen"].evidence["usual"] == 88.8889
    assert "has suddenly fallen to" in firing["fallen"].summary
    assert "clearly worse than at these hours a week ago, 88.9 %" in firing["fallen"].summary
    assert {each.rule for each in found if each.state == "resolved"} == {"past", "open", "fallen"}
    assert "worse than at these hours a week ago, 88.9 %" in firing["past"].summary


def test_who_is_always_behind_pages_when_farther_behind() -> None:
    """Chat has 60 where the phone has 90; at ten on the ninth day it has 20."""
    usual = [
        (hour, score, count, channel)
        for hour in range(PANES)
        for channel, good in (("phone", 45), ("chat", 30))
        for score, count in ((5, good), (1, 50 - good))
    ]
    bad = [(8 * 24 + hour, 1, 100, "chat") for hour in (10, 11, 12, 13)]
    found = [each for each in told([*usual, *bad], PANES) if each.rule == "behind"]
    assert [(each.state, dict(each.scope)) for each in found] == [
        ("firing", {"channel": "chat"}),
        ("resolved", {"channel": "chat"}),
    ]
    assert "1970-01-09T11:00:00Z" <= found[0].at <= "1970-01-09T13:00:00Z"
    assert found[0].evidence["usual_gap"] == 30
    assert "points more than at these hours a week ago" in found[0].summary
    assert "no longer clearly farther behind the others than at these hours a week ago" in found[1].summary
