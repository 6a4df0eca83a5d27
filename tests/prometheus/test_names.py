"""promtool's opinion of our metrics' names, types and texts."""

import subprocess

from alerts.transitions import Score
from stream.messages.records import Stream
from stream.monitoring.metrics import Metrics
from tests.builders import plan_of
from tests.fakes import FakeIntake, FakeJudge, FakeWorker

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
    score = Score("csat", {}, dict(scope), 1800, "2026-11-22T10:00:00Z", 81.5, 40, 70.0, 90.0, "ok")
    judge = FakeJudge(plan, 0, 5000, [score], known=[scope], left=[(plan.rulebook.rules[0], scope, 0.5)])
    metrics = Metrics(plan.rulebook)
    metrics.watch(FakeWorker([judge], [FakeIntake(0, {Stream.FEEDBACK: 9000}, {"ids": 5})], {("cx.x", 1): 4}))
    exposition = metrics.exposition()[0]()
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=exposition, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
