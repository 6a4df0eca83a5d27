"""What every worker knows of all alerts."""

from datetime import UTC, datetime

import orjson

from alerts.delivery.grouping.group_log import GroupNews, encode_group
from alerts.delivery.notices.notice import TransitionNews, notice
from alerts.delivery.open_alerts import OpenAlerts
from alerts.paging import Comparison, Inhibition, Matcher, RuleAbout
from tests.post import transition

KAFKAS_LIMIT = 1_048_588
"""Bytes of a batch, unless a topic says otherwise."""


def _news(value: bytes) -> TransitionNews:
    found = notice(value)
    assert found is not None
    return found.news


def _at(value: bytes, at: str, **more: object) -> bytes:
    return orjson.dumps({**orjson.loads(value), "at": at, "started_at": at, **more})


def test_the_latest_transition_counts_in_whatever_order() -> None:
    """Partitions come as they like; what is not a transition is passed over."""
    known = OpenAlerts()
    for value in (transition("a", 2, "resolved"), transition("a", 1), b"nothing", transition("b", 1)):
        known.apply(value)
    assert [each.id for each in known.open()] == ["b"]
    assert {each.id for each in known.all()} == {"a", "b"}
    assert [each.seq for each in known.named("a")] == [2]


def test_what_is_larger_than_any_of_ours_is_passed_over() -> None:
    """What a group writes of an alert must fit into a message, however short its numbers were written."""
    known = OpenAlerts()
    evidence = b'"evidence":{"x":[' + b"1e15," * 52_000 + b"1]},"
    value = b"{" + evidence + transition("a", 1)[1:]
    known.apply(value)
    assert [each.id for each in known.open()] == ["a"]
    record = GroupNews(group="g", receiver="r", place="", labels={}, value=orjson.loads(value), at_s=1.0)
    assert len(encode_group(record)) < KAFKAS_LIMIT
    known.apply(b"{" + evidence.replace(b"[", b"[" + b"1e15," * 1_000) + transition("b", 1)[1:])
    assert [each.id for each in known.open()] == ["a"]


def test_episodes_of_a_day_are_counted() -> None:
    """The third time in 24 h is told as such; older ones and other scopes do not count."""
    known = OpenAlerts()
    known.apply(_at(transition("old", 1), "2026-11-20T09:00:00Z"))
    known.apply(_at(transition("a", 1), "2026-11-22T09:00:00Z"))
    known.apply(_at(transition("b", 1), "2026-11-22T10:00:00Z"))
    known.apply(_at(transition("x", 1), "2026-11-22T10:00:00Z", scope={"channel": "chat"}))
    assert known.times(_news(_at(transition("c", 1), "2026-11-22T11:00:00Z"))) == 3


def test_an_alert_keeps_others_from_being_told() -> None:
    """While it fires, where the labels that must be equal are."""
    rule = Inhibition(
        (Matcher("severity", Comparison.EQUAL, ("critical",)),),
        (Matcher("severity", Comparison.EQUAL, ("warning",)),),
        ("channel",),
    )
    known = OpenAlerts(inhibit=[rule])
    quiet = _news(transition("w", 1, severity="warning"))
    assert known.inhibitor(quiet, quiet.labels) == ""
    known.apply(transition("c", 1))
    assert known.inhibitor(quiet, quiet.labels) == "c"
    assert known.inhibitor(quiet, {**quiet.labels, "channel": "chat"}) == ""
    assert known.inhibitor(_news(transition("c", 1)), {**quiet.labels}) == ""
    known.apply(transition("c", 2, severity="warning"))
    assert known.inhibitor(quiet, quiet.labels) == ""
    known.apply(transition("c", 3))
    assert known.inhibitor(quiet, quiet.labels) == "c"
    known.apply(transition("c", 4, "resolved"))
    assert known.inhibitor(quiet, quiet.labels) == ""


