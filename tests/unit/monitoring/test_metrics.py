"""What Prometheus scrapes: counters start at zero, formats are those that Prometheus asks for."""

from dataclasses import dataclass, field

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from alerts.rules import DIMENSIONS
from alerts.transitions import Transition
from stream import __version__
from stream.messages.keys import Keyed
from stream.messages.outcomes import Reason, RecordOutcome, Remark
from stream.messages.records import Stream
from stream.monitoring.metrics import Metrics
from stream.worker.tasks.task_specs import intake_spec, judge_spec
from tests.builders import plan_of
from tests.fakes import FakeWorker

RULES = """
rules:
  - {name: low, indicator: csat, by: [channel], window: 30m, warning: 80, critical: 50}
receivers:
  - {name: desk, webhook: {url: "http://desk.example/hook"}}
"""


@dataclass
class Batch:
    """An intake's output as metrics see it."""

    outcomes: dict[RecordOutcome, int] = field(default_factory=dict)
    reasons: dict[Reason, int] = field(default_factory=dict)
    remarks: dict[Remark, int] = field(default_factory=dict)


def _metrics() -> Metrics:
    return Metrics(plan_of(RULES).rulebook)


def _values(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """Values by label values, in the order of the labels' names."""
    encode, _ = metrics.exposition()
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(encode().decode())
        for sample in family.samples
        if sample.name == name
    }


def test_known_label_sets_start_at_zero() -> None:
    """A rate needs a zero to rise from: outcomes, reasons, states, receivers."""
    metrics = _metrics()
    events = _values(metrics, "tocsin_events_total")
    assert events == {(outcome.value, stream.topic): 0.0 for outcome in RecordOutcome for stream in Stream}
    assert len(_values(metrics, "tocsin_rejected_total")) == len(Reason) * len(Stream) + 1
    assert len(_values(metrics, "tocsin_sampled_keys_total")) == len(Keyed) * len(Stream)
    assert len(_values(metrics, "tocsin_remarks_total")) == len(Remark) * len(Stream)
    assert len(_values(metrics, "tocsin_clock_ahead_total")) == len(Stream)
    assert len(_values(metrics, "tocsin_values_folded_total")) == len(DIMENSIONS) * len(Stream)
    transitions = _values(metrics, "tocsin_alert_transitions_total")
    assert set(transitions) == {
        ("low", severity, state)
        for severity in ("warning", "critical")
        for state in ("pending", "firing", "resolved", "stale")
    }
    assert ("delivered", "desk") in _values(metrics, "tocsin_deliveries_total")
    topics = {("cx.tallies",), ("cx.feedback",), ("cx.interactions",)}
    assert set(_values(metrics, "tocsin_missing_records_total")) == topics


def test_topics_of_snapshots_start_at_zero_too() -> None:
    """Their names have the group's, which the tasks of a worker know."""
    metrics, plan = _metrics(), plan_of(RULES)
    intake_spec(plan, "blue", metrics)
    judge_spec(plan, "blue", metrics)
    assert _values(metrics, "tocsin_unreadable_records_total") == {
        ("cx.tallies",): 0, ("cx.deliveries",): 0,
        ("blue-intake-snapshots",): 0, ("blue-judge-snapshots",): 0,
    }  # fmt: skip


def test_batches_add_up() -> None:
    """Each outcome and reason of a batch is added to its topic."""
    metrics = _metrics()
    batch = Batch({RecordOutcome.ACCEPTED: 5, RecordOutcome.REJECTED: 2}, {Reason.NOT_JSON: 2})
    for _ in range(2):
        metrics.inputs.batch(Stream.FEEDBACK, batch)
    events = _values(metrics, "tocsin_events_total")
    assert events["accepted", "cx.feedback"] == 10
    assert events["accepted", "cx.interactions"] == 0
    assert _values(metrics, "tocsin_rejected_total")["not_json", "cx.feedback"] == 4


def test_transitions_are_counted_and_timed() -> None:
    """One count and one latency per transition."""
    metrics = _metrics()
    transition = Transition(
        id="a",
        seq=1,
        rule="low",
        severity="warning",
        state="firing",
        indicator="csat",
        definition={},
        scope={"channel": "phone"},
        window_s=1800,
        at="2026-11-22T10:00:00Z",
        started_at="2026-11-22T10:00:00Z",
        value=70.0,
        n=40,
        low=60.0,
        high=79.0,
        limit=80.0,
        summary="",
        evidence={},
        cause=None,
    )
    metrics.alerts.transitions([transition, transition], 12.5)
    assert _values(metrics, "tocsin_alert_transitions_total")["low", "warning", "firing"] == 2
    buckets = _values(metrics, "tocsin_alert_latency_seconds_bucket")
    assert (buckets[("10.0",)], buckets[("15.0",)]) == (0, 2)
    metrics.alerts.transitions([transition], -3600.0)  # by a clock that is behind the producer's
    assert _values(metrics, "tocsin_alert_latency_seconds_sum")[()] == 25.0


def test_deliveries_are_counted() -> None:
    """Requests, ends and what waits, by receiver."""
    metrics = _metrics()
    metrics.deliveries.attempt("desk")
    metrics.deliveries.delivery("desk", "delivered")
    metrics.deliveries.waiting("desk", 3)
    assert _values(metrics, "tocsin_delivery_attempts_total") == {("desk",): 1}
    assert _values(metrics, "tocsin_deliveries_total")["delivered", "desk"] == 1
    assert _values(metrics, "tocsin_notices_waiting") == {("desk",): 3}


def test_a_refused_rules_file_shows_until_a_sound_one_comes() -> None:
    """1 while the latest file is in force, 0 while it was refused."""
    metrics = _metrics()
    assert _values(metrics, "tocsin_rules_reload_success") == {(): 1}
    metrics.rules_refused()
    assert _values(metrics, "tocsin_rules_reload_success") == {(): 0}
    metrics.rules_loaded(plan_of(RULES).rulebook)
    assert _values(metrics, "tocsin_rules_reload_success") == {(): 1}


def test_the_build_is_told() -> None:
    """The version as a label, as is the custom."""
    versions = {key[-1] for key in _values(_metrics(), "tocsin_build_info")}
    assert versions == {__version__}


def test_both_formats_are_spoken() -> None:
    """OpenMetrics for whoever accepts it, plain text for the rest; both parse, none has _created series."""
    metrics = _metrics()
    metrics.watch(FakeWorker())
    encode, content_type = metrics.exposition("application/openmetrics-text;version=1.0.0,text/plain;q=0.1")
    text = encode().decode()
    assert content_type.startswith("application/openmetrics-text")
    assert list(openmetrics.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]
    assert "_created" not in text
    assert metrics.exposition()[1].startswith("text/plain")


def test_what_is_formatted_is_what_was_read() -> None:
    """The values stand when `exposition` returns; what happens while they are formatted is for the next."""
    metrics = _metrics()
    encode, _ = metrics.exposition()
    metrics.inputs.batch(Stream.FEEDBACK, Batch({RecordOutcome.ACCEPTED: 5}))
    assert 'tocsin_events_total{outcome="accepted",topic="cx.feedback"} 0.0' in encode().decode()
