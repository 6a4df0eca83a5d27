"""promtool's opinion of our metrics' names, types and texts."""

import subprocess
from pathlib import Path

from alerts.transitions import Score
from stream.gateway.metrics import GatewayMetrics
from stream.gateway.source_file import parse_sources, resolved
from stream.messages.records import Stream
from stream.monitoring.exposition import Exposed
from stream.monitoring.metrics import Metrics
from stream.monitoring.verdicts import VerdictCollector
from tests.builders import plan_of
from tests.fakes import FakeIntake, FakeJudge, FakeWorker, Said

RULES = """
rules:
  - {name: low, indicator: csat, by: [channel], window: 30m, warning: 80, critical: 50}
receivers:
  - {name: desk, webhook: {url: "http://desk.example/hook"}}
"""


def test_promtool_finds_nothing_to_say() -> None:
    """Every metric with at least one sample follows Prometheus' naming rules."""
    plan = plan_of(RULES)
    scope = (("channel", "phone"),)
    score = Score(
        indicator="csat",
        definition={},
        scope=dict(scope),
        window_s=1800,
        at="2026-11-22T10:00:00Z",
        value=81.5,
        n=40,
        low=70.0,
        high=90.0,
        status="ok",
    )
    judge = FakeJudge(plan, 0, 5000, [score], known=[scope], left=[(plan.rulebook.rules[0], scope, 0.5)])
    metrics = Metrics(plan.rulebook)
    metrics.watch(FakeWorker([judge], [FakeIntake(0, {Stream.FEEDBACK: 9000}, {"ids": 5})], {("cx.x", 1): 4}))
    metrics.registry.register(VerdictCollector(Said({("low", "true"): 2}, {"low": [60.0]})))
    _check(metrics)


def test_nor_of_the_gateways() -> None:
    """Its counters and histogram, with a source."""
    sources = "sources: [{name: desk, kind: events, path: /in/desk-0123456789abcdef0123456789abcdef}]"
    _check(GatewayMetrics(resolved(parse_sources(sources, "s.yaml", Path()), {})))


def _check(metrics: Exposed) -> None:
    exposition = metrics.exposition()[0]()
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=exposition, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