def test_memory_is_bounded_and_what_fires_stays() -> None:
    """What is over goes first, and what is pending, of which there are ever more."""
    known = OpenAlerts(most=2)
    known.apply(transition("fires", 1))
    for name, state in (("a", "resolved"), ("b", "pending"), ("c", "pending")):
        known.apply(transition(name, 1, state))
    assert {each.id for each in known.all()} == {"fires", "c"}


def test_what_fires_again_is_not_over_and_where_all_fire_the_oldest_goes() -> None:
    """Numbered transitions of one alert may go on after its end."""
    known = OpenAlerts(most=2)
    for value in (transition("a", 1, "resolved"), transition("a", 2), transition("b", 1)):
        known.apply(value)
    known.apply(transition("c", 1))
    assert {each.id for each in known.all()} == {"b", "c"}
    known.apply(transition("c", 2, "resolved"))
    known.apply(transition("d", 1))
    assert {each.id for each in known.all()} == {"b", "d"}


def test_when_an_alert_fired_first_is_remembered() -> None:
    """Louder, stale or over: the time of its first firing stays; what never fired has none."""
    known = OpenAlerts()
    known.apply(_at(transition("a", 1, "pending"), "2026-11-22T10:00:00Z"))
    assert known.fired_s("a") is None
    known.apply(_at(transition("a", 2), "2026-11-22T10:05:00Z"))
    known.apply(_at(transition("a", 3, severity="warning"), "2026-11-22T10:09:00Z"))
    known.apply(_at(transition("a", 4, "resolved"), "2026-11-22T11:00:00Z"))
    assert known.fired_s("a") == datetime(2026, 11, 22, 10, 5, tzinfo=UTC).timestamp()


def test_two_alerts_never_keep_each_other_from_being_told() -> None:
    """Of those that are both source and target each would wait for the other; what is target alone waits."""
    critical = (Matcher("severity", Comparison.EQUAL, ("critical",)),)
    known = OpenAlerts(inhibit=[Inhibition(critical, (), ())])
    first, second = (_news(transition(name, 1)) for name in ("a", "b"))
    quiet = _news(transition("w", 1, severity="warning"))
    known.apply(transition("a", 1))
    known.apply(transition("b", 1))
    assert known.inhibitor(first, first.labels) == ""
    assert known.inhibitor(second, second.labels) == ""
    assert known.inhibitor(quiet, quiet.labels) == "a"


def test_an_owner_is_a_label_of_both_sides() -> None:
    """What fires has the owner of its rule, as what it keeps from being told has."""
    csat = (Matcher("rule", Comparison.EQUAL, ("csat-low",)),)
    by_owner = Inhibition((Matcher("owner", Comparison.EQUAL, ("ann",)),), (), ("owner",))
    about = {"csat-low": RuleAbout(owner="ann"), "other": RuleAbout(owner="ann")}
    known = OpenAlerts(inhibit=[Inhibition(csat, (), ("owner",)), by_owner], about=about)
    known.apply(transition("a", 1))
    quiet = _news(_at(transition("w", 1, severity="warning"), "2026-11-22T10:00:00Z", rule="other"))
    assert known.inhibitor(quiet, about["other"].labels(quiet.labels)) == "a"
    assert known.inhibitor(quiet, {**quiet.labels, "owner": "bob"}) == ""


def test_an_end_that_is_all_there_is_left_is_known_as_such() -> None:
    """Its beginning was so long ago that cx.alerts have it no more; it may just not have been read, too."""
    known, end = OpenAlerts(), transition("a", 3, "resolved")
    assert not known.is_forgotten(_news(end))
    known.apply(end)
    assert known.is_forgotten(_news(end))
    assert not known.is_forgotten(_news(transition("a", 3, "stale")))
    for before in (transition("b", 1), transition("b", 2, "stale")):
        known.apply(before)
        assert not known.is_forgotten(_news(transition("b", 3, "resolved")))
    known.apply(transition("b", 3, "resolved"))
    assert not known.is_forgotten(_news(transition("b", 3, "resolved")))
