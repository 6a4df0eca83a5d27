"""How good rules are, and how soon somebody takes care of their alerts: read when Prometheus asks."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Final, Protocol

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

MOST_RULES: Final = 1_000
"""Rules on a page: their names are read from topics, which are longer-lived than rules files."""


class SaidOfAlerts(Protocol):
    """What people have said of alerts, as every worker hears it."""

    def verdicts(self) -> Mapping[tuple[str, str], int]:
        """How many alerts of a rule were judged so: by rule and verdict (true, false, known)."""
        ...

    def acknowledged_after_s(self) -> Mapping[str, Sequence[float]]:
        """By rule: seconds from an alert's first firing until somebody took care of it."""
        ...


class VerdictCollector(Collector):
    """Verdicts and the precision that follows; acknowledgements and how long they took.

    Every worker knows all, so take the greatest of them.
    """

    def __init__(self, said: SaidOfAlerts) -> None:
        self._said = said

    def collect(self) -> Iterator[Metric]:
        """As of now."""
        yield from _precision(self._said.verdicts())
        yield from _acknowledgements(self._said.acknowledged_after_s())


def _precision(found: Mapping[tuple[str, str], int]) -> Iterator[Metric]:
    counts = GaugeMetricFamily(
        "tocsin_alert_verdicts", "Alerts that people have judged.", labels=["rule", "verdict"]
    )
    ratio = GaugeMetricFamily(
        "tocsin_rule_precision_ratio", "Share of judged alerts that were worth it.", labels=["rule"]
    )
    rules = sorted({rule for rule, _ in found})[:MOST_RULES]
    for (rule, verdict), count in sorted(found.items()):
        if rule in rules:
            counts.add_metric([rule, verdict], count)
    for rule in rules:
        good = found.get((rule, "true"), 0) + found.get((rule, "known"), 0)
        ratio.add_metric([rule], good / (good + found.get((rule, "false"), 0)))
    yield from (counts, ratio)


def _acknowledgements(found: Mapping[str, Sequence[float]]) -> Iterator[Metric]:
    count = GaugeMetricFamily(
        "tocsin_alerts_acknowledged", "Alerts that somebody has acknowledged.", labels=["rule"]
    )
    after = GaugeMetricFamily(
        "tocsin_alert_acknowledge_seconds",
        "Median time from an alert's first firing to its acknowledgement.",
        labels=["rule"],
    )
    for rule in sorted(found)[:MOST_RULES]:
        count.add_metric([rule], len(found[rule]))
        after.add_metric([rule], median(found[rule]))
    yield from (count, after)
