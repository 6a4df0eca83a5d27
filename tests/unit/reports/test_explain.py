"""Explanations: every reading judged, with its reason."""

from zoneinfo import ZoneInfo

import orjson
import pytest

from alerts.errors import SettingsError
from alerts.readings import Reading
from alerts.rules import Rule, Severity, Threshold
from alerts.states import State, Verdict
from stream.judge.evaluation.explained import Explained
from stream.reports.explain import ExplainChoice, choice, explanation_json, explanation_text

RULE = Rule(
    name="low",
    indicator="csat",
    by=("channel",),
    detect=Threshold(window_ms=600_000, warning=80, critical=50),
)
EXPLAINED = Explained(
    rule=RULE,
    scope=(("channel", "phone"),),
    at_ms=1_767_225_600_000,
    reading=Reading(42.0, 31, 25.123456, 60.0),
    limit=50.0,
    verdict=Verdict.BREACH,
    severity=Severity.CRITICAL,
    state=State.FIRING,
    reason="below the critical limit",
)
EMPTY = Explained(
    rule=RULE,
    scope=(),
    at_ms=0,
    reading=Reading(None, 0, None, None),
    limit=None,
    verdict=Verdict.STALE,
    severity=None,
    state=State.STALE,
    reason="no answers",
)


def test_one_line_says_it_all() -> None:
    """When, where, what, how sure, and why."""
    assert explanation_text(EXPLAINED, ZoneInfo("Europe/Paris")) == (
        "2026-01-01 01:00:00  low  phone  42 (25.12 to 60) n 31  breach -> firing  below the critical limit"
    )
    assert explanation_text(EMPTY, ZoneInfo("UTC")) == (
        "1970-01-01 00:00:00  low  all channels together  - n 0  stale -> stale  no answers"
    )


def test_json_has_the_same_facts() -> None:
    """One object per line."""
    line = explanation_json(EXPLAINED)
    assert line.endswith(b"}\n")
    assert orjson.loads(line) == {
        "at": "2026-01-01T00:00:00Z",
        "rule": "low",
        "scope": {"channel": "phone"},
        "value": 42.0,
        "n": 31,
        "low": 25.1235,
        "high": 60.0,
        "limit": 50.0,
        "verdict": "breach",
        "severity": "critical",
        "state": "firing",
        "reason": "below the critical limit",
    }
    assert orjson.loads(explanation_json(EMPTY))["severity"] is None


def test_rules_and_scopes_may_be_chosen() -> None:
    """A scope must have every value that is asked for, and may have others."""
    chosen = choice(["low"], ["low", "high"], ["channel=phone", "team=a=b"])
    assert chosen == ExplainChoice(frozenset({"low"}), {"channel": "phone", "team": "a=b"})
    assert chosen.holds("low", {"channel": "phone", "team": "a=b", "stage": "x"})
    assert not chosen.holds("low", {"channel": "phone"})
    assert not chosen.holds("high", {"channel": "phone", "team": "a=b"})
    assert ExplainChoice().holds("any", {})


@pytest.mark.parametrize(
    ("rules", "scopes", "message"),
    [
        (["lwo"], [], '--rule: want one of low, got "lwo"'),
        ([], ["phone"], '--scope: want DIMENSION=VALUE such as channel=phone, got "phone"'),
        ([], ["chanel=phone"], '--scope: want DIMENSION=VALUE such as channel=phone, got "chanel=phone"'),
    ],
)
def test_choices_that_name_nothing_are_mistakes(rules: list[str], scopes: list[str], message: str) -> None:
    """A typing mistake must not look like a quiet rule."""
    with pytest.raises(SettingsError) as caught:
        choice(rules, ["low"], scopes)
    assert str(caught.value) == message
