"""Known alerts: one of which somebody says that it is known ends, and only what is worse is news."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.states import Known
from alerts.transitions import Transition
from stream.judge.judge import Judge
from stream.messages.verdicts import VerdictMessage
from tests.builders import plan_of
from tests.judging import CHAT, RULES, answers, both, fed

TWO_LIMITS = RULES.replace("critical: 70", "warning: 80, critical: 50")
SUDDEN = RULES + "  - {name: fell, indicator: csat, by: [channel], detect: sudden, floor: 75, explain: []}\n"
if TYPE_CHECKING:
    from stream.messages.tallies import TallyMessage

Told = list[tuple[str, str, int]]


class Day:
    """A judge that hears some answers a pane, in order."""

    def __init__(self, rules: str = RULES) -> None:
        self.plan = plan_of(rules)
        self.judge = Judge(self.plan, 0)
        self.log: list[TallyMessage | VerdictMessage] = []
        self._pane = 0

    def hear(self, happy: int, unhappy: int, panes: int = 1) -> list[Transition]:
        """So many happy and unhappy answers by phone in each of some panes; what is told."""
        told = []
        for _ in range(panes):
            sections = both(self._pane, answers(self._pane, happy, unhappy), position=self._pane + 1)
            self._pane += 1
            self.log += sections
            told += fed(self.judge, sections)
        return told

    def say(self, alert: str, verdict: Known = "known") -> list[Transition]:
        """Somebody says that an alert is known; what is told."""
        said = VerdictMessage(alert, verdict, 0)
        self.log.append(said)
        return self.judge.feed(said, 0)


def short(told: Sequence[Transition]) -> Told:
    """Rule, state and severity, and number."""
    return [(f"{each.rule} {each.state}", each.severity, each.seq) for each in told]


@pytest.mark.parametrize("verdict", ["known", "new_normal"])
def test_a_known_alert_ends_with_that_reason(verdict: Known) -> None:
    """At once, at the end of the last judged pane, under its own id and the next number."""
    day = Day()
    [fires] = day.hear(2, 8)
    [ends] = day.say(fires.id, verdict)
    assert (ends.id, ends.seq, ends.state, ends.severity) == (fires.id, 2, "resolved", "critical")
    assert (ends.at, ends.started_at, ends.limit) == (fires.at, fires.started_at, 70)
    assert ends.evidence["reason"] == verdict
    assert (ends.value, ends.n) == (20, 10)
    assert "is known, somebody says" in ends.summary


def test_a_known_breach_is_no_news_until_it_has_been_over() -> None:
    """What stays below its limit pages nobody; after a recovery, of which nobody hears either, it does."""
    day = Day()
    [fires] = day.hear(2, 8)
    day.say(fires.id)
    assert day.hear(2, 8, panes=20) == []
    assert day.hear(10, 0, panes=10) == []
    [again] = day.hear(0, 60)
    assert (again.state, again.seq) == ("firing", 1)
    assert again.id != fires.id


def test_a_known_breach_that_gets_louder_is_news() -> None:
    """A known warning says nothing; what becomes critical is an alert of its own, and ends as any other."""
    day = Day(TWO_LIMITS)
    [fires] = day.hear(7, 3)
    assert fires.severity == "warning"
    day.say(fires.id)
    assert day.hear(7, 3, panes=10) == []
    assert short(day.hear(0, 60)) == [("low firing", "critical", 1)]
    assert short(day.hear(90, 0, panes=10))[-1][0] == "low resolved"


def test_a_known_fall_is_the_new_reference() -> None:
    """Sudden: what was usual and what it is now are told, and a further fall from there pages."""
    day = Day(SUDDEN)
    day.hear(9, 1, panes=100)
    fires = next(each for each in day.hear(6, 4, panes=60) if each.rule == "fell")
    [ends] = day.say(fires.id, "new_normal")
    assert (ends.state, ends.seq, ends.evidence["reason"]) == ("resolved", 2, "new_normal")
    assert ends.evidence["new_level"] == {"severity": "info", "usual": 75.0, "now": pytest.approx(60, abs=2)}
    assert ends.limit is not None
    assert 50 < ends.limit < 58
    assert "and fires again" in ends.summary or "it fires again clearly below" in ends.summary
    assert [each for each in day.hear(6, 4, panes=300) if each.rule == "fell"] == []
    worse = [each for each in day.hear(3, 7, panes=60) if each.rule == "fell"]
    assert short(worse) == [("fell firing", "critical", 1)]


def test_a_repeated_verdict_changes_nothing() -> None:
    """Nor does one of an alert that is over, that nobody knows, or that was told to nobody."""
    day = Day(RULES.replace("min_answers: 5", "min_answers: 5, for: 30s"))
    pending = day.hear(2, 8)
    assert [each.state for each in pending] == ["pending"]
    for alert in (pending[0].id, "0" * 24, ""):
        before = day.judge.snapshot()
        assert day.say(alert) == []
        assert day.judge.snapshot() == before
    day.hear(2, 8, panes=4)
    assert len(day.say(pending[0].id)) == 1
    before = day.judge.snapshot()
    assert day.say(pending[0].id) == []
    assert day.judge.snapshot() == before


def test_other_scopes_are_left_alone() -> None:
    """What is known of one channel is news on another."""
    day = Day()
    [fires] = day.hear(2, 8)
    day.say(fires.id)
    told = fed(day.judge, both(1, answers(1, 0, 9, CHAT), position=9))
    assert [(each.scope, each.state) for each in told] == [({"channel": "chat"}, "firing")]


def test_before_anything_is_judged_there_is_nothing_to_say() -> None:
    """A judge that has only begun passes a verdict over."""
    assert Day().say("0" * 24) == []


def test_a_known_alert_whose_rule_is_removed_is_not_told_again() -> None:
    """Everybody has heard that it is over."""
    day = Day(RULES + "  - {name: gone, indicator: csat, by: [channel], window: 2m, critical: 50}\n")
    gone = next(each for each in day.hear(2, 80) if each.rule == "gone")
    day.say(gone.id)
    restored = Judge.restore(plan_of(RULES), 0, day.judge.snapshot())
    assert [each for each in fed(restored, both(9, position=9)) if each.rule == "gone"] == []


@settings(max_examples=25)
@given(
    cuts=st.lists(st.integers(0, 400), max_size=6),
    said_at=st.integers(12, 40),
    levels=st.lists(st.integers(0, 10), min_size=4, max_size=6),
    restarts=st.booleans(),
)
def test_what_is_told_is_a_function_of_the_log(
    cuts: list[int], said_at: int, levels: list[int], *, restarts: bool
) -> None:
    """However the log is cut into batches, and whether a judge is killed between two of them and goes on."""
    day = Day(SUDDEN)
    told = day.hear(9, 1, panes=10)
    for number, happy in enumerate(levels):
        for _ in range(15):
            told += day.hear(happy, 10 - happy)
            if len(day.log) // 2 == said_at + 20 * number:
                fired = [each.id for each in told if each.state == "firing"]
                told += day.say(fired[-1]) if fired else []
    ends = [0, *sorted(min(cut, len(day.log)) for cut in cuts), len(day.log)]
    judge, again = Judge(day.plan, 0), []
    for start, stop in pairwise(ends):
        again += judge.feed_all((each, 0) for each in day.log[start:stop])
        if restarts:
            judge = Judge.restore(day.plan, 0, judge.snapshot())
    assert again == told
