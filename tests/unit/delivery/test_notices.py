"""Notices: a transition in the envelope of Standard Webhooks."""

import orjson
import pytest

from alerts.delivery.notices.notice import MOST_BYTES, NotATransition, notice
from alerts.delivery.open_alerts import OpenAlerts

TRANSITION = {
    "id": "a1",
    "seq": 2,
    "rule": "csat-low",
    "severity": "critical",
    "state": "firing",
    "indicator": "csat",
    "definition": {"formula": "share"},
    "scope": {"channel": "phone"},
    "window_s": 1800,
    "at": "2026-11-22T10:00:00Z",
    "started_at": "2026-11-22T09:50:00Z",
    "value": 41.0,
    "n": 40,
    "low": 30.0,
    "high": 49.0,
    "limit": 50.0,
    "summary": "csat of phone is 41",
    "evidence": {"positive": 16},
    "cause": None,
}


def _value(**changes: object) -> bytes:
    return orjson.dumps({**TRANSITION, **changes})


def test_the_body_is_the_transition_in_an_envelope() -> None:
    """Type, event time, and the value of cx.alerts as it is."""
    news = notice(_value())
    assert news is not None
    assert orjson.loads(news.body) == {
        "type": "cx.alert.firing",
        "timestamp": "2026-11-22T10:00:00Z",
        "data": TRANSITION,
    }


def test_the_key_is_the_transition_alone() -> None:
    """Alert id and sequence number make the idempotency key, whoever sends it and however often."""
    news = notice(_value())
    assert news is not None
    assert (news.id, news.alert, news.seq) == ("a1.2", "a1", 2)


def test_labels_are_what_routes_match() -> None:
    """Rule, severity, indicator and the scope's dimensions."""
    news = notice(_value())
    assert news is not None
    assert news.labels == {
        "rule": "csat-low",
        "severity": "critical",
        "indicator": "csat",
        "channel": "phone",
    }


@pytest.mark.parametrize(
    ("state", "told", "final"),
    [("pending", False, False), ("firing", True, False), ("stale", True, False), ("resolved", True, True)],
)
def test_nobody_is_told_of_what_may_come_to_nothing(state: str, *, told: bool, final: bool) -> None:
    """Pending alerts are for the topic; firing, stale and resolved are for people."""
    news = notice(_value(state=state))
    assert (news is not None) is told
    assert (news is not None and news.final) is final


@pytest.mark.parametrize("value", [None, b"", b"[]", b"{}", b'{"id": 1}', b"\xff"])
def test_what_is_no_transition_is_said_to_be_none(value: bytes | None) -> None:
    """Anyone may write to a topic."""
    with pytest.raises(NotATransition):
        notice(value)


@pytest.mark.parametrize("field", ["evidence", "cause", "definition", "unknown"])
@pytest.mark.parametrize("levels", [250, 400, 5_000])
def test_what_is_too_deep_to_be_told_is_no_transition(field: str, levels: int) -> None:
    """It is read from the topic, and could be written nowhere: who lists alerts would fail at it."""
    deep = b'{"a":' + b"[" * levels + b"]" * levels + b"}"
    value = _value(more="HERE").replace(b'"more":"HERE"', b'"%b":%b' % (field.encode(), deep))
    assert deep in value
    with pytest.raises(NotATransition):
        notice(value)
    alerts = OpenAlerts()
    alerts.apply(value)
    assert alerts.all() == []


def test_a_notice_stays_small() -> None:
    """Evidence that would make a notice large is left out; it can be looked up on cx.alerts."""
    news = notice(_value(evidence={"counts": ["x" * 1000] * 30}, cause={"team": "x" * 1000}))
    assert news is not None
    assert len(news.body) < MOST_BYTES
    data = orjson.loads(news.body)["data"]
    assert (data["evidence"], data["cause"], data["value"]) == ({}, None, 41.0)
