"""Judged periods: a sudden alert quotes what came in since the change that it found."""

from datetime import datetime

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from alerts.transitions import Transition
from stream.judge.judge import Judge
from tests.builders import Counted, plan_of
from tests.judging import PHONE, both, fed

RULES = """
indicators: {ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false,
             abandonment: false, contacts: false}
timing: {pane: 10m, lateness: 10m}
rules:
  - {name: fell, indicator: csat, by: [channel], detect: sudden, floor: 80, explain: [topic]}
"""
HAPPY, UNHAPPY = "csat/1-5/5", "csat/1-5/1"


def counted(pane: int, topic: str, cell: str, count: int) -> list[Counted]:
    """Answers on the phone about a topic."""
    finer = ("channel,topic|channel", ("phone", topic))
    return [Counted(pane, PHONE, cell, count), Counted(pane, finer, cell, count)]


def told_of(change: int, unhappy: int) -> Transition:
    """The page after a change at a pane, from when on some answers about billing are unhappy."""
    judge = Judge(plan_of(RULES), 0)
    found = []
    for pane in range(change + 300):
        bad = counted(pane, "billing", UNHAPPY, unhappy) if pane >= change else []
        good = counted(pane, "billing", HAPPY, 1) + counted(pane, "delivery", HAPPY, 2)
        if found := fed(judge, both(pane, [*good, *bad], position=pane)):
            break
    return found[0]


def pane_of(at: object) -> int:
    """The pane that ends at a time."""
    return int(datetime.fromisoformat(str(at)).timestamp()) // 600 - 1


@settings(max_examples=6, phases=(Phase.explicit, Phase.generate))  # each lives for two days
@given(st.integers(200, 260), st.integers(1, 3))
def test_evidence_and_cause_are_of_the_time_since_the_change(change: int, unhappy: int) -> None:
    """Not of the last half hour: the counts go back to the slot in which the change began."""
    told = told_of(change, unhappy)
    since, last = pane_of(told.evidence["since"]), pane_of(told.at)
    assert change <= since <= last
    first = since if last - since < 3 else since // 3 * 3
    panes = last + 1 - first
    missing = max(change - first, 0)
    assert told.evidence["1-5"] == {"1": unhappy * (panes - missing), "5": 3 * panes}
    assert told.cause is not None
    assert (told.cause["dimension"], told.cause["value"]) == ("topic", "billing")
    assert told.cause["n"] == panes + unhappy * (panes - missing)
    assert told.cause["since"] == told.evidence["since"]


def test_a_slow_fall_is_quoted_for_longer_than_half_an_hour() -> None:
    """One unhappy answer in four takes hours to be sure of."""
    told = told_of(203, 1)
    assert pane_of(told.at) - pane_of(told.evidence["since"]) > 6
    assert told.n >= 28
    assert told.value is not None
    assert told.value < 80
