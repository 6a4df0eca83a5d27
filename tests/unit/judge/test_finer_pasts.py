"""Causes under rules that compare with a past: what has become worse, and not what is always bad."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.transitions import Transition
from stream.indicators.formulas import Ints
from stream.judge.finer_pasts import Usual
from stream.judge.judge import Judge
from stream.judge.windows.sliding import Window
from tests.builders import Counted, plan_of
from tests.judging import PHONE, both

RULES = """
indicators: {ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false,
             abandonment: false, contacts: false}
timing: {pane: 1h, lateness: 1h, idle_after: 1h}
rules:
  - {name: past, indicator: csat, by: [channel], window: 3h, explain: [topic],
     against: last_week, worse_by: 5 points}
  - {name: fallen, indicator: csat, by: [channel], detect: sudden, explain: [topic],
     against: usual, worse_by: 5 points}
  - {name: low, indicator: csat, by: [channel], window: 3h, explain: [topic], critical: 70, confidence: 0}
"""
WEEK = 7 * 24
TROUBLE = WEEK + 30
"""The pane from which on something is wrong."""

Scores = Mapping[str, tuple[int, int]]
"""Happy and unhappy answers of an hour, by topic."""

ALWAYS: Scores = {"billing": (4, 6), "delivery": (38, 2)}


def counted(pane: int, scores: Scores) -> list[Counted]:
    """Answers on the phone, of which each is about a topic."""
    return [
        Counted(pane, scope, f"csat/1-5/{score}", count)
        for topic, answers in scores.items()
        for score, count in zip((5, 1), answers, strict=True)
        for scope in (PHONE, ("channel,topic|channel", ("phone", topic)))
    ]


def told(trouble: Scores, ends: Sequence[int] = (), restarts: Sequence[int] = ()) -> list[Transition]:
    """All that is told of a week and a day as always, and six hours of trouble; panes close at `ends`."""
    plan, found = plan_of(RULES), []
    judge = Judge(plan, 0)
    for after, through in pairwise([-1, *ends, TROUBLE + 6]):
        came = [
            each
            for pane in range(after + 1, through + 1)
            for each in counted(pane, trouble if pane >= TROUBLE else ALWAYS)
        ]
        found += judge.feed_all((section, 0) for section in both(through, came))
        if through in restarts:
            judge = Judge.restore(plan, 0, judge.snapshot())
    return found


def causes(trouble: Scores) -> dict[str, object]:
    """What is named by each rule's first page."""
    return {each.rule: each.cause for each in reversed(told(trouble)) if each.state == "firing"}


def named(trouble: Scores) -> dict[str, object]:
    """The topic alone."""
    found = causes(trouble)
    return {rule: cause["value"] if isinstance(cause, dict) else None for rule, cause in found.items()}


def test_what_has_fallen_is_named_and_not_what_is_always_bad() -> None:
    """Delivery falls from 95 to 70; billing stands at 40 as ever, and is what a fixed limit is short by."""
    found = causes({"billing": (4, 6), "delivery": (28, 12)})
    assert found.keys() == {"past", "fallen", "low"}
    for rule in ("past", "fallen"):
        cause = found[rule]
        assert isinstance(cause, dict)
        assert (cause["value"], cause["value_score"], cause["usual"]) == ("delivery", 70, 95)
    low = found["low"]
    assert isinstance(low, dict)
    assert (low["value"], low["value_score"]) == ("billing", 40)
    assert "usual" not in low


def test_what_is_new_is_held_against_all() -> None:
    """Of a topic without a past, what all topics are usually like is expected."""
    found = causes({**ALWAYS, "outage": (5, 30)})
    for rule in ("past", "fallen"):
        cause = found[rule]
        assert isinstance(cause, dict)
        assert cause["value"] == "outage"
        assert "usual" not in cause


def test_nobody_is_named_where_all_fell_alike() -> None:
    """Twenty points each: neither is worse than the other by more than it always was."""
    assert named({"billing": (2, 8), "delivery": (30, 10)}) == {
        "past": None,
        "fallen": None,
        "low": "billing",
    }


def test_more_of_what_is_always_bad_is_no_fall() -> None:
    """Four times as many ask about bills, who are as unhappy as ever."""
    assert named({"billing": (16, 24), "delivery": (38, 2)}) == {
        "past": None,
        "fallen": None,
        "low": "billing",
    }


@settings(deadline=None, max_examples=12)
@given(st.lists(st.integers(0, TROUBLE + 5), unique=True, max_size=8).map(sorted), st.data())
def test_how_panes_are_cut_decides_nothing(ends: list[int], data: st.DataObject) -> None:
    """Nor do restarts."""
    restarts = data.draw(st.lists(st.sampled_from(ends), unique=True, max_size=3)) if ends else []
    trouble: Scores = {"billing": (4, 6), "delivery": (28, 12)}
    assert told(trouble, ends, restarts) == told(trouble)


def test_pasts_of_many_alerts_are_summed_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sum goes through weeks of counts."""
    asked: list[int] = []
    summed_up = Window.counts_before

    def watched(self: Window, rows: Ints, pane: int) -> Ints:
        asked.append(len(rows))
        return summed_up(self, rows, pane)

    monkeypatch.setattr(Window, "counts_before", watched)
    judge = Judge(plan_of(RULES.replace("by: [channel]", "by: [team]").split("  - {name: fallen")[0]), 0)
    came = [
        Counted(pane, (key, (team, *topic)), f"csat/1-5/{score}", count)
        for pane in range(TROUBLE + 3)
        for team in map("t{}".format, range(20))
        for key, topic in (("team|team", ()), ("team,topic|team", ("billing",)))
        for score, count in ((5, 20), (1, 30 if pane >= TROUBLE else 1))
    ]
    found = list(judge.feed_all((section, 0) for section in both(TROUBLE + 2, came)))
    assert len([each for each in found if each.state == "firing"]) == 20
    assert asked == [20]


def test_few_answers_in_the_past_are_believed_a_little() -> None:
    """Of a value at 40 where all have 79, the offset is half with 25 answers."""
    usual = Usual(np.array([40.0, 80.0, np.nan]), np.array([25, 975, 0]))
    assert usual.offset == pytest.approx([-19.5, 1 * 975 / 1000, 0])
    assert [usual.known(place) for place in range(3)] == [40, 80, None]
