"""Lost alerts: a judge that began from nothing goes on with what is open, or ends it with the reason."""

from collections.abc import Iterable, Sequence
from functools import cache

import pytest

from alerts.delivery.notices.notice import TransitionNews, read_transition
from alerts.latest import LatestNews
from alerts.transitions import Transition, encode
from stream.judge.judge import Judge
from stream.judge.snapshot_format import LostAlert
from stream.messages.verdicts import VerdictMessage
from stream.worker.tasks.lost_alerts import lost_alerts
from tests.builders import plan_of
from tests.detector_events import KINDS
from tests.detector_events import RULES as ALL_KINDS
from tests.judging import RULES, answers, both, fed
from tests.unit.test_known_alerts_of_all_kinds import sections

GONE = "  - {name: gone, indicator: csat, by: [channel], window: 2m, critical: 60, min_answers: 5}\n"


def lost(told: Iterable[Transition], rules: str = RULES, judged_ms: int | None = None) -> list[LostAlert]:
    """What a judge has to know of alerts of which this was told."""
    latest: LatestNews[TransitionNews] = LatestNews()
    for each in told:
        latest.apply(read_transition(encode(each)))
    return lost_alerts(latest.open(), plan_of(rules), 0, judged_ms)


def without_a_past(told: Iterable[Transition], rules: str = RULES) -> Judge:
    """A judge that lost its state and its log, and was told of what is open."""
    judge = Judge(plan_of(rules), 0)
    judge.take_up(lost(told, rules))
    return judge


def brief(told: Sequence[Transition]) -> list[tuple[str, int, str, object]]:
    """Rule, number, state and reason."""
    return [(each.rule, each.seq, each.state, each.evidence.get("reason")) for each in told]


def test_an_open_alert_goes_on_and_ends_when_the_score_is_back() -> None:
    """Nobody is paged again for what was paged, and the end has the id of what was."""
    before = fed(Judge(plan_of(RULES), 0), both(0, answers(0, 2, 8)))
    judge = without_a_past(before)
    assert fed(judge, both(1, answers(1, 2, 8), position=9)) == []
    assert [(rule.name, scope) for rule, _, scope in judge.firing()] == [("low", (("channel", "phone"),))]
    assert fed(judge, both(2, answers(2, 1, 3), position=10)) == []
    ended = fed(judge, both(3, answers(3, 90, 0), position=12))
    assert brief(ended) == [("low", 2, "resolved", None)]
    assert ended[0].id == before[0].id


def test_silence_makes_it_stale_and_resolves_nothing() -> None:
    """Once its window would be empty."""
    judge = without_a_past(fed(Judge(plan_of(RULES), 0), both(0, answers(0, 2, 8))))
    assert fed(judge, both(1, answers(1, 9, 0, ("channel|channel", ("chat",))), position=9)) == []
    assert brief(fed(judge, both(12, position=10))) == [("low", 2, "stale", None)]


def test_one_whose_rule_is_gone_ends_with_the_reason() -> None:
    """Once, also when a snapshot lies between."""
    rules = RULES + GONE
    before = fed(Judge(plan_of(rules), 0), both(0, answers(0, 2, 8)))
    judge = Judge(plan_of(RULES), 0)
    judge.take_up(lost(before))
    judge = Judge.restore(plan_of(RULES), 0, judge.snapshot())
    told = fed(judge, both(1, answers(1, 2, 8), position=9)) + fed(judge, both(2, position=10))
    assert brief(told) == [("gone", 2, "resolved", "rule_removed")]


def test_what_is_left_of_the_log_is_the_alert_that_was_paged() -> None:
    """An episode that began later, for want of what is gone, takes the open one's name."""
    before = fed(Judge(plan_of(RULES), 0), both(0, answers(0, 2, 8)))
    judge = Judge(plan_of(RULES), 0)
    again = fed(judge, both(1, answers(1, 2, 8), position=9))  # in silence
    assert again[0].id != before[0].id
    judge.take_up(lost(before, judged_ms=judge.judged_through_ms))
    ended = fed(judge, both(3, answers(3, 90, 0), position=12))
    assert [(each.id, each.seq, each.state) for each in ended] == [(before[0].id, 2, "resolved")]


