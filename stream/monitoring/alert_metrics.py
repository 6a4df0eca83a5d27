"""Counters of alerts: transitions on cx.alerts, and what became of the notices that they caused."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from alerts.delivery.command_seal import CommandOutcome
from alerts.delivery.retry_policy import DeliveryOutcome
from alerts.rules import Rulebook
from alerts.states import ON_TOPIC
from alerts.transitions import Transition
from stream.monitoring.gauges import limits

LATENCY_BUCKETS_S: Final = (1, 2, 5, 10, 15, 20, 21, 25, 30, 45, 60, 120, 300)
"""Finest around pane + lateness + 1 s, which is 21 s unless set: later than that, an alert is late."""

TOLD: Final = tuple(state.word for state in ON_TOPIC)
"""States that transitions carry."""


class AlertMetrics:
    """Transitions, and how long they took."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._transitions = Counter(
            "tocsin_alert_transitions",
            "Changes of alert states written.",
            ["rule", "severity", "state"],
            registry=registry,
        )
        self._latency = Histogram(
            "tocsin_alert_latency_seconds",
            "From the earliest event that may have decided to the transition on its topic.",
            buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )

    def start_at_zero(self, rulebook: Rulebook) -> None:
        """Give every rule's transitions a zero to rise from."""
        for rule in rulebook.rules:
            for severity in limits(rule):
                for state in TOLD:
                    self._transitions.labels(rule.name, severity.value, state)

    def transitions(self, transitions: Sequence[Transition], latency_s: float) -> None:
        """Transitions are on cx.alerts, `latency_s` after the event that decided them.

        Before it by a clock that is behind: a sum that falls would be a restart to Prometheus.
        """
        for each in transitions:
            self._transitions.labels(each.rule, each.severity, each.state).inc()
            self._latency.observe(max(0.0, latency_s))


class DeliveryMetrics:
    """Notices by receiver, and the commands that people send about alerts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter = partial(Counter, registry=registry)
        self._deliveries = counter(
            "tocsin_deliveries", "Notices handled, by how they ended.", ["receiver", "outcome"]
        )
        self._attempts = counter("tocsin_delivery_attempts", "Webhook requests sent.", ["receiver"])
        self._waiting = Gauge(
            "tocsin_notices_waiting", "Notices not yet settled.", ["receiver"], registry=registry
        )
        self._canary = Gauge(
            "tocsin_canary_seconds",
            "How long the latest canary took from the input to its receiver.",
            registry=registry,
        )
        self._canary_at = Gauge(
            "tocsin_canary_timestamp_seconds", "When a canary landed last.", registry=registry
        )
        self._canary_every = Gauge(
            "tocsin_canary_interval_seconds", "How often a canary is to land; 0: never.", registry=registry
        )
        self._commands = counter(
            "tocsin_commands", "Records of cx.commands, by what became of them.", ["outcome"]
        )
        for heard in CommandOutcome:
            self._commands.labels(heard.value)

    def start_at_zero(self, rulebook: Rulebook) -> None:
        """Give every receiver's notices a zero to rise from; say how often a canary is to land."""
        heart = rulebook.heartbeat
        self._canary_every.set(heart.every_ms / 1000 if heart is not None and heart.canary else 0.0)
        for receiver in rulebook.receivers:
            self._attempts.labels(receiver.name)
            self._waiting.labels(receiver.name)
            for outcome in DeliveryOutcome:
                self._deliveries.labels(receiver.name, outcome.value)

    def attempt(self, receiver: str) -> None:
        """A webhook request is about to be sent."""
        self._attempts.labels(receiver).inc()

    def delivery(self, receiver: str, outcome: str) -> None:
        """A notice is settled."""
        self._deliveries.labels(receiver, outcome).inc()

    def waiting(self, receiver: str, notices: int) -> None:
        """So many notices of a receiver are not settled yet."""
        self._waiting.labels(receiver).set(notices)

    def canary(self, seconds: float) -> None:
        """A canary has landed, so long after it was sent."""
        self._canary.set(seconds)
        self._canary_at.set_to_current_time()

    def command(self, outcome: str) -> None:
        """A record of cx.commands was heard."""
        self._commands.labels(outcome).inc()
