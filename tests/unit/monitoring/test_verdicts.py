"""The precision of rules as Prometheus reads it."""

from prometheus_client import CollectorRegistry, generate_latest

from stream.monitoring.verdicts import VerdictCollector


def test_precision_is_what_was_worth_it_among_what_was_judged() -> None:
    """Known alerts were worth it; rules without a verdict have no precision."""
    registry = CollectorRegistry()
    registry.register(
        VerdictCollector(
            lambda: {("low", "true"): 2, ("low", "known"): 1, ("low", "false"): 1, ("bad", "false"): 1}
        )
    )
    text = generate_latest(registry).decode()
    assert 'tocsin_alert_verdicts{rule="low",verdict="true"} 2.0' in text
    assert 'tocsin_rule_precision_ratio{rule="low"} 0.75' in text
    assert 'tocsin_rule_precision_ratio{rule="bad"} 0.0' in text
