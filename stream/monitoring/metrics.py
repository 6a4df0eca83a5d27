"""What Prometheus scrapes: counters that the worker moves, and gauges read from it at scrape time.

Every label set that is known beforehand starts at 0, so that a rate has something to rise from.  No label
carries customer data: dimensions, rules, receivers and closed lists only.
"""

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Metric,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from alerts.delivery.command_seal import CommandOutcome
from alerts.delivery.retry_policy import DeliveryOutcome
from alerts.rules import DIMENSIONS, Rulebook
from alerts.states import State
from alerts.transitions import Transition
from stream import __version__
from stream.messages.keys import Keyed
from stream.messages.outcomes import Reason, RecordOutcome, Remark
from stream.messages.records import Stream
from stream.messages.topic_names import DELIVERIES, TALLIES
from stream.monitoring.gauges import ScrapeTimeCollector, WorkerView, limits

LATENCY_BUCKETS_S: Final = (1, 2, 5, 10, 15, 20, 21, 25, 30, 45, 60, 120, 300)
"""Around pane + lateness + 1 s, which is 21 s unless set: what G8 promises."""

OWN: Final = (TALLIES, DELIVERIES)
"""Topics that we read and that nobody else should write, beside those of snapshots."""
TOLD: Final = tuple(state.word for state in State if state is not State.INACTIVE)
"""States that transitions carry."""


class CountedBatch(Protocol):
    """What metrics read of an `IntakeOutput`."""

    @property
    def outcomes(self) -> Mapping[RecordOutcome, int]:
        """Records fed, by what became of them."""
        ...

    @property
    def reasons(self) -> Mapping[Reason, int]:
        """Rejected records, by reason."""
        ...

    @property
    def remarks(self) -> Mapping[Remark, int]:
        """Records that were taken of which something is worth saying."""
        ...


