"""How good rules are, by what people said of their alerts: read when Prometheus asks."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

Verdicts = Mapping[tuple[str, str], int]
"""How many alerts of a rule were judged so: by rule and verdict (true, false, known)."""


class VerdictCollector(Collector):
    """Verdicts, and the precision that follows.  Every worker knows all, so take the greatest of them."""

    def __init__(self, verdicts: Callable[[], Verdicts]) -> None:
        self._verdicts = verdicts

    def collect(self) -> Iterator[Metric]:
        """As of now."""
        found = self._verdicts()
        counts = GaugeMetricFamily(
            "tocsin_alert_verdicts", "Alerts that people have judged.", labels=["rule", "verdict"]
        )
        ratio = GaugeMetricFamily(
            "tocsin_rule_precision_ratio", "Share of judged alerts that were worth it.", labels=["rule"]
        )
        for (rule, verdict), count in sorted(found.items()):
            counts.add_metric([rule, verdict], count)
        for rule in sorted({rule for rule, _ in found}):
            good = found.get((rule, "true"), 0) + found.get((rule, "known"), 0)
            ratio.add_metric([rule], good / (good + found.get((rule, "false"), 0)))
        yield from (counts, ratio)
