"""The precision of rules, and how soon their alerts are acknowledged, as Prometheus reads it."""

from prometheus_client import CollectorRegistry, generate_latest

from stream.monitoring.verdicts import MOST_RULES, VerdictCollector
from tests.fakes import Said


def _text(said: Said) -> str:
    registry = CollectorRegistry()
    registry.register(VerdictCollector(said))
    return generate_latest(registry).decode()


def test_precision_is_what_was_worth_it_among_what_was_judged() -> None:
    """Known alerts were worth it; rules without a verdict have no precision."""
    text = _text(Said({("low", "true"): 2, ("low", "known"): 1, ("low", "false"): 1, ("bad", "false"): 1}))
    assert 'tocsin_alert_verdicts{rule="low",verdict="true"} 2.0' in text
    assert 'tocsin_rule_precision_ratio{rule="low"} 0.75' in text
    assert 'tocsin_rule_precision_ratio{rule="bad"} 0.0' in text


def test_the_time_to_acknowledge_is_the_median_of_a_rule() -> None:
    """One long night does not hide that people are quick."""
    text = _text(Said(acknowledged={"low": [60.0, 30.0, 9000.0]}))
    assert 'tocsin_alerts_acknowledged{rule="low"} 3.0' in text
    assert 'tocsin_alert_acknowledge_seconds{rule="low"} 60.0' in text


def test_rules_on_a_page_are_bounded() -> None:
    """Names come from a topic, on which somebody else may have written."""
    names = [f"r{number}" for number in range(MOST_RULES + 5)]
    text = _text(Said({(name, "true"): 1 for name in names}, {name: [1.0] for name in names}))
    for metric in ("tocsin_alert_verdicts", "tocsin_rule_precision_ratio", "tocsin_alerts_acknowledged"):
        assert text.count(f"\n{metric}{{") == MOST_RULES
