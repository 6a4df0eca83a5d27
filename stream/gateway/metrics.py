"""What Prometheus scrapes of the gateway: requests, events, dead letters and how long Kafka takes.

Labels are names of sources, which the operator chose, and closed lists; never a path, a secret or a
customer.
"""

import platform
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from stream import __version__
from stream.gateway.sources import IGNORED, ReceivedBody, Source
from stream.gateway.verification import Refusal
from stream.messages.outcomes import Reason
from stream.messages.records import Stream
from stream.messages.topic_names import INPUTS
from stream.monitoring.exposition import chosen_encoder, write_page

LATENCY_BUCKETS_S: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
NOBODY: Final = "(none)"
"""The source of requests to paths that no source has."""
STATUSES: Final = ("200", "401", "405", "408", "413", "415", "503")
"""Answers that a source's requests can get."""
PAGE_STATUSES: Final = ("200", "404", "503")
"""Answers that all other requests can get."""


class GatewayGauges:
    """How much there is of something now; set before each scrape."""

    def __init__(self, registry: CollectorRegistry) -> None:
        gauge = partial(Gauge, registry=registry)
        self.connections = gauge("tocsin_gateway_connections", "Connections open now.")
        self.customers = gauge("tocsin_gateway_customers", "Customers of whom the CRM has told.")
        self.unreadable = gauge(
            "tocsin_gateway_unreadable_customers", "Records of cx.customers that say nothing of a customer."
        )
        self.waiting_bytes = gauge("tocsin_gateway_waiting_bytes", "Bytes that Kafka has not acknowledged.")


class GatewayMetrics:
    """All metrics of one gateway, in a registry of its own."""

    def __init__(self, sources: Sequence[Source]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series per counter that nobody asks for
        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        self._requests = counter(
            "tocsin_gateway_requests", "Requests answered, by status.", ["source", "status"]
        )
        self._events = counter("tocsin_gateway_events", "Events on Kafka.", ["source", "topic"])
        self._letters = counter(
            "tocsin_gateway_dead_letters", "Messages that became no event, by reason.", ["source", "reason"]
        )
        self._ignored = counter(
            "tocsin_gateway_ignored",
            "Messages, or answers in them, that are no events: tests, offers, previews.",
            ["source", "why"],
        )
        self._refused = counter(
            "tocsin_gateway_refused", "Requests that were not believed, by reason.", ["source", "reason"]
        )
        self._evicted = counter(
            "tocsin_gateway_evicted_connections",
            "Connections ended because their client was slow and others needed the room.",
        )
        self._seconds = Histogram(
            "tocsin_gateway_request_seconds",
            "From a request's head to its answer.",
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self.now = GatewayGauges(self.registry)
        # Finding a child takes longer than counting.
        self._children: dict[tuple[Counter, str, str], Counter] = {}
        self._start(sources)

    def _start(self, sources: Sequence[Source]) -> None:
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        build = Gauge("tocsin_build_info", "What runs here.", ["version", "python"], registry=self.registry)
        build.labels(__version__, platform.python_version()).set(1)
        for status in PAGE_STATUSES:
            self._requests.labels(NOBODY, status)
        for source in sources:
            for status in STATUSES:
                self._requests.labels(source.name, status)
            for stream in Stream:
                self._events.labels(source.name, stream.topic)
            for reason in Reason:
                self._letters.labels(source.name, reason.value)
            for why in IGNORED:
                self._ignored.labels(source.name, why)
            for refusal in Refusal:
                self._refused.labels(source.name, refusal.value)

    def answered(self, source: str, status: int, seconds: float) -> None:
        """A request has its answer."""
        self._count(self._requests, source, str(status))
        self._seconds.observe(seconds)

    def disbelieved(self, source: str, refusal: Refusal) -> None:
        """A request was answered with 401."""
        self._refused.labels(source, refusal.value).inc()

    def received(self, source: str, received: ReceivedBody) -> None:
        """What a body became is on Kafka."""
        for topic in INPUTS:
            count = sum(1 for event in received.events if event.topic == topic)
            self._count(self._events, source, topic, count)
        for refused in received.refused:
            self._count(self._letters, source, refused.reason.value)
        for why, count in received.ignored.items():
            self._count(self._ignored, source, why, count)

    def _count(self, counter: Counter, source: str, label: str, count: int = 1) -> None:
        if count:
            key = (counter, source, label)
            child = self._children.get(key)
            if child is None:
                child = self._children[key] = counter.labels(source, label)
            child.inc(count)

    def evicted(self) -> None:
        """A slow client made room."""
        self._evicted.inc()

    def exposition(self, accept: str = "") -> tuple[Callable[[], bytes], str]:
        """The metrics as of now in the format that the `Accept` header prefers, and its content type."""
        encode, content_type = chosen_encoder(accept)
        return partial(write_page, encode, tuple(self.registry.collect())), content_type