class Metrics:
    """All metrics of one worker, in a registry of its own."""

    def __init__(self, rulebook: Rulebook) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series per counter that nobody asks for
        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        self._events = counter(
            "tocsin_events", "Input records read, by what became of them.", ["topic", "outcome"]
        )
        self._rejected = counter("tocsin_rejected", "Input records refused, by reason.", ["topic", "reason"])
        self._folded = counter(
            "tocsin_values_folded",
            "Events that count as (other) in a dimension, as it had more values than the limit.",
            ["topic", "dimension"],
        )
        self._ahead = counter(
            "tocsin_clock_ahead",
            "Events whose timestamps are past the time that others agree on: they do not move the watermark.",
            ["topic"],
        )
        self._remarks = counter(
            "tocsin_remarks", "Input records that were taken with a remark.", ["topic", "remark"]
        )
        self._keys = counter(
            "tocsin_sampled_keys",
            "Input records whose keys were looked at, by what they are.",
            ["topic", "key"],
        )
        self._transitions = counter(
            "tocsin_alert_transitions", "Changes of alert states written.", ["rule", "severity", "state"]
        )
        self._deliveries = counter(
            "tocsin_deliveries", "Notices handled, by how they ended.", ["receiver", "outcome"]
        )
        self._attempts = counter("tocsin_delivery_attempts", "Webhook requests sent.", ["receiver"])
        self._latency = Histogram(
            "tocsin_alert_latency_seconds",
            "From the earliest event that may have decided to the transition on its topic.",
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self._missing = counter(
            "tocsin_missing_records", "Input records that were deleted before they were read.", ["topic"]
        )
        self._commands = counter(
            "tocsin_commands", "Records of cx.commands, by what became of them.", ["outcome"]
        )
        self._unreadable = counter(
            "tocsin_unreadable_records", "Records of our own topics that are none of ours.", ["topic"]
        )
        self._waiting = Gauge(
            "tocsin_notices_waiting", "Notices not yet settled.", ["receiver"], registry=self.registry
        )
        self._loaded = Gauge(
            "tocsin_rules_reload_success", "Whether the latest rules file was sound.", registry=self.registry
        )
        self._start(rulebook)

    def _start(self, rulebook: Rulebook) -> None:
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        for stream in Stream:
            self._missing.labels(stream.topic)
            for keyed in Keyed:
                self._keys.labels(stream.topic, keyed.value)
            for outcome in RecordOutcome:
                self._events.labels(stream.topic, outcome.value)
            for reason in Reason:
                self._rejected.labels(stream.topic, reason.value)
            for remark in Remark:
                self._remarks.labels(stream.topic, remark.value)
            self._ahead.labels(stream.topic)
            for dim in DIMENSIONS:
                self._folded.labels(stream.topic, dim)
        for heard in CommandOutcome:
            self._commands.labels(heard.value)
        for topic in OWN:
            self._unreadable.labels(topic)
        build = Gauge("tocsin_build_info", "What runs here.", ["version", "python"], registry=self.registry)
        build.labels(__version__, platform.python_version()).set(1)
        self.rules_loaded(rulebook)

    def rules_loaded(self, rulebook: Rulebook) -> None:
        """These rules are in force from now on."""
        self._loaded.set(1)
        for rule in rulebook.rules:
            for severity in limits(rule):
                for state in TOLD:
                    self._transitions.labels(rule.name, severity.value, state)
        for receiver in rulebook.receivers:
            self._attempts.labels(receiver.name)
            self._waiting.labels(receiver.name)
            for outcome in DeliveryOutcome:
                self._deliveries.labels(receiver.name, outcome.value)

    def rules_refused(self) -> None:
        """A new rules file was wrong; the old rules stay in force."""
        self._loaded.set(0)

    def watch(self, view: WorkerView) -> None:
        """Read the gauges from this worker at every scrape."""
        self.registry.register(ScrapeTimeCollector(view))

    def batch(self, stream: Stream, output: CountedBatch) -> None:
        """A batch of input records was worked off."""
        for outcome, count in output.outcomes.items():
            self._events.labels(stream.topic, outcome.value).inc(count)
        for reason, count in output.reasons.items():
            self._rejected.labels(stream.topic, reason.value).inc(count)
        for remark, count in output.remarks.items():
            self._remarks.labels(stream.topic, remark.value).inc(count)

    def folded(self, stream: Stream, found: Mapping[str, int]) -> None:
        """Events that count as `(other)`, by dimension."""
        for dim, count in found.items():
            self._folded.labels(stream.topic, dim).inc(count)

    def ahead(self, stream: Stream, count: int) -> None:
        """Events came whose clocks are ahead of the others."""
        self._ahead.labels(stream.topic).inc(count)

    def keys(self, stream: Stream, found: Mapping[Keyed, int]) -> None:
        """The keys of some input records were looked at."""
        for keyed, count in found.items():
            self._keys.labels(stream.topic, keyed.value).inc(count)

    def missing(self, topic: str, records: int) -> None:
        """Retention has deleted records that this group had not read."""
        self._missing.labels(topic).inc(records)

    def command(self, outcome: str) -> None:
        """A record of cx.commands was heard."""
        self._commands.labels(outcome).inc()

    def unreadable(self, topic: str) -> None:
        """A record of one of our own topics cannot be read: somebody else has written it."""
        self._unreadable.labels(topic).inc()

    def transitions(self, transitions: Sequence[Transition], latency_s: float) -> None:
        """Transitions are on cx.alerts, `latency_s` after the event that decided them."""
        for each in transitions:
            self._transitions.labels(each.rule, each.severity, each.state).inc()
            self._latency.observe(latency_s)

    def attempt(self, receiver: str) -> None:
        """A webhook request is about to be sent."""
        self._attempts.labels(receiver).inc()

    def delivery(self, receiver: str, outcome: str) -> None:
        """A notice is settled."""
        self._deliveries.labels(receiver, outcome).inc()

    def waiting(self, receiver: str, notices: int) -> None:
        """So many notices of a receiver are not settled yet."""
        self._waiting.labels(receiver).set(notices)

    def exposition(self, accept: str = "") -> tuple[Callable[[], bytes], str]:
        """The metrics as of now in the format that the `Accept` header prefers, and its content type.

        All values are read before this returns; what is returned only formats them, and may run in a
        thread while the worker goes on.
        """
        encode, content_type = chosen_encoder(accept)
        return partial(encode, _Read(tuple(self.registry.collect()))), content_type


def chosen_encoder(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    """The format that an Accept header prefers, and its content type; plain text for an odd one."""
    try:
        return choose_encoder(accept)
    except Exception:  # noqa: BLE001  # whatever the header holds, somebody wants to read metrics
        return choose_encoder("")


class _Read:
    """Metrics that have been read already, in the form of a registry."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """The metrics as they were read."""
        return self._metrics