def test_of_two_that_are_open_in_a_scope_the_later_one_goes_on() -> None:
    """The other ends: it is of before the last loss."""
    before = fed(Judge(plan_of(RULES), 0), both(0, answers(0, 2, 8)))
    later = fed(Judge(plan_of(RULES), 0), both(3, answers(3, 2, 8)))
    judge = without_a_past(before + later)
    told = fed(judge, both(4, answers(4, 2, 8), position=9)) + fed(judge, both(5, position=10))
    assert [(each.id, each.seq, each.evidence) for each in told] == [
        (before[0].id, 2, {"reason": "state_lost"})
    ]
    assert told[0].summary == (
        "The alert low for phone ends: what was known of it is lost, and it is watched anew."
    )
    assert len(judge.firing()) == 1


def test_a_limit_on_a_volume_is_another_one() -> None:
    """Its window has just begun, and would be told as recovered."""
    rules = RULES.replace(
        "csat, by: [channel], window: 1m, critical: 70", "answers, by: [channel], window: 1m, critical: 5"
    )
    before = fed(Judge(plan_of(rules), 0), both(0, answers(0, 2, 8)))
    assert brief(before) == [("low", 1, "firing", None)]
    told = fed(without_a_past(before, rules), both(1, answers(1, 1, 0), position=9))
    told += fed(without_a_past(before, rules), both(1, answers(1, 1, 0), position=9) + both(2, position=10))
    assert brief(told) == [("low", 2, "resolved", "state_lost")]


def test_forged_alerts_are_none() -> None:
    """Their id is not that of rule, scope and start, or they have no time."""
    before = read_transition(encode(fed(Judge(plan_of(RULES), 0), both(0, answers(0, 2, 8)))[0]))
    for changes in (
        {"id": "a"},
        {"started_at": "1"},
        {"at": "x"},
        {"scope": {"team": "x"}},
        {"at": "2026-01-01"},
    ):
        forged = TransitionNews(
            **{**{name: getattr(before, name) for name in before.__struct_fields__}, **changes}
        )
        assert lost_alerts([forged], plan_of(RULES), 0, None) == []


@cache
def news_by_section() -> list[list[Transition]]:
    """What each section of nine days makes known."""
    judge = Judge(plan_of(ALL_KINDS), 0)
    return [judge.feed(section, 0) for section in sections()]


def up_to_its_alert(rule: str) -> tuple[list[Transition], int, Transition]:
    """All that is told up to a rule's first alert, how many sections that took, and the alert."""
    told: list[Transition] = []
    for place, news in enumerate(news_by_section()):
        told += news
        if fires := [each for each in news if each.rule == rule and each.state == "firing"]:
            return told, place + 1, fires[0]
    raise AssertionError(rule)


@pytest.mark.parametrize("rule", sorted(KINDS))
def test_no_kind_pages_twice(rule: str) -> None:
    """What is open goes on under its name, whatever found it, and a verdict ends it."""
    told, place, alert = up_to_its_alert(rule)
    judge = without_a_past(told, ALL_KINDS)
    said = judge.feed_all((each, 0) for each in sections()[place:])
    mine = [each for each in said if (each.rule, each.scope) == (rule, alert.scope)]
    assert {each.id for each in mine} <= {alert.id}
    assert [each.seq for each in mine] == list(range(2, len(mine) + 2))
    assert "firing" not in {each.state for each in mine}
    judge = without_a_past(told, ALL_KINDS)
    judge.feed_all((each, 0) for each in sections()[place : place + 2])
    ended = judge.feed(VerdictMessage(alert.id, "known", 1), 0)
    assert brief(ended) == [(rule, 2, "resolved", "known")]


@pytest.mark.parametrize("rule", ["hush", "low", "burn"])
def test_a_judge_that_reads_all_again_says_the_same(rule: str) -> None:
    """An alert is taken up where its last news were told, and is known there; however the log is cut."""
    plan, log = plan_of(ALL_KINDS), [(each, 0) for each in sections()]
    told = [each for news in news_by_section() for each in news]
    before, _, _ = up_to_its_alert(rule)
    judge = without_a_past(before, ALL_KINDS)
    assert judge.feed_all(log) == told
    judge = without_a_past(before, ALL_KINDS)
    first = judge.feed_all(log[:40])
    judge = Judge.restore(plan, 0, judge.snapshot())
    assert first + [each for part in log[40:] for each in judge.feed(*part)] == told
