"""Alerts on Tocsin itself: each has a runbook that its link leads to, and a test in which it fires."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GROUPS: list[dict[str, Any]] = yaml.safe_load((ROOT / "grafana/prometheus-rules.yml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = [rule for rule in RULES if "alert" in rule]
RECORDED = [rule for rule in RULES if "record" in rule]
UNIT_TESTS: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests/prometheus/rules_test.yml").read_text())[
    "tests"
]
SECTIONS = dict(
    re.findall(r"(?ms)^### (Tocsin\w+)\n(.*?)(?=^#|\Z)", (ROOT / "docs/operating.md").read_text())
)


def _name(rule: dict[str, Any]) -> str:
    return str(rule.get("alert") or rule["record"])


def test_runbook_and_rules_name_the_same_alerts() -> None:
    """No alert without a section, none twice, and no section on what cannot fire."""
    assert sorted(SECTIONS) == sorted(_name(rule) for rule in ALERTS)
    assert len(ALERTS) > 20


@pytest.mark.parametrize("rule", ALERTS, ids=_name)
def test_a_section_says_what_it_means_where_to_look_and_what_to_do(rule: dict[str, Any]) -> None:
    """In this order, each of them with something in it."""
    parts = re.split(r"\*\*(\w+)\*\*:?", SECTIONS[rule["alert"]])
    assert parts[1::2] == ["Means", "Look", "Do"]
    assert all(len(text.strip()) > 10 for text in parts[2::2])


@pytest.mark.parametrize("rule", ALERTS, ids=_name)
def test_an_alert_says_how_bad_it_is_in_words_and_where_its_runbook_is(rule: dict[str, Any]) -> None:
    """Severity from our own list; a summary of one line; a link to its heading, as GitHub names it."""
    assert rule["labels"] == {"severity": rule["labels"]["severity"]}
    assert rule["labels"]["severity"] in {"warning", "critical"}
    told = rule["annotations"]
    assert set(told) == {"summary", "description", "runbook_url"}
    assert not told["summary"].endswith(".")
    assert told["description"].endswith(".")
    assert told["runbook_url"].endswith(f"/operating.md#{rule['alert'].lower()}")


def _expected() -> set[str]:
    cases = (case for test in UNIT_TESTS for case in test.get("alert_rule_test", []))
    return {case["alertname"] for case in cases if case.get("exp_alerts")}


@pytest.mark.parametrize("rule", ALERTS, ids=_name)
def test_an_alert_fires_in_a_unit_test(rule: dict[str, Any]) -> None:
    """Whether it does is up to promtool; here is kept that none is forgotten."""
    assert rule["alert"] in _expected()


@pytest.mark.parametrize("rule", RECORDED, ids=_name)
def test_a_recorded_series_has_a_unit_test(rule: dict[str, Any]) -> None:
    """And a name of level, metric and operation."""
    assert re.fullmatch(r"[a-z]+:(cx|tocsin)_\w+:\w+", rule["record"])
    cases = (case for test in UNIT_TESTS for case in test.get("promql_expr_test", []))
    assert any(rule["record"] in case["expr"] for case in cases)
